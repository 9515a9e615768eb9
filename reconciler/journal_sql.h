/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * journal_sql.h - the journal's tables and everything that is asked of them.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum {
	/* PRAGMA application_id: "PLUM" */
	SQL_APPLICATION = 0x504c554d,
	/* PRAGMA user_version: how many migrations it has been through */
	SQL_VERSION = 1,
	/* cells of the widest table */
	SQL_CELLS = 11,
};

enum row_table {
	ROW_RUN,
	ROW_RUN_END,
	ROW_ACT,
	ROW_CLOSED,
	ROW_OWED,
	ROW_PAID,
	ROW_DRIFT,
	ROW_TABLES,
};

struct sql_table {
	const char *name;
	/* besides number, at, previous and digest, which all tables have */
	const char *columns;
	int count;
};

/* where the first column of each answer goes: a number, or texts */
struct answers {
	int64_t *number;
	void (*each)(void *context, const char *);
	void *context;
};
#define ANSWER(variable) &(struct answers){ .number = &(variable) }

extern const struct sql_table sql_tables[ROW_TABLES];
/* what brings a journal from version i to i + 1 */
extern const char *const sql_migrations[SQL_VERSION];

/* what follows SELECT ... FROM TABLE; parameters are ?1 to ?3 */
extern const char sql_all_states[];
extern const char sql_one_state[];
/* a whole statement, answered by an index alone */
extern const char sql_addresses[];
extern const char sql_forgotten[];
extern const char sql_open_acts[];
extern const char sql_still_owed[];
extern const char sql_newest[];
extern const char sql_numbered[];
extern const char sql_between[];
extern const char sql_closes_between[];
extern const char sql_run[];
extern const char sql_runs_between[];
extern const char sql_acts_of[];
extern const char sql_closes_of[];
extern const char sql_newest_of[];
