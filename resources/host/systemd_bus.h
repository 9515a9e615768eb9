/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * systemd_bus.h - the door to libsystemd, and what the three files behind it
 * share: systemd.c looks, systemd_act.c acts, systemd_journal.c quotes the
 * journal.
 */
#pragma once

#include <systemd/sd-bus.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-journal.h>

#include "systemd.h"

#define SYSTEMD "org.freedesktop.systemd1"
#define MANAGER_PATH "/org/freedesktop/systemd1"
#define MANAGER SYSTEMD ".Manager"
#define scoped_bus __attribute__((cleanup(sd_bus_close_unrefp))) sd_bus
#define scoped_message                                                         \
	__attribute__((cleanup(sd_bus_message_unrefp))) sd_bus_message
#define scoped_error __attribute__((cleanup(sd_bus_error_free))) sd_bus_error

struct text;

/* these return 0, or an errno below 0, as libsystemd does, and say nothing */

int systemd_connect(sd_bus **out);
/* the path of a unit, loaded if it was not; lives as long as `reply` */
int systemd_load(sd_bus *, const char *name, const char **path,
    sd_bus_message **reply, sd_bus_error *);
int systemd_read(struct arena *, sd_bus *, const char *name, struct unit *,
    sd_bus_error *);
/* systemd was executed anew, or the connection broke in another way */
bool systemd_is_broken(int r);
/* it is back in a moment: so often, with a pause between */
enum { RECONNECTS = 100 };
void systemd_pause(void);

/* why systemd could not `verb` `name` (which may be ""); always -1 */
int systemd_refused(struct job *, const char *verb, const char *name,
    const sd_bus_error *, int r);
/* what a unit said since then, CLOCK_REALTIME: its last lines, escaped */
void systemd_quote_journal(struct text *, const char *name,
    uint64_t microseconds);
