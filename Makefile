# Two commands for a newcomer: `make demo` and `make test`. Both set everything up in .venv.
PYTHON ?= python3
BIN := .venv/bin
DEMO := MOBILITY_RAW=demo/raw MOBILITY_STORE=demo/store $(BIN)/mobility

.PHONY: install demo test lint bench ui clean

install: .venv/.installed

.venv/.installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; assert (3, 11) <= sys.version_info < (3, 14), "Python 3.11 to 3.13 is needed"'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -qq --disable-pip-version-check --only-binary :all: -r requirements.lock
	$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# Raw files to release on the synthetic sample, then one audit.
demo: install
	@rm -rf demo
	$(DEMO) sample demo/raw
	$(DEMO) build
	$(DEMO) release 2025.1
	$(DEMO) status
	$(DEMO) audit living-wage --geoid 37067 --year 2022
	@echo
	@echo "SYNTHETIC sample: raw files in demo/raw, tables in demo/store, release in demo/store/releases/2025.1"
	@echo 'Next:  export MOBILITY_RAW=demo/raw MOBILITY_STORE=demo/store PATH="$$PWD/.venv/bin:$$PATH"'
	@echo "       mobility catalog                                     what exists"
	@echo "       mobility build                                       does nothing: all is up to date"
	@echo "       mobility audit living-wage --geoid 37067 --year 2022 --subgroup 'Goods Producing' --json"
	@echo "       make ui                                              the same graph in Dagster"

test: install
	$(BIN)/python -m pytest -n auto --dist worksteal

lint: install
	$(BIN)/ruff check .

bench: install
	$(BIN)/python -m tests.benchmark.run

ui: install
	MOBILITY_RAW=$${MOBILITY_RAW:-$$PWD/demo/raw} MOBILITY_STORE=$${MOBILITY_STORE:-$$PWD/demo/store} \
	DAGSTER_HOME=$${DAGSTER_HOME:-$$PWD/.dagster_home} \
	sh -c 'mkdir -p "$$DAGSTER_HOME" && { [ -f "$$DAGSTER_HOME/dagster.yaml" ] || \
	printf "telemetry: {enabled: false}\nnux: {enabled: false}\n" > "$$DAGSTER_HOME/dagster.yaml"; } && \
	$(BIN)/dagster dev -w workspace.yaml'

clean:
	rm -rf .venv demo .dagster_home build *.egg-info
