#!/usr/bin/env bash
# Builds the release page and serves it until Ctrl-C; where there is a desktop, a browser opens it.
#
#     scripts/serve.sh 8080
set -euo pipefail
. "$(dirname "$0")/env.sh"
port=${1:?which port?}
if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
    echo "Port $port is taken by another program; choose one: make demo PORT=$((port + 1))" >&2
    exit 1
fi
echo "The page will be at http://127.0.0.1:$port/ once it is built (the first build can take an hour on two cores)."
"$(dirname "$0")/worker.sh" cpu
"$(dirname "$0")/worker.sh" gpu
"$(dirname "$0")/model.sh"
open=()
case "$(uname -s)" in
    Linux) [ -z "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ] || open=(--open) ;;
    *) open=(--open) ;;
esac
wasm_env trunk serve --release --no-autoreload --address 127.0.0.1 --port "$port" ${open[@]+"${open[@]}"}
