#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# layers.t - includes go one way, kinds do not know each other, and each
# foreign library has one door.
#
# The compiler says, in the .d files of the build folder (B in the environment),
# what each object was made from. It leaves out the system's headers, so the
# doors are looked for in the files themselves.

use v5.30;
use warnings;
use File::Find;
use Test::More tests => 4;

my $build = $ENV{B} // 'build';

# from the lowest; a file may include its own layer and those below
my @layers = (
	['specs', qr{^specs/}],
	['resources/host', qr{^resources/host/}],
	['kinds', qr{^resources/|/kinds\.c$}],
	['reconciler', qr{^reconciler/[^/]+$}],
	['reconciler/cmd', qr{^reconciler/cmd/}],
);

# header => files that may include it; each library's is one
my %doors = (
	'yaml\.h' => ['specs/value.c'],
	'lua\w*\.h|lauxlib\.h' => ['specs/expression.c'],
	'jansson' => ['specs/json.c'],
	'sqlite3' => ['reconciler/journal.c'],
	'openssl/' => ['resources/host/x509.c', 'resources/host/digest.c'],
	'git2' => ['resources/host/git.c', 'reconciler/textdiff.c'],
	'libknot/|libzscanner/|libdnssec/' => ['resources/host/dns.c'],
	'curl/' => ['resources/host/http.c'],
	'systemd/' => ['resources/host/systemd_bus.h'],
);

sub layer
{
	my ($path) = @_;

	for my $i (0 .. $#layers) {
		return $i if $path =~ $layers[$i][1];
	}
	return undef;
}

# the lines of each file that include something: [number, what]
my %including;
sub including
{
	my ($path) = @_;

	return @{ $including{$path} } if $including{$path};
	open my $file, '<', $path or return ();
	my @found;
	while (<$file>) {
		push @found, [$., $1] if /^\s*#\s*include\s*["<]([^">]+)[">]/;
	}
	$including{$path} = \@found;
	return @found;
}

sub plain
{
	my ($path) = @_;

	$path =~ s{(^|/)\./}{$1}g;
	1 while $path =~ s{[^/]+/\.\./}{};
	return $path;
}

# object's source => all files of this repository that it was made from
sub units
{
	my %units;

	find({ no_chdir => 1, wanted => sub {
		return unless /\.d$/;
		open my $file, '<', $_ or return;
		local $/ = undef;
		my ($rule) = <$file> =~ /^\S+:((?:[^\n\\]|\\\n)*)/ or return;
		my @made = map { plain($_) } grep { !m{^(?:\\|/usr/)} }
		    split /[\s\\]+/, $rule =~ s/^\s+//r;
		$units{ $made[0] } = \@made if @made && -e $made[0];
	} }, $build) if -d $build;
	return %units;
}

# the line, in one of the files of a unit, that brings that header in
sub place
{
	my ($header, @files) = @_;
	my ($name) = $header =~ m{([^/]+)$};

	for my $file (@files) {
		for my $line (including($file)) {
			return "$file:$line->[0]"
			    if $line->[1] =~ m{(?:^|/)\Q$name\E$};
		}
	}
	return $files[0];
}

sub none
{
	my ($what, %violations) = @_;

	ok(!%violations, $what)
	    or diag(map { "$_: $violations{$_}\n" } sort keys %violations);
}

my %units = units();
cmp_ok(scalar keys %units, '>', 10, "there are objects in $build to read");

my (%upward, %sideways, %doorless);
for my $unit (keys %units) {
	my $own = layer($unit) // next;
	my @files = @{ $units{$unit} };
	for my $file (@files) {
		my $other = layer($file) // next;
		$upward{ place($file, @files) } = "$unit is of "
		    . "$layers[$own][0] and may not include $file"
		    if $other > $own;
		$sideways{ place($file, @files) } = 'resources/ holds '
		    . "resource.h and kinds; a kind may not include $file"
		    if $file =~ m{^resources/[^/]+$} && $file ne $unit
		    && $file ne 'resources/resource.h';
	}
}
none('includes go one way', %upward);
none('a kind includes no other kind', %sideways);

my %files = map { $_ => 1 } map { @$_ } values %units;
for my $file (grep { defined layer($_) } keys %files) {
	for my $line (including($file)) {
		for my $library (keys %doors) {
			next unless $line->[1] =~ m{^(?:$library)};
			next if grep { $_ eq $file } @{ $doors{$library} };
			$doorless{"$file:$line->[0]"} = "only "
			    . join(' and ', @{ $doors{$library} })
			    . " may include <$line->[1]>";
		}
	}
}
none('each foreign library has one door', %doorless);
