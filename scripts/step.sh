#!/usr/bin/env bash
# Runs one step of the Makefile with the project's tools on PATH, and says how long it took.
#
#     scripts/step.sh "what it does" command argument...
#
# Where RULEWRIGHT_STEPS names a file, a line with the time goes there too.
set -uo pipefail
. "$(dirname "$0")/env.sh"
name=$1
shift
echo "==> $name"
SECONDS=0
"$@"
code=$?
if [ $code = 0 ]; then end="done"; else end="FAILED"; fi
line=$(printf '%-8s %4d s  %s' "$end" "$SECONDS" "$name")
echo "    $line"
[ -z "${RULEWRIGHT_STEPS:-}" ] || echo "$line" >>"$RULEWRIGHT_STEPS"
exit $code
