/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * age.c - secrets: with the real age(1), and keys made by ssh-keygen(1).
 */
#include "../../resources/host/age.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../resources/host/machine.h"

static char folder[] = "/tmp/plumb-age-XXXXXX";

/* this machine, and a job on it */
struct bench {
	struct arena *arena;
	struct err err;
	struct job job;
	struct host host;
};

static void bench_open(struct bench *b)
{
	b->arena = arena_open();
	b->err = err_new(b->arena);
	b->job = (struct job){ .arena = b->arena, .err = &b->err,
		.address = "secret:tsig" };
	assert_int_equal(host_open(b->arena, "/", &b->host, &b->err), 0);
}

static void bench_close(struct bench *b)
{
	host_close(&b->host);
	arena_close(b->arena);
}
#define scoped_bench __attribute__((cleanup(bench_close))) struct bench

static void shell(const char *commands)
{
	char line[1024];

	snprintf(line, sizeof(line), "cd %s && { %s; } >/dev/null 2>&1", folder,
	    commands);
	assert_int_equal(system(line), 0);
}

static int make_keys(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	shell("for k in one two; do ssh-keygen -t ed25519 -N '' -C x -f $k; done && ssh-keygen -t ed25519 -N word -f locked && age-keygen -o native && echo nonsense >nonsense");
	return 0;
}

static int remove_keys(void **state)
{
	(void)state;
	shell("rm -r .config .ssh; rm *");
	return rmdir(folder);
}

/* a public key as it would stand in a site */
static const char *public_key(struct bench *b, const char *name)
{
	char line[512] = "";
	FILE *f = fopen(arena_printf(b->arena, "%s/%s.pub", folder, name), "r");

	assert_non_null(f);
	assert_non_null(fgets(line, sizeof(line), f));
	fclose(f);
	line[strcspn(line, "\n")] = '\0';
	return arena_string(b->arena, line);
}

static struct bytes encrypt(struct bench *b, const char *key, struct bytes text)
{
	const char *keys[] = { public_key(b, key) };
	const struct strings recipients = { 1, keys };
	struct bytes out;

	assert_int_equal(age_encrypt(&b->job, &b->host, text, &recipients,
	    &out), 0);
	return out;
}

/* with up to two keys; the error as text, or NULL */
static const char *decrypt(struct bench *b, struct bytes data,
    const char *first, const char *second, struct bytes *out)
{
	const char *files[] = {
		arena_printf(b->arena, "%s/%s", folder, first),
		second ? arena_printf(b->arena, "%s/%s", folder, second) : "",
	};
	const struct strings identities = { second ? 2 : 1, files };
	const struct sealed sealed = { "the secret 'tsig'", data };

	if (age_decrypt(&b->job, &b->host, &sealed, &identities, out) == 0)
		return NULL;
	assert_non_null(b->err.last);
	return b->err.last->text;
}

static struct bytes text(const char *s)
{
	return (struct bytes){ s, strlen(s) };
}

static void what_was_encrypted_comes_back(void **state)
{
	scoped_bench b;
	struct bytes sealed, out;

	(void)state;
	bench_open(&b);
	sealed = encrypt(&b, "one", (struct bytes){ "a\0b\xff\n", 5 });
	assert_non_null(strstr(sealed.data, "BEGIN AGE ENCRYPTED FILE"));
	assert_null(decrypt(&b, sealed, "one", NULL, &out));
	assert_int_equal(out.size, 5);
	assert_memory_equal(out.data, "a\0b\xff\n", 6);
	sealed = encrypt(&b, "one", text(""));
	assert_null(decrypt(&b, sealed, "one", NULL, &out));
	assert_int_equal(out.size, 0);
	assert_string_equal(out.data, "");
}

static void any_of_several_keys_opens_it(void **state)
{
	scoped_bench b;
	struct bytes out;

	(void)state;
	bench_open(&b);
	assert_null(decrypt(&b, encrypt(&b, "two", text("x")), "one", "two",
	    &out));
	assert_string_equal(out.data, "x");
}

static void the_wrong_key_is_told_with_what_was_tried(void **state)
{
	scoped_bench b;
	struct bytes out;
	const char *said;

	(void)state;
	bench_open(&b);
	said = decrypt(&b, encrypt(&b, "two", text("hidden")), "one", NULL,
	    &out);
	assert_non_null(strstr(said, "the secret 'tsig' is not encrypted to any key that was tried ("));
	assert_non_null(strstr(said, "/one)"));
	assert_null(strstr(said, "hidden"));
}

static void a_key_with_a_passphrase_does_not_wait_for_one(void **state)
{
	scoped_bench b;
	struct bytes out;

	(void)state;
	bench_open(&b);
	assert_non_null(strstr(decrypt(&b, encrypt(&b, "locked", text("x")),
	    "locked", NULL, &out), "the key has a passphrase"));
}

