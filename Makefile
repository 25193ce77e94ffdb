# Every target sets up what it needs: Debian packages by apt, Python packages into .venv.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
DEVICES := $(VENV)/.devices

# What was compiled once is not compiled again by each of the many processes that tests start.
test torture: export PYTHONDONTWRITEBYTECODE =

.PHONY: help demo test check coverage format torture fuzz simulate bench baskets documents wheel clean

help:  ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 12

$(READY): pyproject.toml requirements.lock
	@.ci/packages python3-venv
	@echo "Setting up $(VENV): the locked Python packages, about a minute"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

# What talks to pcscd and to keyboards has no wheel: only who tests it needs a compiler.
$(DEVICES): $(READY) .ci/devices.lock
	@.ci/packages gcc libc6-dev python3-dev libpcsclite-dev swig pcscd vsmartcard-vpcd
	@echo "Building pyscard and evdev for $(VENV), half a minute"
	@$(BIN)/python -m pip install --quiet --require-hashes --no-build-isolation -r .ci/devices.lock
	@touch $@

demo: $(READY)  ## two stores, head office and a line that is cut, on real baskets
	@.ci/packages mosquitto
	@$(BIN)/tapledger demo $(DEMO)

test: $(DEVICES)  ## everything that must hold, in a few minutes
	@.ci/packages mosquitto chromium postgresql socat strace
	@$(MAKE) --no-print-directory check
	@$(BIN)/python -m pytest --numprocesses 3 --dist worksteal

check: $(DEVICES)  ## style, types and the direction of imports
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

# The unit tests that need the core alone, and those of programs: 100 % of it are theirs to reach.
CORE_TESTS = $(shell grep -lE '^from agent\.core' tests/unit/test_*.py | xargs grep -LE \
    'agent\.(ledger|till|lanes|api|daemon|tools|cli)|ledger|(till|lane)_shop|stocked|(sync|drivers)\.') \
    tests/unit/test_a_reward_and_money_off_come_back_apart.py \
    tests/unit/test_a_treat_is_had_once_for_its_occasion.py \
    tests/unit/test_settings_come_in_layers.py \
    $(shell grep -lE 'program_check|written_programs|voucher_gone_on' tests/unit/test_*.py) \
    $(wildcard tests/unit/*program*.py)

coverage: $(READY)  ## that tests reach each line and branch of the core
	@$(BIN)/coverage run -m pytest --quiet --doctest-modules agent/core $(CORE_TESTS)
	@$(BIN)/coverage report

format: $(READY)  ## put the code in shape
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

torture: $(DEVICES) coverage  ## the long runs, and every branch of the core
	@$(BIN)/python -m pip install --quiet --editable '.[data,fuzz]'
	@.ci/packages mosquitto chromium postgresql socat strace
	@$(BIN)/python -m pytest -m torture --timeout 3600

fuzz: $(DEVICES)  ## ten million bytes for every parser, some 20 minutes; make torture runs it too
	@$(BIN)/python -m pip install --quiet --editable '.[fuzz]'
	@$(BIN)/python -m pytest -m torture --timeout 3600 tests/integration/test_no_fuzzer_breaks_a_parser.py

simulate: $(READY)  ## 20,000 histories under faults and every mutant, some hours; make torture too
	@$(BIN)/python -m pytest -m torture --timeout 14400 tests/simulation

bench: $(DEVICES)  ## the measurements of the README, beside their raw limits
	@.ci/packages mosquitto postgresql
	@for name in tap sale sync hub ledger till program devices; do $(BIN)/tapledger bench $$name; done

baskets: $(READY)  ## make the baskets of tests/data again from their source
	@$(BIN)/python -m pip install --quiet --editable '.[data]'
	@$(BIN)/python tests/data/make_baskets.py

documents: $(READY)  ## write the descriptions in config/ again
	@$(BIN)/python -m agent.tools.documents

wheel: $(READY)  ## build the wheel into dist/
	@$(BIN)/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .

clean:  ## remove what the targets made
	@rm -rf $(VENV) .coverage dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
