#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# fuzz.sh FOLDER SECONDS - let every fuzzed program of the folder look for new
# inputs that break it. What is found is written to t/fuzz/NAME/; keep it.
set -euo pipefail
for program in "$1"/*; do
	[ -x "$program" ] || continue
	name=${program##*/}
	echo "$name: $2 s"
	mkdir -p "t/fuzz/$name" "$1/corpus/$name"
	"$program" -max_total_time="$2" -timeout=10 -rss_limit_mb=2048 \
	    -verbosity=0 -artifact_prefix="t/fuzz/$name/" \
	    "$1/corpus/$name" "t/fuzz/$name"
done
