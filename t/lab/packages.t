# SPDX-License-Identifier: GPL-3.0-or-later
#
# packages.t - real packages, real apt and dpkg, and what goes wrong with them.
use strict;
use warnings;
use lib 't/lab';
use Lab;
use Test::More;
use Time::HiRes qw(time);

my $host = lab_host('packages');
my ($status, $out, $err);
$host->run(qw(apt-get -qq update));

# Make those lines the whole site's packages, and run plumb on it.
sub plumb
{
	my ($command, @packages) = @_;
	$host->put('/srv/site/plumb.yaml', "site: packages\npackages:\n" .
	    join '', map { "  $_\n" } @packages) if @packages;
	($status, $out, $err) = $host->run('plumb', split(/ /, $command),
	    '/srv/site');
	return $status;
}

# "ii 1.0", "hi 1.1", "rc 1.0", or "" when dpkg knows nothing of it
sub version
{
	my ($name) = @_;
	my (undef, $said) = $host->run(qw(dpkg-query -W -f),
	    '${db:Status-Abbrev}${Version}', $name);
	return $said =~ /^un/ ? '' : $said;
}

# How many times dpkg was told to unpack something since the last question.
my $seen = 0;
sub runs
{
	my $log = $host->get('/var/log/dpkg.log') // '';
	my $all = () = $log =~ /startup archives unpack/g;
	my $new = $all - $seen;
	$seen = $all;
	return $new;
}

subtest 'several at once' => sub {
	is(plumb('plan', 'hello:', 'tree:', 'lab-needs:'), 0, 'plan')
	    or diag $out, $err;
	like($out, qr/lab-tool/, 'says what else will be installed');
	is(version('hello'), '', 'and installs nothing');
	runs();
	is(plumb('apply -y'), 0, 'apply') or diag $out, $err;
	like(version($_), qr/^ii/, "$_ is there")
	    for qw(hello tree lab-needs lab-tool);
	is(runs(), 1, 'in one transaction');
	is(plumb('plan --detailed-exitcode'), 0, 'nothing more to do')
	    or diag $out, $err;
};

subtest 'a version' => sub {
	is(version('lab-tool'), 'ii 1.10', 'the newest came');
	is(plumb('apply -y', 'lab-tool: { version: 1.1 }'), 0, 'an older one')
	    or diag $out, $err;
	is(version('lab-tool'), 'ii 1.1', 'is there');
	is(plumb('plan --detailed-exitcode'), 0, 'and stays') or diag $out;
	is(plumb('apply -y', 'lab-tool: { version: 1.10 }'), 0, 'a newer one');
	is(version('lab-tool'), 'ii 1.10', 'is there');
	is(plumb('apply -y', 'lab-tool: { version: 7.7 }'), 4,
	    'one that nobody has') or diag $out, $err;
	like("$out$err", qr/7\.7/, 'is named');
	is(version('lab-tool'), 'ii 1.10', 'nothing changed');
};

subtest 'hold' => sub {
	is(plumb('apply -y', 'lab-tool: { version: 1.1, hold: true }'), 0,
	    'apply') or diag $out, $err;
	is(version('lab-tool'), 'hi 1.1', 'it is held');
	$host->run(qw(apt-get -qq -y dist-upgrade));
	is(version('lab-tool'), 'hi 1.1', 'an upgrade leaves it');
	is(plumb('apply -y', 'lab-tool: { version: 1.10, hold: true }'), 0,
	    'a new version in the site') or diag $out, $err;
	is(version('lab-tool'), 'hi 1.10', 'comes, and is held');
	is(plumb('apply -y', 'lab-tool: { hold: false }'), 0, 'let go');
	is(version('lab-tool'), 'ii 1.10', 'it is not held');
};

subtest 'absent' => sub {
	is(plumb('apply -y', 'hello: { ensure: absent }',
	    'tree: { ensure: absent, purge: true }'), 0, 'apply')
	    or diag $out, $err;
	is(version($_), '', "$_ is gone") for qw(hello tree);
	is(plumb('apply -y'), 0, 'and again');
	like($out, qr/\b2 unchanged/, 'nothing to do');
};

