# Two commands matter: `make run` starts the server, `make test` is the whole gate. `make help` lists all.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
# The server alone needs little; the gate and the load tests need more.
SERVER := $(VENV)/.server
READY := $(VENV)/.ready
BROWSER := $(VENV)/.browser
BUILD := loadtests/build
# The tracer would make these several times as slow: tests of what is not measured, and those that search for
# mistakes by the hundred, since what only a search comes upon does not count as covered.
UNMEASURED := tests/loadtests tests/test_browser_tool.py tests/test_docs.py tests/test_docs_examples.py \
	tests/test_docs_parts.py tests/test_interpreters.py tests/test_laws.py \
	tests/behaviour/test_properties.py tests/behaviour/test_stateful.py tests/behaviour/test_stateful_people.py \
	tests/behaviour/test_resuming_stateful.py tests/state/test_outbox_properties.py \
	tests/client/test_screen_never_wrong.py tests/client/test_screen_follows_rooms.py
# One more than the two processors that it is meant for: many tests wait for a process.
WORKERS := 3

.DEFAULT_GOAL := help
.PHONY: help run test lint types check smoke format docs load bench bench-compare peers bench-client test-browser test-web clean

# What stands behind `##` is what `make help` says, and CONTRIBUTING.md.
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-13s  %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(SERVER) ## start the server on loopback; ARGS="--listen tcp://127.0.0.1:6000" passes options
	$(BIN)/chatd $(ARGS)

test: $(READY) lint types smoke check ## the whole gate: lint, types, smoke, check

lint: $(READY) ## ruff: errors and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY) ## mypy --strict
	$(BIN)/mypy

# Hundreds of processes are started: each finds the modules compiled, also where the environment forbids to keep them.
check: export PYTHONDONTWRITEBYTECODE :=
check: export PYTHONPYCACHEPREFIX := $(abspath $(VENV))/pycache
check: $(READY) ## pytest in three processes, and the coverage that the laws ask for
	rm -f .coverage .coverage.*
	$(BIN)/pytest -n $(WORKERS) --dist loadfile $(UNMEASURED)
	$(BIN)/coverage run -m pytest -n $(WORKERS) --dist loadfile $(UNMEASURED:%=--ignore=%)
	$(BIN)/coverage combine -q
	$(BIN)/coverage report --fail-under=95
	$(BIN)/python -m tools.coverage_law

smoke: $(READY) ## a part of the suite on every other Python from 3.11 to 3.14 that is here
	$(BIN)/python -m tools.interpreters

load: $(READY) ## one load scenario, every delivery checked; LOAD="storm --people 5000", LOAD="--help"
	$(BIN)/python -m loadtests $(LOAD)

bench: $(READY) ## chatd beside the floor, Redis and InspIRCd, with goals, 25 minutes; BENCH="light-10 --runs 1" for a part
	tools/peers.sh
	$(BIN)/python -m loadtests.plans.bench $(BENCH)

bench-compare: $(READY) ## the same, and what changed against the record, as ratios; NEW=FILE for a run that is there
	$(if $(NEW),,rm -f $(BUILD)/bench.json)
	$(if $(NEW),,-$(BIN)/python -m loadtests.plans.bench $(BENCH))
	$(BIN)/python -m loadtests.reports.compare $(NEW)

test-browser: $(BROWSER) ## look at the reports and locust's pages in Debian's Chromium; PICTURES=FOLDER keeps what it saw
	$(BIN)/python -m tools.browser $(PICTURES)

test-web: $(BROWSER) ## a real Chromium at the port on which people are greeted: spare connections, WebSocket; a minute
	$(BIN)/python -m tools.browser.spare_connections

peers: $(READY) ## chatd beside other servers, which it installs (Debian, as root), half an hour
	tools/peers.sh
	$(BIN)/python -m loadtests.plans.peers $(PEERS)

bench-client: $(READY) ## how quick the client is: start, idle, burst, send
	$(BIN)/python -m tools.client_figures

format: $(READY) ## mend the format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(READY) ## make the documentation's tables, figures and picture from the code and the records
	$(BIN)/python -m tools.docs

clean: ## remove the virtual environment and what was built
	rm -rf $(VENV) $(BUILD) .coverage .coverage.*

# Replaced at once, since it may be running.
$(BUILD)/floor: loadtests/servers/floor.c
	cc -O2 -o $@.$$$$ $< && mv $@.$$$$ $@

$(SERVER): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(PIP) --upgrade 'pip>=25.1,<27'
	$(PIP) --editable .
	touch $@

# For another Python's environment, whose folder tools/interpreters.py gives.
$(VENV)/.smoke: $(SERVER)
	$(PIP) --group smoke
	touch $@

$(READY): $(SERVER)
	$(PIP) --group test --group load
	touch $@

# Playwright, which drives the Chromium that is here.
$(BROWSER): $(READY)
	$(PIP) --group browser
	touch $@
