"""`mien evaluate`: a folder that may be shared, statuses, and refusals that leave nothing."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

import mien.evidence.evaluate as room
from mien.cli.app import app
from mien.evidence.evaluate import Evidence
from mien.evidence.measuring import MEASURES
from mien.fidelity.profile import Profile
from mien.report import folder as report_folder
from mien.video import Reader, Writer

NAME = "Erika-Mustermann"
WARD = "ward-7b"
EASY = """
[[line]]
key = "privacy.share_recognised"
says = "Nobody is recognised"
kind = "privacy"
at_most = 0.0
source = "this test"
"""


def rewrite(
    source: Path, out: Path, change: Callable[[np.ndarray], np.ndarray], frames: int = 99
) -> Path:
    """A changed copy of a clip."""
    with Reader(source) as reader, Writer(out, reader.info) as writer:
        for frame in reader:
            if frame.index < frames:
                writer.write(np.ascontiguousarray(change(frame.image)), frame.pts)
        writer.commit()
    return out


def hide(image: np.ndarray) -> np.ndarray:
    return cv2.blur(image, (121, 121))


@dataclass(frozen=True)
class Done:
    """A command that has run."""

    folder: Path
    original: Path
    result: Path
    answer: Any
    evidence: Evidence
    before: dict[Path, bytes]

    @property
    def out(self) -> Path:
        return self.folder / "report"


def contents(folder: Path) -> dict[Path, bytes]:
    """Every file under a folder, hidden ones too."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def done(tmp_path_factory, brief) -> Done:
    """A blurred clip, evaluated as a user would, from files with telling names."""
    folder = tmp_path_factory.mktemp("evaluate")
    (folder / WARD).mkdir()
    (folder / "shared").mkdir()
    original = brief.copy(folder / WARD, f"{NAME}.mp4")
    result = rewrite(original, folder / "shared" / "clip-7.mp4", hide)
    before = contents(folder)
    found: list[Evidence] = []
    real = room.evaluate
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(room, "evaluate", lambda *a, **k: found.append(real(*a, **k)) or found[0])
        patch.chdir(folder)
        words = ["evaluate", f"{WARD}/{NAME}.mp4", "shared/clip-7.mp4", "-o", "report"]
        answer = CliRunner().invoke(app, words)
    assert found, answer.output
    return Done(folder, original, result, answer, found[0], before)


@pytest.fixture
def measured(monkeypatch, done) -> list[tuple[Any, ...]]:
    """Every pair is as in `done`, as if only privacy had been asked; gives the calls.

    Nothing is measured again, and few figures are drawn.
    """
    calls: list[tuple[Any, ...]] = []
    metrics = replace(
        done.evidence.metrics,
        measures={**done.evidence.metrics.measures, **dict.fromkeys(MEASURES)},
    )
    evidence = replace(done.evidence, metrics=metrics, measures={}, readings=None, moments=())

    def stub(original: Any, deidentified: Any, **settings: Any) -> Evidence:
        calls.append((original, deidentified, settings))
        with Reader(original), Reader(deidentified):
            pass
        return replace(evidence, original=Path(original), deidentified=Path(deidentified))

    monkeypatch.setattr(room, "evaluate", stub)
    return calls


def sentence(result: Any) -> str:
    """The one sentence that explains a failure."""
    (said,) = [line for line in result.stderr.splitlines() if line.startswith("mien: ")]
    assert "Traceback" not in result.output and len(said) < 400
    return said


def test_the_answer_is_given_line_by_line(done):
    assert done.answer.exit_code == 1, done.answer.output
    lines = done.answer.stdout.splitlines()
    asked = Profile.open("generic").asks
    held = sum(line.startswith("holds ") for line in lines)
    could = held + sum(line.startswith("FAILS ") for line in lines)  # half a second shows no more
    assert held < could < len(asked)
    assert any(line.startswith("  -   ") and "(r_x)" in line for line in lines)
    assert lines[0].startswith(f"{held} of {could} requirements of the profile generic")
    assert len(lines) == len(asked) + 2 and "report.html" in lines[-1]
    assert any(line.startswith("holds ") and "No frame shows" in line for line in lines)
    assert "Traceback" not in done.answer.output


