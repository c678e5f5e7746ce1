# Needs make, git and a Python 3.11-3.14 with pip; everything else is installed below this folder.
SHELL := /bin/sh
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= python3
UV := .tools/bin/uv
PY := .venv/bin/python
export PYTHONPATH :=
export UV_PYTHON_DOWNLOADS := never
export DAGSTER_DISABLE_TELEMETRY := yes

.PHONY: help demo test lint audit bench bench-duplicates bench-history bench-aliases bench-analysts soak dictionary questions ui lock clean install

help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-18s %s\n", $$1, $$2}' Makefile

demo: install ## Install, load the sample data into the embedded Postgres, and say what to do next
	@.venv/bin/broadsheet run --landing sample_data/landing
	@printf '\nThree things to do next:\n'
	@printf '  .venv/bin/broadsheet sql "select title, articles, occurrences from news.stories order by articles desc limit 5"\n'
	@printf '  make ui                                    # the Dagster UI: runs, checks, rerunning a night\n'
	@printf '  .venv/bin/broadsheet run --landing FOLDER --date 2026-01-05   # your own files; see README.md\n'

test: install ## Install and run the whole test suite, in two processes
	@$(PY) -m pytest

lint: install ## Check format, style, types, the Dagster definitions and the files for Docker
	@.venv/bin/ruff format --check .
	@.venv/bin/ruff check .
	@.venv/bin/mypy
	@VIRTUAL_ENV="$(CURDIR)/.venv" .venv/bin/dg check defs
	@.venv/bin/check-jsonschema --quiet --builtin-schema vendor.compose-spec docker-compose.yml
	@.venv/bin/hadolint Dockerfile

audit: install ## Ask the advisory service whether a locked package has a known vulnerability; needs the network
	@rm -f .venv/audit
	@.venv/bin/pip-audit --strict --require-hashes --disable-pip --progress-spinner off \
		--requirement requirements.lock --output .venv/audit && echo "No locked package has a known vulnerability." || { \
		if [ -s .venv/audit ]; then cat .venv/audit; echo "Some locked packages have known vulnerabilities."; \
		else echo "Nothing was audited: the advisory service could not be asked about every package (it needs the network)."; \
		fi >&2; exit 1; }

bench: install ## Measure a night of 2,000 generated pages; takes some minutes
	@$(PY) -m benchmarks.nightly

bench-duplicates: .venv/.bench-installed ## Compare near-duplicate detection with other libraries; some five minutes
	@$(PY) -m benchmarks.near_duplicates

bench-history: .venv/.bench-installed ## Link a night against histories of up to a million articles; half an hour, 12 GB of disk
	@$(PY) -m benchmarks.history

bench-aliases: install ## Resolve the names of a million mentions anew after a change of the alias file; some two minutes
	@$(PY) -m benchmarks.aliases

bench-analysts: install ## Ask a million articles what analysts ask; half an hour, 20 GB of disk
	@$(PY) -m benchmarks.analyst_queries

dictionary: install ## Write docs/data-dictionary.md from the models
	@$(PY) -m models.dictionary

questions: install ## Write the results on the sample data into docs/questions.md and docs/analyse.md
	@$(PY) -m benchmarks.answers

soak: install ## Kill and disturb a production at 34 moments and through 60 nights; some 40 minutes
	@$(PY) -m benchmarks.soak

ui: install ## Start the Dagster UI on 127.0.0.1:3000
	@.venv/bin/broadsheet ui

lock: $(UV) ## Resolve pyproject.toml into requirements.lock
	@$(UV) pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header \
		--python-version 3.11 --group dev pyproject.toml --output-file requirements.lock
	@$(UV) pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header \
		--python-version 3.11 --constraint requirements.lock --group bench --output-file requirements-bench.lock

clean: ## Remove everything that make built, the embedded database and its contents too
	@if [ -x .venv/bin/broadsheet ]; then BROADSHEET_HOME="$(CURDIR)/var" .venv/bin/broadsheet db remove --yes || true; fi
	@rm -rf .venv .tools var .mypy_cache .ruff_cache .pytest_cache .hypothesis

install: .venv/.installed ## Build .venv from requirements.lock

.venv/.installed: requirements.lock pyproject.toml | $(UV)
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15) and "Broadsheet needs Python 3.11 to 3.14, and this is " + sys.version.split()[0] + ": make PYTHON=/path/to/python")'
	@echo "Installing into .venv ..."
	@$(UV) venv --quiet --clear --python "$(PYTHON)" .venv
	@$(UV) pip install --quiet --python $(PY) --compile-bytecode --require-hashes -r requirements.lock
	@$(UV) pip install --quiet --python $(PY) --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.bench-installed: requirements-bench.lock .venv/.installed
	@$(UV) pip install --quiet --python $(PY) --compile-bytecode --require-hashes -r requirements-bench.lock
	@touch $@

$(UV):
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --target .tools uv==0.13.8
