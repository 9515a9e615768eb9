/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * facts.h - what a machine is: `host` in expressions.
 */
#pragma once

#include "../../specs/value.h"
#include "host.h"

/*
 * A map: name, hostname, fqdn, os {id, version, codename, name}, kernel
 * {name, release}, architecture (Debian's word), memory (bytes), cpus,
 * addresses (a list, without loopback and link-local), virtualization ("none",
 * "kvm", "systemd-nspawn", ...), systemd (whether it is process 1).
 */
int host_facts(struct job *, const struct host *, struct value *out);
