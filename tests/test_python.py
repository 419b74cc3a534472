"""What mien offers in Python stands on one page, and its examples run and are the page's."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
from dataclasses import is_dataclass
from pathlib import Path

import matplotlib
import pytest

import mien
from mien.advice import to_get
from mien.shown import Shown
from thoroughness import FEWER

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "python.md"
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))


def run(name: str, *arguments, **settings) -> None:
    runpy.run_path(str(ROOT / "examples" / f"{name}.py"))["main"](*arguments, **settings)


def test_the_page_names_everything_that_is_offered_and_nothing_else():
    table = [line for line in PAGE.read_text().splitlines() if line.startswith("| `mien.")]
    named = [re.match(r"\| `mien\.(\w+)", line).group(1) for line in table]
    assert sorted(named) == sorted(mien.__all__)
    for name in named:
        assert getattr(mien, name).__doc__


def test_the_page_holds_every_example_as_it_is():
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.S)
    assert blocks == [path.read_text() for path in EXAMPLES]
    for path in EXAMPLES:
        assert len(path.read_text().splitlines()) < 100 and f"`{path.name}`" in PAGE.read_text()


def test_every_result_is_a_dataclass_with_a_table_and_a_plot():
    results = ("Result", "People", "Verdict", "Evidence", "Comparison", "Linkage", "Encounter")
    for name in (*results, "ScoredClip"):
        offered = getattr(mien, name)
        assert is_dataclass(offered) and callable(offered.to_frame) and callable(offered.plot)


def test_plots_say_what_tables_say():
    matplotlib.use("agg")
    rate = {"value": 0.5, "low": 0.3, "high": 0.7, "chance": 0.1}
    attack = {"kind": "movement", "name": "correlations", "rank1": rate, "auc": rate}
    found = mien.Linkage({"people": 3, "clips": 4, "attacks": [attack, attack]})
    axes = found.plot()
    assert [line.get_xdata()[0] for line in axes.lines[:3]] == [0.3, 0.5, 0.1]
    assert len(axes.get_yticklabels()) == 2
    kept = {"dynamics": {"r_cca": 0.9}, "privacy": {"share_recognised": 0.25}}
    rows = ({"engine": "mesh", "error": None, "metrics": kept}, {"engine": "mask", "metrics": None})
    (point,) = mien.Comparison(rows).plot().lines
    assert (point.get_xdata()[0], point.get_ydata()[0]) == (0.9, 0.75)


def test_words_begin_at_the_left_and_numbers_end_at_the_right():
    class Told(Shown):
        def table(self):
            return [("who", "n", "says"), ("a", "5", "short"), ("b", "10", "a long sentence")]

    assert str(Told()).splitlines()[2:] == ["  a     5  short", "  b    10  a long sentence"]


def test_a_clip_is_deidentified(tmp_path, brief, capsys):
    settings = mien.Settings(subject="P01", voice="mute", thoroughness=FEWER)
    run("deidentify_a_clip", tmp_path, brief.path, settings)
    told = capsys.readouterr().out
    assert "nearest" in told and "human_faceres (had no say) recognises 0%" in told
    assert (tmp_path / "shared.mp4").exists()


def test_a_result_is_audited(tmp_path, brief, capsys):
    run("audit_a_result", tmp_path, brief.path, brief.path)  # nothing was hidden
    told = capsys.readouterr().out
    assert "SOMEBODY IS RECOGNISED" in told and told.count("human_faceres") == 1


def test_expressions_are_scored(tmp_path, capsys):
    run("score_expressions", tmp_path)
    told = dict(line.split(": most at ") for line in capsys.readouterr().out.splitlines())
    assert abs(float(told["eyeBlinkLeft"].split()[0]) - 0.5) < 0.1
    assert 1.0 < float(told["mouthSmileLeft"].split()[0]) < 1.8
    assert (tmp_path / "scores.csv").read_text().count("\n") == 25


def test_a_tremor_is_measured(tmp_path, capsys):
    settings = mien.Settings(subject="P01", judges=(), thoroughness=FEWER)
    run("tremor_before_and_after", tmp_path, settings)
    rows = [line for line in capsys.readouterr().out.splitlines() if "frequency, relative" in line]
    errors = [float(line.split(": ")[1].split()[0]) for line in rows]
    assert errors and min(errors) < 0.2  # Hz


def test_engines_stand_side_by_side(tmp_path, brief, capsys):
    run("engines_side_by_side", tmp_path, brief.path, engines=("mask", "pixelate"))
    told = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in told] == ["mask", "pixelate"]


def test_a_folder_becomes_a_table(tmp_path, brief, capsys):
    for folder in ("originals", "results"):
        (tmp_path / folder).mkdir()
        brief.copy(tmp_path / folder, "visit.mp4")
    brief.copy(tmp_path / "originals", "alone.mp4")
    run("table_of_a_folder", tmp_path / "originals", tmp_path / "results", tmp_path / "table.csv")
    told = capsys.readouterr()
    assert "1 clips" in told.out and "alone.mp4 has no result" in told.err
    header, row = (tmp_path / "table.csv").read_text().splitlines()
    assert row.startswith("visit,") and "privacy.share_recognised" in header


def test_a_table_without_pandas_says_what_to_install(monkeypatch):

    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ModuleNotFoundError, match=re.escape(to_get("reports"))):
        mien.Metrics().to_frame()


def test_the_reference_names_everything_that_is_offered():
    text = (ROOT / "docs" / "reference" / "index.rst").read_text()
    assert [name for name in mien.__all__ if f"mien.{name}" not in text] == []
    for path in EXAMPLES:
        assert f".. literalinclude:: ../../examples/{path.name}" in text


def test_rooms_are_called_whichever_way_they_are_met():
    """`mien.blendshapes` is a room and a function, however it was imported first."""
    script = (
        "import mien{first}\n"
        "from mien import blendshapes, encounter\n"
        "try: mien.blendshapes('none.mp4')\n"
        "except mien.MienError as error: print(error)\n"
        "try: encounter('none.mp4')\n"
        "except mien.MienError as error: print(error)\n"
    )
    for first in ("", ", mien.blendshapes.names, mien.encounter"):
        told = subprocess.run(
            [sys.executable, "-c", script.format(first=first)], capture_output=True, text=True
        )
        assert told.stdout.count("none.mp4") == 2, told.stderr
        assert told.stderr == ""
