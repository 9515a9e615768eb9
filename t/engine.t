#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# engine.t - what a plan says and an apply does: order, refreshes, failures,
# causes, selection and totals.

use v5.30;
use warnings;
use Test::More;
use Plumb;

plan skip_all => "there is no $Plumb::plumb" unless Plumb->there;

# on the machine itself, below the place's own directory
sub on_machine { Plumb->new(options => []) }

# addresses in the order in which the plan has them
sub order
{
	my ($run) = @_;

	return map { $_->{address} } grep { $_->{type} eq 'change' }
	    $run->lines;
}

# by address, from --json
sub of
{
	my ($run, $type) = @_;

	return map { $_->{address} => $_ } grep { $_->{type} eq $type }
	    $run->lines;
}

sub position
{
	my ($address, @order) = @_;
	my ($at) = grep { $order[$_] eq $address } 0 .. $#order;

	return $at // die "$address is not in the plan";
}

my $empty = qr/^Plan: 0 to create, 0 to update, 0 to remove, 0 to refresh; /m;

subtest 'what needs another thing comes after it' => sub {
	my $place = Plumb->new;
	$place->site(<<~'Y');
	    files:
	      /srv/app/conf: { content: "x\n", owner: app, requires: link:/late }
	    directories:
	      /srv/app: { owner: app }
	      /srv: {}
	    users:
	      app: {}
	    links:
	      /late: { target: srv }
	    Y
	$place->write('root/etc/passwd', "root:x:0:0::/root:/bin/sh\n");
	$place->write('root/etc/group', "root:x:0:\n");
	my $run = $place->plumb('plan', '--json');
	my @order = order($run);
	is($run->{exit}, 0, 'it can be planned');
	for (['directory:/srv', 'directory:/srv/app'],
	    ['user:app', 'directory:/srv/app'],
	    ['user:app', 'file:/srv/app/conf'],
	    ['directory:/srv/app', 'file:/srv/app/conf'],
	    ['link:/late', 'file:/srv/app/conf']) {
		cmp_ok(position($_->[0], @order), '<',
		    position($_->[1], @order), "$_->[0] before $_->[1]");
	}
	my $why = $place->plumb('why', 'file:/srv/app/conf');
	is($why->{exit}, 0);
	like($why->{out}, qr/directory:\/srv\/app, because .*plumb\.yaml:2:/,
	    'why says what it waits for, and where that follows from');
	like($why->{out}, qr/user:app, because /);
	like($why->{out}, qr/link:\/late, because it requires that/);
};

subtest 'the second apply finds nothing to do' => sub {
	my $place = Plumb->new;
	$place->site(<<~'Y');
	    directories: { /a: { mode: 0750 }, /a/b: {} }
	    files: { /a/b/c: { content: "x\n", mode: 0600 } }
	    links: { /a/l: { target: b/c } }
	    Y
	my $first = $place->plumb('apply', '-y');
	is($first->{exit}, 0);
	is($first->last, 'Applied: 4 created, 0 updated, 0 removed, 0 refreshed; 0 failed, 0 skipped.');
	is($place->text('root/a/l'), "x\n", 'it is there');
	my $plan = $place->plumb('plan', '--detailed-exitcode');
	is($plan->{exit}, 0);
	is($plan->{out}, "Everything is as the site says.\nPlan: 0 to create, 0 to update, 0 to remove, 0 to refresh; 4 unchanged.\n");
	my $second = $place->plumb('apply', '--no-input');
	is($second->{exit}, 0, 'nothing is asked where nothing is to be done');
	like($second->{out}, $empty);
	unlike($second->{out}, qr/created|updated/);
};

