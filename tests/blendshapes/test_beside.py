"""What stands beside the scores is what the face does, and is not taken for scores again."""

from __future__ import annotations

import json

import numpy as np
import pyarrow.parquet as pq
import pytest

from mien.blendshapes.beside import (
    GROUPS,
    LIPS_APART,
    LIPS_PART,
    UNITS,
    columns,
    described,
    write_with,
)
from mien.blendshapes.formats import read
from mien.blendshapes.formats.layout import is_beside
from mien.blendshapes.names import NAMES
from mien.blendshapes.recording import Recording
from mien.blendshapes.reliability import RELIABILITY
from mien.errors import OutputError, ParameterError
from mien.face.model import FaceModel


@pytest.fixture(scope="module")
def face():
    rng = np.random.default_rng(0)
    scores = rng.random((4, len(NAMES))).astype(np.float32)
    scores[2] = np.nan
    mesh = 100 + 50 * rng.random((4, 478, 3))
    mesh[2] = np.nan
    return scores, mesh


def test_units_are_the_means_of_the_scores_that_they_name(face):
    made = columns(["units"], *face)
    assert list(made) == sorted([*UNITS, LIPS_PART])
    for unit, names in UNITS.items():
        wanted = np.mean([face[0][:, NAMES.index(name)] for name in names], 0)
        assert np.allclose(made[unit], wanted, equal_nan=True)
    silent = {"cheekPuff", "cheekSquintLeft", "noseSneerLeft", "jawForward"}
    assert not silent & {name for names in UNITS.values() for name in names}


def test_gaze_goes_where_both_eyes_look():
    scores = np.zeros((2, len(NAMES)), np.float32)
    for name in ("eyeLookOutLeft", "eyeLookInRight"):
        scores[0, NAMES.index(name)] = 0.5  # to the person's left
    for name in ("eyeLookDownLeft", "eyeLookDownRight"):
        scores[1, NAMES.index(name)] = 1.0
    made = columns(["gaze"], scores, np.zeros((2, 478, 3)))
    assert made["gaze_yaw_deg"].tolist() == [15, 0] and made["gaze_pitch_deg"].tolist() == [0, -30]


def test_apertures_do_not_depend_on_the_size_of_the_picture(face):
    one, two = (columns(["apertures"], face[0], k * face[1]) for k in (1.0, 3.0))
    for name, values in one.items():
        assert np.allclose(values, two[name], equal_nan=True) and np.isnan(values[2])
    assert set(one) == {"aperture_left", "aperture_right", "aperture_mouth"}


def test_lips_part_as_far_as_they_are_apart_whatever_the_jaw(face):
    model = FaceModel.load()
    faces = []
    for moved in ((), ("mouthUpperUp", "mouthLowerDown"), ("jawOpen",)):
        beta = np.array([name.startswith(moved) if moved else 0 for name in model.expression_names])
        faces.append(100 * model.shape(np.zeros(40), beta.astype(float)))
    made = columns(["units"], np.zeros((3, len(NAMES))), np.stack(faces))[LIPS_PART]
    assert made[0] == 0 and made[1] == pytest.approx(1, abs=0.05) and made[2] == 1
    ajar = (faces[0] + faces[1]) / 2
    half = columns(["units"], np.zeros((1, len(NAMES))), ajar[None])[LIPS_PART]
    assert half[0] == pytest.approx(made[1] / 2, abs=0.05)
    for source in ("mien", "Face Landmarker"):  # landmarks are the tracker's in either case
        about = described(source)["action_units"][LIPS_PART]
        assert about["full_at"] == LIPS_APART and 0 < about["reliability"] < 1


def test_every_column_is_known_again_and_read_as_no_score(face, tmp_path):
    made = columns(GROUPS, *face)
    assert len(made) == 3 + 2 + 3 + len(UNITS) + 1 + 3 * 478
    assert all(is_beside(name) for name in made) and not any(map(is_beside, NAMES))
    assert made["x_7"][0] == face[1][0, 7, 0] and np.isnan(made["pose_yaw_deg"][2])
    recording = Recording(NAMES, face[0], np.arange(4) / 30)
    for ending in (".csv", ".parquet"):
        place = tmp_path / f"a{ending}"
        write_with(place, recording, made, described("mien"))
        back = read(place)
        assert back.names == NAMES
        assert np.allclose(back.scores, face[0], atol=1e-6, equal_nan=True)
    head = (tmp_path / "a.csv").read_text().splitlines()[0].split(",")
    assert head[-1] == "z_477" and len(head) == 2 + 51 + len(made)
    beside = json.loads((tmp_path / "a.scores.json").read_text())
    told = json.loads(pq.read_schema(tmp_path / "a.parquet").metadata[b"mien.scores"])
    assert beside == told and told["reliability"]["browDownLeft"] == 0.57
    assert told["action_units"]["AU04"] == {
        "mean_of": ["browDownLeft", "browDownRight"], "reliability": 0.57,
    }  # fmt: skip


def test_reliability_is_said_of_every_score_or_said_to_be_unknown():
    assert set(RELIABILITY) == set(NAMES)
    assert RELIABILITY["cheekPuff"] is None and RELIABILITY["jawLeft"] is None
    assert RELIABILITY["mouthLeft"] == 1.0 and RELIABILITY["eyeLookInRight"] == 0.83
    assert described("Face Landmarker")["reliability"] is None


def test_what_is_said_of_a_table_is_not_written_over(face, tmp_path):
    (tmp_path / "a.scores.json").write_text("mine")
    recording = Recording(NAMES, face[0], np.arange(4) / 30)
    with pytest.raises(OutputError, match=r"a\.scores\.json already exists"):
        write_with(tmp_path / "a.csv", recording, {}, described("mien"))
    assert not (tmp_path / "a.csv").exists()
    write_with(tmp_path / "a.csv", recording, {}, described("mien"), overwrite=True)
    assert json.loads((tmp_path / "a.scores.json").read_text())["scores"] == "mien"


def test_what_is_asked_for_has_to_exist(face, tmp_path):
    with pytest.raises(ParameterError, match="choose from pose"):
        columns(["mood"], *face)
    with pytest.raises(OutputError, match="no place"):
        recording = Recording(NAMES, face[0], np.arange(4) / 30)
        write_with(tmp_path / "a.log", recording, {}, {})
