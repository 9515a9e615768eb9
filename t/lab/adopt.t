# SPDX-License-Identifier: GPL-3.0-or-later
#
# adopt.t - a host that somebody looked after by hand becomes a site, and the
# plan after that is empty.
use strict;
use warnings;
use lib 't/lab';
use Lab;
use Test::More;

my $host = lab_host('old');
my $site = '/srv/site';
my ($status, $out, $err);

sub plumb
{
	my ($command, @arguments) = @_;
	($status, $out, $err) = $host->run('plumb', $command, @arguments,
	    $site);
	return $status;
}

sub must
{
	my @command = @_;
	my ($status, undef, $err) = $host->run(@command);
	is($status, 0, "@command") or diag $err;
}

sub plan_is_empty
{
	my ($what) = @_;
	is(plumb(qw(plan --detailed-exitcode)), 0, "$what: the plan is empty")
	    or diag $out, $err, $host->get("$site/adopted.yaml");
}

sub begin
{
	my ($text) = @_;
	$host->run(qw(rm -rf), $site, '/var/lib/plumb');
	$host->put("$site/plumb.yaml", $text // "site: old\n");
}

sub yaml { return $host->get("$site/adopted.yaml") // '' }

subtest 'a fresh host' => sub {
	begin();
	is(plumb(qw(adopt --all)), 0, 'is adopted') or diag $out, $err;
	unlike($out, qr/cannot be declared|does not stay/, 'all of it')
	    or diag((plumb(qw(adopt --all -v)), $out)[1]);
	unlike(yaml(), qr/^services:/m, 'no unit was decided on');
	unlike(yaml(), qr{ssh_host|machine-id|/etc/shadow|PRIVATE}, 'nor keys');
	plan_is_empty('fresh');
};

subtest 'a host that somebody looked after' => sub {
	begin();
	must(qw(apt-get -qq update));
	must(qw(apt-get -qq -y --no-install-recommends install nginx cron));
	must(qw(useradd -m -s /bin/bash -c), 'Anna, of operations', 'anna');
	must(qw(groupadd -g 4300 deployers));
	must(qw(usermod -aG), 'adm,deployers', 'anna');
	must(qw(apt-mark hold cron));
	my $conf = $host->get('/etc/nginx/nginx.conf');
	$host->put('/etc/nginx/nginx.conf', "# by hand\n$conf");
	$host->put('/etc/nginx/conf.d/log.conf',
	    "log_format short '\${x} \$remote_addr';\n" =~ s/\$\{x\} //r .
	    "map \$host \$x { default \"\${host}\"; }\n");
	$host->put('/etc/cron.d/own', "0 4 * * * root /bin/true\n");
	$host->put('/etc/sysctl.d/90-own.conf', "net.ipv4.ip_forward = 1\n");
	$host->put('/etc/systemd/system/own.service', "[Unit]\n" .
	    "Description=Own\n[Service]\nExecStart=/bin/sleep infinity\n" .
	    "[Install]\nWantedBy=multi-user.target\n");
	$host->put('/etc/systemd/system/own.timer', "[Timer]\n" .
	    "OnCalendar=daily\nUnit=cron.service\n" .
	    "[Install]\nWantedBy=timers.target\n");
	$host->put('/etc/systemd/system/cron.service.d/own.conf',
	    "[Service]\nTasksMax=200\n");
	must(qw(systemctl daemon-reload));
	must(qw(systemctl enable --now own.service own.timer));
	must(qw(systemctl disable --now nginx));
	must(qw(systemctl mask e2scrub_reap.service));
	is(plumb(qw(adopt --all -v)), 0, 'is adopted') or diag $out, $err;
	for my $address (qw(package:nginx package:cron user:anna
	    group:deployers file:/etc/nginx/nginx.conf file:/etc/cron.d/own
	    file:/etc/nginx/conf.d/log.conf file:/etc/sysctl.d/90-own.conf
	    unit:own.service unit:own.timer unit:cron.service.d/own.conf
	    service:own service:own.timer service:nginx
	    service:e2scrub_reap)) {
		like($out, qr/^  \Q$address\E$/m, "$address is taken");
	}
	unlike($out, qr/^  service:cron$/m, 'not what is as it came');
	like(yaml(), qr/^  cron:\n    hold: true\n/m, 'a package on hold');
	like(yaml(), qr/^  e2scrub_reap:\n    masked: true\n/m, 'masked');
	like(yaml(), qr/^  nginx:\n    state: stopped\n    enabled: false\n/m,
	    'off');
	like(yaml(), qr/^  own:\n    state: running\n    enabled: true\n/m,
	    'on');
	plan_is_empty('looked after');
	plumb(qw(adopt --all));
	like($out, qr/^There is nothing to adopt\.$/m, 'once is enough');
	is(plumb(qw(apply -y)), 0, 'it can be applied') or diag $out, $err;
	like($out, qr/\b0 created/, 'to no effect') if $out =~ /created/;
	plan_is_empty('applied');
};

subtest 'what was adopted is what is missed' => sub {
	must(qw(userdel -r anna));
	must(qw(rm /etc/cron.d/own /etc/systemd/system/own.service));
	must(qw(systemctl enable --now nginx));
	is(plumb('drift'), 2, 'it drifted');
	like($out, qr/\Q$_\E/, $_) for qw(user:anna file:/etc/cron.d/own
	    unit:own.service service:nginx);
	is(plumb(qw(apply -y)), 0, 'it is mended') or diag $out, $err;
	like($host->get('/etc/passwd'), qr/^anna:.*Anna, of operations/m,
	    'anna is back');
	plan_is_empty('mended');
};

# Apply an example, adopt all that it declared into a site that knows nothing.
for my $case (
	[user => qw(user:anna user:telemetry group:operators)],
	[group => qw(user:carla group:deployers group:collectors)],
	[package => qw(package:curl package:cron package:nginx)],
	[service => qw(package:nginx service:nginx service:cron
	    file:/etc/default/nginx)],
	[unit => qw(unit:backup.service unit:backup.timer
	    unit:cron.service.d/limits.conf service:backup.timer
	    service:backup directory:/var/backups/etc)],
	[sysctl => qw(sysctl:net.ipv4.ip_forward sysctl:net.ipv4.tcp_rmem
	    sysctl:net.ipv4.conf.lo.rp_filter)],
) {
	my ($example, @addresses) = @$case;
	subtest "the example of $example" => sub {
		must(qw(userdel -r anna)) if $example eq 'user';
		must(qw(groupmod -g 4999 deployers)) if $example eq 'group';
		must(qw(apt-mark unhold cron)) if $example eq 'service';
		$host->run(qw(rm -rf), $site, '/var/lib/plumb');
		$host->copy("examples/$example", $site);
		is(plumb(qw(apply -y)), 0, 'is applied') or diag $out, $err;
		begin();
		is(plumb('adopt', @addresses), 0, 'is adopted')
		    or diag $out, $err;
		like($out, qr/^  \Q$_\E$/m, $_) for @addresses;
		unlike(yaml(), qr/password|\$6\$/, 'without passwords');
		plan_is_empty($example);
	};
}

subtest 'what is there in part' => sub {
	begin();
	is(plumb(qw(adopt service:no-such-unit)), 1, 'no such unit');
	like($err, qr/is not there/, 'is said');
	is(plumb(qw(adopt package:no-such-package)), 1, 'no such package');
	is(plumb(qw(adopt file:/etc/ssh/ssh_host_ed25519_key)), 1, 'a key');
	like($err, qr/plumb secret set/, 'has a place of its own');
	is(($host->run('ls', $site))[1], "plumb.yaml\n",
	    'nothing was written');
};

done_testing;
