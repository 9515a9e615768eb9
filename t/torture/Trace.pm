# SPDX-License-Identifier: GPL-3.0-or-later
#
# Trace.pm - strace as the hand of fate: the system calls by which a run writes,
# a kill at one of them, an error instead of one of them.
package Trace;

use v5.30;
use warnings;

# the file system, and the start of what does the rest
my %writes = map { $_ => 1 } qw(write pwrite64 writev pwritev pwritev2 fsync
    fdatasync syncfs rename renameat renameat2 link linkat unlink unlinkat
    mkdir mkdirat rmdir symlink symlinkat fchmod fchmodat fchmodat2 chmod
    fchown fchownat lchown chown fsetxattr ftruncate fallocate
    sendmsg sendto);
my %starts = map { $_ => 1 } qw(vfork clone clone3 waitid wait4);
my %opens = map { $_ => 1 } qw(open openat openat2);
my $names = join ',', grep { $_ ne 'fchmodat2' } keys %writes, keys %starts,
    keys %opens;

sub there { grep { -x "$_/strace" } split /:/, $ENV{PATH} }

# every call that writes, of the main thread, in order: call, number, line
sub points
{
	my ($w, @words) = @_;
	my $file = "$w->{path}/trace";

	$w->run(counting($file), @words);
	$w->reset;
	return found(Torture::slurp($file));
}

# to be put before a command
sub counting
{
	my ($file) = @_;

	return ('strace', '-o', $file, '-e', "trace=$names", '-e',
	    'signal=none', '-s', '0', '-y');
}

# in what strace wrote
sub found
{
	my ($text) = @_;
	my (%seen, @points);

	for (split /\n/, $text) {
		my ($call) = /^(\w+)\(/ or next;
		# strace 6.1 does not know fchmodat2 by name
		next if $call =~ /^syscall_/;
		my $number = ++$seen{$call};
		next if $opens{$call} && !/O_CREAT|O_WRONLY|O_RDWR/;
		# what is said is not what is done
		next if /^write\((?:1|2)</;
		push @points, { call => $call, number => $number,
		    line => $_, starts => $starts{$call},
		    # between processes, where nothing but a kill can happen
		    talks => scalar(/^write\(\d+<(?:pipe|anon_inode)/) };
	}
	return @points;
}

sub inject
{
	my ($file, $point, $what) = @_;

	return ("strace", "-o", $file, '-e',
	    "trace=$point->{call}", '-e', 'signal=none', '-s', '0', '-e',
	    "inject=$point->{call}:$what:when=$point->{number}");
}

# a run with some call failing: all that it does with files, paths shown
sub follow
{
	my ($w, @words) = @_;

	$words[$_] =~ s/^trace=.*/trace=$names,close/ for 0 .. $#words;
	$_ eq '-s' and $_ = '-y' or $_ eq '0' and $_ = '-q' for @words[0 .. 9];
	$w->run(@words);
	return split /\n/, Torture::slurp("$w->{path}/trace");
}

sub kill_at
{
	my ($w, $point) = @_;

	return inject("$w->{path}/trace", $point, 'signal=KILL');
}

1;
