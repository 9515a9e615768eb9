#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# kills.t - plumb is killed at any instant, with several at work, and again
# while it recovers from that.

use v5.30;
use warnings;
use lib 't/torture';
use Test::More;
use Time::HiRes qw(sleep);
use Torture;

Torture::need('whole');
my $w = Torture->new('kills');
$w->prepare;
my $pace = $w->pace;

for my $n ($w->rounds(150, 6500)) {
	# so that the journal does not grow for ever
	$w->reset if $n % 100 == 0;
	$w->round($n);
	my ($from, $to) = $w->turn;
	$w->{unannounced} = 0;
	my $deep = 1 + int rand 3;
	my $killed = 1;
	for (1 .. $deep) {
		last unless $killed = hurt($from, $to);
		# a program that it had begun goes on without it, and ends
		patiently { !$w->strays } or $w->violation('strays');
		# only the last of several runs is asked what it announced
		$w->{unannounced} = 1;
	}
	$w->is_as($to) unless $killed;
	# some change their mind
	$w->settle($n % 7 ? $to : $from);
}
$w->done;
done_testing;

# whether it was killed before it was done
sub hurt
{
	my ($from, $to) = @_;
	my $after = rand $pace * 1.2;
	my $run = $w->begin($w->words($to, '--jobs', 1 + int rand 8));

	$w->note_round(sprintf 'killed after %.4f s', $after);
	sleep $after;
	kill KILL => $run->{pid};
	$w->finish($run);
	$w->count($run->{killed} ? 'kills' : 'runs that were faster');
	$w->violation("it ended with $run->{exit}: $run->{complained}")
	    if !$run->{killed} && $run->{exit};
	$w->between($from, $to);
	return $run->{killed};
}
