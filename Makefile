# Control Truss. Two commands matter: `make demo` and `make test`; both do all set-up.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PY := .venv/bin/python

.PHONY: help setup demo test check lint types unit crash-matrix extension docker editor bench bench-patch bench-lsp drift reference lock format clean

help: ## show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | column -t -s "$$(printf '\t')"

setup: ## the virtual environment, from the lock (fast when nothing changed)
	@scripts/setup

demo: setup ## the main job, end to end, on the local runtime: break, fix, edit, save, patch, predict
	@$(PY) -m demo

test: setup ## all set-up, then every test
	@scripts/test

check: lint types ## what a reviewer's eye should not have to do

lint: setup
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/lint-imports

types: setup
	@.venv/bin/mypy truss_base control/plane truss_handle lsp_server demo drift benchmarks
	@.venv/bin/mypy control/inference/control_truss_inference

unit: setup ## tests that need neither Docker nor a browser
	@.venv/bin/pytest -n 2 -m "not docker and not editor"

crash-matrix: setup ## kill -9, a full and a read-only disk at every step of every kind of patch (long)
	@CRASH_MATRIX=whole .venv/bin/pytest -n 2 tests/control/test_control_crash_matrix.py

extension: ## type-check, unit-test and package the editor extension
	@scripts/extension

docker: setup ## the tests on a real Docker engine
	@scripts/docker-engine && scripts/docker-base-image && .venv/bin/pytest -m docker

editor: setup extension ## the smoke test in a real VS Code workbench
	@scripts/editor-setup && .venv/bin/pytest -m editor

bench: setup ## every benchmark: a table each, and JSON in benchmarks/results/
	@$(PY) -m benchmarks

bench-patch: setup ## an edit -> the first new answer, beside the existing implementation (and a plot)
	@$(PY) -m benchmarks bench_patch

bench-lsp: setup ## the language server beside yaml-language-server, and beside a build of a minute
	@$(PY) -m benchmarks bench_lsp bench_lsp_busy

reference: setup ## rewrite what is generated from the definitions: reference, JSON schema, types
	@$(PY) -m truss_base.reference .

drift: setup ## compare our description of a config with the newest truss of the package index
	@$(PY) -m drift

lock: setup ## resolve the dependencies anew
	@PATH="$$PWD/.venv/bin:$$PATH" scripts/lock

format: setup ## rewrite the layout of the code
	@.venv/bin/ruff check --fix . && .venv/bin/ruff format .

clean: ## remove everything that set-up made
	rm -rf .venv .tools .cache editor-extension/node_modules editor-extension/dist
