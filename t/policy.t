#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# policy.t - what a machine lets any site do: /etc/plumb/policy.yaml.

use v5.30;
use warnings;
use Cwd;
use Test::More;

use lib 't';
use Plumb;

plan skip_all => "there is no $Plumb::plumb" unless Plumb->there;

# a place with that policy and that site
sub place
{
	my ($policy, $site) = @_;
	my $place = Plumb->new;

	$place->write('root/etc/plumb/policy.yaml', $policy) if defined $policy;
	chmod 0755, "$place->{root}/etc/plumb";
	$place->site($site);
	return $place;
}

sub said
{
	my ($place, $run) = @_;

	return $run->{err} =~ s/\Q$place->{path}\E/PLACE/gr;
}

# what is refused, in words, without places
sub refused
{
	my ($policy, $site) = @_;
	my $place = place($policy, $site);
	my $run = $place->plumb('validate');
	my @said = $run->{err} =~ /refused: (.*)/g;

	is($run->{exit}, @said ? 3 : 0, $site =~ s/\n/ /gr)
	    or diag($run->{err});
	return join "\n", @said;
}

# what is expected: t/golden/NAME.says
sub golden
{
	my ($place, $name) = @_;

	return $place->text(getcwd() . "/t/golden/$name.says")
	    // die "there is no t/golden/$name.says\n";
}

subtest 'what is refused is shown with the rule and the resource' => sub {
	my $place = place(<<~'P', <<~'S');
	    # of this machine
	    paths: [/srv, /etc/nginx]
	    deny_paths: [/srv/private]
	    P
	    files:
	      /srv/a: {}
	      /srv/private/b: {}
	      /etc/motd: {}
	    S
	my $says = golden($place, 'policy');
	for (['validate'], ['plan'], ['apply', '-y'], ['drift']) {
		my $run = $place->plumb(@$_);
		is($run->{exit}, 3, "$_->[0] ends with 3");
		is(said($place, $run), $says, 'and says why');
	}
	ok(!-e "$place->{root}/srv/a", 'nothing was changed');
	my @lines = $place->plumb('plan', '--json')->lines;
	is($lines[0]{type}, 'version', 'for programs');
	is($lines[1]{rule}, 'policy');
	is($lines[1]{rule_pos}{line}, 3);
};

subtest 'paths' => sub {
	my $policy = "paths: [/srv]\n";

	is(refused($policy, "files: { /srv/a: {} }\n"), '');
	is(refused($policy, "directories: { /srv: {} }\n"), '');
	like(refused($policy, "files: { /srvx: {} }\n"), qr/'\/srvx' is below none/);
	like(refused($policy, "links: { /l: { target: /srv } }\n"),
	    qr/'\/l' is below none/, 'whatever the kind');
	like(refused("deny_paths: [/srv/a]\n",
	    "directories: { /srv: { exclusive: true } }\n"),
	    qr/changes all that is below '\/srv', and .* denies some/);
	is(refused("deny_paths: [/srv/a]\n",
	    "directories: { /srv: { mode: 0755 } }\n"), '');
	is(refused("paths: []\n", "groups: { g: {} }\n"), '');
	like(refused("paths: []\n", "files: { /a: {} }\n"), qr/is below none/);
};

subtest 'no link leads out of what is allowed' => sub {
	my $place = place("paths: [/srv]\n", "files: { /srv/out/a: {} }\n");
	mkdir "$place->{root}/srv";
	symlink '/etc', "$place->{root}/srv/out";
	my $run = $place->plumb('validate');
	is($run->{exit}, 3, 'one that is there');
	like($run->{err}, qr{'/srv/out/a', which is '/etc/a' once links});
	unlink "$place->{root}/srv/out";
	symlink '../srv/in', "$place->{root}/srv/out";
	is($place->plumb('validate')->{exit}, 0, 'one that stays inside');
	like(refused("paths: [/srv]\n", <<~'S'),
	    links: { /srv/out: { target: /etc } }
	    files: { /srv/out/a: {} }
	    S
	    qr/link:\/srv\/out: '\/srv\/out\/a' would go through this link/,
	    'one that the run would make');
};

subtest 'kinds, users, units and commands' => sub {
	like(refused("kinds: [file]\n", "groups: { g: {} }\n"),
	    qr/does not list the kind 'group' in 'kinds'/);
	my $users = "users: [www]\n";
	is(refused($users, "files: { /a: { owner: www } }\n"), '');
	like(refused($users, "files: { /a: { owner: root } }\n"),
	    qr/does not list user 'root' in 'users'/);
	like(refused($users, "users: { eve: {} }\n"), qr/user 'eve'/);
	like(refused($users, "users: { www: { name: eve } }\n"), qr/user 'eve'/,
	    'by the name that it gets');
	my $units = "units: ['nginx*', ssh]\n";
	is(refused($units, "services: { nginx: {}, nginx-debug: {}, ssh.service: {} }\n"), '');
	like(refused($units, "services: { cron: {} }\n"), qr/unit 'cron\.service'/);
	like(refused($units, "units: { cron.timer: { content: x } }\n"), qr/unit 'cron\.timer'/);
	my $none = "commands: false\n";
	for ("commands: { a: { run: ['true'] } }", "commands: { a: { shell: x } }",
	    "probes: { a: { command: ['true'] } }",
	    "files: { /a: { content: x, check: ['true', \$FILE] } }") {
		like(refused($none, "$_\n"), qr/lets sites run no commands/);
	}
	is(refused($none, "files: { /a: { content: x } }\n"), '');
	is(refused("zones: [a.test]\n", "files: { /a: {} }\n"), '');
};

