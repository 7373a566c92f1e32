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

.PHONY: help setup demo up down api-key api-key-revoke openapi preview-notifications extension test lint lint-extension format coverage mutation bench looks lock

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

openapi: setup ## write docs/openapi.json anew
	@$(BIN)/python -c 'from handlers.http.app import document; print(document())' > docs/openapi.json

preview-notifications: setup ## write each kind of notification as page and picture: [OUT=folder]
	@$(BIN)/python -m tests.notifications.preview --out="$$OUT/notifications"

extension: setup ## pack the browser extension as the web store takes it
	@$(BIN)/python -m extension.pack

test: setup lint ## run every check and every test
	@$(BIN)/python -m pytest --numprocesses=2 --dist=loadfile --ignore=$(GENERATED)
	@$(BIN)/python -m pytest $(GENERATED)

# Its tests share one id, and the processes would run one of them.
GENERATED := tests/e2e/test_schema.py

lint: setup lint-extension ## ruff, mypy, cfn-lint; types of the extension
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .
	@$(BIN)/mypy
	@$(BIN)/cfn-lint template.yaml

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

mutation: setup ## mutation tests of the same (five to twenty minutes)
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

looks: setup ## draw what the studio makes of ten inputs: docs/looks.jpg
	@$(BIN)/python -m bench.looks

lock: ## renew the locked dependencies (needs uv)
	@uv pip compile $(LOCK) pyproject.toml infra/media-layer/requirements.in --all-extras -o requirements/dev.txt
	@uv pip compile $(LOCK) pyproject.toml -c requirements/dev.txt -o functions/requirements.txt
	@uv pip compile $(LOCK) pyproject.toml --extra studio -c requirements/dev.txt -o studio/requirements.txt
	@uv pip compile $(LOCK) infra/media-layer/requirements.in -c requirements/dev.txt -o infra/media-layer/requirements.txt

LOCK := --quiet --universal --generate-hashes --python-version 3.11 --no-emit-index-url --no-header --no-annotate
