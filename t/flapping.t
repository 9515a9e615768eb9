#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# flapping.t - what somebody else undoes again and again is left alone, and
# both writers are named.

use v5.30;
use warnings;
use Cwd;
use Test::More;

use lib 't';
use Plumb;

plan skip_all => "there is no $Plumb::plumb" unless Plumb->there;

my $site = "files:\n  /a: { content: \"x\\n\", mode: 0644 }\n"
    . "  /b: { content: \"y\\n\" }\n";

sub mode { sprintf '%04o', (stat "$_[0]{root}/a")[2] & 07777 }

# somebody else
sub undo { chmod 0600, "$_[0]{root}/a" or die "chmod: $!\n" }

# a place in which the same repair was made three times
sub fought
{
	my $place = Plumb->new;

	$place->site($site);
	is($place->plumb('apply', '-y')->{exit}, 0, 'applied');
	for my $time (1 .. 3) {
		undo($place);
		my $run = $place->plumb('apply', '-y');
		is($run->{exit}, 0, "repair $time");
		is(mode($place), '0644', 'it is as it was');
	}
	undo($place);
	return $place;
}

# what is expected: t/golden/NAME.says
sub golden
{
	my ($place, $name) = @_;

	return $place->text(getcwd() . "/t/golden/$name.says")
	    // die "there is no t/golden/$name.says\n";
}

subtest 'the fourth time it is left alone, and the rest is done' => sub {
	my $place = fought();
	$place->write('root/b', "other\n");
	my $run = $place->plumb('apply', '-y');
	is($run->{exit}, 4, 'it is not as it should be');
	is(mode($place), '0600', 'it was left alone');
	is($place->text('root/b'), "y\n", 'the other one was repaired');
	my $shown = $run->{out} =~ s/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/TIME/gr
	    =~ s/\Q$place->{path}\E/PLACE/gr;
	is($shown, golden($place, 'flapping'),
	    'who sets what, and when');
	like($place->plumb('show', 5)->{out}, qr/drift of file:\/a, flapping/,
	    'the run remembers it');
	like($place->plumb('history')->{out}, qr/drift: 1 corrective, 1 flapping/,
	    'and the history counts it');
};

subtest 'drift counts it, plan shows it' => sub {
	my $place = fought();
	my $run = $place->plumb('drift');
	is($run->{exit}, 2);
	is($run->last, 'Drift: 1 resource differs from what the last run left, 1 of them flapping.');
	my @lines = $place->plumb('plan', '--json')->lines;
	my ($change) = grep { $_->{type} eq 'change' } @lines;
	is_deeply([@$change{qw(address class action runs)}],
	    ['file:/a', 'flapping', 'none', [2, 3, 4]]);
	is($lines[-1]{flapping}, 1, 'in the totals');
	is($lines[-1]{update}, 0, 'and nowhere else');
};

subtest 'a new spec begins anew' => sub {
	my $place = fought();
	$place->site($site =~ s/0644/0640/r);
	is($place->plumb('apply', '-y')->{exit}, 0);
	is(mode($place), '0640', 'the spec moved, so it is done');
	undo($place);
	is($place->plumb('apply', '-y')->{exit}, 0);
	is(mode($place), '0640', 'and repaired again');
};

subtest 'a run that names it begins anew' => sub {
	my $place = fought();
	my $run = $place->plumb('apply', '-y', '--target', 'file:/a');
	is($run->{exit}, 0);
	is(mode($place), '0644', 'it was asked for');
	like($run->{out}, qr/drift, asked for/);
	for (1 .. 3) {
		undo($place);
		is($place->plumb('apply', '-y')->{exit}, 0);
		is(mode($place), '0644', 'repaired again');
	}
	undo($place);
	is($place->plumb('apply', '-y')->{exit}, 4, 'until it is too much');
};

subtest 'another value each time is another repair' => sub {
	my $place = Plumb->new;
	$place->site($site);
	is($place->plumb('apply', '-y')->{exit}, 0);
	for my $mode (0600, 0601, 0600, 0601, 0600) {
		chmod $mode, "$place->{root}/a";
		is($place->plumb('apply', '-y')->{exit}, 0);
		is(mode($place), '0644');
	}
};

done_testing();
