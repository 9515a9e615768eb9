/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * units.h - systemd's units, over its D-Bus interface.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "job.h"

struct host;

struct unit {
	/* as systemd says: loaded, not-found, masked, bad-setting, error */
	const char *load;
	/* active, inactive, failed, activating, deactivating, reloading */
	const char *active;
	const char *sub;
	/* enabled, disabled, static, masked, indirect, generated, ...; "" */
	const char *file_state;
	/* success, exit-code, ... of the last run */
	const char *result;
	/* the unit's file; "" */
	const char *fragment;
	bool can_reload;
	/* its file changed after systemd read it */
	bool needs_daemon_reload;
	/* when it became active, microseconds of CLOCK_REALTIME; 0: not */
	uint64_t active_since;
};

enum unit_act {
	UNIT_START,
	UNIT_STOP,
	UNIT_RESTART,
	UNIT_RELOAD,
	UNIT_ENABLE,
	UNIT_DISABLE,
	UNIT_MASK,
	UNIT_UNMASK,
	/* systemd reads all unit files again; the name is "" */
	UNIT_DAEMON_RELOAD,
};

/* a unit by full name ("nginx.service"), whether it exists or not */
int host_unit(struct job *, const struct host *, const char *name,
    struct unit *);
/* waits until systemd's job has ended; `timeout` in milliseconds */
int host_unit_act(struct job *, struct host *, enum unit_act,
    const char *name, int64_t timeout);
/* systemd is the host's first process and answers */
bool host_has_systemd(const struct host *);