subtest 'a value known later is shown so, and used in the same run' => sub {
	my $place = Plumb->new;
	$place->site(<<~'Y');
	    files:
	      /one: { content: "1\n" }
	      /two: { content: "mode ${output('file:/one', 'mode')}\n" }
	    Y
	my $plan = $place->plumb('plan');
	like($plan->{out}, qr/^\+   file:\/two .*\n    content: \(known after apply\)$/m);
	my @order = order($place->plumb('plan', '--json'));
	is_deeply(\@order, ['file:/one', 'file:/two'], 'it makes the order');
	my $apply = $place->plumb('apply', '-y');
	is($apply->{exit}, 0) or diag $apply->{err};
	is($place->text('root/two'), "mode 0644\n", 'it was known in time');
	like($place->plumb('plan')->{out}, $empty, 'and all is done');

	# what the producer has now is exact when it does not change
	unlink $place->path('root/two');
	my $again = $place->plumb('plan');
	like($again->{out}, qr/^      \+mode 0644$/m);
	unlike($again->{out}, qr/known after/);
	chmod 0600, $place->path('root/one');
	like($place->plumb('plan')->{out}, qr/^      \+mode 0600$/m,
	    'an attribute nobody declares is as it is there');
};

subtest 'what fails takes along only what needs it' => sub {
	my $place = on_machine;
	$place->site(<<~'Y');
	    commands:
	      breaks: { run: [sh, -c, "echo too bad >&2; exit 3"] }
	      after: { run: [touch, PLACE/after], requires: command:breaks }
	    files:
	      PLACE/needs: { content: a, requires: command:after }
	      PLACE/other: { content: b }
	    Y
	my $run = $place->plumb('apply', '-y');
	my $path = $place->{path};
	is($run->{exit}, 4);
	like($run->{out}, qr/^command:breaks: failed$/m);
	like($run->{out}, qr/^command:after: skipped, because command:breaks failed$/m);
	like($run->{out}, qr/^file:\Q$path\E\/needs: skipped, because command:breaks failed$/m,
	    'the first reason is named, however far away');
	like($run->{err}, qr/plumb\.yaml:2:3: command:breaks: sh ended with 3:\n.*too bad/s);
	is($place->text('other'), 'b', 'the rest was done');
	is($place->text('needs'), undef);
	like($run->{out}, qr/^Failed: command:breaks\nApplied: 1 created, .*; 1 failed, 2 skipped\.$/m,
	    'and named again at the end');
};

subtest 'what fails is tried again as often as it says' => sub {
	my $place = on_machine;
	$place->site(<<~'Y');
	    commands:
	      third:
	        shell: echo x >> PLACE/tries; test $(wc -l < PLACE/tries) = 3
	        retries: 2
	    Y
	is($place->plumb('apply', '-y')->{exit}, 0);
	is($place->text('tries'), "x\nx\nx\n");
	$place->write('tries', '');
	$place->site(<<~'Y');
	    commands:
	      never: { shell: "echo x >> PLACE/tries; false", retries: 1 }
	    Y
	my $run = $place->plumb('apply', '-y');
	is($run->{exit}, 4);
	is($place->text('tries'), "x\nx\n");
	is(() = $run->{err} =~ /ended with 1/g, 1, 'and said once');
};

subtest 'a refresh happens once, however many notify it' => sub {
	my $place = on_machine;
	$place->site(<<~'Y');
	    files:
	      PLACE/a: { content: a, notifies: command:reload }
	      PLACE/b: { content: b, notifies: command:reload }
	      PLACE/c: { content: c, notifies: command:reload }
	    commands:
	      reload: { shell: "cat PLACE/[abc] >> PLACE/log", refresh_only: true }
	    Y
	my $path = $place->{path};
	my $plan = $place->plumb('plan');
	like($plan->{out}, qr/^    run because file:\Q$path\E\/a, file:\Q$path\E\/b, file:\Q$path\E\/c change$/m);
	like($plan->{out}, qr/^Refreshes: command:reload \(run\)$/m);
	my $run = $place->plumb('apply', '-y');
	is($run->{exit}, 0);
	is($place->text('log'), 'abc', 'once, and after all of them');
	like($run->last, qr/3 created, .* 1 refreshed/);
	is($place->plumb('apply', '-y')->{exit}, 0);
	is($place->text('log'), 'abc', 'and not again');
};

