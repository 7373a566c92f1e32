# `make` alone lists the commands.
.DEFAULT_GOAL := help
SHELL := /bin/sh

VENV := .venv
BIN := $(VENV)/bin
DEPLOY_BIN := .tools/deploy/bin
# The first that is new enough. PYTHON=... names another one.
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11 python3.14 $(BIN)/python; do \
	"$$python" -c '$(NEW_ENOUGH)' 2>/dev/null && echo "$$python" && break; done)
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
export PYTHONPATH := functions:.
# An empty value lets Python keep compiled files: the commands start many processes.
export PYTHONDONTWRITEBYTECODE :=

# Taken as they were typed: a sentence may well hold a price.
override INPUT := $(value INPUT)
override INSTRUCTION := $(value INSTRUCTION)
OUT ?= out
override OUT := $(value OUT)
export INPUT INSTRUCTION OUT

.PHONY: help setup browser voice local-packages dev-packages bench-packages deploy-packages parliament-packages runtime-packages security-packages demo up down api-key api-key-revoke sign-in sign-in-remove owner-bucket owner-bucket-remove openapi openapi-release event-schemas preview-notifications extension test test-all second-opinions lint lint-extension format coverage mutation fuzz bench endurance gallery looks lock status redrive retry build deploy drift destroy stateful security audit mutation-policies

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s  %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# Does nothing when the packages of the lock are there.
INSTALL = @python="$(PYTHON)"; "$${python:-false}" -c '$(NEW_ENOUGH)' 2>/dev/null || { \
	echo "Python 3.11 or newer is required$${python:+ ($$python is older or does not run)}. Install it," \
		"or name it: make PYTHON=/path/to/python3.12 setup" >&2; exit 1; }; \
	"$$python" -E -s -m infra.environment $(if $(filter command environment,$(origin PYTHON)),--exactly)

setup: local-packages ## install packages (the other commands do this when needed): [PYTHON=python3.12]

browser: local-packages ## install support for rendering web pages in the studio (needs Chromium)
	$(INSTALL) $(VENV) $@

voice: local-packages ## install the English voice of the studio
	$(INSTALL) $(VENV) $@

local-packages:
	$(INSTALL) $(VENV) local

dev-packages: local-packages
	$(INSTALL) $(VENV) dev

bench-packages: dev-packages
	$(INSTALL) $(VENV) bench

# Tools that need other versions than the rest have an environment of their own.
deploy-packages parliament-packages runtime-packages security-packages: %-packages:
	$(INSTALL) .tools/$* $*

demo: local-packages ## make a video: [INPUT=any.file] [INSTRUCTION="..."] [OUT=folder]
	@MAKE_PID=$$PPID exec $(BIN)/python -m infra.local demo $${INPUT:+--input="$$INPUT"} $${INSTRUCTION:+--instruction="$$INSTRUCTION"} --out="$$OUT"

up: local-packages ## start the embedded cloud in the background: [WAIT_SCALE=0.1] [NEMO_API_URL=...]
	@MAKE_PID=$$PPID exec $(BIN)/python -m infra.local up

down: local-packages ## stop the embedded cloud
	@$(BIN)/python -m infra.local down

api-key: local-packages ## create an API key: OWNER=name [SCOPES="read write"] [STACK=name-on-AWS]
	@$(BIN)/python -m infra.api_keys $(if $(STACK),--stack "$(STACK)") make --owner "$(OWNER)" $(if $(SCOPES),--scopes $(SCOPES))

api-key-revoke: local-packages ## revoke an API key: KEY=nvp_... [STACK=name-on-AWS]
	@$(BIN)/python -m infra.api_keys $(if $(STACK),--stack "$(STACK)") revoke "$(KEY)"

sign-in: local-packages ## let an e-mail address sign in to the home page: OWNER=name EMAIL=address [SCOPES="read write"] [STACK=name-on-AWS]
	@$(BIN)/python -m infra.sign_in_addresses $(if $(STACK),--stack "$(STACK)") add --owner "$(OWNER)" --email "$(EMAIL)" \
		$(if $(SCOPES),--scopes $(SCOPES))

sign-in-remove: local-packages ## stop an e-mail address from signing in: EMAIL=address [STACK=name-on-AWS]
	@$(BIN)/python -m infra.sign_in_addresses $(if $(STACK),--stack "$(STACK)") remove --email "$(EMAIL)"

