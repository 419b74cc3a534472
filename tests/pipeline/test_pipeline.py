"""De-identifying end to end: nothing is lost, nothing leaks, and what fails leaves nothing."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from mien.errors import MienError, NoFaceError, OutputError, ParameterError, PrivacyError
from mien.phantom import Phantom, Script
from mien.pipeline import attempts
from mien.pipeline import deidentify as pipeline
from mien.pipeline.deidentify import LABEL, LABEL_LEFT, Result, deidentify
from mien.pipeline.ledger import Entry
from mien.pipeline.settings import Settings
from mien.recognition.dlib_resnet import Dlib
from mien.recognition.faceres import FaceRes
from mien.recognition.registry import ALSO_STEER
from mien.tracking.selection import Selection
from mien.video import Reader, VideoInfo, Writer, writer
from phantoms import Clip
from thoroughness import FEWER, WATCHED

QUICK: dict[str, Any] = {"thoroughness": FEWER, "judges": ()}
"""Where what the recognisers make of a result is not what is tested."""
MASK = Settings(engine="mask", **QUICK)
WATCHED_MASK = replace(MASK, thoroughness=WATCHED)
LONGEST_S = 120.0
"""That a test waits for what another process has to do."""
COMMAND = [sys.executable, "-c", "from mien.cli import main; main()"]


def frames(path: Path) -> list[np.ndarray]:
    with Reader(path) as clip:
        return [frame.image for frame in clip]


def stamps(path: Path) -> list[Fraction]:
    with Reader(path) as clip:
        return [frame.pts * frame.time_base for frame in clip]


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def around(points: np.ndarray, shape: tuple[int, ...]) -> tuple[slice, slice]:
    """The part of a picture in which the middle of a face lies."""
    low, high = points[:, :2].min(0), points[:, :2].max(0)
    middle, reach = (low + high) / 2, 0.3 * (high - low)
    left, top = np.clip(middle - reach, 0, [shape[1], shape[0]]).astype(int)
    right, bottom = np.clip(middle + reach, 0, [shape[1], shape[0]]).astype(int)
    return slice(top, bottom), slice(left, right)


# --- a clip that works --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def done(patient, tmp_path_factory) -> tuple[Path, str, Result]:
    """A clip de-identified with every default, from a source whose name says who it is."""
    folder = tmp_path_factory.mktemp("Jane-Doe-1950")
    source = patient.copy(folder, "Jane Doe visit.mp4")
    before = digest(source)
    return source, before, deidentify(source, folder / "out.mp4")


def test_every_frame_keeps_its_time(done):
    source, _, result = done
    assert stamps(result.output) == stamps(source)
    assert len(set(np.diff([float(stamp) for stamp in stamps(source)]).round(4))) > 1


def test_input_is_not_modified(done):
    source, before, _ = done
    assert digest(source) == before


def test_the_face_changes_and_the_rest_does_not(done, patient):
    source, _, result = done
    points = patient.truth.people[0].landmarks
    for index, (old, new) in enumerate(zip(frames(source), frames(result.output), strict=True)):
        change = np.abs(old.astype(int) - new).mean(2)
        assert change[around(points[index], old.shape)].mean() > 6
        assert change[:20].mean() < 3


def test_manifest_is_complete(done, patient):
    _, before, result = done
    record = json.loads(result.manifest.read_text())
    assert result.manifest == result.output.with_suffix(".json")
    assert record == json.loads(json.dumps(result.record))
    assert record["label"] == LABEL
    assert {"mien", "onnxruntime", "dlib-bin"} <= set(record["versions"])
    assert record["settings"]["engine"] == "mesh"
    assert record["input"]["sha256"] == before
    assert record["output"] == {
        "sha256": digest(result.output),
        "frames": len(patient.truth.pts),
        "renderings": 1,
        "signed": False,
    }
    assert record["linkable"]["by_surrogate"] is False
    assert record["linkable"]["by_facial_motion"] is True
    assert record["residual_faces"]["found"] == 0 < record["residual_faces"]["frames_searched"]
    assert [person["surrogate"]["id"] for person in record["people"]] == result.surrogates
    assert all(found["passed"] for found in record["privacy"])
    assert len(record["privacy"]) == 1


def test_ledger_covers_every_frame(done, patient):
    count = len(patient.truth.pts)
    ledger = done[2].ledger
    record = done[2].record["ledger"]
    assert len(ledger.entries) == len(ledger.times) == count
    assert sum(record["counts"].values()) == count
    listed = [
        frame
        for span in record["ranges"]
        for frame in range(span["first_frame"], span["last_frame"] + 1)
    ]
    assert listed == list(range(count))


def test_output_says_that_it_is_synthetic(done):
    with av.open(str(done[2].output)) as container:
        assert container.metadata["comment"] == LABEL


def test_nothing_names_the_source(done):
    source, _, result = done
    manifest, clip = result.manifest.read_bytes(), result.output.read_bytes()
    for secret in ("Jane", "Doe", "visit", str(source.parent), str(Path.home())):
        assert secret.encode() not in manifest
        # three bytes stand in a megabyte of coded pictures by chance
        assert len(secret) < 4 or secret.encode() not in clip


def test_nothing_else_is_left(done):
    source, _, result = done
    assert set(source.parent.iterdir()) == {source, result.output, result.manifest}


# --- people and gaps ----------------------------------------------------------------------------


@pytest.fixture
def pair(make_clip) -> Clip:
    """Two people beside each other."""
    return make_clip(seconds=0.6, width=480, people=2, head_motion=0.1)


def test_face_that_leaves_and_returns(make_clip, tmp_path):
    clip = make_clip(seconds=2, absent=((0.7, 1.2),), head_motion=0.1)
    result = deidentify(clip.path, tmp_path / "out.mp4", MASK)
    person = clip.truth.people[0]
    gone = person.visible == 0
    covered = result.ledger.entries == Entry.COVERED
    assert gone.any() and covered[gone].all()
    assert not covered[0] and not covered[-1]
    for index, (old, new) in enumerate(zip(frames(clip.path), frames(result.output), strict=True)):
        rows, columns = around(person.landmarks[index], old.shape)
        part = new[rows, columns]
        if part.size:  # solid in every frame, by the mask or by the cover
            assert np.abs(part.astype(int) - 118).mean() < 4, index


def test_two_faces_are_both_rendered(pair, tmp_path):
    result = deidentify(pair.path, tmp_path / "out.mp4", MASK)
    assert len(result.record["people"]) == 2
    assert result.ledger.counts()["rendered"] == len(pair.truth.pts)
    for index, new in enumerate(frames(result.output)):
        for person in pair.truth.people:
            part = new[around(person.landmarks[index], new.shape)]
            assert np.abs(part.astype(int) - 118).mean() < 4


def test_one_frame(make_clip, tmp_path):
    clip = make_clip(seconds=1 / 15)
    result = deidentify(clip.path, tmp_path / "out.mp4", MASK)
    assert result.ledger.counts() == {"rendered": 1, "interpolated": 0, "covered": 0}
    assert len(frames(result.output)) == 1


def test_who_watches_sees_what_is_made_of_every_frame(make_clip, tmp_path):
    clip = make_clip(seconds=0.4)
    seen = []
    result = deidentify(
        clip.path,
        tmp_path / "out.mp4",
        MASK,
        side_by_side=tmp_path / "beside.mp4",
        side_by_side_width=101,
        watch=lambda frame, image: seen.append((frame.index, image)),
    )
    made = frames(result.output)
    assert [index for index, _ in seen] == list(range(len(made)))
    for (_, image), stored, beside, original in zip(
        seen, made, frames(tmp_path / "beside.mp4"), frames(clip.path), strict=True
    ):
        assert np.abs(image.astype(int) - stored).mean() < 3  # as encoded
        height, width = beside.shape[:2]
        assert width == 200 and height % 2 == 0
        for half, whole in ((beside[:, :100], original), (beside[:, 100:], image)):
            small = cv2.resize(whole, (100, height), interpolation=cv2.INTER_AREA)
            assert np.abs(small.astype(int) - half).mean() < 4


# --- who is replaced ----------------------------------------------------------------------------


def at_face(pair: Clip, number: int, path: Path) -> list[np.ndarray]:
    """What a clip shows at the place of one person's face, frame by frame."""
    points = pair.truth.people[number].landmarks
    return [new[around(points[k], new.shape)].astype(int) for k, new in enumerate(frames(path))]


