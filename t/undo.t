#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# undo.t - a run that shall not have been: all is as it was before it.

use v5.30;
use warnings;
use File::Find;
use Test::More;

use lib 't';
use Plumb;

plan skip_all => "there is no $Plumb::plumb" unless Plumb::there;

# every entry below a directory: its mode and what it holds
sub tree
{
	my ($top) = @_;
	my %found;

	find({ no_chdir => 1, wanted => sub {
		my @st = lstat or die "$_: $!";
		my $what = -l _ ? readlink : -d _ ? 'directory' : do {
			open my $file, '<:raw', $_ or die "$_: $!";
			local $/;
			<$file>;
		};
		$found{substr $_, length $top} = sprintf '%o %d:%d %s',
		    $st[2], @st[4, 5], $what;
	} }, $top);
	return \%found;
}

sub undo
{
	my ($place, @words) = @_;

	return $place->start_words($Plumb::plumb, 'undo', '--state',
	    $place->{state}, @{ $place->{options} }, @words)->wait;
}

sub apply
{
	my ($place, @words) = @_;

	return $place->plumb('apply', '-y', @words);
}

# things of every sort, and a run that creates, changes and removes
sub changed
{
	my $place = Plumb->new;

	$place->write('root/text', "old\n");
	$place->write('root/bytes', join '', map { chr } 0 .. 255);
	$place->write('root/gone', "was here\n");
	$place->write('root/mode', "m\n");
	$place->write('root/keep/me', "kept\n");
	chmod 0640, $place->path('root/gone');
	chmod 0751, $place->path('root/keep');
	symlink 'text', $place->path('root/link');
	symlink 'gone', $place->path('root/lost');
	$place->{before} = tree($place->{root});
	$place->site(<<~'Y');
	    directories:
	      /new: { mode: 0750 }
	      /new/deep: { mode: 0700 }
	      /keep: { mode: 0700 }
	    files:
	      /new/deep/file: { content: "new\n", mode: 0600 }
	      /text: { content: "new\n" }
	      /bytes: { content: "text\n", mode: 0600 }
	      /mode: { mode: 0400 }
	      /gone: { ensure: absent }
	    links:
	      /new/link: { target: deep }
	      /link: { target: mode }
	      /lost: { ensure: absent }
	    Y
	my $run = apply($place);
	is($run->{exit}, 0, 'it is applied') or diag $run->{err};
	$place->{after} = tree($place->{root});
	return $place;
}

subtest 'all is as it was before the run' => sub {
	my $place = changed;
	my $run = undo($place, '-y', 1);

	is($run->{exit}, 0) or diag $run->{err};
	is_deeply(tree($place->{root}), $place->{before});
	like($run->{out}, qr/^Plan: 2 to create, 5 to update, 4 to remove/m);
	like($run->{out}, qr/^~   file:\/text  undo  run 1\n.*\n.*\n      -new\n      \+old\n/m,
	    'shown as any plan is');
	like($run->{out}, qr/^Removes: .*directory:\/new(?:,|$)/m);
	like($place->plumb('history')->{out}, qr/  undo 1  done  by /);
};

subtest 'what needed something goes first' => sub {
	my $run = undo(changed, '-y', '--jobs', 1, 1);
	my ($dir, $deep, $file) = map { index $run->{out}, "$_: removed" }
	    qw(directory:/new directory:/new/deep file:/new/deep/file);

	ok($file > 0 && $file < $deep && $deep < $dir);
};

subtest 'an undo can be undone' => sub {
	my $place = changed;

	is(undo($place, '-y', 1)->{exit}, 0);
	my $run = undo($place, '-y', 2);
	is($run->{exit}, 0) or diag $run->{err};
	is_deeply(tree($place->{root}), $place->{after});
	like($place->plumb('plan')->{out}, qr/^Plan: 0 to create, 0 to update/m);
};

subtest 'twice is once' => sub {
	my $place = changed;

	undo($place, '-y', 1);
	my $run = undo($place, 1);
	is($run->{exit}, 0, 'nothing is to be asked');
	like($run->{out}, qr/^Everything is as it was before\.$/m);
	is_deeply(tree($place->{root}), $place->{before});
};

subtest 'only what is named' => sub {
	my $place = changed;
	my %wanted = %{ $place->{after} };
	my $run = undo($place, '-y', 1, 'file:/text', 'link:/lost');

	is($run->{exit}, 0) or diag $run->{err};
	$wanted{$_} = $place->{before}{$_} for qw(/text /lost);
	is_deeply(tree($place->{root}), \%wanted);
	$run = undo($place, '-y', 1, 'file:/txt');
	is($run->{exit}, 1);
	like($run->{err}, qr{^plumb: run 1 did nothing to 'file:/txt' \(did you mean 'file:/text'\?\)$}m);
};

