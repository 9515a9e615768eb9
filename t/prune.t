#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# prune.t - what a site created and no longer declares.

use v5.30;
use warnings;
use Test::More;

use lib 't';
use Plumb;

plan skip_all => "there is no $Plumb::plumb" unless Plumb::there;

sub apply
{
	my ($place, @words) = @_;

	return $place->plumb('apply', '-y', @words);
}

# a site that was applied, and is another one now
sub left
{
	my ($before, $after) = @_;
	my $place = Plumb->new;

	$place->write('root/there', "old\n");
	$place->site($before);
	my $run = apply($place);
	is($run->{exit}, 0) or diag $run->{err};
	$place->site($after);
	return $place;
}

my $many = <<~'Y';
    directories: { /a: { mode: 0755 }, /a/b: { mode: 0700 } }
    files:
      /a/x: { content: x }
      /a/b/y: { content: y }
      /there: { content: "new\n" }
    links: { /a/l: { target: x } }
    Y
my $one = "files: { /z: { content: z } }\n";

subtest 'they are listed, and stay' => sub {
	my $place = left($many, $one);
	my $names = 'directory:/a, directory:/a/b, file:/a/b/y, file:/a/x, link:/a/l';

	for my $run ($place->plumb('plan'), apply($place)) {
		is($run->{exit}, 0);
		like($run->{out}, qr/^Orphaned: $names \(no longer declared; --prune removes them\)$/m);
	}
	is($place->text('root/a/b/y'), 'y');
	my ($summary) = grep { $_->{type} eq 'summary' }
	    $place->plumb('plan', '--json')->lines;
	is(join(', ', @{ $summary->{orphaned} }), $names);
};

subtest 'they are removed in the reverse order' => sub {
	my $place = left($many, $one);
	my $run = $place->plumb('plan', '--prune');

	like($run->{out}, qr/^-   file:\/a\/x  no longer declared  /m);
	like($run->{out}, qr/^Plan: 1 to create, 0 to update, 5 to remove/m);
	ok(-e $place->path('root/a/x'), 'a plan removes nothing');
	$run = apply($place, '--prune');
	is($run->{exit}, 0) or diag $run->{err};
	ok(!-e $place->path('root/a'));
	is($place->text('root/z'), 'z');
	$run = $place->plumb('plan', '--prune');
	is($run->{out} =~ s/\n.*//sr, 'Everything is as the site says.',
	    'and forgotten');
	is($place->start_words($Plumb::plumb, 'undo', '-y', '--state',
	    $place->{state}, @{ $place->{options} }, 2)->wait->{exit}, 0);
	is($place->text('root/a/b/y'), 'y', 'which can be undone');
};

subtest 'the site can ask for it' => sub {
	my $place = left($many, "prune: true\n$one");

	like($place->plumb('plan')->{out}, qr/ 5 to remove/);
	is(apply($place)->{exit}, 0);
	ok(!-e $place->path('root/a'));
};

subtest 'what was there before is never removed' => sub {
	my $place = left($many, $one);
	my $run = apply($place, '--prune');

	like($run->{out}, qr/^Forgets: file:\/there \(no longer declared, but there before plumb was\)$/m);
	is($place->text('root/there'), "new\n");
	unlike(apply($place, '--prune')->{out}, qr/Forgets/, 'said once');
	$place = left("files: { /there: { content: \"old\\n\" } }\n", $one);
	apply($place, '--prune');
	is($place->text('root/there'), "old\n", 'nor what was as desired');
	# ours, then gone from the inventory, and so no longer ours
	$place->site("files: { /z: { content: z }, /y: { content: y } }\n");
	apply($place);
	unlink $place->path('root/y');
	$place->site($one);
	apply($place, '--prune');
	$place->write('root/y', 'y');
	$place->site("files: { /z: { content: z }, /y: { content: y } }\n");
	apply($place);
	$place->site($one);
	like(apply($place, '--prune')->{out}, qr/^Forgets: file:\/y /m);
	is($place->text('root/y'), 'y');
};