owner-bucket: local-packages ## copy an owner's videos to a bucket: OWNER=name BUCKET=name ACCOUNT=number [PREFIX=folder/] [STACK=name-on-AWS]
	@$(BIN)/python -m infra.owner_buckets $(if $(STACK),--stack "$(STACK)") set --owner "$(OWNER)" --bucket "$(BUCKET)" \
		--account "$(ACCOUNT)" --prefix "$(PREFIX)"

owner-bucket-remove: local-packages ## stop copying an owner's videos: OWNER=name [STACK=name-on-AWS]
	@$(BIN)/python -m infra.owner_buckets $(if $(STACK),--stack "$(STACK)") remove --owner "$(OWNER)"

status: local-packages ## show the status of the stack or of one video: [VIDEO=vid-...] [STACK=name-on-AWS]
	@$(OPERATIONS) status $(VIDEO)

redrive: local-packages ## list dead-letter messages or send them again: [QUEUE=name] [MESSAGE=id] [ALL=1] [STACK=name-on-AWS]
	@$(OPERATIONS) redrive $(if $(QUEUE),--queue "$(QUEUE)") $(if $(MESSAGE),--message "$(MESSAGE)") $(if $(ALL),--all)

retry: local-packages ## retry a failed video: VIDEO=vid-... [STACK=name-on-AWS]
	@$(OPERATIONS) retry "$(VIDEO)"

OPERATIONS = $(BIN)/python -m infra.operations $(if $(STACK),--stack "$(STACK)")

