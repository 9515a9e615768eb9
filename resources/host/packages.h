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
};

/* what else a transaction would do, from one `apt-get -s` */
struct package_foresight {
	/* each "name version" */
	struct strings also_installed;
	struct strings also_upgraded;
	struct strings also_removed;
	/* the version each asked package will have; NULL where unknown */
	const char **versions;
};

/* 1: installed, 0: not, -1. All packages are read once until forgotten */
int host_package(struct job *, const struct host *, const char *name,
    struct installed *);
int host_packages_foresee(struct job *, const struct host *,
    const struct package_change *, size_t, struct package_foresight *);
/* one transaction; waits for apt's lock at most `timeout` milliseconds */
int host_packages_change(struct job *, struct host *,
    const struct package_change *, size_t, int64_t timeout);
void host_forget_packages(struct host *);
