# SPDX-License-Identifier: GPL-3.0-or-later
#
# crash.t - whole hosts that end in the middle of a run, with packages, users,
# units and services in its plan; and runs that are killed while apt, useradd
# or systemd go on without them. The next run converges.
use strict;
use warnings;
use lib 't/lab', 't/torture';
use Lab;
use POSIX qw(:sys_wait_h);
use Test::More;
use Time::HiRes qw(sleep time);
use Torture ();

my $w = Torture->new('whole hosts');
my $host = lab_host('crash');
my ($status, $out, $err);
my %site = (a => <<'A', b => <<'B');
packages:
  tree: { ensure: absent }
  nginx: { ensure: absent, purge: true }
users: { crashed: { ensure: absent, group: crashers } }
groups: { crashers: { ensure: absent } }
units:
  crash.service: { ensure: absent }
  cron.service.d/limits.conf: { ensure: absent }
services: { crash: { state: stopped, enabled: false } }
files:
  /etc/crash/conf: { ensure: absent }
  /etc/crash/b: { ensure: absent }
directories: { /etc/crash: { ensure: absent } }
A
packages: { tree: , nginx: { recommends: false }, cron: }
groups: { crashers: { gid: 4500 } }
users:
  crashed: { uid: 4501, group: crashers, groups: [adm], home: /home/crashed }
directories: { /etc/crash: { owner: crashed, mode: 0750 } }
files:
  /etc/crash/conf: { content: "one\n", group: crashers, notifies: service:crash }
  /etc/crash/b: { content: "b\n", owner: crashed, mode: 0600 }
units:
  crash.service:
    content: |
      [Service]
      ExecStart=/bin/sleep 1000000
      [Install]
      WantedBy=multi-user.target
  cron.service.d/limits.conf:
    content: |
      [Service]
      TasksMax=200
    notifies: service:cron
services:
  crash: { state: running, enabled: true }
  nginx: { state: running, enabled: true }
  cron: { state: running }
B

$host->run(qw(apt-get -qq update));
for my $v (keys %site) {
	$host->put("/srv/$v/plumb.yaml", "site: crash\n$site{$v}");
}
my $since = time;
is(plumb('b'), 0, 'there') or diag $out, $err;
my $pace = time - $since;
is(plumb('a'), 0, 'and back') or diag $out, $err;
for my $n ($w->rounds(4, 40)) {
	$w->round($n);
	my $to = $n % 2 ? 'b' : 'a';
	plumb($to eq 'a' ? 'b' : 'a') if $ENV{TORTURE_ONLY};
	# again while it recovers
	for (0 .. int rand 2) {
		hurt($to, rand $pace);
	}
	settle($to eq "a" ? "b" : "a") if rand() < 0.2;
	settle($to);
}
$w->done;
done_testing;

sub plumb
{
	my ($v, @more) = @_;

	($status, $out, $err) = $host->run(qw(plumb apply -y), @more,
	    "/srv/$v");
	return $status;
}

sub hurt
{
	my ($to, $after) = @_;
	my $pid = $host->spawn("$w->{path}/out", qw(plumb apply -y),
	    "/srv/$to");
	my $whole = rand() < 0.7;

	$w->note_round(sprintf '%s after %.2f s', $whole ? 'crash' : 'kill',
	    $after);
	sleep $after;
	if ($whole) {
		$host->crash;
		waitpid $pid, 0;
		$host->start;
		$host->wait;
		$w->count('crashes');
	} else {
		# plumb alone; what it had started goes on
		$host->run(qw(pkill -KILL -x plumb));
		waitpid $pid, 0;
		$w->count('kills');
	}
}

sub settle
{
	my ($v) = @_;

	plumb($v) == 0 or $w->violation("site $v: $status: $err$out");
	my (undef, $audit) = $host->run(qw(dpkg --audit));
	$w->violation("dpkg --audit: $audit") if $audit;
	plumb($v, '--detailed-exitcode') == 0
	    or $w->violation("the run after: $status: $err$out");
	$w->violation("the run after complains: $err") if $err;
	(undef, my $left) = $host->run(qw(find /etc /home -xdev -name
	    *.plumb-new));
	$w->violation("left behind: $left") if $left;
	(undef, my $is) = $host->run(qw(systemctl is-active crash nginx));
	$w->violation("services of $v: $is")
	    if ($is eq "active\nactive\n") != ($v eq 'b');
}
