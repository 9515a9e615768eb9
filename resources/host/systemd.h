/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * systemd.h - the units of the machine that plumb runs on, asked of systemd
 * itself (org.freedesktop.systemd1(5)).
 *
 * `context` is a struct systemd; the contract of each is that of host_unit(),
 * host_unit_act() and host_has_systemd() in units.h. All may be called from
 * several threads: looking shares one connection under a lock, each act has a
 * connection of its own, so that a service that takes its time to start keeps
 * nobody waiting.
 */
#pragma once

#include "units.h"

struct systemd;

/* connects when first asked; where root is not "/" there is no systemd */
struct systemd *systemd_open(struct arena *, const char *root);
void systemd_close(struct systemd *);

int systemd_unit(struct job *, void *context, const char *name,
    struct unit *);
int systemd_unit_act(struct job *, void *context, enum unit_act,
    const char *name, int64_t timeout);
bool systemd_running(void *context);
