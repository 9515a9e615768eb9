#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# secret.t - secrets are set, read, and in nothing that is printed or kept.

use v5.30;
use warnings;
use File::Find;
use Test::More;

use lib 't';
use Plumb;

plan skip_all => "there is no $Plumb::plumb" unless Plumb::there;

my $place = Plumb->new;
my ($key, $other) = map { $place->path($_) } qw(key other);
my $canary = 'correct-horse-' . join '', map { int rand 10 } 1 .. 16;
my $said = '';

for my $file ($key, $other) {
	system('ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', $file) == 0
	    or die "ssh-keygen: $?\n";
}
$ENV{PLUMB_IDENTITY} = $key;

# what is said besides is kept, to be searched at the end
sub plumb
{
	my $run = $place->plumb(@_);

	$said .= $run->{out} . $run->{err};
	return $run;
}

# output and complaints together, and the exit status
sub secret
{
	my ($input, @words) = @_;
	my $file = $place->write('input', $input);
	my $all = qx($Plumb::plumb secret @words < $file 2>&1);

	unlink $file;
	$said .= $all;
	return ($all, $? >> 8);
}

$place->site("site: t\n");
subtest 'setting one' => sub {
	my ($text, $code) = secret("x\n", "set key $place->{site}");

	is($code, 1, 'not before it is said who can read it');
	like($text, qr{no '.*/secrets/recipients'.*ssh_host_ed25519_key\.pub},
	    'how is told');
	$place->write('site/secrets/recipients',
	    "# who can\n\n" . $place->text('key.pub'));
	is_deeply([secret("$canary\n", "set key $place->{site}")],
	    ["The secret 'key' is set; 1 key can read it.\n", 0], 'now it is');
	is((stat $place->path('site/secrets/key.age'))[2] & 07777, 0600,
	    'for its owner only');
	like($place->text('site/secrets/key.age'), qr/^-----BEGIN AGE/,
	    'as text');
	is(qx(age -d -i $key $place->{site}/secrets/key.age), $canary,
	    'one line is kept without its end');
	secret("a\nb\n", "set lines $place->{site}");
	is(qx(age -d -i $key $place->{site}/secrets/lines.age), "a\nb\n",
	    'of several every byte');
	like((secret('', "set key $place->{site}"))[0], qr/cannot be empty/,
	    'nothing is none');
	like((secret('x', "set ../x $place->{site}"))[0], qr/name of a secret/,
	    'no path');
	like((secret('x', "set key $place->{site} x"))[0],
	    qr/read from standard input/, 'a value is no argument');
	is(qx(age -d -i $key $place->{site}/secrets/key.age), $canary,
	    'what was refused changed nothing');
	is(join(' ', glob "$place->{site}/secrets/.[a-z]*"), '',
	    'and nothing was left');
};

subtest 'listing them' => sub {
	is((secret('', "list $place->{site}"))[0],
	    "key                     can be read here\n"
	    . "lines                   can be read here\n", 'readable');
	local $ENV{PLUMB_IDENTITY} = $other;
	like((secret('', "list --json $place->{site}"))[0],
	    qr/"name": "key", "readable": false, "error": ".*not encrypted to/,
	    'not with another key');
};

subtest 'at a terminal' => sub {
	my $ask = sub {
		my ($first, $again) = @_;
		return $place->terminal([[qr/Value of 'typed': $/,
		    "$first\n"], [qr/same again: $/, "$again\n"]],
		    'secret', 'set', 'typed');
	};
	local $place->{options} = [];
	no warnings 'redefine';
	local *Plumb::words = sub {
		my ($self, @words) = @_;
		return ($Plumb::plumb, @words, $self->{site});
	};
	my $run = $ask->($canary, $canary);

	is($run->{exit}, 0, 'asked twice');
	is(qx(age -d -i $key $place->{site}/secrets/typed.age), $canary,
	    'what was typed');
	$said .= $run->{out};
	$run = $ask->($canary, "not $canary");
	is($run->{exit}, 1, 'something else the second time');
	like($run->{out}, qr/not the same/, 'is said');
	$said .= $run->{out};
	$run = $place->terminal([[qr/Value of 'typed': $/, "abc\cC"]],
	    'secret', 'set', 'typed');
	is($run->{exit}, 8, 'interrupted');
};

