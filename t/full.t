#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# full.t - a disk that is full, or may not be written to: below the root, and
# below the state directory. Each is mounted in a mount namespace of its own.

use v5.30;
use warnings;
use Test::More;
use Plumb;

plan skip_all => "there is no $Plumb::plumb" unless Plumb->there;
plan skip_all => 'needs root, to mount' if $>;
plan skip_all => 'mount namespaces cannot be made here'
    if system 'unshare', '-m', 'true';

# plumb, after a script of sh that has the place's path as $1
sub mounted
{
	my ($place, $script, @words) = @_;

	return $place->start_words('unshare', '-m', 'sh', '-e', '-c',
	    "cd \"\$1\"; shift; $script; exec \"\$@\"", 'sh', $place->{path},
	    $place->words(@words))->wait;
}

sub place
{
	my $place = Plumb->new;
	$place->site(<<~'Y');
	    files:
	      /big: { source: big }
	      /after: { content: a, requires: file:/big }
	      /small: { content: s }
	    Y
	$place->write("$place->{site}/files/big", 'x' x 300_000);
	mkdir $place->{state}, 0700;
	return $place;
}

subtest 'the disk is full below the root' => sub {
	my $place = place();
	# what was there stays as it was
	my $run = mounted($place, 'mount -t tmpfs -o size=128k none root;
	    echo old > root/big; code=0; "$@" || code=$?; cp -a root kept;
	    exit $code', 'apply', '-y');
	is($run->{exit}, 4);
	like($run->{err}, qr/plumb\.yaml:2:3: file:\/big: cannot write '\/big': No space left on device/);
	like($run->{out}, qr/^file:\/after: skipped, because file:\/big failed$/m);
	is($place->text('kept/big'), "old\n", 'the old content is there');
	is($place->text('kept/small'), 's', 'the rest goes on');
	is(scalar(() = glob "$place->{path}/kept/.b*"), 0,
	    'no half of the new one');
	my $next = $place->plumb('apply', '-y');
	is($next->{exit}, 0, 'with room, it is done');
	is(length $place->text('root/big'), 300_000);
};

subtest 'the root may not be written to' => sub {
	my $place = place();
	$place->write('root/big', "old\n");
	my $run = mounted($place,
	    'mount --bind root root; mount -o remount,bind,ro root',
	    'apply', '-y');
	is($run->{exit}, 4);
	like($run->{err}, qr/file:\/big: .*Read-only file system/);
	is($place->text('root/big'), "old\n");
	like($run->last, qr/^Applied: 0 created, .*; 2 failed, 1 skipped\.$/);
};

subtest 'the disk is full below the state directory' => sub {
	my $place = place();
	my $run = mounted($place,
	    'mount -t tmpfs -o size=100k,mode=0700 none state', 'apply', '-y');
	is($run->{exit}, 1);
	like($run->{err}, qr/^plumb: cannot write the journal '.*': the disk is full/m);
	ok(!-e $place->path('root/small'),
	    'what cannot be announced is not done');
};

subtest 'the journal fills the disk in the middle of a run' => sub {
	my $place = Plumb->new;
	my $text = "files:\n";
	$text .= "  /f$_: { content: '$_', mode: 0600 }\n" for 1 .. 3000;
	$place->site($text);
	mkdir $place->{state}, 0700;
	my $run = mounted($place,
	    'mount -t tmpfs -o size=400k,mode=0700 none state', 'apply', '-y');
	is($run->{exit}, 1);
	like($run->{err}, qr/cannot write the journal '.*': the disk is full/);
	my @done = glob "$place->{root}/f*";
	cmp_ok(@done, '>', 0);
	cmp_ok(@done, '<', 3000, 'it stopped there: ' . @done);
	my $next = $place->plumb('apply', '-y');
	is($next->{exit}, 0, 'and goes on with room');
	is(scalar(() = glob "$place->{root}/f*"), 3000);
};

subtest 'the state directory may not be written to' => sub {
	my $place = place();
	my $mount = 'mount --bind state state; mount -o remount,bind,ro state';
	my $run = mounted($place, $mount, 'apply', '-y');
	is($run->{exit}, 1);
	like($run->{err}, qr/^plumb: cannot open '\Q$place->{state}\E\/lock': Read-only file system/m);
	is(mounted($place, $mount, 'plan')->{exit}, 0, 'looking is possible');
	ok(!-e $place->path('root/small'));
};

done_testing();