subtest 'what is to be absent goes in the other order' => sub {
	my $place = Plumb->new;
	$place->site(<<~'Y');
	    directories: { /a: {}, /a/b: {} }
	    files: { /a/b/c: { content: x } }
	    Y
	is($place->plumb('apply', '-y')->{exit}, 0);
	$place->site(<<~'Y');
	    directories: { /a: { ensure: absent }, /a/b: { ensure: absent } }
	    files: { /a/b/c: { ensure: absent } }
	    Y
	my $plan = $place->plumb('plan', '--json');
	is_deeply([order($plan)],
	    ['file:/a/b/c', 'directory:/a/b', 'directory:/a']);
	my $text = $place->plumb('plan');
	like($text->{out}, qr/^Removes: file:\/a\/b\/c, directory:\/a\/b, directory:\/a$/m);
	my $run = $place->plumb('apply', '-y');
	is($run->{exit}, 0) or diag $run->{err};
	ok(!-e $place->path('root/a'), 'all of it is gone');
	like($run->last, qr/^Applied: 0 created, 0 updated, 3 removed/);
	like($place->plumb('plan')->{out}, $empty);
};

subtest 'what is ignored is set once and then left alone' => sub {
	my $place = Plumb->new;
	$place->site(<<~'Y');
	    files: { /f: { content: "a\n", mode: 0600, ignore: [content] } }
	    Y
	is($place->plumb('apply', '-y')->{exit}, 0);
	$place->write('root/f', "theirs\n");
	chmod 0644, $place->path('root/f');
	my $plan = $place->plumb('plan');
	like($plan->{out}, qr/^    mode: 0644 -> 0600$/m);
	unlike($plan->{out}, qr/content/);
	is($place->plumb('apply', '-y')->{exit}, 0);
	is($place->text('root/f'), "theirs\n");
	like($place->plumb('plan')->{out}, $empty);
};

subtest 'a target brings what it needs, and nothing else is touched' => sub {
	my $place = Plumb->new;
	$place->site(<<~'Y');
	    directories: { /a: {}, /z: {} }
	    files:
	      /a/f: { content: x, requires: link:/l }
	      /z/f: { content: z }
	    links: { /l: { target: a } }
	    Y
	my $plan = $place->plumb('plan', '--json', '--target', 'file:/a/f');
	is_deeply([sort(order($plan))],
	    ['directory:/a', 'file:/a/f', 'link:/l']);
	my $run = $place->plumb('apply', '-y', '--target', 'file:/a/f');
	is($run->{exit}, 0);
	ok(-e $place->path('root/a/f'));
	ok(!-e $place->path('root/z'));
	my %rest = of($place->plumb('plan', '--json'), 'change');
	is($rest{'file:/z/f'}{cause}, 'new',
	    'what was left out is not taken for done');
	is_deeply([sort keys %rest], ['directory:/z', 'file:/z/f']);

	my $without = $place->plumb('plan', '--exclude', 'file:/z/f');
	unlike($without->{out}, qr/file:\/z\/f/);
	like($without->{out}, qr/1 left out/, 'and it is counted');
	my $deep = $place->plumb('plan', '--exclude', 'directory:/z');
	like($deep->last, qr/ 2 left out\.$/, 'and so is what needs it');
	my $wrong = $place->plumb('plan', '--target', 'file:/z/ff');
	is($wrong->{exit}, 1);
	$wrong = $place->plumb('plan', '--target', 'tag:web');
	is($wrong->{exit}, 1);
	like($wrong->{err}, qr/nothing has the tag 'web'/);
	$place->site("files: { /t: { content: t, tags: [web] }, /u: { content: u } }\n");
	is_deeply([order($place->plumb('plan', '--json', '--target',
	    'tag:web'))], ['file:/t'], 'a tag stands for all that has it');
	$wrong = $place->plumb('plan', '--target', 'file:/tt');
	is($wrong->{exit}, 1);
	like($wrong->{err}, qr/'file:\/tt' is not declared \(did you mean 'file:\/t'\?\)/);
};

