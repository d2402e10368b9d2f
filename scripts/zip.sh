#!/usr/bin/env bash
# Zips the built page, with nothing around it: unzipped into any folder of any host it is the site.
#
#     scripts/zip.sh rulewright-site.zip
set -euo pipefail
file=$(realpath "${1:?which file?}")
rm -f "$file"
cd "$(dirname "$0")/../dist"
zip -qr "$file" .
