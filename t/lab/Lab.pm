# SPDX-License-Identifier: GPL-3.0-or-later
#
# Lab.pm - real Debian hosts with real systemd, on this one machine.
#
#	use lib 't/lab';
#	use Lab;
#	my $web = lab_host('web');
#	my ($status, $out, $err) = $web->run(qw(systemctl is-active cron));
#
# A host is systemd-nspawn on an overlay above the tree that mkbase.sh made, in
# a network of its own: 10.89.0.0/24, where .1 is the test. No host sees the
# machine's network, and the machine sees none of theirs.
#
# Nothing can be left behind: `use Lab` starts the test again in its own mount
# and process namespace, where everything lives below a private /run. When the
# test ends, however it ends, the kernel takes all of it down. Two tests can
# therefore run at once.
#
# The hosts share the machine's kernel. nspawn takes from them what would reach
# it (the clock, modules, sysctls outside net); run() enters with no more.
package Lab;

use strict;
use warnings;
use Cwd qw(abs_path);
use Exporter qw(import);
use File::Basename qw(dirname);
use IPC::Open3;
use POSIX qw(:sys_wait_h);
use Symbol qw(gensym);
use Time::HiRes qw(sleep time);

our @EXPORT = qw(lab_host lab_run lab_top eventually slurp);

