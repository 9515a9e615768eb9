/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * journal.c - what was meant, what was done, and what was never finished.
 *
 * An act is "open" from the row that announces it to the row that closes it.
 *
 *  (1) An act is announced, and the announcement synced, before the host is
 *      touched. Acts announced together may share a sync.
 *  (2) At most one act of a resource is open at a time.
 *  (3) An open act found at start may or may not have happened: the resource
 *      is observed again before anything is planned for it.
 *  (4) Rows are only added. An act is closed, a refresh settled, a resource
 *      forgotten by a row of its own.
 *  (5) Rows of all tables count through: 1, 2, 3. Each holds the SHA-256 of
 *      itself and of the row before, so that one that was changed, moved or
 *      lost is found. SQLite finds one changed bit in five.
 *  (6) No row is shown that does not match its digest. Opening checks the
 *      chain from the row that began the last run: when that was written, the
 *      rows before it had been checked.
 *  (7) What an act owes (refreshes) is in the transaction that announces it,
 *      what it leaves (state) in the one that closes it.
 *  (8) After a failed read or write of the disk nothing more is written: what
 *      the kernel has and what the disk has may differ. A full disk is none.
 *
 * A lost end of the chain cannot be told from a chain that never went so far;
 * the WAL is synced at each commit so that only damage can lose it.
 *
 * This file is the only door to SQLite: open, check, append and read rows.
 * What the rows mean is in announce.c (written) and recall.c (read); who writes
 * when several want to, in queue.c.
 */
#include <assert.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "journal_rows.h"

enum {
	BUSY_MS = 5000,
	/* columns before the cells: number, at, previous, digest */
	FRONT = 4,
	/* pages in the WAL before they are moved into the file */
	WAL_PAGES = 4000,
};

struct database {
	sqlite3 *sqlite;
	const char *path;
	struct head head;
	int64_t version; /* of the data: changes when others write */
	int64_t commits;
	/* not empty: see (8) */
	char broken[WHY];
	/* what a row is digested from */
	struct arena *scratch;
	struct text form;
	sqlite3_stmt *insert[ROW_TABLES];
	sqlite3_stmt *begin, *commit, *rollback, *data_version;
	/* what went wrong while something else that went wrong was undone */
	char unsaid[WHY];
};

static void finalize(sqlite3_stmt **s)
{
	sqlite3_finalize(*s);
}
#define scoped_statement __attribute__((cleanup(finalize))) sqlite3_stmt

/* --- saying what is wrong --- */

int database_damaged(struct database *d, char why[WHY], const char *what,
    int64_t number)
{
	snprintf(d->broken, WHY,
	    "the journal '%s' is damaged: %s (at row %lld): restore it, or move it away to begin a new one",
	    d->path, what, (long long)number);
	memcpy(why, d->broken, WHY);
	return -1;
}

/* what SQLite said last; always -1 */
static int failed(struct database *d, char why[WHY], const char *doing)
{
	int code = sqlite3_errcode(d->sqlite) & 0xff;

	switch (code) {
	case SQLITE_FULL:
		snprintf(why, WHY, "cannot %s the journal '%s': the disk is full",
		    doing, d->path);
		return -1;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		snprintf(why, WHY,
		    "the journal '%s' is damaged: %s: restore it, or move it away to begin a new one",
		    d->path, sqlite3_errmsg(d->sqlite));
		break;
	case SQLITE_BUSY:
		snprintf(why, WHY,
		    "cannot %s the journal '%s': another program has it locked",
		    doing, d->path);
		return -1;
	default:
		snprintf(why, WHY, "cannot %s the journal '%s': %s%s%s", doing,
		    d->path, sqlite3_errmsg(d->sqlite),
		    sqlite3_system_errno(d->sqlite) ? ": " : "",
		    sqlite3_system_errno(d->sqlite) ?
		    strerror(sqlite3_system_errno(d->sqlite)) : "");
	}
	if (code == SQLITE_IOERR || code == SQLITE_CORRUPT ||
	    code == SQLITE_NOTADB)
		memcpy(d->broken, why, WHY);
	return -1;
}

/* --- statements --- */

