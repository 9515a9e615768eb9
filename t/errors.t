#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# errors.t - what is said about each mistake, byte for byte.
#
# t/errors/NAME.yaml, or the folder t/errors/NAME for several files, is a site
# that is wrong; NAME.says is all that `plumb validate` and `plumb plan` say
# about it. RECORD=1 writes NAME.says anew: read what changed before you keep
# it.

use v5.30;
use warnings;
use Cwd 'getcwd';
use File::Copy 'copy';
use File::Temp 'tempdir';
use Test::More;

my $plumb = $ENV{PLUMB} // getcwd() . '/' . ($ENV{B} // 'build') . '/plumb';
my @sites = sort map { m{([^/.]+)(?:\.yaml)?$} } grep { /\.yaml$/ || -d }
    glob 't/errors/*';

plan skip_all => "there is no $plumb" unless -x $plumb;
plan tests => 1 + @sites;

sub text
{
	my ($path) = @_;

	open my $file, '<', $path or return '';
	local $/ = undef;
	return scalar <$file> // '';
}

# a copy of the site, so that nothing is written beside it
sub site
{
	my ($name) = @_;
	my $site = tempdir(CLEANUP => 1);

	if (-d "t/errors/$name") {
		system('cp', '-R', "t/errors/$name/.", $site) == 0
		    or die "cp: $?\n";
	} else {
		copy("t/errors/$name.yaml", "$site/plumb.yaml")
		    or die "t/errors/$name.yaml: $!\n";
	}
	return $site;
}

# what a command says on both streams, and its exit status
sub says
{
	my ($site, @words) = @_;

	open my $run, '-|', 'sh', '-c',
	    'cd "$1" && shift && exec timeout 60 "$@" 2>&1', 'sh', $site,
	    $plumb, @words or die "sh: $!\n";
	local $/ = undef;
	my $said = <$run> // '';
	close $run;
	return ($said, $? >> 8);
}

for my $name (@sites) {
	my $site = site($name);
	my ($said, $status) = says($site, 'validate');
	if ($ENV{RECORD}) {
		open my $file, '>', "t/errors/$name.says"
		    or die "t/errors/$name.says: $!\n";
		print $file $said;
		close $file or die "t/errors/$name.says: $!\n";
	}
	subtest $name => sub {
		plan tests => 4;
		is($said, text("t/errors/$name.says"), 'says what is wrong');
		is($status, 1, 'and exits 1');
		my ($planned, $code) = says($site, 'plan', '--state',
		    "$site/.state");
		is($planned, $said, 'plan says the same');
		is($code, 1, 'and exits 1');
	};
}

my %site = map { $_ => 1 } @sites;
my @lone = grep { !$site{ s{.*/|\.says$}{}gr } } glob 't/errors/*.says';
is("@lone", '', 'nothing is said about a site that is not there');
