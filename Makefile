# `make` alone lists the commands.
.DEFAULT_GOAL := help
SHELL := /bin/sh

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PYTHONPATH := functions:.

# Taken as they were typed: a sentence may well hold a price.
override INPUT := $(value INPUT)
override INSTRUCTION := $(value INSTRUCTION)
OUT ?= out
override OUT := $(value OUT)
export INPUT INSTRUCTION OUT

.PHONY: help setup demo up down api-key api-key-revoke openapi preview-notifications extension test second-opinions lint lint-extension format coverage mutation bench endurance looks lock status redrive retry build deploy drift destroy stateful security audit mutation-policies

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s  %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(VENV)/.installed ## make the environment (the other commands do it when needed)

$(VENV)/.installed: requirements/dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12 ...")'
	@if command -v uv >/dev/null 2>&1; then \
		uv venv --quiet --allow-existing --python "$(PYTHON)" $(VENV) && \
		uv pip install --quiet --require-hashes --python $(BIN)/python -r requirements/dev.txt; \
	else \
		$(PYTHON) -m venv $(VENV) && \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt; \
	fi
	@touch $@

# Tools that want other versions than the rest have an environment of their own.
.tools/%/.installed: requirements/%.txt $(VENV)/.installed
	@$(BIN)/uv venv --quiet --allow-existing --python $(BIN)/python $(@D)
	@$(BIN)/uv pip install --quiet --require-hashes --python $(@D)/bin/python -r $<
	@touch $@

demo: setup ## make a video: [INPUT=any.file] [INSTRUCTION="..."] [OUT=folder]
	@$(BIN)/python -m infra.local demo $${INPUT:+--input="$$INPUT"} $${INSTRUCTION:+--instruction="$$INSTRUCTION"} --out="$$OUT"

up: setup ## start the embedded cloud and keep it running: [WAIT_SCALE=0.1] [NEMO_API_URL=...]
	@$(BIN)/python -m infra.local up

down: setup ## stop it
	@$(BIN)/python -m infra.local down

api-key: setup ## make a key for the HTTP API: OWNER=name [SCOPES="read write"] [STACK=name-on-AWS]
	@$(BIN)/python -m infra.api_keys $(if $(STACK),--stack "$(STACK)") make --owner "$(OWNER)" $(if $(SCOPES),--scopes $(SCOPES))

api-key-revoke: setup ## end a key: KEY=nvp_... [STACK=name-on-AWS]
	@$(BIN)/python -m infra.api_keys $(if $(STACK),--stack "$(STACK)") revoke "$(KEY)"

status: setup ## how the stack is doing, or one video: [VIDEO=vid-...] [STACK=name-on-AWS]
	@$(OPERATIONS) status $(VIDEO)

redrive: setup ## list dead letters, or send some again: [QUEUE=name] [MESSAGE=id] [ALL=1] [STACK=name-on-AWS]
	@$(OPERATIONS) redrive $(if $(QUEUE),--queue "$(QUEUE)") $(if $(MESSAGE),--message "$(MESSAGE)") $(if $(ALL),--all)

retry: setup ## ask for a failed video once more: VIDEO=vid-... [STACK=name-on-AWS]
	@$(OPERATIONS) retry "$(VIDEO)"

OPERATIONS = $(BIN)/python -m infra.operations $(if $(STACK),--stack "$(STACK)")