/* the row a statement stands on; its texts last until the next step */
static int row_take(struct database *d, sqlite3_stmt *s, struct row *r,
    char why[WHY])
{
	unsigned char digest[DIGEST];
	struct cell *c;
	int i;

	r->number = sqlite3_column_int64(s, 0);
	r->at = sqlite3_column_int64(s, 1);
	if (sqlite3_column_bytes(s, 2) != DIGEST ||
	    sqlite3_column_bytes(s, 3) != DIGEST)
		return database_damaged(d, why, "a digest is cut off", r->number);
	memcpy(r->previous, sqlite3_column_blob(s, 2), DIGEST);
	memcpy(r->digest, sqlite3_column_blob(s, 3), DIGEST);
	for (i = 0; i < sql_tables[r->table].count; i++) {
		c = &r->cell[i];
		*c = (struct cell){ .type = CELL_NULL };
		if (sqlite3_column_type(s, FRONT + i) == SQLITE_INTEGER) {
			*c = cell_number(sqlite3_column_int64(s, FRONT + i));
		} else if (sqlite3_column_type(s, FRONT + i) != SQLITE_NULL) {
			c->type = CELL_TEXT;
			c->text = (const char *)sqlite3_column_text(s,
			    FRONT + i);
			c->size = (size_t)sqlite3_column_bytes(s, FRONT + i);
		}
	}
	row_digest(&d->form, r, digest);
	if (memcmp(digest, r->digest, DIGEST))
		return database_damaged(d, why, "a row does not match its digest",
		    r->number);
	return 0;
}

static int prepare(struct database *d, sqlite3_stmt **s, const char *sql,
    char why[WHY])
{
	if (sqlite3_prepare_v3(d->sqlite, sql, -1, SQLITE_PREPARE_PERSISTENT, s,
	    NULL))
		return failed(d, why, "ask");
	return 0;
}

static int prepare_select(struct database *d, sqlite3_stmt **s,
    enum row_table table, const char *rest, char why[WHY])
{
	scoped_arena *a = arena_open();

	return prepare(d, s, arena_printf(a,
	    "SELECT number, at, previous, digest, %s FROM %s %s",
	    sql_tables[table].columns, sql_tables[table].name, rest), why);
}

int database_execute(struct database *d, const char *sql, char why[WHY])
{
	return sqlite3_exec(d->sqlite, sql, NULL, NULL, NULL) ?
	    failed(d, why, "write") : 0;
}

/* the one number that a statement gives */
int database_each(struct database *d, const char *sql,
    const struct answers *to, char why[WHY])
{
	scoped_statement *s = NULL;
	int code;

	if (prepare(d, &s, sql, why))
		return -1;
	while ((code = sqlite3_step(s)) == SQLITE_ROW)
		if (to->number)
			*to->number = sqlite3_column_int64(s, 0);
		else
			to->each(to->context,
			    (const char *)sqlite3_column_text(s, 0));
	return code == SQLITE_DONE ? 0 : failed(d, why, "read");
}

static int step_once(struct database *d, sqlite3_stmt *s, char why[WHY])
{
	int code = sqlite3_step(s);

	if (code == SQLITE_DONE || code == SQLITE_ROW)
		return sqlite3_reset(s) ? failed(d, why, "write") : 0;
	failed(d, why, "write");
	sqlite3_reset(s);
	return -1;
}

/* --- checking; see journal_chain.c --- */

struct cursor {
	struct database *database;
	sqlite3_stmt *statement;
};

struct cursor *cursor_open(struct arena *a, struct database *d,
    enum row_table table, int64_t first)
{
	struct cursor *c = arena_new(a, struct cursor);

	c->database = d;
	if (prepare_select(d, &c->statement, table,
	    "WHERE number >= ?1 ORDER BY number", d->unsaid))
		return c;
	sqlite3_bind_int64(c->statement, 1, first);
	return c;
}

void cursor_close(struct cursor *c)
{
	sqlite3_finalize(c->statement);
}

int cursor_step(struct cursor *c, struct row *r, char why[WHY])
{
	int code;

	if (!c->statement) {
		memcpy(why, c->database->unsaid, WHY);
		return -1;
	}
	code = sqlite3_step(c->statement);
	if (code == SQLITE_DONE)
		return 0;
	if (code != SQLITE_ROW)
		return failed(c->database, why, "read");
	return row_take(c->database, c->statement, r, why) ? -1 : 1;
}