subtest 'it asks first, and changes nothing until then' => sub {
	my $place = changed;
	my $run = undo($place, 1);

	is($run->{exit}, 1);
	like($run->{err}, qr/no terminal to ask on/);
	is_deeply(tree($place->{root}), $place->{after});
	is(undo($place, '-y', '--detailed-exitcode', 1)->{exit}, 2);
};

subtest 'what was changed since is marked' => sub {
	my $place = changed;

	$place->write('root/text', "by hand\n");
	my $run = undo($place, 1);
	like($run->{out}, qr/file:\/text .*(?:\n .*)*\n    it was changed since run 1, not by plumb$/m);
	unlike($run->{out}, qr/file:\/bytes .*(?:\n .*)*\n    it was changed/);
	$place->site("files: { /text: { content: \"later\\n\" } }\n");
	apply($place);
	like(undo($place, 1)->{out}, qr/^    it was changed since, by run 2$/m);
};

subtest 'attributes that the run left alone stay as they are' => sub {
	my $place = changed;

	chmod 0604, $place->path('root/text');
	my $run = undo($place, '-y', 1, 'file:/text');
	is($run->{exit}, 0);
	is($place->text('root/text'), "old\n");
	is((stat $place->path('root/text'))[2] & 07777, 0604);
};

subtest 'large content comes back' => sub {
	my $place = Plumb->new;
	my $old = join '', map { "line $_ of many\n" } 1 .. 200_000;

	$place->write('root/large', $old);
	$place->site("files: { /large: { content: small } }\n");
	unlike($place->plumb('plan')->{out}, qr/cannot be undone/);
	is(apply($place)->{exit}, 0);
	is(undo($place, '-y', 1)->{exit}, 0);
	ok($place->text('root/large') eq $old);
};

