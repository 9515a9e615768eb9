#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# cli.t - the command line: usage, help, explain, init, and where output goes.

use v5.30;
use warnings;
use Cwd 'getcwd';
use File::Temp 'tempdir';
use IPC::Open3 'open3';
use JSON::PP 'decode_json';
use Symbol 'gensym';
use Test::More;

my $plumb = $ENV{PLUMB} // getcwd() . '/' . ($ENV{B} // 'build') . '/plumb';

plan skip_all => "there is no $plumb" unless -x $plumb;
delete @ENV{qw(NO_COLOR CLICOLOR_FORCE XDG_STATE_HOME POSIXLY_CORRECT)};

# output, complaints and exit status; words may begin with NAME=value
sub plumb
{
	my @words = @_;
	my @setting;
	push @setting, shift @words while @words && $words[0] =~ /^[A-Z_]+=/;
	my $err = gensym;
	my $pid = open3(my $in, my $out, $err, 'env', @setting, 'timeout', 60,
	    $plumb, @words);
	close $in;
	local $/ = undef;
	# complaints are far below what a pipe holds
	my $said = <$out> // '';
	my $complaint = <$err> // '';
	waitpid $pid, 0;
	return ($said, $complaint, $? >> 8);
}

# a shell's exit status; $0 is plumb
sub shell
{
	my ($script) = @_;
	my $status = system 'timeout', 60, 'bash', '-c', $script, $plumb;

	return $status >> 8;
}

sub text
{
	my ($path) = @_;

	open my $file, '<', $path or return '';
	local $/ = undef;
	return scalar <$file> // '';
}

subtest 'bad usage is said, with what was meant and how it is used' => sub {
	my @cases = (
		[[], 'a command is needed', 'COMMAND'],
		[['verson'], q(there is no command 'verson' (did you mean 'version'?)), 'COMMAND'],
		[['zzz'], q(there is no command 'zzz'), 'COMMAND'],
		[['--jsn', 'version'], q(there is no option '--jsn' (did you mean '--json'?)), 'version'],
		[['version', '--colour=never'], q(there is no option '--colour' (did you mean '--color'?)), 'version'],
		[['version', '-z'], q(there is no option '-z'), 'version'],
		[['version', '--json=3'], q('--json' takes no value), 'version'],
		[['version', 'x'], q('plumb version' does not know what to do with 'x'), 'version'],
		[['version', '--state', '/x'], q('plumb version' takes no '--state'), 'version'],
		[['completion'], q('plumb completion' needs more: bash|zsh|fish), 'completion'],
		[['plan', '--jobs'], q('--jobs' needs a value: N), 'plan'],
		[['plan', '--jobs', '0'], q('--jobs' must be at least 1), 'plan'],
		[['plan', '--jobs', 'many'], q('--jobs' must be a whole number, not negative), 'plan'],
		[['plan', '--root='], q('--root' must not be empty), 'plan'],
		[['plan', '--lock-timeout', '3x'],
		    q('--lock-timeout' must be a time, like 30s, 1.5m, 2h or 1d ).
		    '(a bare number counts seconds)', 'plan'],
		[['--color', 'red', 'version'], q('--color' must be auto, always or never), 'version'],
	);

	for my $case (@cases) {
		my ($words, $wanted, $usage) = @$case;
		my ($out, $err, $status) = plumb(@$words);

		is($status, 1, "plumb @$words: 1");
		is($out, '', 'nothing on standard output');
		is((split /\n/, $err)[0], "plumb: $wanted", $wanted);
		like((split /\n/, $err)[1], qr/^usage: plumb $usage\b.*tells more$/,
		    'one line of usage');
		is(scalar(() = $err =~ /\n/g), 2, 'and no more');
	}
	my (undef, $err) = plumb("a\e[31mb");
	is((split /\n/, $err)[0], q(plumb: there is no command 'a\x1b[31mb'),
	    'what steers a terminal is shown, not sent');
};

