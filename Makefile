# Every command that a developer needs; `make` lists them. Each step says what it does and how long
# it took, and the first failure stops everything.

PORT ?= 8080
SEEDS ?= 20
PYTHON ?= python3
# In CI a stale Cargo.lock is an error.
LOCKED := $(if $(CI),--locked)
STEP := scripts/step.sh
WASM := --target wasm32-unknown-unknown $(LOCKED)

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo test site bench soak games replays clean setup setup-page \
	format lint lint-wasm docs native trainer wasm workers model page browser

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: setup-page ## Build the page, serve it, and open it where there is a desktop; PORT=8080
	@scripts/serve.sh $(PORT)

test: setup format lint lint-wasm docs native trainer wasm page browser ## Check and test everything

site: setup-page page ## Build the release page into dist/ and rulewright-site.zip, and print its sizes
	@$(STEP) "zip" scripts/zip.sh rulewright-site.zip

bench: setup page ## Time the engine, and the model in a real Chromium beside other runtimes
	@$(STEP) "benchmark, games" cargo bench $(LOCKED) --bench games
	@$(STEP) "benchmark, model" scripts/bench.sh

soak: setup page ## Let the agent take 2,000 decisions in a real Chromium and watch its memory
	@$(STEP) "soak" cargo run $(LOCKED) -p rulewright-browser-tests --bin soak

games: ## Print the table of games: what each is worth; SEEDS=20
	@$(STEP) "games table" cargo run --release $(LOCKED) --bin arena -- games --seeds $(SEEDS)

replays: ## Record all of tests/replays again, after a change that is meant to change them
	@$(STEP) "replays" cargo run --release $(LOCKED) --bin arena -- rerecord tests/replays

clean: ## Remove what was built, but not the tools
	@$(STEP) "cleaning" cargo clean
	@rm -rf dist

setup:
	@$(STEP) "set-up" scripts/setup.sh

setup-page:
	@$(STEP) "set-up" scripts/setup.sh page

format:
	@$(STEP) "formatting" cargo fmt --all --check

lint:
	@$(STEP) "clippy, native" cargo clippy $(LOCKED) --workspace --all-targets -- -D warnings

lint-wasm:
	@$(STEP) "clippy, WebAssembly" wasm_env cargo clippy $(WASM) -p rulewright -p rulewright-web --no-default-features --lib --bins --test replays -- -D warnings
	@$(STEP) "clippy, worker, CPU" wasm_env cargo clippy $(WASM) -p rulewright-worker --no-default-features --features cpu -- -D warnings
	@$(STEP) "clippy, worker, GPU" wasm_env cargo clippy $(WASM) -p rulewright-worker --no-default-features --features gpu -- -D warnings

docs:
	@RUSTDOCFLAGS="-D warnings" $(STEP) "documentation" cargo doc $(LOCKED) -p rulewright --no-deps --document-private-items
	@RUSTDOCFLAGS="-D warnings" $(STEP) "documentation, page" wasm_env cargo doc $(WASM) -p rulewright-web -p rulewright-protocol -p rulewright-worker --no-deps --document-private-items

native:
	@$(STEP) "native tests" cargo test $(LOCKED) -p rulewright -p rulewright-web -p rulewright-worker

trainer:
	@$(STEP) "trainer" training/smoke.sh $(PYTHON)

wasm:
	@$(STEP) "replays in a browser" wasm_env cargo test $(WASM) -p rulewright --no-default-features --test replays

page: workers model
	@$(STEP) "release page" wasm_env trunk build --release --public-url ./
	@$(STEP) "sizes" scripts/sizes.sh dist

workers:
	@$(STEP) "worker, CPU" scripts/worker.sh cpu
	@$(STEP) "worker, GPU" scripts/worker.sh gpu

model:
	@$(STEP) "model, to download" scripts/model.sh

browser:
	@$(STEP) "browser tests" cargo test $(LOCKED) -p rulewright-browser-tests
