#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# style.t - the budgets of the house style, so that nobody has to argue.
#
# Each violation is said with its file and line. There are no exceptions but the
# one that check_globals() gives its reason for; if a budget presses, the file
# wants to be two ideas.

use v5.30;
use warnings;
use utf8;
use open qw(:std :encoding(UTF-8));
use File::Find;
use Test::More;

my $build = $ENV{B} // 'build';
my %violations;

sub violation
{
	my ($rule, $file, $line, $what) = @_;

	push @{ $violations{$rule} }, "$file:$line: $what";
}

my (@sources, @scripts);
find({ no_chdir => 1, wanted => sub {
	push @sources, $_ if /\.[ch]$/;
	push @scripts, $_ if /\.(?:t|pl|pm)$/;
} }, grep { -d } qw(specs resources reconciler t));

# Comments, and what is between quotes, as blanks of the same length.
sub blanked
{
	my ($text) = @_;
	my $blank = sub { $_[0] =~ s/[^\n]/ /gr };

	$text =~ s{(/\*.*?\*/|//[^\n]*)
	    |"((?:[^"\\\n]|\\.)*)"
	    |'((?:[^'\\\n]|\\.)+)'}
	    {defined $1 ? $blank->($1) : defined $2 ? '"' . $blank->($2) . '"'
	    : "'" . $blank->($3) . "'"}gsex;
	return $text;
}