subtest 'help' => sub {
	my ($all, $err, $status) = plumb('help');
	my @commands = $all =~ /^  ([a-z]+) {2,}/mg;

	is_deeply([$status, $err], [0, ''], 'help goes to standard output');
	is_deeply([plumb('--help')], [$all, '', 0], '--help is the same');
	is_deeply([plumb('-h')], [$all, '', 0], '-h too');
	cmp_ok(scalar(@commands), '>=', 9, 'there are commands');
	for my $command (@commands) {
		my ($one, undef, $well) = plumb('help', $command);

		is($well, 0, "help $command");
		like($one, qr/^plumb $command: .*^usage: plumb $command/ms,
		    'says what it is and how it is used');
		is((plumb($command, '--help'))[0], $one, '--help is the same');
		ok(!(grep { length > 80 } split /\n/, $one), 'in 80 columns');
	}
	is_deeply([plumb('help', 'plam')], ['',
	    "plumb: there is no command 'plam' (did you mean 'plan'?)\n", 1],
	    'help for what there is not');
	like((plumb('version'))[0], qr/^plumb \d+\.\d+\n$/, 'version');
	is((plumb('--version'))[0], (plumb('version'))[0], '--version');
};

subtest 'explain' => sub {
	my ($all, undef, $status) = plumb('explain');
	my @kinds = sort map { m{/(\w+)\.c$} } glob 'resources/*.c';

	is($status, 0, 'all kinds');
	like($all, qr/^  \Q$_\E\s/m, "$_ is there") for @kinds;
	for my $kind (@kinds) {
		my ($one, $err, $well) = plumb('explain', $kind);

		is_deeply([$well, $err], [0, ''], "explain $kind");
		like($one, qr/^\Q$kind\E, under '(\w+)': /, 'its section');
		like($one, qr/^an example:$/m, 'an example');
		my ($section) = $one =~ /under '(\w+)'/;
		is((plumb('explain', $section))[0], $one, "$section is the same");
		my ($lines) = plumb('explain', $kind, '--json');
		my ($version, $line, @more) =
		    map { decode_json($_) } split /\n/, $lines;
		is($version->{type}, 'version', 'JSON begins with its version');
		is($line->{name}, $kind, 'then the kind');
		is(scalar(@more), 0, 'a line for each');
		my %there = map { $_->{name} => 1 } @{$line->{attributes}};
		ok($there{$_}, "$_ is documented")
		    for common_words();
		like($one, qr/^  \Q$_\E: /m, "$_ is shown") for keys %there;
	}
	is((plumb('explain', 'file.mode'))[0],
	    "  mode: mode\n" .
	    "      who may do what; not given: left alone, 0644 for a new file (0600 with a\n" .
	    "      secret in it)\n",
	    'one attribute');
	is((plumb('explain', 'fil'))[1],
	    "plumb: there is no kind 'fil' (did you mean 'file'?)\n",
	    'no such kind');
	is((plumb('explain', 'file.mod'))[1],
	    "plumb: there is no attribute 'mod' in a file (did you mean 'mode'?)\n",
	    'no such attribute');
};

# the words that every resource may have, where the reader has them
sub common_words
{
	my ($list) = text('reconciler/kinds.c') =~
	    /common_words\[\] = \{(.*?)\};/s;

	return $list =~ /"(\w+)"/g;
}

