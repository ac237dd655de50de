# make run     install what is missing, then start the whole application
# make test    every check and every test, as continuous integration runs them
# make help    the other targets

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# The Python that makes .venv: the first of these that is at least 3.11.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$p" && break; done)
UV := $(shell command -v uv 2>/dev/null)
BIN := .venv/bin
CATALOGUES := $(wildcard invoicing/translations/*/LC_MESSAGES/*.po)
PYTEST_ARGS ?= -n 2

.PHONY: help install install-test run test check migrate messages screenshots lock clean

help:
	@echo "make run       install what is missing, then start everything (Ctrl-C ends it)"
	@echo "make install   only install: .venv, libraries, translations"
	@echo "make test      checks and all tests     make check     checks only"
	@echo "make migrate   bring the database to this version (run and start do it by themselves)"
	@echo "make messages  collect texts into the translation catalogues"
	@echo "make screenshots  take the pictures of docs/pictures anew"
	@echo "make lock      pin the libraries of pyproject.toml anew (needs uv)"

# -------------------------------------------------------------------- install
install: .venv/.app .venv/.catalogues

install-test: install .venv/.test

.venv/bin/python:
	@if [ -z "$(PYTHON)" ]; then \
		echo "Python 3.11 or newer is needed and was not found: install it, or run make PYTHON=/path/to/python3" >&2; exit 1; fi
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Python 3.11 or newer is needed; $(PYTHON) is older or missing." >&2; exit 1; }
	@if [ -n "$(UV)" ]; then "$(UV)" venv --quiet --allow-existing --python "$(PYTHON)" .venv; \
	elif "$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null; then "$(PYTHON)" -m venv .venv; \
	else echo "Python cannot make a virtual environment here: install the Debian package python3-venv (apt install python3-venv), then run make again." >&2; exit 1; fi

.venv/.app: requirements.txt | .venv/bin/python
	@echo "Installing the libraries …"
	@$(call pip_install,requirements.txt)
	@$(BIN)/python -m compileall -q app.py worker.py invoicing
	@touch $@

.venv/.test: tests/requirements.txt .venv/.app
	@echo "Installing what the tests need …"
	@$(call pip_install,tests/requirements.txt)
	@touch $@

.venv/.catalogues: $(CATALOGUES) .venv/.app
	@if [ -n "$(CATALOGUES)" ]; then $(BIN)/pybabel --quiet compile -d invoicing/translations; fi
	@touch $@

# Hashes are checked by both; --no-deps because the lock names everything.
define pip_install
if [ -n "$(UV)" ]; then "$(UV)" pip install --quiet --compile-bytecode --python $(BIN)/python --no-deps --require-hashes -r $(1); \
else $(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip >/dev/null || exit 1; \
$(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check --no-deps --require-hashes -r $(1); fi
endef

# ------------------------------------------------------------------------ run
run: install
	@exec $(BIN)/python app.py

migrate: install
	@$(BIN)/python app.py --prepare

# ---------------------------------------------------------------------- check
test: check
	@$(BIN)/python -m pytest $(PYTEST_ARGS)

check: install-test
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports --no-logo --config pyproject.toml > .cache/imports.txt || { cat .cache/imports.txt; exit 1; }
	@$(BIN)/djlint templates --lint --quiet
	@$(BIN)/python tests/tools/catalogues.py check

messages: install-test
	@$(BIN)/python tests/tools/catalogues.py update

screenshots: install-test
	@$(BIN)/python tests/tools/screenshots.py

lock:
	@{ echo '# The libraries of the application, pinned with hashes. Made by `make lock`.'; \
	uv pip compile $(LOCK) --group app; } > requirements.txt
	@{ echo '# What checks and tests need beside requirements.txt. Made by `make lock`.'; \
	uv pip compile $(LOCK) --group test -c requirements.txt; } > tests/requirements.txt
LOCK := --quiet --universal --python-version 3.11 --generate-hashes --no-header

clean:
	@rm -rf .venv .cache
