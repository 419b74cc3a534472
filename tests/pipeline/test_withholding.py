"""How much may be covered before a result is withheld, and what is said then."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mien.errors import ParameterError, PrivacyError
from mien.pipeline import attempts
from mien.pipeline.deidentify import deidentify
from mien.pipeline.ledger import Entry
from mien.pipeline.settings import Settings
from mien.pipeline.withholding import Conceded, share_allowed
from mien.recognition.faceres import FaceRes
from thoroughness import FEWER


@pytest.mark.parametrize(
    ("words", "share"),
    [("never", 1), ("any", 0), ("over 10%", 0.1), ("over 2.5 %", 0.025), ("over0%", 0)],
)
def test_shares(words, share):
    assert share_allowed(words) == pytest.approx(share)


@pytest.mark.parametrize("words", ["", "always", "10%", "over 101%", "over -1%", "over ten%"])
def test_what_is_no_share(words):
    with pytest.raises(ParameterError, match="over 10%"):
        Settings(withhold=words)


@pytest.fixture
def conceded() -> Conceded:
    """Of 100 frames in 10 s, person 2 covered in 6, of which 1 was covered anyway; a face in 4."""
    shown = np.ones((2, 100), bool)
    shown[1, 40] = False
    found = Conceded([0, 1], shown, np.arange(100) / 10)
    frames = np.zeros(100, bool)
    frames[[10, 11, 12, 40, 41, 42]] = True
    found.recognised(1, frames, ["dlib"])
    found.left([12, 13, 14, 15])
    return found


def test_each_frame_counts_once_and_none_that_was_covered_anyway(conceded):
    told = conceded.as_dict()
    assert (told["frames"], told["share"]) == (8, 0.08)
    spans = [(m["reason"], m["first_frame"], m["last_frame"]) for m in told["moments"]]
    assert spans == [("recognised", 10, 12), ("face left", 12, 15), ("recognised", 41, 42)]
    assert {m["person"] for m in told["moments"] if m["reason"] == "recognised"} == {1}
    assert (told["moments"][2]["from_s"], told["moments"][2]["to_s"]) == (4.1, 4.2)


def test_what_is_covered_behind_a_hand_is_told_and_does_not_count(conceded):
    shown, frames = np.ones((1, 100), bool), np.zeros(100, bool)
    frames[20:60] = True
    behind = np.zeros((1, 100), bool)
    behind[0, 20:55] = True
    found = Conceded([0], shown, np.arange(100) / 10, behind)
    found.recognised(0, frames, ["dlib"])
    assert (found.as_dict()["frames"], found.as_dict()["share"]) == (40, 0.4)
    assert (found.counted, found.share) == (5, 0.05)
    found.enforce("over 10%", {})
    with pytest.raises(PrivacyError, match="5 of 100 frames"):
        found.enforce("any", {})


@pytest.mark.parametrize("withhold", ["never", "over 8%", "over 10%"])
def test_what_is_allowed_is_given(conceded, withhold):
    conceded.enforce(withhold, {})


@pytest.mark.parametrize("withhold", ["any", "over 7%"])
def test_the_whole_way_out_is_said(conceded, withhold):
    with pytest.raises(PrivacyError) as caught:
        conceded.enforce(withhold, {1: "at 3,4 after 1.0 s"})
    said = str(caught.value)
    for part in ("8 of 100 frames (8 %)", "person 2, seen at 3,4", "dlib in 5", "in 4 other",
                 "--withhold never", "--cover 2", "--surrogate", "--engine mask"):  # fmt: skip
        assert part in said


def test_nothing_covered_is_given_by_everybody():
    for withhold in ("any", "over 0%", "never"):
        Conceded([0], np.ones((1, 5), bool), np.arange(5.0)).enforce(withhold, {})


# --- in a whole run -----------------------------------------------------------------------------

_LOOKS = replace(FEWER, checked=6)


@pytest.fixture
def knows_the_first(monkeypatch):
    """A judge who knows the patient in the first frame it is shown, unless that is covered."""
    real = attempts.judged

    def knowing(track, found, seen, others, which=slice(None)):
        verdicts = real(track, found, seen, others, which)
        if which.start != 1:
            return verdicts
        first = [min(probes.frames) for probes in seen.probes]
        return [
            replace(v, nearest=0.0, share_under=0.1, worst=[at], under=[at]) if at == 0 else v
            for v, at in zip(verdicts, first[which], strict=True)
        ]

    monkeypatch.setattr(attempts, "judged", knowing)


def test_what_a_judge_recognises_is_covered_and_nobody_is_pushed(brief, tmp_path, knows_the_first):
    settings = Settings(
        engine="mask", thoroughness=_LOOKS, judges=("faceres",), withhold="over 90%"
    )
    result = deidentify(brief.path, tmp_path / "out.mp4", settings)
    told = result.told.covered_to_deliver
    (moment,) = told.moments
    assert moment["by"] == [FaceRes.name] and moment["first_frame"] == 0
    covered = result.ledger.entries == Entry.COVERED
    assert covered.sum() == told.frames == moment["last_frame"] + 1 < len(covered)
    assert result.told.output.renderings == 2
    assert all(judge["passed"] for judge in result.told.judges)
    assert result.record["settings"]["withhold"] == "over 90%"


def test_where_every_frame_is_asked_about_only_that_one_is_covered(
    brief, tmp_path, knows_the_first
):
    looks = replace(_LOOKS, asked=1200)
    settings = Settings(engine="mask", thoroughness=looks, judges=("faceres",), withhold="over 20%")
    result = deidentify(brief.path, tmp_path / "out.mp4", settings)
    (moment,) = result.told.covered_to_deliver.moments
    assert (moment["first_frame"], moment["last_frame"]) == (0, 0)
    shown = result.ledger.entries == Entry.RENDERED
    judges = {judge["recogniser"]: judge["frames"] for judge in result.told.judges}
    assert judges[FaceRes.name] == shown.sum() == len(shown) - 1


def test_a_single_frame_is_too_much_for_any(brief, tmp_path, knows_the_first):
    settings = Settings(engine="mask", thoroughness=_LOOKS, judges=("faceres",), withhold="any")
    with pytest.raises(PrivacyError, match="--withhold never"):
        deidentify(brief.path, tmp_path / "out.mp4", settings)
    assert list(tmp_path.iterdir()) == []


def test_never_gives_what_is_left_even_if_all_is_covered(brief, tmp_path, monkeypatch):
    monkeypatch.setattr(FaceRes, "threshold", 3.0)  # nobody is that far from anybody
    settings = Settings(engine="mask", thoroughness=FEWER, judges=("faceres",), withhold="never")
    result = deidentify(brief.path, tmp_path / "out.mp4", settings)
    assert (result.ledger.entries == Entry.COVERED).all()
    assert result.told.covered_to_deliver.share == 1


def test_who_is_only_just_not_recognised_is_pushed_once_and_not_covered(
    brief, tmp_path, monkeypatch
):
    real = attempts.judged

    def only_just(track, found, seen, others, which=slice(None)):
        verdicts = real(track, found, seen, others, which)
        return [replace(v, nearest=1.01 * v.threshold) for v in verdicts]

    monkeypatch.setattr(attempts, "judged", only_just)
    settings = Settings(subject="P01", thoroughness=_LOOKS, judges=(), withhold="any")
    result = deidentify(brief.path, tmp_path / "out.mp4", settings)
    assert result.told.output.renderings == 2
    assert result.told.covered_to_deliver.frames == 0
    assert all(judge["nearest"] >= judge["threshold"] for judge in result.told.judges)
