"""`mien compare`: engines beside each other, and no video left behind."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

import mien.evidence.engines_compared as room
import mien.evidence.original as recorded
from mien.cli.app import app
from mien.cli.given import Given, giving
from mien.errors import EngineError
from mien.evidence.engines_compared import COLUMNS
from mien.evidence.metrics import Metrics
from mien.fidelity.figures import FIGURES
from mien.video import Reader, Writer
from thoroughness import FEWER

NAME = "Erika-Mustermann"
ENDINGS = ("html", "csv", "json", "png", "svg")


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def grey(source: Path, out: Path) -> None:
    """A copy without colours."""
    with Reader(source) as reader, Writer(out, reader.info) as writer:
        for frame in reader:
            writer.write(
                np.repeat(frame.image.mean(2, keepdims=True), 3, 2).astype(np.uint8), frame.pts
            )
        writer.commit()


@pytest.fixture(scope="module")
def done(tmp_path_factory, brief) -> tuple[Path, Any, dict[Path, bytes]]:
    """An engine, a published baseline and another tool's result of one short clip: the folder, the
    answer and what was there before."""
    folder = tmp_path_factory.mktemp("compare")
    (folder / "tmp").mkdir()
    brief.copy(folder, f"{NAME}.mp4")
    before = contents(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(folder / "tmp"))
        words = ["compare", folder / f"{NAME}.mp4", "--engines", "mask, fmp-pixelate"]
        # what another tool made of it, called as its author liked
        another = folder / f"{NAME}-swapped.mp4"
        grey(folder / f"{NAME}.mp4", another)
        before = contents(folder)
        words += ["--result", f"swap={another}", "-o", folder / "out"]
        # the recogniser looks at a few frames only: it is tested elsewhere
        with giving(Given(thoroughness=FEWER)):
            answer = CliRunner().invoke(app, [str(word) for word in words])
    return folder, answer, before


def test_a_row_for_each_engine_and_one_for_the_ceiling(done):
    _, answer, _ = done
    assert answer.exit_code == 0, answer.output
    header, *rows, last = answer.stdout.splitlines()
    for title in ("r_x", "r_CCA", "OKS>.95", "recognised"):
        assert title in header
    assert [row.split()[0] for row in rows] == ["mask", "fmp-pixelate", "swap", "(ceiling)"]
    assert {len(row) for row in rows} == {len(header)} and "comparison.html" in last
    assert "Traceback" not in answer.output


def test_only_the_measurements_are_kept(done):
    folder, _, before = done
    after = contents(folder)
    assert {path: after[path] for path in before} == before
    made = {path for path in after if path not in before and path.name != ".mien-files"}
    assert made == {folder / "out" / f"comparison.{ending}" for ending in ENDINGS}
    assert not list((folder / "tmp").iterdir())


def test_the_numbers_are_strict_json(done):
    folder, _, _ = done

    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is not JSON")

    text = (folder / "out" / "comparison.json").read_text()
    found = json.loads(text, parse_constant=refuse)
    names = [row["engine"] for row in found["rows"]]
    assert names == ["mask", "fmp-pixelate", "swap"]
    assert not any(row["error"] for row in found["rows"])
    mask, _, swap = found["rows"]
    # in a copy whose colours alone are gone the face is seen, and the patient is recognised
    assert swap["figures"]["continuity.face_found"] > 0.9
    assert swap["figures"]["privacy.share_recognised"] > 0.9
    assert found["ceiling"]["continuity.face_found"] == 1
    assert mask["figures"]["continuity.face_found"] < 0.5
    assert mask["figures"]["privacy.share_recognised"] == 0


def test_the_originals_name_and_place_are_nowhere_in_the_folder(done):
    folder, _, _ = done
    for path, data in contents(folder / "out").items():
        for secret in (NAME, str(folder)):
            assert secret.encode() not in data, (path.name, secret)


@pytest.fixture
def quick(monkeypatch) -> None:
    """Nothing is measured; the engine `blur` fails."""

    class Subject:
        landmarker = None

        def __init__(self, path: Path, **_: Any) -> None:
            self.path = path

    def deidentify(source: Path, out: Path, settings: Any, **_: Any) -> None:
        out.write_bytes(b"a video")
        if settings.engine == "blur":
            raise EngineError(f"The engine cannot draw {source}: plug it in.")
        if settings.engine == "mesh":
            raise KeyboardInterrupt

    metrics = Metrics(
        measures={"dynamics": {"r_x": 0.5, "ceiling": {"r_x": 0.9}}}, profile={"passed": True}
    )

    monkeypatch.setattr(recorded, "Original", Subject)
    monkeypatch.setattr(room, "evaluate", lambda *a, **k: SimpleNamespace(metrics=metrics))
    monkeypatch.setattr(room, "write_baseline", deidentify)
    monkeypatch.setattr(room, "deidentify", deidentify)


def test_an_engine_that_fails_is_a_row_without_numbers(mien, brief, quick, monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    words = ("--engines", "mask,blur", "-o", tmp_path / "out")
    result = mien("compare", brief.path, *words)
    assert result.exit_code == 1, result.output
    told = f"mien: blur: The engine cannot draw {brief.path}: plug it in."
    assert told in result.stderr.splitlines()
    rows = json.loads((tmp_path / "out" / "comparison.json").read_text())["rows"]
    assert [row["error"] for row in rows] == [
        None,
        "The engine cannot draw the original: plug it in.",
    ]
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_as_json(mien, brief, quick, tmp_path):
    result = mien("compare", brief.path, "--engines", "mask", "-o", tmp_path / "out", "--json")
    assert result.exit_code == 0, result.output
    (row,) = json.loads(result.stdout)["engines"]
    assert row["engine"] == "mask" and row["metrics"]["dynamics"]["r_x"] == 0.5


def test_what_other_tools_made_can_be_compared_alone(mien, brief, quick, tmp_path):
    words = ("--engines", "", "--result", f"swap={brief.path}", "-o", tmp_path / "out", "--json")
    result = mien("compare", brief.path, *words)
    assert result.exit_code == 0, result.output
    (row,) = json.loads(result.stdout)["engines"]
    assert row["engine"] == row["metrics"]["about"]["deidentified"] == "swap"
    assert brief.path.is_file()


def test_an_interruption_leaves_nothing(mien, brief, quick, monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    result = mien("compare", brief.path, "--engines", "mask,mesh", "-o", tmp_path / "out")
    assert result.exit_code == 130 and "interrupted" in result.stderr
    assert not list(tmp_path.iterdir())


def test_its_columns_are_figures():
    assert {key for _, key, _ in COLUMNS} <= set(FIGURES)


def test_refusals(mien, brief, tmp_path):
    letter = tmp_path / "letter.mp4"
    letter.write_text("Dear colleague,\n" * 99)
    full = tmp_path / "full"
    full.mkdir()
    (full / "thesis.txt").write_text("mine")
    before = contents(tmp_path)
    out = tmp_path / "out"
    two = ("--result", f"a={brief.path}", "--result", f"a={brief.path}")
    for status, says, words in (
        (2, "no engine called 'magic'", (brief.path, "--engines", "mask,magic", "-o", out)),
        (2, "each engine once", (brief.path, "--engines", "mask,mask", "-o", out)),
        (2, "each engine once", (brief.path, "--engines", " , ", "-o", out)),
        (2, "give NAME=FILE", (brief.path, "--result", "swapped.mp4", "-o", out)),
        (2, "give NAME=FILE", (brief.path, "--result", f"../x={brief.path}", "-o", out)),
        (2, "names 'a' twice", (brief.path, *two, "-o", out)),
        (2, "as an engine is called", (brief.path, "--result", f"mesh={brief.path}", "-o", out)),
        (3, "letter.mp4", (brief.path, "--result", f"a={letter}", "-o", out)),
        (3, "none.mp4", (brief.path, "--result", f"a={tmp_path / 'none.mp4'}", "-o", out)),
        (2, "no profile", (brief.path, "--profile", "nonsense", "-o", out)),
        (6, "full", (brief.path, "-o", full)),
        (3, "letter.mp4", (letter, "-o", out)),
        (3, "none.mp4", (tmp_path / "none.mp4", "-o", out)),
        (2, "there is no person 3", (brief.path, "--person", 3, "-o", out)),
    ):
        result = mien("compare", *words)
        assert result.exit_code == status, (words, result.output)
        (said,) = [line for line in result.stderr.splitlines() if line.startswith("mien: ")]
        assert says in said and "Traceback" not in result.output and not result.stdout
    assert contents(tmp_path) == before and not out.exists()


def test_a_comparison_is_replaced_only_when_told(mien, brief, quick, tmp_path):
    words = ("compare", brief.path, "--engines", "mask", "-o", tmp_path / "out")
    first = mien(*words)
    assert first.exit_code == 0, first.output
    before = contents(tmp_path)
    assert mien(*words).exit_code == 6 and contents(tmp_path) == before
    assert mien(*words, "--overwrite").exit_code == 0
    assert set(contents(tmp_path)) == set(before)


def test_help_shows_an_example(mien):
    result = mien("compare", "--help")
    assert result.exit_code == 0 and "Example" in result.stdout
