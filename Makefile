# Every job of this project is one target. `make help` lists them; CI and pre-commit call nothing else.
#
# PYTHON  the interpreter of the environment, at least 3.11: make test PYTHON=/opt/python3.12/bin/python3
# VENV    where the environment stands: make demo VENV=/tmp/venv

SHELL := bash
VENV ?= .venv
BIN := $(VENV)/bin
ENVIRONMENT := pyproject.toml constraints.txt
# A worker for each core, each with one thread, and a file's tests in one worker.
PYTEST_WORKERS = OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --maxprocesses 8 --dist loadfile
INSTALL = set -o pipefail; $(BIN)/python -m pip install --disable-pip-version-check -c constraints.txt -e

# What of pip's output is worth reading: large downloads, and that it is still at work.
TELL = | { grep --line-buffered -oE '(Downloading|Using cached) [^ ]+ \([0-9.]+ [MG]B\)|^Installing collected packages|^Successfully installed' || true; }

.DEFAULT_GOAL := help
.PHONY: help demo test check static format test-slow bench evidence docs constraints release

help:  ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /|/' | awk -F'|' '{ printf "make %-12s %s\n", $$1, $$2 }'

demo: $(VENV)/.user  ## pre-train on the images in the package, evaluate, write a page: three minutes
	$(BIN)/selftaught demo --out runs/demo

test: static  ## check, and every fast test: at most twelve minutes on two cores
	$(PYTEST_WORKERS) -m "not slow"

check: static  ## format, lint, types, import contracts, doctests, size limits
	$(PYTEST_WORKERS) src tests/architecture tests/docs

static: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	PYRIGHT_PYTHON_IGNORE_WARNINGS=1 $(BIN)/pyright
	$(BIN)/lint-imports

format: $(VENV)/.dev  ## lay out the code, mend what ruff can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

test-slow: $(VENV)/.dev  ## the tests that take minutes
	$(BIN)/python -m pytest -m slow

bench: $(VENV)/.dev  ## time and memory: start-up, views, demo, objectives, neighbours, evaluation, training beside lightly
	$(BIN)/python benchmarks/startup.py
	$(BIN)/python benchmarks/views.py
	$(BIN)/python benchmarks/photographs.py
	$(BIN)/python benchmarks/demo.py
	$(BIN)/python benchmarks/watching_cost.py
	$(BIN)/python benchmarks/contrastive_chunks.py
	$(BIN)/python benchmarks/pieces.py
	$(BIN)/python benchmarks/nearest.py
	$(BIN)/python benchmarks/evaluation_speed.py
	$(BIN)/python benchmarks/speed_against_lightly.py
	$(BIN)/python benchmarks/steps.py
	$(BIN)/python benchmarks/growth.py
	$(BIN)/python benchmarks/learning_per_minute.py
	$(BIN)/python benchmarks/bench.py
	$(BIN)/python benchmarks/results_table.py

evidence: $(VENV)/.dev  ## measure again what stands in results/: hours; continues where it was stopped
	$(BIN)/python benchmarks/evidence.py
	$(BIN)/python benchmarks/dgi_cora.py
	$(BIN)/python benchmarks/cpc_digits.py
	$(BIN)/python benchmarks/bert_trec.py
	$(BIN)/python benchmarks/results_table.py

docs: $(VENV)/.dev  ## write the pages that come from the code and from results/
	$(BIN)/python docs/generate.py
	$(BIN)/python benchmarks/results_table.py

constraints: $(VENV)/.dev  ## pin what is installed now
	@{ sed '/^[^#]/,$$d' constraints.txt; $(BIN)/python -m pip freeze --all --exclude-editable \
	  | grep -vE '^(cuda-|nvidia-|triton|pip=)' | sort -f; } > constraints.new && mv constraints.new constraints.txt

release: test docs  ## change notes into CHANGELOG.md, then the packages into dist/
	$(BIN)/towncrier build --yes
	$(BIN)/python -m build

# --- the environment; a stamp says what is in it, so that nothing is installed twice --------------------------------

$(VENV)/bin/python:
	@for candidate in "$(PYTHON)" python3 python3.14 python3.13 python3.12 python3.11; do \
	  if [ -n "$$candidate" ] && "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    echo "environment: $(VENV), with $$("$$candidate" --version)"; "$$candidate" -m venv $(VENV) && exit 0; rm -f $@; exit 1; \
	  fi; \
	  if [ -n "$(PYTHON)" ]; then break; fi; \
	done; \
	echo "selftaught needs Python 3.11 or newer; $(if $(PYTHON),'$(PYTHON)' is not,found: $$(python3 --version 2>&1)).\
	 Name one: make $(MAKECMDGOALS) PYTHON=/path/to/python3.12" >&2; exit 1

$(VENV)/.user: $(ENVIRONMENT) | $(VENV)/bin/python
	@echo "installing selftaught and what it stands on; the first time takes some minutes"
	@$(INSTALL) . $(TELL)
	@touch $@

$(VENV)/.dev: $(ENVIRONMENT) | $(VENV)/bin/python
	@echo "installing selftaught, what it stands on, and the tools that check it; the first time takes some minutes"
	@$(INSTALL) '.[dev]' $(TELL)
	@touch $(VENV)/.user $@
