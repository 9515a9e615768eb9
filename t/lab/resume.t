# SPDX-License-Identifier: GPL-3.0-or-later
#
# resume.t - what waits for a reboot waits until then, and goes on by itself.
use strict;
use warnings;
use lib 't/lab';
use Lab;
use Test::More;

# A package that asks for a reboot, as Debian's do, and one that does not.
my $repo = '/run/more';
for my $name ('needs-boot', 'needs-none') {
	my $dir = "/run/build/$name";
	system('mkdir', '-p', "$dir/DEBIAN", $repo) == 0 or die;
	open my $file, '>', "$dir/DEBIAN/control" or die;
	print $file <<~"C";
	    Package: $name
	    Version: 1.0
	    Architecture: all
	    Maintainer: nobody <nobody\@example.test>
	    Description: a package
	    C
	close $file;
	if ($name eq 'needs-boot') {
		open $file, '>', "$dir/DEBIAN/postinst" or die;
		print $file "#!/bin/sh\n" .
		    "echo '*** System restart required ***' > /run/reboot-required\n" .
		    "echo \$DPKG_MAINTSCRIPT_PACKAGE >> /run/reboot-required.pkgs\n" .
		    "while [ -e /var/lib/slow ]; do touch /var/lib/begun; sleep 0.1; done\n";
		close $file;
		chmod 0755, "$dir/DEBIAN/postinst";
	}
	system("dpkg-deb --root-owner-group -b $dir $repo > /dev/null") == 0
	    or die;
}
system("cd $repo && dpkg-scanpackages -m . > Packages 2> /dev/null") == 0
    or die;

my $host = lab_host('resume', bind => [[$repo, '/srv/more']]);
my ($status, $out, $err);

sub plumb
{
	my ($command, @site) = @_;
	($status, $out, $err) = $host->run('plumb', split(/ /, $command),
	    @site ? @site : '/srv/site');
	return $status;
}

# Something that takes until it may end.
my $wait = <<'YAML';
commands:
  wait:
    shell: |
      echo > /var/lib/begun
      while ! [ -e /var/lib/go ]; do sleep 0.1; done
      echo > /var/lib/did
    creates: /var/lib/did
    timeout: 5m
YAML

sub site { $host->put('/srv/site/plumb.yaml', "site: resume\n$_[0]") }

# As make install would.
sub install_units
{
	for my $unit (glob lab_top() . '/reconciler/units/*') {
		my ($name) = $unit =~ m{([^/]+)$};
		$host->put("/usr/local/lib/systemd/system/$name",
		    slurp($unit) =~ s{\@prefix\@}{/usr/local}r);
	}
	$host->run(qw(systemctl daemon-reload));
}

# Until the unit has done what it does at boot.
sub unit_is_done
{
	return eventually(sub {
		(undef, my $state) = $host->run(qw(systemctl show -P
		    ActiveState plumb-resume.service));
		my (undef, $jobs) = $host->run(qw(systemctl list-jobs
		    --no-legend));
		$state !~ /activating/ && $jobs !~ /plumb-resume/
	}, 60);
}

site(<<'YAML');
files:
  /etc/kernel.conf: { content: "new\n", reboot: true }
  /etc/after: { content: "after\n", requires: file:/etc/kernel.conf }
  /etc/later: { content: "later\n", requires: file:/etc/after }
  /etc/apart: { content: "apart\n" }
YAML

subtest 'a change that takes effect at boot' => sub {
	is(plumb('apply -y'), 9, 'the run ends with 9') or diag $out, $err;
	like($out, qr{^\+   file:/etc/kernel\.conf .*?^    a reboot is needed after it$}ms,
	    'its plan says so');
	like($out, qr{^file:/etc/kernel\.conf: created; a reboot is needed}m,
	    'it says what needs the reboot');
	like($out, qr{^file:/etc/after: waits for the reboot that file:/etc/kernel\.conf needs$}m,
	    'and what waits');
	like($out, qr{2 waiting for a reboot\.$}m, 'and how many');
	like($err, qr{plumb apply --resume}, 'and how it goes on');
	is($host->get('/etc/apart'), "apart\n", 'what does not need it is done');
	is($host->get('/etc/after'), undef, 'what does is not');
	is(plumb('plan'), 0, 'a plan') or diag $err;
	like($out, qr{file:/etc/later.*?^    waits for a reboot, since run 1: file:/etc/kernel\.conf$}ms,
	    'shows what waits, for what, and since when');
	unlike($out, qr{apart}, 'and nothing else');
	is(($host->run(qw(plumb status)))[0], 2, 'status has something to say');
	like(($host->run(qw(plumb status)))[1],
	    qr{^A reboot is needed, since run 1: file:/etc/kernel\.conf$}m,
	    'and says the same');
	is(plumb('apply -y'), 9, 'another run does not go on');
	is($host->get('/etc/after'), undef, 'what waits still waits');
};

