# Needs make, git and a Python 3.11-3.14 with pip; everything else is installed below this folder.
SHELL := /bin/sh
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= python3
UV := .tools/bin/uv
PY := .venv/bin/python
export PYTHONPATH :=
export UV_PYTHON_DOWNLOADS := never

.PHONY: help demo test lint ui lock clean install

help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-18s %s\n", $$1, $$2}' Makefile

demo: install ## Install, load sample_data/landing into the embedded Postgres, and say what to do next
	@.venv/bin/broadsheet demo

test: install ## Install and run the whole test suite
	@$(PY) -m pytest

lint: install ## Format check, lint, types, Dagster definitions
	@.venv/bin/ruff format --check .
	@.venv/bin/ruff check .
	@.venv/bin/mypy

ui: install ## Start the Dagster UI on 127.0.0.1:3000
	@.venv/bin/broadsheet ui

lock: $(UV) ## Resolve pyproject.toml into requirements.lock
	@$(UV) pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header \
		--python-version 3.11 --group dev pyproject.toml --output-file requirements.lock

clean: ## Stop the embedded Postgres and remove everything that make built
	@if [ -x .venv/bin/broadsheet ]; then .venv/bin/broadsheet db stop || true; fi
	@rm -rf .venv .tools var .mypy_cache .ruff_cache .pytest_cache .hypothesis

install: .venv/.installed ## Build .venv from requirements.lock

.venv/.installed: requirements.lock pyproject.toml | $(UV)
	@$(UV) venv --quiet --clear --python "$(PYTHON)" .venv
	@$(UV) pip install --quiet --python $(PY) --require-hashes -r requirements.lock
	@$(UV) pip install --quiet --python $(PY) --no-deps --no-build-isolation --editable .
	@touch $@

$(UV):
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --target .tools uv==0.13.8
