#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# completion.t - what shells offer when a key is pressed.

use v5.30;
use warnings;
use Cwd 'getcwd';
use File::Temp 'tempdir';
use Test::More;

my $plumb = $ENV{PLUMB} // getcwd() . '/' . ($ENV{B} // 'build') . '/plumb';

plan skip_all => "there is no $plumb" unless -x $plumb;

my $top = tempdir(CLEANUP => 1);

mkdir "$top/$_" for 'site one', 'site two';
for my $shell (qw(bash zsh fish)) {
	is(system("$plumb completion $shell > $top/$shell"), 0, $shell);
	is(system($shell, '-n', "$top/$shell"), 0, 'it is a script')
	    if system("command -v $shell > /dev/null") == 0;
}
like(qx($plumb completion tcsh 2>&1), qr/must be a shell.*bash, zsh or fish/,
    'no other shell');

# the words as bash cuts them: = is a word
sub bash
{
	my @words = @_;

	open my $run, '-|', 'bash', '-c', <<'BASH', $top, @words or die;
cd "$0" && source ./bash && compopt() { :; }
COMP_WORDS=(plumb "$@") COMP_CWORD=$#
_plumb
printf '%s\n' "${COMPREPLY[@]}"
BASH
	my @offered = map { s/\n//r } <$run>;
	close $run;
	return join ' ', sort grep { length } @offered;
}

my @commands = qx($plumb help) =~ /^  ([a-z]+) {2,}/mg;
my @kinds = map { m{/(\w+)\.c$} } glob 'resources/*.c';

is(bash(''), join(' ', sort @commands), 'bash offers all commands');
is(bash('exp'), 'explain', 'one that begins so');
is(bash('help', 'exp'), 'explain', 'after help too');
is(bash('explain', ''), join(' ', sort @kinds), 'kinds after explain');
is(bash('explain', 'file.mo'), 'file.mode', 'attributes after the dot');
is(bash('--color', ''), 'always auto never', 'values of an option');
is(bash('--color', '=', 'a'), 'always auto', 'also after =');
is(bash('--color', '=', 'never', 'exp'), 'explain', 'a value is no command');
is(bash('--color', 'never', 'explain', 'lin'), 'link', 'nor without =');
is(bash('completion', ''), 'bash fish zsh', 'words that are named by usage');
is(bash('plan', 'site'), 'site one site two', 'directories, with blanks');
is(bash('plan', '--root', 'site\ o'), '', 'a name that is none');
like(bash('plan', '--'), qr/--detailed-exitcode.*--state/, 'options of plan');
unlike(bash('version', '--'), qr/--state/, 'and not of another');
is(bash('version', '--js'), '--json', 'one option');
is(bash('version', '$(touch x)'), '', 'what is typed is not run');
ok(!-e "$top/x", 'indeed');

SKIP: {
	skip 'there is no fish', 3 if system('command -v fish > /dev/null');
	my $fish = sub {
		return join ' ', sort map { s/\t.*\n|\n//r }
		    qx(cd $top && HOME=$top fish --no-config -c "source $top/fish; complete -C'$_[0]'");
	};

	is($fish->('plumb exp'), 'explain', 'fish offers commands');
	is($fish->('plumb explain lin'), 'link', 'kinds');
	is($fish->('plumb version --js'), '--json', 'options');
}

SKIP: {
	skip 'there is no zsh', 1 if system('command -v zsh > /dev/null');
	my $loaded = qx(HOME=$top zsh -f -c 'autoload -Uz compinit && compinit -u -d $top/dump && source $top/zsh && echo \$_comps[plumb]');

	is($loaded, "_plumb\n", 'zsh takes it');
}
done_testing;
