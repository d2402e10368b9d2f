# To be sourced, by any POSIX shell: where the project's tools are and where builds go.
#
#     . scripts/env.sh
#     cargo test                                # native commands as they are
#     wasm_env cargo build --target wasm32-unknown-unknown ...   # and WebAssembly ones
#
# Where rustup has the WebAssembly target, `wasm_env` just runs the command. Where it has not,
# Debian's compiler builds the standard library from source, for that one command only, with a
# target directory of its own because the compiler differs.

rulewright_cache="${XDG_CACHE_HOME:-$HOME/.cache}/rulewright"
rulewright_tools="$rulewright_cache/tools/bin:$rulewright_cache/tools/node_modules/.bin"
PATH="$rulewright_tools:$HOME/.cargo/bin:$PATH"
# Outside of the clone, so that every clone on a machine shares one.
CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$rulewright_cache/target}"
# Trunk looks for a newer Trunk at every start, and stops at a NO_COLOR that is not true or false.
TRUNK_SKIP_VERSION_CHECK=true
unset NO_COLOR
export PATH CARGO_TARGET_DIR TRUNK_SKIP_VERSION_CHECK
if [ -z "${CHROMEDRIVER:-}" ] && command -v chromedriver >/dev/null; then
    CHROMEDRIVER=$(command -v chromedriver)
    export CHROMEDRIVER
fi

# Whether the compiler on PATH has a standard library for WebAssembly.
has_wasm_target() {
    [ -d "$(rustc --print sysroot 2>/dev/null)/lib/rustlib/wasm32-unknown-unknown/lib" ]
}

# Debian's linker for WebAssembly, the newest; nothing where there is none.
debian_wasm_linker() {
    ls -v /usr/bin/wasm-ld-[0-9]* 2>/dev/null | tail -n 1
}

# Whether Debian's packages for the other way are all there.
has_debian_wasm() {
    [ -x /usr/bin/rustc ] && [ -x /usr/bin/cargo ] && [ -x /usr/bin/cargo-clippy ] &&
        [ -d /usr/lib/rustlib/src/rust/library/std ] && [ -n "$(debian_wasm_linker)" ]
}

# Runs a command that builds WebAssembly.
wasm_env() {
    if has_wasm_target; then
        "$@"
    elif has_debian_wasm; then
        # Our tools stay first: Debian's wasm-opt may be installed too, and is too old.
        env PATH="$rulewright_tools:/usr/bin:$PATH" RUSTC=/usr/bin/rustc RUSTDOC=/usr/bin/rustdoc RUSTC_BOOTSTRAP=1 \
            CARGO_UNSTABLE_BUILD_STD=std,panic_abort \
            CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER="$(debian_wasm_linker)" \
            CARGO_TARGET_DIR="$CARGO_TARGET_DIR/wasm" "$@"
    else
        echo "There is no WebAssembly target; scripts/setup.sh installs one." >&2
        return 1
    fi
}
