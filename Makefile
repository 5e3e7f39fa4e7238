# Postern: run it, test it, check it. `make` lists what can be made.

PORT ?= 8000
PYTHON ?=
export PYTHON
unexport PYTHONDONTWRITEBYTECODE  # else each of the many processes that tests start would compile every module anew

BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help run demo test check format bench soak fuzz lock clean
MAKEFLAGS += --no-print-directory

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile
	@echo "Settings: PORT=8000 (run, demo)  PYTHON=/path/to/python3 (any)  UPGRADE=1 (lock)"

run: ## set up everything and serve a demonstration on localhost, port PORT
	@.ci/venv run
	@exec $(BIN)/postern demo run --port $(PORT)

demo: ## the same, with two front ends to use in a browser (PORT and the two above)
	@.ci/venv run
	@exec $(BIN)/python -m examples.demo.front_ends --port $(PORT)

test: ## all tests, on SQLite and PostgreSQL
	@.ci/venv dev
	@$(BIN)/python -m pytest -n 3 --dist loadgroup --no-loadscope-reorder

check: ## format, lint, types, contracts, and that tests can be collected
	@.ci/venv dev
	@failed=0; \
	$(BIN)/python -m pytest --collect-only -qq >/dev/null & collecting=$$!; \
	echo "Format"; $(BIN)/ruff format --check --quiet --output-format concise . || { failed=1; echo "make format mends it"; }; \
	echo "Lint"; $(BIN)/ruff check --quiet . || failed=1; \
	echo "Types"; $(BIN)/mypy --no-error-summary || failed=1; \
	echo "Contracts"; told=$$($(BIN)/lint-imports --no-logo 2>&1) || { failed=1; echo "$$told"; }; \
	echo "Tests"; wait $$collecting || { failed=1; echo "$(BIN)/python -m pytest --collect-only says what cannot be collected"; }; \
	exit $$failed

format: ## lay the code out, and mend what can be mended
	@.ci/venv dev
	@$(BIN)/ruff check --fix-only --quiet . ; $(BIN)/ruff format .

bench: ## measure against the reference and other engines
	@.ci/venv run
	@.ci/venv bench
	@.ci/cerbos
	@$(BIN)/python -m benchmarks

soak: ## the long counts
	@.ci/venv dev
	@$(BIN)/python -m pytest -m soak

fuzz: ## 100,000 requests made from the description of the API (REQUESTS=…)
	@.ci/venv dev
	@$(BIN)/python -m tests.conformance.fuzzing $(or $(REQUESTS),100000)

lock: ## write the lock files from pyproject.toml
	@.ci/venv run
	@.ci/lock $(if $(UPGRADE),--upgrade)
	@.ci/venv run

clean: ## remove the virtual environment and all caches; instance/ stays
	@rm -rf .venv build dist *.egg-info .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
