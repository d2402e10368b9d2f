#!/bin/sh
# Trains a toy model for a few seconds, resumes it, and has our own runtime load it.
#
#     sh training/smoke.sh [PYTHON]
#
# `make test` runs it where Python has what training/requirements.txt lists and training/words
# was made, and says so where not.
set -eu
cd "$(dirname "$0")/.."
. scripts/env.sh
python="${1:-python3}"
if ! "$python" -c 'import torch, transformers, numpy, safetensors, tokenizers' 2>/dev/null; then
    echo "The trainer is not tested: $python has no PyTorch or transformers (see training/README.md)."
    exit 0
fi
if [ ! -f training/words/words.json ]; then
    echo "The trainer is not tested: training/words is yet to be made (see training/README.md)."
    exit 0
fi
cargo build --bin samples --bin model
built="$CARGO_TARGET_DIR/debug"
out="$(mktemp -d)"
trap 'rm -rf "$out"' EXIT
teach() {
    "$python" training/train.py --words training/words --samples "$built/samples" --out "$out/model" \
        --size tiny --rows 1 --minutes 1 --valid-steps 1 --log 2 --threads 1 --no-compile "$@"
}
teach --steps 4 --slim
cp -r "$out/model" "$out/first"
teach --steps 8 --resume "$out/model/checkpoint"
teach --steps 10 --resume "$out/model/checkpoint/slim.pt"
"$built/model" show "$out/model"
"$python" training/mean.py "$out/mean" "$out/model" 0.6 "$out/first" 0.4
"$built/model" show "$out/mean"
"$built/model" ask "$out/model" "score 3, lives 2" --game orchard --tokens 8
"$built/model" logits "$out/model" "$out/logits.safetensors"
"$python" tests/parity/logits.py "$out/model" "$out/logits.safetensors"