static void plaintext_is_never_quoted(void **state)
{
	scoped_bench b;
	struct bytes out;
	const char *said;

	(void)state;
	bench_open(&b);
	said = decrypt(&b, text("forgotten\n"), "one", NULL, &out);
	assert_string_equal(said, "secret:tsig: the secret 'tsig' is not encrypted by age, or damaged");
	assert_null(strstr(said, "forgotten"));
}

static void a_damaged_secret_gives_nothing(void **state)
{
	scoped_bench b;
	struct bytes sealed, out = { NULL, 0 };

	(void)state;
	bench_open(&b);
	sealed = encrypt(&b, "one", text("hidden"));
	assert_non_null(strstr(decrypt(&b,
	    (struct bytes){ sealed.data, sealed.size / 2 }, "one", NULL, &out),
	    "damaged"));
	assert_null(out.data);
}

static void what_is_no_key_is_said(void **state)
{
	scoped_bench b;
	struct bytes sealed, out;
	const char *bad[] = { "--output=/tmp/x" }, *short_key[] = {
		"ssh-ed25519 AAAAC3Nz" };
	const struct strings keys[] = { { 1, bad }, { 1, short_key },
		{ 0, NULL } };

	(void)state;
	bench_open(&b);
	sealed = encrypt(&b, "one", text("x"));
	assert_non_null(strstr(decrypt(&b, sealed, "nonsense", NULL, &out),
	    "a key is not a private key of age or ssh"));
	assert_non_null(strstr(decrypt(&b, sealed, "missing", NULL, &out),
	    "a key cannot be read"));
	assert_int_equal(age_encrypt(&b.job, &b.host, text("x"), &keys[0],
	    &out), -1);
	assert_non_null(strstr(b.err.last->text, "is not a public key"));
	assert_int_equal(age_encrypt(&b.job, &b.host, text("x"), &keys[1],
	    &out), -1);
	assert_non_null(strstr(b.err.last->text, "age cannot encrypt to these keys"));
	assert_int_equal(age_encrypt(&b.job, &b.host, text("x"), &keys[2],
	    &out), -1);
	assert_non_null(strstr(b.err.last->text, "at least one key"));
}

static void without_age_it_is_said_what_to_install(void **state)
{
	scoped_bench b;
	struct bytes out;
	struct host empty;

	(void)state;
	bench_open(&b);
	assert_int_equal(host_open(b.arena, folder, &empty, &b.err), 0);
	host_close(&b.host);
	b.host = empty;
	assert_non_null(strstr(decrypt(&b, text("x"), "one", NULL, &out),
	    "it is not installed: apt-get install age"));
}

static void the_operators_keys_are_found(void **state)
{
	scoped_bench b;
	struct strings found;

	(void)state;
	bench_open(&b);
	shell("mkdir -p .ssh .config/plumb && cp one .ssh/id_ed25519 && cp native .config/plumb/identity");
	setenv("HOME", folder, 1);
	unsetenv("PLUMB_IDENTITY");
	assert_int_equal(age_identities(&b.job, &b.host, &found), 0);
	assert_in_range(found.count, 2, 3);
	assert_non_null(strstr(found.item[0], "/.config/plumb/identity"));
	assert_non_null(strstr(found.item[1], "/.ssh/id_ed25519"));
	setenv("PLUMB_IDENTITY", arena_printf(b.arena, "%s/two", folder), 1);
	assert_int_equal(age_identities(&b.job, &b.host, &found), 0);
	assert_int_equal(found.count, 1);
	assert_non_null(strstr(found.item[0], "/two"));
	setenv("PLUMB_IDENTITY", "/nowhere/key", 1);
	assert_int_equal(age_identities(&b.job, &b.host, &found), -1);
	assert_non_null(strstr(b.err.last->text, "PLUMB_IDENTITY names '/nowhere/key', and there is no such file"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_encrypted_comes_back),
		cmocka_unit_test(any_of_several_keys_opens_it),
		cmocka_unit_test(the_wrong_key_is_told_with_what_was_tried),
		cmocka_unit_test(
		    a_key_with_a_passphrase_does_not_wait_for_one),
		cmocka_unit_test(plaintext_is_never_quoted),
		cmocka_unit_test(a_damaged_secret_gives_nothing),
		cmocka_unit_test(what_is_no_key_is_said),
		cmocka_unit_test(without_age_it_is_said_what_to_install),
		cmocka_unit_test(the_operators_keys_are_found),
	};

	return cmocka_run_group_tests(tests, make_keys, remove_keys);
}