def test_somebody_is_left_alone_and_the_label_says_so(pair, tmp_path):
    x, y = pair.truth.people[1].landmarks[0, 4, :2]
    selection = Selection(leave=(f"{x:.0f},{y:.0f}@0",))
    settings = Settings(engine="mask", selection=selection, **QUICK)
    result = deidentify(pair.path, tmp_path / "out.mp4", settings)
    for old, new in zip(at_face(pair, 1, pair.path), at_face(pair, 1, result.output), strict=True):
        assert np.abs(old - new).mean() < 6
    for new in at_face(pair, 0, result.output):
        assert np.abs(new - 118).mean() < 4
    assert sorted(p["role"] for p in result.record["people"]) == ["leave", "replace"]
    assert result.record["label"] == LABEL_LEFT
    assert result.record["settings"]["leave"] == list(selection.leave)


def test_a_face_that_was_named_is_for_one_person(pair, tmp_path):
    named = Settings(surrogate="woman-fair-1", **QUICK)
    result = deidentify(pair.path, tmp_path / "out.mp4", named, withhold=False)
    first, second = result.surrogates
    assert first == "woman-fair-1" and second != first


def test_all_but_the_main_person_are_covered(pair, tmp_path):
    settings = Settings(engine="pixelate", selection=Selection("main"), **QUICK)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Dlib, "threshold", 0.0)  # pixelation is a baseline, not a protection
        result = deidentify(pair.path, tmp_path / "out.mp4", settings)
    solid = [
        all(part.std(axis=(0, 1)).max() < 4 for part in at_face(pair, number, result.output))
        for number in (0, 1)
    ]
    assert sorted(solid) == [False, True]


