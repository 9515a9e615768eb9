/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reboot.h - which boot of a host this is, and who asks for the next one.
 */
#pragma once

#include "host.h"

/* 1: what no other boot has (boot_id of random(4)); 0: it cannot be told; -1 */
int host_boot(struct job *, const struct host *, const char **id);
/* systemd is about to end everything, or has done so */
bool host_is_going_down(struct job *, const struct host *);
/*
 * Whether packages ask for a reboot, by Debian's /run/reboot-required, which is
 * gone after one: 1, 0 or -1. `packages` are those that say so, each time that
 * they did; there may be none.
 */
int host_asks_reboot(struct job *, const struct host *,
    struct strings *packages);
