"""Measuring whole clips whose truth is known."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from mien.errors import NoFaceError, ParameterError, VideoError
from mien.evidence.evaluate import Evidence, evaluate
from mien.evidence.measuring import MEASURES, merge
from mien.evidence.metrics import VERSION
from mien.evidence.original import Ceiling, Original, Stop
from mien.fidelity.figures import CONDITIONS, FIGURES, SIDES, look_up
from mien.fidelity.profile import Profile
from mien.fidelity.reading import Reading
from mien.phantom import DampMouth, Script, render_phantom
from mien.privacy.audit import Sampling
from mien.video import Quality, Reader, Writer

SCRIPT = Script(seconds=1.5, fps=12, width=256, height=240, seed=1, smile=(0.2, 1.3), blinks=(0.6,))
FRAMES = 18
FEW = Sampling(gallery=3, probes=3, least_changed=1, scanned=4)


def rewrite(
    source: Path,
    out: Path,
    change: Callable[[np.ndarray], np.ndarray] = lambda image: image,
    *,
    size: tuple[int, int] | None = None,
    keep: Callable[[int], bool] = lambda index: True,
    crf: float = 24,
) -> Path:
    """A changed copy of a clip."""
    with Reader(source) as reader:
        info = reader.info
        width, height = size or (info.width, info.height)
        with Writer(out, replace(info, width=width, height=height), crf=crf) as writer:
            for frame in reader:
                if keep(frame.index):
                    image = cv2.resize(change(frame.image), (width, height))
                    writer.write(image, frame.pts)
            writer.commit()
    return out


def grey(image: np.ndarray) -> np.ndarray:
    return np.full_like(image, 110)


@dataclass(frozen=True)
class Case:
    """A patient's clip, read once, and a folder for what becomes of it."""

    folder: Path
    original: Original
    sha256: str

    @property
    def path(self) -> Path:
        return self.original.path


