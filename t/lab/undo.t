# SPDX-License-Identifier: GPL-3.0-or-later
#
# undo.t - a machine that became a web server becomes what it was.
use strict;
use warnings;
use lib 't/lab';
use Lab;
use Test::More;

my $host = lab_host('undo');
my ($status, $out, $err);
$host->copy('examples/web', '/srv/site');
$host->run(qw(apt-get -qq update));

sub plumb
{
	($status, $out, $err) = $host->run('plumb', @_);
	return $status;
}

sub snapshot
{
	my ($name) = @_;
	$host->run('cp', '-a', '/etc', "/srv/$name");
	return map { ($host->run(@$_))[1] }
	    [qw(getent passwd)], [qw(getent group)],
	    [qw(systemctl list-units --all --plain --no-legend --type=service
	    --state=running)], ['sh', '-c', 'dpkg --get-selections |
	    grep -v deinstall | sort'];
}

my @before = snapshot('before');
is(plumb(qw(apply -y /srv/site)), 0, 'a web server') or diag $out, $err;
is(($host->run(qw(systemctl is-active nginx)))[1], "active\n");
my @web = snapshot('web');
is(plumb(qw(undo -y 1)), 0, 'undone') or diag $out, $err;
note $out;

my @after = snapshot('after');
is($after[$_], $before[$_], (qw(users groups), 'running services')[$_])
    for 0 .. 2;
unlike($after[3], qr/^nginx\s/m, 'the package is gone');
note 'packages that remain: ', join ' ', grep { index($before[3], $_) < 0 }
    split /\n/, $after[3];
ok(($host->run(qw(test -e /srv/www)))[0], 'nor are its pages there');
isnt(($host->run(qw(systemctl is-active nginx)))[1], "active\n",
    'nothing is served');

# What apt leaves of a package that is removed and not purged, and what apt,
# dpkg and the tools of users keep for themselves.
my (undef, $differ) = $host->run(qw(diff -rq --no-dereference /srv/before
    /srv/after));
note $differ;
my @left = grep { !m{^Only in \S+ (?:[KS]\d\d)?nginx(?:\.service)?$} &&
    !m{/(?:passwd|group|shadow|gshadow)- (?:and|differ)} }
    split /\n/, $differ;
is_deeply(\@left, [], '/etc is as it was, but for what apt leaves');

is(plumb(qw(undo -y 2)), 0, 'the undo undone') or diag $out, $err;
is(($host->run(qw(systemctl is-active nginx)))[1], "active\n",
    'it serves again');
# a worker with the old configuration may take one more connection
ok(eventually(sub { !plumb(qw(plan --detailed-exitcode /srv/site)) }, 10),
    'it is as the site says')
    or diag $out, $err;
my @again = snapshot('again');
is($again[0], $web[0], 'with the same users');

subtest 'a change of the configuration' => sub {
	my $conf = $host->get('/etc/nginx/nginx.conf');
	my $yaml = $host->get('/srv/site/templates/nginx.conf');
	$host->put('/srv/site/templates/nginx.conf', "# changed\n$yaml");
	is(plumb(qw(apply -y /srv/site)), 0) or diag $out, $err;
	my ($run) = (plumb(qw(history)), $out =~ /^\s*(\d+)/)[1];
	my $reloads = sub { my (undef, $said) = $host->run(qw(journalctl -q
	    -o cat -u nginx)); scalar(() = $said =~ /^Reloaded/mg) };
	my $seen = $reloads->();
	is(plumb('undo', '-y', $run), 0) or diag $out, $err;
	like($out, qr/^Refreshes: service:nginx \(reload\)$/m,
	    'what it refreshed is refreshed again');
	is($host->get('/etc/nginx/nginx.conf'), $conf);
	is($reloads->(), $seen + 1, 'once');
};

subtest 'packages change places' => sub {
	$host->put('/srv/swap/plumb.yaml', <<~'Y');
	    packages: { tree: { ensure: absent }, hello: }
	    Y
	$host->run(qw(apt-get -qqy install tree));
	is(plumb(qw(apply -y /srv/swap)), 0) or diag $out, $err;
	my ($run) = (plumb(qw(history)), $out =~ /^\s*(\d+)/)[1];
	is(plumb('undo', '-y', $run), 0) or diag $out, $err;
	is(($host->run(qw(dpkg-query -W -f ${db:Status-Abbrev} tree)))[1],
	    'ii ');
	isnt(($host->run(qw(dpkg-query -W -f ${db:Status-Abbrev} hello)))[1],
	    'ii ');
};

done_testing;
