#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# trouble.t - what a host may do to a run: each time the place and the resource
# are named, the exit status says it, nothing is lost and the rest goes on.

use v5.30;
use warnings;
use utf8;
use Cwd 'getcwd';
use File::Temp 'tempdir';
use Test::More;
use Plumb;

plan skip_all => "there is no $Plumb::plumb" unless Plumb->there;

# on the machine itself, below the place's own directory
sub on_machine { Plumb->new(options => []) }

# "site/plumb.yaml:2:3: ADDRESS: "
sub at
{
	my ($place, $line, $column, $address) = @_;

	return qr/^\Q$place->{site}\E\/plumb\.yaml:$line:$column: \Q$address\E: /m;
}

my $empty = qr/^Plan: 0 to create, 0 to update, 0 to remove, 0 to refresh; /m;

subtest 'something of another type is in the way' => sub {
	my $place = Plumb->new;
	$place->site(<<~'Y');
	    files: { /d: { content: x }, /ok: { content: y } }
	    directories: { /f: {}, /f/sub: {} }
	    Y
	mkdir $place->path('root/d');
	$place->write('root/f', 'precious');
	my $plan = $place->plumb('plan');
	is($plan->{exit}, 4);
	like($plan->{err}, at($place, 1, 10, 'file:/d'));
	like($plan->{err}, qr/'\/d' is a directory, not a file/);
	like($plan->{err}, at($place, 2, 16, 'directory:/f'));
	like($plan->last, qr/ 2 could not be looked at\.$/);
	my $run = $place->plumb('apply', '-y');
	is($run->{exit}, 4);
	is($place->text('root/ok'), 'y', 'the rest goes on');
	is($place->text('root/f'), 'precious', 'nothing is lost');
	like($run->{out}, qr/^directory:\/f: could not be looked at$/m);
	like($run->{out}, qr/^directory:\/f\/sub: skipped, because directory:\/f failed$/m);
	like($run->last, qr/1 created, .*; 2 failed, 1 skipped\.$/);
};

subtest 'what may not be read is unknown, not absent' => sub {
	my $place = Plumb->new(state => undef);
	plan skip_all => 'needs root, to be somebody else' if $>;
	$place->{state} = $place->path('theirs');
	$place->site('files: { /d/f: { content: x }, /ok: { content: y } }');
	mkdir $place->path($_) for 'root/d', 'theirs';
	system 'chown', '-R', '65534:65534', $place->{root}, $place->{state};
	chmod 0, $place->path('root/d');
	chmod 0755, $place->{path};
	my @as = qw(setpriv --reuid 65534 --regid 65534 --clear-groups);
	my $as = sub { $place->start_words(@as, $place->words(@_))->wait };
	my $plan = $as->('plan');
	is($plan->{exit}, 4);
	like($plan->{err}, at($place, 1, 10, 'file:/d/f'));
	like($plan->{err}, qr/Permission denied \(plumb does not run as root\)/);
	unlike($plan->{out}, qr/file:\/d\/f/, 'nothing is planned for it');
	my $run = $as->('apply', '-y');
	is($run->{exit}, 4);
	is($place->text('root/ok'), 'y');
	like($run->{out}, qr/^file:\/d\/f: could not be looked at$/m);
};

subtest 'a program that hangs is ended when its time is up' => sub {
	my $place = on_machine;
	$place->site(<<~'Y');
	    commands:
	      hang:
	        shell: "sleep 1000 & echo $! > PLACE/child; wait"
	        timeout: 1s
	    files: { PLACE/ok: { content: y } }
	    Y
	my $run = $place->plumb('apply', '-y');
	is($run->{exit}, 4);
	like($run->{err}, at($place, 2, 3, 'command:hang'));
	like($run->{err}, qr/took longer than 1\.0 s/);
	is($place->text('ok'), 'y');
	chomp(my $child = $place->text('child'));
	ok(Plumb::wait_for(sub { !kill 0, $child }), 'and what it started');
};

subtest 'a host without systemd' => sub {
	my $place = on_machine;
	# where there is one, it is not seen
	my @words = -d '/run/systemd/system' ? ('unshare', '-m', 'sh', '-c',
	    'mount -t tmpfs none /run && exec "$@"', 'sh') : ();
	my $plumb = sub {
		$place->start_words(@words, $place->words(@_))->wait;
	};
	$place->site(<<~'Y');
	    services: { nosuch: { state: running } }
	    files: { PLACE/ok: { content: y } }
	    Y
	my $run = $plumb->('apply', '-y');
	is($run->{exit}, 4);
	like($run->{err}, at($place, 1, 13, 'service:nosuch'));
	like($run->{err}, qr/does not run systemd/);
	is($place->text('ok'), 'y');
	is($plumb->('plan')->{exit}, 4, 'it stays unknown');
};

