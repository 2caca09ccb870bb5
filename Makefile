# make demo: a band in out/demo. make test: all tests. make lab: JupyterLab. Each makes .venv by itself.
# make student, make site: the lessons without solutions, and as pages.
PYTHON ?= python3
PY := .venv/bin/python
INSTALL := $(PY) -m pip install --quiet --disable-pip-version-check -c requirements.txt
HELP_INSTALL := { echo "The install failed: see the lines above. With an old pip: $(PY) -m pip install --upgrade pip." \
	"To start over: make clean."; exit 1; }

.PHONY: help demo test fuzz lab student site handout german lint format clean

help:
	@echo "make demo   make a band: out/demo/player.html"
	@echo "make test   all tests, notebooks included"
	@echo "make fuzz   thousands of damaged files for each reader (an hour; FUZZ=5000 says how many)"
	@echo "make lab    open the notebooks in JupyterLab"
	@echo "make student  the lessons without solutions: notebooks/student"
	@echo "make site   the lessons as pages that play without Python: site/index.html (a quarter of an hour)"
	@echo "make handout  the course on paper, a sheet a lesson: site/handout.html;  make german  lesson 0 in German: notebooks/de"
	@echo "make lint   ruff and mypy;  make format  put the code in ruff's form"
	@echo "make clean  remove .venv and caches (out/ and runs/ stay)"
	@echo "Another Python: make demo PYTHON=python3.12"

demo: .venv/.demo
	$(PY) -m stemlab generate --stems "drums: tight funk kit" "bass: slap bass" "keys: electric piano" \
		"guitar: clean electric guitar" --prompt funk --bpm 100 --key "A minor" --bars 4 --seed 7 \
		--out out/demo --force

# On a busy machine, threads that wait busily would wait for each other: see stemlab/__init__.py.
test: export OMP_WAIT_POLICY := passive
test: .venv/.test
	$(PY) -m pytest --doctest-modules --nbmake --ignore=notebooks/student --ignore=notebooks/de --ignore=notebooks/colab stemlab tests $(wildcard notebooks)

lab: export GOMP_SPINCOUNT ?= 1000
FUZZ ?= 5000
fuzz: export OMP_WAIT_POLICY := passive
fuzz: .venv/.test
	FUZZ=$(FUZZ) $(PY) -m pytest -q tests/test_foreign.py tests/test_foreign_data.py

lab: .venv/.lab
	$(PY) -m jupyterlab notebooks

student: .venv/.demo
	$(PY) notebooks/publish.py student

site: .venv/.test
	$(PY) notebooks/publish.py site

handout german: .venv/.lab
	$(PY) notebooks/publish.py $@

lint: .venv/.test
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy

format: .venv/.test
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache stemlab.egg-info build
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(PY):
	@command -v $(PYTHON) >/dev/null || { echo "There is no $(PYTHON): install Python 3.10 to 3.13, or name one:" \
		"make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] < (3, 14))' || { \
		echo "$(PYTHON) is $$($(PYTHON) -V 2>&1): stemlab takes Python 3.10 to 3.13. Name one:" \
		"make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv --clear .venv || { rm -rf .venv; echo "Making .venv failed: install the venv module" \
		"(Debian, Ubuntu: apt install python3-venv) or name another Python: PYTHON=python3.12"; exit 1; }

.venv/.demo: pyproject.toml requirements.txt | $(PY)
	@echo "Installing into .venv (PyTorch is large: a few minutes the first time) ..."
	@$(INSTALL) -e . || $(HELP_INSTALL)
	@touch $@

.venv/.test: pyproject.toml requirements.txt | $(PY)
	@echo "Installing into .venv (PyTorch is large: a few minutes the first time) ..."
	@$(INSTALL) -e ".[dev,eval,export,hub,lab,train]" || $(HELP_INSTALL)
	@touch .venv/.demo $@

.venv/.lab: pyproject.toml requirements.txt | $(PY)
	@echo "Installing JupyterLab into .venv ..."
	@$(INSTALL) -e ".[lab]" || $(HELP_INSTALL)
	@touch .venv/.demo $@
