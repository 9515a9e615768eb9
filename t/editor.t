#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# editor.t - what an editor says of a site, by way of its first line.
#
# The YAML language server that editors run (yaml-language-server of npm, which
# Debian does not have; kept in build/npm) is spoken to as an editor does:
# https://microsoft.github.io/language-server-protocol/

use v5.30;
use warnings;
use Cwd qw(abs_path getcwd);
use File::Temp 'tempdir';
use IPC::Open2 'open2';
use JSON::PP;
use Test::More;

my $plumb = $ENV{PLUMB} // getcwd() . '/' . ($ENV{B} // 'build') . '/plumb';
my $npm = getcwd() . '/build/npm';
my $server = "$npm/node_modules/.bin/yaml-language-server";

plan skip_all => "there is no $plumb" unless -x $plumb;
if (!-x $server) {
	plan skip_all => 'there is no npm' if system('command -v npm > /dev/null');
	system("mkdir -p $npm && timeout 300 npm install --silent --no-audit --no-fund --ignore-scripts --prefix $npm yaml-language-server\@1.23.0 > /dev/null 2>&1");
	plan skip_all => 'npm has no yaml-language-server' unless -x $server;
}

my $site = abs_path(tempdir(CLEANUP => 1));
my $json = JSON::PP->new->utf8->canonical;
my $pid = open2(my $from, my $to, 'timeout', 120, 'node', $server, '--stdio');
my $number = 0;
my %said; # diagnostics by file

system("$plumb schema > '$site/plumb.schema.json'") == 0
    or die "plumb schema: $?\n";
binmode $_ for $from, $to;
$to->autoflush(1);

sub send_message
{
	my ($message) = @_;
	my $text = $json->encode({ jsonrpc => '2.0', %$message });

	printf $to "Content-Length: %d\r\n\r\n%s", length $text, $text;
}

# the next message; the server's questions are answered with nothing
sub receive
{
	my ($size, $text);

	while (my $line = <$from>) {
		$size = $1 if $line =~ /^Content-Length: (\d+)/i;
		last if $line eq "\r\n";
	}
	defined $size && read($from, $text, $size) == $size
	    or die "the language server has ended\n";
	my $message = $json->decode($text);
	if ($message->{method} && exists $message->{id}) {
		my $items = $message->{params}{items} // [];
		send_message({ id => $message->{id},
		    result => [map { undef } @$items] });
	}
	$said{$message->{params}{uri}} = $message->{params}{diagnostics}
	    if ($message->{method} // '') eq 'textDocument/publishDiagnostics';
	return $message;
}

sub ask
{
	my ($method, $params) = @_;
	my $id = ++$number;

	send_message({ id => $id, method => $method, params => $params });
	while (1) {
		my $message = receive();
		return $message->{result}
		    if !$message->{method} && ($message->{id} // 0) == $id;
	}
}

# a file is opened in the editor: its address, and what is wrong in it
sub opened
{
	my ($name, $text) = @_;
	my $uri = "file://$site/$name";
	my $modeline = "# yaml-language-server: \$schema=plumb.schema.json\n";

	send_message({ method => 'textDocument/didOpen', params => {
		textDocument => { uri => $uri, languageId => 'yaml',
		    version => 1, text => $modeline . $text } } });
	receive() until $said{$uri};
	# "line:column-column: message", counted from 1 as plumb does
	my @wrong = map { sprintf '%d:%d-%d: %s', $_->{range}{start}{line} + 1,
	    $_->{range}{start}{character} + 1, $_->{range}{end}{character},
	    $_->{message} } @{$said{$uri}};
	return ($uri, @wrong);
}

sub position
{
	my ($uri, $line, $column) = @_;

	return { textDocument => { uri => $uri },
	    position => { line => $line - 1, character => $column - 1 } };
}

ask('initialize', { processId => $$, rootUri => "file://$site",
    capabilities => { textDocument => { hover => { contentFormat =>
    ['plaintext'] }, completion => { completionItem =>
    { documentationFormat => ['plaintext'] } } } } });
send_message({ method => 'initialized', params => {} });
send_message({ method => 'workspace/didChangeConfiguration',
    params => { settings => { yaml => { validate => JSON::PP::true,
    hover => JSON::PP::true, completion => JSON::PP::true,
    schemaStore => { enable => JSON::PP::false } } } } });

for my $example (sort glob 'examples/*/plumb.yaml') {
	my $text = do { local (@ARGV, $/) = $example; <> };
	my ($uri, @wrong) = opened($example =~ s{/}{-}gr, $text);

	is_deeply(\@wrong, [], "$example: nothing is wrong");
}

my ($uri, @wrong) = opened('wrong.yaml', <<'YAML');
files:
  /etc/motd:
    mod: 0644
    ensure: gone
  /etc/issue:
    mode: "0999"
    replace: maybe
  /etc/hosts:
    content: a
    source: b
links:
  /srv/www:
    force: true
YAML
my @wanted = (
	qr/^4:5-7: Property mod is not allowed/,
	qr/^5:13-16: Value is not accepted\. Valid values: "present", "absent"/,
	qr/^7:11-16: three or four octal digits, like 0644/,
	qr/^8:14-18: true or false/,
	qr/^11:5-10: 'content' is given already, and the two exclude each other/,
	qr/^13:3-10: Missing property "target"/,
);
for my $wanted (@wanted) {
	ok(scalar(grep { $_ =~ $wanted } @wrong), "it is said: $wanted")
	    or diag join "\n", @wrong;
}
is(scalar(@wrong), scalar(@wanted), 'and nothing else')
    or diag join "\n", @wrong;

($uri, @wrong) = opened('hover.yaml', <<'YAML');
files:
  /etc/motd:
    mode: 0644
    ensure: present
YAML
sub hover
{
	my $answer = ask('textDocument/hover', position($uri, @_));

	return ref $answer->{contents} ? $answer->{contents}{value} :
	    $answer->{contents};
}
like(hover(2, 2), qr/a file: what it holds, and who may do what with it/,
    'a section is described');
like(hover(4, 6), qr/who may do what; not given: left alone/,
    'an attribute is described');
like(hover(5, 6), qr/whether it shall be there at all/,
    'an attribute of every kind too');

($uri, @wrong) = opened('complete.yaml', <<'YAML');
files:
  /etc/motd:
    m
YAML
sub completed
{
	my $answer = ask('textDocument/completion', position($uri, @_));

	return { map { $_->{label} => $_ } @{$answer->{items} // $answer} };
}
my $words = completed(4, 6);
ok($words->{$_}, "'$_' is offered") for qw(mode owner template requires);
ok(!$words->{target}, 'what belongs to another kind is not');
($uri, @wrong) = opened('value.yaml', "files:\n  /etc/motd:\n    ensure: \n");
$words = completed(4, 13);
ok($words->{$_}, "'$_' is offered as a value") for qw(present absent);

ask('shutdown', undef);
send_message({ method => 'exit' });
waitpid $pid, 0;
done_testing;