subtest 'a tree without packages, programs and users' => sub {
	my $place = Plumb->new;
	$place->site(<<~'Y');
	    packages: { hello: {} }
	    commands: { c: { run: [nosuch] } }
	    files:
	      /theirs: { content: x, owner: nosuchuser }
	      /ok: { content: y }
	    Y
	my $plan = $place->plumb('plan');
	is($plan->{exit}, 4);
	like($plan->{err}, at($place, 1, 13, 'package:hello'));
	like($plan->{err}, qr/cannot run 'dpkg-query': there is no such program/);
	my $run = $place->plumb('apply', '-y');
	is($run->{exit}, 4);
	like($run->{err}, at($place, 2, 13, 'command:c'));
	like($run->{err}, qr/cannot run 'nosuch': there is no such program/);
	like($run->{err}, at($place, 4, 3, 'file:/theirs'));
	like($run->{err}, qr/there is no user 'nosuchuser' on this host; declare it under users/);
	ok(!-e $place->path('root/theirs'), 'and nobody else owns it');
	is($place->text('root/ok'), 'y');
};

subtest 'a template that fails once its values are known' => sub {
	my $place = Plumb->new;
	$place->site(<<~'Y');
	    files:
	      /one: { content: x }
	      /two: { template: two }
	      /three: { content: z, requires: file:/two }
	      /ok: { content: y }
	    Y
	$place->write("$place->{site}/templates/two",
	    "first\n\${({})[output('file:/one', 'mode')].x}\n");
	is($place->plumb('plan')->{exit}, 0, 'nobody can know before');
	my $run = $place->plumb('apply', '-y');
	is($run->{exit}, 4);
	like($run->{err}, qr/^\Q$place->{site}\E\/templates\/two:2:1: /m);
	like($run->{err}, qr/plumb\.yaml:3:\d+: note: the template is used here/);
	ok(!-e $place->path('root/two'), 'nothing half made is there');
	is($place->text('root/ok'), 'y');
	like($run->{out}, qr/^file:\/three: skipped, because file:\/two failed$/m);
};

subtest 'the site vanishes in the middle of a run' => sub {
	my $place = on_machine;
	$place->site(<<~'Y');
	    commands: { rm: { run: [rm, -r, PLACE/site] } }
	    files:
	      PLACE/copy: { source: s, requires: command:rm }
	      PLACE/later: { template: t, requires: command:rm }
	    Y
	$place->write("$place->{site}/files/s", "source\n");
	$place->write("$place->{site}/templates/t",
	    "\${output('file:$place->{path}/copy', 'mode')}\n");
	my $run = $place->plumb('apply', '-y');
	is($run->{exit}, 0, 'it was read whole before') or diag $run->{err};
	is($place->text('copy'), "source\n");
	is($place->text('later'), "0644\n");
	my $next = $place->plumb('plan');
	is($next->{exit}, 1);
	like($next->{err}, qr/^plumb: cannot open the site '\Q$place->{site}\E': No such file/);
};

