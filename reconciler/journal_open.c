/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * journal_open.c - a journal from its first look to its last.
 */
#include <stdio.h>
#include <string.h>

#include "journal_rows.h"

static int say(struct err *e, const char *why)
{
	return err_at(e, (struct pos){ 0 }, "%s", why);
}

/* all steps in one transaction: it has the old form or the new */
static int migrate(struct database *d, int64_t version, char why[WHY])
{
	char sql[96];

	if (database_execute(d, "BEGIN IMMEDIATE", why))
		return -1;
	for (; version < SQL_VERSION; version++)
		if (database_execute(d, sql_migrations[version], why))
			return -1;
	snprintf(sql, sizeof(sql),
	    "PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT",
	    SQL_APPLICATION, SQL_VERSION);
	return database_execute(d, sql, why);
}

/* 1: it is empty, and only read */
static int version_check(struct database *d, bool write, char why[WHY])
{
	int64_t application, version, tables;

	if (database_each(d, "PRAGMA application_id", ANSWER(application),
	    why) || database_each(d, "PRAGMA user_version", ANSWER(version),
	    why) || database_each(d, "SELECT count(*) FROM sqlite_schema",
	    ANSWER(tables), why))
		return -1;
	if (application != SQL_APPLICATION && (application || tables)) {
		snprintf(why, WHY, "'%s' is not a journal of plumb",
		    database_path(d));
		return -1;
	}
	if (version > SQL_VERSION) {
		snprintf(why, WHY,
		    "the journal '%s' has format %lld, and this plumb knows formats up to %d: use the newer plumb that wrote it",
		    database_path(d), (long long)version, SQL_VERSION);
		return -1;
	}
	if (version == SQL_VERSION)
		return 0;
	return write ? migrate(d, version, why) : 1;
}

static int write_all(void *context, struct request *all, char why[WHY])
{
	return database_write(context, all, why);
}

/* 1: there is nothing in it, and it is only read */
static int prepare(struct database *d, bool write, char why[WHY])
{
	int empty = version_check(d, write, why);

	if (empty)
		return empty;
	/* who only reads sees each row checked as it is read */
	if (!write)
		return 0;
	return chain_check(d, false, why) ? -1 : database_prepare(d, why);
}

static void take_oldest(void *context, const struct row *r)
{
	*(int64_t *)context = r->cell[1].number;
}

static int read_beginning(struct journal *j, struct err *e)
{
	struct row_query last_run = { .table = ROW_RUN, .rest = sql_newest,
		.number = { 1 }, .each = take_oldest, .context = &j->oldest };

	if (journal_ask(j, &last_run, e))
		return -1;
	return j->mode == JOURNAL_WRITE ? opened_read(j, e) : 0;
}

static int open_parts(struct arena *a, struct journal *j, const char *state,
    struct err *e)
{
	bool write = j->mode == JOURNAL_WRITE;
	const char *uri;
	char why[WHY];
	int nothing = journal_file(a, state, j->mode, &uri, e);

	if (nothing < 0 || key_open(state, write, j->key, e))
		return -1;
	if (nothing)
		return 0;
	nothing = database_open(a, uri, write, &j->database, why);
	if (!nothing)
		nothing = prepare(j->database, write, why);
	if (nothing < 0)
		return say(e, why);
	if (nothing) {
		database_close(j->database);
		j->database = NULL;
		return 0;
	}
	j->queue = queue_open(a, write_all, j->database);
	return read_beginning(j, e);
}

int journal_open(struct arena *a, const char *state, enum journal_mode mode,
    struct journal **out, struct err *e)
{
	struct journal *j = arena_new(a, struct journal);

	j->mode = mode;
	j->arena = arena_open();
	pthread_mutex_init(&j->mutex, NULL);
	if (open_parts(a, j, state, e)) {
		journal_close(j);
		return -1;
	}
	*out = j;
	return 0;
}

void journal_close(struct journal *j)
{
	char unsaid[WHY];

	if (!j)
		return;
	if (j->queue) {
		queue_flush(j->queue, unsaid);
		queue_close(j->queue);
	}
	if (j->database)
		database_close(j->database);
	pthread_mutex_destroy(&j->mutex);
	explicit_bzero(j->key, DIGEST);
	arena_close(j->arena);
}

void journal_closep(struct journal **j)
{
	journal_close(*j);
}

const unsigned char *journal_key(struct journal *j)
{
	return j->key;
}

int64_t journal_commits(struct journal *j)
{
	return j->database ? database_commits(j->database) : 0;
}

int journal_flush(struct journal *j, struct err *e)
{
	char why[WHY];

	return j->queue && queue_flush(j->queue, why) ? say(e, why) : 0;
}

int journal_ask(struct journal *j, const struct row_query *q, struct err *e)
{
	char why[WHY];
	int result;

	if (!j->database)
		return 0;
	if (queue_hold(j->queue, why))
		return say(e, why);
	result = database_select(j->database, q, why);
	queue_release(j->queue);
	return result ? say(e, why) : 0;
}

int journal_verify(struct journal *j, int64_t *rows, struct err *e)
{
	char why[WHY];
	int result;

	if (rows)
		*rows = 0;
	if (!j->database)
		return 0;
	if (queue_hold(j->queue, why))
		return say(e, why);
	result = chain_check(j->database, true, why);
	if (rows)
		*rows = database_head(j->database)->number;
	queue_release(j->queue);
	return result ? say(e, why) : 0;
}
