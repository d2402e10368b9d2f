#!/usr/bin/env bash
# Stamps the built page: every file is asked for by a version of its own, so that a host's cache never
# serves a visitor an old part with a new one, and offline.js keeps what is of one version. Makes the
# JavaScript small, and drops what Trunk leaves of its own mark-up. Trunk runs it after every build.
#
#     scripts/stamp.sh dist
set -euo pipefail
cd "$1"
# Trunk's own minifier can't read the program's JavaScript.
if command -v esbuild >/dev/null; then
    esbuild --minify --allow-overwrite --log-level=warning --outdir=. \
        ./rulewright-web.js ./worker-cpu.js ./worker-gpu.js ./start.js ./offline.js
else
    echo "There is no esbuild: the page's JavaScript is larger than it need be; scripts/setup.sh page installs it." >&2
fi
# The workers have a version of their own: they are large, and change less often than the page.
worker=$(cat ./worker-*.wasm ./worker-*.js | sha256sum | cut -c 1-12)
sed -i.old -E "s#(worker-(cpu|gpu)(_bg)?\.(js|wasm))\"#\1?v=$worker\"#g" worker.js
version=$(cat ./*.wasm ./*.js ./*.css ./manifest.webmanifest ./index.html | sha256sum | cut -c 1-12)
sed -i.old -E "s#(rulewright-web(_bg)?\.(js|wasm))\"#\\1?v=$version\"#g" start.js
# What is made small has no more quotes than it needs.
sed -i.old -E -e "s#(href|src)=\"?(\./)?(start\.js|style\.css|icon\.svg|manifest\.webmanifest)\"?#\1=\"\3?v=$version\"#g" \
    -e 's#<link [^>]*rel="?rust"?[^>]*>##' index.html
sed -i.old -E "s#(icon(-[0-9]+)?\.(svg|png))\"#\\1?v=$version\"#g" manifest.webmanifest
# What a visitor without a network needs; a GPU's program comes with its first use.
parts="\"./\""
for part in start.js style.css icon.svg manifest.webmanifest rulewright-web.js rulewright-web_bg.wasm; do
    parts="$parts, \"$part?v=$version\""
done
for part in worker-cpu.js worker-cpu_bg.wasm; do parts="$parts, \"$part?v=$worker\""; done
for backend in cpu gpu; do parts="$parts, \"worker.js?backend=$backend&v=$version\""; done
parts=${parts//&/\\&}
sed -i.old -e "s#\"VERSION\"#\"$version\"#" -e "s#\"PARTS\"#$parts#" offline.js
rm -f ./*.old
# One a line: what fails before an "&&", or after a "!", does not end the script.
for part in start.js style.css icon.svg manifest.webmanifest; do grep -q "$part?v=$version" index.html; done
[ "$(grep -c Cargo.toml index.html)" = 0 ]
grep -q "rulewright-web_bg.wasm?v=$version" start.js
grep -q "worker-cpu_bg.wasm?v=$worker" worker.js
grep -q "worker-gpu.js?v=$worker" worker.js
grep -q "style.css?v=$version" offline.js
grep -q "icon-512.png?v=$version" manifest.webmanifest