sub width
{
	my ($line) = @_;

	1 while $line =~ s/\t/' ' x (8 - length($`) % 8)/e;
	return length $line;
}

# every function with its name, its parameters, and its first and last line
sub functions
{
	my (@lines) = @_;
	my (@found, $start);

	for my $i (0 .. $#lines) {
		if ($lines[$i] eq '{') {
			$start = $i;
			$start-- while $start
			    && $lines[$start - 1] =~ /\S/
			    && $lines[$start - 1] !~ /^[}#]|;\s*$/;
		}
		next unless $lines[$i] eq '}' && defined $start;
		my $head = join ' ', @lines[$start .. $i];
		$head =~ s/\s*\{.*//s;
		1 while $head =~ s/__attribute__\s*\(\([^()]*(?:\([^()]*\))?[^()]*\)\)//;
		if ($head =~ /(\w+)\s*(\((?:[^()]|(?2))*\))\s*$/) {
			push @found, { name => $1, start => $start + 1,
			    end => $i + 1, takes => takes($2) };
		}
		undef $start;
	}
	return @found;
}

sub takes
{
	my ($list) = @_;

	$list =~ s/^\(|\)$//g;
	1 while $list =~ s/\([^()]*\)//g;
	return 0 if $list =~ /^\s*(?:void)?\s*$/;
	return 1 + ($list =~ tr/,//);
}

sub check_opening
{
	my ($file, @lines) = @_;
	my $script = $file !~ /\.[ch]$/;

	shift @lines if $script && $lines[0] =~ /^#!/;
	violation('opening', $file, 1, 'the SPDX line is missing')
	    unless $lines[0] =~ m{^(?:/\*|#) SPDX-License-Identifier: GPL-3\.0-or-later(?: \*/)?$};
	my ($name) = $file =~ m{([^/]+)$};
	violation('opening', $file, 2, "a comment '$name - what it is' is missing")
	    unless "@lines[1 .. 3]" =~ /^(?:\/\*|#)\s+(?:\*|#)?\s*\Q$name\E - /;
}

sub check_size
{
	my ($file, @lines) = @_;
	my $most = $file =~ /\.h$/ ? 150 : 500;

	violation('size', $file, $most + 1, scalar(@lines)
	    . " lines; at most $most")
	    if @lines > $most;
}

sub check_width
{
	my ($file, @lines) = @_;

	for my $i (0 .. $#lines) {
		my $line = $lines[$i];
		next if width($line) <= 80;
		# a message is never broken, so that grep finds it
		$line =~ s/"(?:[^"\\]|\\.)*"/""/g;
		$line =~ s/(?:m|qr|q|qq)\{.*\}/{}/ if $file !~ /\.[ch]$/;
		$line =~ s/'[^']*'|\/.*\//''/g if $file !~ /\.[ch]$/;
		violation('width', $file, $i + 1, width($lines[$i])
		    . ' columns; at most 80')
		    if width($line) > 80 || $line eq $lines[$i];
	}
}

sub check_functions
{
	my ($file, @functions) = @_;

	for my $f (@functions) {
		my $lines = $f->{end} - $f->{start} + 1;
		my $most = $f->{name} eq 'main' ? 40 : 60;
		violation('functions', $file, $f->{start},
		    "$f->{name}() has $lines lines; at most $most")
		    if $lines > $most && $file !~ m{^t/};
		violation('functions', $file, $f->{start},
		    "$f->{name}() takes $f->{takes}; at most 5")
		    if $f->{takes} > 5;
	}
}

# functions that a cleanup attribute names
my %cleanup;
# what libraries give is given back in their doors
my $doors = qr{^(?:specs/(?:value|expression|json|arena)|reconciler/(?:journal|textdiff)|resources/host/(?:x509|digest|git|dns|http|systemd))\.c$};

sub check_words
{
	my ($file, $functions, @lines) = @_;
	my $printing = $file =~ m{^(?:reconciler/cmd|t)/};

	for my $i (0 .. $#lines) {
		my ($line, $at) = ($lines[$i], $i + 1);
		violation('words', $file, $at, 'goto') if $line =~ /\bgoto\b/;
		violation('words', $file, $at, 'a typedef of a struct')
		    if $line =~ /\btypedef\s+(?:struct|union|enum)\b/;
		violation('words', $file, $at, "$1 is for cmd/ only")
		    if !$printing && $line =~ /\b((?:v|)printf|puts|putchar|perror|_?exit|_Exit|stdout|stderr)\b(?!\s*[.=])/
		    && $line !~ /format\(printf/;
		next unless $line =~ /\b(free|malloc|calloc|realloc|strn?dup|v?asprintf)\s*\(/;
		my $word = $1;
		my ($f) = grep { $_->{start} <= $at && $at <= $_->{end} }
		    @$functions;
		violation('words', $file, $at, "$word() is for arena.c only")
		    unless $file =~ $doors || ($word eq 'free' && $f
		    && $cleanup{ $f->{name} });
	}
}

my %text;
for my $file (@sources, @scripts) {
	open my $in, '<', $file or next;
	local $/ = undef;
	$text{$file} = <$in>;
	$cleanup{$_} = 1 for $text{$file} =~ /\bcleanup\((\w+)\)/g;
}

for my $file (sort keys %text) {
	my @lines = split /\n/, $text{$file}, -1;
	pop @lines if @lines && $lines[-1] eq '';
	if (@lines < 4) {
		violation('opening', $file, 1, 'it says too little');
		next;
	}
	check_opening($file, @lines);
	check_size($file, @lines);
	check_width($file, @lines);
	for my $i (0 .. $#lines) {
		violation('unfinished', $file, $i + 1, $1)
		    if $lines[$i] =~ /\b(TO[D]O|FIX[M]E|XX[X])\b/;
		violation('blanks', $file, $i + 1, 'blanks at the end')
		    if $lines[$i] =~ /[ \t]+$/;
	}
	next unless $file =~ /\.[ch]$/;
	my @blanked = split /\n/, blanked($text{$file});
	my @functions = functions(@blanked);
	check_functions($file, @functions);
	check_words($file, \@functions, @blanked);
}

# What can change while the program runs, by section: what is constant but
# holds addresses is in .data.rel.ro.
sub check_globals
{
	my @objects;

	find({ no_chdir => 1, wanted => sub {
		push @objects, $_ if /\.o$/ && !m{/t/};
	} }, $build) if -d $build;
	@objects = grep { -e s{^\Q$build\E/}{}r =~ s/\.o$/.c/r } @objects;
	return 0 unless @objects;
	open my $dump, '-|', 'objdump', '-t', @objects or die "objdump: $!\n";
	my $file = '';
	while (<$dump>) {
		$file = $1 =~ s/\.o$/.c/r if m{^\Q$build\E/(\S+):\s};
		next unless /\sO\s(\.(?:data|bss|tbss|tdata)\S*|\*COM\*)\s+\S+\s+(?:\.hidden )?(\S+)$/;
		next if $1 =~ /^\.data\.rel\.ro/ || $2 =~ /^(?:\.L|__|_ZL)/;
		my $name = $2 =~ s/\.\d+$//r;
		my @lines = split /\n/, $text{$file} // '';
		my ($line) = grep { $lines[$_ - 1] =~ /\b\Q$name\E\b/ }
		    1 .. @lines;
		# the one exception: what is loaded belongs to the process
		next if "$file $name" eq
		    'resources/host/library.c libraries';
		violation('globals', $file, $line // 1,
		    "'$name' can change, and it is not in a function's frame");
	}
	close $dump or die "objdump failed\n";
	return scalar @objects;
}

cmp_ok(check_globals(), '>', 10, "there are objects in $build to look into");
for my $rule (
	['opening', 'every file opens by saying what it is'],
	['size', 'no file is too long'],
	['width', 'no line is too wide'],
	['functions', 'no function is too long or takes too much'],
	['words', 'what does not belong is not there'],
	['unfinished', 'nothing waits to be finished'],
	['blanks', 'no line ends in blanks'],
	['globals', 'nothing global can change']) {
	my @found = @{ $violations{ $rule->[0] } // [] };
	ok(!@found, $rule->[1]) or diag(map { "$_\n" } sort @found);
}
done_testing();