int database_integrity(struct database *d, char why[WHY])
{
	scoped_statement *s = NULL;

	if (prepare(d, &s, "PRAGMA integrity_check(1)", why))
		return -1;
	if (sqlite3_step(s) != SQLITE_ROW)
		return failed(d, why, "check");
	if (strcmp((const char *)sqlite3_column_text(s, 0), "ok"))
		return database_damaged(d, why,
		    (const char *)sqlite3_column_text(s, 0), 0);
	return 0;
}

/* --- writing --- */

static int row_add(struct database *d, struct row *r, char why[WHY])
{
	const struct sql_table *table = &sql_tables[r->table];
	sqlite3_stmt *s = d->insert[r->table];
	const struct cell *c;
	int i;

	r->number = d->head.number + 1;
	memcpy(r->previous, d->head.digest, DIGEST);
	row_digest(&d->form, r, r->digest);
	sqlite3_bind_int64(s, 1, r->number);
	sqlite3_bind_int64(s, 2, r->at);
	sqlite3_bind_blob(s, 3, r->previous, DIGEST, SQLITE_STATIC);
	sqlite3_bind_blob(s, 4, r->digest, DIGEST, SQLITE_STATIC);
	for (i = 0; i < table->count; i++) {
		c = &r->cell[i];
		if (c->type == CELL_TEXT)
			sqlite3_bind_text64(s, FRONT + 1 + i, c->text, c->size,
			    SQLITE_STATIC, SQLITE_UTF8);
		else if (c->type == CELL_NUMBER)
			sqlite3_bind_int64(s, FRONT + 1 + i, c->number);
		else
			sqlite3_bind_null(s, FRONT + 1 + i);
	}
	if (step_once(d, s, why))
		return -1;
	d->head.number = r->number;
	memcpy(d->head.digest, r->digest, DIGEST);
	return 0;
}

static int request_add(struct database *d, struct request *r, char why[WHY])
{
	int64_t first = d->head.number + 1;
	size_t i;
	int k;

	for (i = 0; i < r->count; i++) {
		for (k = 0; k < sql_tables[r->rows[i].table].count; k++)
			if (r->rows[i].cell[k].type == CELL_ROW)
				r->rows[i].cell[k] = cell_number(first +
				    r->rows[i].cell[k].number);
		if (row_add(d, &r->rows[i], why))
			return -1;
	}
	return 0;
}

/* nobody else may have written since the chain was checked */
static int same_version(struct database *d, char why[WHY])
{
	int result = 0;

	if (sqlite3_step(d->data_version) != SQLITE_ROW)
		result = failed(d, why, "read");
	else if (sqlite3_column_int64(d->data_version, 0) != d->version)
		result = database_damaged(d, why,
		    "another program wrote into it during this run", d->head.number);
	sqlite3_reset(d->data_version);
	return result;
}

static int all_add(struct database *d, struct request *r, char why[WHY])
{
	if (step_once(d, d->begin, why))
		return -1;
	if (same_version(d, why))
		return -1;
	for (; r; r = r->next)
		if (request_add(d, r, why))
			return -1;
	return step_once(d, d->commit, why);
}

/* one transaction; see journal_queue.h */
int database_write(struct database *d, struct request *all, char why[WHY])
{
	struct head head = d->head;
	const struct request *r;

	for (r = all; r && !r->count;)
		r = r->next;
	if (!r)
		return 0;
	if (*d->broken) {
		memcpy(why, d->broken, WHY);
		return -1;
	}
	if (all_add(d, all, why)) {
		if (!sqlite3_get_autocommit(d->sqlite))
			step_once(d, d->rollback, d->unsaid);
		d->head = head;
		return -1;
	}
	d->commits++;
	return 0;
}

/* --- reading --- */