@pytest.fixture(scope="module")
def case(tmp_path_factory) -> Case:
    folder = tmp_path_factory.mktemp("evidence")
    path = folder / "patient.mp4"
    render_phantom(SCRIPT, path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return Case(folder, Original(path, probes=3), digest)


@pytest.fixture(scope="module")
def same(case) -> Evidence:
    """The original against itself, from files alone."""
    return evaluate(case.path, case.path, sampling=FEW)


@pytest.fixture(scope="module")
def damped(case) -> Evidence:
    """Somebody who moves the mouth half as much, coarsely encoded."""
    fine = case.folder / "fine.mp4"
    render_phantom(SCRIPT, fine, fault=DampMouth(0.5))
    return evaluate(case.original, rewrite(fine, case.folder / "damped.mp4"), sampling=FEW)


@pytest.fixture(scope="module")
def small(case) -> Evidence:
    """The original, stretched, at half the frame rate and without its end."""
    out = rewrite(
        case.path, case.folder / "small.mp4", size=(320, 240), keep=lambda k: k % 2 == 0 and k < 14
    )
    return evaluate(case.original, out, only="fidelity")


@pytest.fixture(scope="module")
def hidden(case) -> Evidence:
    """A grey picture."""
    return evaluate(
        case.original, rewrite(case.path, case.folder / "hidden.mp4", grey), sampling=FEW
    )


def strict(found: Evidence) -> dict[str, Any]:
    """The metrics as a program reads them: no NaN, nothing that JSON lacks."""
    return json.loads(json.dumps(found.metrics.to_json(), allow_nan=False))


def line(found: Evidence, key: str):
    return next(one for one in found.lines if one.ask.key == key)


def numbers(content: Any, under: str = "") -> dict[str, float]:
    """Every number by its dotted key."""
    if isinstance(content, dict):
        pairs = [numbers(value, f"{under}.{key}") for key, value in content.items()]
        return {key: value for one in pairs for key, value in one.items()}
    if isinstance(content, int | float) and not isinstance(content, bool):
        return {under[1:]: content}
    return {}


def test_every_figure_that_is_read_was_measured(damped):
    """A key that is wrong would be left out of tables in silence."""
    metrics = strict(damped)
    keys = [figure.key for figure in FIGURES.values()]
    keys += [figure.ceiling for figure in FIGURES.values() if figure.ceiling]
    keys += [figure.source for figure in FIGURES.values()]
    keys += [key for sides in SIDES.values() for key in (sides.original, sides.other)]
    for key in (*keys, *CONDITIONS):
        place, _, last = key.rpartition(".")
        assert last in (look_up(metrics, place) or {}), key
    for key in CONDITIONS:
        assert look_up(metrics, key) in (True, False, None)


def test_the_keys_that_were_promised(same, damped, hidden):
    for found in (same, damped, hidden):
        metrics = strict(found)
        for name in (*MEASURES, "privacy"):
            assert "ceiling" in metrics[name] and metrics[name]["citation"]
        for name in MEASURES:
            assert metrics[name]["ceiling"] and "interval" not in metrics[name]["ceiling"]
            assert set(metrics[name]["ratio"]) == set(MEASURES[name].RATIO)
        assert {"r_x", "r_y", "r_cca"} <= set(metrics["dynamics"])
        assert {"r_x", "r_y", "r_cca"} <= set(metrics["dynamics"]["ceiling"])
        assert metrics["mien_evaluate"] == VERSION


def test_a_clip_against_itself_is_the_ceiling(same):
    metrics = strict(same)
    for name in MEASURES:
        value, ceiling = (numbers(c) for c in (metrics[name], metrics[name]["ceiling"]))
        assert ceiling and {key: value[key] for key in ceiling} == ceiling, name
        assert {share for share in metrics[name]["ratio"].values() if share is not None} <= {1}
    for name in ("r_x", "r_y", "r_cca"):
        assert metrics["dynamics"][name] == metrics["dynamics"]["ceiling"][name] == 1
        assert metrics["dynamics"]["ratio"][name] == 1
        assert metrics["dynamics"]["pose_removed"][name] == 1
    assert metrics["about"]["ceiling_crf"] is None
    assert metrics["about"]["original_sha256"] == metrics["about"]["deidentified_sha256"]
    assert all(one.passed for one in same.lines if one.ask.kind == "fidelity")
    assert same.moments == ()


def test_a_clip_against_itself_hides_nobody(same):
    metrics = strict(same)
    assert (
        metrics["privacy"]["share_recognised"] == 1 and metrics["privacy"]["share_untouched"] == 1
    )
    assert metrics["privacy"]["nearest"] == 0 and not metrics["privacy"]["passed"]
    assert metrics["privacy"]["ceiling"]["share_recognised"] == 1
    assert not same.passed and metrics["profile"]["passed"] is False
    assert line(same, "privacy.share_recognised").passed is False
    assert line(same, "privacy.share_untouched").passed is False


def test_what_encoding_loses_is_the_ceiling(damped, case):
    metrics = strict(damped)
    assert metrics["about"]["ceiling_crf"] == 24
    assert metrics["about"]["ceiling_crf_from"] == "stated"
    dynamics = metrics["dynamics"]
    for name in ("r_x", "r_y", "r_cca"):
        assert dynamics[name] < dynamics["ceiling"][name] < 1
        assert dynamics["ratio"][name] == pytest.approx(
            dynamics[name] / dynamics["ceiling"][name], abs=1e-4
        )
    assert dynamics["ceiling"]["regions"]["mouth"]["gain"] == pytest.approx(1, abs=0.1)
    assert dynamics["regions"]["mouth"]["gain"] == pytest.approx(0.5, abs=0.1)
    assert 0 < metrics["privacy"]["ceiling"]["mean"] < metrics["privacy"]["people"][0]["threshold"]
    assert damped.readings is not None and damped.verdict is not None
    assert len(damped.partner) == FRAMES == len(damped.readings.original.times)


def test_the_ceiling_is_lower_where_the_quality_is_worse(damped, case):
    """The same reading of the same frames; only the encoding differs."""
    stop = Stop(None)
    fine = damped.readings.ceiling
    coarse = case.original.ceiling(replace(fine.quality, crf=40.0, source="size"), stop)
    own = case.original.reading(stop)

    def lost(ceiling):
        return np.nanmean(np.abs(ceiling.reading.points - own.points))

    assert lost(coarse) > 1.3 * lost(fine) > 0
    # what was read once is not read again, whoever asks
    again = case.original.ceiling(replace(fine.quality, source="size"), stop)
    assert again.reading is fine.reading and again.quality.source == "size"


def test_another_size_and_rate_are_paired_by_time(small, case):
    metrics = strict(small)
    shape, number = metrics["about"]["notes"]
    assert "different shapes (256x240 and 320x240)" in shape
    assert f"{FRAMES} and 7 frames: paired by time" in number
    paired = metrics["about"]["frames_paired"]
    assert paired == (small.partner >= 0).sum() == FRAMES - metrics["continuity"]["missing"]
    assert 13 <= paired <= 15 and line(small, "continuity.missing_share").passed is False
    # in the original's pixels, and where the original has them
    one, two = small.readings.original, small.readings.other
    assert (two.width, two.height) == (one.width, one.height) == (256, 240)
    there = small.partner * 2 == np.arange(FRAMES)
    assert there.sum() == 7 and np.nanmean(np.abs(two.points - one.points)[there]) < 1.5
    assert np.nanmean(np.abs(two.mesh - one.mesh)[there][..., :2]) < 1.5
    assert line(small, "continuity.face_found").passed is False
    # every other frame stands still
    assert metrics["continuity"]["held"] > 0.3
    assert line(small, "continuity.held").passed is False
    assert metrics["privacy"] is None


def test_a_result_without_a_face_fails_without_falling(hidden):
    metrics = strict(hidden)
    for key in ("dynamics.r_x", "dynamics.r_cca", "dynamics.ratio.r_x", "expression.r"):
        assert look_up(metrics, key) is None, key
        assert look_up(metrics, key.replace("ratio.", "").replace(".", ".ceiling.", 1)) is not None
    assert metrics["continuity"]["face_found"] == 0 and metrics["continuity"]["missing"] == 0
    asked = {key: line(hidden, key).passed for key in ("dynamics.r_x", "continuity.face_found")}
    assert asked == dict.fromkeys(asked, False)
    assert "could not be measured" in line(hidden, "dynamics.r_x").words
    assert line(hidden, "privacy.share_recognised").passed is True
    assert line(hidden, "privacy.share_untouched").passed is True
    assert not hidden.passed
    lost = hidden.moments[0]
    assert (lost.kind, lost.frame) == ("lost", 0) and "1.5 s" in lost.words


def test_only_privacy(case, damped):
    found = evaluate(case.original, damped.deidentified, only="privacy", sampling=FEW)
    metrics = strict(found)
    assert all(metrics[name] is None for name in MEASURES)
    assert metrics["privacy"]["share_recognised"] == 1 and "ceiling" in metrics["privacy"]
    assert {one.ask.kind for one in found.lines} == {"privacy"}
    assert found.readings is None and found.measures == {} and found.moments == ()
    assert metrics["about"]["measured"] == "privacy" and metrics["about"]["ceiling_crf"] is None


def test_only_fidelity(small):
    assert {one.ask.kind for one in small.lines} == {"fidelity"}
    assert small.verdict is None and small.metrics.about["measured"] == "fidelity"


def test_neither_name_nor_place_of_the_original_is_told(same, damped, hidden, small):
    for found in (damped, hidden, small):
        text = json.dumps(found.metrics.to_json())
        assert "patient" not in text.replace("the patient", "")
        assert str(found.original.parent) not in text
        assert found.metrics.about["deidentified"] == found.deidentified.name


def test_clips_are_only_read(case, same, damped, small, hidden):
    assert {path.name for path in case.folder.iterdir()} == {
        "patient.mp4", "patient.truth.json", "fine.mp4", "fine.truth.json",
        "damped.mp4", "small.mp4", "hidden.mp4",
    }  # fmt: skip
    assert hashlib.sha256(case.path.read_bytes()).hexdigest() == case.sha256
    for found in (damped, small, hidden):
        about = found.metrics.about
        assert about["original_sha256"] == case.sha256
        data = found.deidentified.read_bytes()
        assert hashlib.sha256(data).hexdigest() == about["deidentified_sha256"]


@pytest.mark.parametrize("frames", [1, 3])
def test_tiny_clips(tmp_path, case, frames):
    one = rewrite(case.path, tmp_path / "one.mp4", keep=lambda k: k < frames)
    two = rewrite(case.path, tmp_path / "two.mp4", keep=lambda k: k < frames, crf=30)
    found = evaluate(one, two, only="both" if frames == 1 else "fidelity", sampling=FEW)
    metrics = strict(found)
    assert metrics["about"]["frames"] == metrics["about"]["frames_paired"] == frames
    assert metrics["dynamics"]["interval"]["r_x"] is None
    assert line(found, "continuity.face_found").passed
    assert line(found, "dynamics.r_x").value is None or frames > 2


def test_a_clip_of_one_frame_beside_a_whole_one(tmp_path, case):
    single = rewrite(case.path, tmp_path / "single.mp4", keep=lambda k: k == 0)
    metrics = strict(evaluate(case.original, single, only="fidelity"))
    assert metrics["about"]["frames_paired"] == 1
    assert metrics["continuity"]["missing"] == FRAMES - 1


@pytest.mark.parametrize("person", [0, 2])
def test_people_that_are_not_there(tmp_path, case, person):
    path = rewrite(case.path, tmp_path / "patient.mp4", keep=lambda k: k < 4)
    with pytest.raises(ParameterError) as caught:
        Original(path, person=person)
    assert f"shows 1 person, so there is no person {person}" in str(caught.value)
    assert "mien people patient.mp4" in str(caught.value)


def test_what_cannot_be_read(case, tmp_path):
    letter, missing = tmp_path / "letter.mp4", tmp_path / "missing.mp4"
    letter.write_text("Dear colleague, please find the video attached.\n" * 50)
    wall = rewrite(case.path, tmp_path / "wall.mp4", grey, keep=lambda k: k < 3)
    for one, two, error, says in (
        (case.path, letter, VideoError, "letter"),
        (case.path, missing, VideoError, "missing"),
        (letter, case.path, VideoError, "letter"),
        (missing, case.path, VideoError, "missing"),
        (wall, case.path, NoFaceError, "No face was found in wall.mp4"),
    ):
        with pytest.raises(error, match=says):
            evaluate(one, two)


def test_an_interruption_ends_the_threads(case, damped):
    """It arrives in the caller's thread, while others read."""
    stages = []

    def progress(stage: str, done: int, total: int | None) -> None:
        stages.append(stage)
        if stage == "comparing":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        evaluate(case.original, case.folder / "damped.mp4", progress=progress, sampling=FEW)
    assert stages[-1] == "comparing"


class Unreadable(Original):
    """A clip on a disk that goes away while it is encoded again, and that is read without end."""

    def __init__(self, original: Original) -> None:
        vars(self).update(vars(original))

    def ceiling(self, quality: Quality, stop: Stop, frames: object = None) -> Ceiling:
        raise VideoError("the disk is gone")

    def reading(self, stop: Stop, frames: object = None) -> Reading:
        while True:
            stop.check()


def test_a_thread_that_fails_is_heard_and_the_other_stops(case, damped):
    with pytest.raises(VideoError, match="the disk is gone"):
        evaluate(Unreadable(case.original), case.folder / "damped.mp4", only="fidelity")


def test_the_profile_decides(case, damped, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(
        '[[line]]\nkey = "continuity.missing_share"\nsays = "All there"\nkind = "fidelity"\n'
        'at_most = 0\nsource = "me"\n'
    )
    assert not damped.passed
    lines = Profile.open(path).check(damped.metrics.to_json())
    assert replace(damped, lines=tuple(lines)).passed
    assert replace(damped, lines=(replace(lines[0], passed=None),)).passed


def test_merging():
    value = {
        "a": 0.6,
        "b": {"c": 1.0, "text": "x"},
        "zero": 0.5,
        "none": None,
        "interval": {"a": [0, 1]},
    }
    ceiling = {"a": 0.8, "b": {"c": 0.0, "text": "x"}, "zero": 1e-9, "none": 1.0, "list": [1],
               "flag": True, "interval": {"a": [0, 1]}}  # fmt: skip
    found = merge(value, ceiling, ("a", "b.c", "zero", "none", "missing"))
    assert found["ceiling"] == {"a": 0.8, "b": {"c": 0.0}, "zero": 1e-9, "none": 1.0, "flag": True}
    assert found["ratio"] == {
        "a": 0.75, "b.c": None, "zero": None, "none": None, "missing": None,
    }  # fmt: skip
    assert found["interval"] == value["interval"] and "ceiling" not in value
