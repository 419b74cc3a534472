"""Whole encounters: from observations, and from phantoms with two cameras and with one."""

from __future__ import annotations

import json
from fractions import Fraction
from shutil import copy
from types import SimpleNamespace

import av
import numpy as np
import pytest
from observed import observed

from mien.blendshapes.names import NAMES
from mien.emotion.classifier import EXPRESSIONS
from mien.encounter.analysis import analyse
from mien.encounter.clocks import Offset
from mien.encounter.observation import Observation
from mien.encounter.opinions import mixed
from mien.encounter.result import Encounter, gather
from mien.encounter.settings import AnalysisSettings
from mien.errors import FormatError, NoFaceError, OutputError, ParameterError
from mien.phantom.encounter import render_encounter
from mien.phantom.encounter_script import EncounterScript
from mien.report.language import told, written_in
from mien.video import VideoInfo, Writer

DOCTOR = ((2.0, 4.0, "surprise"),)
PATIENT = ((1.0, 3.0, "surprise"),)


class Unsure:
    """Says nothing about any crop."""

    def __init__(self) -> None:
        self.seen = 0

    def predict_proba(self, faces):
        self.seen += len(faces)
        assert all(face.dtype == np.uint8 and face.ndim == 3 for face in faces)
        return np.full((len(faces), 7), 1 / 7)


class OpenMouth:
    """A wide open mouth resembles surprise."""

    expressions = ("neutral", "surprise", "anger", "disgust", "fear", "happiness", "sadness")

    def predict_proba(self, scores):
        found = np.full((len(scores), 7), 0.01)
        wide = scores[:, NAMES.index("jawOpen")] > 0.2
        found[np.arange(len(scores)), wide.astype(int)] = 0.94
        return found


def everything(crops, poses, boxes):
    assert len(crops) == len(poses) == len(boxes)
    return [SimpleNamespace(assessable=True, reason=None) for _ in crops]


READERS = {"classifier": Unsure(), "second": OpenMouth(), "assess": everything}


def settings(**wanted) -> AnalysisSettings:
    return AnalysisSettings(**(READERS | wanted))


def right(encounter: Encounter, script: EncounterScript, role: str) -> float:
    """Share of the assessed seconds in which the scripted expression was found."""
    timeline = encounter.timelines[role]
    pairs = [
        (name, script.expression(role, float(time) + 0.5))
        for time, name in zip(timeline.times, timeline.names(), strict=True)
        if name is not None
    ]
    assert len(pairs) >= 3
    return sum(name == scripted for name, scripted in pairs) / len(pairs)


@pytest.fixture(scope="module")
def two_cameras(tmp_path_factory):
    script = EncounterScript(
        seconds=5, doctor=DOCTOR, patient=PATIENT, doctor_speaks=((0.2, 1.8),),
        patient_speaks=((3.0, 4.8),), offset=0.73, patient_seconds=3.6, fps=6, width=200,
        height=200, seed=5,
    )  # fmt: skip
    return script, render_encounter(script, tmp_path_factory.mktemp("two"))


@pytest.fixture(scope="module")
def one_camera(tmp_path_factory):
    script = EncounterScript(
        seconds=4, doctor=DOCTOR, patient=PATIENT, one_camera=True, passer_by=(0.5, 3.5), fps=6,
        width=400, height=270, silent=True, seed=4,
    )  # fmt: skip
    return script, render_encounter(script, tmp_path_factory.mktemp("one"))


def test_two_cameras(two_cameras):
    script, files = two_cameras
    told: list[str] = []
    found = analyse(
        files.doctor,
        files.patient,
        settings=settings(),
        progress=lambda stage, *_: told.append(stage),
    )
    assert abs(found.offset.seconds - script.offset) < 0.04 and found.offset.source == "sound"
    for role in ("doctor", "patient"):
        assert right(found, script, role) >= 0.9
        assert np.isnan(found.timelines[role].towards).all()
    doctor, patient = found.timelines["doctor"], found.timelines["patient"]
    assert len(doctor) == len(patient) == 5 and (doctor.times == patient.times).all()
    assert patient.names()[4] is None or patient.samples[4] < 5  # its recording ends at 4.33 s
    assert doctor.speaking[0] == 1 and doctor.speaking[4] == 0
    assert found.people["doctor"]["followed"] == 1 and found.people["patient"]["others"] == 0
    assert any("Gaze" in note for note in found.notes)
    assert not any("doctor.mp4" in note for note in found.notes)
    assert {"aligning", "watching doctor.mp4", "watching patient.mp4"} == set(told)
    given = analyse(files.doctor, files.patient, settings=settings(offset=script.offset, fps=2))
    assert given.offset == Offset(script.offset, 1.0, "given")
    assert given.fine["doctor"].resolution == pytest.approx(0.5)