int database_select(struct database *d, const struct row_query *q,
    char why[WHY])
{
	scoped_statement *s = NULL;
	struct row r = { .table = q->table };
	int code, i;

	if (*d->broken) {
		memcpy(why, d->broken, WHY);
		return -1;
	}
	if (prepare_select(d, &s, q->table, q->rest, why))
		return -1;
	for (i = 0; i < 3 && i < sqlite3_bind_parameter_count(s); i++)
		sqlite3_bind_int64(s, i + 1, q->number[i]);
	if (q->text)
		sqlite3_bind_text(s, 1, q->text, -1, SQLITE_STATIC);
	while ((code = sqlite3_step(s)) == SQLITE_ROW) {
		if (row_take(d, s, &r, why))
			return -1;
		q->each(q->context, &r);
	}
	return code == SQLITE_DONE ? 0 : failed(d, why, "read");
}

/* --- opening and closing --- */

int64_t database_commits(const struct database *d)
{
	return d->commits;
}

struct head *database_head(struct database *d)
{
	return &d->head;
}

int database_follow(struct database *d, char why[WHY])
{
	return database_each(d, "PRAGMA data_version", ANSWER(d->version),
	    why);
}

static int prepare_insert(struct database *d, enum row_table table,
    char why[WHY])
{
	scoped_arena *a = arena_open();
	struct text t = text_new(a);
	int i;

	text_addf(&t, "INSERT INTO %s (number, at, previous, digest, %s) "
	    "VALUES (?", sql_tables[table].name, sql_tables[table].columns);
	for (i = 1; i < FRONT + sql_tables[table].count; i++)
		text_add(&t, ", ?");
	text_add(&t, ")");
	return prepare(d, &d->insert[table], text_string(&t), why);
}

int database_prepare(struct database *d, char why[WHY])
{
	int i;

	for (i = 0; i < ROW_TABLES; i++)
		if (prepare_insert(d, (enum row_table)i, why))
			return -1;
	if (prepare(d, &d->begin, "BEGIN IMMEDIATE", why) ||
	    prepare(d, &d->commit, "COMMIT", why) ||
	    prepare(d, &d->rollback, "ROLLBACK", why))
		return -1;
	return prepare(d, &d->data_version, "PRAGMA data_version", why);
}

/* the WAL stays when nobody has it open, so that reading makes no file */
static int set_up(struct database *d, bool write, char why[WHY])
{
	int yes = 1;
	char sql[96];

	sqlite3_extended_result_codes(d->sqlite, 1);
	sqlite3_busy_timeout(d->sqlite, BUSY_MS);
	sqlite3_db_config(d->sqlite, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(d->sqlite, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(d->sqlite, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	sqlite3_db_config(d->sqlite, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
	if (!write)
		return 0;
	if (sqlite3_db_readonly(d->sqlite, "main")) {
		snprintf(why, WHY,
		    "the journal '%s' cannot be written: its file or file system is read-only",
		    d->path);
		return -1;
	}
	sqlite3_file_control(d->sqlite, "main", SQLITE_FCNTL_PERSIST_WAL, &yes);
	snprintf(sql, sizeof(sql),
	    "PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 0; "
	    "PRAGMA wal_autocheckpoint = %d", WAL_PAGES);
	if (database_execute(d, "PRAGMA journal_mode = WAL", why))
		return -1;
	return database_execute(d, sql, why);
}

int database_open(struct arena *a, const char *uri, bool write,
    struct database **out, char why[WHY])
{
	struct database *d = arena_new(a, struct database);
	int flags = SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX |
	    (write ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY);

	*out = d;
	d->scratch = arena_open();
	d->form = text_new(d->scratch);
	d->path = uri;
	if (sqlite3_open_v2(uri, &d->sqlite, flags, NULL))
		return failed(d, why, "open");
	d->path = arena_string(a, sqlite3_db_filename(d->sqlite, "main"));
	return set_up(d, write, why);
}

void database_close(struct database *d)
{
	int i;

	for (i = 0; i < ROW_TABLES; i++)
		sqlite3_finalize(d->insert[i]);
	sqlite3_finalize(d->begin);
	sqlite3_finalize(d->commit);
	sqlite3_finalize(d->rollback);
	sqlite3_finalize(d->data_version);
	sqlite3_close(d->sqlite);
	arena_close(d->scratch);
}

const char *database_path(const struct database *d)
{
	return d->path;
}
