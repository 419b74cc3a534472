"""Who may import whom: data flows one way, and nobody marks their own work."""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import mien

ROOT = Path(mien.__file__).parent
RIM = ("study", "live", "web", "training", "cli")
# each may import what stands before it; choosing a surrogate tries engines out, so it comes later
# than the surrogates themselves
FLOW = (
    "video",
    "tracking",
    "surrogates",
    "engines",
    "compositing",
    "surrogates.choose",
    "survey",
    "casting",
    "pipeline",
)
EVERYBODYS = {"mien", "mien.errors"}


@cache
def imports() -> dict[str, set[str]]:
    """Modules of mien that each module of mien imports, anywhere in its text."""
    files = {name(path): path for path in ROOT.rglob("*.py")}
    found: dict[str, set[str]] = {}
    for module, path in files.items():
        found[module] = set()
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                wanted = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{module} imports relatively"
                wanted = [f"{node.module}.{alias.name}" for alias in node.names]
            else:
                continue
            for item in wanted:
                while item not in files and "." in item:  # a name in a module
                    item = item.rpartition(".")[0]
                if item in files:
                    found[module].add(item)
    return found


def name(path: Path) -> str:
    parts = path.relative_to(ROOT.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def within(module: str, room: str) -> bool:
    return module == f"mien.{room}" or module.startswith(f"mien.{room}.")


def reached(module: str) -> set[str]:
    """Everything that a module imports, and what that imports."""
    seen: set[str] = set()
    waiting = [module]
    while waiting:
        for other in imports()[waiting.pop()] - seen - EVERYBODYS:
            seen.add(other)
            waiting.append(other)
    return seen


def place(module: str) -> int | None:
    """Where a module stands in the flow; None for those outside it."""
    places = [k for k, room in enumerate(FLOW) if within(module, room)]
    return max(places, key=lambda k: len(FLOW[k]), default=None)


def test_the_text_is_read():
    assert "mien.engines.mesh" in imports()["mien.surrogates.choose"]
    assert "mien.surrogates.bank" in imports()["mien.pipeline"]
    assert "mien.cli.app" in imports()["mien.cli"]


@pytest.mark.parametrize(
    "room", ["privacy", "fidelity", "expression", "evidence", "cohort", "report", "release"]
)
def test_measures_never_see_an_engine(room):
    for module in imports():
        if within(module, room):
            assert not [other for other in reached(module) if within(other, "engines")], module


@pytest.mark.parametrize("room", RIM)
def test_nobody_imports_the_rim(room):
    for module, others in imports().items():
        if within(module, room) or (room, module) == ("web", "mien.cli.serve"):
            continue  # the command that starts the application
        assert not [other for other in others if within(other, room)], module


@pytest.mark.parametrize(
    "module", ["geometry", "outputs", "searching", "shortfall", "intake.amounts"]
)
def test_what_everybody_imports_imports_nothing_of_ours(module):
    assert imports()[f"mien.{module}"] <= EVERYBODYS


def test_data_flows_one_way():
    upward = [
        f"{module} imports {other}"
        for module, others in imports().items()
        for other in others
        if place(module) is not None and place(other) is not None and place(other) > place(module)  # type: ignore[operator]
    ]
    assert not upward


def test_no_circles():
    assert not [module for module in imports() if module in reached(module)]


def test_importing_mien_is_light():
    heavy = ("mediapipe", "dlib", "torch", "numba", "cv2", "av")
    script = f"import sys, mien, mien.cli; print([m for m in {heavy} if m in sys.modules])"
    found = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "[]"
