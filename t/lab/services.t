# SPDX-License-Identifier: GPL-3.0-or-later
#
# services.t - units and services on a host whose process 1 is systemd.
use strict;
use warnings;
use lib 't/lab';
use Lab;
use Test::More;
use Time::HiRes qw(time);

my $host = lab_host('services');
my ($status, $out, $err);

# Make that the whole site, and run plumb on it.
sub plumb
{
	my ($command, $yaml) = @_;
	$host->put('/srv/site/plumb.yaml', "site: services\n$yaml")
	    if defined $yaml;
	($status, $out, $err) = $host->run('plumb', split(/ /, $command),
	    '/srv/site');
	return $status;
}

sub show
{
	my ($unit, @properties) = @_;
	my (undef, $values) = $host->run(qw(systemctl show),
	    map({ ('-P', $_) } @properties), $unit);
	return join ' ', grep { length } split /\n/, $values;
}

# systemctl prints properties in an order of its own, so ask one by one
sub state_of
{
	my ($unit) = @_;
	return join ' ', map { show($unit, $_) } qw(ActiveState UnitFileState);
}

sub journal
{
	my ($unit, $text) = @_;
	my (undef, $said) = $host->run(qw(journalctl -q -o cat -u), $unit);
	return scalar(() = $said =~ /$text/g);
}

# A service that says what it does, and can be told to read again.
my $sleeper = <<'YAML';
units:
  sleeper.service:
    content: |
      [Service]
      ExecStart=/bin/sh -c "trap 'echo read again' HUP; echo begun; while :; do sleep 1000 & wait; done"
      ExecReload=/bin/kill -HUP $MAINPID
      [Install]
      WantedBy=multi-user.target
    notifies: service:sleeper
YAML

subtest 'a unit and its service' => sub {
	is(plumb('apply -y', $sleeper . <<'YAML'), 0, 'apply')
services:
  sleeper: { state: running, enabled: true }
YAML
	    or diag $out, $err;
	is(state_of('sleeper'), 'active enabled', 'it runs and is enabled');
	my $process = show('sleeper', 'MainPID');
	is(plumb('apply -y'), 0, 'apply again');
	like($out, qr/\b2 unchanged/, 'nothing to do');
	is(show('sleeper', 'MainPID'), $process, 'the same process');
};

subtest 'the unit changes' => sub {
	my $process = show('sleeper', 'MainPID');
	(my $changed = $sleeper) =~ s/(ExecReload.*\n)/$1      Nice=5\n/;
	is(plumb('apply -y', $changed . <<'YAML'), 0, 'apply')
services:
  sleeper: { state: running, enabled: true, on_refresh: restart }
YAML
	    or diag $out, $err;
	is(show('sleeper', 'Nice'), '5', 'systemd has read it');
	is(show('sleeper', 'NeedDaemonReload'), 'no', 'and knows so');
	isnt(show('sleeper', 'MainPID'), $process, 'it was restarted');
};

subtest 'a drop-in, and a reload' => sub {
	my $process = show('sleeper', 'MainPID');
	is(plumb('apply -y', <<'YAML'), 0, 'apply') or diag $out, $err;
units:
  sleeper.service.d/limits.conf:
    content: "[Service]\nLimitNOFILE=1234\n"
files:
  /etc/sleeper.conf: { content: "x\n", notifies: service:sleeper }
services:
  sleeper: { state: running }
YAML
	is(show('sleeper', 'LimitNOFILE'), '1234', 'the drop-in is in force');
	is(show('sleeper', 'MainPID'), $process, 'the same process');
	ok(eventually(sub { journal('sleeper', 'read again') == 1 }),
	    'told to read again, once');
};

subtest 'stopped, started, disabled by hand' => sub {
	plumb('apply -y', "services:\n  sleeper: " .
	    "{ state: running, enabled: true }\n");
	$host->run(qw(systemctl disable --now sleeper));
	is(plumb('drift'), 2, 'drift');
	like($out, qr/service:sleeper/, 'is seen');
	is(state_of('sleeper'), 'inactive disabled', 'and left');
	is(plumb('apply -y'), 0, 'apply') or diag $out, $err;
	is(state_of('sleeper'), 'active enabled', 'mends it');
	is(plumb('apply -y', "services:\n  sleeper: " .
	    "{ state: stopped, enabled: false }\n"), 0, 'the other way');
	is(state_of('sleeper'), 'inactive disabled', 'round');
};

