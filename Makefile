# Every target makes what it needs: the virtual environment, the models, Debian's packages.

PYTHON ?= python3
BIN := .venv/bin
PYTEST_ARGS ?=

MINUTES ?= 10
SEED ?= 1

.PHONY: help demo test check lint format bench torture models lock clean

help:
	@echo "make demo    the whole way of a record on this machine, with the link cut in the middle"
	@echo "make test    all tests"
	@echo "make check   format, lint, types and all tests"
	@echo "make bench   measure; ONLY=name[,name] for some: one JSON object a figure"
	@echo "make torture power cuts, kills, bad links; counts what was lost: MINUTES=10 SEED=1"
	@echo "make models  build the models (make demo and make test do it, too)"
	@echo "make lock    resolve requirements.lock anew"

demo: .venv/ready models
	@$(BIN)/hotspot demo

test: .venv/ready models
	@.ci/debian mosquitto mosquitto
	@$(BIN)/python -m pytest $(PYTEST_ARGS)

check: lint test

lint: .venv/ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: .venv/ready
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: .venv/ready models
	@$(BIN)/hotspot bench $(ONLY)

torture: .venv/ready
	@.ci/debian mosquitto mosquitto
	@$(BIN)/hotspot torture --minutes $(MINUTES) --seed $(SEED)

models: .venv/ready
	@$(BIN)/python -m models.build >&2

.venv/ready: requirements.lock pyproject.toml .ci/venv
	@.ci/venv $(PYTHON)

lock: .venv/ready
	@.ci/lock

clean:
	rm -rf .venv models/built build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
