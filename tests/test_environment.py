"""pyproject.toml, requirements.txt and environment.yml say the same."""

import re
import sys
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LINES = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
PINS = [Requirement(line) for line in LINES if line.strip() and not line.startswith("#")]
RANGES = [
    Requirement(text)
    for texts in (PROJECT["project"]["dependencies"], *PROJECT["project"]["optional-dependencies"].values())
    for text in texts
]
PYTHONS = ["3.10", "3.11", "3.12", "3.13"]


def _holds(requirement, python):
    return requirement.marker is None or requirement.marker.evaluate({"python_version": python})


@pytest.mark.parametrize("python", PYTHONS)
def test_every_dependency_has_one_pin_within_its_range(python):
    for wanted in RANGES:
        if not _holds(wanted, python):
            continue
        name = canonicalize_name(wanted.name)
        pins = [p for p in PINS if canonicalize_name(p.name) == name and _holds(p, python)]
        assert len(pins) == 1, f"{wanted.name} has {len(pins)} pins for Python {python} in requirements.txt"
        (exact,) = pins[0].specifier
        assert exact.operator == "=="
        assert wanted.specifier.contains(exact.version), f"{pins[0]} is outside of {wanted}"


def test_every_pin_is_of_a_dependency():
    assert {canonicalize_name(p.name) for p in PINS} <= {canonicalize_name(r.name) for r in RANGES}


def test_conda_takes_the_same_python_and_the_pinned_list():
    conda = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    assert f"python{PROJECT['project']['requires-python']}" in conda["dependencies"]
    (pip,) = (entry["pip"] for entry in conda["dependencies"] if isinstance(entry, dict))
    assert pip == ["-r requirements.txt", "-e ."]


def test_make_installs_with_the_pinned_list_and_what_the_package_declares():
    make = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert "-c requirements.txt" in make
    extras = {name for group in re.findall(r"-e \"?\.\[([\w,]+)\]", make) for name in group.split(",")}
    assert extras <= set(PROJECT["project"]["optional-dependencies"])


def test_what_the_package_reads_is_packed_with_it():
    patterns = PROJECT["tool"]["setuptools"]["package-data"]["stemlab"]
    packed = {file for pattern in patterns for file in (ROOT / "stemlab").glob(pattern)}
    folders = (ROOT / "stemlab" / "weights", ROOT / "stemlab" / "widgets")
    there = {f for d in folders if d.is_dir() for f in d.rglob("*") if f.is_file() and f.suffix not in (".py", ".pyc")}
    assert there <= packed


def test_the_version_is_the_same_in_all_places():
    import stemlab

    assert PROJECT["project"]["version"] == stemlab.__version__
