# Every target sets up all that it needs; the machine brings python3 (3.11 or newer), make and git.
# Override: PYTHON=python3.13 (which interpreter), PYTEST="-n0 -k lua" (more options for pytest).

PYTHON ?= python3
PYTEST ?=
BIN     := .venv/bin
UV      := $(BIN)/uv
MEMBERS := $(patsubst %/pyproject.toml,%,$(wildcard core/pyproject.toml plugins/*/pyproject.toml contrib/*/pyproject.toml))
SETUP   := .venv/.set-up

.DEFAULT_GOAL := help
.PHONY: help setup demo test check lint format bench docs clean

help:
	@echo "make demo     a Lua spell: an agent with a tool on the local model"
	@echo "make test     all tests"
	@echo "make check    lint and test: what a change has to pass"
	@echo "make lint     style, types, walls and names"
	@echo "make format   rewrite the code in the project's format"
	@echo "make bench    the benchmarks, each beside its control"
	@echo "make docs     the documentation as a static site, in site/"
	@echo "make setup    only the environment, .venv"
	@echo "make clean    remove what builds and runs left, .venv included"

setup: $(SETUP)

# Re-made when a member comes or changes its pyproject.toml; it adds and never removes a package.
$(SETUP): pyproject.toml Makefile $(MEMBERS:=/pyproject.toml)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Polyspell needs Python 3.11 or newer, but $(PYTHON) is missing or older. Try: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || { rm -rf .venv; \
	  echo "$(PYTHON) cannot make a virtual environment: install its venv module (Debian: apt-get install python3-venv)." >&2; exit 1; }
	@test -x $(UV) || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(UV) pip install --python $(BIN)/python --group dev --editable . $(addprefix --editable ,$(MEMBERS))
	@touch $@

demo: setup
	$(BIN)/polyspell models pull local/default
	$(BIN)/polyspell run docs/examples/lua/weather.lua

test: setup
	$(BIN)/pytest -n auto --dist loadfile $(PYTEST)

check: lint test

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest -q tests/layout

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: setup
	@for file in tests/benchmarks/bench_*.py; do echo "== $$file"; $(BIN)/python $$file || exit 1; done

docs: setup
	$(BIN)/python scripts/reference.py
	$(BIN)/python scripts/navigation.py
	$(BIN)/zensical build --clean --strict --config-file zensical.nav.toml

clean:
	rm -rf .venv site dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis .cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
