#!/usr/bin/env bash
# Stamps the built page: every file is asked for by a version of its own, so that a host's cache never
# serves a visitor an old part with a new one. Drops what Trunk leaves of its own mark-up.
#
#     scripts/stamp.sh dist
set -euo pipefail
cd "$1"
# The workers have a version of their own: they are large, and change less often than the page.
worker=$(cat ./worker-*.wasm ./worker-*.js | sha256sum | cut -c 1-12)
sed -i.old -E "s#(worker-(cpu|gpu)(_bg)?\.(js|wasm))\"#\1?v=$worker\"#g" worker.js
version=$(cat ./*.wasm ./*.js ./*.css | sha256sum | cut -c 1-12)
sed -i.old -E "s#(rulewright-web(_bg)?\.(js|wasm))\"#\\1?v=$version\"#" start.js
sed -i.old -E -e "s#((start\.js|style\.css|icon\.svg))\"#\\1?v=$version\"#" -e '/rel="rust"/d' index.html
rm -f ./*.old
grep -q "rulewright-web_bg.wasm?v=$version" start.js && grep -q "start.js?v=$version" index.html
grep -q "worker-cpu_bg.wasm?v=$worker" worker.js && grep -q "worker-gpu.js?v=$worker" worker.js
