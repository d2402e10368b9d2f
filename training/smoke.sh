#!/bin/sh
# Trains a toy model on real samples for a few seconds, resumes it, and has our own runtime load it.
#
#     sh training/smoke.sh [PYTHON]
#
# Run by hand: it needs Python with training/requirements.txt, and training/words (see README.md).
set -eu
cd "$(dirname "$0")/.."
. scripts/env.sh
python="${1:-python3}"
cargo build --release --bin samples --bin model
built="$CARGO_TARGET_DIR/release"
out="$(mktemp -d)"
trap 'rm -rf "$out"' EXIT
teach() {
    "$python" training/train.py --words training/words --samples "$built/samples" --out "$out/model" \
        --size tiny --rows 1 --minutes 1 --valid-steps 1 --log 2 --threads 1 --no-compile "$@"
}
teach --steps 4 --slim
teach --steps 8 --resume "$out/model/checkpoint"
teach --steps 10 --resume "$out/model/checkpoint/slim.pt"
"$built/model" show "$out/model"
"$built/model" ask "$out/model" "score 3, lives 2" --game orchard --tokens 8
"$built/model" logits "$out/model" "$out/logits.safetensors"
"$python" tests/parity/logits.py "$out/model" "$out/logits.safetensors"
