# Two commands for a newcomer: make demo, make test. Everything lives in .venv; nothing needs root.
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
PYTEST_ARGS ?=
DEMO_ARGS ?=

.PHONY: help demo demo-train test test-train test-trackers check bench clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort | awk -F'\t' '{printf "  make %-12s %s\n", $$1, $$2}'

demo: $(VENV)/.core ## Import real retail data, learn from it, start the shop: http://127.0.0.1:8000
	$(BIN)/zhanggui demo $(DEMO_ARGS)

demo-train: $(VENV)/.train ## Add torch, fine-tune the language model on the demo's shop, then open it
	$(BIN)/zhanggui demo --train $(DEMO_ARGS)

test: $(VENV)/.dev ## Run every test (no torch)
	$(BIN)/python -m pytest -n auto --dist loadgroup --ignore tests/train --ignore tests/trackers $(PYTEST_ARGS)

test-train: $(VENV)/.train ## Add torch and run the tests of training
	$(BIN)/python -m pytest tests/train $(PYTEST_ARGS)

test-trackers: $(VENV)/.trackers ## Add Weights & Biases and MLflow and run the tests with them
	$(BIN)/python -m pytest tests/trackers $(PYTEST_ARGS)

check: $(VENV)/.dev ## The fast gate: ruff, mypy --strict, architecture, unit tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -n auto -m "not slow and not browser and not devdata" tests/architecture tests/unit tests/contract tests/property zhanggui

bench: $(VENV)/.dev ## Measure speed and quality (benchmarks/)
	$(BIN)/python -m benchmarks

clean: ## Remove the environment and what tools left behind
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; $(PYTHON) is older. Cure: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	touch $@

$(VENV)/.core: $(VENV)/.made pyproject.toml constraints.txt
	$(PIP) install -q -c constraints.txt -e .
	touch $@

$(VENV)/.dev: $(VENV)/.core
	$(PIP) install -q -c constraints.txt -e '.[dev]'
	touch $@

$(VENV)/.train: $(VENV)/.dev
	$(PIP) install -q -c constraints.txt -e '.[dev,train]'
	touch $@

$(VENV)/.trackers: $(VENV)/.dev
	$(PIP) install -q -c constraints.txt -e '.[dev,wandb,mlflow]'
	touch $@
