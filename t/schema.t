#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# schema.t - the JSON Schema is one, and agrees with what reads a site.
#
# What plumb accepts the schema must accept. What the schema can see to be
# wrong, which is all below but what needs an expression, both must refuse.

use v5.30;
use warnings;
use Cwd 'getcwd';
use File::Temp 'tempdir';
use JSON::PP 'decode_json';
use Test::More;

my $plumb = $ENV{PLUMB} // getcwd() . '/' . ($ENV{B} // 'build') . '/plumb';

plan skip_all => "there is no $plumb" unless -x $plumb;
plan skip_all => 'there is no python3-jsonschema'
    if system('python3 -c "import jsonschema, yaml" 2> /dev/null') != 0;

# each file: a line "FILE<tab>what is wrong", nothing behind the tab if nothing
my $judge = <<'PYTHON';
import json, sys, yaml, jsonschema
schema = json.load(open(sys.argv[1]))
jsonschema.Draft7Validator.check_schema(schema)
judge = jsonschema.Draft7Validator(schema)
for path in sys.argv[2:]:
    try:
        site = yaml.safe_load(open(path, encoding='utf-8', newline=''))
    except Exception as e:
        print(path, 'YAML', sep='\t')
        continue
    wrong = ['/'.join(map(str, e.absolute_path)) + ' ' +
             e.message[:80].replace('\n', ' ')
             for e in judge.iter_errors(site)]
    print(path, '; '.join(wrong), sep='\t')
PYTHON

my $top = tempdir(CLEANUP => 1);

sub put
{
	my ($path, $text) = @_;

	open my $file, '>', $path or die "$path: $!\n";
	print $file $text;
	close $file or die "$path: $!\n";
	return $path;
}

# what is wrong with each file
sub judged
{
	my (@paths) = @_;

	open my $run, '-|', 'python3', put("$top/judge.py", $judge),
	    "$top/schema.json", @paths or die "python3: $!\n";
	my %wrong = map { chomp; split /\t/, $_, 2 } <$run>;
	close $run;
	is($?, 0, 'the schema is draft-07');
	return \%wrong;
}

sub valid
{
	my ($path) = @_;
	my $site = tempdir(DIR => $top);

	system('cp', $path, "$site/plumb.yaml") == 0 or die "cp: $?\n";
	mkdir "$site/files";
	put("$site/files/a", "a\n");
	return system("timeout 60 $plumb validate $site > /dev/null 2>&1") == 0;
}

my %right = (
	'nothing' => '',
	'a section with nothing in it' => 'files:',
	'a short list' => 'groups: [a, b]',
	'a resource of nothing' => "groups:\n  a:",
	'a mode' => 'files: { /a: { mode: 0640 } }',
	'a mode in quotes' => 'files: { /a: { mode: "0640" } }',
	'a mode of four digits' => 'files: { /a: { mode: 4755 } }',
	'a mode that is made' => 'files: { /a: { mode: "${\'06\' .. \'40\'}" } }',
	'text that looks like a number' => 'files: { /a: { content: 1.10 } }',
	'an owner by number' => 'files: { /a: { owner: 0 } }',
	'a truth' => 'files: { /a: { replace: false } }',
	'a truth in quotes' => 'files: { /a: { replace: "false" } }',
	'a truth that is made' => 'files: { /a: { replace: "${1 == 2}" } }',
	'a duration' => 'files: { /a: { timeout: 1.5m } }',
	'a bare duration' => 'files: { /a: { timeout: 30 } }',
	'a list' => 'users: { a: { groups: [b, 1] } }',
	'one of a list' => 'users: { a: { groups: b } }',
	'a choice' => 'files: { /a: { ensure: absent } }',
	'a choice that is made' => 'files: { /a: { ensure: "${\'absent\'}" } }',
	'a source' => 'files: { /a: { source: a } }',
	'references' => "groups: [a]\nfiles: { /a: { requires: [group:a], notifies: [] } }",
	'one reference' => "groups: [a]\nfiles: { /a: { requires: group:a } }",
	'an expression' => 'files: { /a: { when: false } }',
	'each of a list' => 'files: { "/${it}": { for_each: [a, b] } }',
	'each of a map' => 'files: { "/${it.key}": { for_each: { a: 1 } } }',
	'each of an expression' => "domains: [a.test]\nfiles: { '/\${it}': { for_each: domains } }",
	'the site' => "site: x\ndomains: [a.test]\nvariables: { a: { b: [1] } }\nprune: true",
);

