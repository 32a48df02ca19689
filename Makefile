# The two commands of the README, and what developers need beside them. Each does all its set-up by itself.
PYTHON := .venv/bin/python
CHECK := $(PYTHON) -m

.PHONY: run test test-all bench format set-up check

run: set-up  ## open GPU Lab; without a display, show it in pictures
	@if [ -n "$$DISPLAY$$WAYLAND_DISPLAY" ] || [ "$$(uname)" = Darwin ]; then \
		exec $(PYTHON) -m gpulab; \
	else \
		echo "There is no display here, so GPU Lab runs its demo and leaves pictures of it in the folder demo."; \
		exec $(PYTHON) -m gpulab demo --out demo; \
	fi

test: check  ## every check that a change must pass
	@$(CHECK) pytest -n 2 --dist worksteal -m "not slow and not gpu"

test-all: check  ## the slow tests too, and those that need an NVIDIA GPU where there is one
	@$(CHECK) pytest

bench: set-up  ## measure this machine; the figures go into the documentation
	@$(PYTHON) -m gpulab bench --write resources/docs/measurements.md

format: set-up
	@$(CHECK) ruff check --fix .
	@$(CHECK) ruff format .

check: set-up
	@$(CHECK) ruff check .
	@$(CHECK) ruff format --check .
	@$(CHECK) mypy
	@.venv/bin/lint-imports --no-logo

set-up:
	@sh packaging/set-up.sh
