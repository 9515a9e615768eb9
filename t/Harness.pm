# SPDX-License-Identifier: GPL-3.0-or-later
#
# Harness.pm - prove as ever, but where CI is set a test that skips has failed:
# perl -It -S prove -It --harness Harness
package Harness;

use strict;
use warnings;
use parent 'TAP::Harness';

sub new
{
	my ($class, $args) = @_;
	return $class->SUPER::new({
		%{$args // {}}, parser_class => 'Harness::Parser' });
}

package Harness::Parser;

use parent 'TAP::Parser';

# loaded with this file
BEGIN { $INC{'Harness/Parser.pm'} = __FILE__ }

sub parse_errors
{
	my ($self) = @_;
	my @errors = $self->SUPER::parse_errors;
	push @errors, 'skipped, and nothing may skip here: ' .
	    ($self->skip_all || 'tests ' . join ', ', $self->skipped)
	    if $ENV{CI} && ($self->skip_all || $self->skipped);
	return @errors;
}

1;
