#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# interrupted.t - a run that is asked to stop, is killed, or has nobody to ask:
# what is finished, what is left, and what the next run makes of it.

use v5.30;
use warnings;
use Test::More;
use Plumb;

plan skip_all => "there is no $Plumb::plumb" unless Plumb->there;

# on the machine itself, below the place's own directory
sub on_machine { Plumb->new(options => []) }

my $empty = qr/^Plan: 0 to create, 0 to update, 0 to remove, 0 to refresh; /m;

# the first run hangs in a step between the write and the refresh
sub killed_before_refresh
{
	my $place = on_machine;
	$place->site(<<~'Y');
	    files:
	      PLACE/conf: { content: "new\n", notifies: command:reload }
	    commands:
	      slow:
	        run: [sh, -c, "touch PLACE/slow; exec sleep 100"]
	        creates: PLACE/done
	        requires: file:PLACE/conf
	      reload:
	        run: [touch, PLACE/reloaded]
	        refresh_only: true
	        requires: command:slow
	    Y
	my $run = $place->start('apply', '-y');
	Plumb::wait_for(sub { -e $place->path('slow') });
	$run->kill('KILL');
	$run->wait;
	is($run->{signal}, 9, 'it was killed');
	is($place->text('conf'), "new\n", 'after the write');
	# what the killed run left running is nobody's any more
	$place->site($place->text('site/plumb.yaml') =~ s/exec sleep 100/touch PLACE\/done/r);
	return $place;
}

subtest 'a refresh that a killed run owed is done by the next' => sub {
	my $place = killed_before_refresh();
	ok(!-e $place->path('reloaded'), 'nothing was refreshed');
	my $plan = $place->plumb('plan');
	is($plan->{exit}, 0);
	like($plan->{out}, qr/^>   command:reload .*\n    run because an earlier run left it due$/m);
	like($plan->{err}, qr/run 1 was stopped while it changed command:slow/);
	my $run = $place->plumb('apply', '-y');
	is($run->{exit}, 0) or diag $run->{err};
	ok(-e $place->path('reloaded'), 'it was refreshed');
	my $third = $place->plumb('plan');
	like($third->{out}, $empty, 'once');
	is($third->{err}, '', 'and nothing is open');
	like($place->plumb('history')->{out}, qr/was stopped/);
};

subtest 'Ctrl-C once finishes what is under way' => sub {
	my $place = on_machine;
	$place->site(<<~'Y');
	    commands:
	      slow:
	        shell: "touch PLACE/begun; while ! test -e PLACE/go; do sleep 0.05; done; touch PLACE/finished"
	      next: { run: [touch, PLACE/next], requires: command:slow }
	    Y
	my $run = $place->start('apply', '-y');
	Plumb::wait_for(sub { -e $place->path('begun') });
	$run->kill('INT');
	Plumb::wait_for(sub { $place->text($run->{complained}) =~ /Ctrl-C/ });
	$place->write('go', '');
	$run->wait;
	is($run->{exit}, 8);
	ok(-e $place->path('finished'), 'what was under way was finished');
	ok(!-e $place->path('next'), 'nothing more was begun');
	like($run->{out}, qr/^command:slow: ran/m);
	like($run->{out}, qr/^command:next: not started$/m);
	like($run->last, qr/, 1 not started\.$/m);
	like($run->{err}, qr/interrupted; apply again to go on/);
	my $show = $place->plumb('show', 1);
	like($show->{out}, qr/interrupted \(exit 8\), took /);
	like($show->{out}, qr/create command:slow  new  ok/);
	unlike($show->{out}, qr/command:next/);
	like($place->plumb('history')->{out}, qr/interrupted/);
};

subtest 'Ctrl-C twice ends all that was started' => sub {
	my $place = on_machine;
	$place->site(<<~'Y');
	    commands:
	      slow:
	        shell: "sleep 1000 & echo $! > PLACE/child; echo $$ > PLACE/pid; wait"
	    Y
	my $run = $place->start('apply', '-y');
	Plumb::wait_for(sub { ($place->text('pid') // '') =~ /\n/ });
	my @pids = map { chomp(my $p = $place->text($_)); $p } qw(child pid);
	is(kill(0, @pids), 2, 'they run');
	$run->kill('INT');
	Plumb::wait_for(sub { $place->text($run->{complained}) =~ /Ctrl-C/ });
	$run->kill('INT');
	$run->wait;
	is($run->{exit}, 8);
	ok(Plumb::wait_for(sub { !kill 0, @pids }), 'the whole group is gone');
	like($run->{err}, qr/command:slow: .*(?:ended|interrupted|stopped)/);
	like($place->plumb('show', 1)->{out}, qr/create command:slow  new  failed/);
};

subtest 'without a terminal and without --yes nothing is changed' => sub {
	my $place = Plumb->new;
	$place->site('files: { /f: { content: a } }');
	my $run = $place->plumb('apply');
	is($run->{exit}, 1);
	like($run->{out}, qr/^Plan: 1 to create/m, 'the plan is shown');
	like($run->{err}, qr/nothing was changed: .*--yes/);
	ok(!-e $place->path('root/f'));
	is($place->plumb('history')->{out}, "There have been no runs.\n");
};

SKIP: {
	skip 'IO::Pty is not installed', 1 unless eval { require IO::Pty };
	subtest 'on a terminal it asks, in colour, and says what it does' => sub {
		my $place = on_machine;
		$place->site(<<~'Y');
		    files: { PLACE/f: { content: "a\n" } }
		    commands:
		      wait: { shell: "while ! test -e PLACE/go; do sleep 0.05; done" }
		    Y
		my $no = $place->terminal([[qr/\[y\/N\] $/ => "n\n"]], 'apply');
		is($no->{exit}, 8);
		like($no->{out}, qr/\e\[32m\+   file:/, 'in colour');
		like($no->{out}, qr/Nothing was changed\.$/m);
		ok(!-e $place->path('f'));

		my $stop = $place->terminal([[qr/\[y\/N\] $/ => "\cC"]], 'apply');
		is($stop->{exit}, 8, 'Ctrl-C is an answer');
		ok(!-e $place->path('f'));
		my $end = $place->terminal([[qr/\[y\/N\] $/ => "\cD"]], 'apply');
		is($end->{exit}, 8, 'the end of input is one, too');

		my $yes = $place->terminal([[qr/\[y\/N\] $/ => "Y\n"],
		    [qr/applying 1\/2 command:wait/ =>
		    sub { $place->write('go', ''); '' }]], 'apply');
		is($yes->{exit}, 0);
		is($yes->{unanswered}, 0, 'progress was shown');
		is($place->text('f'), "a\n");
		like($yes->{out}, qr/\r\e\[K.*\nApplied: 1 created/s,
		    'and taken away again');

		local $ENV{NO_COLOR} = 1;
		unlink $place->path('f');
		my $plain = $place->terminal([], 'plan');
		unlike($plain->{out}, qr/\e\[3/, 'no colour where none is wanted');
		like($plain->{out}, qr/^\+   file:/m);
	};
}

done_testing();
