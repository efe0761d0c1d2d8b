# Two commands matter: `make run` starts the server, `make test` is the whole gate.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
# The server alone needs little; the gate and the load tests need more.
SERVER := $(VENV)/.server
READY := $(VENV)/.ready

.PHONY: run test lint types check load bench bench-compare peers test-browser bench-client format clean

run: $(SERVER)
	$(BIN)/chatd

test: $(READY) lint types check

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

check: $(READY)
	rm -f .coverage .coverage.*
	$(BIN)/coverage run -m pytest
	$(BIN)/coverage combine -q
	$(BIN)/coverage report --fail-under=95
	$(BIN)/python -m tools.coverage_law

load: $(READY)
	$(BIN)/python -m loadtests $(LOAD)

bench: $(READY)
	$(BIN)/python -m loadtests.bench $(BENCH)

bench-compare: $(READY)
	$(BIN)/python -m loadtests.reports.compare $(NEW) -- $(BENCH)

test-browser: $(READY)
	$(BIN)/python -m tools.browser $(PICTURES)

peers: $(READY)
	$(BIN)/python -m loadtests.peers $(PEERS)

bench-client: $(READY)
	$(BIN)/python -m tools.client_figures

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) loadtests/build .coverage .coverage.*

$(SERVER): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(PIP) --upgrade 'pip>=25.1,<27'
	$(PIP) --editable .
	touch $@

$(READY): $(SERVER)
	$(PIP) --group test --group load
	touch $@
