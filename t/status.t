#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# status.t - how things stand by the journal alone.

use v5.30;
use warnings;
use Test::More;

use lib 't';
use Plumb;

plan skip_all => "there is no $Plumb::plumb" unless Plumb->there;

sub shown
{
	my ($place, $run) = @_;

	return $run->{out} =~ s/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/TIME/gr
	    =~ s/\Q$place->{path}\E/PLACE/gr =~ s/\b\d+ rows/N rows/r;
}

# without a site
sub status
{
	my ($place, @words) = @_;

	return $place->start_words($Plumb::plumb, 'status', '--state',
	    $place->{state}, @words)->wait;
}

subtest 'nothing was ever done' => sub {
	my $place = Plumb->new;
	my $run = status($place);
	is($run->{exit}, 0);
	is($run->{out}, <<~'SHOWN');
	    Last run: none
	    Last drift check: none
	    Managed: 0 resources
	    Orphans: only known with a SITE
	    Journal: whole, 0 rows
	    SHOWN
	ok(!-e $place->{state}, 'and nothing was made');
};

subtest 'the last run, the last check, and what a site no longer declares' => sub {
	my $place = Plumb->new;
	$place->site("files: { /a: {}, /b: {} }\n");
	$place->plumb('apply', '-y');
	unlink "$place->{root}/a";
	$place->plumb('drift');
	$place->site("files: { /a: {} }\n");
	my $run = $place->plumb('status');
	is($run->{exit}, 0);
	is(shown($place, $run), <<~'SHOWN');
	    Last run: run 1, apply PLACE/site, at TIME: done
	    Last drift check: run 2, drift PLACE/site, at TIME: changes
	      1 drifted, 0 of them flapping
	    Managed: 2 resources
	    Orphans: 1: file:/b
	    Journal: whole, N rows
	    SHOWN
	my (undef, $all) = status($place, '--json')->lines;
	is($all->{last_run}{result}, 'done');
	is_deeply($all->{drift},
	    [{ address => 'file:/a', class => 'corrective' }]);
	is($all->{orphans}, undef, 'not known without a site');
	(undef, $all) = $place->plumb('status', '--json')->lines;
	is_deeply($all->{orphans}, ['file:/b']);
};

# a command that fails while it is told to, notified by a file
my $owes = <<~'S';
    files:
      PLACE/conf: { content: "1\n", notifies: command:reload }
    commands:
      reload: { run: [test, '!', -e, PLACE/broken], refresh_only: true }
    S

subtest 'a refresh that failed is owed until it is done' => sub {
	my $place = Plumb->new(options => []);
	$place->site($owes);
	$place->write('broken', '');
	is($place->plumb('apply', '-y')->{exit}, 4, 'the refresh fails');
	my $run = status($place);
	is($run->{exit}, 2, 'something is owed');
	like(shown($place, $run), qr{^Owed: command:reload is to be refreshed: file:PLACE/conf changed in run 1 at TIME$}m);
	my (undef, $all) = status($place, '--json')->lines;
	is($all->{owed}[0]{address}, 'command:reload');
	is($all->{owed}[0]{run}, 1);
	unlink $place->path('broken');
	is($place->plumb('apply', '-y')->{exit}, 0, 'and is done');
	is(status($place)->{exit}, 0, 'nothing is owed any more');
};

subtest 'what was begun and never finished' => sub {
	my $place = Plumb->new(options => []);
	$place->site("commands: { slow: { run: [sh, -c, 'echo \$\$ > PLACE/pid; sleep 60'] } }\n");
	my $run = $place->start('apply', '-y');
	ok(Plumb::wait_for(sub { -s $place->path('pid') }), 'it is under way');
	my $now = status($place);
	is($now->{exit}, 0, 'which is no trouble');
	like($now->{out}, qr/^Under way: 'apply .*' by .*, process $run->{pid}, since /m);
	like($now->{out}, qr/^Under way: create command:slow, since /m);
	$run->kill('KILL');
	$run->wait;
	kill KILL => $place->text('pid');
	$now = status($place);
	is($now->{exit}, 2, 'until it is killed');
	like($now->{out}, qr/^Unfinished: create command:slow, begun at .* in run 1$/m);
	like($now->{out}, qr/^Last run: run 1, .*: was stopped, or is under way$/m);
};

subtest 'a journal that is damaged is said' => sub {
	my $place = Plumb->new;
	$place->site("files: { /a: {} }\n");
	$place->plumb('apply', '-y');
	my $path = "$place->{state}/journal.db";
	my $text = $place->text($path);
	ok($text =~ s/file:\/a/file:\/z/, 'a byte is changed') or return;
	$place->write($path, $text);
	my $run = status($place);
	is($run->{exit}, 1);
	like($run->{err}, qr/the journal .* is damaged/);
};

done_testing();
