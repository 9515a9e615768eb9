/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * systemd_journal.c - what a unit said last, to stand under an error.
 */
#include "systemd_bus.h"

#include "../../specs/print.h"

enum {
	LINES = 5,
	WIDTH = 200,
	/* "MESSAGE=" */
	FIELD = 8,
};

void systemd_quote_journal(struct text *t, const char *name,
    uint64_t microseconds)
{
	__attribute__((cleanup(sd_journal_closep))) sd_journal *j = NULL;
	const char *lines[LINES];
	const void *data;
	size_t size, n = 0;
	uint64_t when;

	if (sd_journal_open(&j, SD_JOURNAL_LOCAL_ONLY | SD_JOURNAL_SYSTEM) < 0)
		return;
	sd_journal_add_match(j,
	    arena_printf(t->arena, "_SYSTEMD_UNIT=%s", name), 0);
	sd_journal_add_disjunction(j);
	sd_journal_add_match(j, arena_printf(t->arena, "UNIT=%s", name), 0);
	sd_journal_seek_tail(j);
	while (n < LINES && sd_journal_previous(j) > 0 &&
	    sd_journal_get_realtime_usec(j, &when) >= 0 &&
	    when >= microseconds) {
		struct text line = text_new(t->arena);

		if (sd_journal_get_data(j, "MESSAGE", &data, &size) < 0)
			continue;
		size = size - FIELD > WIDTH ? WIDTH : size - FIELD;
		print_escaped(&line, (const char *)data + FIELD, size);
		lines[n++] = text_string(&line);
	}
	if (n)
		text_add(t, "; its journal ends:");
	while (n)
		text_addf(t, "\n        %s", lines[--n]);
}
