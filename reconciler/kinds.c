/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * kinds.c - the kinds by their words, and what all of them have in common.
 */
#include "kinds.h"

#include <string.h>

const struct attribute common_attributes[] = {
	ATTRIBUTE(common, ensure, CHOICE, "present",
	    "whether it shall be there at all", .choices = "present|absent"),
	ATTRIBUTE(common, requires, VALUE, NULL,
	    "KIND:NAME, or a list of them: what must be done first"),
	ATTRIBUTE(common, notifies, VALUE, NULL,
	    "KIND:NAME, or a list of them: what is refreshed when this changes"),
	ATTRIBUTE(common, protect, BOOL, "false",
	    "refuse to remove or replace it"),
	ATTRIBUTE(common, ignore, SET, NULL,
	    "attributes that somebody else owns: set once, then left alone"),
	ATTRIBUTE(common, timeout, DURATION, NULL,
	    "how long one attempt to change it may take"),
	ATTRIBUTE(common, retries, INT, "0",
	    "how often a failed change is tried again"),
	ATTRIBUTE(common, reboot, BOOL, "false",
	    "after it changed, the host must be rebooted before what depends on it goes on"),
	ATTRIBUTE(common, tags, SET, NULL,
	    "words to select it by: --target tag:WORD"),
	{ 0 },
};

const char *const common_words[] = { "ensure", "requires", "notifies",
	"protect", "ignore", "timeout", "retries", "reboot", "tags", "when", "for_each",
	NULL };

const struct kind *kind_find(const char *name)
{
	const struct kind *const *k;

	for (k = kinds; *k; k++)
		if (!strcmp((*k)->name, name))
			return *k;
	return NULL;
}

const struct kind *kind_find_word(const char *word, size_t size)
{
	const struct kind *const *k;

	for (k = kinds; *k; k++)
		if (*(*k)->name == *word && !strncmp((*k)->name, word, size)
		    && !(*k)->name[size])
			return *k;
	return NULL;
}

const struct kind *kind_find_section(const char *section)
{
	const struct kind *const *k;

	for (k = kinds; *k; k++)
		if (!strcmp((*k)->section, section))
			return *k;
	return NULL;
}

static const char *const *words(struct arena *a, bool plural)
{
	const char **out;
	size_t n = 0;

	while (kinds[n])
		n++;
	out = arena_array(a, n + 1, sizeof(*out));
	while (n--)
		out[n] = plural ? kinds[n]->section : kinds[n]->name;
	return out;
}

const char *const *kind_sections(struct arena *a)
{
	return words(a, true);
}

const char *const *kind_names(struct arena *a)
{
	return words(a, false);
}

const char *kind_phrase(struct arena *a, const struct kind *k)
{
	return arena_printf(a, "%s %s", strchr("aeio", k->name[0]) ? "an" : "a",
	    k->name);
}
