#!/usr/bin/env bash
# Makes the form of assets/model that the page downloads, a byte a weight, in web/model; from there Trunk
# takes it. A model that has not changed costs nothing.
#
#     scripts/model.sh
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/env.sh
from=assets/model
to=web/model
made=$(cat "$from/SHA256SUMS" src/vlm/weights.rs | sha256sum)
if [ -e "$to/SHA256SUMS" ] && [ "$(cat "$to.made" 2>/dev/null)" = "$made" ]; then
    exit 0
fi
rm -rf "$to"
cargo run --quiet ${CI:+--locked} --bin model -- quantise "$from" "$to"
echo "$made" >"$to.made"
