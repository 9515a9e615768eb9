# SPDX-License-Identifier: GPL-3.0-or-later
#
# Sites.pm - what plumb changes back and forth while it is tormented: two sites,
# a and b, of one tree.
package Sites;

use v5.30;
use warnings;

# content that is easily seen to be of two versions at once
sub large
{
	my ($version) = @_;

	return join '', map { "$version $_ " . 'x' x 50 . "\n" } 1 .. 4000;
}

# every kind that needs nothing but a directory, each changed in every way
sub text
{
	my ($p, $v) = @_;
	my $other = $v eq 'a' ? 'b' : 'a';
	my ($mode, $owner) = $v eq 'a' ? qw(0600 0) : qw(0644 12345);
	my $only = sub { $_[0] eq $v ? '' : 'ensure: absent, ' };

	return <<~"Y";
	    directories:
	      $p/d: { mode: 0755 }
	      $p/d/sub: { mode: ${\($v eq 'a' ? '0750' : '0701')}, owner: "$owner" }
	      $p/in-a: { ${\$only->('a')}mode: 0711 }
	      $p/in-b: { ${\$only->('b')}mode: 0700 }
	      # a mode that nobody asks for is not corrected by the next run
	      $p/in-$v/plain: {}
	      $p/in-$other/plain: { ensure: absent }
	    files:
	      $p/d/conf: { content: "conf $v\\n", mode: $mode, notifies: command:reload }
	      $p/d/large: { source: large, mode: 0640, owner: "$owner" }
	      $p/d/access: { content: "same\\n", mode: $mode, owner: "$owner" }
	      $p/d/suid: { content: "suid $v\\n", mode: 04755, owner: "12345" }
	      $p/d/sub/f: { content: "sub $v\\n", mode: 0400, requires: file:$p/d/large }
	      $p/in-a/f: { ${\$only->('a')}content: "a\\n" }
	      $p/in-b/f: { ${\$only->('b')}content: "b\\n" }
	    links:
	      $p/d/link: { target: $v }
	      $p/d/only-a: { ${\$only->('a')}target: "../d/conf" }
	      $p/d/only-b: { ${\$only->('b')}target: "../d/conf" }
	    commands:
	      reload: { run: [cp, $p/d/conf, $p/seen], refresh_only: true }
	      # notices that it is run twice; whole or not at all, as it must be
	      stamp:
	        creates: $p/stamp-$v
	        shell: |
	          test ! -e $p/stamp-$v || echo twice >> $p/twice
	          rm -f $p/stamp-$other
	          echo stamp > $p/new && sync $p/new && mv $p/new $p/stamp-$v
	    Y
}

1;
