# The commands of this repository; CI runs the same ones. Needs Python >= 3.11, a C compiler, cargo, make and git.

PYTHON ?= python3
UV := $(shell command -v uv 2>/dev/null || echo .tools/bin/uv)
RUN := .venv/bin/
CRATE := crates/dli_fast

.PHONY: setup demo test lint rust dist clean

.tools/bin/uv:
	$(PYTHON) -m venv .tools
	.tools/bin/pip install --quiet "uv>=0.9"

# Everything ends up in .venv; an extension that is missing or stale is built again.
setup: $(if $(filter .tools/%,$(UV)),.tools/bin/uv)
	$(UV) sync --locked
	$(RUN)python tools/fresh.py || $(UV) sync --locked --reinstall-package dli-fast
	$(RUN)python tools/fresh.py

demo: setup
	$(RUN)python tools/demo.py

test: setup
	$(RUN)python -m pytest tests

rust:
	cd $(CRATE) && cargo test --no-default-features

lint: setup
	$(RUN)ruff check .
	$(RUN)ruff format --check .
	$(RUN)mypy
	$(RUN)lint-imports
	cd $(CRATE) && cargo fmt --check
	cd $(CRATE) && cargo clippy --all-targets -- -D warnings

dist: setup
	$(UV) build --all-packages --wheel --out-dir dist

clean:
	rm -rf dist site .pytest_cache .mypy_cache .ruff_cache $(CRATE)/target
