#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# orphans.t - a run that makes something new is killed before each call by which
# it writes, and by the next run the site declares that no more: it is known as
# an orphan, pruning removes it, and nothing is left of it.

use v5.30;
use warnings;
use lib 't/torture';
use Test::More;
use Torture;
use Trace;

Torture::need('whole');
plan skip_all => 'there is no strace' unless Trace::there;
my $w = Torture->new('orphans');
my $p = $w->{tree};
my %site = (a => "files: { $p/stays: { content: x } }\n", b => <<~"Y");
    directories: { $p/d: {} }
    files: { $p/stays: { content: x }, $p/d/f: { content: "new\\n" } }
    links: { $p/d/l: { target: f } }
    Y

# one site, declared in two ways
sub declare
{
	my ($v) = @_;

	spew("$w->{path}/site/plumb.yaml", $site{$v});
}

mkdir $p;
declare('a');
$w->well('site');
$w->{listing}{a} = $w->listing;
mkdir "$w->{path}/keep";
system('cp', '-a', $p, $w->{state}, "$w->{path}/keep") == 0 or die "cp: $?\n";
declare('b');
my @points = Trace::points($w, $w->words('site', '--jobs', 1));
my $step = full() ? 1 : 8;
for my $n (defined $ENV{TORTURE_ONLY} ? $ENV{TORTURE_ONLY} :
    grep { $_ % $step == $w->{seed} % $step } 0 .. $#points) {
	my $point = $points[$n];
	$w->round($n);
	$w->note_round("killed at $point->{call} $point->{number}");
	$w->reset;
	declare('b');
	my $run = $w->run(Trace::kill_at($w, $point),
	    $w->words('site', '--jobs', 1));
	$w->count('kills') if $run->{killed};
	declare('a');
	$w->well('site');
	my $pruned = $w->run($w->words('site', '--prune'));
	$w->violation("it ended with $pruned->{exit}: $pruned->{complained}")
	    if $pruned->{exit};
	$w->is_as('a');
}
$w->done;
done_testing;
