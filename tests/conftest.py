"""Synthetic clips shared by the tests, and a way to run the command line in this process."""

from __future__ import annotations

import os

# one thread each, in what tests start too: as many processes as cores share them already, and
# threads that wait for each other use them up
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENCV_FOR_THREADS_NUM", "1")

import pickle
import sqlite3
from collections.abc import Callable
from contextlib import closing
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from typer.main import get_command

from mien.phantom import Script, Tremor
from phantoms import Clip, film
from thoroughness import FEWER

_LONG = (
    *("test_outputs", "web/browser/test_browser_pages", "pipeline/test_leftover"),
    *("pipeline/test_pipeline", "tracking/test_tracker", "fidelity/test_proof"),
    *("evidence", "web/browser", "pipeline", "cli", "web", "phantom"),
)
"""How the places of the longest files begin, and of those that wait for other processes, in order;
before them the one that forks, while a process is small."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--thorough` runs what takes long and repeats on more clips what others test as well."""
    parser.addoption("--thorough", action="store_true", help="run every test, on every clip")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Have the shortest files last, so that no process waits long for another."""
    if not config.getoption("--thorough"):
        skip = pytest.mark.skip(reason="takes long: make test-thorough runs it")
        for item in items:
            if item.get_closest_marker("thorough"):
                item.add_marker(skip)
    here = Path(__file__).parent

    def rank(item: pytest.Item) -> int:
        place = item.path.relative_to(here).as_posix()
        return next((k for k, long in enumerate(_LONG) if place.startswith(long)), len(_LONG))

    items.sort(key=rank)


@pytest.fixture(scope="session")
def once(tmp_path_factory) -> Callable[..., Any]:
    """`once(make, *words)` is `make(folder, *words)`, called by whichever process of this run of
    the tests asks first; the others are given a copy. `repr` of the words tells them apart."""
    base = tmp_path_factory.getbasetemp()
    shared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "once"
    shared.mkdir(exist_ok=True)

    def get(make: Callable[..., Any], *words: Any) -> Any:
        key = sha256(f"{make.__module__} {make.__qualname__} {words!r}".encode()).hexdigest()
        folder, kept = shared / key[:16], shared / f"{key[:16]}.pickle"
        with closing(sqlite3.connect(shared / f"{key[:16]}.lock", timeout=600)) as lock:
            lock.execute("BEGIN EXCLUSIVE")  # a lock that every system has, gone with its process
            if not kept.exists():
                folder.mkdir()
                kept.write_bytes(pickle.dumps(make(folder, *words)))
        return pickle.loads(kept.read_bytes())

    return get


@pytest.fixture(scope="session")
def make_clip(once) -> Callable[..., Clip]:
    """Renders a phantom from the settings of a `Script`, the same ones once."""
    usual = {"width": 320, "height": 320, "fps": 15, "seed": 1}
    return lambda **settings: once(film, Script(**{**usual, **settings}))


@pytest.fixture(scope="session")
def patient(make_clip) -> Clip:
    """Two seconds of somebody who blinks, smiles and trembles, at an uneven frame rate."""
    return make_clip(
        seconds=2,
        smile=(0.4, 1.8),
        blinks=(0.5,),
        tremor=Tremor(hertz=5),
        variable_frame_rate=True,
    )


@pytest.fixture(scope="session")
def brief(make_clip) -> Clip:
    """Half a second of a face, where what the face does is beside the point."""
    return make_clip(seconds=0.5)


@pytest.fixture
def given() -> dict[str, Any]:
    """What `mien` gives the commands beside their words: fields of `mien.cli.given.Given`."""
    return {}


@pytest.fixture
def fewer_checks(given) -> None:
    """Let the recogniser look at a few frames only, where it is not what is tested."""
    given["thoroughness"] = FEWER


@pytest.fixture
def mien(given) -> Callable[..., object]:
    """Runs a command line and returns its status, stdout and stderr."""
    from mien.cli.app import app
    from mien.cli.given import Given, giving

    def run(*words: object) -> object:
        with giving(Given(**given)):
            return CliRunner().invoke(_command(app), [str(word) for word in words])

    return run


@cache
def _command(app: Any) -> Any:
    """All of the commands, which typer makes anew for each run: that takes longer than most do."""
    return get_command(app)
