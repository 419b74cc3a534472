"""The notebooks in `examples/notebooks` run from top to bottom, and hold no output."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import matplotlib
import pytest

FOLDER = Path(__file__).parents[1] / "examples" / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


def cells(path: Path) -> list[str]:
    content = json.loads(path.read_text())
    assert content["nbformat"] == 4
    code = [cell for cell in content["cells"] if cell["cell_type"] == "code"]
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)
    return ["".join(cell["source"]) for cell in code]


@pytest.fixture
def play(tmp_path, monkeypatch):
    matplotlib.use("agg")
    monkeypatch.setattr("tempfile.mkdtemp", lambda: str(tmp_path))

    def play(name: str) -> list[Any]:
        names: dict[str, Any] = {}
        shown = []
        for text in cells(FOLDER / f"{name}.ipynb"):
            tree = ast.parse(text)
            last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
            exec(compile(tree, name, "exec"), names)
            if last is not None:
                value = eval(compile(ast.Expression(last.value), name, "eval"), names)
                shown += [] if text.endswith(";") else [value]
        return shown

    return play


def test_three_notebooks_stand_there():
    assert [path.stem for path in NOTEBOOKS] == ["expressions", "first_steps", "what_was_kept"]


def test_first_steps(play, capfd):
    shown = play("first_steps")
    who, foreseen, result, verdict = shown
    assert str(who).splitlines()[0] == "1 person in patient.mp4, 12 frames, 0.92 s"
    assert foreseen == [(1, result.surrogates[0])]  # of one subject, so the same face
    assert verdict.passed and "nobody is recognised" in str(verdict)
    assert repr(result) == str(result) and len(str(result).splitlines()) < 12
    told = capfd.readouterr()
    assert told.out == told.err == ""  # nothing that nobody asked for


def test_what_was_kept(play):
    evidence, figures = play("what_was_kept")
    assert "lines of profile" in str(evidence)
    assert figures.loc["dynamics.r_cca", "value"] > 0.5
    lines = evidence.plot().get_lines()
    assert [line.get_label() for line in lines] == ["original", "result"]


def test_expressions(play):
    scored, when = play("expressions")
    assert abs(when["eyeBlinkLeft"] - 0.5) < 0.1 and 1.0 < when["mouthSmileLeft"] < 1.8
    assert "51 scores, 24 of 24 frames scored" in str(scored)
