# Every command sets up what it needs, from package registries alone.
PYTHON ?= python3.11
VENV := .venv
# only errors of the package client are worth reading: it has a line for every index that lacks a package
PIP := $(VENV)/bin/python -m pip --disable-pip-version-check -qq

.PHONY: setup app study review dicom live train-setup demo test test-thorough lint reference wheel clean

setup: $(VENV)/.base
app: $(VENV)/.app
study: $(VENV)/.study
review: $(VENV)/.review
dicom: $(VENV)/.dicom
live: $(VENV)/.live

$(VENV)/bin/python:
	@command -v $(PYTHON) >/dev/null || { echo "mien needs Python 3.11: install it or run 'make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)'"; exit 2; }
	@$(PYTHON) -m venv $(VENV)

# $(1): stamp, $(2): lock, $(3): what it is for and how much of it there is
define install
$(VENV)/.$(1): $(2) pyproject.toml | $(VENV)/bin/python
	@echo "Setting up $(3) in $(VENV); once, a few minutes."
	@$$(PIP) install --no-deps --require-hashes -r $(2)
	@$$(PIP) install --no-deps -e .
	@touch $$@
endef
$(eval $(call install,base,requirements.lock,what de-identifying needs (36 packages, 1.1 GB)))
$(eval $(call install,app,requirements-app.lock,reports and the application (0.3 GB more)))
$(eval $(call install,study,requirements-study.lock,rating studies and the application (.5 GB more)))
$(eval $(call install,review,requirements-review.lock,reviews and the application (.5 GB more)))
$(eval $(call install,dicom,requirements-dicom.lock,DICOM (20 MB more)))
$(eval $(call install,live,requirements-live.lock,live video and the application (.4 GB more)))
$(eval $(call install,docs,requirements-docs.lock,what builds the reference (60 MB more)))
$(eval $(call install,dev,requirements-dev.lock,the tests and the lint (0.5 GB more)))

# torch and what benchmarks compare with; the tests of training skip without it
train-setup: $(VENV)/.dev
	@echo "Setting up training (torch: 1 GB more, several with CUDA)."
	@$(PIP) install -r requirements-train.txt

demo: setup
	@$(VENV)/bin/mien demo

test: $(VENV)/.dev
	$(VENV)/bin/python -m pytest

# the same on every clip and phantom: some minutes more
test-thorough: $(VENV)/.dev
	$(VENV)/bin/python -m pytest --thorough

lint: $(VENV)/.dev
	$(VENV)/bin/ruff check src tests scripts benchmarks examples
	$(VENV)/bin/ruff format --check src tests scripts benchmarks examples
	$(VENV)/bin/mypy
	$(VENV)/bin/python scripts/check_pages.py

# the pages of what mien offers in Python, from docstrings, into build/reference
reference: $(VENV)/.docs
	$(VENV)/bin/python -m sphinx -q -b html docs/reference build/reference
	@echo "build/reference/index.html"

# wheel and sdist, checked, and the main job done with the wheel alone
wheel:
	PYTHON=$(PYTHON) scripts/check_wheel.sh

clean:
	rm -rf $(VENV) demo build dist
