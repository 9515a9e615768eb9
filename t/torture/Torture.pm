# SPDX-License-Identifier: GPL-3.0-or-later
#
# Torture.pm - a machine's corner that plumb changes from one site to another
# and back, while something goes wrong; and what must hold whatever it was.
#
#	use lib 't/torture';
#	use Torture;
#	my $w = Torture->new('points');
#	$w->prepare;
#	for my $n ($w->rounds(100, 10_000)) {
#		$w->reset;
#		... a run of $w->words('b') that is hurt ...
#		$w->between;    # each thing is as before or as asked, and whole
#		$w->settle('b') # the next run makes it so, the one after nothing
#	}
#	$w->done;
#
# TORTURE=full asks for the long form, TORTURE_COUNT=N for as many rounds. What
# is random follows from TORTURE_SEED and the number of the round, so that a
# violation's line tells how to have that round alone:
#
#	TORTURE_SEED=7 TORTURE_ONLY=321 prove -It t/torture/kills.t
package Torture;

use v5.30;
use warnings;
use Cwd qw(abs_path);
use Digest::SHA qw(sha256_hex);
use Exporter qw(import);
use Fcntl qw(:mode);
use File::Basename qw(basename dirname);
use File::Path qw(make_path remove_tree);
use File::Temp qw(tempdir);
use POSIX qw(:sys_wait_h);
use Sites;
use Test::More;
use Time::HiRes qw(sleep time);

our @EXPORT = qw(full slurp spew run patiently);

# seconds for one run of plumb, which takes some hundredths of one
use constant BOUND => 60;

my $top = abs_path(dirname(abs_path(__FILE__)) . '/../..');
my $build = $ENV{B} // 'build';
$build = "$top/$build" unless $build =~ m{^/};
our $plumb = $ENV{PLUMB} // "$build/plumb";

delete @ENV{qw(NO_COLOR XDG_STATE_HOME)};