def test_the_folder_holds_the_page_and_the_numbers(done):
    assert {"report.html", "metrics.json"} <= {path.name for path in done.out.iterdir()}
    text = (done.out / "metrics.json").read_text()

    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is not JSON")

    metrics = json.loads(text, parse_constant=refuse)
    for key in (
        "dynamics", "blink", "tremor", "resting", "body", "pulse", "expression", "privacy",
    ):  # fmt: skip
        assert "ceiling" in metrics[key], key
    assert {"r_x", "r_y", "r_cca"} <= set(metrics["dynamics"])
    assert metrics["profile"]["passed"] is False
    page = (done.out / "report.html").read_text()
    assert "<html" in page and len(page) > 5000


def test_nothing_else_was_written_and_the_clips_are_as_they_were(done):
    after = contents(done.folder)
    outside = {path: data for path, data in after.items() if done.out not in path.parents}
    assert outside == done.before


def test_the_originals_name_and_place_are_nowhere_in_the_folder(done):
    for path, data in contents(done.out).items():
        for secret in (NAME, NAME.lower(), WARD, str(done.folder)):
            assert secret.encode() not in data, (path.name, secret)
            assert secret.encode("utf-16-le") not in data
        assert NAME not in path.name


def test_status_0_where_everything_holds(mien, done, tmp_path):
    profile = tmp_path / "easy.toml"
    profile.write_text(EASY)
    out = tmp_path / "out"
    words = ("--profile", profile, "--only", "privacy", "--json")
    result = mien("evaluate", done.original, done.result, "-o", out, *words)
    assert result.exit_code == 0, result.output
    printed = json.loads(result.stdout)
    stored = json.loads((out / "metrics.json").read_text())
    assert printed["privacy"] == stored["privacy"] and printed["profile"] == stored["profile"]
    assert printed["profile"]["name"] == "easy" and printed["profile"]["passed"] is True
    assert printed["dynamics"] is None and printed["privacy"]["passed"] is True
    assert (out / "report.html").is_file()


def test_the_settings_arrive(mien, done, measured, tmp_path):
    result = mien(
        "evaluate", done.original, done.result, "-o", tmp_path / "out", "--only", "fidelity",
        "--person", 1,
    )  # fmt: skip
    assert result.exit_code == 1, result.output
    ((_, _, settings),) = measured
    assert settings["only"] == "fidelity" and settings["person"] == 1
    assert settings["profile"].name == "generic" and settings["landmarker"] is None


def test_an_older_report_is_replaced_only_when_told(mien, done, measured, tmp_path):
    out = tmp_path / "out"
    words = ("evaluate", done.original, done.result, "-o", out)
    assert mien(*words).exit_code == 1
    before = contents(out)
    refused = mien(*words)
    assert refused.exit_code == 6 and "--overwrite" in sentence(refused)
    assert contents(out) == before and len(measured) == 1
    assert mien(*words, "--overwrite").exit_code == 1
    assert set(contents(out)) == set(before)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_the_originals_own_folder_is_never_replaced(mien, done, measured, tmp_path):
    """Though a report lies in it."""
    place = tmp_path / "visit"
    place.mkdir()
    original = place / "visit.mp4"
    original.write_bytes(done.original.read_bytes())
    (place / "metrics.json").write_text("{}")
    before = contents(tmp_path)
    for out in (place, tmp_path):
        result = mien("evaluate", original, done.result, "-o", out, "--overwrite")
        assert result.exit_code == 6, result.output
        assert "choose another folder" in sentence(result)
        assert contents(tmp_path) == before and not measured


def test_what_is_in_the_way_is_said_before_the_work(mien, done, measured, tmp_path):
    full, taken = tmp_path / "full", tmp_path / "taken"
    full.mkdir()
    (full / "thesis.txt").write_text("mine")
    taken.write_text("mine")
    before = contents(tmp_path)
    for out, more in (
        (full, ()), (full, ("--overwrite",)), (taken, ()), (taken, ("--overwrite",)),
        (tmp_path / "missing" / "out", ()),
    ):  # fmt: skip
        result = mien("evaluate", done.original, done.result, "-o", out, *more)
        assert result.exit_code == 6, (out, more, result.output)
        assert sentence(result)
    assert not measured and contents(tmp_path) == before
    assert {path.name for path in tmp_path.iterdir()} == {"full", "taken"}