subtest 'what something declared needs stays' => sub {
	my $place = left($many, "files: { /a/b/y: { content: y } }\n");
	my $run = apply($place, '--prune');

	is($run->{exit}, 0) or diag $run->{err};
	like($run->{out}, qr/^Keeps: directory:\/a\/b \(no longer declared, but file:\/a\/b\/y needs it\)$/m);
	like($run->{out}, qr/^Keeps: directory:\/a \(no longer declared, but directory:\/a\/b needs it\)$/m);
	is($place->text('root/a/b/y'), 'y');
	ok(!-e $place->path('root/a/x'));
	$place->site($one);
	is(apply($place, '--prune')->{exit}, 0);
	ok(!-e $place->path('root/a'), 'until nothing needs it');
};

subtest 'what only has another name stays' => sub {
	my $place = left("files: { message: { path: /m, content: m } }\n",
	    "files: { /m: { content: m } }\n");
	my $run = apply($place, '--prune');

	is($run->{exit}, 0) or diag $run->{err};
	like($run->{out}, qr/^Keeps: file:message \(no longer declared, but it is file:\/m now\)$/m);
	is($place->text('root/m'), 'm');
	unlike(apply($place, '--prune')->{out}, qr/Keeps/);
};

subtest 'a site that declares nothing prunes nothing' => sub {
	for my $nothing ("site: t\n", "prune: true\n") {
		my $place = left($many, $nothing);

		for my $command ('plan', 'apply') {
			my $run = $place->plumb($command, '--prune');
			is($run->{exit}, 3);
			like($run->{err}, qr/declares nothing, so nothing is pruned; to remove all that it created, declare that with 'ensure: absent'$/m);
		}
		is($place->text('root/a/x'), 'x');
	}
	my $place = left($many, "files: {\n");
	is(apply($place, '--prune')->{exit}, 1, 'nor does a broken one');
	is($place->text('root/a/x'), 'x');
};

subtest 'protection outlives the block' => sub {
	my $place = left("files: { /p: { content: p, protect: true } }\n", $one);
	my $run = apply($place, '--prune');

	is($run->{exit}, 3);
	is($place->text('root/p'), 'p');
};

subtest 'another site has its own' => sub {
	my $place = left($many, $one);

	$place->{site} = $place->path('other');
	$place->site($one);
	unlike($place->plumb('plan')->{out}, qr/Orphaned/);
	is(apply($place, '--prune')->{exit}, 0);
	is($place->text('root/a/x'), 'x');
};

subtest 'what has no state is forgotten' => sub {
	my $place = Plumb->new(options => []);

	$place->site("commands: { c: { run: [\"true\"] } }\n");
	is(apply($place)->{exit}, 0);
	$place->site("files: { PLACE/root/z: { content: z } }\n");
	my $run = apply($place, '--prune');
	is($run->{exit}, 0);
	unlike($run->{out}, qr/command:c/);
};

subtest 'a secret that is pruned is not kept' => sub {
	my $place = Plumb->new(options => []);
	my $key = $place->path('key');

	is(system('ssh-keygen', '-qt', 'ed25519', '-N', '', '-f', $key), 0);
	local $ENV{PLUMB_IDENTITY} = $key;
	$place->write('site/secrets/recipients', $place->text("$key.pub"));
	$place->site("site: t\n");
	open my $set, '|-', "$Plumb::plumb secret set s $place->{site} > /dev/null 2>&1"
	    or die $!;
	print $set 'canary';
	close $set or die;
	$place->site("files: { PLACE/root/s: { content: \"\${secret('s')}\" }, PLACE/root/z: {} }\n");
	is(apply($place)->{exit}, 0);
	is($place->text('root/s'), 'canary');
	$place->site("files: { PLACE/root/z: {} }\n");
	my $run = apply($place, '--prune');
	is($run->{exit}, 0) or diag $run->{err};
	like($run->{out}, qr/^    cannot be undone: its old content is secret$/m);
	ok(!-e $place->path('root/s'));
	is(system("grep -rqa canary $place->{state}") >> 8, 1);
};

done_testing;
