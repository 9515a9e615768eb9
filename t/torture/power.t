#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# power.t - the power goes while plumb works: what it had said was done is
# there, nothing is torn, and the next run converges.
#
# Root tree and journal are on an ext4 of their own, on a loop device. A cut
# kills all that runs on it, then has the file system drop what is not on the
# disk (EXT4_IOC_SHUTDOWN without flushing its log), and mounts it again. In a
# mount namespace of its own, because another's copy of the mount would keep the
# dead one alive. Syncs at random moments let some of what is not synced by
# plumb reach the disk, as a busy machine would. Renames are not helped by the
# file system (noauto_da_alloc). A writer that does not sync must be caught, or
# the rig proves nothing.

use v5.30;
use warnings;
use lib 't/torture';
use Fcntl;
use File::Temp;
use IO::Handle;
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep);
use Torture;

use constant {
	SHUTDOWN => 0x8004587d,
	NO_LOG_FLUSH => 2,
	SYNCFS => 306,
};

Torture::need('whole');
if (!$ENV{TORTURE_SECLUDED}) {
	$ENV{TORTURE_SECLUDED} = 1;
	exec qw(unshare --mount --propagation private), $^X, $0, @ARGV;
}
my $where = File::Temp::tempdir('plumb-power.XXXXXX', TMPDIR => 1,
    CLEANUP => 1);
my $disk = "$where/disk";
my $loop;

sub must
{
	system(@_) == 0 or die "@_: $?\n";
}

mkdir $disk;
must('mount', '-t', 'tmpfs', 'power', $where);
mkdir $disk;
must('truncate', '-s', '64M', "$where/image");
must('mkfs.ext4', '-q', '-F', '-O', '^metadata_csum', "$where/image");
chomp($loop = qx(losetup -f --show $where/image));
BAIL_OUT('no loop device') unless $loop;
attach();

my $w = Torture->new('power', disk => $disk);
red() or BAIL_OUT('a writer that does not sync is not caught');
$w->prepare;
my $pace = $w->pace;
for my $n ($w->rounds(30, 1000)) {
	$w->round($n);
	my ($from, $to) = $w->turn;
	$w->{unannounced} = 0;
	my $done = work($to);
	cut();
	if ($done) {
		$w->count('cuts after the end');
		$w->is_as($to);
	}
	$w->between($from, $to);
	# some recoveries are cut as well
	for (1 .. int rand 3) {
		$w->{unannounced} = 1;
		$done |= work($to);
		cut();
		$w->between($from, $to);
		$w->is_as($to) if $done;
	}
	$w->settle($n % 7 ? $to : $from);
	renew() if $n % 50 == 0;
}
detach();
must('losetup', '-d', $loop);
undef $loop;
$w->done;
done_testing;

END {
	my $status = $?;
	system "umount -l $disk 2> /dev/null" if $loop;
	system 'losetup', '-d', $loop if $loop;
	system "umount -l $where 2> /dev/null" if $where;
	$? = $status;
}

sub attach { must('mount', '-o', 'noauto_da_alloc', $loop, $disk) }
sub detach { must('umount', $disk) }

# a disk without a long history
sub renew
{
	$w->reset;
	must('sync', '-f', $disk);
}

sub directory
{
	sysopen my $directory, $disk, O_RDONLY | O_DIRECTORY
	    or die "$disk: $!\n";
	return $directory;
}

# all that was begun is ended, then what is only in memory is lost
sub cut
{
	my @strays;
	while (@strays = map { m{(\d+)$} } $w->strays) {
		kill KILL => @strays;
		sleep 0.001;
	}
	my $directory = directory();
	my $flag = pack "L", NO_LOG_FLUSH;
	ioctl $directory, SHUTDOWN, $flag
	    or die "no shutdown: $!\n";
	close $directory;
	detach();
	attach();
	$w->count('cuts');
}

# begin, let some of it reach the disk, kill it: whether it had ended well
sub work
{
	my ($to) = @_;
	my $run = $w->begin($w->words($to, '--jobs', 1 + int rand 4));
	my $after = rand $pace * 1.3;
	my $directory = directory();

	$w->note_round(sprintf 'cut after %.4f s', $after);
	for (1 .. 3) {
		sleep $after / 3;
		syscall SYNCFS, fileno $directory if rand() < 0.4;
	}
	kill KILL => $run->{pid};
	$w->finish($run);
	$w->violation("it ended with $run->{exit}: $run->{complained}")
	    if !$run->{killed} && $run->{exit};
	return !$run->{killed};
}

# the control: files renamed into place without a sync; true when one was torn
sub red
{
	my $text = 'x' x 20000;

	for my $try (1 .. 200) {
		my $pid = fork // die "fork: $!\n";
		careless($text) if !$pid;
		sleep 0.01;
		# as anybody's fsync does, it brings names, not contents
		Torture::spew("$disk/other", $try);
		open my $other, '>>', "$disk/other";
		print $other 'x';
		$other->flush;
		$other->sync;
		close $other;
		kill KILL => $pid;
		waitpid $pid, 0;
		cut();
		$w->count('cuts', -1);
		for (glob "$disk/careless.*") {
			next if /new$/;
			return pass("a writer that does not sync is caught ($try)")
			    if slurp($_) ne $text;
		}
		unlink glob "$disk/careless.*";
	}
	return 0;
}

sub careless
{
	my ($text) = @_;

	for (my $n = 0;; $n = ($n + 1) % 50) {
		open my $file, '>', "$disk/careless.$n.new" or
		    POSIX::_exit(1);
		print $file $text;
		close $file;
		rename "$disk/careless.$n.new", "$disk/careless.$n";
	}
}
