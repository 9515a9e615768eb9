#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# secrets.t - after runs with a secret that were killed at any instant, and
# after all other tests: the secret is in the files that asked for it, and
# nowhere else. Not in the journal, what was said, an argument vector, an
# environment, a core, or anything else that the tests left.

use v5.30;
use warnings;
use lib 't/torture';
use Test::More;
use Time::HiRes qw(sleep);
use Torture;

Torture::need('whole');
my $w = Torture->new('secrets');
my $key = "$w->{path}/identity";
my @canaries = map { "torture-horse-$_-" . join '',
    map { int rand 10 } 1 .. 16 } 'a', 'b';
my $build = $ENV{B} // 'build';

plan skip_all => 'there is no age' unless grep { -x "$_/age" }
    split /:/, $ENV{PATH};
system('ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', $key) == 0
    or die "ssh-keygen: $?\n";
$ENV{PLUMB_IDENTITY} = $key;
for my $v ('a', 'b') {
	spew("$w->{path}/$v/plumb.yaml", site($v));
	spew("$w->{path}/$v/secrets/recipients", slurp("$key.pub"));
	spew("$w->{path}/value", "$canaries[$v eq 'b']\n");
	system("$Torture::plumb secret set key $w->{path}/$v " .
	    "< $w->{path}/value > /dev/null") == 0 or die "secret: $?\n";
	unlink "$w->{path}/value";
}
mkdir $w->{tree};
$w->{apart} = 1;
$w->well('a');
is(slurp("$w->{tree}/file"), "it is $canaries[0]\n", 'it is where it shall be');
for my $n ($w->rounds(40, 1000)) {
	$w->round($n);
	my $to = $n % 2 ? 'b' : 'a';
	my $run = $w->begin($w->words($to, '-v'));
	sleep rand 0.05;
	look_at($run->{pid});
	kill KILL => $run->{pid};
	$w->finish($run);
	$w->count('kills') if $run->{killed};
	search($w->{path}) if $n % 20 == 0;
	$w->well($to);
}
search($w->{path});
# what other tests left, and their canaries
search($build, 'correct-horse-[0-9]{16}');
search($_) for grep { -f } glob('core core.* /core /core.* t/core*');
$w->done;
done_testing;

# a secret in a file, given to a program, and in what a program says
sub site
{
	my ($v) = @_;
	my $p = $w->{tree};

	return <<~"Y";
	    files:
	      $p/file: { content: "it is \${secret('key')}\\n", mode: 0600, notifies: command:after }
	      $p/other: { content: "$v" }
	    commands:
	      given: { run: [sh, -c, "cat > $p/given.new; mv $p/given.new $p/given-$v"], input: "\${secret('key')}", creates: $p/given-$v }
	      after: { run: [cat, $p/file], refresh_only: true }
	      fails: { run: [sh, -c, "cat; exit 0"], input: "\${secret('key')}" }
	    Y
}

# its own words and environment, and those of what it started
sub look_at
{
	my ($pid) = @_;

	for my $dir (grep { -e } map { "/proc/$_" } $pid, children($pid)) {
		for (map { slurp("$dir/$_") // '' } qw(cmdline environ)) {
			$w->violation("it is in $dir") if holds($_);
		}
	}
}

sub children
{
	my ($pid) = @_;

	return split ' ', slurp("/proc/$pid/task/$pid/children") // '';
}

sub holds
{
	my ($text) = @_;

	return grep { index($text, $_) >= 0 } @canaries;
}

sub search
{
	my ($where, $more) = @_;
	my @words = map { ('-e', $_) } @canaries, $more // ();

	for (split /\n/, qx(grep -rlaE @words $where 2> /dev/null)) {
		# where it was asked for, staged by a run that was killed too
		next if m{^\Q$w->{tree}\E/(?:file|\.file\.plumb-new|given.*)$};
		$w->violation("it is in $_");
	}
}
