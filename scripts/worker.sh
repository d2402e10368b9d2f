#!/usr/bin/env bash
# Builds a worker, the program that runs the model, for one backend, into web/worker/built; from there
# Trunk takes it. A worker that has not changed costs a second.
#
#     scripts/worker.sh cpu
#     scripts/worker.sh gpu
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/env.sh
backend=${1:?cpu or gpu?}
name=worker-$backend
built=web/worker/built

if ! command -v wasm-bindgen >/dev/null; then
    echo "There is no wasm-bindgen; scripts/setup.sh page installs it." >&2
    exit 1
fi
wasm_env cargo build --release ${CI:+--locked} --target wasm32-unknown-unknown \
    -p rulewright-worker --no-default-features --features "$backend"
target=$(wasm_env sh -c 'echo "$CARGO_TARGET_DIR"')
program=$target/wasm32-unknown-unknown/release/rulewright-worker.wasm

# No wasm-opt: on a worker it takes minutes, wins no speed, and what it writes compresses worse.
if ! [ "$built/$name.js" -nt "$program" ] || ! [ "$built/$name.js" -nt scripts/worker.sh ]; then
    wasm-bindgen --target web --no-typescript --remove-name-section --remove-producers-section \
        --out-dir "$built" --out-name "$name" "$program"
    # wasm-bindgen leaves a file alone whose contents would stay the same.
    touch "$built/$name.js"
fi
