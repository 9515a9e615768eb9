#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# adopt.t - what is there becomes a site, below --root: the plan after it is
# empty, nothing that was in the site is touched, and no secret is taken. The
# kinds that need a whole Debian are in t/lab/adopt.t.

use v5.30;
use warnings;
use lib 't';
use Plumb;
use File::Find 'find';
use File::Path 'make_path';
use Test::More;

plan skip_all => "there is no $Plumb::plumb" unless Plumb::there;
plan skip_all => 'owners are only root\'s to give' if $>;

# every path below a directory with what it is
sub below
{
	my ($path) = @_;
	my %found;

	find({ no_chdir => 1, wanted => sub {
		my $name = substr $_, length $path;
		$found{$name} = -l ? 'link ' . readlink : -d _ ? 'directory' :
		    slurp($_);
	} }, $path);
	return \%found;
}

sub slurp
{
	open my $file, '<:raw', $_[0] or return undef;
	local $/ = undef;
	return scalar <$file> // '';
}

sub empty_site
{
	my ($place) = @_;

	system 'rm', '-rf', $place->{site};
	mkdir $place->{site};
	$place->site("site: adopted\n");
}

sub plan_is_empty
{
	my ($place, $what) = @_;
	my $run = $place->plumb('plan', '--detailed-exitcode');

	is($run->{exit}, 0, "$what: the plan is empty")
	    or diag $run->{out}, $run->{err}, $place->text('site/adopted.yaml');
}

# Apply an example, adopt all that it declared into a site that knows nothing.
for my $case (
	[file => qw(file:/etc/motd file:/etc/issue.net file:/etc/administrators
	    file:/etc/local.conf)],
	[directory => qw(directory:/srv directory:/srv/snippets
	    file:/srv/snippets/greeting)],
	[link => qw(link:/srv/current link:/srv/manual directory:/srv/releases
	    directory:/srv/releases/1.4 directory:/srv)],
	[sysctl => qw(sysctl:net.ipv4.ip_forward sysctl:net.ipv4.tcp_rmem
	    file:/etc/sysctl.d/90-loopback.conf)],
) {
	my ($example, @addresses) = @$case;
	subtest "the example of $example" => sub {
		my $place = Plumb->new;
		my @without = $example eq 'directory' ? (qw(--exclude
		    directory:/srv/share --exclude group:editors)) : ();

		system 'cp', '-a', "examples/$example/.", $place->{site};
		make_path(map { $place->path("root/$_") }
		    qw(etc/sysctl.d srv));
		my $run = $place->plumb('apply', '-y', @without);
		is($run->{exit}, 0, 'is applied') or diag $run->{err};
		empty_site($place);
		system 'rm', '-rf', $place->{state};
		my $before = below($place->{root});
		$run = $place->plumb('adopt', @addresses);
		is($run->{exit}, 0, 'is adopted') or diag $run->{err};
		is($run->{err}, '', 'nothing is complained of');
		like($run->{out}, qr/^  \Q$_\E$/m, $_) for @addresses;
		is_deeply(below($place->{root}), $before,
		    'nothing is changed on the host');
		plan_is_empty($place, $example);
		my $was = below($place->{root});
		is($place->plumb('apply', '-y')->{exit}, 0, 'and applied');
		is_deeply(below($place->{root}), $was, 'to no effect');
	};
}

