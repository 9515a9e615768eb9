#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# rivals.t - eight runs at once on one state directory: one acts at a time, and
# the others wait as long as they were told to, or say who has the lock.

use v5.30;
use warnings;
use lib 't/torture';
use Test::More;
use Torture;

use constant RIVALS => 8;

Torture::need('whole');
my $w = Torture->new('rivals');
$w->{apart} = 1;
$w->prepare(site => sub {
	my ($v) = @_;
	my $p = $w->{tree};
	return $w->site($v) . <<~"Y" =~ s/^/  /gmr;
	    alone:
	      shell: "mkdir $p/alone || touch $p/two; sleep 0.003; rmdir $p/alone"
	    Y
});

for my $n ($w->rounds(20, 200)) {
	$w->reset if $n % 50 == 0;
	$w->round($n);
	$w->{begun} = 0;
	my ($from, $to) = $w->turn;
	my @patience = map { rand() < 0.5 ? '0s' : '50s' } 1 .. RIVALS;
	my @runs = map { $w->begin($w->words($to, '--lock-timeout', $_,
	    '--jobs', 2)) } @patience;
	# now and then the one that has it is killed
	kill KILL => $runs[rand @runs]{pid} if rand() < 0.2;
	$w->finish($_) for @runs;
	judge($runs[$_], $patience[$_]) for 0 .. $#runs;
	my $did = grep { $_->{exit} == 0 && !$_->{killed} } @runs;
	$w->violation('nobody did it')
	    if !$did && !grep { $_->{killed} } @runs;
	$w->is_as($to) if $did && !grep { $_->{killed} } @runs;
	$w->well($to);
	$w->is_as($to);
	$w->{at} = $to;
}
$w->done;
done_testing;

sub judge
{
	my ($run, $patience) = @_;

	$w->count('runs');
	if ($run->{killed}) {
		$w->count('kills');
	} elsif ($run->{exit} == 7) {
		$w->count('sent away');
		$w->violation('sent away though it would wait')
		    if $patience ne '0s';
		$w->violation("it does not say who: $run->{complained}")
		    if $run->{complained} !~ /pid \d+|process \d+/;
	} elsif ($run->{exit}) {
		$w->violation("it ended with $run->{exit}: " .
		    $run->{complained});
	}
}
