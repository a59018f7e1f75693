# Every target makes what it needs: the virtual environment, the models, Debian's packages.

PYTHON ?= python3
BIN := .venv/bin
PYTEST_ARGS ?=

MINUTES ?= 10
WORKERS ?= 0
SEED ?= 1
LEAST ?= 0
COUNT ?= 100000

BOARD ?= virt

.PHONY: help demo test pages test-camera image test-image check lint format bench peers torture soak fuzz models kernels firmware install uninstall deb lock clean

help:
	@echo "make demo    the whole way of a record on this machine, with the link cut in the middle"
	@echo "make test    all tests"
	@echo "make test-camera  the camera's contract over the real picamera2, in a Debian 13 of its own (needs root)"
	@echo "make pages   the kiosk's pages in Chromium, with a picture of each in every language in build/pages"
	@echo "make check   format, lint, types and all tests"
	@echo "make bench   measure; ONLY=name[,name] for some: one JSON object a figure"
	@echo "make peers   fetch and compile what the finger and face benches compare us with; kept outside the repository"
	@echo "make torture power cuts, kills, bad links; counts what was lost: MINUTES=10 SEED=1; WORKERS=2: hub workers over PostgreSQL; LEAST=1000: on until so many cuts and kills"
	@echo "make soak    eight hours of the finger sensor in minutes, faults included: MINUTES=16 SEED=1"
	@echo "make fuzz    change ANSI/NIST files, pictures and templates at random: none may crash a reader or be taken with a broken rule: COUNT=100000"
	@echo "make models  build the models (make demo and make test do it, too)"
	@echo "make kernels compile the numeric kernels for this machine, where it has a C compiler (make demo and make test do it, too)"
	@echo "make firmware build the panel's firmware: firmware/panel/build/panel.uf2"
	@echo "make install for the whole machine, as root: programs, units, users; make uninstall leaves records and keys"
	@echo "make deb     a Debian package with everything inside, for machines without a network: build/*.deb"
	@echo "make image   a card's image with everything on it, for BOARD=virt, pi4 or pi5: image-build/build (needs root; README there)"
	@echo "make test-image  starts that image in QEMU and checks it against a hub outside (needs root)"
	@echo "make lock    resolve requirements.lock anew"

demo: .venv/ready models kernels
	@$(BIN)/hotspot demo

test: .venv/ready models kernels
	@.ci/debian mosquitto mosquitto
	@.ci/debian gcc-arm-none-eabi arm-none-eabi-gcc
	@.ci/debian chromium chromium
	@.ci/debian fonts-noto-core
	@.ci/debian nginx-light nginx
	@.ci/debian swtpm swtpm
	@.ci/debian tpm2-tools tpm2_startup
	@$(BIN)/python -m pytest $(PYTEST_ARGS)

pages: .venv/ready
	@.ci/debian --must chromium chromium
	@.ci/debian --must fonts-noto-core
	@PAGES_PICTURES=1 $(BIN)/python -m pytest tests/test_web_browser.py tests/test_web_officers_browser.py tests/test_web_officers_story.py tests/test_training_story.py $(PYTEST_ARGS)
	@echo "build/pages holds a picture of every page in every language: look at them"

test-camera: .venv/ready
	@tests/camera/run $(PYTEST_ARGS)

image: .venv/ready models
	@image-build/image $(BOARD)

test-image: .venv/ready models
	@image-build/test $(PYTEST_ARGS)

check: lint test

lint: .venv/ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/mypy --config-file tests/mypy.ini

format: .venv/ready
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: .venv/ready models kernels peers
	@.ci/debian mosquitto mosquitto
	@.ci/debian nginx-light nginx
	@$(BIN)/hotspot bench $(ONLY)

peers: .venv/ready
	@.ci/peers $(BIN)/python

torture: .venv/ready
	@.ci/debian mosquitto mosquitto
	@$(BIN)/hotspot torture --minutes $(MINUTES) --seed $(SEED) --workers $(WORKERS) --least $(LEAST)

soak: MINUTES = 16
soak: .venv/ready
	@$(BIN)/hotspot soak --minutes $(MINUTES) --seed $(SEED)

fuzz: .venv/ready
	@$(BIN)/python -W error tests/fuzz_nist.py --count $(COUNT) --seed $(SEED)
	@$(BIN)/python -W error tests/fuzz_pictures.py --count $(COUNT) --seed $(SEED)
	@$(BIN)/python -W error tests/fuzz_templates.py --count $(COUNT) --seed $(SEED)

models: .venv/ready
	@$(BIN)/python -m models.build >&2

kernels: .venv/ready
	@$(BIN)/python -m hotspot_kiosk.kernels.build

firmware: .venv/ready
	@.ci/debian --must gcc-arm-none-eabi arm-none-eabi-gcc
	@$(MAKE) --no-print-directory -C firmware/panel

.venv/ready: requirements.lock pyproject.toml .ci/venv
	@.ci/venv $(PYTHON)

install: models kernels
	@systemd/install

uninstall:
	@systemd/uninstall

deb: models
	@$(BIN)/python -m hotspot_kiosk.kernels.build --all
	@systemd/deb build

lock: .venv/ready
	@.ci/lock

clean:
	rm -rf .venv models/built build dist image-build/build firmware/panel/build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
