# SPDX-License-Identifier: GPL-3.0-or-later
#
# confirm.t - a run that is undone unless somebody who got in anew confirms it.
use strict;
use warnings;
use lib 't/lab';
use Lab;
use Test::More;

my $host = lab_host('confirm');
my ($status, $out, $err);

# Over a connection of its own, as an administrator has one.
sub ssh
{
	my ($command) = @_;
	($status, $out, $err) = lab_run('ssh', '-i', "$ENV{LAB_BASE}/id_lab",
	    qw(-o BatchMode=yes -o ConnectTimeout=10 -o LogLevel=ERROR
	    -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null),
	    'root@' . $host->address, $command);
	return $status;
}

sub site { $host->put('/srv/site/plumb.yaml', "site: confirm\n$_[0]") }

sub timers
{
	return ($host->run(qw(systemctl list-units --all --no-legend --plain),
	    'plumb-undo-*'))[1];
}

# The run of that number was undone, and that has ended.
sub is_undone
{
	my ($run, $seconds) = @_;
	return eventually(sub { !-e $host->path('/var/lib/plumb/confirm') &&
	    timers() eq '' }, $seconds // 30);
}

sub last_run
{
	my (undef, $said) = $host->run(qw(plumb history));
	return $said =~ /^\s*(\d+)/ ? $1 : 0;
}

ok(eventually(sub { ssh('true') == 0 }), 'the host can be reached')
    or diag $err;
site(<<'YAML');
files:
  /etc/one: { content: "first\n" }
YAML

subtest 'where nothing waits' => sub {
	is(ssh('plumb confirm'), 1, 'nothing can be confirmed');
	like($err, qr/no run waits to be confirmed/, 'which it says');
	is(ssh('plumb apply -y --confirm-timeout 0 /srv/site'), 1,
	    'no time is too little');
	is($host->get('/etc/one'), undef, 'and changes nothing');
};

subtest 'confirmed in time' => sub {
	is(ssh('plumb apply -y --confirm-timeout 60 /srv/site; echo $?; plumb confirm'),
	    3, 'over its own connection it cannot be confirmed');
	like($out, qr/^0$/m, 'the run went well') or diag $out, $err;
	like($err, qr/run 1 is undone in 60\.0 s unless 'plumb confirm' comes over another connection/,
	    'it says that it waits');
	like($err, qr/run 1 was made over this connection: log in anew/,
	    'and why it still does');
	like(timers(), qr/^plumb-undo-1-ended\.timer .*waiting/m,
	    'a timer runs');
	unlike(timers(), qr/^plumb-undo-1\.timer/m, 'one alone') or
	    diag timers();
	ssh('plumb history');
	like($out, qr/^\s+1 .*\n.*\n\s+waits to be confirmed until/,
	    'history says that it waits') or diag $out;
	is(ssh('plumb status'), 2, 'so does status');
	like($out, qr/^Unconfirmed: run 1 waits to be confirmed until/m,
	    'in its words');
	is(ssh('plumb apply -y /srv/site'), 3, 'no other run begins');
	like($err, qr/run 1 waits to be confirmed until/, 'which it says');
	is(ssh('plumb confirm 7'), 1, 'another run is not meant');
	is(ssh('plumb confirm 1'), 0, 'another connection confirms it')
	    or diag $err;
	is($out, "Run 1 is confirmed.\n", 'and is told');
	is(timers(), '', 'the timer is gone');
	is($host->get('/etc/one'), "first\n", 'what was changed stays');
	ssh('plumb history');
	like($out, qr/^\s+2 .*confirm 1  done/, 'it is in the history');
	unlike($out, qr/waits to be/, 'and nothing waits');
	is(ssh('plumb confirm'), 1, 'it cannot be confirmed twice');
	is(ssh('plumb apply -y /srv/site'), 0, 'runs may begin again');
};

subtest 'nobody confirms' => sub {
	site(<<'YAML');
files:
  /etc/one: { content: "second\n" }
  /etc/two: { content: "new\n" }
YAML
	is(ssh('plumb apply -y --confirm-timeout 2s /srv/site'), 0,
	    'the run goes well') or diag $out, $err;
	is($host->get('/etc/one'), "second\n", 'it has changed something');
	ok(is_undone(), 'it is undone') or diag timers(),
	    ($host->run(qw(journalctl -n 30)))[1];
	is($host->get('/etc/one'), "first\n", 'what was there is back');
	is($host->get('/etc/two'), undef, 'what was not is gone');
	is(ssh('plumb confirm'), 1, 'it is too late to confirm it');
};

subtest 'nobody can' => sub {
	site(<<'YAML');
files:
  /etc/ssh/sshd_config.d/wrong.conf:
    content: "Port 2\n"
    notifies: service:ssh
services:
  ssh: { state: running }
YAML
	is(ssh('plumb apply -y --confirm-timeout 5s /srv/site'), 0,
	    'a run that locks everybody out') or diag $out, $err;
	isnt(ssh('true'), 0, 'nobody gets in');
	ok(eventually(sub { ssh('true') == 0 }), 'and then they do again')
	    or diag(($host->run(qw(journalctl -n 30)))[1]);
	ok(is_undone(), 'as it is undone');
};

# Something that takes until it may end.
my $wait = <<'YAML';
commands:
  wait:
    shell: |
      echo > /var/lib/begun
      while ! [ -e /var/lib/go ]; do sleep 0.1; done
      echo > /var/lib/did
    creates: /var/lib/did
    requires: file:/etc/one
    timeout: 5m
YAML

subtest 'killed in the middle' => sub {
	site(<<'YAML' . $wait);
files:
  /etc/one: { content: "third\n" }
  /etc/two: { content: "new\n", requires: command:wait }
YAML
	my $pid = $host->spawn($host->path('/srv/out'), qw(plumb apply -y
	    --confirm-timeout 3s /srv/site));
	ok(eventually(sub { -e $host->path('/var/lib/begun') }),
	    'a run is in the middle') or diag $host->get('/srv/out');
	is($host->get('/etc/one'), "third\n", 'something has changed');
	$host->run(qw(pkill -KILL -x plumb));
	waitpid $pid, 0;
	$host->put('/var/lib/go', '');
	ok(is_undone(), 'it is undone all the same') or diag timers(),
	    ($host->run(qw(journalctl -n 30)))[1];
	is($host->get('/etc/one'), "first\n", 'what was there is back');
	is($host->get('/etc/two'), undef, 'and the rest was never made');
};

subtest 'longer than the time' => sub {
	$host->run(qw(rm -f /var/lib/go /var/lib/did /var/lib/begun));
	my $pid = $host->spawn($host->path('/srv/out'), qw(plumb apply -y
	    --confirm-timeout 1s /srv/site));
	ok(eventually(sub { timers() =~ /\.service .*running/ }),
	    'the time is over before the run') or diag timers();
	is($host->get('/etc/one'), "third\n", 'nothing is undone meanwhile');
	$host->put('/srv/site/plumb.yaml', "site: confirm\n");
	$host->put('/var/lib/go', '');
	waitpid $pid, 0;
	is($?, 0, 'the run ends well') or diag $host->get('/srv/out');
	is($host->get('/etc/two'), "new\n", 'with all that it was to do');
	ok(is_undone(), 'and is undone then');
	is($host->get('/etc/one'), "first\n", 'what was there is back');
};

subtest 'a run that fails' => sub {
	site(<<'YAML');
files:
  /etc/one: { content: "fourth\n" }
commands:
  bad: { shell: exit 1, creates: /nowhere, requires: file:/etc/one }
YAML
	is(ssh('plumb apply -y --confirm-timeout 2s /srv/site'), 4,
	    'a run fails') or diag $out, $err;
	is($host->get('/etc/one'), "fourth\n", 'after it changed something');
	ok(is_undone(), 'it is undone too');
	is($host->get('/etc/one'), "first\n", 'what was there is back');
};

subtest 'the very first run of a host' => sub {
	$host->run(qw(rm -rf /var/lib/plumb));
	site(<<'YAML');
files:
  /etc/one: { content: "fifth\n" }
YAML
	is(ssh('plumb apply -y --confirm-timeout 2s /srv/site'), 0,
	    'goes well') or diag $out, $err;
	ok(is_undone(), 'and is undone');
	is($host->get('/etc/one'), "first\n", 'what was there is back');
};

subtest 'a reboot instead' => sub {
	is(ssh('plumb apply -y --confirm-timeout 10m /srv/site'), 0,
	    'a run waits') or diag $out, $err;
	my $run = last_run();
	$host->reboot;
	ok(eventually(sub { ssh('plumb apply -y /srv/site') == 3 }),
	    'after a reboot it still does');
	like($err, qr/nobody confirmed run $run, and a reboot has taken away/,
	    'and says what is lost');
	is(ssh("plumb undo $run --yes"), 0, 'it can be undone') or diag $err;
	is($host->get('/etc/one'), "first\n", 'by hand');
	is(ssh('plumb apply -y /srv/site'), 0, 'then all goes on') or
	    diag $err;
};

subtest 'a reboot by who is locked out' => sub {
	for my $name ('plumb-undo.service', 'plumb-resume.service') {
		$host->put("/etc/systemd/system/$name", slurp(lab_top() .
		    "/reconciler/units/$name") =~
		    s{\@prefix\@}{/usr/local}r);
	}
	$host->run(qw(systemctl daemon-reload));
	$host->run(qw(systemctl enable plumb-undo plumb-resume));
	is(($host->run(qw(plumb undo --unconfirmed)))[1],
	    "No run waits to be confirmed.\n", 'there is nothing to undo');
	site(<<'YAML' . $wait);
files:
  /etc/one: { content: "sixth\n" }
YAML
	$host->run(qw(rm -f /var/lib/go /var/lib/did /var/lib/begun));
	my $pid = $host->spawn($host->path('/srv/out'), qw(plumb apply -y
	    --confirm-timeout 10m /srv/site));
	ok(eventually(sub { -e $host->path('/var/lib/begun') }),
	    'a run is in the middle') or diag $host->get('/srv/out');
	is($host->get('/etc/one'), "sixth\n", 'something has changed');
	$host->crash;
	waitpid $pid, 0;
	$host->start;
	$host->wait;
	ok(eventually(sub { $host->get('/etc/one') eq "fifth\n" }),
	    'at boot it is undone') or
	    diag(($host->run(qw(journalctl -u plumb-undo)))[1]);
	ok(eventually(sub { !-e $host->path('/var/lib/plumb/confirm') }),
	    'it waits no longer');
	ok(!-e $host->path('/var/lib/plumb/resume'),
	    'and is not gone on with');
	is(($host->run(qw(systemctl is-failed plumb-resume)))[1],
	    "inactive\n", 'nor tried to');
};

done_testing;
