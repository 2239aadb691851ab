# Everything happens in .venv, made from requirements.lock: `make run` and `make test` need Python 3.11+ only.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.from-lock
# For two cores: tests of servers and of the deployment wait for other processes.
WORKERS ?= 3
# Where it is set, each server that a test starts compiles all modules anew: 0.7 s.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: run test check quick types lint fix unit proof bench cloud cloud-down lock clean

run: $(STAMP)  ## start the server on this repository's own project, with its sample data
	$(BIN)/martlet dev .

# Without a cache, types take a core for most of a minute, and the tests leave some of two idle.
test: quick  ## every check and every test
	@$(MAKE) --no-print-directory -j2 types unit

check: quick types  ## format, lint, types, direction of imports, the project itself

quick: $(STAMP)
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/lint-imports
	$(BIN)/martlet check --engine athena .
	$(BIN)/martlet fmt --check .

types: $(STAMP)
	$(BIN)/mypy

unit: $(STAMP)
	$(BIN)/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder
	$(BIN)/martlet test .

proof: $(STAMP)  ## the long tests of the translation to Athena too: half an hour
	HYPOTHESIS_PROFILE=random $(BIN)/pytest -n 2 --dist loadfile -m "proof or not proof" tests/translate

fix: $(STAMP)  ## format and apply the linter's safe fixes
	$(BIN)/ruff format
	$(BIN)/ruff check --fix
	$(BIN)/martlet fmt .

bench: $(STAMP)  ## the benchmarks of bench/README.md
	$(BIN)/python -m bench

cloud: $(STAMP)  ## this repository's project, deployed by the CDK to AWS in a box (needs Node and Maven)
	$(BIN)/python scripts/cloud.py up

cloud-down:
	$(BIN)/python scripts/cloud.py down

lock:  ## after a change of dependencies in pyproject.toml (needs uv)
	uv pip compile pyproject.toml --extra local --extra aws --extra deploy --group dev --universal --python-version 3.11 \
	  --generate-hashes --no-header --no-emit-index-url --no-annotate -o requirements.lock
	uv pip compile pyproject.toml --extra aws --universal --python-version 3.11 \
	  --generate-hashes --no-header --no-emit-index-url --no-annotate -o src/martlet_functions/requirements/functions.txt
	printf 'ministack\nduckdb\n' | uv pip compile - --universal --python-version 3.11 \
	  --generate-hashes --no-header --no-emit-index-url --no-annotate -o requirements-cloud.lock
	printf 'tinybird>=5.0.2\n' | uv pip compile - --universal --python-version 3.11 \
	  --generate-hashes --no-header --no-emit-index-url --no-annotate -o requirements-tinybird.lock
	printf 'tinybird-cli>=6.5.5\n' | uv pip compile - --universal --python-version 3.11 \
	  --generate-hashes --no-header --no-emit-index-url --no-annotate -o requirements-tinybird-cli.lock
	for client in tests/clients/locks/*.in; do uv pip compile $$client --universal --python-version 3.11 \
	  --generate-hashes --no-header --no-emit-index-url --no-annotate -o $${client%.in}.txt; done
	npm install --prefix tests/clients --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved --no-audit --no-fund

$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "martlet needs Python 3.11 or newer; set PYTHON=python3.x")'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	@touch $@

clean:
	rm -rf .venv .venv-cloud .venv-tinybird .venv-tinybird-cli .venv-clients tests/clients/node_modules .martlet
