# Everything runs on the Node that package.json pins; the machine needs any Node from 20 on, and npm.
SHELL := /bin/bash
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)

# What is published; the commands of a clone run it too, while it is as new as the sources.
BUILT := packages/gantry/dist/package.json

.PHONY: help demo test check bench real real-all format build

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*##/ {printf "  make %-9s %s\n", $$1, $$2}' Makefile

demo: $(BUILT) ## both journeys, for real, on an embedded cloud (EXIT=1: then stop)
	@node packages/gantry/src/demo/demo.ts $(if $(EXIT),--exit)

test: $(BUILT) ## all tests that need neither root nor Docker nor Debian's packages
	@vitest run

check: node_modules/.package-lock.json ## types, lint, format, structure
	@node tools/check.ts

bench: $(BUILT) ## Gantry beside the originals; writes bench-results/*.json
	@node tests/bench/bench.ts $(ONLY)

real: $(BUILT) ## tests with a real Docker and real clients; installs Debian's packages, as root
	@tests/real/install.sh
	@status=0; vitest run --config vitest.real.config.ts || status=1; \
	node tests/real/acceptance.ts gantry gantry-on-mariadb gantry-on-postgresql || status=1; \
	node tests/real/tempest/tempest.ts gantry || status=1; exit $$status

real-all: real ## the same, the clients of later Debians, and both suites on a real OpenStack, against the original and Gantry's Magnum (40 minutes more)
	@status=0; vitest run --config vitest.real.config.ts --mode all || status=1; \
	node tests/real/acceptance.ts original gantry-on-openstack || status=1; \
	node tests/real/tempest/tempest.ts original gantry-on-openstack || status=1; exit $$status

format: node_modules/.package-lock.json ## lays out the sources
	@oxfmt .

build: $(BUILT) ## what is published, a package without dependencies: packages/gantry/dist

$(BUILT): node_modules/.package-lock.json tools/build.ts $(shell find packages/*/src -type f)
	@node tools/build.ts

# `npm ci` leaves this file behind; it is as old as the installation.
node_modules/.package-lock.json: package-lock.json
	@npm ci --no-audit --no-fund --loglevel=error
	@tools/runtime.sh || { rm -f $@; exit 1; }
	@touch $@