subtest 'a forbidden command is not even asked whether it must run' => sub {
	my $place = place("commands: false\n", '');
	$place->site("commands: { a: { run: ['true'], unless: [touch, $place->{path}/ran] } }\n");
	is($place->plumb('plan')->{exit}, 3);
	ok(!-e $place->path('ran'), 'it did not run');
};

subtest 'what is known only later is held against it then' => sub {
	my $place = place("users: [www]\n", <<~'S');
	    files:
	      /a: { content: "root" }
	      /b: { owner: "${output('file:/a', 'content')}" }
	    S
	my $run = $place->plumb('apply', '-y');
	is($run->{exit}, 4) or diag($run->{err});
	like($run->{err}, qr/refused: file:\/b: .* user 'root'/);
	ok(!-e "$place->{root}/b", 'it was not made');
};

subtest "what is plumb's or the kernel's own is out of reach without it" => sub {
	for (['files: { /proc/x: {} }', '/proc', "the kernel's"],
	    ['files: { /sys/x: {} }', '/sys', "the kernel's"],
	    ['files: { /dev/null: {} }', '/dev', "the kernel's"],
	    ['files: { /etc/plumb/policy.yaml: {} }', '/etc/plumb', "plumb's"],
	    ['directories: { /etc: { exclusive: true } }', '/etc/plumb', "plumb's"]) {
		my ($site, $taken, $whose) = @$_;
		like(refused(undef, "$site\n"),
		    qr/no site may change '\Q$taken\E', which is \Q$whose own\E/);
	}
	my $place = Plumb->new(options => []);
	$place->site("files: { PLACE/state/journal.db: {} }\n");
	like($place->plumb('plan')->{err},
	    qr/no site may change '\Q$place->{state}\E', which is plumb's own/,
	    'the journal too');
	is(refused(undef, "sysctls: { vm.swappiness: { value: 10 } }\n"), '',
	    'but sysctl may set what it is for');
	is(refused(undef, "files: { /etc/plumber: {}, /device: {} }\n"), '');
};

subtest 'a policy that is broken stops every run' => sub {
	for (["kinds: [fil]\n", "there is no kind 'fil' (did you mean 'file'?)"],
	    ["path: [/srv]\n", "there is no attribute 'path' in the policy (did you mean 'paths'?)"],
	    ["paths: [srv]\n", "'srv' in 'paths' must be an absolute path"],
	    ["paths: [/srv/../etc]\n", "'/srv/../etc' in 'paths' must be"],
	    ["commands: 7\n", "'commands' must be true or false"],
	    ["paths: [\n", '']) {
		my ($policy, $why) = @$_;
		my $place = place($policy, "files: { /a: {} }\n");
		for my $command (['validate'], ['plan'], ['apply', '-y']) {
			my $run = $place->plumb(@$command);
			is($run->{exit}, 1, "$command->[0]: $policy");
			like(said($place, $run),
			    qr{^PLACE/root/etc/plumb/policy\.yaml:\d+:\d+: .*\Q$why\E}m);
		}
	}
};

subtest 'a policy that others can write is not trusted' => sub {
	my $policy = 'root/etc/plumb/policy.yaml';

	for (['', 0664], ['', 0646], ['/..', 0777]) {
		my ($what, $mode) = @$_;
		my $place = place("kinds: []\n", "files: { /a: {} }\n");
		my $path = $what ? "$place->{root}/etc/plumb" : $place->path($policy);
		chmod $mode, $path;
		my $run = $place->plumb('plan');
		is($run->{exit}, 1, 'refused');
		like(said($place, $run), qr/the policy is not trusted, so nothing is done: 'PLACE\/root\/etc\/plumb\S*' can be written by others/);
	}
	my $place = place(undef, "files: { /a: {} }\n");
	$place->write('root/etc/plumb/other', '');
	symlink 'other', $place->path($policy);
	is($place->plumb('plan')->{exit}, 1, 'nor is a link');
	if ($> == 0) {
		$place = place("kinds: []\n", "files: { /a: {} }\n");
		chown 65534, 65534, $place->path($policy);
		like($place->plumb('plan')->{err}, qr/must belong to root, and it belongs to user 65534/);
	}
	is(place(undef, "files: { /a: {} }\n")->plumb('plan')->{exit}, 0,
	    'without any, all goes on');
};

done_testing();
