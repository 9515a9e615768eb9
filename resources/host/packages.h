/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * packages.h - Debian packages: dpkg-query to look, apt-get to act.
 */
#pragma once

#include "host.h"

struct installed {
	const char *version;
	bool held;
	/* unpacked or half-configured: dpkg was stopped in the middle */
	bool broken;
	/* some of its files may be missing: dpkg removes it only after it was
	   installed again */
	bool incomplete;
	/* it is not installed, but its configuration is still there */
	bool leftover;
};

/* one package that shall change, in one transaction with others */
struct package_change {
	const char *name;
	/* NULL: whatever version apt chooses */
	const char *version;
	bool remove;
	bool purge;
	/* -1: leave; 0, 1: hold from now on */
	int hold;
	/* -1: as apt is configured; the same in a whole transaction */
	int recommends;
};

/* what else a transaction would do, from one `apt-get -s` */
struct package_foresight {
	/* each "name version" */
	struct strings also_installed;
	struct strings also_upgraded;
	struct strings also_removed;
	/* the version each asked package will have; NULL where unknown */
	const char **versions;
	/* why apt cannot say, in its words; NULL when it can */
	const char *problem;
};

/* lives in the arena; what it holds is gone with packages_close (or NULL) */
struct packages *packages_open(struct arena *);
void packages_close(struct packages *);

/*
 * 1: installed, 0: not, -1. All packages are read once until forgotten, if
 * the host has a struct packages. `name` is as dpkg says it; those of another
 * architecture end in ":i386".
 */
int host_package(struct job *, const struct host *, const char *name,
    struct installed *);
/* those that dpkg did not finish with */
int host_packages_broken(struct job *, const struct host *, struct strings *);
int host_packages_foresee(struct job *, const struct host *,
    const struct package_change *, size_t, struct package_foresight *);
/*
 * One transaction; waits for apt's lock at most `timeout` milliseconds. What
 * dpkg left undone is finished first; apt's lists are fetched anew when it does
 * not know a package. A held package changes only where `hold` is said.
 */
int host_packages_change(struct job *, struct host *,
    const struct package_change *, size_t, int64_t timeout);
void host_forget_packages(struct host *);
