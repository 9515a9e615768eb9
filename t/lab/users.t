# SPDX-License-Identifier: GPL-3.0-or-later
#
# users.t - accounts, by the tools and files of a real Debian.
use strict;
use warnings;
use lib 't/lab';
use Lab;
use Test::More;

my $host = lab_host('users');
my ($status, $out, $err);

sub plumb
{
	my ($command, $yaml) = @_;
	$host->put('/srv/site/plumb.yaml', "site: users\n$yaml")
	    if defined $yaml;
	($status, $out, $err) = $host->run('plumb', split(/ /, $command),
	    '/srv/site');
	return $status;
}

# a line of a database of accounts, "" without one
sub entry
{
	my ($database, $name) = @_;
	my (undef, $line) = $host->run('getent', $database, $name);
	chomp $line;
	return $line;
}

my $site = <<'YAML';
groups:
  operators: { gid: 4200 }
  readers:
users:
  anna:
    uid: 4201
    group: operators
    groups: [readers, adm]
    comment: Anna of operations
    home: /home/anna
    shell: /bin/bash
  robot:
    system: true
    home: /var/lib/robot
    shell: /usr/sbin/nologin
    locked: true
YAML

subtest 'created' => sub {
	is(plumb('apply -y', $site), 0, 'apply') or diag $out, $err;
	is(entry('passwd', 'anna'),
	    'anna:x:4201:4200:Anna of operations:/home/anna:/bin/bash', 'anna');
	is(($host->run(qw(id -nG anna)))[1] =~ s/\n//r,
	    'operators adm readers', 'is in her groups');
	is(($host->run(qw(stat -c), '%U:%G', '/home/anna'))[1],
	    "anna:operators\n", 'her home is hers');
	like(entry('passwd', 'robot'),
	    qr{^robot:x:\d{1,3}:\d{1,3}:.*:/var/lib/robot:/usr/sbin/nologin$},
	    'robot has a number of the system\'s');
	like(entry('shadow', 'robot'), qr/^robot:[!*]/, 'and no password');
	is(($host->run(qw(su -s /bin/sh anna -c whoami)))[1], "anna\n",
	    'one can be her');
	is(plumb('apply -y'), 0, 'apply again');
	like($out, qr/\b4 unchanged/, 'nothing to do');
	is(($host->run(qw(pwck -rq)))[0], 0, 'the files are consistent');
};

subtest 'changed by hand' => sub {
	$host->run(qw(usermod -s /bin/sh -G), '', 'anna');
	is(plumb('drift'), 2, 'drift');
	like($out, qr{/bin/sh}, 'the shell is shown');
	like($out, qr/readers/, 'and the groups');
	is(plumb('apply -y'), 0, 'apply') or diag $out, $err;
	like(entry('passwd', 'anna'), qr{:/bin/bash$}, 'the shell');
	is(($host->run(qw(id -nG anna)))[1] =~ s/\n//r,
	    'operators adm readers', 'and the groups are mended');
};

subtest 'changed in the site' => sub {
	my $new = $site =~ s/\[readers, adm\]/[adm]/r;
	$new =~ s/Anna of operations/Anna of engineering/;
	is(plumb('apply -y', $new), 0, 'apply') or diag $out, $err;
	is((split /:/, entry('passwd', 'anna'))[4], 'Anna of engineering',
	    'the comment');
	is(($host->run(qw(id -nG anna)))[1] =~ s/\n//r, 'operators adm',
	    'and the groups');
	is((split /:/, entry('passwd', 'anna'))[2], 4201, 'the number stays');
};

subtest 'a password that nobody sees' => sub {
	my $hash = '$6$abcdefgh$Zr0Ue0B0Jm1e7bqf3Wq2x5e8oVnVt9FhYqYyq5yJkqS' .
	    'lq1mP0m6yQf0wq7m1q0pYh3mQv5n8yPqk2s7d9f3g4/';
	is(plumb('apply -y', "users:\n  anna:\n    password_hash: $hash\n"), 0,
	    'apply') or diag $out, $err;
	is((split /:/, entry('shadow', 'anna'))[1], $hash, 'it is set');
	unlike("$out$err", qr/\$6\$/, 'and not shown');
	is(($host->run(qw(grep -rlF), 'Zr0Ue0B0Jm1e7bqf3Wq2x5e8oVn',
	    '/var/lib/plumb'))[0], 1, 'nor kept in the journal');
	is(plumb('apply -y', "users:\n  anna: { locked: true }\n"), 0, 'lock')
	    or diag $out, $err;
	like(entry('shadow', 'anna'), qr/^anna:!/, 'it is locked');
};

subtest 'a number that is taken' => sub {
	is(plumb('apply -y', "users:\n  bert: { uid: 4201 }\n"), 4, 'fails')
	    or diag $out, $err;
	like("$out$err", qr/4201/, 'and is named');
	is(entry('passwd', 'bert'), '', 'bert is not there');
};

subtest 'gone' => sub {
	is(plumb('apply -y', <<'YAML'), 0, 'apply') or diag $out, $err;
users:
  anna: { ensure: absent }
  robot: { ensure: absent }
groups:
  readers: { ensure: absent }
YAML
	is(entry('passwd', $_), '', "$_ is gone") for qw(anna robot);
	is(entry('group', 'readers'), '', 'and the group');
	is(($host->run(qw(test -d /home/anna)))[0], 0, 'her home stays');
	is(plumb('apply -y'), 0, 'and again') or diag $out, $err;
	like($out, qr/\b3 unchanged/, 'nothing to do');
};

done_testing;