build: .tools/deploy/.installed ## build what is deployed, for Lambda's Python and processor
	@$(SAM) build --build-dir "$(BUILD)"
	@du -sh "$(BUILD)"/*/

deploy: build ## deploy to AWS as samconfig.toml says: [ENV=prod] [PARAMETERS="Name=value ..."]
	@$(BIN)/python -m infra.deployment check "$(ENV)" $(PARAMETERS)
	@$(SAM) deploy --config-file "$(CURDIR)/samconfig.toml" --config-env "$(ENV)" --template-file "$(BUILD)/template.yaml" \
		$(if $(PARAMETERS),--parameter-overrides $(PARAMETERS)) $(if $(YES),--no-confirm-changeset)
	@$(if $(filter prod,$(ENV)),$(BIN)/python -m infra.deployment protect "$(ENV)")

drift: setup ## what of the stack is no longer as it was deployed: [ENV=prod]
	@$(BIN)/python -m infra.deployment drift "$(ENV)"

destroy: .tools/deploy/.installed ## delete the stack, but for its data: [ENV=prod] [YES=1]
	@$(BIN)/python -m infra.deployment kept "$(ENV)"
	@$(SAM) delete --config-file "$(CURDIR)/samconfig.toml" --config-env "$(ENV)" $(if $(YES),--no-prompts)

stateful: setup ## note anew what an update must not replace: infra/stateful.json
	@$(BIN)/python -m tests.template.stateful

ENV := dev
BUILD := .aws-sam/build
# Nothing is built from source, for that would be for this machine.
SAM := env -u PYTHONPATH PATH="$(CURDIR)/$(BIN):$$PATH" UV_NO_BUILD=1 UV_REQUIRE_HASHES=1 SAM_CLI_TELEMETRY=0 \
	.tools/deploy/bin/sam

openapi: setup ## write docs/openapi.json anew
	@$(BIN)/python -c 'from handlers.http.app import document; print(document())' > docs/openapi.json

preview-notifications: setup ## write each kind of notification as page and picture: [OUT=folder]
	@$(BIN)/python -m tests.notifications.preview --out="$$OUT/notifications"

extension: setup ## pack the browser extension as the web store takes it
	@$(BIN)/python -m extension.pack

test: setup lint .tools/deploy/.installed second-opinions ## run every check and every test
	@$(BIN)/python -m pytest --numprocesses=2 --dist=loadfile --no-loadscope-reorder --ignore=$(GENERATED)
	@$(BIN)/python -m pytest $(GENERATED)

# Its tests share one id, and the processes would run one of them.
GENERATED := tests/e2e/test_schema.py

second-opinions: .tools/parliament/.installed ## install the other programs that tests/second_opinions asks
	@if command -v npm >/dev/null; then \
		cd tests/second_opinions && { [ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --silent; }; \
	else \
		echo "The workflows are not checked by npm packages: that needs Node.js 20 with npm." >&2; [ "$$CI" != true ]; \
	fi

lint: setup lint-extension ## ruff, mypy, cfn-lint; types of the extension
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .
	@$(BIN)/mypy
	@$(BIN)/cfn-lint template.yaml infra/deployer.yaml
	@$(BIN)/zizmor --offline --quiet --no-progress --format=github .github

lint-extension:
	@if command -v npm >/dev/null; then \
		cd extension && { [ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --silent; } && \
		npm run --silent check; \
	else \
		echo "The types of the extension were not checked: that needs Node.js 20 with npm." >&2; [ "$$CI" != true ]; \
	fi

format: setup ## put the code in order
	@$(BIN)/ruff check --quiet --fix .
	@$(BIN)/ruff format --quiet .

coverage: setup ## branch coverage of the ledger, the stream and the recovery
	@$(BIN)/python -m pytest --quiet tests/unit/nemovideo tests/unit/videos --cov-branch --cov-report=term-missing \
		--cov=nemovideo.sse --cov=nemovideo.stream --cov=nemovideo.clock \
		--cov=videos.send_instruction --cov=videos.settle_timeline --cov=videos.render

mutation: setup ## mutation tests of the same (a few minutes)
	@rm -rf .mutation && mkdir .mutation && cp -r functions .mutation/src
	@cp -r tests infra template.yaml pyproject.toml .mutation
	@cd .mutation && ../$(BIN)/mutmut run --max-children 2 && ../$(BIN)/mutmut results

bench: setup ## measure what docs/benchmarks.md tells
	@$(BIN)/python -m bench.cold_start
	@$(BIN)/python -m bench.polls
	@$(BIN)/python -m bench.transfer
	@$(BIN)/python -m bench.submitting
	@$(BIN)/python -m bench.rendering
	@$(BIN)/python -m bench.announcing
	@$(BIN)/python -m bench.overhead
	@$(BIN)/python -m bench.cost
	@$(BIN)/python -m bench.scale
	@$(BIN)/python -m bench.fairness

endurance: setup ## a thousand drops while everything breaks at once: what docs/reliability.md tells (half an hour)
	@$(BIN)/python -m bench.endurance

looks: setup ## draw what the studio makes of ten inputs: docs/looks.jpg
	@$(BIN)/python -m bench.looks

security: .tools/security/.installed ## checkov over the template; its exceptions stand there and in .checkov.yaml
	@PYTHONPATH= .tools/security/bin/checkov --config-file .checkov.yaml

audit: .tools/security/.installed ## look for known vulnerabilities in what is locked (asks pypi.org)
	@for locked in functions studio infra/media-layer; do \
		PYTHONPATH= .tools/security/bin/pip-audit --strict --disable-pip --require-hashes -r $$locked/requirements.txt || exit 1; \
	done

mutation-policies: setup ## take each statement of each role away once: [ROLES=expression] [LEFT=1: what none missed so far] (half an hour)
	@$(BIN)/python -m tests.policies.mutate --roles="$(ROLES)" $(if $(LEFT),--left)

lock: setup ## renew the locked dependencies
	@$(BIN)/uv pip compile $(LOCK) pyproject.toml infra/media-layer/requirements.in --all-extras -o requirements/dev.txt
	@$(BIN)/uv pip compile $(LOCK) pyproject.toml -c requirements/dev.txt -o functions/requirements.txt
	@$(BIN)/uv pip compile $(LOCK) pyproject.toml --extra studio -c requirements/dev.txt -o studio/requirements.txt
	@$(BIN)/uv pip compile $(LOCK) infra/media-layer/requirements.in -c requirements/dev.txt -o infra/media-layer/requirements.txt
	@$(BIN)/uv pip compile $(LOCK) requirements/deploy.in -o requirements/deploy.txt
	@$(BIN)/uv pip compile $(LOCK) requirements/security.in -o requirements/security.txt
	@$(BIN)/uv pip compile $(LOCK) requirements/parliament.in -o requirements/parliament.txt

LOCK := --quiet --universal --generate-hashes --python-version 3.11 --no-emit-index-url --no-header --no-annotate
