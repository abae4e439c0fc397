# The two commands a newcomer needs: make demo, make test.
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
UV := $(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python
export UV_LINK_MODE ?= copy

.PHONY: help setup demo serve test chromium lint dockerfile notebooks real-tables weights recogniser world docs bench measures soak fuzz audit sbom pins clean

help:
	@echo "make demo       set up if needed, then read the sample clip -> output/demo/"
	@echo "make serve      the page in a browser; the steps of the Dockerfile"
	@echo "make test       set up if needed, then lint and tests"
	@echo "make setup      .venv with everything pinned"
	@echo "make notebooks  run the notebooks in order, outputs kept in place; CORPUS=ravdess: 00 to 08 on another corpus"
	@echo "make real-tables  every method on the real corpus -> Assets/results/tables.csv"
	@echo "make docs       the site -> output/site/"
	@echo "make bench      speed and memory as ratios with their goals -> benchmarks/results/performance.csv; PART=memory: one part"
	@echo "make measures   accuracy, and the speed of single parts: every script of benchmarks/, hours"
	@echo "make soak       kill a run over a folder, a journal and a cluster again and again; nothing may be lost or half written"
	@echo "make fuzz       2,000 mutants of clips and pictures: each gives a valid timeline or a named error; MUTANTS=200 SEED=1"
	@echo "make sbom       the packages of .venv as a bill of materials -> output/sbom.json"
	@echo "make audit      known weaknesses of the pinned packages (needs the network)"
	@echo "make pins       resolve requirements.txt anew from pyproject.toml"

.venv/bin/uv:
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, found " + sys.version) if sys.version_info < (3, 11) else 0'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet uv==0.13.8

# The base install: enough for `emo analyze`, no torch.
.venv/base: pyproject.toml requirements.txt | .venv/bin/uv
	$(UV) --constraints requirements.txt --editable .
	touch $@

# Everything. The pins are complete, so nothing is resolved: --no-deps, which the second file of pins needs.
.venv/all: pyproject.toml requirements.txt requirements-no-deps.txt | .venv/bin/uv
	$(UV) --no-deps --requirements requirements.txt --requirements requirements-no-deps.txt --editable .
	touch .venv/base $@

setup: .venv/all

demo: .venv/base
	$(BIN)/emo demo --out output/demo

# The page alone: what the Dockerfile installs, fetches and starts.
.venv/page: pyproject.toml requirements.txt | .venv/bin/uv
	$(UV) --constraints requirements.txt --editable ".[app]"
	$(BIN)/emo fetch face_detection_short_range
	touch $@

serve: .venv/page
	$(BIN)/emo app

dockerfile: .venv/all
	$(BIN)/hadolint Dockerfile

lint: .venv/all
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# The tests of the page need a chromium; where there is none and this is root on Debian, it is installed.
chromium:
	@command -v chromium > /dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null \
		&& apt-get update -qq && apt-get install --yes --no-install-recommends chromium > /dev/null; } \
		|| echo "no chromium: the tests that drive the page are skipped (apt-get install chromium)"

# A process of tests that dies ends the run at once, with the test's name: replaced, it leaves pytest-xdist 3.8 waiting for ever.
test: .venv/all lint dockerfile chromium
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder --max-worker-restart 0

# On another corpus the committed outputs stay as they are: papermill sets the parameters in a copy. ROOT and SUBJECT are for
# CORPUS=folder; QUICK=True trains one epoch. Faces of a real corpus are shown in 01 to 04: do not pass these copies on.
GIVEN = -p CORPUS $(CORPUS) $(if $(ROOT),-p ROOT '$(abspath $(ROOT))') $(if $(SUBJECT),-p SUBJECT '$(SUBJECT)') \
	$(if $(QUICK),-p QUICK $(QUICK))
notebooks: .venv/all
ifdef CORPUS
	mkdir -p output/notebooks
	for notebook in notebooks/0[0-8]*.ipynb; do \
		$(BIN)/papermill --cwd notebooks $(GIVEN) $$notebook output/notebooks/$$(basename $$notebook) || exit 1; done
