"""Synthetic clips shared by the tests, and a way to run the command line in this process."""

from __future__ import annotations

import os

# one thread each: two processes share the cores already, and threads that wait use them up
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mien.phantom import Script, Tremor, Truth, render_phantom
from mien.pipeline import settings
from thoroughness import FEWER


@dataclass(frozen=True)
class Clip:
    """A phantom in a folder of its own."""

    path: Path
    """The clip; tests copy it and leave it alone."""
    truth: Truth
    """What is true of its frames."""

    def copy(self, folder: Path, name: str = "clip.mp4") -> Path:
        """A copy that a test may do anything with."""
        return Path(shutil.copy(self.path, folder / name))


def _clip(folder: Path, **settings) -> Clip:
    path = folder / "clip.mp4"
    script = Script(**{"width": 320, "height": 320, "fps": 15, "seed": 1, **settings})
    return Clip(path, render_phantom(script, path))


_LONG = ("test_outputs", "web/browser", "pipeline", "fidelity/test_proof", "evidence", "cli")
"""How the places of the longest files begin, in the order in which they are begun; before them the
one that forks, while a process is small."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Have the shortest files last, so that no process waits long for another."""
    here = Path(__file__).parent

    def rank(item: pytest.Item) -> int:
        place = item.path.relative_to(here).as_posix()
        return next((k for k, long in enumerate(_LONG) if place.startswith(long)), len(_LONG))

    items.sort(key=rank)


@pytest.fixture(scope="session")
def patient(tmp_path_factory) -> Clip:
    """Two seconds of somebody who blinks, smiles and trembles, at an uneven frame rate."""
    return _clip(
        tmp_path_factory.mktemp("patient"),
        seconds=2,
        smile=(0.4, 1.8),
        blinks=(0.5,),
        tremor=Tremor(hertz=5),
        variable_frame_rate=True,
    )


@pytest.fixture(scope="session")
def brief(tmp_path_factory) -> Clip:
    """Half a second of a face, where what the face does is beside the point."""
    return _clip(tmp_path_factory.mktemp("brief"), seconds=0.5)


@pytest.fixture(scope="session")
def make_clip(tmp_path_factory) -> Callable[..., Clip]:
    """Renders a phantom from the settings of a `Script`."""
    return lambda **settings: _clip(tmp_path_factory.mktemp("phantom"), **settings)


@pytest.fixture
def fewer_checks(monkeypatch) -> None:
    """Let the recogniser look at a few frames only, where it is not what is tested."""
    monkeypatch.setattr(settings, "THOROUGHNESS", FEWER)


@pytest.fixture
def mien() -> Callable[..., object]:
    """Runs a command line and returns its status, stdout and stderr."""
    from mien.cli.app import app

    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])
