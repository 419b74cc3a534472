"""The course of a session on scripted streams, and what it leaves."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import numpy as np
import pytest
from sessions import AHEAD, FACE, STEP, Camera, recording, session

from mien.blendshapes.names import NAMES
from mien.blendshapes.prototypes import FIVE
from mien.errors import OutputError, ParameterError
from mien.recording.capture import Capture
from mien.recording.protocol import Protocol
from mien.recording.screen import Stage
from mien.selfnorm.snapshot_files import read_snapshots


def test_the_whole_course():
    made = Capture("P001", Protocol(FIVE, snapshots=10, fixation_s=0.5))
    assert made.screen.stage is Stage.CONSENT and made.screen.waits
    assert made.consent("form 12").stage is Stage.INSTRUCTION
    camera = Camera(made)
    for number, expression in enumerate(FIVE, 1):
        screen = made.screen
        assert screen.stage is Stage.INSTRUCTION and screen.waits and screen.fixation is None
        assert (screen.expression, screen.number, screen.total) == (expression, number, 5)
        assert camera.see(5).stage is Stage.INSTRUCTION  # nothing starts by itself
        screen = made.start()
        assert screen.stage is Stage.FIXATION and screen.fixation == (0.5, 0.5)
        assert camera.see(8).kept == 0
        screen = camera.see(1)
        assert screen.stage is Stage.RECORDING and screen.kept == 1
        assert camera.see(4).progress == 0.5
        camera.see(5)
    assert made.screen.stage is Stage.DONE and made.screen.expression is None
    study = made.snapshots()
    assert np.bincount(study.labels).tolist() == [10] * 5
    assert set(study.participants) == {"P001"}
    for k in range(5):
        assert study.times[study.labels == k].tolist() == [STEP * i for i in range(10)]
    assert made.record()["complete"] and not made.pauses
    assert camera.see(3).stage is Stage.DONE and len(made.snapshots()) == 50


def test_a_short_loss_drops_moments_and_does_not_pause():
    made, camera = recording()
    camera.see(3)
    assert camera.see(4, None).stage is Stage.RECORDING
    assert made.screen.kept == 3
    assert camera.see(5).stage is Stage.INSTRUCTION
    assert Stage.PAUSED not in camera.stages
    assert len(made.snapshots()) == 8 and made.snapshots().times[3] == 7 * STEP


@pytest.mark.parametrize(
    ("reason", "scores", "pose"),
    [
        ("lost", None, None),
        ("lost", np.full(len(NAMES), np.nan), AHEAD),
        ("turned", FACE, (25.0, 0.0, 0.0)),
        ("turned", FACE, (0.0, -21.0, 0.0)),
        ("turned", FACE, (15.0, 15.0, 0.0)),
        ("turned", FACE, (float("nan"), 0.0, 0.0)),
    ],
)
def test_a_face_that_is_lost_or_turned_pauses_the_recording(reason, scores, pose):
    made, camera = recording()
    camera.see(3)
    screen = camera.see(5, scores, pose)
    assert screen.stage is Stage.PAUSED and screen.paused == reason and screen.fixation is None
    assert camera.see(40, scores, pose).kept == 3
    # back: not at once, and not for a glimpse
    assert camera.see(7).stage is Stage.PAUSED
    camera.see(1, scores, pose)
    assert camera.see(8).stage is Stage.PAUSED
    assert made.screen.kept == 3
    camera.see(1)
    assert made.screen.stage is Stage.RECORDING
    assert camera.see(5).stage is Stage.INSTRUCTION
    assert np.bincount(made.snapshots().labels).tolist() == [8]
    [pause] = made.pauses
    assert (pause.expression, pause.reason) == ("neutral", reason)
    assert pause.begin_s == 11 * STEP and pause.seconds == 61 * STEP


@pytest.mark.parametrize("pose", [(19.0, 0.0, 0.0), (0.0, 19.0, 0.0), (0, 0, 60.0), None])
def test_a_face_may_turn_a_little_and_tilt(pose):
    made, camera = recording()
    camera.see(8, FACE, pose)
    assert made.screen.stage is Stage.INSTRUCTION and len(made.snapshots()) == 8


def test_the_point_is_shown_again_after_a_pause_before_the_recording():
    made = session()
    made.start()
    camera = Camera(made)
    camera.see(6)
    assert camera.see(6, None).stage is Stage.PAUSED
    assert camera.see(9).stage is Stage.FIXATION
    camera.see(8)
    assert made.screen.stage is Stage.FIXATION and made.screen.kept == 0
    camera.see(1)
    assert made.screen.stage is Stage.RECORDING


def test_the_reason_of_a_pause_follows_what_is_seen():
    made, camera = recording()
    assert camera.see(6, None).paused == "lost"
    lost = made.screen.text
    assert camera.see(2, FACE, (60, 0, 0)).paused == "turned"
    assert made.screen.text != lost
    turned = made.screen.text
    assert camera.see(2).text not in (lost, turned)  # on its way back


def test_stopping_keeps_what_is_there():
    made, camera = recording()
    camera.see(5)
    assert made.abort().stage is Stage.ABORTED
    assert camera.see(20).kept == 5 and len(made.snapshots()) == 5
    assert not made.record()["complete"]
    with pytest.raises(ParameterError):
        made.start()


def test_stopping_in_a_pause_ends_the_pause():
    made, camera = recording()
    camera.see(10, None)
    made.abort()
    assert made.pauses[0].seconds == pytest.approx(9 * STEP)


def test_an_expression_may_be_left_unfinished():
    made, camera = recording()
    camera.see(3)
    assert made.skip().expression == "happiness"
    made.start()
    camera.see(8 + 8)
    assert made.screen.stage is Stage.DONE and not made.record()["complete"]
    assert made.record()["snapshots"] == {"neutral": 3, "happiness": 8}
    with pytest.raises(ParameterError, match="nothing to skip"):
        made.skip()


def test_nothing_starts_before_consent():
    made = Capture("P001")
    with pytest.raises(ParameterError, match="Consent is not on record"):
        made.start()
    made.update(0.0, FACE, AHEAD)
    assert not len(made.snapshots())
    for line in ("", "a\nb", "x" * 201):
        with pytest.raises(ParameterError, match="one line"):
            made.consent(line)
    made.consent("form 12", datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC))
    assert made.record()["consent"]["at"] == "2030-01-02T03:04:05+00:00"
    assert made.record()["consent"]["statement"] == "form 12"
    with pytest.raises(ParameterError, match="already"):
        made.consent("again")


def test_starts_and_clocks_are_checked():
    made, camera = recording()
    with pytest.raises(ParameterError, match="Nothing waits"):
        made.start()
    camera.see(3)
    with pytest.raises(ParameterError, match="go back"):
        made.update(0.0, FACE)
    with pytest.raises(ParameterError, match="51 scores"):
        made.update(camera.now, FACE[:4])


def test_sessions_are_saved_and_joined(tmp_path):
    for name in ("P001", "P002"):
        made = Capture(name, Protocol(("neutral", "happiness"), snapshots=4), device="webcam")
        made.consent("form 12")
        camera = Camera(made)
        while made.stage is not Stage.DONE:
            if made.screen.waits:
                made.start()
            camera.see(1)
        made.save(tmp_path / f"{name}.parquet")
        with pytest.raises(OutputError, match="already exists"):
            made.save(tmp_path / f"{name}.parquet")
        made.save(tmp_path / f"{name}.parquet", overwrite=True)
    study = read_snapshots(tmp_path)
    assert len(study) == 16 and set(study.participants) == {"P001", "P002"}
    assert np.allclose(study.scores, 0.25) and set(study.devices) == {"webcam"}
    record = json.loads((tmp_path / "P002.json").read_text())
    assert record["participant"] == "P002" and record["complete"]
    assert record["protocol"]["snapshots"] == 4
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "P001.json", "P001.parquet", "P002.json", "P002.parquet",
    ]  # fmt: skip


def test_an_empty_session_is_not_saved(tmp_path):
    with pytest.raises(ParameterError, match="Nothing was recorded"):
        session().save(tmp_path / "a.parquet")
    assert not list(tmp_path.iterdir())


def test_a_record_in_the_way_is_not_replaced(tmp_path):
    (tmp_path / "a.json").write_text("mine")
    made, camera = recording()
    camera.see(2)
    with pytest.raises(OutputError, match="already exists"):
        made.save(tmp_path / "a.parquet")
    assert (tmp_path / "a.json").read_text() == "mine"
    assert not (tmp_path / "a.parquet").exists()
