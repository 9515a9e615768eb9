# SPDX-License-Identifier: GPL-3.0-or-later
#
# Saved.pm - a place whose plan is saved in a file, and what is done with it.
package Saved;

use v5.30;
use warnings;
use Exporter 'import';
use Test::More;
use Plumb;

our @EXPORT = qw(place on_file saved apply is_stale);

# a place whose site wants one file updated, one created and one as it is
sub place
{
	my $place = Plumb->new;

	$place->site(<<~'Y');
	    site: reviewed
	    files:
	      /a: { content: "new\n", mode: 0644 }
	      /b: { content: "b\n", mode: 0600 }
	      /same: { content: "same\n" }
	    Y
	$place->write('root/a', "old\n");
	chmod 0644, $place->path('root/a');
	$place->write('root/same', "same\n");
	return $place;
}

# apply and show take no site with a file
sub on_file
{
	my ($place, @words) = @_;
	my $options = $words[0] eq 'show' ? [] : $place->{options};

	return $place->start_words($Plumb::plumb, @words, '--state',
	    $place->{state}, @$options)->wait;
}

sub saved
{
	my ($place, @words) = @_;
	my $run = $place->plumb('plan', '-o', $place->path('plan'), @words);

	is($run->{exit}, 0, 'the plan is saved') or diag $run->{err};
	return $run;
}

sub apply { on_file($_[0], 'apply', $_[0]->path('plan'), @_[1 .. $#_]) }

sub is_stale
{
	my ($place, $says, $what) = @_;
	my $run = apply($place);

	is($run->{exit}, 5, "$what: refused");
	like($run->{err}, $says, 'and it says what moved');
	like($run->{err}, qr/^plumb: nothing was changed: /m);
	is($run->{out}, '', 'and does nothing');
	return $run;
}

1;
