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
LIST = Path(__file__).parents[1] / "docs" / "architecture.md"
ROOMS = [line.split()[0] for line in LIST.read_text().split("```")[1].split("\n") if line.strip()]
"""Every room of mien, each below those that it may import from."""
NO_ROOMS = {"assets", "py.typed"}
EVERYBODYS = {"mien"}


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


def room(module: str) -> str:
    return module.split(".")[1]


def test_the_text_is_read():
    assert "mien.engines.mesh.engine" in imports()["mien.engines.registry"]
    assert "mien.surrogates.bank" in imports()["mien.pipeline.settings"]
    assert "mien.cli.app" in imports()["mien.cli"]


def test_the_list_names_every_room_and_no_other():
    there = {path.name.removesuffix(".py") for path in ROOT.iterdir()}
    assert set(ROOMS) == {
        name for name in there if not name.startswith(("_", ".")) and name not in NO_ROOMS
    }


@pytest.mark.parametrize("name", ROOMS)
def test_a_room_imports_only_from_those_above_it(name):
    above = ROOMS[: ROOMS.index(name) + 1]
    for module, others in imports().items():
        if module != "mien" and room(module) == name:
            assert not {o for o in others - EVERYBODYS if room(o) not in above}, module


@pytest.mark.parametrize("name", ["recognition", "privacy", "fidelity"])
def test_what_judges_never_sees_what_renders(name):
    for module in imports():
        if within(module, name):
            assert not [other for other in reached(module) if within(other, "engines")], module


def test_no_circles():
    assert not [module for module in imports() if module in reached(module)]


def test_importing_mien_is_light():
    heavy = ("onnxruntime", "dlib", "torch", "numba", "cv2", "av")
    script = f"import sys, mien, mien.cli; print([m for m in {heavy} if m in sys.modules])"
    found = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "[]"
