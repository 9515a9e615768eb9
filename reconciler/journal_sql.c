/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * journal_sql.c - the journal's tables and everything that is asked of them.
 *
 * `number` counts through all tables: the rows of a run are those from its row
 * in `run` up to the next one there. `oldest` of a run is the oldest row that
 * was still open or owed when it began, or its own: nothing before it can be.
 */
#include "journal_sql.h"

const struct sql_table sql_tables[ROW_TABLES] = {
	[ROW_RUN] = { "run",
	    "run, oldest, site, revision, command, user, host", 7 },
	[ROW_RUN_END] = { "run_end",
	    "run, result, created, updated, removed, refreshed, unchanged, "
	    "failed, skipped", 9 },
	[ROW_ACT] = { "act",
	    "run, address, action, cause, desired, before, objects", 7 },
	[ROW_CLOSED] = { "closed",
	    "run, act, address, outcome, error, after, keep, desired, site, "
	    "pos, protect", 11 },
	[ROW_OWED] = { "owed", "run, act, address, because", 4 },
	[ROW_PAID] = { "paid", "run, address, how", 3 },
	[ROW_DRIFT] = { "drift", "run, address, class, summary", 4 },
};

#define EVERY_ROW                                                              \
	"number INTEGER PRIMARY KEY, at INTEGER NOT NULL,"                     \
	" previous BLOB NOT NULL, digest BLOB NOT NULL,"                       \
	" run INTEGER NOT NULL"

const char *const sql_migrations[SQL_VERSION] = {
	"CREATE TABLE run (" EVERY_ROW " UNIQUE, oldest INTEGER NOT NULL,"
	" site TEXT NOT NULL, revision TEXT, command TEXT NOT NULL,"
	" user TEXT NOT NULL, host TEXT NOT NULL) STRICT;"

	"CREATE TABLE run_end (" EVERY_ROW " UNIQUE, result INTEGER NOT NULL,"
	" created INTEGER NOT NULL, updated INTEGER NOT NULL,"
	" removed INTEGER NOT NULL, refreshed INTEGER NOT NULL,"
	" unchanged INTEGER NOT NULL, failed INTEGER NOT NULL,"
	" skipped INTEGER NOT NULL) STRICT;"

	"CREATE TABLE act (" EVERY_ROW ", address TEXT NOT NULL,"
	" action TEXT NOT NULL, cause TEXT, desired TEXT, before TEXT,"
	" objects TEXT) STRICT;"

	"CREATE TABLE closed (" EVERY_ROW ", act INTEGER UNIQUE,"
	" address TEXT NOT NULL, outcome TEXT NOT NULL, error TEXT, after TEXT,"
	" keep INTEGER NOT NULL, desired TEXT, site TEXT, pos TEXT,"
	" protect INTEGER NOT NULL) STRICT;"
	"CREATE INDEX closed_address ON closed (address, keep);"

	"CREATE TABLE owed (" EVERY_ROW ", act INTEGER,"
	" address TEXT NOT NULL, because TEXT NOT NULL) STRICT;"

	"CREATE TABLE paid (" EVERY_ROW ", address TEXT NOT NULL,"
	" how TEXT NOT NULL) STRICT;"
	"CREATE INDEX paid_address ON paid (address);"

	"CREATE TABLE drift (" EVERY_ROW ", address TEXT NOT NULL,"
	" class TEXT NOT NULL, summary TEXT) STRICT;"
	"CREATE INDEX drift_address ON drift (address);",
};

/* the newest that says something about the inventory, of each address */
const char sql_all_states[] =
    "WHERE number IN (SELECT max(number) FROM closed WHERE keep <> 0"
    " GROUP BY address)";
const char sql_addresses[] =
    "SELECT address FROM (SELECT address, keep, max(number) FROM closed"
    " WHERE keep <> 0 GROUP BY address) WHERE keep = 1";
const char sql_one_state[] =
    "WHERE address = ?1 AND keep <> 0 ORDER BY number DESC LIMIT 1";
const char sql_forgotten[] =
    "WHERE address = ?1 AND keep = 2 ORDER BY number DESC LIMIT 1";
const char sql_open_acts[] =
    "WHERE number >= ?1 AND NOT EXISTS"
    " (SELECT 1 FROM closed WHERE closed.act = act.number) ORDER BY number";
const char sql_still_owed[] =
    "WHERE number >= ?1 AND NOT EXISTS (SELECT 1 FROM paid"
    " WHERE paid.address = owed.address AND paid.number > owed.number)"
    " ORDER BY number";
const char sql_newest[] = "ORDER BY number DESC LIMIT ?1";
const char sql_numbered[] = "WHERE number = ?1";
const char sql_between[] =
    "WHERE number >= ?1 AND number < ?2 ORDER BY number";
const char sql_closes_between[] =
    "WHERE act >= ?1 AND act < ?2 ORDER BY act";
const char sql_run[] = "WHERE run = ?1";
const char sql_runs_between[] = "WHERE run >= ?1 AND run < ?2 ORDER BY run";
/* what is open has no row in `closed` yet, and is not before `oldest` */
const char sql_acts_of[] =
    "WHERE number IN (SELECT act FROM closed WHERE address = ?1"
    " AND act IS NOT NULL) OR (number >= ?3 AND address = ?1)"
    " ORDER BY number DESC LIMIT ?2";
const char sql_closes_of[] =
    "WHERE address = ?1 AND act IS NOT NULL ORDER BY act";
const char sql_newest_of[] =
    "WHERE address = ?1 ORDER BY number DESC LIMIT ?2";
