#!/usr/bin/env bash
# Installs what is missing for the page and its tests, and says what. Runs again in a second.
#
#     scripts/setup.sh          everything: to build, to test, to measure
#     scripts/setup.sh page     only what the page needs: no browser
#
# Debian and Ubuntu; as root or with sudo. Elsewhere it says what to install by hand.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/env.sh

part=${1:-everything}
tools="$rulewright_cache/tools"
trunk_version=0.21.14
# Debian's own (108) can't read what today's compiler writes (table.fill).
binaryen_version=132.0.0
esbuild_version=0.28.2
bindgen_version=$(grep -A1 '^name = "wasm-bindgen"$' Cargo.lock | sed -n 's/^version = "\(.*\)"$/\1/p')

say() { echo "set-up: $*"; }
have() { command -v "$1" >/dev/null; }
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

# Installs Debian packages, with one look at the lists before the first.
lists_read=
packages() {
    if ! have apt-get; then
        say "this is neither Debian nor Ubuntu: please install these by hand: $*" >&2
        exit 1
    fi
    if [ -z "$lists_read" ]; then
        say "reading the package lists"
        as_root apt-get update -qq </dev/null
        lists_read=yes
    fi
    say "installing $*"
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "$@" </dev/null >/dev/null
}
offered() { [ -n "$(apt-cache policy "$1" 2>/dev/null | sed -n 's/^  Candidate: \([^(].*\)/\1/p')" ]; }

# 1. Programs that packages bring.
missing=()
need() { have "$1" || missing+=("${@:2}"); }
need cc gcc libc6-dev
need make make
need git git
need pkg-config pkg-config
need brotli brotli
need zip zip
[ -e /etc/ssl/certs/ca-certificates.crt ] || [ "$(uname)" != Linux ] || missing+=(ca-certificates)
if [ "$part" = everything ]; then
    have chromium || have google-chrome || need chromium-browser chromium
    need chromedriver chromium-driver
    need python3 python3
fi
need node nodejs
need npm npm
[ ${#missing[@]} = 0 ] || packages "${missing[@]}"

# 2. Rust, with its formatter and linter.
if ! have cargo; then
    [ -n "$(find /var/lib/apt/lists -name '*Packages*' 2>/dev/null | head -n 1)" ] || packages ca-certificates
    if offered rustup; then
        packages rustup
        say "installing Rust with rustup"
        rustup default stable
    else
        packages cargo-web rustc-web rust-web-clippy rustfmt-web
    fi
fi
for component in clippy fmt; do
    if ! cargo "$component" --version >/dev/null 2>&1; then
        say "adding $component to Rust"
        rustup component add "${component/#fmt/rustfmt}"
    fi
done

# 3. Rust for WebAssembly: from rustup, or else Debian's compiler with the library's source.
if ! has_wasm_target && ! has_debian_wasm; then
    say "adding Rust's WebAssembly target"
    if ! { have rustup && RUST_BACKTRACE=0 timeout 90 rustup target add wasm32-unknown-unknown </dev/null; }; then
        say "rustup cannot get it here; taking Debian's compiler for WebAssembly"
        packages rustc-web cargo-web rust-web-clippy rust-web-src
        llvm=$(/usr/bin/rustc -vV | sed -n 's/^LLVM version: \([0-9]*\).*/\1/p')
        packages "lld-$llvm"
    fi
fi

# 4. Programs that cargo brings, at their exact versions.
is_at() { [ "$("$1" --version 2>/dev/null | awk '{ print $2 }')" = "$2" ]; }
if ! is_at wasm-bindgen "$bindgen_version" || ! is_at wasm-bindgen-test-runner "$bindgen_version"; then
    say "building wasm-bindgen $bindgen_version (some minutes)"
    cargo install -q wasm-bindgen-cli --version "$bindgen_version" --root "$tools" --force
fi
if ! is_at trunk "$trunk_version"; then
    say "building trunk $trunk_version (some minutes)"
    cargo install -q trunk --version "$trunk_version" --locked --root "$tools" --force
fi

if [ "$(wasm-opt --version 2>/dev/null | awk '{ print $3 }')" != "${binaryen_version%%.*}" ]; then
    say "installing wasm-opt $binaryen_version"
    npm install --prefix "$tools" "binaryen@$binaryen_version" --no-audit --no-fund --silent </dev/null
fi
if [ "$(esbuild --version 2>/dev/null)" != "$esbuild_version" ]; then
    say "installing esbuild $esbuild_version"
    npm install --prefix "$tools" "esbuild@$esbuild_version" --no-audit --no-fund --silent </dev/null
fi

# 5. What the browser tests take from npm: the accessibility checker.
if [ "$part" = everything ] && [ -e tests/browser/package-lock.json ] &&
    ! [ tests/browser/node_modules/.package-lock.json -nt tests/browser/package-lock.json ]; then
    say "installing the browser tests' npm packages"
    npm ci --prefix tests/browser --no-audit --no-fund --silent </dev/null
    touch tests/browser/node_modules/.package-lock.json
fi
say "all there"