sub full { ($ENV{TORTURE} // '') eq 'full' }

sub slurp
{
	my ($path) = @_;

	open my $file, '<:raw', $path or return undef;
	local $/ = undef;
	return scalar <$file> // '';
}

sub spew
{
	my ($path, $text) = @_;

	make_path(dirname($path));
	open my $file, '>:raw', $path or die "$path: $!\n";
	print $file $text;
	close $file or die "$path: $!\n";
}

# until it is true, or too late; what it gave
sub patiently(&)
{
	my ($what) = @_;
	my $end = time + BOUND;
	my $found;

	sleep 0.002 until ($found = $what->()) || time > $end;
	return $found;
}

# a helper of t/torture/*.c
sub helper
{
	my ($name) = @_;

	return "$build/t/torture/$name";
}

# to be called with what a test needs besides
sub need
{
	my (@programs) = @_;

	plan skip_all => 'torture needs root' if $>;
	for ($plumb, map { helper($_) } @programs) {
		plan skip_all => "there is no $_" unless -x;
	}
}

# --- rounds ---

sub new
{
	my ($class, $name, %with) = @_;
	my $path = $with{path} // tempdir('plumb-torture.XXXXXX', TMPDIR => 1,
	    CLEANUP => 1);
	my $disk = $with{disk} // $path;
	my $self = bless { name => $name, path => $path, tree => "$disk/tree",
	    state => "$disk/state", violations => 0, counts => {}, number => 0,
	    seed => $ENV{TORTURE_SEED} // (time * 1000) % 1_000_000 }, $class;

	chmod 0755, $path;
	diag sprintf '%s: TORTURE_SEED=%d', $name, $self->{seed}
	    if full() || $ENV{TORTURE_SEED};
	return $self;
}

# the numbers of the rounds to have
sub rounds
{
	my ($self, $short, $long) = @_;

	return $ENV{TORTURE_ONLY} if $ENV{TORTURE_ONLY};
	return 1 .. ($ENV{TORTURE_COUNT} // (full() ? $long : $short));
}

# chance begins anew for each round, so that it can be had alone
sub round
{
	my ($self, $number) = @_;

	$self->{number} = $number;
	$self->{what} = '';
	srand $self->{seed} * 1_000_003 + $number;
}

sub count
{
	my ($self, $what, $many) = @_;

	$self->{counts}{$what} += $many // 1;
}

# what this round did, for the line that says how to have it again
sub note_round
{
	my ($self, $what) = @_;

	$self->{what} = $self->{what} ? "$self->{what}, $what" : $what;
}

sub violation
{
	my ($self, $text) = @_;

	$self->{violations}++;
	return if $self->{violations} > 20;
	diag "$self->{name}: round $self->{number} ($self->{what}): $text";
	diag "again: TORTURE_SEED=$self->{seed} TORTURE_ONLY=$self->{number} " .
	    'B=' . ($ENV{B} // 'build') . " prove -It $0";
}

# the last of a test: its verdict, and a line for the summary of all
sub done
{
	my ($self) = @_;
	my $counts = join ', ', map { "$self->{counts}{$_} $_" }
	    sort keys %{ $self->{counts} };
	my $line = "$self->{name}: $counts, $self->{violations} violations";

	is($self->{violations}, 0, $line);
	if (open my $log, '>>', "$build/torture.log") {
		say $log "$line (seed $self->{seed})";
	}
}

# --- the two sites ---

sub site
{
	my ($self, $v) = @_;

	return Sites::text($self->{tree}, $v);
}

# both sites, both trees as runs that nothing happens to make them, and what
# reset() goes back to
sub prepare
{
	my ($self, %options) = @_;

	$self->{options} = $options{options} // [];
	mkdir $self->{tree};
	for my $v ('a', 'b') {
		spew("$self->{path}/$v/plumb.yaml",
		    $options{site} ? $options{site}->($v) : $self->site($v));
		spew("$self->{path}/$v/files/large", Sites::large($v));
	}
	$self->well('a');
	$self->{listing}{a} = $self->listing;
	$self->well('b');
	$self->{listing}{b} = $self->listing;
	$self->well('a');
	is_deeply($self->listing, $self->{listing}{a}, 'there and back');
	$self->{at} = 'a';
	mkdir "$self->{path}/keep";
	system('cp', '-a', $self->{tree}, $self->{state},
	    "$self->{path}/keep") == 0 or die "cp: $?\n";
}

# as prepare() left it
sub reset
{
	my ($self) = @_;

	remove_tree($self->{tree}, $self->{state}, { safe => 0 });
	system('cp', '-a', "$self->{path}/keep/tree",
	    "$self->{path}/keep/state", dirname($self->{tree})) == 0
	    or die "cp: $?\n";
	$self->{at} = 'a';
}

# the site that a round goes to, from the other one
sub turn
{
	my ($self) = @_;
	my ($from, $to) = $self->{number} % 2 ? qw(a b) : qw(b a);

	$self->well($from) if $self->{at} ne $from;
	return ($from, $to);
}

# --- runs of plumb ---

sub words
{
	my ($self, $v, @more) = @_;

	return ($plumb, 'apply', '-y', '--state', $self->{state}, @more,
	    @{ $self->{options} // [] }, "$self->{path}/$v");
}

# start it; its output is in files
sub begin
{
	my ($self, @words) = @_;
	my $number = ++$self->{begun};
	my $run = { out => "$self->{path}/out", err => "$self->{path}/err" };

	$run->{$_} .= ".$number" for $self->{apart} ? qw(out err) : ();
	$run->{pid} = fork // die "fork: $!\n";
	if (!$run->{pid}) {
		setpgrp;
		open STDIN, '<', '/dev/null';
		open STDOUT, '>', $run->{out};
		open STDERR, '>', $run->{err};
		exec { $words[0] } @words or POSIX::_exit(127);
	}
	return $run;
}

sub finish
{
	my ($self, $run) = @_;

	unless (patiently { waitpid($run->{pid}, WNOHANG) == $run->{pid} }) {
		kill KILL => -$run->{pid};
		waitpid $run->{pid}, 0;
		$self->violation("it hangs: $run->{pid}");
	}
	$run->{status} = $?;
	$run->{exit} = $? >> 8;
	$run->{killed} = ($? & 127) == 9 || $run->{exit} == 137;
	$run->{said} = slurp($run->{out});
	$run->{complained} = slurp($run->{err});
	return $run;
}

sub run
{
	my ($self, @words) = @_;

	return $self->finish($self->begin(@words));
}

# one that must go well
sub well
{
	my ($self, $v) = @_;
	my $run = $self->run($self->words($v));

	$run->{exit} == 0 && !($run->{status} & 127) or
	    $self->violation("site $v is not applied ($run->{status}): " .
	    join "\n", (grep { !/was stopped while/ } split /\n/,
	    $run->{complained} =~ s{^ +\d+ \|.*\n}{}gmr)[0 .. 9]);
	return $run;
}

# how long a run takes that changes all there is to change, in seconds
sub pace
{
	my ($self) = @_;
	my $since = time;

	$self->well($_) for 'b', 'a';
	return (time - $since) / 2;
}

# --- what must hold ---

# path => type, mode, owner, content
sub listing
{
	my ($self, $top) = @_;
	my @waiting = $top // $self->{tree};
	my %found;

	while (defined(my $path = pop @waiting)) {
		my @s = lstat $path or next;
		my $what = sprintf '%o %d:%d', @s[2, 4, 5];
		if (S_ISDIR($s[2]) && opendir my $dir, $path) {
			push @waiting, map { "$path/$_" }
			    grep { !/^\.\.?$/ } readdir $dir;
		} elsif (S_ISLNK($s[2])) {
			$what .= ' -> ' . readlink $path;
		} elsif (S_ISREG($s[2])) {
			$what .= ' ' . sha256_hex(slurp($path) // '');
		}
		$found{substr $path, length $self->{tree}} = $what;
	}
	return \%found;
}

# what the journal holds, after all of it was checked
sub journal
{
	my ($self) = @_;
	my $said = qx(@{[helper('whole')]} $self->{state} 2>&1);
	my %found = (open => [], owed => [], act => []);

	return \%found if $? == 0x200; # no journal yet
	$self->violation("the journal is not whole: $said") if $?;
	push @{ $found{$1} }, $2
	    while $said =~ /^(open|owed|act) (.*)$/mg;
	return \%found;
}

# one file's mode and owner are two calls, so either may be the new one
sub is_between
{
	my ($is, $from, $to) = @_;
	my @is = split / /, $is;

	for my $x ($from // (), $to // ()) {
		return 1 if $x eq $is;
	}
	return 0 unless $from && $to && $from !~ / -> /;
	my @from = split / /, $from;
	my @to = split / /, $to;
	# new content comes with its mode and owner
	return 0 if ($from[2] // '') ne ($to[2] // '');
	return ($is[2] // '') eq ($from[2] // '') &&
	    ($is[1] eq $from[1] || $is[1] eq $to[1]) &&
	    (oct($is[0]) & ~(oct($from[0]) | oct($to[0]))) == 0;
}

# after a run from one site to another was hurt: each thing is as one of them
# has it, and what is not as before was announced
sub between
{
	my ($self, $from, $to) = @_;
	my ($a, $b) = @{ $self->{listing} }{$from, $to};
	my $is = $self->listing;
	my %acts = map { s/ .*//r => 1 } @{ $self->journal->{act} };

	for my $path (sort keys %$is) {
		next if $path =~ m{/\.[^/]*\.plumb-new$};
		next if is_between($is->{$path}, $a->{$path}, $b->{$path});
		# a program's own doing, which may still be at it
		next if $path =~ m{^/(?:seen|new|stamp-.)$};
		$self->violation("$path is neither old nor new: $is->{$path}");
	}
	for my $path (keys %{ { %$a, %$b } }) {
		my $was = $a->{$path} // "absent";
		my $new = $is->{$path} // "absent";
		next if $was eq $new || $path =~ m{^/(?:seen|new|stamp-.)$} ||
		    $self->{unannounced};
		$self->violation("$path changed unannounced: $was, $new")
		    unless grep { $acts{"$_:$self->{tree}$path"} }
		    qw(file directory link);
	}
	for my $path (keys %$a) {
		next if exists $is->{$path} || !exists $b->{$path};
		$self->violation("$path is lost") unless $path =~ /seen|new|stamp/;
	}
}

# processes that a killed run left, and that work in our corner; they end by
# themselves
sub strays
{
	my ($self) = @_;

	return grep { ($self->{path} ne '' &&
	    index(slurp("$_/cmdline") // "", $self->{path}) >= 0) ||
	    index(slurp("$_/cmdline") // "", $self->{tree}) >= 0 ||
	    (readlink("$_/cwd") // "") =~ /^\Q$self->{path}\E/ }
	    grep { $_ ne "/proc/$$" } glob '/proc/[0-9]*';
}

# the next run makes it so, and the one after that finds nothing to do
sub settle
{
	my ($self, $v) = @_;

	patiently { !$self->strays } or $self->violation('strays');
	my $first = $self->well($v);
	my $second = $self->well($v);
	$self->violation("the run after changes something: $second->{said}")
	    if $second->{said} !~ /^Plan: 0 to create, 0 to update, 0 to remove, 0 to refresh/m
	    || $second->{said} =~ /^\S+: run done/m;
	$self->violation("the run after complains: $second->{complained}")
	    if $second->{complained};
	$self->is_as($v);
	$self->{at} = $v;
	return $first;
}

sub is_as
{
	my ($self, $v) = @_;
	my $journal = $self->journal;

	$self->is_as_tree($v);
	$self->violation("left open: $_") for @{ $journal->{open} };
	$self->violation("never refreshed: $_") for @{ $journal->{owed} };
	$self->violation("left behind: $_")
	    for glob "$self->{state}/objects/new.*";
}

# each thing as one site or the other has it, whatever the journal says
sub is_either
{
	my ($self, $from, $to) = @_;
	my ($a, $b) = @{ $self->{listing} }{$from, $to};
	my $is = $self->listing;

	for my $path (sort keys %$is) {
		$self->violation("$path is neither old nor new: $is->{$path}")
		    unless is_between($is->{$path}, $a->{$path}, $b->{$path});
	}
}

sub is_as_tree
{
	my ($self, $v) = @_;
	my $is = $self->listing;
	my $shall = $self->{listing}{$v};

	for my $path (sort keys %{ { %$is, %$shall } }) {
		my $x = $is->{$path} // "absent";
		my $y = $shall->{$path} // "absent";
		$self->violation("$path is $x, not $y") if $x ne $y;
	}
}

1;
