# make run | make test | make bench | make lint | make lock
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
ARGS ?=

.PHONY: run test bench lint lock clean

run: $(VENV)/.runtime
	@$(BIN)/portal up --demo

test: $(VENV)/.tests
	@sh tests/chromium.sh
ifeq ($(ARGS),)
	$(BIN)/pytest -n 2 --dist worksteal -m "not alone"
	$(BIN)/pytest -m alone
else
	$(BIN)/pytest $(ARGS)
endif

bench: $(VENV)/.tests
	$(BIN)/python -m tests.bench $(ARGS)

lint: $(VENV)/.tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Both locks are resolved from pyproject.toml, the second on top of the first, for every platform at once.
LOCK = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-emit-index-url \
	--custom-compile-command "make lock" pyproject.toml
lock: $(VENV)/bin/python
	$(BIN)/pip install --quiet uv==0.13.9
	$(LOCK) -o requirements.lock $(ARGS)
	$(LOCK) --extra dev -c requirements.lock -o tests/requirements.lock $(ARGS)

clean:
	rm -rf $(VENV)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "The portal needs Python 3.11 or newer: install it, or name it with make PYTHON=/path/to/python3.11"; exit 2; }
	$(PYTHON) -m venv $(VENV)

# The locks name everything, so nothing is resolved again: a resolver may ask for a release newer than the lock (pip 23 does, for
# what is required with an extra), and then misses its hash. The stamp is written last: the folder may be moved or half made.
$(VENV)/.runtime: $(BIN)/python requirements.lock pyproject.toml
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@

$(VENV)/.tests: $(VENV)/.runtime tests/requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r tests/requirements.lock
	@touch $@
