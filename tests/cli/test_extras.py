"""What not everybody installs: a command says so at once, and how to get it."""

from __future__ import annotations

import re
import tomllib
from importlib.util import find_spec
from pathlib import Path

import pytest

from mien.cli import failure
from mien.cli.failure import BRINGS, EXTRAS, explain, need


@pytest.fixture
def bare(monkeypatch) -> None:
    """An installation without any extra."""
    monkeypatch.setattr(
        failure, "find_spec", lambda name: None if name in EXTRAS else find_spec(name)
    )


@pytest.mark.parametrize(
    "words",
    [
        ("evaluate", "CLIP", "CLIP", "-o", "OUT"),
        ("compare", "CLIP", "-o", "OUT"),
        ("encounter", "CLIP", "-o", "OUT"),
        ("encounter", "publish", "CLIP", "-o", "OUT"),
        ("release", "CLIP", "-o", "OUT"),
    ],
)
def test_a_command_refuses_before_the_work(mien, bare, brief, tmp_path, words):
    places = {"CLIP": brief.path, "OUT": tmp_path / "out"}
    run = mien(*(places.get(word, word) for word in words))
    assert run.exit_code == 1
    assert "make app" in run.stderr and run.stderr.count("\n") == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("words", "target"),
    [
        (("study", "analyse", "TABLE", "-o", "OUT"), "study"),
        (("study", "reid", "TABLE", "-o", "OUT"), "study"),
        (("encounter", "study", "TABLE", "-o", "OUT"), "study"),
        (("review", "meta", "TABLE", "-o", "OUT"), "review"),
    ],
)
def test_one_command_brings_all_that_is_missing(mien, bare, tmp_path, words, target):
    places = {"TABLE": tmp_path / "t.csv", "OUT": tmp_path / "out"}
    run = mien(*(places.get(word, word) for word in words))
    assert run.exit_code == 1 and f"make {target} brings it" in run.stderr


def test_what_an_extra_brings_is_what_is_declared():
    project = Path(__file__).parents[2] / "pyproject.toml"
    declared = tomllib.loads(project.read_text())["project"]["optional-dependencies"]

    def packages(extra):
        for line in declared[extra]:
            name, included = re.match(r"([\w-]+)(?:\[(.+)\])?", line).groups()
            if name == "mien":
                for other in included.split(","):
                    yield from packages(other)
            else:
                yield {"scikit-learn": "sklearn"}.get(name, name)

    for extra, brought in BRINGS.items():
        assert set(packages(extra)) <= set(brought)


def test_what_is_installed_is_not_asked_for(bare, monkeypatch):
    monkeypatch.setattr(failure, "find_spec", lambda name: name)
    need("reports")


def test_another_missing_module_is_unexpected():
    error = ModuleNotFoundError("No module named 'numpy'", name="numpy")
    assert "something unexpected" in explain(error)[0]