def test_wrong_usage(mien, done, measured, tmp_path):
    bad = tmp_path / "bad.toml"
    bad.write_text(EASY.replace("at_most = 0.0", ""))
    for words, says in (
        (("--profile", "parkinsons-disease"), "There is no profile"),
        (("--profile", bad), "Line 1 of the profile"),
        (("--only", "beauty"), "--only"),
    ):
        result = mien("evaluate", done.original, done.result, "-o", tmp_path / "out", *words)
        assert result.exit_code == 2 and says in sentence(result)
    assert mien("evaluate", done.original, done.result).exit_code == 2  # without a folder
    assert not measured and [path.name for path in tmp_path.iterdir()] == ["bad.toml"]


def test_people_that_are_not_there(mien, done, tmp_path):
    words = ("-o", tmp_path / "out", "--person", 2)
    result = mien("evaluate", done.original, done.result, *words)
    assert result.exit_code == 2 and "there is no person 2" in sentence(result)
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_read(mien, done, tmp_path):
    folder = tmp_path / "clips"
    folder.mkdir()
    letter = folder / "letter.mp4"
    letter.write_text("Dear colleague, please find the video attached.\n" * 50)
    short = folder / "short.mp4"
    short.write_bytes(done.result.read_bytes()[:2000])
    wall = rewrite(done.result, folder / "wall.mp4", lambda im: np.full_like(im, 90), 3)
    before = contents(folder)
    for original, result, status, name in (
        (letter, done.result, 3, "letter.mp4"),
        (done.original, letter, 3, "letter.mp4"),
        (folder / "none.mp4", done.result, 3, "none.mp4"),
        (done.original, folder / "none.mp4", 3, "none.mp4"),
        (done.original, short, 3, "short.mp4"),
        (wall, done.result, 4, "wall.mp4"),
        (folder, done.result, 2, "folder"),
        (done.original, folder, 2, "folder"),
    ):
        answer = mien("evaluate", original, result, "-o", tmp_path / "out")
        assert answer.exit_code == status, (original, result, answer.output)
        assert name in sentence(answer) and not answer.stdout
    assert contents(folder) == before
    assert [path.name for path in tmp_path.iterdir()] == ["clips"]


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
@pytest.mark.parametrize("where", ["write", "commit"])
def test_a_report_that_fails_leaves_nothing(
    mien, done, measured, monkeypatch, tmp_path, error, where
):
    real = getattr(report_folder.Staged, where)
    calls = []

    def fails(self: Any, *args: Any) -> None:
        calls.append(args)
        if where == "commit" or len(calls) == 3:
            raise error
        real(self, *args)

    monkeypatch.setattr(report_folder.Staged, where, fails)
    result = mien("evaluate", done.original, done.result, "-o", tmp_path / "out")
    assert result.exit_code == (130 if isinstance(error, KeyboardInterrupt) else 1)
    assert calls and sentence(result) and not list(tmp_path.iterdir())


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="everybody may write there")
def test_a_folder_that_must_not_be_written(mien, done, measured, tmp_path):
    tmp_path.chmod(0o500)
    try:
        result = mien("evaluate", done.original, done.result, "-o", tmp_path / "out")
    finally:
        tmp_path.chmod(0o700)
    assert result.exit_code == 6 and "cannot be written" in sentence(result)


@pytest.fixture
def study(tmp_path, done) -> tuple[Path, Path]:
    """Originals and results: two that pair, one of each that do not, one that is broken."""
    originals, results = tmp_path / "raw-material", tmp_path / "shared"
    for folder, source, lonely in ((originals, done.original, "c"), (results, done.result, "d")):
        folder.mkdir()
        for name in ("a", "b", lonely):
            (folder / f"{name}.mp4").write_bytes(source.read_bytes())
        (folder / "e.mp4").write_text("no clip")
    return originals, results


