/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * print.h - text that is safe to show.
 *
 * What comes from files, hosts and servers may hold bytes that steer a
 * terminal (CWE-150). Everything shown goes through here.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct arena;
struct text;

/* C0, DEL, C1 and bytes that are not UTF-8 as \xHH; \n, \t, \r as such */
void print_escaped(struct text *, const char *data, size_t size);
/* the same, but line feeds and tabs stay */
void print_escaped_lines(struct text *, const char *data, size_t size);
/* length in bytes of the UTF-8 character at `data`, 0 if it is not one */
size_t utf8_length(const char *data, size_t size);
/* "1.5 s", "250 ms", "2 min": a time in milliseconds for people */
const char *print_duration(struct arena *, int64_t milliseconds);