subtest 'errors of secret()' => sub {
	$place->site(<<~'Y');
	files:
	  /a: { content: "${secret('kei')}" }
	Y
	like(plumb('validate')->{err}, qr/^\S+plumb.yaml:2:19: there is no secret 'kei' \(did you mean 'key'\? `plumb secret set kei`/,
	    'no such secret');
	$place->site(<<~'Y');
	files:
	  /a: { content: "${secret('key')}" }
	Y
	{
		local $ENV{PLUMB_IDENTITY} = $other;
		like(plumb('validate')->{err},
		    qr/secret 'key': it is not encrypted to any key that was tried \(\Q$other\E\)/,
		    'no key opens it');
	}
	my %refused = (
		'commands: { x: { run: [echo, "${secret(\'key\')}"] } }' =>
		    qr/'run' cannot hold a secret.*only 'input' can/,
		'commands: { x: { shell: "echo ${k}" } }' =>
		    qr/'shell' cannot hold a secret/,
		'commands: { x: { run: [env], environment: { A: "${k}" } } }' =>
		    qr/'environment' cannot hold a secret/,
		'files: { /a: { content: x, mode: "${k}" } }' =>
		    qr/'mode' cannot hold a secret.*only 'content' can/,
		'files: { /a: { source: "${k}" } }' =>
		    qr/'source' cannot hold a secret/,
		'files: { /a: { content: x, requires: "${k}" } }' =>
		    qr/'requires' cannot hold a secret/,
		'files: { "/${k}": { content: x } }' => qr/and no secret/,
		'sysctls: { kernel.hostname: { value: "${k}" } }' =>
		    qr/'value' cannot hold a secret/,
		'packages: ["${k}"]' => qr/a name cannot be a secret/,
		'files: { /a: { for_each: "{k}", source: "${it}" } }' =>
		    qr/'source' cannot hold a secret/,
	);
	for my $yaml (sort keys %refused) {
		$place->site("variables: { k: \"\${secret('key')}\" }\n$yaml\n");
		my $run = plumb('validate');
		is($run->{exit}, 1, $yaml);
		like($run->{err}, $refused{$yaml}, 'is refused');
	}
};

my $yaml = <<~'Y';
variables: { k: "${secret('key')}" }
files:
  /plain: { content: "${secret('key')}\n", mode: 0600 }
  /variable: { content: "k=${k}", mode: 0600 }
  /template: { template: t, mode: 0600 }
  /copy: { content: "${output('file:/plain', 'content')}", mode: 0600 }
Y
my %want = (plain => "$canary\n", variable => "k=$canary",
    template => "a\n$canary$canary\n", copy => "$canary\n");

subtest 'files that hold one' => sub {
	$place->write('site/templates/t', "a\n\${k}\${secret('key')}\n");
	$place->site($yaml);
	my $plan = plumb('plan')->{out};
	is(() = $plan =~ /content: \((?:sensitive|known after apply)\)/g, 4,
	    'a plan hides them')
	    or diag($plan);
	is(plumb('apply', '-y')->{exit}, 0, 'applied');
	is_deeply({ map { $_ => $place->text("root/$_") } keys %want }, \%want,
	    'they are what they should be');
	is((stat $place->path("root/$_"))[2] & 07777, 0600, "$_ is private")
	    for sort keys %want;
	like(plumb('plan')->{out}, qr/^Everything is as/, 'nothing is left');
	$place->write("root/$_", $want{$_} . "by hand\n") for keys %want;
	my $drift = plumb('drift');
	is($drift->{exit}, 2, 'a change by hand is drift');
	unlike($drift->{out}, qr/by hand/, 'which is not shown');
	plumb($_, '--json') for qw(plan drift);
	is(plumb('apply', '-y', '--json')->{exit}, 0, 'and is put right');
	is($place->text('root/template'), $want{template}, 'indeed');
};

subtest 'what was one stays one until it is gone' => sub {
	$place->site($yaml =~ s/template: t/content: "open\\n"/r
	    =~ s/^  .variable.*\n//mr);
	like(plumb('plan')->{out}, qr/content: \(sensitive\)/,
	    'what was there is not shown');
	is(plumb('apply', '-y')->{exit}, 0, 'it is replaced');
	is($place->text('root/template'), "open\n", 'by what is open');
	$place->site($yaml =~ s/template: t/content: "shut\\n"/r
	    =~ s/^  .variable.*\n/  \/variable: { ensure: absent }\n/mr);
	like(plumb('plan')->{out}, qr/-open\n\s+\+shut/, 'which is shown');
	is(plumb('apply', '-y')->{exit}, 0, 'one is removed');
};

subtest 'a program gets one on its standard input' => sub {
	local $place->{options} = [];
	my $log = $place->path('log');
	$place->write('seen', <<~"SH");
	#!/bin/sh
	cat > $log
	tr '\\0' '\\n' < /proc/\$\$/environ > $log.environ
	tr '\\0' '\\n' < /proc/\$\$/cmdline > $log.cmdline
	cat $log >&2
	test ! -e $log.fail
	SH
	chmod 0755, $place->path('seen');
	$place->site(<<~'Y');
	commands:
	  give: { run: [PLACE/seen], input: "${secret('key')}" }
	Y
	is(plumb('apply', '-y')->{exit}, 0, 'it is run');
	is($place->text('log'), $canary, 'it was given');
	unlike($place->text("log.$_"), qr/\Q$canary\E/, "not by its $_")
	    for qw(environ cmdline);
	$place->write('log.fail', '');
	is(plumb('apply', '-y')->{exit}, 4, 'what it says when it fails');
};

subtest 'it is nowhere else' => sub {
	my @places;

	plumb($_) for qw(history graph);
	plumb('show', $_) for 1 .. 5, map { "file:/$_" } keys %want;
	plumb('why', "file:/$_") for qw(plain template);
	unlike($said, qr/\Q$canary\E/, 'in nothing that was said');
	unlink $place->path('log');
	find({ no_chdir => 1, wanted => sub {
		push @places, $_ if -f && !m{^\Q$place->{path}\E/root/}
		    && ($place->text($_) // '') =~ /\Q$canary\E/;
	} }, $place->{path});
	is("@places", '', 'in no file but those it is for');
};
done_testing;
