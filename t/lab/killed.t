# SPDX-License-Identifier: GPL-3.0-or-later
#
# killed.t - on a host with systemd, plumb is killed right before each call by
# which it writes, starts a program or speaks to systemd: accounts, unit files,
# services, a package. What it had started goes on without it, and the next run
# converges. t/torture/points.t has files, directories, links and commands.
use strict;
use warnings;
use lib 't/lab', 't/torture';
use Lab;
use Test::More;
use Torture ();
use Trace;

# strace is not in the hosts, nor are all of its libraries
my @binds = map { m{^(/\S*strace)$} || m{=> (/\S+libunwind\S*) } ?
    [$1, $1] : () } '/usr/bin/strace', split /\n/, qx(ldd /usr/bin/strace);
my $w = Torture->new('every kind');
my $host = lab_host('killed', bind => \@binds);
my ($status, $out, $err);
my %site = (a => <<'A', b => <<'B');
packages: { tree: { ensure: absent } }
users: { killed: { ensure: absent, group: killers } }
groups: { killers: { ensure: absent } }
units:
  killed.service: { ensure: absent }
  cron.service.d/limits.conf: { ensure: absent }
services: { killed: { state: stopped, enabled: false } }
files: { /etc/killed/conf: { ensure: absent } }
directories: { /etc/killed: { ensure: absent } }
links: { /etc/killed.link: { target: a } }
A
packages: { tree: }
groups: { killers: { gid: 4500 } }
users:
  killed: { uid: 4501, group: killers, groups: [adm], home: /home/killed }
directories: { /etc/killed: { owner: killed, mode: 0750 } }
files:
  /etc/killed/conf:
    { content: "one\n", group: killers, notifies: service:killed }
links: { /etc/killed.link: { target: b } }
units:
  killed.service:
    content: |
      [Service]
      ExecStart=/bin/sleep 1000000
      [Install]
      WantedBy=multi-user.target
  cron.service.d/limits.conf: { content: "[Service]\nTasksMax=200\n" }
services: { killed: { state: running, enabled: true } }
B

$host->run(qw(apt-get -qq update));
for my $v (keys %site) {
	$host->put("/srv/$v/plumb.yaml", "site: killed\n$site{$v}");
}
is(plumb('a'), 0, 'there') or diag $out, $err;
my %points;
for my $v ('b', 'a') {
	is(plumb($v, Trace::counting('/root/trace')), 0, "to $v")
	    or diag $out, $err;
	$points{$v} = [Trace::found($host->get('/root/trace'))];
	cmp_ok(scalar @{ $points{$v} }, '>', 100, 'there are many points');
}
# each other round goes there and back, over all the points
for my $n ($w->rounds(10, 2 * @{ $points{b} })) {
	$w->round($n);
	my ($from, $to) = $n % 2 ? qw(a b) : qw(b a);
	plumb($from) if $ENV{TORTURE_ONLY};
	my @points = @{ $points{$to} };
	my $point = $points[Torture::full() ? $n / 2 % @points :
	    rand @points];
	$w->note_round("killed at $point->{call} $point->{number} to $to");
	plumb($to, Trace::inject('/root/trace', $point, 'signal=KILL'));
	$w->count($status == 137 || $status < 0 ? 'kills' :
	    'runs that missed the point');
	$w->violation("it ended with $status: $err")
	    if $status > 0 && $status != 137;
	settle($to);
}
$w->done;
done_testing;

sub plumb
{
	my ($v, @before) = @_;

	($status, $out, $err) = $host->run(@before, 'plumb', 'apply', '-y',
	    '--jobs', 1, "/srv/$v");
	return $status;
}

sub settle
{
	my ($v) = @_;

	plumb($v) == 0 or $w->violation("site $v: $status: $err$out");
	my $nothing = '0 to create, 0 to update, 0 to remove, 0 to refresh';
	plumb($v) == 0 && $out =~ /^Plan: $nothing/m && !$err
	    or $w->violation("the run after: $status: $err$out");
	(undef, my $audit) = $host->run(qw(dpkg --audit));
	$w->violation("dpkg --audit: $audit") if $audit;
	(undef, my $left) = $host->run(qw(find /etc /home -xdev -name
	    *.plumb-new));
	$w->violation("left behind: $left") if $left;
	my $lines = () = ($host->get('/etc/passwd') .
	    $host->get('/etc/group')) =~ /^kille(?:d|rs):/mg;
	$w->violation("$lines accounts in $v") if $lines != 2 * ($v eq 'b');
}