my $here = dirname(abs_path(__FILE__));
my $top = abs_path("$here/../..");
my $plumb = abs_path($ENV{PLUMB} // "$top/build/plumb") // '';
my $base;
my $state = '/run/lab';
my $cgroups;
my %hosts;

# What nspawn itself takes away.
my $bounds = join ',', map { "-$_" } qw(sys_time sys_module sys_rawio syslog
    wake_alarm block_suspend mac_admin mac_override ipc_lock sys_pacct bpf
    perfmon);

sub must
{
	my @command = @_;
	system(@command) == 0 or die "lab: @command: exit @{[$? >> 8]}\n";
}

sub slurp
{
	my ($path) = @_;
	open my $file, '<', $path or return;
	local $/;
	return scalar <$file>;
}

sub spew
{
	my ($path, $text) = @_;
	open my $file, '>', $path or die "lab: $path: $!\n";
	print $file $text;
	close $file or die "lab: $path: $!\n";
}

# Ask until the answer is true, for some seconds; the last answer. In a list
# of arguments: eventually(sub { ... }).
sub eventually(&;$)
{
	my ($ask, $seconds) = @_;
	my $until = time + ($seconds // 30);
	my $answer;
	sleep 0.03 until ($answer = $ask->()) || time > $until;
	return $answer;
}

# --- the laboratory ---

# In namespaces of our own; started by the first `use Lab`.
sub seclude
{
	return if $ENV{LAB_ID};
	if ($> != 0) {
		print "1..0 # SKIP lab hosts need root\n";
		exit 0;
	}
	$ENV{LAB_BASE} = `$here/mkbase.sh`;
	chomp $ENV{LAB_BASE};
	die "lab: no base to start hosts from\n" if $? || !$ENV{LAB_BASE};
	# what killed tests left
	for (map { glob "$_/plumb-lab-*" } find_cgroups()) {
		my ($name, $pid) = /(plumb-lab-(\d+))$/;
		sweep_cgroups($name) unless kill 0, $pid;
	}
	$ENV{LAB_ID} = "plumb-lab-$$";
	exec qw(setpriv --pdeathsig KILL unshare --mount --propagation private
	    --pid --fork --kill-child --mount-proc), $^X, $0, @ARGV;
}

# The cgroup2 tree, of which systemd is given a part; then systemd's own v1
# tree, if there is one beside it.
sub find_cgroups
{
	my @mounts = map { [split / /] } split /\n/, slurp('/proc/self/mounts');
	my @found = map { $_->[1] } grep { $_->[2] eq 'cgroup2' } @mounts
	    or die "lab: there is no cgroup2 on this machine\n";
	return ($found[0], map { $_->[1] } grep { $_->[2] eq 'cgroup' &&
	    $_->[3] =~ /\bname=systemd\b/ } @mounts);
}

sub sweep_cgroups
{
	my ($name) = @_;
	system "find $_ -depth -type d -exec rmdir {} + 2> /dev/null"
	    for grep { -d } map { "$_/$name" } find_cgroups();
}

sub begin
{
	$SIG{INT} = $SIG{TERM} = $SIG{HUP} = sub { exit 1 };
	$base = $ENV{LAB_BASE};
	must(qw(mount -t tmpfs -o mode=755 run /run));
	mkdir $state;
	must(qw(mount -t tmpfs -o mode=755 lab), $state);
	mkdir $_ for '/run/netns', '/run/lock';
	($cgroups) = find_cgroups();
	mkdir "$cgroups/$ENV{LAB_ID}" or die "lab: $cgroups: $!\n";
	for my $name ('switch', 'outside') {
		must(qw(ip netns add), $name);
		must(qw(ip -n), $name, qw(link set lo up));
	}
	must(qw(ip -n switch link add br0 type bridge));
	must(qw(ip -n switch link set br0 up));
	plug('outside', '10.89.0.1');
}

# A cable from the namespace to the switch. The address makes the MAC, as a
# new one for a known address would be unreachable until ARP forgets.
sub plug
{
	my ($name, $address) = @_;
	my $mac = sprintf '02:59:%02x:%02x:%02x:%02x', split /\./, $address;
	must(qw(ip link add eth0 netns), $name, 'address', $mac,
	    qw(type veth peer name), "p-$name", qw(netns switch));
	must(qw(ip -n switch link set), "p-$name", qw(master br0 up));
	must(qw(ip -n), $name, qw(addr add), "$address/24", qw(dev eth0));
	must(qw(ip -n), $name, qw(link set eth0 up));
}

# Run it and give (status, output, errors); the status is minus the signal where
# one ended it.
sub capture
{
	my ($input, @command) = @_;
	my ($in, $out, $err) = map { "$state/$_.$$" } qw(in out err);
	spew($in, $input // '');
	my $pid = fork // die "lab: fork: $!\n";
	if (!$pid) {
		open STDIN, '<', $in;
		open STDOUT, '>', $out;
		open STDERR, '>', $err;
		exec { $command[0] } @command or POSIX::_exit(127);
	}
	# A host that shuts down stops everything first, nsenter stops with
	# what it started
	kill 'CONT', $pid while waitpid($pid, WUNTRACED) == $pid &&
	    ($? & 0xff) == 0x7f;
	my $status = $? & 127 ? -($? & 127) : $? >> 8;
	return ($status, slurp($out), slurp($err));
}

# Where the repository is.
sub lab_top { return $top }

# A command on the network of the hosts, as 10.89.0.1.
sub lab_run
{
	return capture('', qw(ip netns exec outside), @_);
}

# --- a host ---

# Start the next host and wait until it is up. Options: address, bind (a list
# of [from, to]), wait => 0.
sub lab_host
{
	my ($name, %option) = @_;
	my $self = bless {
		name => $name,
		address => $option{address} // '10.89.0.' . (11 + keys %hosts),
		dir => "$state/$name",
		cgroup => "$cgroups/$ENV{LAB_ID}/$name",
		bind => $option{bind} // [],
	}, 'Lab';
	$hosts{$name} = $self;
	raise_limits() if keys %hosts == 9;
	must(qw(mkdir -p), map { "$self->{dir}/$_" } qw(upper work root));
	must(qw(mount -t overlay overlay -o), 'redirect_dir=on,xino=on,' .
	    "lowerdir=$base/root,upperdir=$self->{dir}/upper," .
	    "workdir=$self->{dir}/work", "$self->{dir}/root");
	spew($self->path('/etc/hostname'), "$name\n");
	must(qw(ssh-keygen -q -t ed25519 -N), '', '-C', "root\@$name", '-f',
	    $self->path('/etc/ssh/ssh_host_ed25519_key'));
	must(qw(ip netns add), $name);
	must(qw(ip -n), $name, qw(link set lo up));
	plug($name, $self->{address});
	$self->start;
	$self->wait if $option{wait} // 1;
	return $self;
}

# A systemd uses some ten inotify instances, of the 128 there may be.
sub raise_limits
{
	my $limit = '/proc/sys/fs/inotify/max_user_instances';
	spew($limit, "1024\n") if slurp($limit) < 1024;
}

sub name { return $_[0]{name} }
sub address { return $_[0]{address} }

# A path of the host as this test sees it; not for /run, /tmp and /dev, which
# the host mounts for itself.
sub path
{
	my ($self, $path) = @_;
	return "$self->{dir}/root$path";
}

# Switch it on; its disk is as it was.
sub start
{
	my ($self) = @_;
	mkdir $self->{cgroup} or $!{EEXIST} or die "lab: cgroup: $!\n";
	my @binds = ("--bind-ro=$base/repo:/srv/repo",
	    map { "--bind-ro=$_->[0]:$_->[1]" } @{$self->{bind}});
	push @binds, "--bind-ro=$plumb:/usr/local/bin/plumb" if -x $plumb;
	my @nspawn = (qw(systemd-nspawn --quiet --boot --register=no
	    --keep-unit --capability=CAP_NET_ADMIN --console=read-only
	    --link-journal=no --resolv-conf=off --timezone=off), @binds,
	    '-M', $self->{name}, '-D', $self->path(''),
	    "--network-namespace-path=/run/netns/$self->{name}");
	my $pid = fork // die "lab: fork: $!\n";
	if (!$pid) {
		spew("$self->{cgroup}/cgroup.procs", "$$\n");
		POSIX::setsid();
		$ENV{SYSTEMD_NSPAWN_UNIFIED_HIERARCHY} = 1;
		$ENV{SYSTEMD_NSPAWN_API_VFS_WRITABLE} = 'network';
		open STDIN, '<', '/dev/null';
		open STDOUT, '>>', "$self->{dir}/console";
		open STDERR, '>&', \*STDOUT;
		# nspawn ends with 133 where the machine in it reboots
		exec '/bin/sh', '-c', 'while :; do "$@" & echo $! > ' .
		    "$self->{dir}/nspawn; wait \$!; " .
		    '[ $? = 133 ] || exit; done', 'sh', @nspawn
		    or POSIX::_exit(127);
	}
	$self->{pid} = $pid;
}

# The host's process 1 as seen from here, or undef.
sub leader
{
	my ($self) = @_;
	my $nspawn = slurp("$self->{dir}/nspawn") // return;
	chomp $nspawn;
	my $children = slurp("/proc/$nspawn/task/$nspawn/children") // '';
	return $children =~ /^(\d+)/ ? $1 : undef;
}

# Until it has come up, which takes a second.
sub wait
{
	my ($self, $seconds) = @_;
	my ($state, $said) = ('', '');
	eventually {
		return 0 unless $self->leader;
		(undef, $state, $said) =
		    $self->run(qw(systemctl is-system-running));
		chomp $state;
		$state =~ /^(?:running|degraded)$/
	} $seconds // 60 or die "lab: $self->{name} did not come up: " .
	    "$state$said\n" . (slurp("$self->{dir}/console") // '');
	return $state;
}

# Something that differs from boot to boot.
sub boot
{
	my ($self) = @_;
	return $self->leader // 0;
}

# Run a command in it as root: (exit status, output, errors). An own cgroup
# holds it, so that crash() ends it too.
sub run
{
	my ($self, @command) = @_;
	return $self->feed('', @command);
}

# The same with something to read.
sub feed
{
	my ($self, $input, @command) = @_;
	my $leader = $self->leader or return (125, '', "host is down\n");
	return capture($input, $self->inside($leader, @command));
}

# The same, not waited for: the pid, for waitpid. Output goes to `$file`.
sub spawn
{
	my ($self, $file, @command) = @_;
	my $leader = $self->leader or die "lab: $self->{name} is down\n";
	my $pid = fork // die "lab: fork: $!\n";
	if ($pid) {
		push @{$self->{spawned}}, $pid;
		return $pid;
	}
	open STDIN, '<', '/dev/null';
	open STDOUT, '>', $file;
	open STDERR, '>&', \*STDOUT;
	exec $self->inside($leader, @command) or POSIX::_exit(127);
}

sub inside
{
	my ($self, $leader, @command) = @_;
	return ('setpriv', "--bounding-set=$bounds",
	    qw(nsenter -a -r -w -t), $leader,
	    # nsenter waits outside for what it started; both shall end together
	    qw(/usr/bin/setpriv --pdeathsig KILL /usr/bin/env -i HOME=/root
	    USER=root LC_ALL=C.UTF-8 TERM=dumb),
	    'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
	    @command);
}

# Write a file in it.
sub put
{
	my ($self, $path, $text) = @_;
	must(qw(mkdir -p), $self->path(dirname($path)));
	spew($self->path($path), $text);
}

# What is in one of its files; undef without it.
sub get
{
	my ($self, $path) = @_;
	return slurp($self->path($path));
}

# Copy a directory of the repository into it.
sub copy
{
	my ($self, $from, $to) = @_;
	must(qw(mkdir -p), $self->path($to));
	must(qw(cp -rT), "$top/$from", $self->path($to));
}

# Reboot from inside, and wait until it is up again.
sub reboot
{
	my ($self) = @_;
	my $before = $self->boot;
	my ($status, undef, $said) = $self->run(qw(systemctl reboot));
	die "lab: $self->{name}: systemctl reboot: $said\n" if $status > 0;
	$self->rebooted($before);
}

# Wait until a reboot that something else began is over.
sub rebooted
{
	my ($self, $before) = @_;
	eventually {
		# see capture()
		kill 'CONT', @{$self->{spawned} // []};
		$self->boot && $self->boot != $before
	} 60
	    or die "lab: $self->{name} did not reboot:\n" .
	    slurp("$self->{dir}/console");
	return $self->wait;
}

# Power lost: nothing in it runs any further, the disk stays.
sub crash
{
	my ($self) = @_;
	spew("$self->{cgroup}/cgroup.kill", "1\n");
	$self->gone;
}

# Shut down in order.
sub down
{
	my ($self) = @_;
	my $nspawn = slurp("$self->{dir}/nspawn") // return;
	kill 'TERM', $nspawn;
	$self->gone;
}

sub gone
{
	my ($self) = @_;
	eventually {
		kill 'CONT', @{$self->{spawned} // []};
		(slurp("$self->{cgroup}/cgroup.events") // '') !~ /populated 1/
	} 60 or die "lab: $self->{name} does not end\n";
	waitpid delete $self->{pid}, 0;
	unlink "$self->{dir}/nspawn";
	# newer nspawns mount this, and do not start while it is there
	my $export = "/run/systemd/nspawn/unix-export/$self->{name}";
	system qw(umount -l), $export if -d $export;
	sweep_cgroups("$ENV{LAB_ID}/$self->{name}");
}

# Everything has ended when the last process has; cgroups alone outlive that.
END {
	if ($cgroups) {
		my $status = $?;
		$_->crash for grep { $_->{pid} } values %hosts;
		sweep_cgroups($ENV{LAB_ID});
		$? = $status;
	}
}

seclude();
begin();
1;