subtest 'without the unit' => sub {
	$host->reboot;
	is($host->get('/etc/after'), undef, 'nothing goes on by itself');
	is(plumb('apply --resume', ()), 1, 'a site beside --resume is refused');
	is(($host->run(qw(plumb apply --resume)))[0], 0, 'it goes on when told');
	is($host->get('/etc/later'), "later\n", 'to the end');
	is(plumb('plan --detailed-exitcode'), 0, 'and is done');
	is(($host->run(qw(test -e /var/lib/plumb/resume)))[0], 1,
	    'nothing is left to resume');
	like(($host->run(qw(plumb apply --resume)))[1],
	    qr/^There is nothing to go on with\.$/, 'which it says');
};

subtest 'with the unit' => sub {
	install_units();
	is(($host->run(qw(systemctl enable plumb-resume.service)))[0], 0,
	    'it can be enabled');
	site(<<'YAML');
files:
  /etc/kernel.conf: { content: "newer\n", reboot: true }
  /etc/after: { content: "after it\n", requires: file:/etc/kernel.conf }
YAML
	is(plumb('apply -y'), 9, 'a run ends with 9') or diag $out, $err;
	like($err, qr{plumb-resume\.service goes on after it}, 'and says so');
	is($host->get('/etc/after'), "after\n", 'something waits');
	$host->reboot;
	ok(eventually(sub { ($host->get('/etc/after') // '') eq
	    "after it\n" }), 'at boot it goes on by itself')
	    or diag +($host->run(qw(journalctl -u plumb-resume)))[1];
	ok(unit_is_done(), 'to the end');
	is(plumb('plan --detailed-exitcode'), 0, 'nothing is left');
	$host->reboot;
	(undef, my $result) = $host->run(qw(systemctl show -P ConditionResult
	    plumb-resume.service));
	is($result, "no\n", 'the boot after it has nothing to do');
};

subtest 'killed, or without power, after the change' => sub {
	site(<<'YAML' . $wait);
files:
  /etc/kernel.conf: { content: "newest\n", reboot: true }
  /etc/after: { content: "third\n", requires: command:wait }
  /etc/after2: { content: "x\n", requires: file:/etc/kernel.conf }
YAML
	my $pid = $host->spawn($host->path('/srv/out'),
	    qw(plumb apply -y /srv/site));
	ok(eventually(sub { ($host->get('/etc/kernel.conf') // '') eq
	    "newest\n" && -e $host->path('/var/lib/begun') }),
	    'a run is in the middle') or diag $host->get('/srv/out');
	$host->run(qw(pkill -KILL -x plumb));
	waitpid $pid, 0;
	is(plumb('plan'), 0, 'the next plan') or diag $err;
	like($out, qr{file:/etc/after2.*?waits for a reboot, since run}s,
	    'knows that it waits');
	is($host->get('/etc/after2'), undef, 'and it does');
	$host->crash;
	$host->put('/var/lib/go', '');
	$host->start;
	$host->wait;
	ok(eventually(sub { ($host->get('/etc/after') // '') eq "third\n" }),
	    'after the power came back the unit goes on')
	    or diag +($host->run(qw(journalctl -u plumb-resume)))[1];
	ok(unit_is_done(), 'to the end');
	is($host->get('/etc/after2'), "x\n", 'with what waited');
	is(plumb('plan --detailed-exitcode'), 0, 'nothing is left')
	    or diag $out, $err;
};

subtest 'shut down in the middle of a run' => sub {
	$host->put('/etc/systemd/system.conf.d/soon.conf',
	    "[Manager]\nDefaultTimeoutStopSec=3s\n");
	$host->run(qw(systemctl daemon-reexec));
	$host->run(qw(rm -f /var/lib/go /var/lib/begun /var/lib/did));
	site(<<'YAML' . $wait);
files:
  /etc/after: { content: "fourth\n", requires: command:wait }
YAML
	# as in a session: systemd ends it in order
	$host->run(qw(systemd-run --unit=session --collect plumb apply -y
	    /srv/site));
	ok(eventually(sub { -e $host->path('/var/lib/begun') }),
	    'a run is in the middle');
	my $before = $host->boot;
	$host->run(qw(systemctl reboot));
	$host->put('/var/lib/go', '');
	$host->rebooted($before);
	ok(eventually(sub { ($host->get('/etc/after') // '') eq "fourth\n" }),
	    'it goes on at boot');
	ok(unit_is_done(), 'to the end');
};

subtest 'ended by who runs it' => sub {
	$host->run(qw(rm -f /var/lib/go /var/lib/begun /var/lib/did));
	site(<<'YAML' . $wait);
files:
  /etc/after: { content: "fifth\n", requires: command:wait }
YAML
	my $pid = $host->spawn($host->path('/srv/out'),
	    qw(plumb apply -y /srv/site));
	ok(eventually(sub { -e $host->path('/var/lib/begun') }),
	    'a run is in the middle');
	ok(-e $host->path('/var/lib/plumb/resume'), 'it would be resumed');
	$host->run(qw(pkill -TERM -x plumb));
	$host->put('/var/lib/go', '');
	waitpid $pid, 0;
	is($? >> 8, 8, 'it ends with 8');
	ok(!-e $host->path('/var/lib/plumb/resume'), 'and will not be');
};

subtest 'a package that asks for it' => sub {
	$host->put('/etc/apt/sources.list.d/more.list',
	    "deb [trusted=yes] file:/srv/more ./\n");
	$host->run(qw(apt-get -qq update));
	$host->run(qw(rm -f /run/reboot-required /run/reboot-required.pkgs));
	my $site = <<'YAML';
packages:
  needs-boot:
  needs-none:
files:
  /etc/with-boot: { content: "x\n", requires: package:needs-boot }
  /etc/without: { content: "x\n", requires: package:needs-none }
YAML
	site($site);
	is(plumb('apply -y'), 9, 'the run ends with 9') or diag $out, $err;
	like($out, qr{^package:needs-boot: installed.*; a reboot is needed: the package asks for it$}m,
	    'and says which');
	is($host->get('/etc/without'), "x\n",
	    'what needs another one of the same transaction is done');
	is($host->get('/etc/with-boot'), undef, 'what needs that one waits');
	$host->reboot;
	ok(eventually(sub { $host->get('/etc/with-boot') }),
	    'until the boot') or
	    diag +($host->run(qw(journalctl -u plumb-resume)))[1];
	ok(unit_is_done(), 'to the end');

	$host->run(qw(apt-get -qq -y purge needs-boot));
	$host->run(qw(rm -f /etc/with-boot));
	$host->put('/var/lib/slow', '');
	my $pid = $host->spawn($host->path('/srv/out'),
	    qw(plumb apply -y /srv/site));
	ok(eventually(sub { -e $host->path('/var/lib/begun') &&
	    ($host->run(qw(test -e /run/reboot-required)))[0] == 0 }),
	    'a run is in the transaction');
	$host->run(qw(pkill -KILL -x plumb));
	waitpid $pid, 0;
	unlink $host->path('/var/lib/slow');
	ok(eventually(sub { ($host->run(qw(pgrep -x dpkg)))[0] }),
	    'apt ends without it');
	is(plumb('apply -y'), 9, 'the next run knows') or diag $out, $err;
	is($host->get('/etc/with-boot'), undef, 'that something waits');
	is(plumb('apply -y'), 9, 'and so does the one after it');
	$host->reboot;
	ok(eventually(sub { $host->get('/etc/with-boot') }),
	    'until the boot') or
	    diag +($host->run(qw(journalctl -u plumb-resume)))[1];
	ok(unit_is_done(), 'to the end');
};

subtest 'the drift unit' => sub {
	$host->put('/etc/plumb/plumb.yaml', "site: own\nfiles:\n" .
	    "  /etc/after: { content: \"fourth\\n\" }\n");
	$host->put('/etc/after', "moved\n");
	is(($host->run(qw(systemctl start plumb-drift.service)))[0], 0,
	    'drift is no failure of it')
	    or diag +($host->run(qw(journalctl -u plumb-drift)))[1];
	(undef, my $said) = $host->run(qw(journalctl -o cat -u plumb-drift));
	like($said, qr{file:/etc/after}, 'it says what has drifted');
	is($host->get('/etc/after'), "moved\n", 'and changes nothing') or
	    diag $said;
	is(($host->run(qw(systemctl enable --now plumb-drift.timer)))[0], 0,
	    'the timer can be enabled');
};

done_testing;
