# SPDX-License-Identifier: GPL-3.0-or-later
#
# Plumb.pm - a site, a tree and a state directory of a test's own, and plumb
# run on them: what it said, how it ended, on a pipe or on a terminal.
#
#     my $place = Plumb->new;
#     $place->site(<<~'Y');
#         files: { /etc/motd: { content: "hello\n" } }
#         Y
#     my $run = $place->plumb('apply', '-y');
#     is $run->{exit}, 0;
#     is $place->text('root/etc/motd'), "hello\n";
package Plumb;

use v5.30;
use warnings;
use Cwd 'getcwd';
use File::Path 'make_path';
use File::Temp 'tempdir';
use IO::Select;
use JSON::PP;
use POSIX ':sys_wait_h';
use Time::HiRes 'time';

# seconds for anything at all
use constant BOUND => 20;

our $plumb = $ENV{PLUMB} // getcwd() . '/' . ($ENV{B} // 'build') . '/plumb';

delete @ENV{qw(NO_COLOR CLICOLOR_FORCE XDG_STATE_HOME POSIXLY_CORRECT)};
$ENV{TERM} = 'xterm';

sub there { -x $plumb }

# a directory with site/, root/ and state/; `options` are given to every plumb
sub new
{
	my ($class, %with) = @_;
	my $path = tempdir('plumb-t.XXXXXX', TMPDIR => 1, CLEANUP => 1);
	my $self = bless { path => $path, site => "$path/site",
	    root => "$path/root", state => "$path/state", %with }, $class;

	mkdir "$path/$_" or die "$path/$_: $!" for qw(site root);
	$self->{options} //= ['--root', $self->{root}];
	return $self;
}

# --- files of the place, by paths within it ---

sub path
{
	my ($self, $name) = @_;

	return $name =~ m{^/} ? $name : "$self->{path}/$name";
}

sub write
{
	my ($self, $name, $text) = @_;
	my $path = $self->path($name);

	make_path($path =~ s{/[^/]*$}{}r);
	open my $file, '>', $path or die "$path: $!";
	print $file $text;
	close $file or die "$path: $!";
	return $path;
}

# undef: it is not there
sub text
{
	my ($self, $name) = @_;

	open my $file, '<', $self->path($name) or return undef;
	local $/ = undef;
	return scalar <$file> // '';
}

# plumb.yaml; PLACE in it is the place's path
sub site
{
	my ($self, $text) = @_;

	$self->write("$self->{site}/plumb.yaml",
	    $text =~ s/PLACE/$self->{path}/gr);
}

# --- plumb ---

# every command that takes it is given the place's state, root and site
sub words
{
	my ($self, $command, @words) = @_;
	my $reads = $command !~ /^(?:history|show)$/;
	my $looks = $command !~ /^(?:validate|why|graph)$/;

	return ($plumb, $command, @words,
	    $looks ? ('--state', $self->{state}) : (),
	    $reads ? (@{ $self->{options} }, $self->{site}) : ());
}

# a process with its output in files, so that no pipe fills up
sub start
{
	my ($self, @words) = @_;

	return $self->start_words($self->words(@words));
}

sub start_words
{
	my ($self, @words) = @_;
	my $number = ++$self->{started};
	my $run = { place => $self, said => $self->path("out.$number"),
	    complained => $self->path("err.$number") };

	$run->{pid} = fork // die "fork: $!";
	if (!$run->{pid}) {
		setpgrp;
		open STDIN, '<', '/dev/null';
		open STDOUT, '>', $run->{said};
		open STDERR, '>', $run->{complained};
		exec { $words[0] } @words or POSIX::_exit(127);
	}
	return bless $run, 'Plumb::Run';
}

sub plumb
{
	my ($self, @words) = @_;

	return $self->start(@words)->wait;
}

# the same on a terminal; answers are [pattern, what is typed then], in order
sub terminal
{
	my ($self, $answers, @words) = @_;

	require IO::Pty;
	my $pty = IO::Pty->new;
	my $run = { place => $self, out => '' };
	$pty->slave->set_winsize(24, 80);
	$run->{pid} = fork // die "fork: $!";
	if (!$run->{pid}) {
		$pty->make_slave_controlling_terminal;
		my $slave = $pty->slave;
		open STDIN, '<&', $slave;
		open STDOUT, '>&', $slave;
		open STDERR, '>&', $slave;
		close $pty;
		exec { $plumb } $self->words(@words) or POSIX::_exit(127);
	}
	$pty->close_slave;
	my @answers = @$answers;
	my $from = 0;
	my $end = time + BOUND;
	my $select = IO::Select->new($pty);
	while (time < $end) {
		next unless $select->can_read(1);
		last unless sysread $pty, $run->{out}, 65536,
		    length $run->{out};
		while (@answers &&
		    substr($run->{out}, $from) =~ /$answers[0][0]/) {
			$from = length $run->{out};
			my $text = (shift @answers)->[1];
			syswrite $pty, ref $text ? $text->() : $text;
		}
	}
	$run->{unanswered} = @answers;
	$run->{out} =~ s/\r\n/\n/g;
	return (bless $run, 'Plumb::Run')->wait;
}

# until it is true; what it gave
sub wait_for
{
	my ($what) = @_;
	my $end = time + BOUND;
	my $found;

	select undef, undef, undef, 0.01
	    until ($found = $what->()) || time > $end;
	return $found;
}

package Plumb::Run;

use JSON::PP 'decode_json';
use POSIX 'WNOHANG';
use Time::HiRes 'time';

# fills in out, err, exit, signal and took; ended when it takes too long
sub wait
{
	my ($run) = @_;
	my $place = $run->{place};

	unless (Plumb::wait_for(
	    sub { waitpid($run->{pid}, WNOHANG) == $run->{pid} })) {
		kill KILL => $run->{pid};
		waitpid $run->{pid}, 0;
		$run->{late} = 1;
	}
	$run->{exit} = $? >> 8;
	$run->{signal} = $? & 127;
	delete $run->{pid};
	$run->{out} = $place->text($run->{said}) if $run->{said};
	$run->{err} = $place->text($run->{complained}) if $run->{complained};
	return $run;
}

sub kill
{
	my ($run, $signal) = @_;

	return CORE::kill $signal => $run->{pid};
}

# the last line of what was said
sub last
{
	my ($run) = @_;

	return (split /\n/, $run->{out})[-1] // '';
}

# the lines of --json
sub lines
{
	my ($run) = @_;

	return map { decode_json($_) } split /\n/, $run->{out};
}

sub DESTROY
{
	my ($run) = @_;

	return unless $run->{pid};
	local $?;
	CORE::kill KILL => $run->{pid};
	waitpid $run->{pid}, 0;
}

1;
