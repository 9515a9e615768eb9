#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# sealed.t - the file of a plan: whole, ours, and without secrets.

use v5.30;
use warnings;
use Digest::SHA 'sha256_hex';
use FindBin '$Bin';
use MIME::Base64 'encode_base64';
use Test::More;
use lib $Bin;
use Plumb;
use Saved;

plan skip_all => "there is no $Plumb::plumb" unless Plumb->there;

subtest 'bytes that steer a terminal do not reach it' => sub {
	my $place = place;

	saved($place);
	my $text = $place->text('plan') =~
	    s/"host": "[^"]*"/"host": "\\u001b[2J\\u009b"/r;
	$place->write('plan', $text);
	my $show = $place->start_words($Plumb::plumb, 'show', '--state',
	    $place->path('elsewhere'), $place->path('plan'))->wait;
	is($show->{exit}, 0) or diag $show->{err};
	unlike($show->{out}, qr/\e|\xc2\x9b/);
};

subtest 'the whole diff is kept' => sub {
	my $place = place;

	$place->site("files: { /long: { source: long } }\n");
	$place->write('site/files/long', join '', map { "line $_\n" } 1 .. 300);
	like(saved($place)->{out}, qr/more lines/);
	like(on_file($place, 'show', $place->path('plan'))->{out},
	    qr/^\s+\+line 300$/m);
};

subtest 'a flipped bit anywhere is noticed' => sub {
	my $place = place;

	saved($place);
	my $whole = $place->text('plan');
	my %accepted;
	srand 20261121;
	for my $try (1 .. 200) {
		my $bit = $try <= 40 ? int rand 8 * index $whole, "\n"
		    : int rand 8 * length $whole;
		my $bad = $whole;
		substr($bad, $bit >> 3, 1) ^.= chr(1 << ($bit & 7));
		$place->write('plan', $bad);
		my $run = apply($place);
		$accepted{$bit} = $run->{exit} if $run->{exit} != 1 ||
		    $run->{err} !~ /is damaged or was made on another machine|is not a saved plan/;
	}
	is_deeply(\%accepted, {}, 'all 200 are refused');
	ok(!-e "$place->{state}/journal.db", 'before anything else is done');
	is($place->text('root/a'), "old\n");
	$place->write('plan', $whole);
	is(apply($place)->{exit}, 0, 'and the whole one is good');
};

subtest 'so is what is missing, or too much' => sub {
	my $place = place;

	saved($place);
	my $whole = $place->text('plan');
	my $line = index($whole, "\n") + 1;
	for my $size (1, 20, 30, $line - 1, $line, $line + 1,
	    rindex($whole, "\n", -2) + 1, length($whole) - 1) {
		$place->write('plan', substr $whole, 0, $size);
		is(apply($place)->{exit}, 1, "$size bytes of it");
		is(on_file($place, 'show', $place->path('plan'))->{exit}, 1);
	}
	$place->write('plan', "$whole\n");
	is(apply($place)->{exit}, 1, 'one byte more');
	$place->write('plan', '');
	is(apply($place)->{exit}, 1, 'nothing');
	for my $body ('', "null\n", "[]\n", "{\"type\": \"origin\"}\n", "{}\n",
	    "{\"type\": 1}\n", "\n", "{\"type\": \"text\", \"text\": []}\n",
	    '[' x 5000) {
		$place->write('plan', substr($whole, 0, $line) . $body);
		my $run = $place->start_words($Plumb::plumb, 'show', '--state',
		    $place->path('none'), $place->path('plan'))->wait;
		is($run->{exit}, 1, 'one that nobody sealed is read with care');
		is($run->{signal}, 0);
	}
};

subtest 'a plan is for the machine that made it' => sub {
	my ($place, $other) = (place, place);

	saved($place);
	my $run = $place->start_words($Plumb::plumb, 'apply', $place->path('plan'),
	    '--state', $other->{state})->wait;
	is($run->{exit}, 1);
	like($run->{err}, qr/was made on another machine, or with another --state or --root: there is no key in/);
	ok(!-e $other->{state}, 'nothing is made by asking');
	saved($other);
	$run = $place->start_words($Plumb::plumb, 'apply', $place->path('plan'),
	    '--state', $other->{state})->wait;
	is($run->{exit}, 1);
	like($run->{err}, qr/is damaged or was made on another machine/);
	is($place->text('root/a'), "old\n");
};

