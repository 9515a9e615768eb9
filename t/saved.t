#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# saved.t - plans in files: what was reviewed is what happens, or nothing.

use v5.30;
use warnings;
use Cwd 'getcwd';
use FindBin '$Bin';
use JSON::PP 'decode_json';
use Test::More;
use lib $Bin;
use Plumb;
use Saved;

plan skip_all => "there is no $Plumb::plumb" unless Plumb->there;
my $here = getcwd();

subtest 'what was reviewed is done, without a terminal, once' => sub {
	my $place = place;
	my $plan = saved($place);
	my $file = $place->path('plan');

	like($plan->{out}, qr/^Plan: 1 to create, 1 to update, /m);
	like($plan->{err}, qr/'plumb apply \Q$file\E' does this/);
	is((stat $file)[2] & 07777, 0600, 'for its owner only');
	ok(!-e "$place->{state}/journal.db", 'and no journal is made');
	my $run = apply($place);
	is($run->{exit}, 0, 'applied') or diag $run->{err};
	is($run->{out}, "file:/a: updated\nfile:/b: created\n"
	    . "Applied: 1 created, 1 updated, 0 removed, 0 refreshed; 0 failed, 0 skipped.\n")
	    if $run->{out} =~ /^file:\/a/;
	is($place->text('root/a'), "new\n");
	is($place->text('root/b'), "b\n");
	$run = is_stale($place, qr/^plumb: file:\/a: it is as desired already$/m,
	    'a second time');
	like($run->{err}, qr/is stale, and nothing is left to do$/m);
};

subtest 'a plan with nothing to do is one, too' => sub {
	my $place = place;

	$place->plumb('apply', '-y');
	saved($place);
	my $run = apply($place);
	is($run->{exit}, 0) or diag $run->{err};
	unlink $place->path('root/b');
	is_stale($place, qr/^plumb: file:\/b: it was as desired, and is not now$/m,
	    'once something is to be done');
};

subtest 'whatever a change rests on is named when it moves' => sub {
	my $place = place;

	saved($place);
	chmod 0600, $place->path('root/a');
	is_stale($place, qr/^plumb: file:\/a: 'mode' was 0644 and is 0600$/m,
	    'another mode');
	is($place->text('root/a'), "old\n", 'it is as it was');
	ok(!-e $place->path('root/b'), 'and so is what did not move');
	is($place->plumb('plan')->{exit}, 0);

	chmod 0644, $place->path('root/a');
	$place->write('root/a', "other\n");
	is_stale($place, qr/^plumb: file:\/a: 'content' is another$/m,
	    'other content, of a file that is to be replaced anyway');

	unlink $place->path('root/a');
	is_stale($place, qr/^plumb: file:\/a: it was there, and is gone$/m,
	    'gone');

	$place->write('root/a', "old\n");
	$place->write('root/b', "mine\n");
	is_stale($place, qr/^plumb: file:\/b: it was not there, and is now$/m,
	    'somebody made it');
	unlink $place->path('root/b');

	$place->write('root/same', "moved\n");
	is_stale($place, qr/^plumb: file:\/same: it was as desired, and is not now$/m,
	    'what the plan left alone');
	$place->write('root/same', "same\n");
	is(apply($place)->{exit}, 0, 'and when all is as it was, it is done');
};

subtest 'what somebody else owns may move' => sub {
	my $place = Plumb->new;

	$place->site('files: { /a: { content: x, mode: 0644, ignore: [mode] } }');
	$place->write('root/a', 'y');
	saved($place);
	chmod 0600, $place->path('root/a');
	my $run = apply($place);
	is($run->{exit}, 0) or diag $run->{err};
	is((stat $place->path('root/a'))[2] & 07777, 0600);
};

subtest 'an edited site is another site' => sub {
	my $place = place;
	my $text = $place->text('site/plumb.yaml');

	saved($place);
	$place->site("$text# a word\n");
	is_stale($place, qr/^plumb: plumb\.yaml: this file of the site was edited$/m,
	    'a comment');
	$place->site($text =~ s/new/newer/r);
	is_stale($place, qr/plumb\.yaml: .* edited\n.*^plumb: file:\/a: the site asks something else of it$/ms,
	    'another content');
	$place->site($text);
	$place->write('site/more.yaml', "files: { /c: {} }\n");
	is_stale($place, qr/^plumb: more\.yaml: this file of the site is new$/m,
	    'one more file');
	unlink $place->path('site/more.yaml');
	is(apply($place)->{exit}, 0);
};

