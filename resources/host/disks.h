/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * disks.h - what a program wrote, on the disk.
 */
#pragma once

/*
 * All that was written until now to file systems that live on disks here; those
 * of other machines, which could keep us waiting for ever, are left out. -1 and
 * errno: one of them could not write.
 */
int disks_sync(void);
