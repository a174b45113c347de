# Relative paths only: the clone may lie anywhere, blanks in its path included.
SHELL := /bin/bash
.ONESHELL:
.SHELLFLAGS := -eu -o pipefail -c
.PHONY: setup debian run test lint ui clean lock licences vulnerabilities

PYTHON ?= python3
READY := .venv/.ready

SCRIPTS := observatory/web/scripts
BUNDLE := observatory/web/static/entries.json

# compiled once: where Python may not write as it goes, each process would do it anew
setup: $(READY) $(BUNDLE)
	@.venv/bin/python -m compileall -q assets checks observatory sources

# Scripts of the web observatory; Node comes from PyPI.
$(BUNDLE): $(READY) $(wildcard $(SCRIPTS)/src/*) $(SCRIPTS)/package-lock.json $(SCRIPTS)/build.mjs $(SCRIPTS)/tsconfig.json
	@.venv/bin/python $(SCRIPTS)/bundle.py

$(READY): requirements.lock requirements-dev.lock requirements-uv.lock pyproject.toml Makefile
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
	  || { echo "Python 3.11 to 3.13 is needed; '$(PYTHON)' is another. Try: make PYTHON=python3.11 $(MAKECMDGOALS)"; exit 1; }
	if ! $(PYTHON) -c 'import ensurepip, venv' 2>/dev/null; then
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
	    apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q python3-venv
	  else
	    echo "Python's venv module is missing: install it (Debian: apt-get install python3-venv) and run make again."; exit 1
	  fi
	fi
	[ -x .venv/bin/python ] && .venv/bin/python -c '' 2>/dev/null || { rm -rf .venv; $(PYTHON) -m venv .venv; }
	.venv/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-uv.lock
	.venv/bin/python -m uv pip install -q --python .venv/bin/python --require-hashes --compile-bytecode -r requirements.lock \
	  -r requirements-dev.lock
	.venv/bin/python -m uv pip install -q --python .venv/bin/python --no-deps --no-build-isolation -e .
	touch $(READY)

# What the tests use beside Python: a database server, GDAL's own tools, R, a browser, QGIS.
debian:
	@if [ -f /usr/share/postgresql/15/extension/postgis.control ] \
	    && command -v ogrinfo >/dev/null && command -v Rscript >/dev/null \
	    && [ -x /usr/bin/chromium ] && [ -d /usr/lib/python3/dist-packages/qgis ]; then
	  exit 0
	fi
	packages="postgresql-15 postgresql-15-postgis-3 gdal-bin r-base-core chromium python3-qgis qgis-providers"
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
	  apt-get update -q
	  DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $$packages
	else
	  echo "Tests of PostgreSQL, ogrinfo, R, the browser and QGIS are skipped: as root, apt-get install $$packages"
	fi

run: setup
	@.venv/bin/python -m observatory.cli.main run

test: setup debian
	@.venv/bin/python -m pytest

lint: setup
	@.venv/bin/python -m ruff check .
	.venv/bin/python -m ruff format --check .
	.venv/bin/python -m mypy
	.venv/bin/lint-imports

ui: setup
	@.venv/bin/python -m observatory.cli.main ui

# After a change of dependencies: write the locks again, with hashes and without addresses. What runs
# is locked apart from what tests and builds it; both agree on a version.
COMPILE := .venv/bin/python -m uv pip compile --universal --generate-hashes --python-version 3.11 \
  --no-header --no-emit-index-url -q

lock: setup
	@$(COMPILE) pyproject.toml -o requirements.lock
	$(COMPILE) --group dev -c requirements.lock -o requirements-dev.lock

# Licences of what runs, as docs/licences.md; one that is not on the list is refused.
licences: setup
	@.venv/bin/python deploy/dependencies.py licences

# What registries know of the locked versions: exit status 1 some, 2 they could not be asked.
vulnerabilities: setup
	@.venv/bin/python deploy/dependencies.py vulnerabilities

clean:
	rm -rf .venv var $(SCRIPTS)/node_modules observatory/web/static
