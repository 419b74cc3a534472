# Both commands set up everything they need from package registries alone.
PYTHON ?= python3.11
VENV := .venv
STAMP := $(VENV)/.installed

.PHONY: setup train-setup demo test lint clean

setup: $(STAMP)

$(STAMP): requirements.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "mien needs Python 3.11: install it or run 'make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)'"; exit 2; }
	@test -x $(VENV)/bin/python || $(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --no-deps --require-hashes -r requirements.lock
	$(VENV)/bin/python -m pip install --quiet --no-deps -e .
	@touch $@

# torch and what benchmarks compare with; the tests of training skip without it
train-setup: setup
	$(VENV)/bin/python -m pip install --quiet -r requirements-train.txt

demo: setup
	$(VENV)/bin/mien demo

test: setup
	$(VENV)/bin/python -m pytest

lint: setup
	$(VENV)/bin/ruff check src tests scripts benchmarks
	$(VENV)/bin/ruff format --check src tests scripts benchmarks
	$(VENV)/bin/mypy

clean:
	rm -rf $(VENV) demo build dist
