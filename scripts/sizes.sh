#!/usr/bin/env bash
# Prints how large the built page is, raw and as servers send it, and fails where a visitor would
# get more than the limit before the model.
#
#     scripts/sizes.sh dist
set -euo pipefail
folder=${1:?which folder?}
limit=700000

printf '%10s %10s %10s  %s\n' raw gzip brotli file
before_model=0
while IFS= read -r file; do
    raw=$(wc -c <"$file")
    gzip=$(gzip -9 -c "$file" | wc -c)
    brotli=$(brotli -q 11 -c "$file" | wc -c)
    printf '%10d %10d %10d  %s\n' "$raw" "$gzip" "$brotli" "${file#"$folder"/}"
    case "${file#"$folder"/}" in
        model/*) ;;
        *) before_model=$((before_model + brotli)) ;;
    esac
done < <(find "$folder" -type f | sort)
printf '%10s %10s %10d  before the model, of %d allowed\n' '' '' "$before_model" "$limit"
if [ "$before_model" -gt "$limit" ]; then
    echo "The page is too large: a visitor gets $before_model bytes before the model; $limit are allowed." >&2
    exit 1
fi
