# Needs Python 3.11 or newer and nothing else: PYTHON=… names another interpreter.
PYTHON ?= python3
BIN := .venv/bin
TESTS ?=

# Each process of the platform would compile all its modules anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo up test lint format bench clean only-tests ready ready-for-tests

help: ## this list
	@sed -n 's/^\([a-z][a-z-]*\):.*## \(.*\)/make \1	\2/p' Makefile

demo: ready ## the platform with a demo organisation and a simulated fleet; Ctrl-C stops it
	@exec $(BIN)/python -m allconnects demo --end-with-parent

up: ready ## the platform without demo data
	@exec $(BIN)/python -m allconnects up --end-with-parent

BROWSER = CHROMIUM="$$($(PYTHON) tools/machine.py --chromium)" || unset CHROMIUM; export CHROMIUM

# Browser tests share one platform, so they are one part; what starts and kills platforms mostly waits and is another. The
# longest come first. BESIDE holds one more part, which .ci/run adds.
test: ready-for-tests $(if $(strip $(TESTS)),lint only-tests) ## style, types, floors and all tests (TESTS=… names some)
ifeq ($(strip $(TESTS)),)
	@$(BROWSER); exec $(PYTHON) tools/side_by_side.py \
	"style, types and floors=exec $(MAKE) --no-print-directory lint" \
	"browser=exec $(BIN)/python -m pytest tests/e2e" \
	"tests=exec $(BIN)/python -m pytest --ignore=tests/e2e --ignore=tests/chaos" $${BESIDE:+"$$BESIDE"} \
	"kills=exec $(BIN)/python -m pytest tests/chaos"
endif

only-tests: ready-for-tests
	@$(BROWSER); exec $(BIN)/python -m pytest $(TESTS)

lint: ready-for-tests ## style, types and floors
	@$(BIN)/python -m ruff check --quiet
	@$(BIN)/python -m ruff format --check --quiet
	@$(BIN)/python -m mypy
	@$(BIN)/lint-imports --no-cache > .venv/lint-imports.log 2>&1 || { cat .venv/lint-imports.log; exit 1; }

format: ready-for-tests ## put the code in order
	@$(BIN)/python -m ruff check --fix
	@$(BIN)/python -m ruff format

bench: ready ## speed of ingest, as one JSON object
	@exec $(BIN)/python -m allconnects bench ingest --json

clean: ## remove what make made; data folders stay
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	rm -rf src/allconnects/site/static/vendor
	find src tests tools -name __pycache__ -prune -exec rm -rf {} +
	find src/allconnects -name '*.mo' -delete

ready:
	@$(PYTHON) tools/prepare.py

ready-for-tests:
	@$(PYTHON) tools/prepare.py test
