#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# file.t - files as plumb really makes them: content, owners, checkers.

use v5.30;
use warnings;
use Cwd 'getcwd';
use File::Temp 'tempdir';
use Test::More;

my $plumb = $ENV{PLUMB} // getcwd() . '/' . ($ENV{B} // 'build') . '/plumb';

plan skip_all => "there is no $plumb" unless -x $plumb;

# each test has a folder of its own: site/ is the site, there/ is worked on
my $folder;

sub folder
{
	$folder = tempdir(CLEANUP => 1);
	mkdir "$folder/$_" or die "$folder/$_: $!\n"
	    for qw(site site/files there);
	return "$folder/there";
}

sub put
{
	my ($path, $text) = @_;

	open my $file, '>', $path or die "$path: $!\n";
	print $file $text;
	close $file or die "$path: $!\n";
}

sub text
{
	my ($path) = @_;

	open my $file, '<', $path or return undef;
	local $/ = undef;
	return scalar <$file> // '';
}

# the names that are there, joined by blanks
sub names
{
	opendir my $d, "$folder/there" or die "$folder/there: $!\n";
	return join ' ', sort grep { !/^\.\.?$/ } readdir $d;
}

# the site's files, then a command; what it says and its exit status
sub plumb
{
	my ($command, $files) = @_;
	my @words = $command eq 'apply' ? ('-y') : ('--detailed-exitcode');

	put("$folder/site/plumb.yaml", "site: test\nfiles:\n"
	    . $files =~ s/^/  /gmr);
	open my $run, '-|', 'sh', '-c', 'exec 2>&1; exec timeout 60 "$@"', 'sh',
	    $plumb, $command, @words, '--state', "$folder/state",
	    "$folder/site" or die "sh: $!\n";
	local $/ = undef;
	my $said = <$run> // '';
	close $run;
	return ($said, $? >> 8);
}

# applied, and then nothing is left to do
sub settled
{
	my ($files, $what) = @_;
	my ($said, $status) = plumb('apply', $files);

	is($status, 0, $what) or diag($said);
	($said, $status) = plumb('plan', $files);
	is($status, 0, "$what, and stays so") or diag($said);
}

sub mode
{
	my ($path) = @_;

	return sprintf '%04o', (stat $path)[2] & 07777;
}

subtest 'a new file has its content and mode' => sub {
	my $there = folder();

	umask 077;
	settled("$there/a: { content: \"one\\n\" }\n"
	    . "$there/b: { content: '', mode: 0600 }\n"
	    . "$there/c: {}\n", 'made');
	is(text("$there/a"), "one\n", 'content');
	is(mode("$there/a"), '0644', '0644 by itself, whatever umask is');
	is(mode("$there/b"), '0600', 'mode as given');
	is(text("$there/c"), '', 'nothing is said: an empty file');
	is(names(), 'a b c', 'and nothing else is there');
};

subtest 'what is not given is left alone' => sub {
	my $there = folder();

	put("$there/a", "old\n");
	chmod 0604, "$there/a";
	settled("$there/a: { content: \"new\\n\" }\n", 'new content');
	is(mode("$there/a"), '0604', 'the mode is as it was');
	settled("$there/a: { mode: 0640 }\n", 'a new mode');
	is(text("$there/a"), "new\n", 'the content is as it was');
};

subtest 'a directory that is missing is named' => sub {
	my $there = folder();
	my ($said, $status) = plumb('apply',
	    "$there/not/here/a: { content: hello }\n");
	is($status, 4, 'it cannot be made');
	like($said, qr{there is no directory '$there/not/here'; declare it},
	    'for want of that');
};

subtest 'content that its checker refuses does not go live' => sub {
	my $there = folder();
	my $check = 'check: [sh, -c, \'grep -q good "$1" || '
	    . '{ echo line 1 is bad >&2; exit 3; }\', sh, $FILE]';

	settled("$there/a: { content: good one, $check }\n", 'accepted');
	my ($said, $status) = plumb('apply',
	    "$there/a: { content: evil, $check }\n");
	is($status, 4, 'refused');
	like($said, qr/line 1 is bad/, 'and what the checker says is shown');
	is(text("$there/a"), 'good one', 'the old content is there');
	is(names(), 'a', 'and nothing beside it');
	settled("$there/a: { mode: 0600, check: ['false', \$FILE] }\n",
	    'no checker is asked about a mode');
};

subtest 'a file that shall not be replaced is left to others' => sub {
	my $there = folder();
	my $spec = "$there/a: { content: first, replace: false }\n";

	settled($spec, 'made');
	put("$there/a", 'edited');
	settled($spec, 'edited');
	is(text("$there/a"), 'edited', 'what was edited stays');
	unlink "$there/a";
	settled($spec, 'made again');
	is(text("$there/a"), 'first', 'as it was first');
};

subtest 'one byte of a large file is noticed' => sub {
	my $there = folder();
	my $large = join '', map { "line $_\n" } 1 .. 300_000;

	put("$folder/site/files/large", $large);
	settled("$there/a: { source: large }\n", 'copied');
	ok(text("$there/a") eq $large, 'whole');
	substr $large, 2_000_000, 1, '!';
	put("$there/a", $large);
	my ($said, $status) = plumb('plan', "$there/a: { source: large }\n");
	is($status, 2, 'it differs');
	settled("$there/a: { source: large }\n", 'mended');
};

subtest 'what is not a file is not touched' => sub {
	my $there = folder();

	mkdir "$there/a" or die "$there/a: $!\n";
	symlink '/etc/passwd', "$there/b" or die "$there/b: $!\n";
	my ($said, $status) = plumb('apply',
	    "$there/a: { content: x }\n$there/b: { content: x }\n");
	is($status, 4, 'refused');
	like($said, qr{/a' is a directory, not a file}, 'a directory');
	like($said, qr{/b' is a symbolic link, not a file}, 'a link');
	ok(-l "$there/b" && -d "$there/a", 'both are there');
};

subtest 'an owner who does not exist is said when it matters' => sub {
	my $there = folder();
	my $spec = "$there/a: { content: x, owner: no-such-user }\n";
	my ($said, $status) = plumb('plan', $spec);

	is($status, 2, 'a plan does not need him yet');
	($said, $status) = plumb('apply', $spec);
	is($status, 4, 'apply does');
	like($said, qr/there is no user 'no-such-user' on this host; declare/,
	    'and says so');
	is(names(), '', 'nothing was made');
};

subtest 'an owner is a name or a number' => sub {
	my $there = folder();
	my $me = getpwuid $>;

	settled("$there/a: { content: x, owner: $me }\n"
	    . "$there/b: { content: x, owner: $> }\n", 'made');
	settled("$there/a: { owner: $> }\n$there/b: { owner: $me }\n",
	    'the other way round is the same');
	return if $>;
	settled("$there/a: { owner: nobody, group: 65534, mode: 4755 }\n",
	    'given to another');
	is(mode("$there/a"), '4755', 'a mode outlives a new owner');
	settled("$there/a: { content: y }\n", 'changed');
	is((stat "$there/a")[4], scalar getpwnam('nobody'), 'and still his');
};

subtest 'an absent file goes, once' => sub {
	my $there = folder();

	put("$there/a", 'x');
	settled("$there/a: { ensure: absent }\n", 'removed');
	is(names(), '', 'nothing is left');
};

done_testing();