subtest 'content, whatever its bytes' => sub {
	my $place = Plumb->new;
	my %content = (
		expression => "a \${b} \$\${c} \$ {\n", none => '',
		newline => "\n", newlines => "\n\n\n", open => "a\nb",
		closed => "a\nb\n", more => "a\n\n\n", tabs => "\ta\n\tb\n",
		blanks => "  a\nb  \n   \n", dos => "a\r\nb\r\n",
		binary => join('', map chr, 0 .. 255), latin => "\xe4\n",
		utf8 => "\xc3\xa4\xe2\x82\xac\n", number => '0644',
		word => 'yes', yaml => "- a: b\n---\n# c\n",
		long => "line\n" x 3000, wide => 'x' x 3000,
		huge => 'y' x (3 << 20), odd => "a\xe2\x80\xa8b\n",
		escape => "\e[31m\n", quoted => q("'\\),
	);

	empty_site($place);
	$place->write("root/etc/$_", $content{$_}) for keys %content;
	$place->write("root/etc/na me: \${x} #1", "name\n");
	my @names = (keys %content, "na me: \${x} #1");
	my $run = $place->plumb('adopt', map { "file:/etc/$_" } @names);
	is($run->{exit}, 0, 'is adopted') or diag $run->{err};
	plan_is_empty($place, 'content');
	my $yaml = $place->text('site/adopted.yaml');
	like($yaml, qr/^# yaml-language-server: \$schema=/, 'for editors');
	like($yaml, qr/^# What was there.*\d{4}-\d\d-\d\dT/m, 'when');
	like($yaml, qr/^# on the tree below \Q$place->{root}\E\./m, 'where');
	cmp_ok(length $yaml, '<', 10000, 'what is long is elsewhere');
	unlink $place->path("root/etc/$_") for @names;
	is($place->plumb('apply', '-y')->{exit}, 0, 'all of it is made anew');
	is(slurp($place->path("root/etc/$_")), $content{$_} // "name\n",
	    "$_ as it was") for @names;
};

subtest 'a copy is not for more eyes than what it is of' => sub {
	my $place = Plumb->new;

	empty_site($place);
	chmod 0640, $place->write('root/etc/half', "half\n");
	chmod 0644, $place->write('root/etc/open', "open\n");
	is($place->plumb('adopt', 'file:/etc/half', 'file:/etc/open')->{exit},
	    0, 'both are adopted');
	unlike($place->text('site/adopted.yaml'), qr/^ +half$/m, 'not in the YAML');
	is((stat $place->path('site/files/etc/half'))[2] & 0777, 0600,
	    'a file for the owner');
	plan_is_empty($place, 'modes');
};

subtest 'what is in the site stays' => sub {
	my $place = Plumb->new;

	empty_site($place);
	$place->write("root/etc/$_", "$_\n") for qw(a b c);
	$place->write('root/etc/big', "big\n" x 2000);
	$place->write('site/files/etc/big', "mine\n");
	$place->write('site/adopted-2.yaml', "# mine\n");
	is($place->plumb('adopt', 'file:/etc/a')->{exit}, 0, 'adopted.yaml');
	my $before = below($place->{site});
	my $run = $place->plumb('adopt', 'file:/etc/a', 'file:/etc/b');
	is($run->{exit}, 1, 'what is declared is refused');
	like($run->{err}, qr{adopted\.yaml:\d+:3: 'file:/etc/a' is declared},
	    'with its place');
	is_deeply(below($place->{site}), $before, 'nothing is written');
	$run = $place->plumb('adopt', 'file:/etc/b', 'file:/etc/big');
	is($run->{exit}, 0, 'the next one') or diag $run->{err};
	my $after = below($place->{site});
	is($after->{$_}, $before->{$_}, "$_ stays") for keys %$before;
	like($after->{'/adopted-3.yaml'}, qr{source: etc/big-2$}m,
	    'in a file of its own, with a copy under another name');
	$run = $place->plumb('adopt', 'file:/etc/c', '-o',
	    "$place->{site}/etc-c.yaml");
	is($run->{exit}, 0, 'with -o') or diag $run->{err};
	like($place->text('site/etc-c.yaml'), qr/c$/m, 'there');
	plan_is_empty($place, 'all of them');
	$place->write('root/etc/d', "d\n");
	for my $name ("$place->{site}/etc-c.yaml", "$place->{site}/x.yml",
	    "$place->{site}/files/x.yaml", "$place->{path}/x.yaml",
	    "$place->{site}/.x.yaml", "$place->{site}/no/x.yaml") {
		my $had = below($place->{path});
		$run = $place->plumb('adopt', 'file:/etc/d', '-o', $name);
		is($run->{exit}, 1, "not $name");
		my $has = below($place->{path});
		delete @$has{grep m{^/(?:out|err)\.}, keys %$has};
		delete @$had{grep m{^/(?:out|err)\.}, keys %$had};
		is_deeply($has, $had, 'nothing is written');
	}
};

subtest 'what is refused' => sub {
	my $place = Plumb->new;
	my $key = "-----BEGIN OPENSSH PRIVATE KEY-----\nQUJD\n";

	empty_site($place);
	$place->write('root/etc/fine', "fine\n");
	$place->write('root/etc/ssl/key.pem', $key);
	$place->write('root/etc/shadow', "root:\$6\$abc:1::::::\n");
	$place->write('root/etc/age', "AGE-SECRET-KEY-1ABC\n");
	$place->write('root/etc/sysctl.d/60-plumb-vm.swappiness.conf',
	    "vm.swappiness=1\n");
	my $before = below($place->{site});
	for my $case (
		['file:/etc/ssl/key.pem', qr/private key.*plumb secret set/],
		['file:/etc/age', qr/private key/],
		['file:/etc/shadow', qr/secrets.*plumb secret set/],
		['file:/etc/none', qr/is not there/],
		['link:/etc/fine', qr/is a file, not a link/],
		['directory:/etc/fine', qr/is a file, not a directory/],
		['fil:/etc/fine', qr{did you mean 'file:/etc/fine'}],
		['file:', qr/must be KIND:NAME/],
		['file:etc/fine', qr/absolute path/],
		["file:/etc/\e[1m", qr/not text that can be declared/],
		['probe:x', qr/no state of its own/],
		['command:x', qr/no state of its own/],
		['requirement:x', qr/no state of its own/],
		['user:nobody-here', qr/is not there/],
		['unit:../x', qr/is not there|not the name/],
		['sysctl:vm.swappiness', qr/as file:/],
	) {
		my ($address, $says) = @$case;
		my $run = $place->plumb('adopt', 'file:/etc/fine', $address);
		my $name = $address =~ s/\e/\\e/r;

		is($run->{exit}, 1, "$name is not adopted");
		like($run->{err}, $says, "$name: why");
		unlike($run->{err} . $run->{out}, qr/QUJD|\$6\$|\e/,
		    'nothing of it is shown');
		is_deeply(below($place->{site}), $before,
		    'and nothing else is either');
	}
	my $run = $place->plumb('adopt');
	is($run->{exit}, 1, 'nothing asked for');
	like($run->{err}, qr/needs what to adopt/, 'is said');
	$run = $place->plumb('adopt', '--all', 'file:/etc/fine');
	like($run->{err}, qr/exclude each other/, '--all and an address');
};

subtest 'what cannot be together is taken back' => sub {
	my $place = Plumb->new;

	$place->write('root/etc/sysctl.d/x.conf', "a = 1\n");
	$place->site(<<~'Y');
		sysctls: { vm.swappiness: { value: 1, file: /etc/sysctl.d/x.conf } }
		Y
	my $before = below($place->{site});
	my $run = $place->plumb('adopt', 'file:/etc/sysctl.d/x.conf');
	is($run->{exit}, 1, 'the site would be wrong');
	like($run->{err}, qr{plumb\.yaml:1:}, 'the other one is named');
	like($run->{err}, qr/nothing was written/, 'and that nothing is left');
	is_deeply(below($place->{site}), $before, 'so it is');
};

subtest 'people' => sub {
	my $place = Plumb->new;

	empty_site($place);
	$place->write('root/etc/passwd', <<~'P');
		root:x:0:0:root:/root:/bin/bash
		www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin
		postgres:x:110:110:PostgreSQL,,,:/var/lib/postgresql:/bin/bash
		anna:x:1000:1000:Anna: :/home/anna:/bin/bash
		bert:x:1001:100:Bert von nebenan,,,:/home/bert:/bin/zsh
		P
	$place->write('root/etc/group', <<~'P');
		root:x:0:
		adm:x:4:anna,bert
		users:x:100:
		postgres:x:110:
		anna:x:1000:
		deployers:x:1002:anna
		P
	$place->write('root/etc/shadow',
	    "anna:\$6\$salt\$hash:1::::::\nbert:!:1::::::\n");
	my $run = $place->plumb('adopt', '--all');
	is($run->{exit}, 0, 'are adopted') or diag $run->{err};
	my $yaml = $place->text('site/adopted.yaml');
	like($yaml, qr/^  deployers:\n    gid: 1002\n/m, 'a group');
	like($yaml, qr/^  bert:\n    uid: 1001\n    group: users\n    groups: \[adm\]\n.*    locked: true\n/ms, 'a user');
	like($yaml, qr/^  postgres:\n    uid: 110\n.*    system: true\n/ms,
	    'one of the system that logs in');
	unlike($yaml, qr/www-data|^  root:|hash|\$6/m, 'no others, no password');
	plan_is_empty($place, 'people');
	$run = $place->plumb('adopt', '--all');
	like($run->{out}, qr/^There is nothing to adopt\.$/m, 'once');
	is($run->{exit}, 0, 'which is fine');
	my $bert = Plumb->new(root => $place->{root});
	$bert->{options} = ['--root', $place->{root}];
	empty_site($bert);
	is($bert->plumb(qw(adopt user:bert group:adm user:anna
	    group:deployers))->{exit}, 0, 'by name as well');
	plan_is_empty($bert, 'by name');
};

subtest 'all of /etc that somebody wrote' => sub {
	my $place = Plumb->new;
	my %there = (
		'app/app.conf' => "port = 1\n", 'fstab' => "# none\n",
		'hostname' => "h\n", 'machine-id' => "0\n", 'mtab' => "x\n",
		'app/app.conf~' => "port = 0\n", 'app.conf.dpkg-old' => "x\n",
		'ssl/certs/a.pem' => "x\n", 'alternatives/x' => "x\n",
		'ssh/ssh_host_rsa_key.pub' => "x\n", '.git/config' => "x\n",
		'systemd/system/my.service' => "[Service]\nExecStart=/x\n",
		'systemd/system/cron.service.d/my.conf' => "[Service]\n",
		'systemd/system/odd.name' => "odd\n",
		'sysctl.d/60-plumb-vm.swappiness.conf' =>
		    "# by plumb: sysctl:vm.swappiness\nvm.swappiness = 1\n",
		'sysctl.d/local.conf' => "vm.swappiness = 1\n",
		'secret' => "password = x\n", 'tls.pem' =>
		    "-----BEGIN RSA PRIVATE KEY-----\nQUJD\n",
		'sudoers.d/anna' => "anna ALL=(ALL) ALL\n",
	);
	empty_site($place);
	$place->write("root/etc/$_", $there{$_}) for keys %there;
	chmod 0600, $place->path('root/etc/secret');
	chmod 0440, $place->path('root/etc/sudoers.d/anna');
	symlink 'app/app.conf', $place->path('root/etc/app.link');
	my $run = $place->plumb('adopt', '--all', '-v');
	is($run->{exit}, 0, 'is adopted') or diag $run->{err};
	my ($took, $left) = split /^Left out:$/m, $run->{out};
	my @took = $took =~ /^  (\w+:\S+)$/mg;
	my %took = map { $_ => 1 } @took;
	ok($took{$_}, "$_ is taken") for qw(directory:/etc/app
	    file:/etc/app/app.conf file:/etc/fstab file:/etc/sudoers.d/anna
	    file:/etc/sysctl.d/local.conf file:/etc/systemd/system/odd.name
	    link:/etc/app.link sysctl:vm.swappiness
	    unit:cron.service.d/my.conf unit:my.service);
	like($left, qr{^\s+(?:file:)?/etc/\Q$_\E(?:$|:)}m, "$_ is left out") for
	    qw(hostname machine-id mtab app/app.conf~ app.conf.dpkg-old
	    ssl/certs alternatives ssh/ssh_host_rsa_key.pub .git secret
	    tls.pem);
	is(scalar(grep m{secret|tls|host|mtab|git}, @took), 0, 'not taken');
	unlike(join('', values %{ below($place->{site}) }), qr/QUJD|password/,
	    'no secret is in the site');
	plan_is_empty($place, '/etc');
};

done_testing;
