#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# fresh.sh [-k] [bookworm|trixie] COMMAND - run the command, by bash, in what git
# has of this tree on a Debian that has nothing else: no compiler, no make, no
# git. For instance
#
#	t/fresh.sh trixie 'apt-get -qq install -y make && make demo'
#
# The file system is made by mmdebstrap once and kept beside that of the lab; each
# run gets a copy, which goes away after it (-k keeps it and says where). Packages
# come from where this machine gets its own.
set -euo pipefail
export LC_ALL=C

if [ -z "${FRESH_INSIDE:-}" ]; then
	cd "$(dirname "$0")/.."
	# its mounts end with it
	FRESH_INSIDE=1 exec unshare --mount --propagation private "$0" "$@"
fi
unset FRESH_INSIDE

keep=
if [ "$1" = -k ]; then keep=1; shift; fi
release=bookworm
case ${1:-} in bookworm|trixie) release=$1; shift ;; esac
[ $# = 1 ] || { echo "usage: $0 [-k] [bookworm|trixie] COMMAND" >&2; exit 1; }

cache=${LAB_CACHE:-/var/cache/plumb-lab}
base=$cache/fresh-$release.tar
mkdir -p "$cache"
if [ ! -e "$base" ]; then
	echo "fresh: making $base" >&2
	conf=$(mktemp)
	apt-config dump Acquire | grep -E 'http|Check-|Retries' > "$conf" || :
	mmdebstrap --quiet --mode=root --variant=minbase --aptopt="$conf" \
	    --include=ca-certificates "$release" "$cache/new-$release.tar" >&2
	rm -f "$conf"
	mv "$cache/new-$release.tar" "$base"
fi

root=$(mktemp -d /var/tmp/plumb-fresh.XXXXXX)
finish()
{
	umount -R "$root" 2> /dev/null || umount -Rl "$root"
	[ -z "$keep" ] || { echo "fresh: kept $root" >&2; return; }
	rm -rf --one-file-system "$root"
}
trap finish EXIT
trap 'exit 1' INT TERM HUP
# a mount of its own, as tests make namespaces in it
mount --bind "$root" "$root"
tar -xf "$base" -C "$root"
mkdir "$root/root/plumb"
git archive HEAD | tar -x -C "$root/root/plumb"
cp --remove-destination -L /etc/resolv.conf "$root/etc/resolv.conf"
authorities=etc/ssl/certs/ca-certificates.crt
cp -L /$authorities "$root/$authorities"
printf '#!/bin/sh\nexit 101\n' > "$root/usr/sbin/policy-rc.d"
chmod 755 "$root/usr/sbin/policy-rc.d"
for directory in proc sys dev; do
	mount --rbind /$directory "$root/$directory"
	mount --make-rslave "$root/$directory"
done
mount -t tmpfs run "$root/run"

# Not a mere chroot, which systemd tells from a machine.
unshare --mount --propagation private /bin/bash -c '
	cd "$1" && mkdir -p .old && pivot_root . .old && umount -l .old &&
	rmdir .old && shift && exec "$@"
' bash "$root" /usr/bin/env -i HOME=/root TERM=dumb LC_ALL=C.UTF-8 \
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    DEBIAN_FRONTEND=noninteractive ${CI:+CI="$CI"} \
    npm_config_cafile=/$authorities NODE_EXTRA_CA_CERTS=/$authorities \
    /bin/bash -c "cd /root/plumb && $1"
