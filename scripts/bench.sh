#!/usr/bin/env bash
# Times the model in a real Chromium: our worker, and the same weights in other browser runtimes.
#
#     scripts/bench.sh            what `make bench` runs
#
# The weights are random (the seed is 1), at the sizes of benches/browser/models. The peers need Python
# with benches/browser/requirements.txt; where it is missing they are left out, and that is said.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/env.sh
work=$rulewright_cache/bench
model() { cargo run --quiet --release ${CI:+--locked} --bin model -- "$@"; }

for config in benches/browser/models/*.json; do
    name=$(basename "$config" .json)
    whole=$work/$name
    mkdir -p "$whole"
    # Any tokenizer will do: that of a test model. Its pictures take 9 tokens, these 36.
    cp tests/parity/grouped/tokenizer.json "$whole"
    sed 's/"image_seq_len": 9/"image_seq_len": 36/' tests/parity/grouped/processor_config.json >"$whole/processor_config.json"
    cp "$config" "$whole/config.json"
    model random "$whole"
    model quantise "$whole" "$work/$name-bytes"
done

python=$rulewright_cache/bench/python
if [ ! -e "$python/ready" ] && python3 -m venv "$python" &&
    "$python/bin/pip" install --quiet -r benches/browser/requirements.txt; then
    touch "$python/ready"
fi
if [ -e "$python/ready" ]; then
    npm ci --prefix benches/browser --no-audit --no-fund --silent </dev/null
    for config in benches/browser/models/*.json; do
        name=$(basename "$config" .json)
        "$python/bin/python" benches/browser/export.py "$work/$name" "$work/$name-peers"
    done
else
    echo "The peers are left out: there is no Python that can install benches/browser/requirements.txt." >&2
fi
cargo run --quiet ${CI:+--locked} -p rulewright-browser-tests --bin bench -- "$work"
