#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# fuzz.t - what was once found, or thought of, to break a reader of hostile
# bytes is read again.
#
# `make replay` builds the fuzzed programs, in the folder fuzz/ of the build
# folder; given files, each reads those and ends.

use v5.30;
use warnings;
use Test::More;

my $build = ($ENV{B} // 'build') . '/fuzz/t/fuzz';
my @folders = grep { -d } glob 't/fuzz/*';

plan skip_all => "there are no fuzzed programs in $build (make replay)"
    unless grep { -x "$build/" . s{.*/}{}r } @folders;
plan tests => scalar @folders;

for my $folder (@folders) {
	my ($name) = $folder =~ m{([^/]+)$};
	my @inputs = grep { -f } glob "$folder/*";
	open my $run, '-|', 'sh', '-c', 'exec 2>&1; exec timeout 300 "$@"',
	    'sh', "$build/$name", '-timeout=20', '-rss_limit_mb=2048', @inputs
	    or die "sh: $!\n";
	my @said = <$run>;
	close $run;
	ok($? == 0, "$name takes its " . @inputs . ' inputs')
	    or diag(grep { /Running|ERROR|Assert|SUMMARY|^\s+#/ }
	    @said > 60 ? @said[-60 .. -1] : @said);
}
