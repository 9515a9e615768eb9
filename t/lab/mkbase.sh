#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# mkbase.sh - what lab hosts are made of: a minimal Debian with systemd and the
# libraries that plumb needs at run time, and a local apt repository of real
# packages, as hosts have no network. Both are of this machine's own release, so
# that the plumb just built runs in it, and come from this machine's own mirrors.
#
# Made once (half a minute) and kept in $LAB_CACHE (/var/cache/plumb-lab), under
# a name that changes with this file. Prints the directory, which holds
#   root/  the file system, never written to again (hosts lay an overlay on it)
#   repo/  *.deb and Packages: "deb [trusted=yes] file:/srv/repo ./"
set -euo pipefail
export LC_ALL=C

. /etc/os-release
release=${VERSION_CODENAME:?this machine is not a Debian with a release name}
cache=${LAB_CACHE:-/var/cache/plumb-lab}
base=$cache/$release-$(sha256sum < "$0" | cut -c1-12)
[ ! -e "$base" ] || { echo "$base"; exit; }

mkdir -p "$cache"
exec 9> "$cache/lock"
flock 9
[ ! -e "$base" ] || { echo "$base"; exit; }
# What a killed run and earlier recipes left, if no test can be using it.
new=$cache/$release-new
rm -rf "$new"
find "$cache" -mindepth 1 -maxdepth 1 -type d -mtime +1 -exec rm -rf {} +
mkdir -p "$new/repo"

inside=(systemd systemd-sysv dbus iproute2 procps openssh-server openssh-client
    curl ca-certificates age git openssl libyaml-0-2 liblua5.4-0 libsqlite3-0
    libjansson4 libsystemd0 libasan8 libubsan1)
# Their names differ between releases; the build needs them here as well.
inside+=($(dpkg-query -W -f '${db:Status-Abbrev}${Package}\n' 'libssl3*' \
    'libgit2-[0-9]*' 'libcurl4' 'libcurl4t64' 'libknot[0-9]*' \
    'libzscanner[0-9]*' 'libdnssec[0-9]*' 2> /dev/null |
    sed -n 's/^ii *//p' || :))
offered=(nginx cron hello sl tree chrony rsyslog)

# Reach the mirrors as this machine does: proxies, expired snapshots.
apt-config dump Acquire | grep -E 'http|Check-|Retries' > "$new/apt.conf" || :
sources=(/etc/apt/sources.list.d/*.sources)
list=/etc/apt/sources.list
[ ! -s $list ] || sources+=($list)
[ -e "${sources[0]}" ] || sources=(http://deb.debian.org/debian)

echo "lab: making $base (half a minute)" >&2
mmdebstrap --quiet --mode=root --variant=minbase --aptopt="$new/apt.conf" \
    --include="$(IFS=,; echo "${inside[*]}")" \
    --dpkgopt='path-exclude=/usr/share/doc/*' \
    --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' \
    --customize-hook='APT_CONFIG=$MMDEBSTRAP_APT_CONFIG apt-get -qq --yes \
        --no-install-recommends --download-only install '"${offered[*]} >&2" \
    --customize-hook="cp \"\$1\"/var/cache/apt/archives/*.deb '$new/repo/'" \
    "$release" "$new/root" "${sources[@]}" >&2

# Each boot of a copy is a new machine, and none of them sees the network.
root=$new/root
: > "$root/etc/machine-id"
rm -f "$root/etc/resolv.conf" "$root"/etc/apt/sources.list.d/*
: > "$root/etc/resolv.conf"
rm -f "$root"/etc/ssh/ssh_host_*
rm -f "$root"/etc/dpkg/dpkg.cfg.d/*mmdebstrap "$root"/etc/apt/apt.conf.d/*mmdebstrap
rm -rf "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/archives/*.deb
echo 'deb [trusted=yes] file:/srv/repo ./' > "$root/etc/apt/sources.list"
mkdir -p "$root/srv/repo"
ssh-keygen -q -t ed25519 -N '' -C lab -f "$new/id_lab"
install -d -m 700 "$root/root/.ssh"
install -m 600 "$new/id_lab.pub" "$root/root/.ssh/authorized_keys"

# Packages of our own, for what no real one can be trusted to do.
# usage: package NAME VERSION [FIELD...]; files below $work/tree go in
work=$new/work
package()
{
	name=$1 version=$2
	shift 2
	mkdir -p "$work/tree/DEBIAN"
	{
		printf '%s\n' "Package: $name" "Version: $version" \
		    'Architecture: all' 'Maintainer: lab <lab@example.test>' \
		    "$@" 'Description: for trials'
	} > "$work/tree/DEBIAN/control"
	dpkg-deb --root-owner-group -b "$work/tree" "$new/repo" > /dev/null
	rm -rf "$work"
}
for version in 1.0 1.1 1.10; do
	mkdir -p "$work/tree/usr/share/lab-tool"
	echo $version > "$work/tree/usr/share/lab-tool/version"
	package lab-tool $version
done
package lab-needs 1.0 'Depends: lab-tool (>= 1.1)'
package lab-rival 1.0 'Conflicts: lab-tool'
mkdir -p "$work/tree/DEBIAN"
printf '#!/bin/sh\necho "lab-broken: no" >&2\n[ -e /etc/lab-mended ]\n' \
    > "$work/tree/DEBIAN/postinst"
chmod 755 "$work/tree/DEBIAN/postinst"
package lab-broken 1.0
(cd "$new/repo" && dpkg-scanpackages -m . > Packages 2> /dev/null)

rm -f "$new/apt.conf"
mv "$new" "$base"
echo "$base"
