# Every word that one does here; `make` alone prints them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SOURCES := chassis services cli client demo benchmarks accuracy deploy proto/generate.py tests
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help setup demo up down test acceptance check static fuzz-api bench bench-gateway bench-matching bench-outbox bench-payments bench-statements accuracy accuracy-diagnosis proto client lock clean

help: ## print this
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1|\2/' | column -t -s '|'

setup: $(STAMP) ## make .venv with everything pinned, if it is not there

$(STAMP): constraints.txt pyproject.toml client/pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Bihuan needs Python 3.11 or later: make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r constraints.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e . -e ./client
	touch $@

demo: setup ## one day of two channels from payment to booked invoice; STATEMENT=path takes a real bill
	$(BIN)/python -m demo $(if $(STATEMENT),--statement "$(STATEMENT)") $(if $(SEED),--seed $(SEED))

up: setup ## start the whole system on this machine and print its addresses
	$(BIN)/bihuan up

down: setup ## stop what `make up` started
	$(BIN)/bihuan down

test: setup ## run every test on a real PostgreSQL that the tests start themselves
	$(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder -q -rs

acceptance: setup ## the acceptance tests of invoice_sync over 10,000 invoices, and their figures; INVOICES=n for another size
	BIHUAN_ACCEPTANCE_INVOICES=$(or $(INVOICES),10000) $(BIN)/pytest tests/acceptance -s -rs --show-capture=no

check: setup static ## all that CI runs: format, lint, types, layers, contracts, manifests, tests
	$(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder -q -rs

static: setup ## the part of `check` that runs no tests
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/mypy
	$(BIN)/mypy -p bihuan_client -m client.generate
	$(BIN)/lint-imports --no-cache
	$(BIN)/deptry .
	$(BIN)/buf lint
	$(BIN)/buf format --diff --exit-code
	$(BIN)/buf breaking proto --against proto/baseline.binpb
	$(BIN)/python proto/generate.py --check
	$(BIN)/python -m client.generate --check

fuzz-api: setup ## fuzz every operation of the running system; EXAMPLES=200 for each, SEED=1
	BIHUAN_FUZZ_EXAMPLES=$(or $(EXAMPLES),200) BIHUAN_FUZZ_SEED=$(or $(SEED),1) $(BIN)/pytest tests/flows/test_fuzz_api.py -q -s

bench: setup ## measure what benchmarks/ measures; QUICK=1 only proves that it runs
	$(BIN)/python -m benchmarks

bench-gateway: setup ## measure the HTTP door against a plain chain of calls and payments alone; QUICK=1 only proves that it runs
	$(BIN)/python -m benchmarks.gateway

bench-outbox: setup ## measure the outbox against other queues; QUICK=1 only proves that it runs
	$(BIN)/python -m benchmarks.outbox

bench-payments: setup ## measure intake, batches, import and export against their rivals; QUICK=1 only proves that it runs
	$(BIN)/python -m benchmarks.payments

bench-statements: setup ## measure the reading of large statements against a scan and the csv module; QUICK=1 only proves that it runs
	$(BIN)/python -m benchmarks.statements

bench-matching: setup ## measure matching of 1 M and 10 M rows against a bare join and rivals; ONLY=1m,10m,splink,peers,arrival,service; QUICK=1
	$(BIN)/python -m benchmarks.matching

accuracy: setup ## what matching gets right, ours and rivals'; QUICK=1, or SEEDS=1-3 NOISE=payer,half,none SIZE=10000 PEERS=… PROFILE=… RULES=…
	$(BIN)/python -m accuracy.matching

accuracy-diagnosis: setup ## plant every cause and compare what the diagnosis says; SEEDS=1,2,3 TIMES=3; writes diagnosis.json
	$(if $(SEEDS),SEEDS=$(SEEDS)) $(if $(TIMES),TIMES=$(TIMES)) $(BIN)/python -m accuracy.diagnosis

proto: setup ## generate proto/gen, the table of the policy and the client's modules from the contracts
	$(BIN)/python proto/generate.py
	$(BIN)/python -m services.gateway.policy.compile
	$(BIN)/python -m client.generate

client: setup ## build the wheel of the Python client into dist/
	cd client && ../$(BIN)/python -m hatchling build -t wheel -d ../dist

lock: setup ## solve the dependencies anew into constraints.txt, with hashes and without addresses
	$(BIN)/uv pip compile --quiet pyproject.toml --all-extras --universal --python-version 3.11 \
	  --generate-hashes --no-header --no-annotate --no-emit-index-url -o constraints.txt

clean: ## stop what is up, and remove what setup and the local stack left in this folder
	[ ! -f .bihuan/supervisor.pid ] || $(BIN)/bihuan down
	rm -rf $(VENV) .bihuan
