/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * secret.c - plumb secret: set a secret of the site, or list those there are.
 *
 * A value comes on standard input only, and nothing ever prints one.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "../../resources/host/age.h"
#include "../../specs/maker.h"
#include "../../specs/site.h"
#include "../secrets.h"
#include "cmd.h"

static void ignore(int signal)
{
	(void)signal;
}

/* at most a little more than a secret may be; -1: errno says why */
static int read_all(struct invocation *in, bool line, struct bytes *out)
{
	struct text t = text_new(in->arena);
	char piece[4096];
	ssize_t n = 1;

	while (n > 0 && t.size <= AGE_LIMIT) {
		n = read(STDIN_FILENO, piece, sizeof(piece));
		if (n > 0)
			text_add_bytes(&t, piece, (size_t)n);
		if (n > 0 && line && piece[n - 1] == '\n')
			break;
	}
	*out = (struct bytes){ text_string(&t), t.size };
	return n < 0 ? -1 : 0;
}

/* a line without echo; a signal ends it, but not before echo is on again */
static int ask(struct invocation *in, const char *prompt, struct bytes *out)
{
	static const struct sigaction stop = { .sa_handler = ignore };
	static const int signals[3] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction before[3];
	struct pollfd line = { STDIN_FILENO, POLLIN, 0 };
	struct termios loud, quiet;
	sigset_t held, open;
	int i, rc;

	if (tcgetattr(STDIN_FILENO, &loud))
		return -1;
	quiet = loud;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	sigemptyset(&held);
	for (i = 0; i < 3; i++) {
		sigaction(signals[i], &stop, &before[i]);
		sigaddset(&held, signals[i]);
	}
	sigprocmask(SIG_BLOCK, &held, &open);
	tcsetattr(STDIN_FILENO, TCSADRAIN, &quiet);
	/* only now: who waits for it is not echoed */
	mention(in, prompt);
	rc = ppoll(&line, 1, NULL, &open) < 0 ? -1 : read_all(in, true, out);
	tcsetattr(STDIN_FILENO, TCSADRAIN, &loud);
	sigprocmask(SIG_SETMASK, &open, NULL);
	for (i = 0; i < 3; i++)
		sigaction(signals[i], &before[i], NULL);
	mention(in, "\n");
	return rc;
}

static int say_unread(struct invocation *in)
{
	if (errno == EINTR) {
		err_at(&in->err, (struct pos){ 0 },
		    "interrupted; nothing was changed");
		return EXIT_INTERRUPTED;
	}
	err_at(&in->err, (struct pos){ 0 }, "cannot read standard input: %s",
	    strerror(errno));
	return EXIT_UNABLE;
}

/* what is one line is meant without its end; of more, every byte counts */
static void trim(struct bytes *b)
{
	const char *end = memchr(b->data, '\n', b->size);

	if (end && end == b->data + b->size - 1)
		b->size--;
}

static int read_value(struct invocation *in, const char *name,
    struct bytes *out)
{
	struct bytes again;

	if (!in->terminal_in) {
		if (read_all(in, false, out))
			return say_unread(in);
	} else {
		if (ask(in, arena_printf(in->arena, "Value of '%s': ", name),
		    out) || ask(in, "The same again: ", &again))
			return say_unread(in);
		if (out->size != again.size ||
		    memcmp(out->data, again.data, again.size) != 0) {
			err_at(&in->err, (struct pos){ 0 },
			    "the two are not the same; nothing was changed");
			return EXIT_UNABLE;
		}
	}
	trim(out);
	if (out->size)
		return EXIT_DONE;
	err_at(&in->err, (struct pos){ 0 },
	    "a secret cannot be empty; its value is read from standard input");
	return EXIT_UNABLE;
}

