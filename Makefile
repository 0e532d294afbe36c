# Everything sets itself up: a virtual environment, a Docker engine if none answers, the images for the tests.
# What is there already is used as it is. ARGS reaches the command: make test ARGS='-k plan -n 0'
# ENGINE is the Docker engine of tests and benchmarks, a name of `tools/engine names`: make test ENGINE=28

MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.NOTPARALLEL:                 # `check` ends with the long tests, whatever -j says
.PHONY: help demo quick test test-on-engine matrix check lint types docs bench chaos fuzz clean engine images

# Where it is set, each of the tests' processes would compile all that it imports anew: a third of a second each.
unexport PYTHONDONTWRITEBYTECODE

BIN := .venv/bin
ARGS ?=
ENGINE ?= own

help: ## Show this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1 \t\2/p' Makefile | expand -t 16

demo: .venv/ready engine ## See it work: containers behind HAProxy, changed under load
	@tools/demo $(ARGS)

quick: .venv/ready ## Run the tests that need no engine: under two minutes
	@DOCKER_HOST=unix:///nowhere $(BIN)/pytest -m 'not engine' --numprocesses=auto $(ARGS)

test: .venv/ready engine images ## Run all tests, on a real Docker engine and a real HAProxy
	@tools/engine in $(ENGINE) $(BIN)/pytest $(ARGS)

matrix: .venv/ready engine ## Run the tests on every engine and every HAProxy; write docs/compatibility.md
	@$(BIN)/python -m tests.matrix $(ARGS)

check: quick lint types docs test-on-engine ## Run what CI runs: quick, lint, types, docs, then the tests that need an engine

test-on-engine: .venv/ready engine images
	@tools/engine in $(ENGINE) $(BIN)/pytest -m 'engine and not lossless and not soak' $(ARGS)

lint: .venv/ready ## Check style and format
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: .venv/ready ## Check types
	@$(BIN)/mypy

docs: .venv/ready ## Build the documentation as a site, in .cache/site; a broken link is an error
	@$(BIN)/mkdocs build --strict --quiet

bench: .venv/ready engine images ## Measure, beside Docker Compose where it can be had
	@COMPOSE=$$(tools/compose) || echo 'Without Docker Compose.' >&2; \
	    export COMPOSE; tools/engine in $(ENGINE) $(BIN)/python -m benchmarks $(ARGS)

chaos: .venv/ready engine images ## Kill, break and edit at random under load; write docs/chaos.md
	@tools/engine in $(ENGINE) $(BIN)/python -m benchmarks chaos --write-chaos docs/chaos.md $(ARGS)

fuzz: .venv/ready ## Break 100,000 topology files, in half an hour
	@FUZZ_FILES=$${FUZZ_FILES:-100000} DOCKER_HOST=unix:///nowhere $(BIN)/pytest tests/unit/topology/test_fuzz.py --timeout 0 $(ARGS)

clean: ## Remove what all of the above made, the engine too if it was started here
	@if tools/engine status >/dev/null 2>&1; then tools/images down; fi
	@for name in $$(tools/engine names); do tools/engine down $$name; done
	@rm -rf .venv .cache .hypothesis .mypy_cache .pytest_cache .ruff_cache build dist
	@find . -name __pycache__ -prune -exec rm -rf {} +

# --- set-up: quick when there is nothing to do ---

.venv/ready: pyproject.toml constraints.txt
	@tools/venv
	@touch $@

engine:
	@tools/engine up
	@tools/engine up $(ENGINE)

images: engine
	@tools/images up test $(ENGINE)
