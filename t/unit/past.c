/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * past.c - what the journal describes becomes a declaration again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../reconciler/objects.h"
#include "../../reconciler/past.h"
#include "../../specs/json.h"

struct fixture {
	struct arena *arena;
	char state[64];
	struct declaration made;
};

static int set_up(void **context)
{
	struct arena *arena = arena_open();
	struct fixture *f = arena_new(arena, struct fixture);

	f->arena = arena;
	strcpy(f->state, "/tmp/plumb-past.XXXXXX");
	assert_non_null(mkdtemp(f->state));
	*context = f;
	return 0;
}

static int unlink_one(const char *path, const struct stat *st, int type,
    struct FTW *where)
{
	(void)st, (void)type, (void)where;
	return remove(path);
}

static int tear_down(void **context)
{
	struct fixture *f = *context;

	nftw(f->state, unlink_one, 8, FTW_DEPTH | FTW_PHYS);
	arena_close(f->arena);
	return 0;
}

/* the body as JSON, or the refusal */
static const char *declared(struct fixture *f, struct past past)
{
	past_declare(f->arena, f->state, &past, &f->made);
	return past.refusal ? past.refusal :
	    json_text(f->arena, f->made.body);
}

static const char *kept(struct fixture *f, const char *content)
{
	struct object object = { .bytes = { content, strlen(content) } };
	struct err err = err_new(f->arena);

	assert_int_equal(objects_put(f->state, &object, 1, &err), 0);
	return arena_string(f->arena, object.digest);
}

static const char *file(struct fixture *f, const char *mode,
    const char *digest)
{
	return arena_printf(f->arena,
	    "{\"path\": \"/m\", \"content\": {\"size\": 3, \"sha256\": \"%s\"}, \"mode\": \"%s\"}",
	    digest, mode);
}

static void what_was_not_there_is_told_by_its_name(void **context)
{
	struct fixture *f = *context;

	assert_string_equal(declared(f, (struct past){
	    .address = "file:message", .after = file(f, "0644", "0") }),
	    "{\"path\": \"/m\", \"ensure\": \"absent\"}");
	assert_string_equal(f->made.section, "files");
	assert_string_equal(f->made.name, "message");
	assert_string_equal(declared(f, (struct past){
	    .address = "file:/a", .protect = true }),
	    "{\"ensure\": \"absent\", \"protect\": true}");
}

static void what_was_there_is_as_it_was(void **context)
{
	struct fixture *f = *context;

	assert_string_equal(declared(f, (struct past){ .address = "file:/m",
	    .before = file(f, "0600", kept(f, "old")) }),
	    "{\"path\": \"/m\", \"content\": \"old\", \"mode\": \"0600\"}");
}

static void what_did_not_change_is_left_alone(void **context)
{
	struct fixture *f = *context;
	const char *old = kept(f, "old");

	assert_string_equal(declared(f, (struct past){ .address = "file:/m",
	    .before = file(f, "0600", old), .after = file(f, "0644", old) }),
	    "{\"path\": \"/m\", \"content\": \"old\", \"mode\": \"0600\", \"ignore\": [\"path\", \"content\"]}");
}

static void content_that_is_not_kept_is_needed_only_if_it_changed(
    void **context)
{
	static const char gone[] =
	    "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
	struct fixture *f = *context;
	struct past past = { .address = "file:/m",
		.before = file(f, "0600", gone),
		.after = file(f, "0644", gone) };

	past_declare(f->arena, f->state, &past, &f->made);
	assert_null(past.refusal);
	assert_true(past.hollow);
	assert_null(value_find(f->made.body, "content"));
	past.after = file(f, "0600", kept(f, "new"));
	assert_string_equal(declared(f, past),
	    "its old content was not kept");
	past.after = NULL;
	assert_string_equal(declared(f, past),
	    "its old content was not kept");
}

static void a_secret_cannot_be_again(void **context)
{
	struct fixture *f = *context;
	struct past past = { .address = "file:/m",
		.before = "{\"path\": \"/m\", \"content\": {\"keyed\": \"00\"}}",
		.after = "{\"path\": \"/m\", \"content\": {\"keyed\": \"11\"}}" };

	assert_string_equal(declared(f, past), "its old content is secret");
	past.after = past.before;
	assert_string_equal(declared(f, past),
	    "{\"path\": \"/m\", \"ignore\": [\"path\", \"content\"]}");
	assert_string_equal(declared(f, (struct past){ .address = "user:u",
	    .before = "{\"name\": \"u\", \"password_hash\": {\"keyed\": \"00\"}}" }),
	    "its old 'password_hash' is secret");
}

static void what_is_only_observed_is_left_out(void **context)
{
	assert_string_equal(declared(*context, (struct past){
	    .address = "service:s", .before =
	    "{\"name\": \"s\", \"state\": \"running\", \"enabled\": false, \"reloadable\": true}" }),
	    "{\"name\": \"s\", \"state\": \"running\", \"enabled\": false}");
}

static void what_cannot_be_asked_for_is_what_it_is_by_default(void **context)
{
	assert_string_equal(declared(*context, (struct past){
	    .address = "package:hello", .before =
	    "{\"name\": \"hello\", \"version\": \"1\", \"configured\": false}" }),
	    "{\"name\": \"hello\", \"version\": \"1\"}");
	assert_string_equal(declared(*context, (struct past){
	    .address = "link:/l", .before = "{\"path\": \"l\"}" }),
	    "'path' must be an absolute path, which starts with /");
}

static void what_has_no_way_back_says_so(void **context)
{
	assert_string_equal(declared(*context, (struct past){
	    .address = "command:c" }), "it ran a command");
	assert_string_equal(declared(*context, (struct past){
	    .address = "probe:p" }), "it has no state");
	assert_string_equal(declared(*context, (struct past){
	    .address = "nothing:n" }), "there is no such kind any more");
	assert_string_equal(declared(*context, (struct past){
	    .address = "file:/f", .before = "{\"path\": " }),
	    "what the journal says of it is damaged");
}

static void nothing_in_it_is_an_expression(void **context)
{
	struct fixture *f = *context;

	assert_string_equal(declared(f, (struct past){ .address = "link:/l",
	    .before = "{\"path\": \"/l\", \"target\": \"${1 + 1}\"}" }),
	    "{\"path\": \"/l\", \"target\": \"${1 + 1}\"}");
	assert_int_equal(f->made.body->flags & VALUE_HAS_EXPRESSION, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(what_was_not_there_is_told_by_its_name),
		TEST(what_was_there_is_as_it_was),
		TEST(what_did_not_change_is_left_alone),
		TEST(content_that_is_not_kept_is_needed_only_if_it_changed),
		TEST(a_secret_cannot_be_again),
		TEST(what_is_only_observed_is_left_out),
		TEST(what_cannot_be_asked_for_is_what_it_is_by_default),
		TEST(what_has_no_way_back_says_so),
		TEST(nothing_in_it_is_an_expression),
#undef TEST
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