static int set(struct invocation *in, struct site *site)
{
	const char *name = argument(in, 1, "");
	struct job job = { .arena = in->arena, .err = &in->err };
	struct bytes value;
	size_t recipients;
	int rc = secret_check(&job, site, name);

	if (rc)
		return EXIT_UNABLE;
	rc = read_value(in, name, &value);
	if (rc)
		return rc;
	if (secret_set(&job, site, name, value, &recipients))
		return EXIT_UNABLE;
	sayf(in, "The secret '%s' is set; %zu %s can read it.\n", name,
	    recipients, recipients == 1 ? "key" : "keys");
	return EXIT_DONE;
}

static void list_one(struct invocation *in, struct site *site,
    const char *name)
{
	struct err err = err_new(in->arena);
	struct job job = { .arena = in->arena, .err = &err };
	struct map_maker m = { .arena = in->arena };
	struct text row = text_new(in->arena);
	struct bytes value;
	struct value v;
	bool open = !secret_open(&job, site, name, &value);
	const char *why = open ? "can be read here" : err.first->text;

	if (in->options.json) {
		map_add_text(&m, "type", "secret");
		map_add_text(&m, "name", name);
		map_add_bool(&m, "readable", open);
		if (!open)
			map_add_text(&m, "error", why);
		v = map_done(&m);
		say_json(in, &v);
		return;
	}
	wrap_row(&row, name, why, 0, in->width);
	say(in, text_string(&row));
}

static int list(struct invocation *in, struct site *site)
{
	struct job job = { .arena = in->arena, .err = &in->err };
	struct strings names;
	size_t i;

	if (secrets_list(&job, site, &names))
		return EXIT_UNABLE;
	if (in->options.json)
		say_json_version(in, 1);
	else if (!names.count)
		say(in, "There are no secrets (`plumb secret set NAME` makes one).\n");
	for (i = 0; i < names.count; i++)
		list_one(in, site, names.item[i]);
	return EXIT_DONE;
}

/* how many words stand before SITE; 0: it is no such verb, and that was said */
static size_t verb_words(struct invocation *in)
{
	const char *verb = argument(in, 0, "");
	size_t words = !strcmp(verb, "set") ? 2 : !strcmp(verb, "list");

	if (!words)
		err_at(&in->err, (struct pos){ 0 },
		    "'%s' cannot be done with secrets: expected set or list",
		    verb);
	else if (in->arguments.count < words)
		err_at(&in->err, (struct pos){ 0 },
		    "'plumb secret set' needs the name of a secret");
	else if (in->arguments.count > words + 1)
		err_at(&in->err, (struct pos){ 0 },
		    "'plumb secret %s' does not know what to do with '%s'%s",
		    verb, in->arguments.item[words + 1], words == 2 ?
		    "; the value is read from standard input" : "");
	return in->err.count ? 0 : words;
}

static int run(struct invocation *in)
{
	size_t words = verb_words(in);
	struct site *site;
	int rc;

	if (!words)
		return EXIT_UNABLE;
	site = site_open(in->arena, argument(in, words, "."), &in->err);
	if (!site)
		return EXIT_UNABLE;
	rc = words == 2 ? set(in, site) : list(in, site);
	site_close(site);
	return rc;
}

const struct command cmd_secret = {
	.name = "secret",
	.arguments = "set NAME [SITE] | list [SITE]",
	.about = "set a secret of the site, or list those there are",
	.details = "'set' encrypts what it reads from standard input by age(1) and writes it to secrets/NAME.age; at a terminal it asks twice and shows nothing. The line feed at the end of a value of one line is dropped; a value of several lines is kept byte for byte. Expressions read it by secret('NAME').\n\nWho can read it is said by the file secrets/recipients, with one public key of ssh or age a line: those of the hosts that need it and of the people who look after them. Secrets that are there already are not encrypted anew when that file changes: set them again.\n\n'list' tells whether each can be read here: by the key that PLUMB_IDENTITY names, else by ~/.config/plumb/identity, ~/.ssh/id_ed25519 or, for root, the key of the host. Nothing prints a secret.",
	.options = OPTION_JSON,
	.least = 1,
	.most = 4,
	.run = run,
};