subtest 'a digest of what a user chose is no seal' => sub {
	my $place = place;
	my $user = sub { Digest::SHA::hmac_sha256_hex(@_) };

	saved($place);
	open my $file, '<:raw', "$place->{state}/key" or die $!;
	read $file, my $key, 32;
	my ($head, $body) = split /(?<=\n)/, $place->text('plan'), 2;
	my ($mac) = $head =~ /"mac": "(\w+)"/;
	isnt($user->($body, $key), $mac);
	isnt($user->($head =~ s/\w{64}.*//sr . $body, $key), $mac);
};

subtest 'secrets are in it as keyed digests only' => sub {
	my $place = Plumb->new(options => []);
	my $canary = 'canary-' . join '', map { int rand 10 } 1 .. 20;

	my $key = $place->path('key');
	is(system('ssh-keygen', '-qt', 'ed25519', '-N', '', '-f', $key), 0);
	local $ENV{PLUMB_IDENTITY} = $key;
	$place->write('site/secrets/recipients', $place->text("$key.pub"));
	my $site = <<~'Y';
	    files:
	      PLACE/root/whole: { content: "${secret('s')}" }
	      PLACE/root/part: { content: "password ${secret('s')}\n", mode: 0600 }
	      PLACE/root/kept: { content: "${secret('s')}" }
	    Y
	$place->site('');
	open my $set, '|-', "$Plumb::plumb secret set s $place->{site} 2>/dev/null"
	    or die $!;
	print $set $canary;
	ok(close $set, 'there is a secret');
	$place->site($site);
	# one is there with the secret in it already
	$place->write('root/kept', "x $canary");
	my $run = saved($place, '-v');
	my $text = $place->text('plan') . $run->{out} . $run->{err};
	my @forms = ($canary, sha256_hex($canary), unpack('H*', $canary),
	    sha256_hex("password $canary\n"), sha256_hex("x $canary"),
	    encode_base64($canary, '') =~ s/.{0,3}$//r);
	unlike($text, qr/\Q$_\E/i) for @forms;
	my $applied = apply($place);
	is($applied->{exit}, 0) or diag $applied->{err};
	is($place->text('root/whole'), $canary);
	is($place->text('root/part'), "password $canary\n");

	$place->site($site =~ s/\$\{secret\('s'\)\}/none/gr);
	saved($place);
	unlike($place->text('plan'), qr/\Q$_\E/i, 'nor when it leaves the site')
	    for @forms;
	$place->site($site);

	unlink $place->path('root/whole');
	saved($place);
	open $set, '|-', "$Plumb::plumb secret set s $place->{site} 2>/dev/null"
	    or die $!;
	print $set 'another';
	ok(close $set);
	is_stale($place, qr/^plumb: file:\S+\/whole: the site asks something else/m,
	    'another secret');
};

subtest 'nothing but a plan is written over' => sub {
	my $place = place;
	my $to = sub { $place->plumb('plan', '-o', $place->path($_[0])) };

	my $run = $to->('site/plumb.yaml');
	is($run->{exit}, 1);
	like($run->{err}, qr/is there already and is not a saved plan: it is left as it is/);
	is($run->{out}, '', 'which is said before anything is looked at');
	like($place->text('site/plumb.yaml'), qr/^site: reviewed/);
	is($to->('root')->{exit}, 1, 'a directory');
	is($to->('none/plan')->{exit}, 1, 'a directory that is not there');
	$place->write('empty', '');
	is($to->('empty')->{exit}, 0, 'an empty file');
	is($to->('empty')->{exit}, 0, 'a plan');
	is(apply($place, $place->path('empty'))->{exit}, 1, 'one at a time');
	$run = on_file($place, 'apply', $place->path('site/plumb.yaml'));
	is($run->{exit}, 1);
	like($run->{err}, qr/plumb\.yaml' is not a saved plan/);
	opendir my $dir, $place->{path};
	is_deeply([grep { /^\.plumb/ } readdir $dir], [], 'nothing is left');
};

subtest 'it is there whole, or as it was' => sub {
	my $place = place;
	my $file = $place->path('plan');

	saved($place);
	my $before = $place->text('plan');
	my $run = $place->start_words('sh', '-c', 'trap "" XFSZ; ulimit -f 0; exec "$@"',
	    'sh', $place->words('plan', '-o', $file))->wait;
	isnt($run->{exit}, 0, 'no room');
	is($place->text('plan'), $before, 'the old one is there');
	opendir my $dir, $place->{path};
	is_deeply([grep { /^\.plumb/ } readdir $dir], [], 'and nothing beside it');

	my $broken = 0;
	for my $try (1 .. 30) {
		my $started = $place->start('plan', '-o', $file);
		select undef, undef, undef, rand 0.03;
		$started->kill('KILL');
		$started->wait;
		$broken++ if on_file($place, 'show', $file)->{exit};
	}
	is($broken, 0, 'whenever it is killed');
};

subtest 'who cannot keep a key cannot save one' => sub {
	my $place = place;

	plan skip_all => 'root can do all' if $>;
	chmod 0755, $place->{path};
	mkdir $place->path('closed'), 0755;
	my $run = $place->start_words('setpriv', '--reuid=65534', '--clear-groups',
	    $Plumb::plumb, 'plan', '-o', $place->path('plan'), '--state',
	    $place->path('closed/state'), $place->{site})->wait;
	is($run->{exit}, 1);
	like($run->{err}, qr/Permission denied\n.*sealed with a key that is kept in/s);
};

done_testing();
