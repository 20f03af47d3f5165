# `make` alone shows what there is to do.
.DEFAULT_GOAL := help
.PHONY: help setup run check test types integration docs schema samples bench

BIN := .venv/bin
# The tests that need YAMNet take it from here where there is such a folder.
export FLOWRUN_MODELS ?= $(abspath $(wildcard ../shared/models))

help:  ## show this
	@sed -n 's/^\([a-z]*\):.*## /  make \1 \t/p' $(firstword $(MAKEFILE_LIST)) | expand -t 22

setup:  ## install all that is needed, system packages included
	@sh setup.sh

run: .venv/.ready  ## classify the sound file that ships with flowrun
	$(BIN)/flowrun flows/classify_file.yaml

check: .venv/.ready  ## lint, format, layers of imports, flows
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/flowrun check flows/*.yaml

test: .venv/.ready  ## the tests, doctests included, on all cores
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile

types: .venv/.ready .typing  ## mypy
	$(BIN)/mypy

integration: .venv/.ready  ## the tests that need more: TensorFlow, a browser, a network, a fresh installation; two files at a time
	$(BIN)/python -m pytest -m integration --numprocesses 2 --dist loadfile

docs: .venv/.ready  ## the operator reference, docs/operators.md
	$(BIN)/python docs/make_reference.py

schema: .venv/.ready  ## the JSON Schemas of flows, for editors, and of events
	$(BIN)/flowrun schema > .venv/flow.schema.json
	mv .venv/flow.schema.json schemas/flow.schema.json
	$(BIN)/flowrun schema --event > .venv/event.schema.json
	mv .venv/event.schema.json schemas/event.schema.json

samples: .venv/.ready  ## the sounds in flows/samples
	$(BIN)/python tests/make_samples.py
	$(BIN)/python tests/make_forest.py

bench: .venv/.ready  ## all benchmarks, in one table
	$(BIN)/python benchmarks/all.py

.venv/.ready: setup.sh pyproject.toml uv.lock
	@sh setup.sh

.typing:
	mkdir -p .typing/flowrun
	cd .typing/flowrun && ln -s ../../flows ../../models ../../operators ../../runtime ../../schemas .
