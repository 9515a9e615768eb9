# SPDX-License-Identifier: GPL-3.0-or-later
#
# probes.t - what must answer before anything else is begun, on two hosts.
use strict;
use warnings;
use lib 't/lab';
use Lab;
use Test::More;
use Time::HiRes qw(time);

my $host = lab_host('asks');
my $server = lab_host('answers');
my $at = $server->address;
my ($status, $out, $err);

# As on a host that plumb never saw; it would take us for another writer.
sub forget { $host->run(qw(rm -rf /etc/ready /etc/asking /var/lib/plumb)) }

# Make that the whole site: a probe, and a file that waits for it.
sub plumb
{
	my ($probe) = @_;
	forget();
	$host->put('/srv/site/plumb.yaml', <<YAML);
site: probes
probes:
  it: { $probe }
files:
  /etc/ready: { content: "x\\n", requires: probe:it }
YAML
	($status, $out, $err) = $host->run(qw(plumb apply -y /srv/site));
	return $status;
}

sub holds
{
	my ($what, $probe) = @_;
	is(plumb($probe), 0, "$what holds") or diag $out, $err;
	is($host->get('/etc/ready'), "x\n", 'what waits for it is done');
}

sub fails
{
	my ($what, $probe, $says) = @_;
	my $begun = time;
	is(plumb("$probe, within: 1s, every: 100ms"), 4, "$what fails")
	    or diag $out, $err;
	cmp_ok(time - $begun, '<', 15, 'in its time');
	like("$out$err", $says, 'and it is said why');
	is($host->get('/etc/ready'), undef, 'what waits for it is not done');
}

# A certificate for pool.test, a page, and a name, over there.
$server->put('/srv/www/index.html', "all is healthy\n");
my ($made) = $server->run(qw(openssl req -x509 -newkey ed25519 -nodes -keyout
    /srv/key.pem -out /srv/crt.pem -days 2 -subj /CN=pool.test -addext),
    'subjectAltName=DNS:pool.test');
is($made, 0, 'a certificate');
$server->put('/etc/systemd/system/page.service', <<'UNIT');
[Service]
WorkingDirectory=/srv/www
ExecStart=/usr/bin/openssl s_server -quiet -WWW -key /srv/key.pem -cert /srv/crt.pem -accept 443
UNIT
$server->run(qw(systemctl daemon-reload));
$host->put('/etc/pool.pem', $server->get('/srv/crt.pem'));
$host->put('/etc/hosts', "127.0.0.1 localhost\n$at pool.test other.test\n");

subtest 'tcp' => sub {
	fails('a closed port', "tcp: \"$at:443\"", qr/refused/i);
	$server->run(qw(systemctl start page));
	holds('an open port', "tcp: \"$at:443\"");
	fails('a host that is not there', 'tcp: "10.89.0.200:443"',
	    qr/10\.89\.0\.200/);
};

subtest 'tls' => sub {
	my $good = "tls: \"$at:443\", authority: /etc/pool.pem";
	holds('the right name', "$good, name: pool.test");
	fails('the wrong name', "$good, name: other.test", qr/name|match/i);
	fails('an unknown authority', "tls: \"$at:443\", name: pool.test",
	    qr/self-signed|issuer|verif|trust/i);
};

subtest 'http' => sub {
	my $page = 'https://pool.test/index.html';
	my $good = "http: \"$page\", authority: /etc/pool.pem";
	holds('a page', "$good, contains: healthy");
	fails('a page that says otherwise', "$good, contains: ill", qr/ill/);
	fails('the wrong status', "$good, status: 404", qr/200/);
};

subtest 'a unit and a command' => sub {
	holds('an active unit', 'unit: ssh');
	fails('an inactive one', 'unit: systemd-networkd', qr/inactive|not active/);
	holds('a command', 'command: [test, -d, /etc]');
	fails('a command that fails', 'command: [ls, /none]', qr/none/);
};

subtest 'it asks until the answer is good' => sub {
	$server->run(qw(systemctl stop page));
	forget();
	$host->put('/srv/site/plumb.yaml', <<YAML);
site: probes
probes:
  it: { tcp: "$at:443", within: 60s, every: 100ms }
files:
  /etc/asking: { content: "x\\n" }
  /etc/ready: { content: "x\\n", requires: probe:it }
YAML
	my $apply = $host->spawn($host->path('/srv/out'),
	    qw(plumb apply -y /srv/site));
	ok(eventually(sub { $host->get('/etc/asking') }), 'it has begun');
	is($host->get('/etc/ready'), undef, 'and waits');
	$server->run(qw(systemctl start page));
	waitpid $apply, 0;
	is($?, 0, 'the answer comes, it goes on')
	    or diag $host->get('/srv/out');
	is($host->get('/etc/ready'), "x\n", 'what waited is done');
};

done_testing;