# --- attacked before it leaves ------------------------------------------------------------------


@pytest.fixture
def forgetful(monkeypatch) -> None:
    """A first pass that loses one of two people."""
    real = pipeline.survey

    def half(*words):
        found = real(*words)
        del found.tracks[1]
        return found

    monkeypatch.setattr(pipeline, "survey", half)


def test_a_face_that_the_tracker_missed_is_covered(pair, tmp_path, forgetful):
    settings = replace(WATCHED_MASK, withhold="never")
    result = deidentify(pair.path, tmp_path / "out.mp4", settings)
    for number in (0, 1):
        for new in at_face(pair, number, result.output):
            assert new.std(axis=(0, 1)).max() < 4
    assert result.record["output"]["renderings"] == 2
    assert result.record["residual_faces"]["found"] == 0
    assert result.ledger.counts()["covered"] == len(pair.truth.pts)


def test_a_face_that_cannot_be_covered_withholds(pair, tmp_path, forgetful):
    once = replace(MASK, thoroughness=replace(WATCHED, attempts=1))
    source = pair.copy(tmp_path)
    assert "other detectors" in fails(PrivacyError, source, tmp_path / "out.mp4", once)


def test_who_is_recognised_is_pushed_further(brief, tmp_path, monkeypatch):
    real, seen = attempts.audit, []

    def strict(*words, **options):
        seen.append(real(*words, **options))
        return replace(seen[-1], nearest=0.1) if len(seen) == 1 else seen[-1]

    monkeypatch.setattr(attempts, "audit", strict)
    result = deidentify(brief.path, tmp_path / "out.mp4", Settings(subject="P01", **QUICK))
    assert result.record["output"]["renderings"] == 2
    # the nearest of three frames may find another original: more of them are looked at
    assert seen[1].mean > seen[0].mean
    assert result.record["linkable"]["subject"] == "P01"
    assert result.record["linkable"]["by_surrogate"] is True


# --- a picture as the surrogate -----------------------------------------------------------------


@pytest.fixture(scope="module")
def portrait(tmp_path_factory) -> Path:
    """A picture of somebody else."""
    import cv2

    clip = Phantom(Script(seconds=0.1, width=320, height=320, seed=4, face="woman-medium-2"))
    path = tmp_path_factory.mktemp("portrait") / "Mary Roe.png"
    cv2.imwrite(str(path), clip.frame(0).image[..., ::-1])
    return path


@pytest.mark.parametrize("consent", [None, "", "   yes    "])
def test_picture_without_consent(portrait, consent):
    with pytest.raises(ParameterError, match="consent"):
        Settings(surrogate=str(portrait), consent=consent)


def test_picture_with_consent(brief, portrait, tmp_path, monkeypatch):
    monkeypatch.setattr(Dlib, "threshold", 0.0)  # whether it hides this patient is not the point
    statement = "M. R. agreed in writing on 1 May 2025"
    settings = Settings(surrogate=str(portrait), consent=statement, **QUICK)
    result = deidentify(brief.path, tmp_path / "out.mp4", settings)
    assert result.record["settings"]["consent"] == statement
    assert result.record["settings"]["surrogate"] == "image"
    assert result.record["people"][0]["surrogate"]["consent"] == statement
    assert "Mary" not in result.manifest.read_text()


