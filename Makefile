# `make run` starts everything; `make test` proves it. Both set up what they need first.
.DEFAULT_GOAL := help
PY := .venv/bin/python
SOURCES := manage.py audiophile apps audio training benchmarks tests

.PHONY: help run demo test test-slow check format schema clean

help: ## What can be made
	@grep -E '^[a-z-]+:.*## ' Makefile | sed 's/:.*## /\t/'

.venv/.run: requirements.txt constraints.txt
	@deploy/setup-venv requirements.txt
	@touch $@

.venv/.dev: requirements.txt requirements-dev.txt constraints.txt
	@deploy/setup-venv requirements-dev.txt
	@touch .venv/.run $@

node_modules/.done: package.json package-lock.json | .venv/.run
	@deploy/setup-frontend
	@touch $@

run: .venv/.run node_modules/.done ## Start everything here, embedded; PORT=8000, Ctrl-C stops it
	@exec $(PY) manage.py serve

demo: .venv/.run node_modules/.done ## Compose three songs and tag, unmix and remix them
	@exec $(PY) manage.py demo

# One thread each, or they wait for each other; three, since browsers and servers are waited for.
test: .venv/.dev node_modules/.done ## Unit and browser tests
	@deploy/with-node node --test --test-reporter=dot tests/js/*.test.js
	@OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(PY) -m pytest -q -m "not slow" -n 3 --dist loadscope

test-slow: .venv/.dev node_modules/.done ## The tests that take minutes
	@$(PY) -m pytest -q -m slow

check: .venv/.dev ## Everything static: format, lint, types, contracts, migrations, schema
	@$(PY) -m ruff format --check .
	@$(PY) -m ruff check .
	@$(PY) -m mypy --strict audio training benchmarks
	@$(PY) -m mypy --check-untyped-defs apps audiophile
	@.venv/bin/lint-imports
	@$(PY) manage.py makemigrations --check --dry-run
	@$(PY) manage.py spectacular --validate --fail-on-warn --file .venv/openapi.yaml
	@diff -u docs/openapi.yaml .venv/openapi.yaml || { echo "The schema has changed: run 'make schema' and commit docs/openapi.yaml."; exit 1; }

format: .venv/.dev ## Put all code into the one format
	@$(PY) -m ruff format .
	@$(PY) -m ruff check --fix .

schema: .venv/.dev ## Write the API's schema to docs/openapi.yaml
	@$(PY) manage.py spectacular --validate --fail-on-warn --file docs/openapi.yaml

clean: ## Remove what was installed; the songs in var/ stay
	rm -rf .venv node_modules staticfiles
