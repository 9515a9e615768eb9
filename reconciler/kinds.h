/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * kinds.h - the kinds by their words, and what all of them have in common.
 */
#pragma once

#include "../resources/resource.h"

enum ensure { ENSURE_PRESENT, ENSURE_ABSENT };

/* attributes that every kind has; `when` and `for_each` are the language's */
struct common {
	int ensure;
	const struct value *requires, *notifies;
	int protect;
	const struct strings *ignore;
	int64_t timeout; /* milliseconds */
	int64_t retries;
	int reboot;
	const struct strings *tags;
};

extern const struct attribute common_attributes[];
/* the words of those, and of the language's own; ends with NULL */
extern const char *const common_words[];

/* by "file" or by "files"; NULL */
const struct kind *kind_find(const char *name);
/* by a name that is not ended by NUL */
const struct kind *kind_find_word(const char *word, size_t size);
const struct kind *kind_find_section(const char *section);
/* the plurals; ends with NULL */
const char *const *kind_sections(struct arena *);
/* the singulars; ends with NULL */
const char *const *kind_names(struct arena *);
/* "a file", "an authority" */
const char *kind_phrase(struct arena *, const struct kind *);
