#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# deps.sh build|test... - install what building (and testing) Plumbline needs,
# from Debian's own packages. Says what it installs; says and does nothing when
# everything is there. Starts no daemon.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive LC_ALL=C

# one|other: the first that this release has; command:package: only where no
# such command is there already, wherever it came from
build=(gcc libc6-dev make pkg-config:pkg-config libyaml-dev liblua5.4-dev
    libsqlite3-dev libssl-dev libgit2-dev libjansson-dev libsystemd-dev
    libcurl4-openssl-dev libknot-dev age:age git:git)
test=(perl prove:perl libio-pty-perl libcmocka-dev clang:clang 'libclang-rt-14-dev|libclang-rt-dev'
    strace:strace faketime:faketime mandoc:mandoc ca-certificates
    iproute2 util-linux procps curl:curl openssl:openssl sqlite3:sqlite3
    mmdebstrap systemd-container dpkg-dev openssh-client xz-utils
    mkfs.ext4:e2fsprogs
    nginx:nginx-light knotd:knot knsupdate:knot-dnsutils kdig:knot-dnsutils
    node:nodejs npm:npm zsh:zsh fish:fish python3-jsonschema python3-yaml)

there()
{
	[ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2> /dev/null)" = installed ]
}

# the packages that are missing, one a line; an alternative as it was written
missing()
{
	local word name
	for word; do
		case $word in
		*:*) command -v "${word%%:*}" > /dev/null || echo "${word##*:}" ;;
		*)
			for name in ${word//|/ }; do
				! there "$name" || continue 2
			done
			echo "$word" ;;
		esac
	done | sort -u
}

wanted=()
for list; do
	case $list in
	build) wanted+=("${build[@]}") ;;
	test) wanted+=("${test[@]}") ;;
	*) echo "usage: $0 build|test..." >&2; exit 1 ;;
	esac
done
PATH=$PATH:/usr/sbin:/sbin
mapfile -t lacking < <(missing "${wanted[@]}")
[ ${#lacking[@]} -gt 0 ] || exit 0

if [ "$(id -u)" != 0 ]; then
	echo "not installed: ${lacking[*]}; run 'make deps' as root" >&2
	exit 1
fi

fresh=$(find /var/lib/apt/lists -maxdepth 1 -name '*_Packages*' -mtime -7 \
    -print -quit 2> /dev/null || :)
if [ -z "$fresh" ]; then
	echo 'apt-get update'
	apt-get -qq update
fi

names=()
for word in "${lacking[@]}"; do
	for name in ${word//|/ }; do
		if [ -n "$(apt-cache madison "$name" 2> /dev/null)" ]; then
			names+=("$name")
			continue 2
		fi
	done
	echo "no package $word in this release" >&2
	exit 1
done

# A package may not start its daemon; on a machine that said so already, that
# stays as it is.
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
	printf '#!/bin/sh\nexit 101\n' > $policy
	chmod 755 $policy
	trap 'rm -f $policy' EXIT
fi
install=(apt-get -qq -y -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300
    --no-install-recommends install "${names[@]}")
echo "apt-get install --no-install-recommends ${names[*]}"
log=$(mktemp)
# an index that has aged names files the mirror no longer has: once more
"${install[@]}" > "$log" 2>&1 ||
    { apt-get -qq update && "${install[@]}" > "$log" 2>&1; } ||
    { cat "$log" >&2; rm -f "$log"; exit 1; }
rm -f "$log"
