# The two commands a newcomer needs: make demo, make test.
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
UV := $(BIN)/uv pip install --quiet --python $(BIN)/python
export UV_LINK_MODE ?= copy

.PHONY: help setup demo test lint notebooks bench pins clean

help:
	@echo "make demo       set up if needed, then read the sample clip -> output/demo/"
	@echo "make test       set up if needed, then lint and tests"
	@echo "make setup      .venv with everything pinned"
	@echo "make notebooks  run the notebooks in order, outputs kept in place"
	@echo "make bench      speed and memory as ratios -> benchmarks/results/"
	@echo "make pins       resolve requirements.txt anew from pyproject.toml"

.venv/bin/uv:
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, found " + sys.version) if sys.version_info < (3, 11) else 0'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet uv==0.13.8

# The base install: enough for `emo analyze`, no torch.
.venv/base: pyproject.toml requirements.txt | .venv/bin/uv
	$(UV) --constraints requirements.txt --editable .
	touch $@

# Everything. The pins are complete, so nothing is resolved: --no-deps also keeps a second cv2 out.
.venv/all: pyproject.toml requirements.txt | .venv/bin/uv
	$(UV) --no-deps --requirements requirements.txt --editable .
	touch .venv/base $@

setup: .venv/all

demo: .venv/base
	$(BIN)/emo demo --out output/demo

lint: .venv/all
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

test: .venv/all lint
	$(BIN)/python -m pytest

notebooks: .venv/all
	$(BIN)/jupyter nbconvert --to notebook --execute --inplace notebooks/*.ipynb

bench: .venv/all
	for script in benchmarks/*.py; do $(BIN)/python $$script || exit 1; done

pins: | .venv/bin/uv
	$(BIN)/uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 --no-header --no-annotate \
		--output-file requirements.txt

clean:
	rm -rf .venv output out .pytest_cache .ruff_cache
