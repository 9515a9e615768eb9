/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * journal_rows.h - the journal's inside: rows of any table, written and read.
 * Only for the files that make up the journal.
 */
#pragma once

#include <pthread.h>

#include "../resources/host/digest.h"
#include "journal.h"
#include "lookup.h"
#include "journal_queue.h"
#include "journal_sql.h"

enum cell_type {
	CELL_NULL,
	CELL_NUMBER,
	CELL_TEXT,
	/* the number of the row that is so many rows further on in this
	   request; known only when it is written */
	CELL_ROW,
};

struct cell {
	enum cell_type type;
	int64_t number;
	const char *text;
	size_t size;
};

struct row {
	enum row_table table;
	int64_t number;
	int64_t at;
	unsigned char previous[DIGEST];
	unsigned char digest[DIGEST];
	struct cell cell[SQL_CELLS];
};

/* an address that had an open act in this process's time */
struct opened {
	const char *address;
	/* 0: closed; -1: being announced */
	int64_t act;
	/* a run before this one announced it */
	bool earlier;
};

/* the last row there is */
struct head {
	int64_t number;
	unsigned char digest[DIGEST];
};

struct journal {
	/* NULL: there is no journal, and it is only read */
	struct database *database;
	struct queue *queue;
	enum journal_mode mode;
	unsigned char key[DIGEST];
	/* rows before this one are neither open nor owed */
	int64_t oldest;

	/* of the run under way; 0: none */
	int64_t run;
	const char *site;

	/* guards what follows */
	pthread_mutex_t mutex;
	struct arena *arena;
	struct opened *opened;
	size_t opened_count;
	size_t opened_capacity;
	struct lookup lookup;
};

struct row_query {
	enum row_table table;
	/* one of journal_sql.h */
	const char *rest;
	int64_t number[3];
	/* ?1 is this where it is not NULL */
	const char *text;
	/* texts of the row are gone when it returns */
	void (*each)(void *context, const struct row *);
	void *context;
};

struct cell cell_number(int64_t);
struct cell cell_text(const char *);
/* microseconds */
int64_t journal_now(void);

/* `form` is room that is used again and again */
void row_digest(struct text *form, const struct row *,
    unsigned char out[DIGEST]);

/* --- journal.c, the door: all that needs SQLite --- */

/* must be closed even where it failed */
int database_open(struct arena *, const char *uri, bool write,
    struct database **, char why[WHY]);
void database_close(struct database *);
/* statements for writing, once the tables are there */
int database_prepare(struct database *, char why[WHY]);
const char *database_path(const struct database *);
/* SQL without data in it */
int database_execute(struct database *, const char *sql, char why[WHY]);
int database_each(struct database *, const char *sql, const struct answers *,
    char why[WHY]);
/* SQLite's own check */
int database_integrity(struct database *, char why[WHY]);
/* from now on, what others write is an error */
int database_follow(struct database *, char why[WHY]);
/* where the next row goes; set when the chain was checked */
struct head *database_head(struct database *);
/* one transaction; see journal_queue.h */
int database_write(struct database *, struct request *, char why[WHY]);
/* every row is checked against its digest before it is shown */
int database_select(struct database *, const struct row_query *,
    char why[WHY]);
int64_t database_commits(const struct database *);
/* nothing is read or written after this; always -1 */
int database_damaged(struct database *, char why[WHY], const char *what,
    int64_t row);
/* rows of one table in order; close it whatever happens */
struct cursor *cursor_open(struct arena *, struct database *, enum row_table,
    int64_t first);
void cursor_close(struct cursor *);
/* 1: `row` is the next, 0: there is none, -1 */
int cursor_step(struct cursor *, struct row *, char why[WHY]);

/* --- the others --- */

/* journal_chain.c: from the last run on, or whole */
int chain_check(struct database *, bool whole, char why[WHY]);
/* journal_open.c */
int journal_ask(struct journal *, const struct row_query *, struct err *);
/*
 * journal_file.c: STATE/journal.db as SQLite is to open it, a URI; made where
 * it is to be written. 1: there is none, and it is only read.
 */
int journal_file(struct arena *, const char *state, enum journal_mode,
    const char **uri, struct err *);
/* journal_write.c: what is open already */
int opened_read(struct journal *, struct err *);
/* journal_file.c: STATE/key */
int key_open(const char *state, bool make, unsigned char key[DIGEST],
    struct err *);