subtest 'nothing said but its name' => sub {
	is(plumb('apply -y', "services:\n  sleeper:\n"), 0, 'apply')
	    or diag $out, $err;
	like($out, qr/^    state: running\n    enabled: true$/m,
	    'what that means is in the plan');
	for my $verb (qw(stop disable)) {
		is(state_of('sleeper'), 'active enabled', 'runs, and at boot');
		$host->run('systemctl', $verb, 'sleeper');
		is(plumb('drift'), 2, "$verb by hand is drift");
		is(plumb('apply -y'), 0, 'and mended');
	}
	is(state_of('sleeper'), 'active enabled', 'to the last');
	plumb('apply -y', "services:\n  sleeper: " .
	    "{ state: stopped, enabled: false }\n");
};

subtest 'masked' => sub {
	is(plumb('apply -y', <<'YAML'), 0, 'apply') or diag $out, $err;
services:
  ssh: { state: stopped, masked: true }
YAML
	isnt(($host->run(qw(systemctl start ssh)))[0], 0, 'nothing starts it');
	is(plumb('plan --detailed-exitcode'), 0, 'and it stays so')
	    or diag $out, $err;
	is(plumb('apply -y', <<'YAML'), 0, 'and back') or diag $out, $err;
services:
  ssh: { state: running, masked: false, enabled: true }
YAML
	is(state_of('ssh'), 'active enabled', 'it runs');
	is(plumb('apply -y', <<'YAML'), 4, 'one with a file in /etc cannot be')
services:
  sleeper: { masked: true }
YAML
	    or diag $out, $err;
	like("$out$err", qr/already exists/, 'and it is said why');
};

subtest 'a timer' => sub {
	is(plumb('apply -y', <<'YAML'), 0, 'apply') or diag $out, $err;
units:
  tick.service:
    content: "[Service]\nType=oneshot\nExecStart=/bin/true\n"
  tick.timer:
    content: "[Timer]\nOnCalendar=daily\n[Install]\nWantedBy=timers.target\n"
services:
  tick.timer: { state: running, enabled: true }
YAML
	is(state_of('tick.timer'), 'active enabled', 'it runs');
	is(plumb('plan --detailed-exitcode'), 0, 'nothing more to do');
};

subtest 'a service that does not start' => sub {
	is(plumb('apply -y', <<'YAML'), 4, 'fails') or diag $out, $err;
units:
  wrong.service:
    content: |
      [Service]
      Type=oneshot
      RemainAfterExit=yes
      ExecStart=/bin/sh -c "echo the disk is made of cheese >&2; exit 3"
services:
  wrong: { state: running }
files:
  /etc/after-wrong: { content: "x\n", requires: service:wrong }
YAML
	like("$out$err", qr/made of cheese/, 'its last words are shown');
	like("$out$err", qr{plumb\.yaml:\d+:\d+}, 'with the place');
	is($host->get('/etc/after-wrong'), undef, 'what requires it waits');
	is(plumb('apply -y'), 4, 'and again');
};

subtest 'a service that starts for ever' => sub {
	my $begun = time;
	is(plumb('apply -y', <<'YAML'), 4, 'fails') or diag $out, $err;
units:
  slow.service:
    content: |
      [Service]
      Type=notify
      TimeoutStartSec=infinity
      ExecStart=/bin/sleep 1000
services:
  slow: { state: running, timeout: 2s }
YAML
	my $took = time - $begun;
	cmp_ok($took, '<', 30, 'after its time');
	like("$out$err", qr/service:slow/, 'and is named');
};

subtest 'a unit that is not there' => sub {
	is(plumb('apply -y', "services:\n  slepper: { state: running }\n"), 4,
	    'fails') or diag $out, $err;
	like("$out$err", qr/slepper/, 'and is named');
};

subtest 'a unit is removed' => sub {
	is(plumb('apply -y', <<'YAML'), 0, 'apply') or diag $out, $err;
services:
  sleeper: { state: stopped, enabled: false }
units:
  sleeper.service: { ensure: absent }
  sleeper.service.d/limits.conf: { ensure: absent }
YAML
	is($host->get('/etc/systemd/system/sleeper.service'), undef, 'is gone');
	is(show('sleeper', 'LoadState'), 'not-found', 'for systemd as well');
};

done_testing;