else
	$(BIN)/jupyter nbconvert --to notebook --execute --inplace notebooks/*.ipynb
endif

# Every method on the real corpus (JAVANESE_ROOT), about an hour of one core; a stopped run goes on. Prints the README's second table.
real-tables: .venv/all
	$(BIN)/emo tables REAL --run --save Assets/results/tables.csv --markdown

# The shipped networks anew from FER+ (FERPLUS_ARCHIVE): about ten hours on two cores. What each step brings: docs/experiments.md.
RUNS := data/runs/shipped
FERPLUS := $(BIN)/emo train ferplus --out $(RUNS)
WIDE := --option "widths=(64,128,256)"
TINY := --option "widths=(24,40,80)"
weights: .venv/all
	$(FERPLUS)/first --epochs 60
	$(FERPLUS)/first_mild --weights $(RUNS)/first --augmentation mild --mixup 0 --learning-rate 0.05 --epochs 30 --seed 2
	$(FERPLUS)/wide $(WIDE) --augmentation soft --epochs 56 --seed 1
	$(FERPLUS)/tuned $(WIDE) --weights $(RUNS)/wide --teacher $(RUNS)/first --teacher $(RUNS)/wide \
		--mixup 0 --learning-rate 0.02 --epochs 10 --seed 1
	$(FERPLUS)/taught $(WIDE) --weights $(RUNS)/tuned --teacher $(RUNS)/tuned --teacher $(RUNS)/first_mild \
		--teacher-share 0.6 --augmentation medium --mixup 0 --learning-rate 0.04 --epochs 48 --seed 3
	$(FERPLUS)/framed $(WIDE) --weights $(RUNS)/taught --teacher $(RUNS)/taught --teacher $(RUNS)/first_mild --faces both \
		--teacher-share 0.6 --augmentation medium --mixup 0 --learning-rate 0.04 --epochs 26 --seed 4
	$(BIN)/emo export $(RUNS)/first --out $(RUNS)/face_net.onnx
	$(BIN)/emo export $(RUNS)/framed --out $(RUNS)/ferplus.onnx
	$(BIN)/emo export $(RUNS)/framed --out $(RUNS)/ferplus-int8.onnx --int8
	$(FERPLUS)/small $(TINY) --teacher $(RUNS)/first --teacher-share 0.7 --mixup 0 --epochs 22
	$(FERPLUS)/tiny $(TINY) --weights $(RUNS)/small --teacher $(RUNS)/framed --faces both \
		--teacher-share 0.8 --augmentation mild --mixup 0 --learning-rate 0.05 --epochs 9 --seed 5
	$(BIN)/emo export $(RUNS)/tiny --out $(RUNS)/ferplus-tiny.onnx

# The network that starts from a recogniser of people, whose two files are fetched first; what it brings: docs/experiments.md.
# glibc gives freed memory back at once, which costs a third of the time here; these settings keep it.
KEEP_MEMORY := MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=100000000000 MALLOC_TOP_PAD_=500000000
recogniser: .venv/all
	$(BIN)/emo fetch faceres_layout
	$(BIN)/emo fetch faceres_weights
	$(KEEP_MEMORY) $(FERPLUS)/recogniser --backbone mobilenet_face --weights recogniser --faces both \
		--teacher ferplus --teach-once --teacher-share 0.5 --augmentation medium --mixup 0 --learning-rate 0.04 \
		--average-decay 0.998 --epochs 10 --seed 1

# The shipped network trained further with the augmentation `world`, taught by itself and by the one above: docs/experiments.md.
world: recogniser
	$(KEEP_MEMORY) $(FERPLUS)/world $(WIDE) --option norms=restored --weights ferplus --faces both \
		--teacher ferplus --teacher $(RUNS)/recogniser --teach-once --teacher-share 0.5 --augmentation world --mixup 0 \
		--learning-rate 0.03 --average-decay 0.998 --epochs 8 --seed 1

docs: .venv/all
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	@echo output/site/index.html

# About twenty minutes on two idle cores. PART="ratio memory": only these; HOUR=1: the memory of a whole hour of video.
bench: .venv/all
	$(BIN)/python benchmarks/performance $(PART) $(if $(HOUR),--hour)

# Accuracy, and the speed of single parts: hours. One alone: python benchmarks/SCRIPT.py
NOT_MEASURES := benchmarks/soak.py benchmarks/command_kills.py benchmarks/journal_kills.py benchmarks/cluster_soak.py benchmarks/cluster_plan.py
measures: .venv/all
	for script in $(filter-out $(NOT_MEASURES),$(wildcard benchmarks/*.py)); do $(BIN)/python $$script || exit 1; done

# A run over 40 clips, killed thirty times at random moments, then finished: about five minutes on two free cores.
# Then prepare, train and collect, ten kills each: about two minutes.
# Then a journal, killed a hundred times in the middle of adding entries: about two minutes.
# Then 2,000 clips on a Dask cluster of this machine: workers killed and added, the scheduler restarted; about a quarter of an hour.
soak: .venv/all
	$(BIN)/python benchmarks/soak.py
	$(BIN)/python benchmarks/command_kills.py
	$(BIN)/python benchmarks/journal_kills.py
	$(BIN)/python benchmarks/cluster_soak.py

# Each mutant is read in a child process, half of a second or less each. Faults, with the recipe of each: output/fuzz.json
fuzz: .venv/all
	PYTHONPATH=tests/support $(BIN)/python -m fuzzing --mutants $(or $(MUTANTS),2000) --seed $(or $(SEED),0)

# The tools have an environment of their own, so that the pins stay as they are.
TOOL := $(BIN)/uv tool run --from
sbom: .venv/all
	mkdir -p output
	$(TOOL) cyclonedx-bom==7.5.0 cyclonedx-py environment --pyproject pyproject.toml --output-reproducible \
		--output-format JSON --output-file output/sbom.json $(BIN)/python
	@echo output/sbom.json

audit: | .venv/bin/uv
	$(TOOL) pip-audit==2.10.1 pip-audit --requirement requirements.txt --no-deps --disable-pip --progress-spinner off

pins: | .venv/bin/uv
	$(BIN)/uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 --no-header --no-annotate \
		--output-file requirements.txt

clean:
	rm -rf .venv output out .pytest_cache .ruff_cache
