#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# man.t - the manual is well formed and leaves nothing out, and installs.

use v5.30;
use warnings;
use Cwd 'getcwd';
use File::Temp 'tempdir';
use Test::More;

my $plumb = $ENV{PLUMB} // getcwd() . '/' . ($ENV{B} // 'build') . '/plumb';

plan skip_all => "there is no $plumb" unless -x $plumb;
plan skip_all => 'there is no mandoc'
    if system('command -v mandoc > /dev/null') != 0;

my $top = tempdir(CLEANUP => 1);
my %shown;

for my $section (8, 5) {
	my $page = "$top/plumb.$section";

	is(system("$plumb manual $section > $page"), 0, "section $section");
	is(qx(mandoc -T lint -W warning $page 2>&1), '',
	    'mandoc has no complaint');
	$shown{$section} = qx(mandoc -T ascii -O width=80 $page | col -bx);
	unlike($shown{$section}, qr/\@[a-z-]+\@/, 'every place is filled in');
	ok(!(grep { length > 80 } split /\n/, $shown{$section}), 'it fits');
}

my @commands = qx($plumb help) =~ /^  ([a-z]+) {2,}/mg;
cmp_ok(scalar(@commands), '>=', 9, 'there are commands');
for my $command (@commands) {
	like($shown{8}, qr/^ {5}\Q$command\E\b/m, "$command is in plumb(8)");
	for my $option (qx($plumb help $command) =~ /(?<![\w-])(--[a-z-]+)/g) {
		like($shown{8}, qr/^ {5}(?:-\w, )?\Q$option\E\b/m,
		    "$command: $option too");
	}
}
like($shown{8}, qr/^ {5}$_\s+\S/m, "exit status $_ is") for 0 .. 9;
for my $kind (map { m{/(\w+)\.c$} } glob 'resources/*.c') {
	my ($section) = $shown{5} =~ /^   \Q$kind\E\n(.*?)(?=^ {0,3}\S)/ms;

	ok($section, "$kind is in plumb.yaml(5)") or next;
	like($section, qr/^ {5}\Q$_\E \(/m, "$kind.$_ too")
	    for qx($plumb explain $kind) =~ /\A.*?\n\n(.*?)\n\n/s
	    ? $1 =~ /^  (\w+): /mg : ();
}

# everything that is installed, below a directory of its own, and gone again
my $files = sub {
	return join ' ', sort map { chomp; s{^\Q$top\E/root/usr/local/}{}r }
	    qx(find $top/root -type f);
};
my $b = $plumb =~ s{/plumb$}{}r;
delete @ENV{qw(MAKEFLAGS MFLAGS MAKELEVEL)};
is(system("make -s B=$b DESTDIR=$top/root install > $top/log 2>&1"),
    0, 'make install') or diag qx(cat $top/log);
is($files->(), join(' ', qw(bin/plumb lib/systemd/system/plumb-drift.service
    lib/systemd/system/plumb-drift.timer
    lib/systemd/system/plumb-resume.service
    lib/systemd/system/plumb-undo.service
    share/bash-completion/completions/plumb
    share/fish/vendor_completions.d/plumb.fish share/man/man5/plumb.yaml.5
    share/man/man8/plumb.8 share/plumb/plumb.schema.json
    share/zsh/site-functions/_plumb)), 'what it installs');
like(qx($top/root/usr/local/bin/plumb manual 8), qr{^\.It Pa /usr/local/share/plumb/}m,
    'it knows where it is');
is(system("make -s B=$b DESTDIR=$top/root uninstall"), 0,
    'make uninstall');
is($files->(), '', 'leaves nothing');
done_testing;