subtest 'a file that a package brings, and shall not be there' => sub {
	is(plumb('apply -y', "hello:\nfiles:\n  /usr/share/info/hello.info.gz:"
	    . " { ensure: absent }\n  /usr/bin/hello: { ensure: absent }"), 0,
	    'apply') or diag $out, $err;
	like(version('hello'), qr/^ii/, 'it is installed');
	isnt(($host->run(qw(test -e /usr/bin/hello)))[0], 0, 'without it');
	is(plumb('plan --detailed-exitcode'), 0, 'all in one run')
	    or diag $out, $err;
	is(plumb('apply -y', 'hello: { ensure: absent }'), 0);
};

subtest 'one that apt does not know' => sub {
	is(plumb('apply -y', 'helo:', 'tree:'), 4, 'fails')
	    or diag $out, $err;
	like("$out$err", qr/helo/, 'and is named');
	like("$out$err", qr{plumb\.yaml:3:3}, 'with its place');
	like(version('tree'), qr/^ii/, 'the other is installed');
};

subtest 'another package has to go' => sub {
	is(plumb('plan', 'lab-rival:'), 0, 'plan') or diag $out, $err;
	like($out, qr/remove.*lab-tool/i, 'says that it removes one');
	is(version('lab-tool'), 'ii 1.10', 'and removes nothing');
};

# Hold dpkg's lock as apt does, until killed: the pid.
sub hold_lock
{
	my $pid = $host->spawn($host->path('/srv/holder'), 'perl', '-e', <<'EOT');
use Fcntl;
open my $lock, '>', '/var/lib/dpkg/lock-frontend' or die;
my $all = pack 's s x4 q q i x4', F_WRLCK, 0, 0, 0, 0;
fcntl($lock, F_SETLK, $all) or die;
$| = 1;
print "held\n";
sleep 600;
EOT
	eventually { ($host->get('/srv/holder') // '') =~ /held/ }
	    or die "the lock cannot be held\n";
	return $pid;
}

subtest 'the lock is held by somebody' => sub {
	my $holder = hold_lock();
	is(plumb('apply -y', 'hello: { timeout: 2s }'), 4,
	    'fails when its time is over') or diag $out, $err;
	like("$out$err", qr/lock/, 'and says that it is the lock');
	isnt(version('hello'), 'ii 2.10-3', 'nothing is installed');
	$host->put('/srv/site/plumb.yaml',
	    "site: packages\npackages:\n  hello:\n");
	my $apply = $host->spawn($host->path('/srv/out'),
	    qw(plumb apply -y /srv/site));
	# apt is there, and waits
	ok(eventually(sub { ($host->run(qw(pgrep -x apt-get)))[0] == 0 }),
	    'else it waits');
	isnt(version('hello'), 'ii 2.10-3', 'while nothing is installed');
	kill 'KILL', $holder;
	waitpid $holder, 0;
	waitpid $apply, 0;
	is($?, 0, 'until the lock is free') or diag $host->get('/srv/out');
	like(version('hello'), qr/^ii/, 'then installs');
	$host->run(qw(apt-get -qq -y remove hello));
};

subtest 'dpkg was interrupted' => sub {
	is(plumb('apply -y', 'lab-broken:'), 4, 'a package that does not configure')
	    or diag $out, $err;
	like("$out$err", qr/lab-broken: no/, 'its own words are shown');
	like(version('lab-broken'), qr/^iF/, 'it is half there');
	is(plumb('plan --detailed-exitcode'), 2, 'which is seen')
	    or diag $out, $err;
	$host->put('/etc/lab-mended', '');
	is(plumb('apply -y'), 0, 'mended when it can be') or diag $out, $err;
	like(version('lab-broken'), qr/^ii/, 'it is whole');
};

subtest 'the repository is gone' => sub {
	$host->put('/etc/apt/sources.list', "deb http://10.89.0.250/ x main\n");
	$host->run(qw(rm -rf /var/lib/apt/lists /var/cache/apt));
	$host->run(qw(mkdir -p /var/cache/apt/archives/partial));
	my $begun = time;
	is(plumb('apply -y', 'hello:'), 4, 'fails') or diag $out, $err;
	cmp_ok(time - $begun, '<', 120, 'in time');
	like("$out$err", qr/hello/, 'and says what it could not get');
	is(plumb('plan --detailed-exitcode', 'tree:'), 0,
	    'what is there needs no repository') or diag $out, $err;
};

done_testing;
