# The commands of the project; `make` alone lists them.
PYTHON ?= python3
PY := .venv/bin/python
UV := .venv/bin/uv
COMPILE := $(UV) pip compile -q --universal --generate-hashes --no-header --no-emit-index-url

.DEFAULT_GOAL := help
.PHONY: help run setup setup-dev setup-audit test check demo bench audit screenshots translations lock clean

help: ## List the commands
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 20

run: setup ## Install what is missing and start the portal (Ctrl-C stops it)
	@exec $(PY) manage.py up

setup: ## Install what the portal needs into .venv
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 or newer is needed: install python3, then try again."; exit 1; }
	@$(PYTHON) -I portal/bootstrap.py setup

setup-dev: ## The same, and the tools for tests and style
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 or newer is needed: install python3, then try again."; exit 1; }
	@$(PYTHON) -I portal/bootstrap.py setup-dev

setup-audit: ## The same, and Node for the audit
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 or newer is needed: install python3, then try again."; exit 1; }
	@$(PYTHON) -I portal/bootstrap.py setup-audit

test: setup-dev ## Style, types, and the whole suite on SQLite and PostgreSQL
	@exec $(PY) -m portal.testing.run

check: setup-dev ## Style and types only
	@exec $(PY) -m portal.testing.run --style

demo: setup ## Tell the demo's month into the database
	@$(PY) manage.py migrate --verbosity 0
	@exec $(PY) manage.py demo

bench: setup-dev ## Run the benchmarks and print their ratios
	@exec $(PY) -m benchmarks

audit: setup-audit ## Hold every page to the bars in docs/audit.md (ARGS="--quick --only home")
	@exec $(PY) -m portal.audit $(ARGS)

screenshots: setup-dev ## Photograph ten pages of the demo into docs/screenshots
	@exec $(PY) -m portal.audit.screenshots

translations: setup ## Bring the catalogs in step with the sources, and list what is untranslated
	@$(PY) manage.py translations update
	@$(PY) manage.py translations missing

lock: setup-dev ## Compile the lock files from pyproject.toml
	$(COMPILE) pyproject.toml -o requirements.txt
	$(COMPILE) --group embedded -o .requirements/embedded.txt
	$(COMPILE) --group audit -o .requirements/audit.txt
	$(COMPILE) pyproject.toml --group dev --group embedded -c requirements.txt -o .requirements/dev.txt

clean: ## Remove .venv and caches; the data in var/ stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
