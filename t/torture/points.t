#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# points.t - plumb is killed right before each system call by which it writes,
# and again while it recovers.
#
# strace counts the calls of a run that nothing happens to, and then kills one
# run at each of them. Whatever was done by then was done by an earlier call, so
# these are all the states that a kill can leave.

use v5.30;
use warnings;
use lib 't/torture';
use Test::More;
use Torture;
use Trace;

Torture::need('whole');
plan skip_all => 'there is no strace' unless Trace::there;

my $w = Torture->new('points');
$w->prepare;
my @points = Trace::points($w, $w->words('b', '--jobs', 1));
cmp_ok(scalar @points, '>', 100, 'there are many points');

# one in a few in the short form, other ones each time
my $step = full() || $ENV{TORTURE_ONLY} ? 1 : 12;
my $first = $ENV{TORTURE_ONLY} ? 0 : $w->{seed} % $step;
my @numbers = map { $first + $_ * $step }
    0 .. int((@points - 1 - $first) / $step);
@numbers = $ENV{TORTURE_ONLY} if defined $ENV{TORTURE_ONLY};
for my $n (@numbers) {
	last if $n > $#points;
	$w->round($n);
	$w->reset;
	$w->{from} = 'a';
	hurt('b', $points[$n]) or next;
	# half of them again and again, by other points
	for (1 .. int rand 4) {
		last unless $n % 2;
		hurt('b', $points[rand @points]);
	}
	# some change their mind
	$w->settle($n % 5 ? 'b' : 'a');
}
$w->done;
done_testing;

sub hurt
{
	my ($v, $point) = @_;

	$w->note_round("killed at $point->{call} $point->{number}");
	my $run = $w->run(Trace::kill_at($w, $point),
	    $w->words($v, '--jobs', 1));
	$w->count($run->{killed} ? 'kills' : 'runs that missed the point');
	$w->violation("it ended with $run->{exit}: $run->{complained}")
	    if !$run->{killed} && $run->{exit};
	$w->{unannounced} = $w->{what} =~ /,/;
	$w->between('a', $v);
	return $run->{killed};
}
