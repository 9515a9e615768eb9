/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * session.h - by which connection somebody is here.
 */
#pragma once

#include "host.h"

/*
 * "ssh 10.0.0.9 51234 10.0.0.1 22", also below sudo and su; else the session as
 * logind, the kernel's audit or the terminal tells it apart. Equal texts are
 * one connection.
 */
const char *host_session(struct job *, const struct host *);
