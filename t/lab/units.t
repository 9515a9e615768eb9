# SPDX-License-Identifier: GPL-3.0-or-later
#
# units.t - services started, stopped and enabled, by a real systemd: the unit
# tests of resources/host/systemd.c, run in a host of their own.
use strict;
use warnings;
use lib 't/lab';
use Lab;
use Test::More;

my $build = $ENV{B} // 'build';
$build = lab_top() . "/$build" unless $build =~ m{^/};
my $program = "$build/t/unit/systemd";
die "units.t: build $program first\n" unless -x $program;
my ($cmocka) = map { m{(/\S*/libcmocka\.so\.0)} } `ldconfig -p`;

my $host = lab_host('units', bind => [[$program, '/opt/systemd'],
    [$cmocka, '/opt/libcmocka.so.0']]);
my ($status, $out, $err) = $host->run(qw(env PLUMB_LAB=1
    CMOCKA_MESSAGE_OUTPUT=TAP LD_LIBRARY_PATH=/opt timeout 300
    /opt/systemd));
my ($planned) = $out =~ /^1\.\.(\d+)$/m;
my $seen = 0;
while ($out =~ /^(ok|not ok) \d+ - (\w+)((?:\n#.*)*)/mg) {
	ok($1 eq 'ok', $2 =~ tr/_/ /r) or diag($3);
	$seen++;
}
is($seen, $planned // -1, 'all of them ran') or diag($err);
is($status, 0, 'and the program is content');

done_testing;
