"""What not everybody installs: a command says so at once, and how to get it."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from mien.cli import failure
from mien.cli.failure import EXTRAS, explain, need


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


def test_what_is_installed_is_not_asked_for(bare, monkeypatch):
    monkeypatch.setattr(failure, "find_spec", lambda name: name)
    need("reports")


def test_another_missing_module_is_unexpected():
    error = ModuleNotFoundError("No module named 'numpy'", name="numpy")
    assert "something unexpected" in explain(error)[0]
