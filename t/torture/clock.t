#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# clock.t - the clock is years off, another in each run, or races; the disk is
# full; a bit of the journal, or of a saved plan, is flipped.

use v5.30;
use warnings;
use lib 't/torture';
use Test::More;
use Torture;

Torture::need('whole');
my $place = Torture->new('clock');
my $disk = "$place->{path}/disk";

clock();
full_disk();
journal_bits();
plan_bits();
done_testing;

sub clock
{
	my $w = Torture->new('clock');
	my @shifts = ('-10y', '+10y', '-1d', '+1d', '+0 x50', '+0 x0.1',
	    '@2038-01-19 03:14:05', '@1970-01-02 00:00:00',
	    '@2026-10-25 02:59:59');

	unless (grep { -x "$_/faketime" } split /:/, $ENV{PATH}) {
		fail('there is no faketime');
		return;
	}
	$w->prepare;
	for my $n ($w->rounds(18, 200)) {
		$w->round($n);
		my ($from, $to) = $w->turn;
		my $shift = $shifts[$n % @shifts];
		$w->note_round($shift);
		my $run = $w->run('faketime', '-f', $shift, $w->words($to));
		$w->count('runs at another time');
		$w->violation("it ended with $run->{exit}: $run->{complained}")
		    if $run->{exit};
		$w->is_as($to);
		$w->settle($to);
	}
	$w->done;
}

# a small file system, which is filled up but for some pages
sub full_disk
{
	my $w = Torture->new('full disk', disk => $disk);

	mkdir $disk;
	system('mount', '-t', 'tmpfs', '-o', 'size=3m,mode=755', 'torture',
	    $disk) == 0 or die "mount: $?\n";
	$w->prepare;
	for my $n ($w->rounds(20, 400)) {
		$w->reset;
		$w->round($n);
		my $left = 4096 * int rand 160;
		$w->note_round("$left bytes left");
		fill($left);
		my $run = $w->run($w->words('b'));
		$w->count('runs on a full disk');
		if ($run->{exit}) {
			$w->count('runs that failed');
			$w->violation("it ended with $run->{exit}: " .
			    $run->{complained})
			    if $run->{exit} != 1 && $run->{exit} != 4;
			$w->violation("it does not say so: " .
			    $run->{complained})
			    if $run->{complained} !~
			    /No space left|disk (?:is|I\/O|or)|is full|did not create|status|ended with/;
		}
		unlink "$disk/filler";
		$w->between('a', 'b');
		$w->settle($n % 5 ? 'b' : 'a');
	}
	$w->done;
	system('umount', $disk) == 0 or system('umount', '-l', $disk);
}

sub fill
{
	my ($left) = @_;

	open my $file, '>', "$disk/filler" or die "filler: $!\n";
	1 while syswrite $file, 'x' x 4096;
	truncate $file, (-s $file) - $left if -s $file > $left;
}

# it refuses, or does it, or stops with what is whole: never something else
sub journal_bits
{
	my $w = Torture->new('journal bits');

	$w->prepare;
	for my $n ($w->rounds(30, 1000)) {
		$w->reset;
		$w->round($n);
		flip($w, "$w->{state}/journal.db");
		my $run = $w->run($w->words('b'));
		$w->count('bits');
		if ($run->{exit} == 0) {
			$w->count('bits that nobody reads');
			$w->is_as_tree('b');
			next;
		}
		$w->count('found');
		$w->violation("it ended with $run->{exit}, $run->{status}: " .
		    $run->{complained}) if $run->{exit} != 1;
		$w->violation("it does not say so: $run->{complained}")
		    if $run->{complained} !~ /journal/;
		# old pages are read when they are needed, so it may have begun
		$w->is_either('a', 'b');
	}
	$w->done;
}

# whatever bit it is, nothing is changed
sub plan_bits
{
	my $w = Torture->new('plan bits');
	my $file = "$w->{path}/plan";

	$w->prepare;
	my @words = $w->words('b');
	splice @words, 1, 2, 'plan', '-o', $file;
	my $planned = $w->run(@words);
	is($planned->{exit}, 0, 'a plan is saved') or
	    return diag $planned->{complained};
	my $good = slurp($file);
	my @apply = ($Torture::plumb, 'apply', '--state', $w->{state}, $file);
	for my $n ($w->rounds(50, 2000)) {
		$w->round($n);
		spew($file, $good);
		flip($w, $file);
		my $run = $w->run(@apply);
		$w->count('bits');
		$w->violation("it ended with $run->{exit}: $run->{complained}")
		    if $run->{exit} != 1 && $run->{exit} != 5;
		$w->violation('it says nothing') unless $run->{complained};
		$w->is_as_tree('a');
	}
	spew($file, $good);
	$w->violation('the plan itself is refused: ' . $_->{complained})
	    for grep { $_->{exit} } $w->run(@apply);
	$w->is_as('b');
	$w->done;
}

sub flip
{
	my ($w, $path) = @_;
	my $at = int rand -s $path;
	my $bit = int rand 8;

	$w->note_round("bit $bit of byte $at");
	open my $file, '+<:raw', $path or die "$path: $!\n";
	seek $file, $at, 0;
	read $file, my $byte, 1;
	seek $file, $at, 0;
	print $file chr(ord($byte) ^ 1 << $bit);
	close $file;
}
