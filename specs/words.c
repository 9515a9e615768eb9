/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * words.c - Lua's messages in plain words.
 *
 * A chunk's name is the byte 1, so that the places that Lua puts into messages
 * ("\1:7: ") cannot be taken for anything else.
 */
#include <stdlib.h>
#include <string.h>

#include "evaluation.h"

uint32_t message_line(const char *message)
{
	static const char opened[] = "' at line ";
	const char *p = strstr(message, opened);

	/* "(to close 'if' at line 7)" says more than where the text ends */
	if (p)
		return (uint32_t)strtoul(p + strlen(opened), NULL, 10);
	if (message[0] != '\1' || message[1] != ':')
		return 0;
	return (uint32_t)strtoul(message + 2, NULL, 10);
}

/* what stands where, without each "\1:N: " */
static char *without_places(struct arena *a, const char *message)
{
	struct text t = text_new(a);
	const char *p = message;

	while (*p) {
		if (p[0] == '\1' && p[1] == ':') {
			p += 2 + strspn(p + 2, "0123456789");
			p += strspn(p, ": ");
		} else {
			text_add_char(&t, *p++);
		}
	}
	return arena_string(a, text_string(&t));
}

/* `text` with the first `from` in it as `to` */
static const char *reword(struct arena *a, const char *text, const char *from,
    const char *to)
{
	const char *p = strstr(text, from);

	if (!p)
		return text;
	return arena_printf(a, "%.*s%s%s", (int)(p - text), text, to,
	    p + strlen(from));
}

const char *plain_words(struct arena *a, const char *message)
{
	static const struct {
		const char *from, *to;
	} words[] = {
		{ "<eof> expected near", "unexpected" },
		{ "'<eof>' expected near", "unexpected" },
		/* brackets are known to pair up */
		{ "')' expected near", "unexpected" },
		{ "'}' expected near", "unexpected" },
		{ "']' expected near", "unexpected" },
		{ "unexpected <eof>", "something is missing at the end" },
		{ "unexpected symbol near <eof>",
		    "something is missing at the end" },
		{ "unexpected symbol near", "unexpected" },
		{ "near <eof>", "at the end" },
		/* what other languages write */
		{ "unexpected '!'", "unexpected '!' (Lua writes '~=' and 'not')" },
		{ "unexpected '='", "unexpected '=' (Lua compares with '==')" },
		{ "unexpected '&'", "unexpected '&' (Lua writes 'and')" },
		{ "unexpected '|'", "unexpected '|' (Lua writes 'or')" },
		{ "unexpected '?'", "unexpected '?' (Lua writes 'A and B or C')" },
		{ "(global '", "('" },
		{ "(upvalue '", "('" },
		{ "(local '", "('" },
		{ "not enough memory", "it needs more than 64 MiB of memory" },
		{ "attempt to compare two list values",
		    "lists have no order to compare them by" },
	};
	const char *text = without_places(a, message);
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(*words); i++)
		text = reword(a, text, words[i].from, words[i].to);
	return *text ? text : "error() without a message";
}