# --- what fails ---------------------------------------------------------------------------------


def fails(kind: type[MienError], source: Path, output: Path, settings: Settings = MASK) -> str:
    """De-identify, expecting an error of one sentence, an untouched source and nothing new."""
    before = digest(source) if source.is_file() else None
    seen = sorted(output.parent.iterdir())
    with pytest.raises(kind) as caught:
        deidentify(source, output, settings)
    assert sorted(output.parent.iterdir()) == seen
    assert before is None or digest(source) == before
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_no_face(tmp_path):
    source = tmp_path / "wall.mp4"
    info = VideoInfo(160, 120, Fraction(1, 15))
    with Writer(source, info) as out:
        for pts in range(8):
            out.write(np.full((120, 160, 3), 90 + 10 * pts, np.uint8), pts)
        out.commit()
    assert "No face" in fails(NoFaceError, source, tmp_path / "out.mp4")


def test_still_recognisable(brief, tmp_path, monkeypatch):
    monkeypatch.setattr(Dlib, "threshold", 3.0)  # nobody is that far from anybody
    assert "withheld" in fails(
        PrivacyError, brief.copy(tmp_path), tmp_path / "out.mp4", Settings(engine="blur", **QUICK)
    )


def test_output_is_the_input(brief, tmp_path):
    source = brief.copy(tmp_path)
    fails(OutputError, source, source, Settings(engine="mask", overwrite=True))


def test_output_folder_is_missing(brief, tmp_path):
    with pytest.raises(OutputError, match="does not exist"):
        deidentify(brief.path, tmp_path / "nowhere" / "out.mp4", MASK)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["out.mp4", "out.json"])
def test_output_exists(brief, tmp_path, name):
    (tmp_path / name).write_text("mine")
    fails(OutputError, brief.copy(tmp_path), tmp_path / "out.mp4")
    assert (tmp_path / name).read_text() == "mine"


def test_overwriting_replaces_only_with_something_complete(brief, tmp_path, monkeypatch):
    (tmp_path / "out.mp4").write_text("mine")
    (tmp_path / "out.json").write_text("mine too")
    settings = Settings(engine="mask", overwrite=True, **QUICK)
    with monkeypatch.context() as patch:
        patch.setattr(Dlib, "threshold", 3.0)
        blur = Settings(engine="blur", overwrite=True, **QUICK)
        fails(PrivacyError, brief.path, tmp_path / "out.mp4", blur)
    assert (tmp_path / "out.mp4").read_text() == "mine"
    assert (tmp_path / "out.json").read_text() == "mine too"
    deidentify(brief.path, tmp_path / "out.mp4", settings)
    assert len(frames(tmp_path / "out.mp4")) == len(brief.truth.pts)
    assert json.loads((tmp_path / "out.json").read_text())["label"] == LABEL


class FullDisk:
    """A file on a disk with little room."""

    def __init__(self, file, room: int) -> None:
        self._file, self._room = file, room

    def write(self, data) -> int:
        self._room -= len(data)
        if self._room < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return self._file.write(data)

    def __getattr__(self, name):
        return getattr(self._file, name)


def test_disk_is_full(brief, tmp_path, monkeypatch):
    real = writer.create

    def small(part):
        return FullDisk(real(part), 2000)

    monkeypatch.setattr(writer, "create", small)
    assert "disk is full" in fails(OutputError, brief.copy(tmp_path), tmp_path / "out.mp4")