subtest 'one run at a time' => sub {
	my $place = on_machine;
	$place->site(<<~'Y');
	    commands:
	      w: { shell: "touch PLACE/begun; until test -e PLACE/go; do sleep 0.02; done" }
	    Y
	my $first = $place->start('apply', '-y');
	Plumb::wait_for(sub { -e $place->path('begun') });
	for ('apply', 'drift') {
		my $second = $place->plumb($_);
		is($second->{exit}, 7, "$_ does not wait");
		like($second->{err}, qr/^plumb: another run holds the lock: 'apply \Q$place->{site}\E' by \w+, process $first->{pid}, since \d{4}-.* \(--lock-timeout waits for it\)$/m);
	}
	my $plan = $place->plumb('plan');
	is($plan->{exit}, 0, 'a plan takes no lock');
	like($plan->{err}, qr/^plumb: another run is under way: 'apply .*process $first->{pid}/m);
	unlike($plan->{err}, qr/was stopped/);
	my $short = $place->plumb('apply', '-y', '--lock-timeout', '300ms');
	is($short->{exit}, 7);
	my $long = $place->start('apply', '-y', '--lock-timeout', '1min');
	my $gives_up = $place->start('apply', '-y', '--lock-timeout', '1min');
	# it reads its signals before it waits
	Plumb::wait_for(sub { readlink("/proc/$gives_up->{pid}/exe") eq $Plumb::plumb
	    && signals($gives_up->{pid}) });
	$gives_up->kill('INT');
	is($gives_up->wait->{exit}, 8, 'Ctrl-C ends the wait');
	$place->write('go', '');
	is($first->wait->{exit}, 0);
	is($long->wait->{exit}, 0, 'it waited its turn');
	is(() = $place->plumb('history')->{out} =~ / apply /g, 2);
};

# whether SIGINT is blocked, to be read from a descriptor
sub signals
{
	my ($pid) = @_;

	open my $status, '<', "/proc/$pid/status" or return 0;
	my ($mask) = map { /^SigBlk:\s*(\S+)/ ? hex $1 : () } <$status>;
	return $mask && $mask & 1 << 1;
}

subtest 'a state directory that others may write to' => sub {
	my $place = Plumb->new;
	$place->site('files: { /f: { content: x } }');
	mkdir $place->{state};
	chmod 0777, $place->{state};
	my $run = $place->plumb('apply', '-y');
	is($run->{exit}, 1);
	like($run->{err}, qr/^plumb: the state directory '\Q$place->{state}\E' can be written by others \(mode 0777\)/);
	if (!$>) {
		chmod 0700, $place->{state};
		chown 65534, -1, $place->{state};
		$run = $place->plumb('apply', '-y');
		is($run->{exit}, 1);
		like($run->{err}, qr/belongs to user 65534: it must be yours or root's/);
	}
	ok(!-e $place->path('root/f'));
};

subtest 'a journal that is newer, or damaged' => sub {
	my $place = Plumb->new;
	$place->site('files: { /f: { content: x } }');
	is($place->plumb('apply', '-y')->{exit}, 0);
	my $good = $place->text('state/journal.db');
	# user_version: the four bytes at 60 of the file (sqlite.org/fileformat)
	my $new = $good;
	substr($new, 60, 4) = pack 'N', 99;
	for ([$new, qr/has format 99, and this plumb knows formats up to/],
	    ['garbage' x 1000, qr/is damaged: .*restore it, or move it away/]) {
		my ($bytes, $says) = @$_;
		unlink glob "$place->{state}/journal.db*";
		$place->write('state/journal.db', $bytes);
		chmod 0600, $place->path('state/journal.db');
		for my $command (['plan'], ['apply', '-y'], ['history']) {
			# what is as it was needs none of it
			unlink $place->path('root/f');
			my $run = $place->plumb(@$command);
			is($run->{exit}, 1, $command->[0]);
			like($run->{err}, $says);
		}
		is($place->text('state/journal.db'), $bytes, 'it is left alone');
	}
	ok(!-e $place->path('root/f'), 'nothing is done without a journal');
};

subtest 'killed at any moment, the next run gets there' => sub {
	my $place = Plumb->new;
	my $text = "directories:\n  /d: {}\nfiles:\n";
	$text .= "  /d/$_: { content: \"$_\\n\", mode: 0600 }\n" for 1 .. 200;
	$place->site($text);
	my $killed = 0;
	for my $files (1, 20, 60, 120, 180) {
		my $run = $place->start('apply', '-y', '--jobs', 2);
		Plumb::wait_for(sub {
			my @there = glob "$place->{root}/d/*";
			return @there >= $files ||
			    kill(0, $run->{pid}) == 0;
		});
		$run->kill('KILL');
		$killed += $run->wait->{signal} == 9;
	}
	cmp_ok($killed, '>', 0, "killed $killed times");
	my $run = $place->plumb('apply', '-y');
	is($run->{exit}, 0) or diag $run->{err};
	is(join('', map { $place->text("root/d/$_") } 1 .. 200),
	    join('', map { "$_\n" } 1 .. 200));
	is(scalar(() = glob "$place->{root}/d/{.*,*}"), 202,
	    'nothing half written is left') or diag qx(ls -A $place->{root}/d);
	my $next = $place->plumb('plan');
	like($next->{out}, $empty);
	is($next->{err}, '', 'no act is open');
};

subtest 'large and binary sources' => sub {
	my $place = Plumb->new;
	$place->site('files: { /large: { source: l }, /binary: { source: b } }');
	my $large = join '', map { "line $_\n" } 1 .. 1_750_000;
	my $binary = join '', map { chr } 0 .. 255;
	$place->write("$place->{site}/files/l", $large);
	$place->write("$place->{site}/files/b", $binary);
	cmp_ok(length $large, '>', 20 << 20);
	my $plan = $place->plumb('plan');
	cmp_ok(length $plan->{out}, '<', 4000, 'the plan stays short');
	like($plan->{out}, qr/^    content: 256 bytes$/m);
	my $run = $place->plumb('apply', '-y');
	is($run->{exit}, 0) or diag $run->{err};
	ok($place->text('root/large') eq $large, 'every byte of the one');
	ok($place->text('root/binary') eq $binary, 'and of the other');
	like($place->plumb('plan')->{out}, $empty);
	$place->write('root/large', $large . 'x');
	like($place->plumb('plan')->{out}, qr/content: \d+ bytes -> \d+ bytes/);
};

subtest 'names and values with anything in them' => sub {
	my $place = Plumb->new;
	$place->site(<<~'Y');
	    directories: { "/a b": {} }
	    files:
	      "/a b/it's \"q\" $(x) `y`": { content: "x\ttab\n", mode: 0600 }
	      "/new\nline": { content: y }
	    links: { "/l": { target: /plain } }
	    Y
	my $run = $place->plumb('apply', '-y');
	is($run->{exit}, 0) or diag $run->{err};
	is($place->text(q(root/a b/it's "q" $(x) `y`)), "x\ttab\n");
	is($place->text("root/new\nline"), 'y');
	unlink $place->path('root/l');
	symlink "a\e[2Jb\nc\x{9b}", $place->path('root/l');
	$place->write("root/new\nline", "\e]0;title\a\n");
	for (['plan'], ['drift'], ['apply', '-y'], ['show', 1],
	    ['show', "file:/new\nline"], ['why', "file:/new\nline"],
	    ['plan', '--target', "file:/\e[2J"], ['show', "file:/\e[2J"]) {
		my $said = $place->plumb(@$_);
		my $all = $said->{out} . $said->{err};
		unlike($all, qr/[\x00-\x08\x0b-\x1f\x7f]|new\nline/,
		    join ' ', map { s/[^ -~]/?/gr } @$_);
	}
	like($place->plumb('history')->{out}, qr/^ +1 /m);
};

subtest 'ten thousand resources, each needing the one before' => sub {
	my $place = Plumb->new;
	my $count = 10_000;
	my $text = "links:\n  /0: { target: x }\n";
	$text .= "  /$_: { target: x, requires: link:/" . ($_ - 1) . " }\n"
	    for 1 .. $count - 1;
	$place->site($text);
	my $plan = $place->plumb('plan');
	is($plan->{exit}, 0);
	like($plan->last, qr/^Plan: $count to create/);
	my ($first) = $plan->{out} =~ /link:(\S+)/;
	is($first, '/0');
	$place->site($text =~ s/target: x/target: x, requires: link:\/9999/r);
	my $loop = $place->plumb('plan');
	is($loop->{exit}, 1);
	like($loop->{err}, qr/these need each other: link:\/\d+ -> .*\(9980 more\) -> /);
	cmp_ok(length $loop->{err}, '<', 10_000, 'and that is said briefly');
};

subtest 'a site is found however it is named' => sub {
	my $place = Plumb->new;
	my $here = getcwd();
	mkdir "$place->{site}/sub";
	symlink 'site', $place->path('link');
	$place->site('files: { /f: { content: x } }');
	for (['.', 'site'], ['.', 'site/'], ['.', './site/.'], ['.', 'link'],
	    ['.', 'link/'], ['site', '.'], ['site/sub'], ['site/sub', '..'],
	    ['.', $place->{site}], ['root', '../site']) {
		my ($from, @site) = @$_;
		chdir $place->path($from);
		my $run = $place->start_words($Plumb::plumb, 'plan', '--root',
		    $place->{root}, '--state', $place->{state}, @site)->wait;
		chdir $here;
		is($run->{exit}, 0, "@$_") or diag $run->{err};
		like($run->{out}, qr/^\+   file:\/f  new  \S*plumb\.yaml:1:10$/m);
	}
	$place->site('');
	my $run = $place->plumb('plan');
	is($run->{exit}, 0, 'an empty site is one');
	like($run->{out}, $empty);
	unlink "$place->{site}/plumb.yaml";
	$run = $place->plumb('plan');
	is($run->{exit}, 1);
	like($run->{err}, qr/^plumb: there is no plumb\.yaml in '\Q$place->{site}\E' or above it \(`plumb init` makes a site\)$/m);
};

done_testing();