subtest 'what cannot be undone is said, in the first plan too' => sub {
	my $place = Plumb->new(options => []);
	my $key = $place->path('key');

	is(system('ssh-keygen', '-qt', 'ed25519', '-N', '', '-f', $key), 0);
	local $ENV{PLUMB_IDENTITY} = $key;
	$place->write('site/secrets/recipients', $place->text("$key.pub"));
	$place->site("site: t\n");
	for my $value ('first', 'second') {
		open my $set, '|-', "$Plumb::plumb secret set s $place->{site} > /dev/null 2>&1"
		    or die $!;
		print $set "canary-$value";
		close $set or die;
		my $site = <<~'Y';
		    files:
		      PLACE/root/secret: { content: "${secret('s')}", mode: 0600 }
		      PLACE/root/open: { content: VALUE }
		    commands:
		      VALUE: { run: ["true"], creates: PLACE/root/never }
		    Y
		$place->site($site =~ s/VALUE/$value/gr =~
		    s/, creates.*never//r);
		my $run = $place->plumb('plan');
		my $note = qr/^~   file:\S+secret .*(?:\n .*)*\n    cannot be undone: its old content is secret$/m;
		like($run->{out}, $value eq 'second' ? $note :
		    qr/^Plan: 2 to create/m);
		like($run->{out}, qr/^\+   command:$value .*(?:\n .*)*\n    cannot be undone: it runs a command$/m);
		is(apply($place)->{exit}, 0);
	}
	my ($command) = grep { ($_->{kind} // '') eq 'command' }
	    $place->plumb('plan', '--json')->lines;
	is($command->{notes}[-1], 'cannot be undone: it runs a command',
	    'for programs, too');
	my $run = undo($place, '-y', 2);
	is($run->{exit}, 0, 'all that can be undone is') or diag $run->{err};
	like($run->{out}, qr/^Cannot be undone: 2\n  file:\S+secret: its old content is secret\n  command:second: it ran a command$/m);
	is($place->text('root/open'), 'first');
	is($place->text('root/secret'), 'canary-second');
	my @cannot = grep { $_->{type} eq 'cannot' }
	    undo($place, '--json', '-y', 2)->lines;
	is(@cannot, 2);
	is($cannot[0]{reason}, 'its old content is secret');
	like(qx(cat $place->{state}/objects/*/*), qr/first/);
	unlike(qx(cat $place->{state}/objects/*/*), qr/canary/,
	    'and no secret is kept');
};

subtest 'a run that failed is rolled back' => sub {
	my $place = Plumb->new;

	$place->write('root/text', "old\n");
	$place->site(<<~'Y');
	    directories: { /new: { mode: 0755 } }
	    files:
	      /new/file: { content: "new\n" }
	      /text: { content: "new\n" }
	      /no/where/file: { content: x, requires: [file:/new/file, file:/text] }
	    Y
	my $before = tree($place->{root});
	my $run = apply($place);
	is($run->{exit}, 4);
	is($place->text('root/new/file'), "new\n", 'only when it is asked for');
	undo($place, '-y', 1);
	$run = apply($place, '--rollback-on-failure');
	is($run->{exit}, 6) or diag $run->{out}, $run->{err};
	is_deeply(tree($place->{root}), $before);
	like($run->{out}, qr/^Run 3 failed, so it is rolled back\.$/m);
	is($run->last, 'Rolled back: all is as it was before run 3.');
	like($place->plumb('history')->{out}, qr/^    4 .*  rollback of 3  done/m);
	is(scalar(grep { $_->{type} eq 'applied' } apply($place, '--json',
	    '--rollback-on-failure')->lines), 2);
	$place->site("files: { /text: { content: fine } }\n");
	is(apply($place, '--rollback-on-failure')->{exit}, 0,
	    'a good one is not');
	is($place->text('root/text'), 'fine');
};

subtest 'what a rollback cannot undo is said, and ends with 4' => sub {
	my $place = Plumb->new(options => []);

	mkdir $place->path('root/d');
	$place->site(<<~'Y');
	    files:
	      PLACE/root/a: { content: a }
	      PLACE/root/no/where: { content: x, requires: command:run }
	    commands:
	      run: { run: [touch, PLACE/root/done], requires: file:PLACE/root/a }
	    Y
	my $run = apply($place, '--rollback-on-failure');
	is($run->{exit}, 4);
	like($run->{out}, qr/^Cannot be undone: 1\n  command:run: it ran a command$/m);
	like($run->{err}, qr/^plumb: not all of run 1 was rolled back; what is left is named above/m);
	ok(!-e $place->path('root/a'), 'the rest is undone');
};

subtest 'an interrupted run is undone, too' => sub {
	my $place = Plumb->new(options => []);

	$place->write('root/a', "old\n");
	$place->site(<<~'Y');
	    files: { PLACE/root/a: { content: new } }
	    commands:
	      wait: { run: [sh, -c, "touch PLACE/started; exec sleep 60"], requires: file:PLACE/root/a }
	    Y
	my $run = $place->start('apply', '-y');
	ok(Plumb::wait_for(sub { -e $place->path('started') }));
	$run->kill('KILL');
	$run->wait;
	is($place->text('root/a'), 'new');
	my $undone = undo($place, '-y', 1);
	is($undone->{exit}, 0) or diag $undone->{err};
	like($undone->{out}, qr/^  command:wait: it ran a command$/m);
	is($place->text('root/a'), "old\n");
};

subtest 'what cannot be meant is refused' => sub {
	my $place = changed;
	my $run = undo($place, '-y', 7);

	is($run->{exit}, 1);
	like($run->{err}, qr/^plumb: there was no run 7 \(`plumb history` lists them\)$/m);
	$run = undo($place, '-y', 'last');
	is($run->{exit}, 1);
	like($run->{err}, qr/^plumb: 'last' is not the number of a run/m);
	$run = undo($place, '-y');
	is($run->{exit}, 1);
	like($run->{err}, qr/'plumb undo' needs more: RUN/);
	apply($place);
	$run = undo($place, '-y', 2);
	is($run->{exit}, 0, 'a run without a change');
	is($run->{out}, "Run 2 changed nothing.\n");
};

subtest 'what failed then, and was done by a later run, stays' => sub {
	my $place = Plumb->new;

	$place->site("files: { /x/f: { content: f } }\n");
	is(apply($place)->{exit}, 4, 'there is no directory');
	mkdir $place->path('root/x');
	is(apply($place)->{exit}, 0);
	my $run = undo($place, '-y', 1);
	is($run->{exit}, 0) or diag $run->{err};
	like($run->{out}, qr{file:/x/f: it failed in that run, and was done by run 2$}m);
	is($place->text('root/x/f'), 'f');
	is(undo($place, '-y', 2)->{exit}, 0);
	ok(!-e $place->path('root/x/f'), 'who did it can take it back');
};

subtest 'what is protected stays' => sub {
	my $place = Plumb->new;

	$place->site("files: { /a: { content: a, protect: true } }\n");
	is(apply($place)->{exit}, 0);
	my $run = undo($place, '-y', 1);
	is($run->{exit}, 3);
	ok(-e $place->path('root/a'));
};

done_testing;
