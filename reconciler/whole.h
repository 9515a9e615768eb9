/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * whole.h - write all of it, however often write(2) stops short.
 */
#pragma once

#include "../specs/arena.h"

/* 0, or -1 and errno; not synced */
int write_whole(int fd, struct bytes);