def test_one_camera_and_somebody_who_passes_by(one_camera):
    script, files = one_camera
    assert files.patient is None and files.doctor.name == "both.mp4"
    found = analyse(files.doctor, settings=settings(references={"doctor": "left"}))
    assert found.offset.source == "one camera"
    for role in ("doctor", "patient"):
        assert right(found, script, role) >= 0.9
        # both look into the camera
        assert np.nanmax(found.timelines[role].towards) < 0.5
        assert np.isnan(found.timelines[role].speaking).all()
    assert found.people["both"]["others"] == 1 and found.people["both"]["others_s"] > 0.3
    swapped = analyse(files.doctor, settings=settings(references={"doctor": "right"}))
    assert swapped.timelines["doctor"].names() == found.timelines["patient"].names()


def test_a_recording_whose_end_is_lost_says_so(one_camera, tmp_path):
    _, files = one_camera
    whole, cut = tmp_path / "whole.mp4", tmp_path / "cut.mp4"
    with av.open(str(files.doctor)) as old:
        with av.open(str(whole), "w", options={"movflags": "faststart"}) as new:
            track = new.add_stream_from_template(old.streams.video[0])
            for packet in old.demux(video=0):
                if packet.size:
                    packet.stream = track
                    new.mux(packet)
    data = whole.read_bytes()
    cut.write_bytes(data[: 6 * len(data) // 10])
    note = "frames cannot be read: what is said here is of the rest."
    found = analyse(cut, settings=settings(references={"doctor": "left"}))
    assert found.notes[0].startswith("Of the recording ") and found.notes[0].endswith(note)
    assert " of 24 frames" in found.notes[0]
    with written_in("de"):
        assert told(found.notes[0]).startswith("Von der Aufnahme sind ")


def test_what_cannot_be_assessed_is_missing(two_cameras):
    def dark(crops, poses, boxes):
        return [SimpleNamespace(assessable=False, reason="the face is too dark") for _ in crops]

    _, files = two_cameras
    found = analyse(files.doctor, files.patient, settings=settings(offset=0.73, fps=2, assess=dark))
    assert set(found.timelines["doctor"].reasons) == {"the face is too dark"}
    assert np.isnan(found.timelines["doctor"].probabilities).all()
    assert found.tables["counts"]["doctor"]["assessed_s"] == 0
    json.dumps(found.as_dict(), allow_nan=False)


def test_the_phantom_says_what_it_scripted(two_cameras):
    script, files = two_cameras
    truth = json.loads(files.truth.read_text())
    assert truth["offset"] == script.offset and truth["patient"] == [[1.0, 3.0, "surprise"]]
    with pytest.raises(OutputError, match="already exists"):
        render_encounter(script, files.truth.parent)


def test_settings_are_checked_first(two_cameras, brief, tmp_path):
    _, files = two_cameras
    both = (files.doctor, files.patient)
    for wrong, words in (
        ({"resolution": 0.01}, "resolution"),
        ({"fps": 100}, "fps"),
        ({"offset": float("nan")}, "number of seconds"),
        ({"references": {"nurse": "left"}}, "nurse"),
    ):
        with pytest.raises(ParameterError, match=words):
            AnalysisSettings(**wrong)
    with pytest.raises(ParameterError, match="one clock"):
        analyse(files.doctor, settings=AnalysisSettings(offset=1.0))
    with pytest.raises(ParameterError, match="give it once"):
        analyse(files.doctor, files.doctor)
    copied = copy(files.doctor, tmp_path / "copied.mp4")
    with pytest.raises(ParameterError, match=r"doctor\.mp4 and copied\.mp4 are the same"):
        analyse(files.doctor, copied)
    with pytest.raises(ParameterError, match="no sound track"):
        analyse(files.doctor, brief.path)
    with pytest.raises(OSError, match="no file"):
        analyse(tmp_path / "none.mp4")
    with pytest.raises(ParameterError, match="do not overlap"):
        analyse(*both, settings=settings(offset=60.0, fps=1))


def test_a_recording_without_a_face(tmp_path):
    wall = np.full((160, 160, 3), 150, np.uint8)
    info = VideoInfo(160, 160, Fraction(1, 4), average_rate=Fraction(4))
    with Writer(tmp_path / "wall.mp4", info) as out:
        for pts in range(4):
            out.write(wall, pts)
        out.commit()
    with pytest.raises(NoFaceError, match=r"wall\.mp4"):
        analyse(tmp_path / "wall.mp4", settings=settings())


def test_encounters_are_kept_on_disk(tmp_path):
    course = [(10.0, 14.0, "sadness"), (30.0, 33.0, "anger")]
    answer = [(12.0, 15.0, "happiness"), (32.0, 34.0, "happiness")]
    seen = observed("patient", 60, course) + observed("doctor", 60, answer, missing=[(50, 52)])
    made = gather(seen, Offset(1.5, 0.9), people={"doctor": {"others": 2}}, notes=["A note."])
    assert made.tables["latency"]["median_s"] == pytest.approx(2.0)
    assert made.tables["latency"]["events"] == 2 and "only 2" in made.tables["latency"]["caution"]
    made.save(tmp_path / "out")
    back = Encounter.load(tmp_path / "out")
    assert back.as_dict() == made.as_dict()
    assert back.offset == made.offset and back.notes == ("A note.",)
    assert json.loads((tmp_path / "out" / "encounter.json").read_text())["people"]
    with pytest.raises(OutputError, match="already exists"):
        made.save(tmp_path / "out")
    made.save(tmp_path / "out", overwrite=True)
    with pytest.raises(FormatError, match="no encounter"):
        Encounter.load(tmp_path)
    with pytest.raises(ParameterError, match="no observations"):
        gather([])


def test_how_sure_a_step_has_to_be_is_kept_and_holds_for_other_readers(tmp_path):
    neutral, sad = (EXPRESSIONS.index(name) for name in ("neutral", "sadness"))
    seen = []
    for k in range(40):
        given = np.full(7, 0.02)
        given[[neutral, sad]] = (0.52, 0.38) if k < 20 else (0.7, 0.2)
        seen += [Observation(k / 5 + 0.1, role, given) for role in ("doctor", "patient")]
    usual, strict = gather(seen), gather(seen, sure=0.6)
    assert usual.timelines["doctor"].known[:8].all()
    known = strict.timelines["doctor"].known
    assert not known[:4].any() and known[4:8].all()
    strict.save(tmp_path / "e")
    back = Encounter.load(tmp_path / "e")
    assert back.sure == 0.6 and usual.sure == AnalysisSettings().sure
    with pytest.raises(ParameterError, match="sure is a probability"):
        AnalysisSettings(sure=1.5)


def test_nobody_is_scored_or_told_what_they_feel():
    seen = observed("patient", 10, [(2, 5, "sadness")]) + observed("doctor", 10, [])
    text = json.dumps(gather(seen).as_dict())
    for word in ("is sad", "is angry", "empathy", "rating", "score"):
        assert word not in text


def test_two_opinions_are_mixed_as_logarithms():
    first, second = np.full(7, 0.02), np.full(7, 1 / 7)
    first[3] = 0.88
    half = mixed(first, second)
    assert half.sum() == pytest.approx(1) and 1 / 7 < half[3] < 0.88
    np.testing.assert_allclose(mixed(first, second, 0.0), first)
    np.testing.assert_allclose(half[3] / half[0], np.sqrt(0.88 / 0.02))
    assert EXPRESSIONS[int(half.argmax())] == "happiness"
