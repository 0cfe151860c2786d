# `make repro` and `make test` set up a virtual environment on first use. PYTHON=python3.12 picks another Python.
PYTHON ?= python3
VENV := .venv
BIN := $(CURDIR)/$(VENV)/bin
INSTALLED := $(VENV)/installed
VEGA := .dvc/vega.js
BROWSER := tests/browser/node_modules
FINISHED := dvc status --quiet || { echo "dvc status: this run is not finished; finish it with dvc repro" >&2; exit 1; }
# DVC starts the stages with whatever `python` comes first on the path.
export PATH := $(BIN):$(PATH)

.PHONY: repro exp same test browser docs study golden lint lock clean

## repro: run what has changed, on all cores, on JOBS=n of them, or on the workers of Dask's SCHEDULER=tcp://host:8786;
##   all of it or TARGETS='train compare@mnist'
repro: $(INSTALLED) $(VEGA)
	@python -m stages $(if $(JOBS),--jobs $(JOBS)) $(if $(SCHEDULER),--scheduler $(SCHEDULER)) $(TARGETS)

## exp: check the parameters as S would change them, then run them as an experiment:
##   make exp S="-S model.residual=false"
exp: $(INSTALLED) $(VEGA)
	@python -m stages.check $(S)
	dvc exp run $(S)

## same: compare the finished run with the last commit, in dvc.lock too; fails if anything but times differs
same: $(INSTALLED)
	@$(FINISHED)
	@python -m handbook.same

## test: run the tests
test: $(INSTALLED) $(VEGA)
	python -m pytest -n auto --dist worksteal

## browser: install what the tests of the plots need beside Chromium (needs Node.js with npm)
browser: $(BROWSER)

## docs: write the results in README.md and docs/ from docs/study, and docs/tables.md from the code
docs: $(INSTALLED)
	python -m handbook

## study: freeze the finished run in the working tree as docs/study/$(NAME)
study: $(INSTALLED)
	@$(FINISHED)
	python -m handbook.freeze "$(NAME)"

## golden: commit to what a few steps of every network compute here, after a change of networks or of requirements.lock
golden: $(INSTALLED)
	python -m tests.golden > tests/golden.json.partial && mv tests/golden.json.partial tests/golden.json

## lint: what a change must pass
lint: $(INSTALLED)
	ruff check .
	ruff format --check .
	pyright

## lock: pin every dependency anew for all supported Pythons (needs uv)
# torch and torchvision bring their CUDA packages themselves where they need them: a CPU build does not.
lock:
	uv pip compile --universal --python-version 3.11 --group dev --no-annotate --no-header pyproject.toml \
		| grep -vE '^(nvidia-|cuda-|triton==)' > requirements.lock

## clean: remove checkpoints of interrupted trainings and partial downloads; not while one runs
clean:
	rm -rf .checkpoints

$(INSTALLED): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || \
		{ echo "$(PYTHON) is not Python 3.11, 3.12 or 3.13; name one: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	python -m pip install --requirement requirements.lock
	@touch $(INSTALLED)

# Vega, for the pages of `dvc plots`: with it they need no network.
$(VEGA): $(INSTALLED) .dvc/vega.py
	@python .dvc/vega.py

$(BROWSER): tests/browser/package-lock.json
	npm ci --prefix tests/browser
	@touch $(BROWSER)
