#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# guard.t - what is protected stays, and no run removes more than it may.

use v5.30;
use warnings;
use Cwd;
use Test::More;

use lib 't';
use Plumb;

plan skip_all => "there is no $Plumb::plumb" unless Plumb->there;

# files /f1 to /fN, of which the first `gone` shall be absent
sub files
{
	my ($count, $gone) = @_;

	return "files:\n" . join '', map { "  /f$_: "
	    . ($_ <= $gone ? "{ ensure: absent }\n" : "{}\n") } 1 .. $count;
}

sub applied
{
	my ($place, $site) = @_;

	$place->site($site);
	my $run = $place->plumb('apply', '-y');
	is($run->{exit}, 0, 'applied') or diag($run->{err});
	return $run;
}

sub there
{
	my ($place, @paths) = @_;

	return grep { -e "$place->{root}$_" } @paths;
}

# what was refused, with the place's own path taken out
sub said
{
	my ($place, $run) = @_;

	return $run->{err} =~ s/\Q$place->{path}\E/PLACE/gr;
}

# what is expected: t/golden/NAME.says
sub golden
{
	my ($place, $name) = @_;

	return $place->text(getcwd() . "/t/golden/$name.says")
	    // die "there is no t/golden/$name.says\n";
}

subtest 'more than 30 % of a kind are not removed in one run' => sub {
	my $place = Plumb->new;
	applied($place, files(10, 0));
	$place->site(files(10, 4));
	my $run = $place->plumb('apply', '-y');
	is($run->{exit}, 3, 'refused');
	is(said($place, $run), golden($place, 'budget'),
	    'with the rule, each place, and how to go on');
	is(there($place, map { "/f$_" } 1 .. 10), 10, 'all of them are there');
	$run = $place->plumb('plan');
	is($run->{exit}, 3, 'plan says so too');
	is(said($place, $run) =~ tr/\n//, 14, 'in the same words');
	my ($refusal) = grep { $_->{type} eq 'refusal' }
	    $place->plumb('plan', '--json')->lines;
	is($refusal->{rule}, 'budget', 'and for programs');
	is_deeply($refusal->{addresses}, [map { "file:/f$_" } 1 .. 4]);
	is($place->plumb('apply', '-y', '--allow', 'service')->{exit}, 3,
	    'another kind is no help');
	$run = $place->plumb('apply', '-y', '--allow', 'file');
	is($run->{exit}, 0, 'the run may name it');
	is(there($place, map { "/f$_" } 1 .. 10), 6, 'and they are gone');
};

subtest 'three are always fine, and so are three in ten' => sub {
	my $place = Plumb->new;
	applied($place, files(3, 0));
	applied($place, files(3, 3));
	$place = Plumb->new;
	applied($place, files(14, 0));
	applied($place, files(14, 4));
};

subtest 'a kind that there is not is not allowed' => sub {
	my $place = Plumb->new;
	$place->site(files(1, 0));
	my $run = $place->plumb('apply', '-y', '--allow', 'fil');
	is($run->{exit}, 1);
	is($run->{err}, "plumb: '--allow': there is no kind 'fil' (did you mean 'file'?)\n");
};

subtest 'what a directory holds counts as well' => sub {
	my $place = Plumb->new;
	$place->write("root/d/$_", '') for 1 .. 6;
	$place->site("directories:\n  /d: { exclusive: true, keep: ['1'] }\n");
	my $run = $place->plumb('apply', '-y');
	is($run->{exit}, 3, 'refused');
	like($run->{err}, qr/refused: directory:\/d would lose 5 of the 6 it holds/);
	like($run->{err}, qr/'--allow directory' lets this run do it/);
	is(there($place, map { "/d/$_" } 1 .. 6), 6, 'all are there');
	is($place->plumb('apply', '-y', '--allow', 'directory')->{exit}, 0);
	is(there($place, map { "/d/$_" } 1 .. 6), 1, 'now they are gone');
	$place->write("root/d/$_", '') for 1 .. 4;
	applied($place, "directories:\n  /d: { exclusive: true, keep: ['1'] }\n");
	is(there($place, map { "/d/$_" } 1 .. 6), 1, 'three may always go');
};

subtest 'what is protected is not removed' => sub {
	my $place = Plumb->new;
	applied($place, "files:\n  /a: { protect: true }\n");
	$place->site("files:\n  /a: { protect: true, ensure: absent }\n");
	my $run = $place->plumb('apply', '-y', '--allow', 'file');
	is($run->{exit}, 3, 'refused');
	is(said($place, $run), golden($place, 'protected'),
	    'with its place, and how to lift it');
	ok(there($place, '/a'), 'it is there');
};

subtest 'protection outlives its block, and takes two runs to lift' => sub {
	my $place = Plumb->new;
	applied($place, "files:\n  /a: { protect: true }\n");
	for ('{ ensure: absent }', '{ ensure: absent, protect: false }') {
		$place->site("files:\n  /a: $_\n");
		my $run = $place->plumb('apply', '-y');
		is($run->{exit}, 3, "$_ is refused");
		like($run->{err}, qr/file:\/a was protected when run 1 left it/);
	}
	applied($place, "files:\n  /a: { protect: false }\n");
	applied($place, "files:\n  /a: { ensure: absent }\n");
	ok(!there($place, '/a'), 'now it is gone');
};

subtest 'an orphan that was protected is not pruned' => sub {
	my $place = Plumb->new;
	applied($place, "files:\n  /a: { protect: true }\n  /b: {}\n");
	$place->site("files:\n  /b: {}\n");
	my $run = $place->plumb('apply', '-y', '--prune');
	is($run->{exit}, 3, 'refused');
	like($run->{err}, qr/file:\/a is protected, and would be removed|file:\/a was protected/);
	ok(there($place, '/a'), 'it is there');
	applied($place, "files:\n  /a: {}\n  /b: {}\n");
	$place->site("files:\n  /b: {}\n");
	$run = $place->plumb('apply', '-y', '--prune');
	is($run->{exit}, 0, 'once lifted, it goes') or diag($run->{err});
	ok(!there($place, '/a'), 'it is gone');
};

subtest 'orphans are removed within the budget' => sub {
	my $place = Plumb->new;
	applied($place, files(10, 0));
	$place->site(files(5, 0));
	my $run = $place->plumb('apply', '-y', '--prune');
	is($run->{exit}, 3, 'refused');
	like($run->{err}, qr/5 of 10 files would be removed or replaced/);
	is($place->plumb('apply', '-y', '--prune', '--allow', 'file')->{exit},
	    0, 'unless the run names the kind');
	is(there($place, map { "/f$_" } 1 .. 10), 5);
};

subtest 'a plan that would be refused is not saved' => sub {
	my $place = Plumb->new;
	my $file = $place->path('saved');
	applied($place, files(10, 0));
	$place->site(files(10, 5));
	is($place->plumb('plan', '-o', $file)->{exit}, 3, 'refused');
	ok(!-s $file, 'nothing was written');
	my $run = $place->plumb('plan', '-o', $file, '--allow', 'file');
	is($run->{exit}, 0, 'what was allowed is') or diag($run->{err});
	$run = $place->start_words($Plumb::plumb, 'apply', $file, '--state',
	    $place->{state})->wait;
	is($run->{exit}, 0, 'and allowed when it is done') or diag($run->{err});
	is(there($place, map { "/f$_" } 1 .. 10), 5);
};

done_testing();