def interrupt(clip, folder: Path, how: signal.Signals) -> tuple[subprocess.Popen, str, Path]:
    """Start the command line and send a signal once the hidden file has appeared."""
    source, output = clip.copy(folder), folder / "out.mp4"
    process = subprocess.Popen(
        [*COMMAND, "deidentify", source, "-o", output, "--engine", "mask"],
        stderr=subprocess.PIPE,
        text=True,
        # where the tests run in a shell's background, Ctrl-C is ignored, and mien honours that
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    limit = time.monotonic() + LONGEST_S
    while not list(folder.glob(".*.part")):
        assert process.poll() is None and time.monotonic() < limit
        time.sleep(0.01)
    process.send_signal(how)
    _, errors = process.communicate(timeout=LONGEST_S)
    return process, errors, output


def test_killed(patient, tmp_path):
    process, _, output = interrupt(patient, tmp_path, signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert not output.exists() and not output.with_suffix(".json").exists()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_interrupted(patient, tmp_path, how):
    process, errors, _ = interrupt(patient, tmp_path, how)
    assert process.returncode == 130, errors
    assert [line for line in errors.splitlines() if line.startswith("mien:")] == [
        "mien: interrupted; no unfinished file was left."
    ]
    assert "Traceback" not in errors
    assert [path.name for path in tmp_path.iterdir()] == ["clip.mp4"]


def test_judges_are_heard_and_change_nothing_that_they_pass(brief, tmp_path):
    settings = Settings(subject="P1", thoroughness=FEWER)
    judged = deidentify(brief.path, tmp_path / "judged.mp4", settings)
    alone = deidentify(brief.path, tmp_path / "alone.mp4", replace(settings, judges=()))
    assert digest(judged.output) == digest(alone.output)
    assert [one["steered"] for one in alone.told.judges] == [True] * len(ALSO_STEER)
    *chose, verdict = judged.told.judges
    assert chose == alone.told.judges and not verdict["steered"]
    (steered,) = judged.told.privacy
    names = {one["recogniser"] for one in (*chose, steered)}
    assert verdict["recogniser"] == FaceRes.name not in names
    for one in judged.told.judges:
        assert 0 < one["frames"] <= steered["frames"] and one["person"] == 0
        assert one["passed"] and one["threshold"] <= one["nearest"] <= one["mean"]
        assert one["others"] > 400


def test_what_a_judge_recognises_throughout_is_withheld_though_it_had_no_say(brief, tmp_path):
    """A recogniser that takes everybody for one person, as a stranger's may."""
    easy = _everybody_is_one(tmp_path / "easy.onnx")
    settings = Settings(engine="mask", thoroughness=FEWER, judges=(str(easy),))
    with pytest.raises(PrivacyError, match="recognised by easy in 8"):
        deidentify(brief.path, tmp_path / "out.mp4", settings)
    assert not list(tmp_path.glob("out*"))


def test_a_judge_that_there_is_not_is_refused_before_anything_is_done():
    with pytest.raises(ParameterError, match="no recogniser called 'nobody'"):
        Settings(judges=("nobody",))


def test_whoever_chooses_cannot_judge():
    with pytest.raises(ParameterError, match="chooses the new face"):
        Settings(judges=("dlib",))
    with pytest.raises(ParameterError, match="chooses the new face"):
        Settings(judges=("faceres", "mobileface"))


def test_sound_that_ends_too_soon_is_said(tmp_path, brief):
    source = tmp_path / "in.mkv"
    with av.open(str(brief.path)) as clip, av.open(str(source), "w") as out:
        pictures = out.add_stream_from_template(clip.streams.video[0])
        sound = out.add_stream("pcm_s16le", rate=8000, layout="mono")
        for packet in clip.demux(video=0):
            if packet.size:
                packet.stream = pictures
                out.mux(packet)
        for begins in (0, 8000 * 7200):  # a recorder whose clock was set on the way
            frame = av.AudioFrame.from_ndarray(np.full((1, 800), 900, np.int16), layout="mono")
            frame.sample_rate, frame.time_base, frame.pts = 8000, Fraction(1, 8000), begins
            out.mux(sound.encode(frame))
    result = deidentify(source, tmp_path / "out.mp4", replace(MASK, judges=()))
    assert [note["kind"] for note in result.told.input.notes] == ["sound", "damaged"]
    assert "jumps ahead by 7200 s" in result.told.input.notes[1]["words"]


def _everybody_is_one(path: Path) -> Path:
    """A network in InsightFace's format that describes every picture alike."""
    from onnx import TensorProto, helper, save

    shapes = [[1, 3, 112, 112], [1, 2]]
    values = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
        for name, shape in zip(("picture", "descriptor"), shapes, strict=True)
    ]
    weights = helper.make_tensor("zero", TensorProto.FLOAT, [3, 2], [0.0] * 6)
    bias = helper.make_tensor("one", TensorProto.FLOAT, [2], [1.0, 1.0])
    nodes = [
        helper.make_node("GlobalAveragePool", ["picture"], ["mean"]),
        helper.make_node("Flatten", ["mean"], ["flat"]),
        helper.make_node("Gemm", ["flat", "zero", "one"], ["descriptor"]),
    ]
    graph = helper.make_graph(nodes, "easy", values[:1], values[1:], [weights, bias])
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)
    return path
