# SPDX-License-Identifier: GPL-3.0-or-later
#
# reboot.t - a run that ends in the middle, as machines do.
use strict;
use warnings;
use lib 't/lab';
use Lab;
use Test::More;

my $host = lab_host('reboot');
my ($status, $out, $err);

sub plumb
{
	my ($command) = @_;
	($status, $out, $err) = $host->run('plumb', split(/ /, $command),
	    '/srv/site');
	return $status;
}

# A site of three steps; the middle one waits until it may go on. What
# follows it is made once only, and the service must be told once.
$host->put('/srv/site/plumb.yaml', <<'YAML');
site: reboot
units:
  listener.service:
    content: |
      [Service]
      ExecStart=/bin/sleep infinity
      ExecReload=/bin/sh -c "echo told >> /var/lib/told"
      [Install]
      WantedBy=multi-user.target
services:
  listener: { state: running, enabled: true }
files:
  /etc/first: { content: "first\n", notifies: service:listener }
  /etc/last: { content: "last\n", requires: command:middle }
commands:
  middle:
    shell: |
      echo begun >> /var/lib/begun
      while ! [ -e /var/lib/go ]; do sleep 0.1; done
      echo done > /var/lib/middle
    creates: /var/lib/middle
    requires: [file:/etc/first, service:listener]
    timeout: 5m
YAML

# Start a run, and let it come to the middle.
sub begin_run
{
	my $before = () = ($host->get('/var/lib/begun') // '') =~ /begun/g;
	my $pid = $host->spawn($host->path('/srv/out'),
	    qw(plumb apply -y /srv/site));
	ok(eventually(sub {
		my $now = () = ($host->get('/var/lib/begun') // '') =~ /begun/g;
		$now > $before
	}), 'a run comes to the middle') or diag $host->get('/srv/out');
	return $pid;
}

# A run under way finishes what it is at when it is told to end, and systemd
# gives it a time for that.
$host->put('/etc/systemd/system.conf.d/soon.conf',
    "[Manager]\nDefaultTimeoutStopSec=3s\n");
$host->run(qw(systemctl daemon-reexec));

subtest 'the power fails' => sub {
	my $pid = begin_run();
	$host->crash;
	waitpid $pid, 0;
	$host->start;
	$host->wait;
	is($host->get('/etc/last'), undef, 'the rest is not done');
	is(plumb('plan --detailed-exitcode'), 2, 'the next plan goes on')
	    or diag $out, $err;
	like($out, qr{file:/etc/last}, 'with what is left');
	unlike($out, qr{^\+\s+file:/etc/first}m, 'and not what is done');
};

subtest 'the machine is rebooted' => sub {
	my $pid = begin_run();
	$host->reboot;
	waitpid $pid, 0;
	is($host->get('/etc/last'), undef, 'the rest is not done');
};

subtest 'killed' => sub {
	my $pid = begin_run();
	$host->run(qw(pkill -KILL -x plumb));
	waitpid $pid, 0;
	is($host->get('/etc/last'), undef, 'the rest is not done');
	$host->run(qw(pkill -KILL -x sh));
};

subtest 'the run that may end' => sub {
	$host->put('/var/lib/go', '');
	is(plumb('apply -y'), 0, 'goes well') or diag $out, $err;
	is($host->get('/var/lib/middle'), "done\n", 'the middle is done');
	is($host->get('/etc/last'), "last\n", 'and the rest');
	is(plumb('plan --detailed-exitcode'), 0, 'nothing is left')
	    or diag $out, $err;
	is(($host->run(qw(systemctl is-active listener)))[1], "active\n",
	    'the service runs');
};

subtest 'a refresh that was due' => sub {
	# the file is written, then nothing more
	$host->run(qw(rm -f /var/lib/told /var/lib/middle /var/lib/go));
	$host->put('/srv/site/plumb.yaml',
	    $host->get('/srv/site/plumb.yaml')
	    =~ s/"first\\n", notifies: service:listener/"1st\\n", notifies: command:tell/r .
	    <<'YAML');
  tell:
    shell: echo told >> /var/lib/told
    refresh_only: true
    requires: command:middle
YAML
	my $pid = begin_run();
	is($host->get('/etc/first'), "1st\n", 'the file has changed');
	is($host->get('/var/lib/told'), undef, 'what it notifies waits');
	$host->crash;
	waitpid $pid, 0;
	$host->start;
	$host->wait;
	$host->put('/var/lib/go', '');
	is(plumb('apply -y'), 0, 'the next run goes well') or diag $out, $err;
	is($host->get('/var/lib/told'), "told\n", 'and has told it, once');
	is(plumb('apply -y'), 0, 'the one after it');
	is($host->get('/var/lib/told'), "told\n", 'has not');
};

done_testing;
