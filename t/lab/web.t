# SPDX-License-Identifier: GPL-3.0-or-later
#
# web.t - a machine becomes a web server, stays one, and is mended.
use strict;
use warnings;
use lib 't/lab';
use Lab;
use Test::More;

my $web = lab_host('web');
my $other = lab_host('other');
my $conf = '/etc/nginx/nginx.conf';
$web->copy('examples/web', '/srv/site');
$web->run(qw(apt-get -qq update));

# How often the service's journal says so.
sub said
{
	my ($text) = @_;
	my (undef, $out) = $web->run(qw(journalctl -q -o cat -u nginx));
	return scalar(() = $out =~ /^\Q$text\E/mg);
}

# What another host is served, at last: when nginx is told to reload, a worker
# with the old configuration may take one more connection.
sub page
{
	my ($port) = @_;
	my $page;
	eventually {
		(undef, $page) = $other->run(qw(curl -sS --max-time 5), 'http://' .
		    $web->address . ":$port/");
		$page =~ /Hello from Plumbline/
	} 10;
	return $page;
}

sub plumb
{
	my ($command, @arguments) = @_;
	return $web->run('plumb', $command, @arguments, '/srv/site');
}

my ($status, $out, $err) = plumb('plan');
is($status, 0, 'a plan of what is to be done') or diag $out, $err;
like($out, qr/^Plan: \d+ to create/m, 'with its total');
isnt(($web->run(qw(test -e), $conf))[0], 0, 'and nothing was done');

subtest 'apply' => sub {
	($status, $out, $err) = plumb(qw(apply -y));
	is($status, 0, 'goes well') or diag $out, $err;
	like(page(80), qr/Hello from Plumbline/, 'another host sees the page');
	is(($web->run(qw(systemctl is-enabled nginx)))[1], "enabled\n",
	    'the service is enabled');
	like($web->get($conf), qr/from the site web/, 'its configuration');
	is(($web->run(qw(stat -c), '%U %a', '/srv/www'))[1],
	    "publisher 755\n", 'the directory is the user\'s');
};

subtest 'apply again' => sub {
	my $reloads = said('Reloaded');
	($status, $out, $err) = plumb(qw(apply -y));
	is($status, 0, 'goes well') or diag $out, $err;
	is(said('Reloaded'), $reloads, 'nothing is reloaded');
	is((plumb(qw(plan --detailed-exitcode)))[0], 0, 'nothing differs');
	is((plumb('drift'))[0], 0, 'nothing drifted');
};

subtest 'the configuration edited by hand' => sub {
	my $wanted = $web->get($conf);
	my (undef, $process) = $web->run(qw(systemctl show -P MainPID nginx));
	my $reloads = said('Reloaded');
	$web->put($conf, $wanted =~ s/server_tokens off/server_tokens on/r);
	($status, $out, $err) = plumb('drift');
	is($status, 2, 'is drift') or diag $out, $err;
	like($out, qr/^\s*-\s*server_tokens on/m, 'what is there is shown');
	like($out, qr/^\s*\+\s*server_tokens off/m, 'and what should be');
	($status, $out, $err) = plumb(qw(apply -y));
	is($status, 0, 'is mended') or diag $out, $err;
	is($web->get($conf), $wanted, 'as it was');
	is(said('Reloaded'), $reloads + 1, 'with one reload');
	is(($web->run(qw(systemctl show -P MainPID nginx)))[1], $process,
	    'and no restart');
};

subtest 'the service stopped as well' => sub {
	my $wanted = $web->get($conf);
	$web->run(qw(systemctl stop nginx));
	$web->put($conf, $wanted =~ s/server_tokens off/server_tokens on/r);
	my ($starts, $reloads) = (said('Started'), said('Reloaded'));
	($status, $out, $err) = plumb('drift');
	is($status, 2, 'both are drift') or diag $out, $err;
	like($out, qr/file:$conf/, 'the file is named');
	like($out, qr/service:nginx/, 'the service is named');
	is(($web->run(qw(systemctl is-active nginx)))[1], "inactive\n",
	    'looking changed nothing');
	($status, $out, $err) = plumb(qw(apply -y));
	is($status, 0, 'both are mended') or diag $out, $err;
	is($web->get($conf), $wanted, 'the file');
	is(said('Started'), $starts + 1, 'started once');
	cmp_ok(said('Reloaded') - $reloads, '<=', 1, 'reloaded once at most');
	like(page(80), qr/Hello from Plumbline/, 'the page is back');
	is((plumb('drift'))[0], 0, 'nothing is left');
};

subtest 'a configuration that nginx does not accept' => sub {
	my $wanted = $web->get($conf);
	my $template = $web->get('/srv/site/templates/nginx.conf');
	$web->put('/srv/site/templates/nginx.conf',
	    $template =~ s/listen \$/lisen \$/r);
	my $reloads = said('Reloaded');
	($status, $out, $err) = plumb(qw(apply -y));
	is($status, 4, 'fails') or diag $out, $err;
	like("$out$err", qr/unknown directive "lisen"/, 'nginx says why');
	like("$out$err", qr{plumb\.yaml:\d+:\d+}, 'with the place in the site');
	is($web->get($conf), $wanted, 'what is live stays');
	is(said('Reloaded'), $reloads, 'nothing is reloaded');
	$web->put('/srv/site/templates/nginx.conf', $template);
	is((plumb(qw(apply -y)))[0], 0, 'mended in the site, it goes well');
	cmp_ok(said('Reloaded'), '<=', $reloads + 1, 'with one reload at most');
};

subtest 'another port' => sub {
	my $site = $web->get('/srv/site/plumb.yaml');
	$web->put('/srv/site/plumb.yaml', $site =~ s/port: 80/port: 8080/r);
	($status, $out, $err) = plumb(qw(plan --detailed-exitcode));
	is($status, 2, 'is a change') or diag $out, $err;
	like($out, qr/reload.*nginx/i, 'the reload is in the plan');
	is((plumb(qw(apply -y)))[0], 0, 'goes well');
	like(page(8080), qr/Hello from Plumbline/, 'is served there');
};

subtest 'a reboot' => sub {
	$web->reboot;
	like(page(8080), qr/Hello from Plumbline/, 'the page is back by itself');
	($status, $out, $err) = plumb('drift');
	is($status, 0, 'nothing drifted') or diag $out, $err;
};

done_testing;
