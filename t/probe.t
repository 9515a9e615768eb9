#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# probe.t - what waits for a server begins when it answers: with a real knotd
# on loopback.

use v5.30;
use warnings;
use Cwd 'getcwd';
use File::Temp 'tempdir';
use IO::Socket::INET;
use Test::More;

my $plumb = $ENV{PLUMB} // getcwd() . '/' . ($ENV{B} // 'build') . '/plumb';

plan skip_all => "there is no $plumb" unless -x $plumb;
plan skip_all => 'knotd is not installed' unless -x '/usr/sbin/knotd';

my $folder = tempdir(CLEANUP => 1);
my $root = "$folder/root";
my $knotd;

mkdir "$folder/$_" for qw(root root/etc run db site);
write_file('root/etc/passwd', "root:x:0:0:root:/root:/bin/sh\n");
write_file('root/etc/group', "root:x:0:\n");

# a port that is free for both protocols
sub free_port
{
	for (1 .. 100) {
		my $tcp = IO::Socket::INET->new(Listen => 1,
		    LocalAddr => '127.0.0.1', LocalPort => 0) or next;
		my $udp = IO::Socket::INET->new(Proto => 'udp',
		    LocalAddr => '127.0.0.1', LocalPort => $tcp->sockport)
		    or next;
		return $tcp->sockport;
	}
	die 'no port is free';
}

my $port = free_port();

sub write_file
{
	my ($name, $text) = @_;

	open my $file, '>', "$folder/$name" or die "$name: $!";
	print $file $text;
	close $file or die "$name: $!";
}

sub text
{
	my ($name) = @_;

	open my $file, '<', "$folder/$name" or return '';
	local $/ = undef;
	return scalar <$file> // '';
}

sub start
{
	my ($log, @words) = @_;
	my $pid = fork // die "fork: $!";

	return $pid if $pid;
	open STDOUT, '>', "$folder/$log";
	open STDERR, '>&', \*STDOUT;
	exec @words or die "$words[0]: $!";
}

sub serve
{
	my (@addresses) = @_;

	write_file('zone', join "\n", '$ORIGIN contoso.test.', '$TTL 60',
	    '@ SOA ns admin 1 3600 600 86400 60', '@ NS ns', 'ns A 127.0.0.1',
	    (map { "www A $_" } @addresses),
	    '_sip._tcp SRV 0 0 5061 Pool1', '@ TXT "v=spf1 -all"',
	    (map { "many A 10.9.0.$_" } 1 .. 200), '');
	write_file('knot.conf', <<"EOT");
server:
    rundir: "$folder/run"
    listen: 127.0.0.1\@$port
database:
    storage: "$folder/db"
zone:
  - domain: contoso.test
    storage: "$folder"
    file: zone
EOT
	$knotd = start('knotd.log', 'knotd', '-c', "$folder/knot.conf");
}

sub stop
{
	kill 'KILL', $knotd or return;
	waitpid $knotd, 0;
	undef $knotd;
}

sub site
{
	my ($probes) = @_;

	write_file('site/plumb.yaml', <<"EOT");
site: probe
variables: { server: "127.0.0.1:$port" }
probes:
$probes
files:
  /etc/live: { content: "yes\\n", requires: probe:name }
EOT
}

sub plumb
{
	my ($command, @words) = @_;

	return ('timeout', 60, $plumb, $command, "$folder/site",
	    '--state', "$folder/state", '--root', $root, @words);
}

sub finish
{
	my ($pid) = @_;

	waitpid $pid, 0;
	return $? >> 8;
}

END {
	my $status = $?;
	stop() if $knotd;
	$? = $status;
}

subtest 'nobody answers: what waits for it is not begun' => sub {
	site(<<'EOT');
  name: { dns: www.contoso.test, server: "${server}", within: 1s,
    every: 100ms }
EOT
	is finish(start('log', plumb('apply', '-y'))), 4, 'some failed';
	like text('log'), qr/probe:name: dns www\.contoso\.test is not healthy after 1\.0 s: connection refused/;
	ok !-e "$root/etc/live", 'the file is not there';
};

subtest 'it begins as soon as the server answers' => sub {
	site(<<'EOT');
  name: { dns: www.contoso.test, server: "${server}",
    expect: [10.0.0.2], within: 50s, every: 50ms }
EOT
	my $apply = start('log', plumb('apply', '-y'));
	serve('10.0.0.1', '10.0.0.2');
	is finish($apply), 0 or diag text('log'), text('knotd.log');
	is text('root/etc/live'), "yes\n";
	is finish(start('log', plumb('plan', '--detailed-exitcode'))), 0,
	    'and nothing is left to do' or diag text('log');
};

subtest 'all types are compared as the server says them' => sub {
	site(<<'EOT');
  name: { dns: www.contoso.test, server: "${server}" }
  service: { dns: _sip._tcp.contoso.test, type: SRV, server: "${server}",
    expect: [0 0 5061 pool1.contoso.test] }
  text: { dns: contoso.test, type: TXT, server: "${server}",
    expect: [v=spf1 -all] }
  # larger than a datagram: asked again by TCP
  many: { dns: many.contoso.test, server: "${server}",
    expect: [10.9.0.1, 10.9.0.200] }
  port: { tcp: "${server}" }
EOT
	is finish(start('log', plumb('plan', '--detailed-exitcode'))), 0
	    or diag text('log');
};

subtest 'an answer that is not the one expected is shown' => sub {
	site(<<'EOT');
  name: { dns: www.contoso.test, server: "${server}",
    expect: [10.0.0.3], within: 1s, every: 100ms }
  none: { dns: none.contoso.test, server: "${server}", within: 1s }
  other: { dns: www.fabrikam.test, server: "${server}", within: 1s }
EOT
	is finish(start('log', plumb('apply', '-y'))), 4;
	like text('log'), qr/after 1\.0 s: A is 10\.0\.0\.1, 10\.0\.0\.2, expected 10\.0\.0\.3$/m;
	like text('log'), qr/probe:none: .*: the server says NXDOMAIN$/m;
	like text('log'), qr/probe:other: .*: the server says REFUSED$/m;
};

subtest 'a server that hangs is not waited for longer than asked' => sub {
	site(<<'EOT');
  name: { dns: www.contoso.test, server: "${server}", within: 1s }
EOT
	kill 'STOP', $knotd;
	my $begin = time;
	is finish(start('log', plumb('apply', '-y'))), 4;
	cmp_ok time - $begin, '<', 20;
	like text('log'), qr/not healthy after 1\.0 s: no answer within /;
	kill 'CONT', $knotd;
	stop();
};

done_testing;