subtest 'so is one whose files are others' => sub {
	my $place = Plumb->new(options => []);

	$place->site(<<~'Y');
	    files:
	      PLACE/out/a: { source: a }
	    directories:
	      PLACE/out: {}
	    commands:
	      go: { shell: "${file('script')}" }
	    Y
	$place->write('site/files/a', "one\n");
	$place->write('site/files/script', "echo reviewed >$place->{path}/ran\n");
	saved($place);
	$place->write('site/files/a', "two\n");
	is_stale($place, qr/^plumb: file:\S+: the site asks something else/m,
	    'content');
	$place->write('site/files/a', "one\n");
	$place->write('site/files/script', "echo evil >$place->{path}/ran\n");
	is_stale($place, qr/^plumb: command:go: the site asks something else/m,
	    'how it is done');
	ok(!-e $place->path('ran'));
	$place->write('site/files/script', "echo reviewed >$place->{path}/ran\n");
	is(apply($place)->{exit}, 0);
	is($place->text('ran'), "reviewed\n");
};

subtest 'a revision is told, and only a word is said of another' => sub {
	my $place = place;
	my $git = "git -c user.name=t -c user.email=t\@t -C $place->{site}";

	is(system("$git init -q && $git add -A && $git commit -qm one"), 0);
	saved($place);
	chomp(my $first = `$git rev-parse HEAD`);
	is(system("$git commit -q --allow-empty -m two"), 0);
	chomp(my $second = `$git rev-parse HEAD`);
	my $show = on_file($place, 'show', $place->path('plan'));
	like($show->{out}, qr/^  site \Q$place->{site}\E at @{[substr $first, 0, 12]}$/m);
	my $run = apply($place);
	is($run->{exit}, 0) or diag $run->{err};
	like($run->{err}, qr/at revision @{[substr $second, 0, 12]} now, and its files are those of the plan's @{[substr $first, 0, 12]}$/m);
};

subtest 'show prints it, fresh and stale, as plan did' => sub {
	my $place = place;
	my $plan = saved($place);
	my $show = on_file($place, 'show', $place->path('plan'));

	is($show->{exit}, 0) or diag $show->{err};
	is($show->{err}, '', 'it is whole');
	like($show->{out}, qr/^Plan of \d{4}-.* made by plumb .*\n  site \Q$place->{site}\E\n  --root /);
	is(substr($show->{out}, -length $plan->{out}), $plan->{out},
	    'the same text');
	is(apply($place)->{exit}, 0);
	my $again = on_file($place, 'show', $place->path('plan'));
	is($again->{out}, $show->{out}, 'also when it is history');

	my $away = $place->start_words($Plumb::plumb, 'show', '--state',
	    $place->path('elsewhere'), $place->path('plan'))->wait;
	is($away->{exit}, 0);
	is($away->{out}, $show->{out}, 'on another machine as well');
	like($away->{err}, qr/its integrity was not checked/, 'with a warning');
	ok(!-e $place->path('elsewhere'), 'nothing is made by looking');
};

subtest 'values known only later are used' => sub {
	my $place = Plumb->new;

	$place->site(<<~'Y');
	    files:
	      /one: { content: "1\n" }
	      /two: { content: "mode ${output('file:/one', 'mode')}\n" }
	    Y
	like(saved($place)->{out}, qr/known after apply/);
	my $run = apply($place);
	is($run->{exit}, 0) or diag $run->{err};
	is($place->text('root/two'), "mode 0644\n");
};

subtest 'refreshes are part of it' => sub {
	my $place = Plumb->new(options => []);
	my $count = sub { length($place->text('ran') // '') };

	$place->site(<<~'Y');
	    files:
	      PLACE/conf: { content: "a\n", mode: 0644, notifies: command:reload }
	    commands:
	      reload: { shell: echo >>PLACE/ran, refresh_only: true }
	    Y
	like(saved($place)->{out}, qr/^>   command:reload/m);
	my $run = apply($place);
	is($run->{exit}, 0) or diag $run->{err};
	is($count->(), 1);
	chmod 0600, $place->path('conf');
	saved($place);
	chmod 0644, $place->path('conf');
	is_stale($place, qr/command:reload: it is as desired already/,
	    'one that is not due any more');
	is($count->(), 1);
};

subtest 'what this run itself moves is no surprise' => sub {
	my $place = Plumb->new(options => []);

	$place->site(<<~'Y');
	    commands:
	      make: { shell: echo default >PLACE/conf, creates: PLACE/conf }
	      later: { run: [touch, PLACE/late], creates: PLACE/late, requires: "file:PLACE/conf" }
	    files:
	      PLACE/conf: { content: "ours\n", requires: command:make }
	    Y
	saved($place);
	my $run = apply($place);
	is($run->{exit}, 0) or diag $run->{err};
	is($place->text('conf'), "ours\n");
	ok(-e $place->path('late'));
};

subtest 'what moves while it runs is left alone' => sub {
	my $place = Plumb->new(options => []);

	$place->site(<<~'Y');
	    commands:
	      # as somebody might, with nothing to tell that y needs it
	      first: { shell: echo theirs >PLACE/y, unless: [test, -e, PLACE/y] }
	      nothing: { run: ['true'], creates: / }
	    files:
	      PLACE/y: { content: "ours\n", requires: command:nothing }
	      PLACE/z: { content: "z\n", requires: "file:PLACE/y" }
	    Y
	saved($place);
	my $run = apply($place, '--jobs', 1);
	is($run->{exit}, 5, 'refused') or diag "$run->{out}$run->{err}";
	like($run->{err}, qr/file:\S+\/y: it was left alone, because it moved since the plan was saved: it was not there, and is now/);
	like($run->{out}, qr/^file:\S+\/z: skipped/m);
	is($place->text('y'), "theirs\n");
};

subtest 'for programs' => sub {
	my $place = place;
	my $file = $place->path('plan');

	my $plan = saved($place, '--json');
	my @said = map { $_->{type} } $plan->lines;
	is_deeply(\@said, [qw(version change change summary)]);
	my @lines = map { decode_json($_) } split /\n/, $place->text('plan');
	is($lines[0]{format}, 'plumb plan');
	is($lines[0]{version}, 1);
	like($lines[0]{mac}, qr/^[0-9a-f]{64}$/);
	is_deeply([map { $_->{type} // '' } @lines],
	    ['', qw(origin change change summary text)]);
	is($lines[1]{site}, $place->{site});
	is($lines[2]{ground} =~ /^[0-9a-f]{64}$/, 1);

	chmod 0600, $place->path('root/a');
	my $run = apply($place, '--json');
	is($run->{exit}, 5);
	is_deeply([map { delete $_->{plumb}; $_ } $run->lines],
	    [{ type => 'version', command => 'apply', version => 1 },
	    { type => 'moved', address => 'file:/a',
		how => "'mode' was 0644 and is 0600" }]);
	chmod 0644, $place->path('root/a');
	$run = apply($place, '--json', '--detailed-exitcode');
	is($run->{exit}, 2) or diag $run->{err};
	is_deeply([map { $_->{type} } $run->lines],
	    [qw(version result result applied)]);
};

subtest 'targets are part of it, and cannot be said again' => sub {
	my $place = place;

	saved($place, '--target', 'file:/b');
	my $run = apply($place, '--target', 'file:/a', '--exclude', 'file:/b');
	is($run->{exit}, 1);
	like($run->{err}, qr/^plumb: '--target' does not go with a saved plan: /m);
	like($run->{err}, qr/^plumb: '--exclude' does not go with/m);
	$run = $place->start_words($Plumb::plumb, 'apply', $place->path('plan'),
	    '--state', $place->{state}, '--root', '/elsewhere')->wait;
	is($run->{exit}, 1);
	like($run->{err}, qr/is for the tree below '\Q$place->{root}\E', not '\/elsewhere'/);
	like(on_file($place, 'show', $place->path('plan'))->{out},
	    qr/^  --target file:\/b$/m);
	is(apply($place)->{exit}, 0);
	ok(-e $place->path('root/b'));
	is($place->text('root/a'), "old\n", 'the other is left alone');
};

subtest 'it is found from wherever it is named' => sub {
	my $place = place;

	mkdir $place->path('deep') or die;
	chdir $place->{site} or die;
	my $run = $place->start_words($Plumb::plumb, 'plan', '-o', '../plan',
	    '--state', $place->{state}, '--root', '../root')->wait;
	is($run->{exit}, 0) or diag $run->{err};
	chdir $place->path('deep') or die;
	$run = $place->start_words($Plumb::plumb, 'apply', '../plan',
	    '--state', '../state')->wait;
	chdir $here or die;
	is($run->{exit}, 0) or diag $run->{err};
	is($place->text('root/a'), "new\n");
};

subtest 'what could not be looked at is not reviewed' => sub {
	my $place = place;

	$place->site("files: { /a/b: { content: x } }\n");
	my $run = $place->plumb('plan', '-o', $place->path('plan'));
	unless ($run->{exit}) {
		is(apply($place)->{exit}, 4, 'apply says what is wrong');
		return;
	}
	ok(!-e $place->path('plan'), 'so it is not saved');
};

done_testing();