subtest 'a new site can be planned and applied as it is' => sub {
	my $top = tempdir(CLEANUP => 1);
	my $site = "$top/Contoso Web";
	my @there = ('--root', "$top/root", '--state', "$top/state");

	mkdir "$top/root";
	mkdir "$top/root/tmp";
	my ($out, $err, $status) = plumb('init', $site);
	is_deeply([$status, $err], [0, ''], 'init');
	like($out, qr/plumb plan/, 'says what comes next');
	ok(-f "$site/plumb.yaml" && -d "$site/files" && -d "$site/templates" &&
	    -f "$site/.gitignore", 'the files are there');
	is((stat "$site/plumb.yaml")[2] & 0777, 0644, 'for others to read');
	like(text("$site/plumb.yaml"), qr/^site: contoso-web$/m, 'it has a name');
	like(text("$site/plumb.yaml"),
	    qr/\A# yaml-language-server: \$schema=/, 'and a schema');

	my $before = text("$site/plumb.yaml");
	($out, $err, $status) = plumb('init', $site);
	is_deeply([$status, $out], [1, ''], 'not twice');
	like($err, qr/is there already.*nothing was changed/, 'and why');
	is(text("$site/plumb.yaml"), $before, 'nothing was changed');

	($out, $err, $status) = plumb('plan', $site, @there);
	is_deeply([$status, $err], [0, ''], 'it is planned');
	like($out, qr/1 to create, 0 to update, 0 to remove/, 'one file');
	is((plumb('apply', $site, '--yes', @there))[2], 0, 'it is applied');
	($out) = plumb('plan', $site, @there);
	like($out, qr/^Plan: 0 to create, 0 to update.* 1 unchanged\.$/m,
	    'and then nothing is left to do');

	is((plumb('init', "$top/no/such/place"))[1],
	    "plumb: cannot create '$top/no/such/place': No such file or directory\n",
	    'a place that cannot be');
};

subtest 'where output cannot go' => sub {
	my $top = tempdir(CLEANUP => 1);

	is(shell('exec "$0" explain file > /dev/full 2> ' . "$top/err"), 1,
	    'a full disk is a failure');
	is(text("$top/err"),
	    "plumb: cannot write to standard output: No space left on device\n",
	    'and is said');
	is(shell('"$0" schema 2> ' . "$top/err" .
	    ' | head -c 1 > /dev/null; exit ${PIPESTATUS[0]}'), 0,
	    'a reader that leaves is no failure');
	is(text("$top/err"), '', 'and nothing is said');
	is(shell('exec "$0" help >&- 2>&- <&-'), 0, 'all closed');
	is(shell('exec "$0" nothing >&- 2>&- <&-'), 1,
	    'all closed, and wrong');
};

subtest 'colour' => sub {
	my $top = tempdir(CLEANUP => 1);
	my @plan = ('plan', "$top/site", '--root', "$top/root", '--state',
	    "$top/state");
	my $escape = qr/\e\[/;
	my $plain;

	mkdir "$top/root";
	mkdir "$top/root/tmp";
	plumb('init', "$top/site");
	($plain) = plumb(@plan);
	unlike($plain, $escape, 'none where there is no terminal');
	like((plumb(@plan, '--color=always'))[0], $escape, 'asked for');
	like((plumb('CLICOLOR_FORCE=1', @plan))[0], $escape, 'forced');
	unlike((plumb('CLICOLOR_FORCE=0', @plan))[0], $escape, 'not forced');
	unlike((plumb('CLICOLOR_FORCE=1', 'NO_COLOR=1', @plan))[0], $escape,
	    'NO_COLOR');
	like((plumb('NO_COLOR=1', @plan, '--color', 'always'))[0], $escape,
	    'an option goes before the environment');
	my $colored = (plumb(@plan, '--color=always'))[0];
	$colored =~ s/\e\[[0-9;]*m//g;
	is($colored, $plain, 'nothing is said by colour alone');

	for my $case (['xterm', ''], ['dumb', ''], ['xterm', 'NO_COLOR=1']) {
		my ($term, $setting) = @$case;
		my $run = "TERM=$term $setting $plumb @plan";
		my $typed = qx(script -qec '$run' /dev/null < /dev/null);

		if ($term eq 'xterm' && !$setting) {
			like($typed, $escape, 'on a terminal');
		} else {
			unlike($typed, $escape, "not with TERM=$term $setting");
		}
	}
};

done_testing;