build: deploy-packages ## build the deployment packages for Lambda
	@$(SAM) build --build-dir "$(BUILD)"
	@du -sh "$(BUILD)"/*/

deploy: deploy-packages ## deploy to AWS with samconfig.toml: [ENV=prod] [PARAMETERS="Name=value ..."]
	@$(DEPLOY_BIN)/python -m infra.deployment check "$(ENV)" $(PARAMETERS)
	@$(MAKE) --no-print-directory build
	@$(SAM) deploy --config-file "$(CURDIR)/samconfig.toml" --config-env "$(ENV)" --template-file "$(BUILD)/template.yaml" \
		$(if $(PARAMETERS),--parameter-overrides $(PARAMETERS)) $(if $(YES),--no-confirm-changeset)
	@$(if $(filter prod,$(ENV)),$(DEPLOY_BIN)/python -m infra.deployment protect "$(ENV)")

.PHONY: verify-aws role-calls
verify-aws: local-packages $(if $(BUILT),deploy-packages) ## check the stack against your AWS account: [DEPLOY=1: also deploy and use a temporary stack, half an hour] [CLEAN=stack]
	@$(if $(BUILT),$(DEPLOY_BIN)/python -m infra.deployment access "$(ENV)")
	@$(if $(BUILT),$(MAKE) --no-print-directory build)
	@$(BIN)/python -m infra.verification $(if $(CLEAN),--clean "$(CLEAN)") \
		$(if $(DEPLOY),--deploy) $(if $(BUILT),--template "$(BUILD)/template.yaml") \
		$(if $(SPEND_CREDITS),--spend-credits) $(if $(YES),--yes) $(if $(PARAMETERS),--parameters $(PARAMETERS))

# The embedded cloud runs the functions from their source.
BUILT = $(if $(AWS_ENDPOINT_URL),,$(DEPLOY))

role-calls: dev-packages ## record the AWS calls of each function in infra/verification/calls.json (five minutes)
	@$(BIN)/python -m tests.policies.calls

drift: deploy-packages ## show configuration drift: [ENV=prod]
	@$(DEPLOY_BIN)/python -m infra.deployment drift "$(ENV)"

destroy: deploy-packages ## delete the stack and keep its data: [ENV=prod] [YES=1]
	@$(DEPLOY_BIN)/python -m infra.deployment kept "$(ENV)"
	@$(SAM) delete --config-file "$(CURDIR)/samconfig.toml" --config-env "$(ENV)" $(if $(YES),--no-prompts)

stateful: dev-packages ## update infra/stateful.json, the resources that no deployment may replace
	@$(BIN)/python -m tests.template.stateful

ENV := dev
BUILD := .aws-sam/build
# Nothing is built from source, for that would be for this machine.
SAM := env -u PYTHONPATH PATH="$(CURDIR)/$(DEPLOY_BIN):$$PATH" UV_NO_BUILD=1 UV_REQUIRE_HASHES=1 SAM_CLI_TELEMETRY=0 \
	$(DEPLOY_BIN)/sam

openapi: dev-packages ## write docs/openapi.json, and what follows from it in the SDK
	@$(BIN)/python -c 'from handlers.http.app import document; print(document())' > docs/openapi.json
	@$(BIN)/python -m infra.sdk_generator

openapi-release: ## save docs/openapi.json as the released document: at a release, or for an intended breaking change
	@cp docs/openapi.json docs/openapi.released.json

event-schemas: dev-packages ## write docs/events, the JSON Schema of each event of the event bus
	@$(BIN)/python -m tests.notifications.event_schemas

preview-notifications: dev-packages ## write an HTML page and a picture of each notification: [OUT=folder] [SAMPLE=1: the picture of the documents]
	@$(BIN)/python -m tests.notifications.preview --out="$$OUT/notifications" $(if $(SAMPLE),--sample)

extension: local-packages ## pack the browser extension for the web store
	@$(BIN)/python -m extension.pack

# The type checks keep one core busy for a minute, and the tests the other one.
test: dev-packages ## run all checks and the quick tests: 10 minutes
	@$(MAKE) --no-print-directory --jobs=2 lint quick-tests

.PHONY: quick-tests
quick-tests: dev-packages second-opinions
	@SCHEDULES=200 $(PYTEST) --numprocesses=4 -m "not thorough"

test-all: test deploy-packages ## run all checks and all tests: 40 minutes
	@$(PYTEST) --numprocesses=6 -m "thorough or examples"

# More processes than cores: tests of the embedded cloud mostly wait, the thorough ones longer.
PYTEST := $(BIN)/python -m pytest --dist=loadfile --no-loadscope-reorder \
	--durations=15 --durations-min=10

second-opinions: parliament-packages runtime-packages ## install the programs that tests/second_opinions runs
	@if command -v npm >/dev/null; then \
		for folder in tests/second_opinions recipes/cdk; do \
			( cd $$folder && { [ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --silent; } ) || exit 1; \
		done; \
	else \
		echo "The workflows and the CDK app are not checked by npm packages: that needs Node.js 20 with npm." >&2; [ "$$CI" != true ]; \
	fi

lint: dev-packages lint-extension ## run ruff, mypy, cfn-lint and the type checks of the extension
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .
	@$(BIN)/mypy
	@$(BIN)/cfn-lint template.yaml infra/deployer.yaml recipes/eventbridge.yaml
	@$(BIN)/zizmor --offline --quiet --no-progress --format=github .github recipes/github-actions.yml

lint-extension:
	@if command -v npm >/dev/null; then \
		cd extension && { [ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --silent; } && \
		npm run --silent check; \
	else \
		echo "The types of the extension were not checked: that needs Node.js 20 with npm." >&2; [ "$$CI" != true ]; \
	fi

format: dev-packages ## format the code
	@$(BIN)/ruff check --quiet --fix .
	@$(BIN)/ruff format --quiet .

coverage: dev-packages ## measure branch coverage of the send lock, the stream and the recovery
	@$(BIN)/python -m pytest --quiet tests/unit/backend tests/unit/nemovideo tests/unit/videos --cov-branch --cov-report=term-missing \
		--cov=nemovideo.sse --cov=nemovideo.stream --cov=nemovideo.clock \
		--cov=videos.steps.send_instruction --cov=videos.steps.stabilize --cov=videos.steps.render_attempts --cov=videos.steps

mutation: dev-packages ## run mutation tests of the send lock, the stream and the recovery (a few minutes)
	@rm -rf .mutation && mkdir .mutation && cp -r functions .mutation/src
	@cp -r tests infra template.yaml pyproject.toml .mutation
	@cd .mutation && ../$(BIN)/mutmut run --max-children 2 && ../$(BIN)/mutmut results

fuzz: dev-packages ## fuzz each parser, within 2 GB of memory: [EXAMPLES=20000]
	@ulimit -v 2097152; FUZZ_EXAMPLES=$(or $(EXAMPLES),20000) $(BIN)/python -m pytest -q -n0 --timeout=0 \
		--hypothesis-show-statistics tests/unit/test_fuzz.py
	@$(BIN)/python -m tests.fuzz.studio --examples=$(or $(EXAMPLES),20000)

bench: bench-packages ## run the benchmarks of docs/benchmarks.md
	@$(BIN)/python -m bench.cold_start
	@$(BIN)/python -m bench.polls
	@$(BIN)/python -m bench.transfer
	@$(BIN)/python -m bench.submitting
	@$(BIN)/python -m bench.load
	@$(BIN)/python -m bench.rendering
	@$(BIN)/python -m bench.announcing
	@$(BIN)/python -m bench.overhead
	@$(BIN)/python -m bench.cost
	@$(BIN)/python -m bench.scale
	@$(BIN)/python -m bench.fairness

endurance: dev-packages ## run the endurance test of docs/reliability.md: 1,000 drops with faults everywhere (half an hour)
	@$(BIN)/python -m bench.endurance

gallery: dev-packages ## make and check videos of 26 inputs, for docs/gallery.md (15 minutes): [OUT=folder for frames]
	@$(BIN)/python -m bench.gallery --sheets="$$OUT/gallery"

looks: dev-packages ## draw docs/looks.jpg, videos of ten inputs
	@$(BIN)/python -m bench.looks

security: security-packages ## run checkov on the template (exceptions are in the template and in .checkov.yaml)
	@PYTHONPATH= .tools/security/bin/checkov --config-file .checkov.yaml

audit: security-packages ## look for known vulnerabilities in the locked packages (needs pypi.org)
	@for locked in functions studio infra/mcp-layer infra/media-layer infra/picture-layer; do \
		PYTHONPATH= .tools/security/bin/pip-audit --strict --disable-pip --require-hashes -r $$locked/requirements.txt || exit 1; \
	done

mutation-policies: dev-packages ## test each IAM statement by removing it: [ROLES=expression] [LEFT=1: only statements without a failing scenario] (half an hour)
	@$(BIN)/python -m tests.policies.mutate --roles="$(ROLES)" $(if $(LEFT),--left)

lock: dev-packages ## update the locked dependencies
	@$(BIN)/uv pip compile $(LOCK) pyproject.toml $(LAYERS) $(DEV_GROUPS) --group bench -o requirements/bench.txt
	@$(BIN)/uv pip compile $(LOCK) pyproject.toml $(LAYERS) $(DEV_GROUPS) -c requirements/bench.txt -o requirements/dev.txt
	@$(BIN)/uv pip compile $(LOCK) pyproject.toml $(LAYERS) $(LOCAL_GROUPS) -c requirements/dev.txt -o requirements/local.txt
	@$(BIN)/uv pip compile $(LOCK) --group functions --group browser -c requirements/dev.txt -o requirements/browser.txt
	@$(BIN)/uv pip compile $(LOCK) --group functions --group voice -c requirements/dev.txt -o requirements/voice.txt
	@$(BIN)/uv pip compile $(LOCK) --group functions -c requirements/dev.txt -o functions/requirements.txt
	@$(BIN)/uv pip compile $(LOCK) --group functions --group studio -c requirements/dev.txt -o studio/requirements.txt
	@$(BIN)/uv pip compile $(LOCK) infra/mcp-layer/requirements.in -c requirements/dev.txt -o infra/mcp-layer/requirements.txt
	@$(BIN)/uv pip compile $(LOCK) infra/media-layer/requirements.in -c requirements/dev.txt -o infra/media-layer/requirements.txt
	@$(BIN)/uv pip compile $(LOCK) infra/picture-layer/requirements.in -c requirements/dev.txt -o infra/picture-layer/requirements.txt
	@$(BIN)/uv pip compile $(LOCK) requirements/deploy.in -o requirements/deploy.txt
	@$(BIN)/uv pip compile $(LOCK) requirements/security.in -o requirements/security.txt
	@$(BIN)/uv pip compile $(LOCK) requirements/parliament.in -o requirements/parliament.txt
	@$(BIN)/uv pip compile $(LOCK) requirements/runtime.in -o requirements/runtime.txt

LAYERS := infra/mcp-layer/requirements.in infra/media-layer/requirements.in infra/picture-layer/requirements.in
LOCAL_GROUPS := --group functions --group studio --group local
DEV_GROUPS := $(LOCAL_GROUPS) --group browser --group bedrock --group voice --group test
LOCK := --quiet --universal --override requirements/overrides.in --generate-hashes --only-binary :all: --python-version 3.11 --no-emit-index-url --no-header --no-annotate --fork-strategy=fewest
