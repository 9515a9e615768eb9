# SPDX-License-Identifier: GPL-3.0-or-later
#
# hosts.t - the laboratory itself: what every other test here stands on.
use strict;
use warnings;
use lib 't/lab';
use Lab;
use Test::More;

my $one = lab_host('one');
my $two = lab_host('two');

is(($one->run(qw(systemctl is-system-running)))[1], "running\n",
    'a host boots, and nothing in it has failed');
is(($one->run('hostname'))[1], "one\n", 'it has its name');
isnt($one->get('/etc/machine-id'), $two->get('/etc/machine-id'),
    'hosts are different machines');

my ($status) = $one->run(qw(ping-is-not-here));
is($status, 127, 'what cannot be run is told');
($status, my $out, my $err) = $one->feed("line\n", 'sh', '-c',
    'cat; echo wrong >&2; exit 3');
is_deeply([$status, $out, $err], [3, "line\n", "wrong\n"],
    'a command gives its status, output and errors');
is(($one->run('sh', '-c', 'kill -9 $$'))[0], -9, 'a killed one too');

subtest 'packages come without a network' => sub {
	is(($one->run(qw(apt-get -qq update)))[0], 0, 'update');
	($status, $out, $err) = $one->run(qw(apt-get -qq -y install hello));
	is($status, 0, 'install') or diag $err;
	is(($one->run('hello'))[1], "Hello, world!\n", 'it is there');
	isnt(($two->run('hello'))[0], 0, 'on that host only');
};

subtest 'services and the network between hosts' => sub {
	$one->put('/srv/web/index.html', "page\n");
	is(($one->run(qw(systemd-run -q --unit=page -p
	    WorkingDirectory=/srv/web openssl s_server -quiet -nocert
	    -cipher aNULL -accept 8080)))[0], 0, 'a transient service starts');
	my @connect = ('bash', '-c', ': < /dev/tcp/10.89.0.11/8080');
	ok(eventually(sub { ($two->run(@connect))[0] == 0 }),
	    'another host reaches it');
	ok(eventually(sub { (lab_run(@connect))[0] == 0 }),
	    'the test reaches it');
	isnt(($two->run(qw(ip route get 192.0.2.1)))[0], 0,
	    'and nothing beyond');
};

subtest 'the machine is out of reach' => sub {
	isnt(($one->run(qw(date -s 2001-01-01)))[0], 0, 'the clock');
	isnt(($one->run(qw(sysctl -qw kernel.hostname=x fs.file-max=1)))[0], 0,
	    'sysctls');
};

subtest 'a reboot' => sub {
	$one->put('/etc/kept', "yes\n");
	$one->put('/etc/systemd/system/mark.service', <<'UNIT');
[Service]
Type=oneshot
ExecStart=touch /run/started
[Install]
WantedBy=multi-user.target
UNIT
	$one->run(qw(systemctl -q enable mark));
	$one->run(qw(touch /run/gone));
	is($one->reboot, 'running', 'comes up again');
	is($one->get('/etc/kept'), "yes\n", 'with its disk');
	isnt(($one->run(qw(test -e /run/gone)))[0], 0, 'without its memory');
	is(($one->run(qw(test -e /run/started)))[0], 0,
	    'and with what was enabled');
};

subtest 'a crash' => sub {
	my $pid = $one->spawn('/dev/null', qw(sleep 1000));
	$one->crash;
	waitpid $pid, 0;
	isnt($?, 0, 'ends what was run in it');
	is(($one->run('true'))[0], 125, 'it is down');
	$one->start;
	is($one->wait, 'running', 'and can be started again');
	is($one->get('/etc/kept'), "yes\n", 'with its disk');
};

$two->down;
is(($two->run('true'))[0], 125, 'a host shuts down in order');

done_testing;
