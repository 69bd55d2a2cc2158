# The commands of this repository; CI runs the same ones. Needs Python >= 3.11, a C compiler, cargo, make and git.

PYTHON ?= python3
UV := $(shell command -v uv 2>/dev/null || echo .tools/bin/uv)
BIN := .venv/bin/
CRATE := crates/dli_fast
ARGS ?=
DIST ?=

# The tools of .venv come first: maturin looks for its zig on the path.
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.PHONY: help setup demo test lint rust bench docs dist bump clean

help:
	@sed -n 's/^\([a-z]*\):.*## /\1	/p' Makefile

.tools/bin/uv:
	$(PYTHON) -m venv .tools
	.tools/bin/pip install --quiet "uv>=0.9"

# Everything ends up in .venv; an extension that is missing or stale is built again.
setup: $(filter .tools/%,$(UV)) ## .venv with every package, built from this checkout
	$(UV) sync --locked
	$(BIN)python tools/fresh.py || $(UV) sync --locked --reinstall-package dli-fast
	$(BIN)python tools/fresh.py

demo: setup ## the flights example, in a scratch folder
	$(BIN)python tools/demo.py

test: setup ## all tests that this machine can run; ARGS="-k name" narrows
	$(BIN)python -m pytest $(ARGS)

rust: ## the tests of the Rust crate alone
	cd $(CRATE) && cargo test --locked --no-default-features

lint: setup ## ruff, mypy, pyright, import-linter, rustfmt, clippy, the lock files
	$(BIN)ruff check .
	$(BIN)ruff format --check .
	$(BIN)mypy
	$(BIN)basedpyright
	$(BIN)lint-imports
	$(UV) lock --check
	$(UV) lock --check --project benchmarks
	cd $(CRATE) && cargo fmt --check
	cd $(CRATE) && cargo clippy --locked --all-targets -- -D warnings
	cd $(CRATE) && cargo clippy --locked --all-targets --no-default-features -- -D warnings

docs: setup ## the documentation, into site/
	NO_MKDOCS_2_WARNING=1 $(BIN)mkdocs build --strict

dist: setup ## wheels and source distributions of every package, into dist/; DIST=--own for this architecture only
	$(BIN)python tools/dist.py --uv $(UV) $(DIST)

# Built wheels with compiled bytecode beside the peers, in an environment and with a lock of its own.
bench: dist ## DLI against its peers, into benchmarks/RESULTS.md; ARGS=--short for a quick look
	$(UV) sync --locked --project benchmarks --compile-bytecode
	$(UV) pip install --python benchmarks/.venv --quiet --no-deps --no-index --find-links dist \
	    --reinstall --compile-bytecode dli-fast dli-core dli-sdk dli-cli
	$(UV) pip check --python benchmarks/.venv
	cd benchmarks && env -u PYTHONDONTWRITEBYTECODE .venv/bin/python -m pytest --report RESULTS.md $(ARGS)

bump: $(filter .tools/%,$(UV)) ## one version everywhere: make bump V=0.2.0
	$(PYTHON) tools/bump.py $(V)
	$(UV) lock

clean: ## remove what was built; .venv stays
	rm -rf dist site .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .benchmarks $(CRATE)/target
