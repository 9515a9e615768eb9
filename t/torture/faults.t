#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# faults.t - each system call by which plumb writes fails once, each time in
# another way: it says what could not be done, what was there stays whole, the
# next run converges, and what could not be synced is not synced again.

use v5.30;
use warnings;
use lib 't/torture';
use Test::More;
use Torture;
use Trace;

Torture::need('whole');
plan skip_all => 'there is no strace' unless Trace::there;

my @errors = qw(EIO ENOSPC EROFS EINTR);
my $w = Torture->new('faults');
$w->prepare;
my @points = grep { !$_->{starts} && !$_->{talks} }
    Trace::points($w, $w->words('b', '--jobs', 1));
cmp_ok(scalar @points, '>', 100, 'there are many points');

my $step = full() ? 1 : 16;
my $some = $w->{seed} % $step;
my $last = @points * @errors - 1;
for my $n (defined $ENV{TORTURE_ONLY} ? $ENV{TORTURE_ONLY} :
    grep { $_ % $step == $some } 0 .. $last) {
	$w->round($n);
	$w->reset;
	hurt($points[$n / @errors], $errors[$n % @errors]);
	$w->settle($n % 5 ? 'b' : 'a');
}
never_synced_again($_)
    for grep { $_->{call} eq 'fsync' } @points;
$w->done;
done_testing;

sub hurt
{
	my ($point, $error) = @_;

	$w->note_round("$error at $point->{call} $point->{number}");
	my $run = $w->run(Trace::inject("$w->{path}/trace", $point, "error=$error"),
	    $w->words('b', '--jobs', 1));
	$w->count('calls failed');
	$w->between('a', 'b');
	if ($run->{exit} == 0) {
		$w->is_as('b');
		return;
	}
	$w->count('runs that failed');
	$w->violation("it ended with $run->{exit}, $run->{status}: " .
	    $run->{complained}) if $run->{exit} != 1 && $run->{exit} != 4;
	$w->violation("it does not say what is wrong: $run->{complained}")
	    unless $run->{complained} =~
	    m{(?:file|directory|link|command):\S|this host|\Q$w->{state}\E|journal};
}

# a file whose sync failed is removed, and neither synced nor named
sub never_synced_again
{
	my ($point) = @_;

	$w->reset;
	$w->round($point->{number});
	$w->note_round("fsync $point->{number} fails");
	my @inject = Trace::inject("$w->{path}/trace", $point, 'error=EIO');
	my @trace = Trace::follow($w, @inject, $w->words('b', '--jobs', 1));
	my ($failed) = grep { $trace[$_] =~ /INJECTED/ } 0 .. $#trace;
	return unless defined $failed;
	my ($path) = $trace[$failed] =~ /^fsync\(\d+<(.*\.plumb-new)>/ or return;
	my $name = $path =~ s{.*/}{}r;
	$w->count('syncs of new files failed');
	for (@trace[$failed + 1 .. $#trace]) {
		return if /^unlinkat\(.*"\Q$name\E"/;
		$w->violation("used after its sync failed: $_")
		    if /\Q$name\E/ && !/^(?:close|openat)/;
	}
	$w->violation("$path is not removed");
}
