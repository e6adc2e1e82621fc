# Ashyq Kiosk. On a fresh Debian 12/13 or Raspberry Pi OS machine: `make demo` shows it, `make test` proves it.
# Both install what they need (apt packages as root or by sudo, a virtual environment in .venv) and then do their work.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
APT_STAMP := $(VENV)/.apt-done
PIP_STAMP := $(VENV)/.pip-done
PIP_OPTIONS := --quiet --disable-pip-version-check

# libzbar0: pyzbar. libgl1, libglib2.0-0: OpenCV's wheel. libegl1, libgl1-mesa-dri: Kivy without a screen.
# libmtdev1: Kivy's touch input. python3-venv: the virtual environment. libseccomp2: what the scanner process may ask of
# the kernel.
APT_PACKAGES := python3-venv libseccomp2 libzbar0 libgl1 libglib2.0-0 libegl1 libgl1-mesa-dri libmtdev1

.PHONY: help setup demo test lint types unit bench hostile screens messages openapi constraints search train clean

help:  ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

$(APT_STAMP):
	@mkdir -p $(VENV)
	@sh .ci/apt-install $(APT_PACKAGES)
	@touch $@

$(PIP_STAMP): $(APT_STAMP) setup.py constraints.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing Python packages into $(VENV) ..."
	@$(BIN)/python -m pip install $(PIP_OPTIONS) --constraint constraints.txt --editable '.[dev]' || { \
	  echo "These very versions are not to be had here; taking the newest ones ..."; \
	  $(BIN)/python -m pip install $(PIP_OPTIONS) --editable '.[dev]'; }
	@touch $@

setup: $(PIP_STAMP)  ## install what demo and test need

demo: setup  ## a whole entrance on this machine: a recorded visitor video, a central, every result checked
	@$(BIN)/ashyq-kiosk demo $(DEMO)

test: lint types unit  ## lint, types and all tests

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache

types: setup
	$(BIN)/mypy

unit: setup
	$(BIN)/python -m pytest

search: setup  ## look for examples that break a property, longer than `make test` and other ones each time
	$(BIN)/python -m pytest --hypothesis-profile=search

hostile: setup  ## read ten thousand hostile pictures, a share of which is in `make test`
	$(BIN)/python -m pytest -m hostile -s tests/hardware/test_hostile_pictures.py

bench: setup  ## measure speed and reading; READING_TIMES=5 reads five times as many scenes
	$(BIN)/python -m pytest -m bench -s tests/bench

train: setup  ## train the network that tells codes from clutter: downloads PyTorch, takes an hour and 16 GB of memory
	$(BIN)/python -m pip install $(PIP_OPTIONS) --constraint constraints.txt --editable '.[train]'
	$(BIN)/python -m tests.training.train

messages: setup  ## compile the screens' translations after a .po file has changed
	$(BIN)/pybabel compile -D kiosk -d kiosk/screens/locale

constraints:  ## take the newest versions of all packages into constraints.txt; run `make test` afterwards
	@rm -rf $(VENV)/newest && $(PYTHON) -m venv $(VENV)/newest
	@$(VENV)/newest/bin/python -m pip install $(PIP_OPTIONS) --editable '.[dev]'
	@{ echo "# What tests and demonstration run with: written by \`make constraints\`."; \
	   $(VENV)/newest/bin/python -m pip freeze --disable-pip-version-check --exclude-editable; } > constraints.tmp
	@mv constraints.tmp constraints.txt && rm -rf $(VENV)/newest

openapi: setup  ## write the OpenAPI document after the wire contract has changed
	$(BIN)/python -c 'from kiosk.central.app import openapi_document; print(openapi_document(), end="")' > openapi.tmp
	mv openapi.tmp kiosk/central/openapi.json

# Every screen on the smallest display; the main ones on the others.
MAIN_SCREENS := idle idle-offline idle-staff idle-scanner idle-closer idle-brighter idle-read granted-green denied-red \
  proof-needed could-not-check
OTHER_SIZES := 1024x600 1920x1080 480x800 1080x1920

screens: setup  ## draw the screens into docs/screens
	$(BIN)/python -m kiosk.screens.gallery docs/screens --size 800x480
	$(BIN)/python -m kiosk.screens.gallery docs/screens $(OTHER_SIZES:%=--size %) $(MAIN_SCREENS:%=--only %)

clean:  ## remove what was built; keeps nothing of the virtual environment either
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis demo-output
