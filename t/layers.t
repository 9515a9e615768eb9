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
	['kinds', qr{^resources/|^\Q$build\E/kinds\.c$}],
	['reconciler', qr{^reconciler/[^/]+$}],
	['reconciler/cmd', qr{^reconciler/cmd/}],
);

# header => the file that may include it, or those few that are named alike
my %doors = (
	'yaml\.h' => qr{^specs/value\.c$},
	'(?:lua|lauxlib|lualib|luaconf)\.h' =>
	    qr{^specs/(?:expression|lua_\w+)\.[ch]$},
	'jansson' => qr{^specs/json\.c$},
	'sqlite3' => qr{^reconciler/journal(?:_\w+)?\.[ch]$},
	'openssl/' => qr{^resources/host/(?:x509(?:_\w+)?|digest)\.[ch]$},
	'git2' => qr{^(?:resources/host/git|reconciler/textdiff)\.c$},
	'libknot/|libzscanner/|libdnssec/' =>
	    qr{^resources/host/dns(?:_\w+)?\.[ch]$},
	'curl/' => qr{^resources/host/http\.c$},
	'systemd/' => qr{^resources/host/systemd(?:_\w+)?\.[ch]$},
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
my %inside;
for my $file (grep { defined layer($_) } keys %files) {
	for my $line (including($file)) {
		for my $library (keys %doors) {
			next unless $line->[1] =~ m{^(?:$library)};
			$inside{$file} = $doors{$library};
			next if $file =~ $doors{$library};
			$doorless{"$file:$line->[0]"} = "<$line->[1]> is only "
			    . "for $doors{$library}" =~ s/\(\?\^\w*:(.*)\)/$1/r;
		}
	}
}
# a header that opens a door is behind it
for my $unit (keys %units) {
	for my $header (grep { /\.h$/ && $inside{$_} } @{ $units{$unit} }) {
		next if $unit =~ $inside{$header};
		$doorless{ place($header, @{ $units{$unit} }) } =
		    "$unit may not include $header, which is inside a door";
	}
}
none('each foreign library has one door', %doorless);