my %wrong = (
	'a section that is none' => 'file: { /a: }',
	'a section that is text' => 'files: /a',
	'a resource that is text' => 'files: { /a: text }',
	'an attribute that is none' => 'files: { /a: { mod: 0640 } }',
	'a mode with a 9' => 'files: { /a: { mode: "0694" } }',
	'a mode too long' => 'files: { /a: { mode: 10777 } }',
	'a truth that is a word' => 'files: { /a: { replace: maybe } }',
	'a relative path' => 'files: { a: { path: a/b } }',
	'a duration of what' => 'files: { /a: { timeout: 3x } }',
	'a number below nothing' => 'files: { /a: { retries: -1 } }',
	'a number with a dot' => 'files: { /a: { retries: 1.5 } }',
	'a choice that is none' => 'files: { /a: { ensure: gone } }',
	'a list that is a map' => 'users: { a: { groups: { b: c } } }',
	'text that is a list' => 'files: { /a: { owner: [b] } }',
	'text that is nothing' => 'files: { /a: { owner: } }',
	'two that exclude each other' => 'files: { /a: { content: a, source: a } }',
	'what is required' => 'links: { /a: { force: true } }',
	'domains that are text' => 'domains: a.test',
	'variables that are a list' => 'variables: [a]',
	'prune that is a word' => 'prune: maybe',
);

system("$plumb schema > $top/schema.json") == 0 or die "plumb schema: $?\n";

my (%name, $n);
my @examples = glob 'examples/*/plumb.yaml';
$name{put("$top/" . ++$n . '.yaml', $right{$_} . "\n")} = $_
    for sort keys %right;
$name{put("$top/" . ++$n . '.yaml', $wrong{$_} . "\n")} = $_
    for sort keys %wrong;
my @errors = grep { system("iconv -f utf-8 $_ > /dev/null 2>&1") == 0 }
    glob 't/errors/*.yaml';
my $judged = judged(@examples, sort(keys %name), @errors);

is($judged->{$_}, '', "$_ is accepted") for @examples;
for my $path (sort keys %name) {
	my $name = $name{$path};

	if (exists $right{$name}) {
		is($judged->{$path}, '', "the schema accepts $name");
		ok(valid($path), 'as plumb does');
	} else {
		isnt($judged->{$path}, '', "the schema refuses $name");
		ok(!valid($path), 'as plumb does');
	}
}
for my $path (@errors) {
	ok($judged->{$path} eq '' || !valid($path),
	    "$path: what the schema refuses plumb refuses")
	    or diag $judged->{$path};
}

# what an editor shows is what explain shows
my $schema = decode_json(do {
	local (@ARGV, $/) = "$top/schema.json";
	<>
});
for my $line (map { decode_json($_) } split /\n/, qx($plumb explain --json)) {
	next unless $line->{type} eq 'kind';
	my $kind = $schema->{definitions}{$line->{name}};

	is($schema->{properties}{$line->{section}}{description},
	    $line->{about}, "$line->{name} is described");
	for my $row (@{$line->{attributes}}) {
		my $there = $kind->{properties}{$row->{name}};

		$there = $schema->{definitions}{"every-$row->{name}"}
		    if $row->{common};
		is($there ? $there->{description} : undef,
		    $row->{output} ? undef : $row->{about},
		    "$line->{name}.$row->{name} too");
	}
}
done_testing;
