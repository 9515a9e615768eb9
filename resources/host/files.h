/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * files.h - the files of the real machine: looking (files.c) and changing
 * (files_change.c).
 *
 * The contract of each is that of host_NAME() in host.h; `context` is a
 * struct tree.
 */
#pragma once

#include "host.h"

int files_look(struct job *, void *context, const char *path, struct entry *);
int files_read(struct job *, void *context, const char *path, size_t limit,
    struct file_read *);
int files_digest(struct job *, void *context, const char *path,
    unsigned char *digest);
int files_read_link(struct job *, void *context, const char *path,
    const char **out);
int files_list(struct job *, void *context, const char *path,
    struct strings *);

int files_stage(struct job *, void *context, const char *path,
    const struct file_write *, const char **staged);
int files_commit(struct job *, void *context, const char *staged,
    const char *path);
int files_poke(struct job *, void *context, const char *path, struct bytes);
int files_mkdir(struct job *, void *context, const char *path,
    const struct access *);
int files_symlink(struct job *, void *context, const char *target,
    const char *path);
int files_set_access(struct job *, void *context, const char *path,
    const struct access *);
int files_unlink(struct job *, void *context, const char *path);