subtest 'what is left out may be broken' => sub {
	my $place = Plumb->new;
	$place->site(<<~'Y');
	    files:
	      /f: { content: x }
	      /file/below: { content: x }
	    Y
	$place->write('root/file', '');
	my $run = $place->plumb('apply', '-y');
	is($run->{exit}, 4, 'it is broken');
	$run = $place->plumb('apply', '-y', '--exclude', 'file:/file/below');
	is($run->{exit}, 0);
	is($run->{err}, '');
};

subtest 'one job or sixteen, the result is the same' => sub {
	my @trees;
	for my $jobs (1, 16) {
		my $place = on_machine;
		my $text = "directories:\n  PLACE/t: {}\n";
		$text .= "  PLACE/t/$_: {}\n" for 1 .. 20;
		$text .= "files:\n";
		for my $d (1 .. 20) {
			$text .= "  PLACE/t/$d/$_: { content: '$d $_' }\n"
			    for 1 .. 10;
		}
		$text .= "commands:\n";
		$text .= "  c$_: { run: [cp, -r, PLACE/t/$_, PLACE/c$_], requires: file:PLACE/t/$_/10, creates: PLACE/c$_ }\n"
		    for 1 .. 8;
		$place->site($text);
		my $run = $place->plumb('apply', '-y', '--jobs', $jobs);
		is($run->{exit}, 0, "with $jobs") or diag $run->{err};
		push @trees, scalar qx(cd $place->{path} && cat t/*/*);
		is($run->last, 'Applied: 221 created, 0 updated, 0 removed, 0 refreshed; 0 failed, 0 skipped, 8 run.');
	}
	is($trees[0], $trees[1]);
};

subtest 'drift ends with 2, names what moved, and is remembered' => sub {
	my $place = Plumb->new;
	$place->site('files: { /f: { content: "a\n", mode: 0600 }, /g: { content: g } }');
	is($place->plumb('apply', '-y')->{exit}, 0);
	is($place->plumb('drift')->{exit}, 0);
	chmod 0644, $place->path('root/f');
	my $drift = $place->plumb('drift');
	is($drift->{exit}, 2);
	like($drift->{out}, qr/^~   file:\/f  drift .*\n    mode: 0644 -> 0600$/m);
	unlike($drift->{out}, qr/content|file:\/g/);
	is($drift->last, 'Drift: 1 resource differs from what the last run left.');
	my ($run) = $place->plumb('history')->{out} =~ /^ *(\d+)  .*  drift .*changes/m;
	ok($run, 'history has it') or return;
	like($place->plumb('show', $run)->{out}, qr/drift of file:\/f, corrective/);
	is($place->plumb('apply', '-y')->{exit}, 0);
	is($place->plumb('drift')->{exit}, 0);
};

subtest 'each change says why' => sub {
	my $place = Plumb->new;
	my $cause = sub {
		my %of = of($place->plumb('plan', '--json'), 'change');
		return join ' ', map { "$_=$of{$_}{cause}" } sort keys %of;
	};
	$place->site('files: { /f: { content: a }, /g: { content: a } }');
	is($cause->(), 'file:/f=new file:/g=new');
	$place->plumb('apply', '-y');
	$place->site('files: { /f: { content: b }, /g: { content: a } }');
	$place->write('root/g', 'moved');
	is($cause->(), 'file:/f=spec changed file:/g=drift');
	my $plan = $place->plumb('plan');
	like($plan->{out}, qr/^~   file:\/f  spec changed  \S+plumb\.yaml:1:10$/m);
	my $drift = $place->plumb('drift');
	like($drift->last, qr/^Drift: 1 resource differs from what the last run left\. 1 change waits to be applied/);
	$place->plumb('apply', '-y');
	unlink $place->path('root/f');
	is($cause->(), 'file:/f=drift', 'what was removed by hand drifted');
};

subtest 'what leaves nothing behind does not drift' => sub {
	my $place = on_machine;
	$place->site(<<~'Y');
	    commands:
	      always: { run: ['true'] }
	      guarded: { run: [touch, PLACE/made], creates: PLACE/made }
	    Y
	is($place->plumb('apply', '-y')->{exit}, 0);
	my %of = of($place->plumb('plan', '--json'), 'change');
	is_deeply([map { "$_=$of{$_}{cause}" } sort keys %of],
	    ['command:always=every run']);
	my $drift = $place->plumb('drift');
	is($drift->{exit}, 0);
	is($drift->last, 'Drift: 0 resources differ from what the last run left.');
	unlink $place->path('made');
	$drift = $place->plumb('drift');
	is($drift->{exit}, 2, 'what was made and is gone has drifted');
	like($drift->{out}, qr/^\+   command:guarded  run, drift/);
};

subtest 'a refresh that fails is owed until it goes well' => sub {
	my $place = on_machine;
	$place->site(<<~'Y');
	    files: { PLACE/f: { content: a, notifies: command:reload } }
	    commands:
	      reload: { run: [test, -e, PLACE/well], refresh_only: true }
	    Y
	my $run = $place->plumb('apply', '-y');
	is($run->{exit}, 4);
	like($run->{out}, qr/^command:reload: run failed$/m);
	like($place->plumb('plan')->{out}, qr/^    run because an earlier run left it due$/m);
	$place->write('well', '');
	is($place->plumb('apply', '-y')->{exit}, 0);
	like($place->plumb('plan')->{out}, $empty);
};

subtest 'a later value does not make its change an asked one' => sub {
	my $place = Plumb->new;
	$place->site(<<~'Y');
	    files:
	      /one: { content: "1\n", mode: 0600 }
	      /two: { content: "mode ${output('file:/one', 'mode')}\n" }
	    Y
	$place->plumb('apply', '-y');
	chmod 0644, $place->path('root/one');
	my %of = of($place->plumb('plan', '--json'), 'change');
	is($of{'file:/one'}{cause}, 'drift');
	is($of{'file:/two'}{cause}, 'value changes', 'it only follows');
	is($place->plumb('drift')->last, 'Drift: 1 resource differs from what the last run left.');
};

subtest 'every line of --json is an object, the version first' => sub {
	my $place = Plumb->new;
	$place->site('files: { /f: { content: "a\u00e9\n" } }');
	for (['plan'], ['apply', '-y'], ['drift'], ['validate'], ['graph'],
	    ['history']) {
		my $run = $place->plumb(@$_, '--json');
		my @lines = eval { $run->lines };
		is($@, '', "@$_");
		is($lines[0]{type}, 'version');
		is($lines[0]{version}, 1);
		is($lines[0]{command}, $_->[0]);
		is($run->{err}, '');
	}
	chmod 0600, $place->path('root/f');
	my %changes = of($place->plumb('plan', '--json'), 'change');
	my %mode = %{ $changes{'file:/f'}{attributes} // {} };
	is_deeply(\%mode, {}, 'an attribute that is not given is not compared');
};

subtest 'totals are the same with -v, which shows more' => sub {
	my $place = Plumb->new;
	my $lines = join '', map { "      line $_\n" } 1 .. 200;
	$place->site("files:\n  /f:\n    content: |\n$lines");
	my $short = $place->plumb('plan');
	my $long = $place->plumb('plan', '-v');
	is($short->last, $long->last);
	like($short->{out}, qr/^ +\.\.\. 161 more lines \(-v shows them\)$/m);
	like($long->{out}, qr/^ +\+line 200$/m);
	my ($a, $b) = map { $place->plumb('apply', '-y', @$_)->last }
	    ['-v'], [];
	like($a, qr/^Applied: 1 created/);
};

done_testing();
