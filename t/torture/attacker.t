#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# attacker.t - plumb works in a directory of user 12345, who exchanges what is
# in it for links to somewhere else, in a tight loop: nothing outside of his
# directory is ever written, changed or removed. A writer that only takes care
# of the last part of a path must be caught, or the rig proves nothing.

use v5.30;
use warnings;
use lib 't/torture';
use Test::More;
use Torture;

use constant { UID => 12345, FILES => 12 };

Torture::need('swap', 'naive');
my $w = Torture->new('attacker');
my ($home, $outside) = ("$w->{tree}/home", "$w->{tree}/outside");
my $started;

mkdir $w->{tree};
mkdir $home;
chown UID, UID, $home or die "$home: $!\n";
mkdir "$outside$_" for '', '/sub', '/there';
Torture::spew("$outside/$_", "ours\n")
    for 'f', 'sub/f', 'there/f', 'one', map { "sub/$_" } 1 .. FILES;
# sub is a directory or leads outside, f is a file or leads outside, there is
# removed with all that is in it, or leads outside
for my $name ('sub', 'there') {
	mkdir "$home/$name";
	symlink "$outside/$name", "$home/$name.other";
}
Torture::spew("$home/one", "his\n");
symlink "$outside/one", "$home/one.other";
system('chown', '-hR', UID . ':' . UID, $home) == 0 or die "chown: $?\n";
$w->{outside} = $w->listing($outside);

my $swap = fork // die "fork: $!\n";
if (!$swap) {
	exec Torture::helper('swap'), UID, $home or POSIX::_exit(127);
}

# the control
for (1 .. 50) {
	system Torture::helper('naive'), "$home/sub/escape", 2000;
	last if $started = -e "$outside/sub/escape";
}
ok($started, 'who looks only at the last part of a path is caught')
    or BAIL_OUT('the attack does not work');
unlink "$outside/sub/escape";
$w->{outside} = $w->listing($outside);

Torture::spew("$w->{path}/$_/plumb.yaml", site($_)) for 'a', 'b';
my ($tries, $done, $refused) = (0, 0, 0);
my $goal = $ENV{TORTURE_COUNT} // (full() ? 100_000 : 2000);
for (my $n = 1; $tries < $goal && $w->{violations} < 5; $n++) {
	$w->round($n);
	my $run = $w->run($w->words($n % 2 ? 'b' : 'a', '--jobs', 2));
	my ($well, $failed) = outcomes($run);
	$tries += $well + $failed;
	$done += $well;
	$refused += $failed;
	$w->violation("it ended with $run->{exit}: $run->{complained}")
	    if $run->{status} & 127 || $run->{exit} !~ /^[0134]$/;
	look();
	system(qw(rm -rf), $w->{state}) if $n % 200 == 0;
}
kill KILL => $swap;
waitpid $swap, 0;
$w->count('tries', $tries);
$w->count('went well', $done);
$w->count('refused', $refused);
cmp_ok($done, '>', 0, 'some went well');
cmp_ok($refused, '>', 0, 'some were refused');
$w->done;
done_testing;

# what the attacker swaps is declared to be there, and what is in it changes
sub site
{
	my ($v) = @_;
	my $text = "directories:\n";
	my $mode = $v eq 'a' ? '0640' : '0604';

	$text .= "  $home/sub/d$_: { mode: ${\($v eq 'a' ? '0750' : '0705')} }\n"
	    for 1 .. 3;
	$text .= "  $home/there/gone: { ensure: absent, force: true }\n";
	$text .= "files:\n";
	$text .= "  $home/sub/$_: { content: '$v$_', mode: $mode, owner: '0' }\n"
	    for 1 .. FILES;
	$text .= "  $home/there/f: { ensure: absent }\n";
	$text .= "  $home/one: { mode: $mode, owner: '" .
	    ($v eq 'a' ? 0 : UID) . "' }\n";
	$text .= "links: { $home/sub/link: { target: '$v' } }\n";
	return $text;
}

# how many changes went well, how many were refused
sub outcomes
{
	my ($run) = @_;
	my $well = () = $run->{said} =~ /^\S+: (?:created|updated|removed)/mg;
	my $failed = () = $run->{said} =~ /^\S+: failed/mg;

	$failed += () = $run->{complained} =~ /not followed|symbolic link/g;
	return ($well, $failed);
}

sub look
{
	my $is = $w->listing($outside);

	for my $path (keys %{ { %$is, %{ $w->{outside} } } }) {
		my $was = $w->{outside}{$path} // 'absent';
		my $now = $is->{$path} // 'absent';
		$w->violation("escaped: $path is $now, was $was")
		    if $was ne $now;
	}
}
