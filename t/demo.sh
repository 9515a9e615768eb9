#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# demo.sh - what a first user does, on a directory instead of on this machine.
set -euo pipefail
cd "$(dirname "$0")/.."
plumb=${PLUMB:-build/plumb}
tree=$(mktemp -d "${TMPDIR:-/tmp}/plumb-demo.XXXXXX")
trap 'rm -rf "$tree"' EXIT
mkdir "$tree/root" "$tree/state"

say() { printf '\n\033[1m# %s\033[0m\n' "$1"; }

# usage: expect STATUS COMMAND...; the status that it must end with
expect()
{
	local wanted=$1 status=0
	shift
	echo "\$ plumb $* examples/quickstart"
	"$plumb" "$@" --root "$tree/root" --state "$tree/state" \
	    examples/quickstart || status=$?
	[ $status = "$wanted" ] || {
		echo "demo: expected exit $wanted, got $status" >&2
		exit 1
	}
}

[ -t 1 ] || say() { printf '\n# %s\n' "$1"; }
say 'The site: what shall be there'
cat examples/quickstart/plumb.yaml
say 'A plan: what differs from what is there; nothing is changed'
expect 0 plan
say 'Apply it'
expect 0 apply -y
say 'The file made from a template'
cat "$tree/root/etc/motd"
say 'Plan again: nothing is left to do'
expect 0 plan --detailed-exitcode
say 'Somebody edits that file by hand'
sed -i 's/Ask one of these/Ask nobody/' "$tree/root/etc/motd"
echo "\$ sed -i 's/Ask one of these/Ask nobody/' /etc/motd"
say 'Drift: who moved, and from what (exit 2)'
expect 2 drift
say 'Apply puts it right'
expect 0 apply -y
grep -q 'Ask one of these' "$tree/root/etc/motd"
say 'And nothing drifts any more'
expect 0 drift
