/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * memory_inside.h - what the files of the machine in memory share.
 */
#pragma once

#include <pthread.h>

#include "memory.h"

enum { BUCKETS = 4096 };

struct node {
	struct node *next;
	const char *path;
	struct entry entry;
	struct bytes content;
	/* of a link */
	const char *target;
	/* rises with each change, for who must know of one */
	uint64_t serial;
};

struct memory_program {
	struct memory_program *next;
	const char *name;
	int (*run)(struct memory *, const struct process *, struct outcome *);
};

struct memory_finding {
	struct memory_finding *next;
	const char *target;
	struct finding finding;
};

/* a version in the archive */
struct archived {
	struct archived *next;
	struct memory_package package;
};

/* what dpkg knows of */
struct kept {
	struct kept *next;
	const struct memory_package *package;
	/* only its configuration is left */
	bool leftover;
	bool held;
};

/* what systemd knows of a unit */
struct memory_unit {
	struct memory_unit *next;
	const char *name;
	const char *active;
	const char *result;
	uint64_t since;
	/* of its files when systemd read them; 0: there were none */
	uint64_t serial;
	const char *fragment;
	const char *text;
};

struct memory {
	pthread_mutex_t lock;
	/* its own, used under the lock alone */
	struct arena *arena;
	struct arena *outer;
	struct node *nodes[BUCKETS];
	struct memory_program *programs;
	struct memory_finding *findings;
	struct archived *archive;
	struct kept *packages;
	struct memory_unit *units;
	uint64_t serial;
	size_t changes;
	size_t fail_at;
	size_t stop_at;
};

/* the same thread may take it again */
struct memory *memory_lock(void *);
void memory_unlock(struct memory **);
#define scoped_memory __attribute__((cleanup(memory_unlock))) struct memory

/* a program of the machine's own; under the lock */
struct run {
	struct memory *memory;
	const char *const *argv;
	size_t argc;
	const char *input;
	const char *directory;
	struct text out;
	struct text complaint;
};

struct builtin {
	const char *name;
	/* its exit status */
	int (*run)(struct run *);
};

extern const struct builtin account_programs[];
extern const struct builtin group_programs[];
extern const struct builtin package_programs[];
extern const struct builtin shell_programs[];

/* runs what argv says, output to out and complaint; its status, 127: none */
int run_words(struct run *);
/* a path as the program means it */
const char *run_path(const struct run *, const char *path);
/* says it as the complaint; `status` is what it exits with */
int complain(struct run *, int status, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* like memory_change(), in a program: complains */
bool run_changes(struct run *);

/* by path, links above it followed; NULL */
struct node *node_find(struct memory *, const char *path);
/* new, or with what was there forgotten */
struct node *node_put(struct memory *, const char *path, enum entry_type,
    int mode);
/* a file of root's */
void node_write(struct memory *, const char *path, const char *text);
void node_remove(struct memory *, const char *path);
/* "" where there is none */
const char *node_text(struct memory *, const char *path);
/* `path` with all links above its last part followed; NULL in a circle */
const char *node_path(struct memory *, const char *path);
/* "/a" of "/a/b", "/" of "/a" */
const char *path_above(struct arena *, const char *path);
const char *memory_join(struct arena *, const char *above, const char *name);
/* the next path in any order after `index`, which begins as 0; NULL: no more */
const struct node *node_next(const struct memory *, size_t *index,
    const struct node *last);

/* what machine.h asks of units; the lock is taken inside */
int memory_unit(struct job *, void *context, const char *name, struct unit *);
int memory_unit_act(struct job *, void *context, enum unit_act,
    const char *name, int64_t timeout);
void package_install(struct memory *, const struct memory_package *);
/* a package brought or took it; under the lock */
void unit_install(struct memory *, const char *name);
void unit_purge(struct memory *, const char *name);
int memory_run(struct job *, void *context, const struct process *,
    struct outcome *);
