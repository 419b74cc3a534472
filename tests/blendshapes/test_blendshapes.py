"""Scores of faces whose expression is known, and the command that writes them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from mien.blendshapes.formats import read
from mien.blendshapes.landmarker_scores import LandmarkerScores
from mien.blendshapes.names import NAMES
from mien.blendshapes.scores import Blendshapes
from mien.errors import FormatError, ParameterError
from mien.face.model import FaceModel
from mien.phantom.pose import rotation_of

SHARED = Path(__file__).resolve().parents[3] / "shared"
TASK = SHARED / "models" / "face_landmarker.task"
CLIP = SHARED / "clips" / "d0.mp4"
SIZE = (640, 480)


def face(turn: tuple[float, float, float] = (0, 0, 0), **beta: float) -> np.ndarray:
    """Landmarks of the mean face with an expression, pixels, shape (478, 3)."""
    model = FaceModel.load()
    weights = np.zeros(len(model.expression_names))
    for name, value in beta.items():
        weights[model.expression_names.index(name)] = value
    shape = model.shape(np.zeros(len(model.identity)), weights)
    return 90 * shape @ rotation_of(*turn).T + [320, 200, 0]


def scored(*faces: np.ndarray) -> list[dict[str, float]]:
    rows = Blendshapes.load().scores(np.array(faces), *SIZE)
    return [dict(zip(NAMES, row.tolist(), strict=True)) for row in rows]


def test_there_are_51_names_in_pairs():
    assert len(set(NAMES)) == 51 and "_neutral" not in NAMES and "tongueOut" not in NAMES
    lefts = {name for name in NAMES if name.endswith("Left")}
    assert {name.replace("Left", "Right") for name in lefts} <= set(NAMES)


@pytest.mark.parametrize(
    ("moved", "score", "least"),
    [
        ({"jawOpen": 0.8}, "jawOpen", 0.3),
        ({"eyeBlinkLeft": 1.0, "eyeBlinkRight": 1.0}, "eyeBlinkLeft", 0.3),
        ({"eyeBlinkLeft": 1.0, "eyeBlinkRight": 1.0}, "eyeBlinkRight", 0.3),
        ({"mouthSmileLeft": 0.8, "mouthSmileRight": 0.8}, "mouthSmileLeft", 0.3),
        ({"mouthSmileLeft": 0.8, "mouthSmileRight": 0.8}, "mouthSmileRight", 0.3),
        ({"mouthPucker": 0.8}, "mouthPucker", 0.3),
        ({"browInnerUp": 0.8, "browOuterUpLeft": 0.8, "browOuterUpRight": 0.8}, "browInnerUp", 0.2),
    ],
)
def test_what_moves_is_scored(moved, score, least):
    rest, half, full = scored(face(), face(**{k: v / 2 for k, v in moved.items()}), face(**moved))
    assert rest[score] < half[score] < full[score]
    assert full[score] - rest[score] > least


@pytest.mark.parametrize("name", ["mouthSmile", "eyeBlink", "browOuterUp"])
def test_sides_are_the_persons_own(name):
    for side, other in (("Left", "Right"), ("Right", "Left")):
        rest, moved = scored(face(), face(**{name + side: 0.9}))
        rise = {s: moved[name + s] - rest[name + s] for s in (side, other)}
        assert rise[side] > 0.05 and rise[side] > rise[other] + 0.03


def test_a_mirrored_face_gives_mirrored_scores():
    moved = face(mouthSmileLeft=0.7, eyeBlinkRight=0.8, jawOpen=0.3)
    mirrored = moved[FaceModel.load().mirror] * [-1, 1, 1] + [640, 0, 0]
    one, two = scored(moved, mirrored)
    swap = {"Left": "Right", "Right": "Left"}
    for name in ("mouthSmileLeft", "mouthSmileRight", "eyeBlinkLeft", "eyeBlinkRight"):
        stem = name.removesuffix("Left").removesuffix("Right")
        assert abs(one[name] - two[stem + swap[name.removeprefix(stem)]]) < 0.2


def test_place_size_depth_and_neighbours_do_not_matter():
    network = Blendshapes.load()
    faces = np.stack([face((yaw, 3, 4), jawOpen=yaw / 20) for yaw in range(0, 20, 4)])
    scores = network.scores(faces, *SIZE)
    moved = network.scores(0.5 * faces * [1, 1, 3] + [40, 60, 9], *SIZE)
    alone = np.concatenate([network.scores(one[None], *SIZE) for one in faces])
    assert np.abs(scores - moved).max() < 1e-4 and np.abs(scores - alone).max() < 1e-4
    assert scores.dtype == np.float32 and (scores >= 0).all() and (scores <= 1).all()


def test_frames_without_a_face_stay_empty():
    faces = np.stack([face()] * 4)
    faces[1] = np.nan
    faces[2, 100, 1] = np.nan
    faces[3, :, 0] += 1000  # beside the picture
    scores = Blendshapes.load().scores(faces.astype(np.float32), *SIZE)
    assert np.isfinite(scores[0]).all()
    # a landmark that the network does not look at does not matter, all others do
    assert np.isfinite(scores[2]).all() != (100 in Blendshapes.load().landmarks)
    assert np.isnan(scores[[1, 3]]).all()
    assert Blendshapes.load().scores(np.zeros((0, 478, 3)), *SIZE).shape == (0, 51)


def test_wrong_shapes_are_refused():
    with pytest.raises(ParameterError, match="478"):
        Blendshapes.load().scores(np.zeros((3, 468, 3)), *SIZE)
    with pytest.raises(ParameterError, match="0 x 480"):
        Blendshapes.load().scores(np.zeros((3, 478, 3)), 0, 480)


def test_a_model_file_must_be_one(tmp_path):
    with pytest.raises(ParameterError, match="no landmarker"):
        LandmarkerScores(tmp_path / "none.task")
    other = tmp_path / "other.task"
    other.write_bytes(b"something else")
    with pytest.raises(FormatError, match="not a Face Landmarker model"):
        LandmarkerScores(other)


def test_scores_go_with_mediapipes_own_on_the_same_landmarks():
    """One of the clips that the network has learnt from: shows that the asset fits the code."""
    if not (TASK.is_file() and CLIP.is_file()):
        pytest.skip("the model file and the clip in ../shared are not there")
    from mien.models.face_task import FaceTask
    from mien.video import Reader

    task, points, theirs = FaceTask(TASK, scores=True), [], []
    with Reader(CLIP) as reader:
        size = (reader.info.width, reader.info.height)
        for frame in reader:
            face = task.look(frame.image)
            points.append(face.landmarks)
            theirs.append(face.scores[1:])
    scores, truth = Blendshapes.load().scores(np.array(points), *size), np.array(theirs)
    varies = np.flatnonzero(truth.std(0) > 0.03)
    r = {NAMES[k]: np.corrcoef(scores[:, k], truth[:, k])[0, 1] for k in varies}
    assert np.mean(list(r.values())) > 0.95
    for name in ("jawOpen", "mouthSmileLeft", "mouthSmileRight", "eyeBlinkLeft", "eyeBlinkRight"):
        assert r[name] > 0.97, name


# --- the command ----------------------------------------------------------------------------------


@pytest.fixture
def command():
    from mien.cli.blendshapes import blendshapes
    from mien.cli.failure import guarded

    app = typer.Typer()
    app.command()(guarded(blendshapes))
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


def test_the_command_scores_a_phantom(patient, command, tmp_path):
    out = tmp_path / "scores.csv"
    result = command(patient.path, "-o", out, "--json")
    assert result.exit_code == 0, result.output
    summary = json.loads(result.stdout)
    recording = read(out)
    truth = patient.truth.people[0]
    assert summary["frames"] == len(recording.times) == len(truth.beta)
    assert recording.names == NAMES and summary["scored"] == recording.found.sum()
    assert recording.found.mean() > 0.9 and (np.diff(recording.times) > 0).all()
    smile = FaceModel.load().expression_names.index("mouthSmileLeft")
    found = recording.found
    r = np.corrcoef(recording.column("mouthSmileLeft")[found], truth.beta[found, smile])[0, 1]
    assert r > 0.9
    assert command(patient.path, "-o", out).exit_code == 6
    beside = sorted(path.name for path in tmp_path.iterdir())
    assert beside == ["scores.csv", "scores.scores.json"]


def test_the_command_gives_mediapipes_own_scores_or_those_of_the_mesh(patient, command, tmp_path):
    made = {}
    for source in ("mediapipe", "mesh"):
        table = tmp_path / f"{source}.csv"
        assert command(patient.path, "-o", table, "--scores", source).exit_code == 0
        made[source] = read(table)
    own, mesh = made["mediapipe"], made["mesh"]
    both = own.found & mesh.found
    assert both.mean() > 0.9 and own.names == mesh.names == NAMES
    one, two = own.column("mouthSmileLeft")[both], mesh.column("mouthSmileLeft")[both]
    assert np.corrcoef(one, two)[0, 1] > 0.9 and not np.array_equal(one, two)


@pytest.mark.parametrize("ending", ["jsonl", "log"])
def test_the_command_writes_the_formats_of_others(patient, command, tmp_path, ending):
    table = tmp_path / f"scores.{ending}"
    assert command(patient.path, "-o", table, "--scores", "mesh").exit_code == 0
    assert read(table).found.mean() > 0.9
    assert command(patient.path, "-o", tmp_path / "p.jsonl", "--with", "pose").exit_code == 6


def test_a_model_file_gives_what_ships(patient, command, tmp_path):
    if not TASK.is_file():
        pytest.skip("the model file in ../shared is not there")
    for name, words in (("own.csv", ()), ("file.csv", ("--landmarker", TASK))):
        assert command(patient.path, "-o", tmp_path / name, *words).exit_code == 0
    own, given = (read(tmp_path / name) for name in ("own.csv", "file.csv"))
    assert np.nanmax(np.abs(own.scores - given.scores)) < 0.02


@pytest.mark.parametrize(
    ("words", "status", "say"),
    [
        (("none.mp4", "-o", "out.csv"), 3, "none.mp4"),
        (("none.mp4", "-o", "out.png"), 6, ".csv"),
        (("none.mp4", "-o", "nowhere/out.csv"), 6, "does not exist"),
        (("none.mp4", "-o", "out.csv", "--scores", "arkit"), 2, "mediapipe or mesh"),
    ],
)
def test_refusals(words, status, say, command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = command(*words)
    assert result.exit_code == status and say in result.stderr
    assert not list(tmp_path.iterdir())
