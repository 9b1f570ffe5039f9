# Every target sets up what it needs; nothing has to be installed by hand. `make help` lists them.
# On Windows run it from Git Bash.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

VENV := .venv
ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
else
BIN := $(VENV)/bin
endif

# Two worker processes suit a machine with two cores: many tests start browsers and nested runs of their own. A file's
# tests stay on one of them (loadfile), because those that share a run of real browsers would else make it twice.
WORKERS ?= 2
TIMES ?= 10
PYTEST_ARGS ?=
DEMO_ARGS ?=
BENCH_ARGS ?=

# pip's quiet mode keeps errors and drops the rest.
INSTALL := $(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check --editable

export PYTHON
# Some container images set it; then each of the thousand processes that the tests start compiles everything anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo test faults every-case soak check bench docs settings-page architecture-table browser screen clean-venv

help:  ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)$$/  make \1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r name text; do printf '%-26s %s\n' "$$name" "$$text"; done

demo: $(VENV)/.installed-demo browser  ## the whole job on an embedded site: serve it, sign in, fetch a sheet of orders
	@$(BIN)/edgepool demo $(DEMO_ARGS)

test: $(VENV)/.installed-dev browser screen  ## all tests, shuffled, on two workers (WORKERS=4); PYTEST_ARGS="-k sheet" for some
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile $(PYTEST_ARGS)

faults: $(VENV)/.installed-dev browser screen  ## the tests of deaths and faults, ten times (TIMES=3), each time in another order
	@for turn in $$(seq $(TIMES)); do \
		echo "turn $$turn of $(TIMES)"; \
		$(BIN)/python -m pytest -q -n $(WORKERS) --dist loadfile -m "" tests/faults tests/plugin $(PYTEST_ARGS); \
	done

every-case: $(VENV)/.installed-dev browser  ## 300 POs in which every case occurs, four workers, each way to fetch files; and a session that ends in the middle
	@$(BIN)/python -m pytest -q -n 0 -m thorough tests/browser/test_job_every_case.py $(PYTEST_ARGS)

soak: $(VENV)/.installed-dev browser  ## 1000 POs while something is killed every two seconds; BENCH_ARGS="--soak-orders 200"
	@$(BIN)/python -m benchmarks soak $(BENCH_ARGS)

check: $(VENV)/.installed-dev  ## what a machine can judge: ruff, mypy, import-linter, codespell
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check . || { echo "Not formatted: run '$(BIN)/ruff format .'." >&2; exit 1; }
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/codespell

bench: $(VENV)/.installed-dev browser  ## ratios against plain scripts, measured in the same run; gates nothing
	@$(BIN)/python -m benchmarks $(BENCH_ARGS)

docs: $(VENV)/.installed-docs  ## build the documentation into build/docs, warnings as errors
	@$(BIN)/python -m sphinx -q -W --keep-going -b html docs build/docs
	@echo "The documentation is in build/docs/index.html."

settings-page: $(VENV)/.installed-dev  ## write docs/settings.md anew from pytest_edgepool/settings.py
	@$(BIN)/python scripts/write_settings_page.py

architecture-table: $(VENV)/.installed-dev  ## write the table of files in ARCHITECTURE.md anew
	@$(BIN)/python scripts/write_architecture_table.py

clean-venv:  ## remove the virtual environment
	@rm -rf $(VENV)

browser:
	@scripts/ensure_browser.sh $(BIN)/python

screen:
	@scripts/ensure_screen.sh

# One stamp for each set of extras: they are installed anew only when pyproject.toml has changed.
$(VENV)/.installed-%: pyproject.toml
	@scripts/ensure_venv.sh $(VENV)
	@$(INSTALL) '.[$*]'
	@touch $@
