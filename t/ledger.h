/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ledger.h - a journal of its own for each test.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../reconciler/journal.h"

struct ledger {
	struct arena *arena;
	struct err err;
	char state[64];
};

#define assert_well(w, call) \
	do { \
		if ((call) < 0) \
			fail_msg("%s: %s", #call, ledger_said(w)); \
	} while (0)
#define assert_said(w, part) \
	do { \
		const char *text_ = ledger_said(w); \
		if (!strstr(text_, (part))) \
			fail_msg("'%s' is not in '%s'", (part), text_); \
	} while (0)

/* a digest, as it is written */
#define DIGITS                                                                 \
	"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

int ledger_setup(void **state);
int ledger_teardown(void **state);
/* a file of the state directory */
const char *ledger_file(struct ledger *, const char *name);
/* what was said until now, and forget it */
const char *ledger_said(struct ledger *);
struct journal *ledger_open_as(struct ledger *, enum journal_mode);
int64_t ledger_begin(struct ledger *, struct journal *);
void ledger_end(struct ledger *, struct journal *);
/* the number of the act */
int64_t ledger_intend(struct ledger *, struct journal *, const char *address);
void ledger_done(struct ledger *, struct journal *, const char *address,
    int64_t act);
/* write into the database, behind its back */
void ledger_patch(struct ledger *, off_t at, const void *data, size_t size);

#define TEST(f)                                                                \
	cmocka_unit_test_setup_teardown(f, ledger_setup, ledger_teardown)
