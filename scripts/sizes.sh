#!/usr/bin/env bash
# Prints how large the built page is, raw and as servers send it, and fails where a visitor would
# get more than the limits: before the model, and for each worker that runs one.
#
#     scripts/sizes.sh dist
set -euo pipefail
folder=${1:?which folder?}
row() { printf '%10s %10s %10s  %s\n' "$@"; }

# Part of the page, its limit in bytes after brotli, and what it is.
parts=("page 700000 before the model" "cpu 1500000 the CPU worker" "gpu 2500000 the GPU worker")
declare -A sizes
row raw gzip brotli file
while IFS= read -r file; do
    name=${file#"$folder"/}
    brotli=$(brotli -q 11 -c "$file" | wc -c)
    row "$(wc -c <"$file")" "$(gzip -9 -c "$file" | wc -c)" "$brotli" "$name"
    case "$name" in
        model/*) part=model ;;
        worker-cpu*) part=cpu ;;
        worker-gpu*) part=gpu ;;
        *) part=page ;;
    esac
    sizes[$part]=$((${sizes[$part]:-0} + brotli))
done < <(find "$folder" -type f | sort)

too_large=
for line in "${parts[@]}"; do
    read -r part limit what <<<"$line"
    size=${sizes[$part]:-0}
    row '' '' "$size" "$what, of $limit allowed"
    [ "$size" -le "$limit" ] || too_large="$too_large $what"
done
[ -z "${sizes[model]:-}" ] || row '' '' "${sizes[model]}" "the model"
if [ -n "$too_large" ]; then
    echo "Too large for a visitor:$too_large." >&2
    exit 1
fi