def test_two_folders(mien, measured, study, tmp_path):
    out = tmp_path / "out"
    before = contents(tmp_path)
    result = mien("evaluate", *study, "-o", out)
    assert result.exit_code == 1, result.output
    assert "Traceback" not in result.output
    lines = result.stdout.splitlines()
    assert all("2 of 2 clips" in line or "at one threshold" in line for line in lines[:-4])
    assert lines[0].startswith("DOES NOT HOLD in 2 of 2 clips: ")
    assert lines[-4:] == [
        "a: something does not hold", "b: something does not hold", "e: could not be measured",
        f"{out / 'cohort.html'} has it all.",
    ]  # fmt: skip
    for name in ("c.mp4", "d.mp4"):
        assert f"{name} has no counterpart" in result.stderr
    assert "e.mp4" in result.stderr
    assert [(one.stem, two.stem) for one, two, _ in measured] == [
        ("a", "a"),
        ("b", "b"),
        ("e", "e"),
    ]
    for name in ("a", "b"):
        assert (out / name / "report.html").is_file() and (out / name / "metrics.json").is_file()
    assert not (out / "e").exists()
    table = json.loads((out / "cohort.json").read_text())
    assert [row["clip"] for row in table["clips"]] == ["a", "b", "e"]
    assert [bool(row["error"]) for row in table["clips"]] == [False, False, True]
    after = contents(tmp_path)
    assert {path: after[path] for path in before} == before
    assert {path.name for path in tmp_path.iterdir()} == {"out", "raw-material", "shared"}
    for path, data in contents(out).items():
        assert b"raw-material" not in data and str(tmp_path).encode() not in data, path


def test_two_folders_as_json_and_again(mien, measured, study, tmp_path):
    out = tmp_path / "out"
    found = json.loads(mien("evaluate", *study, "-o", out, "--json").stdout)
    assert [row["clip"] for row in found["clips"]] == ["a", "b", "e"] and found["tests"] == []
    assert found["clips"][0]["metrics"]["privacy"] and found["clips"][2]["error"]
    before = contents(out)
    assert mien("evaluate", *study, "-o", out).exit_code == 6
    assert contents(out) == before
    assert mien("evaluate", *study, "-o", out, "--overwrite").exit_code == 1
    assert set(contents(out)) == set(before)


def test_clips_of_folders_within_are_told_apart_while_it_runs(mien, measured, tmp_path, done):
    """Every patient's clip may be called visit.mp4."""
    for folder, source in (("raw", done.original), ("shared", done.result)):
        for place in ("P1", "P2"):
            (tmp_path / folder / place).mkdir(parents=True)
            (tmp_path / folder / place / "visit.mp4").write_bytes(source.read_bytes())
    (tmp_path / "shared" / "P2" / "visit.mp4").write_text("no clip")
    asked = (tmp_path / "raw", tmp_path / "shared", "-o", tmp_path / "out")
    told = mien("evaluate", *asked).stderr.splitlines()
    assert "P1/visit.mp4: drawing" in told
    assert any(line.startswith("mien: P2/visit.mp4: ") for line in told), told


def test_folders_without_a_pair(mien, measured, tmp_path, done):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}.mp4").write_bytes(done.result.read_bytes())
    result = mien("evaluate", tmp_path / "a", tmp_path / "b", "-o", tmp_path / "out")
    assert result.exit_code == 2 and "name of one in" in sentence(result)
    assert not (tmp_path / "out").exists() and not measured


def test_an_interruption_between_clips_keeps_whole_reports_only(
    mien, measured, study, monkeypatch, tmp_path
):
    stub = room.evaluate

    def interrupted(original: Any, *args: Any, **settings: Any) -> Evidence:
        if Path(original).stem == "b":
            raise KeyboardInterrupt
        return stub(original, *args, **settings)

    monkeypatch.setattr(room, "evaluate", interrupted)
    out = tmp_path / "out"
    result = mien("evaluate", *study, "-o", out)
    assert result.exit_code == 130 and "interrupted" in result.stderr
    assert {path.name for path in out.iterdir()} <= {"a", ".mien-files"}
    assert not list(tmp_path.rglob("*.part"))

    monkeypatch.setattr(room, "evaluate", stub)
    again = mien("evaluate", *study, "-o", out, "--overwrite")
    assert again.exit_code != 6 and (out / "cohort.html").is_file()


def test_help_shows_an_example(mien):
    result = mien("evaluate", "--help")
    assert result.exit_code == 0 and "Example" in result.stdout
