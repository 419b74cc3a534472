"""Who is who among faces with known places, sizes, presence and looks."""

from __future__ import annotations

import numpy as np
import pytest

from mien.encounter.roles import assign_roles, people_of
from mien.errors import ParameterError
from mien.face.model import FaceModel
from mien.tracking import FaceTrack, Meshes, State

SIZE = (480, 640)
FRAMES = 50


def looks(seed: int, count: int = 4) -> np.ndarray:
    """Descriptors of one person, of length 1 like the recogniser's."""
    rng = np.random.default_rng(seed)
    middle = rng.standard_normal(128)
    middle /= np.linalg.norm(middle)
    return middle + 0.02 * rng.standard_normal((count, 128))


def face(x: float, side: float, seen=slice(None), seed: int = 0, number: int = 0) -> FaceTrack:
    model = FaceModel.load()
    unit = side / np.ptp(model.neutral[:, :2], axis=0).max()
    points = model.neutral * unit + [x * SIZE[1], 0.5 * SIZE[0], 0]
    landmarks = np.full((FRAMES, 478, 3), np.nan, np.float32)
    state = np.full(FRAMES, State.ABSENT, np.uint8)
    landmarks[seen] = points
    state[seen] = State.TRACKED
    return FaceTrack(number, Meshes.of(landmarks), state, looks(seed))


def test_presence_size_and_place_are_measured():
    person = people_of([face(0.25, 120, slice(0, 40))], SIZE)[0]
    assert person.share == pytest.approx(0.8)
    assert person.size == pytest.approx(0.25, rel=0.01) and abs(person.x - 0.25) < 0.02


def test_the_main_face_has_the_role_and_passers_by_do_not():
    tracks = [
        face(0.5, 140, seed=1),
        face(0.9, 60, slice(10, 30), seed=2),
        face(0.1, 50, slice(0, 2), seed=3),
    ]
    found = assign_roles(tracks, SIZE, ["patient"])
    assert found.tracks == {"patient": 0} and not found.assumed
    assert found.others == (1,)  # two glimpses are nobody


def test_size_counts_beside_presence():
    behind = face(0.85, 50, seed=1)
    front = face(0.5, 150, slice(0, 40), seed=2)
    assert assign_roles([behind, front], SIZE, ["doctor"]).tracks == {"doctor": 1}


def test_two_alike_are_said_to_be_assumed():
    found = assign_roles([face(0.3, 120, seed=1), face(0.7, 118, seed=2)], SIZE, ["doctor"])
    assert found.assumed
    known = assign_roles(
        [face(0.3, 120, seed=1), face(0.7, 118, seed=2)], SIZE, ["doctor"], not_like=looks(1)
    )
    assert known.tracks == {"doctor": 1} and not known.assumed


def test_a_pair_in_one_picture():
    tracks = [face(0.7, 120, seed=1), face(0.3, 120, seed=2), face(0.5, 60, slice(5, 20), seed=3)]
    found = assign_roles(tracks, SIZE, ["doctor", "patient"])
    assert found.tracks == {"doctor": 1, "patient": 0} and found.assumed and found.others == (2,)
    for references in ({"patient": "left"}, {"doctor": "right"}, {"patient": "2"}):
        found = assign_roles(tracks, SIZE, ["doctor", "patient"], references)
        assert found.tracks == {"doctor": 0, "patient": 1} and not found.assumed


def test_sides_are_those_before_the_film_cuts():
    """Two people change seats: a median over the whole film would put both in the middle."""
    tracks = [face(0.3, 120, seed=1), face(0.7, 120, seed=2)]
    for track, there in zip(
        tracks, reversed([t.landmarks[20:].copy() for t in tracks]), strict=True
    ):
        track.landmarks[20:] = there
        track.cuts = (20,)
    found = assign_roles(tracks, SIZE, ["doctor", "patient"], {"patient": "left"})
    assert found.tracks == {"patient": 0, "doctor": 1} and found.cuts == 1
    assert [round(p.x, 1) for p in people_of(tracks, SIZE)] == [0.3, 0.7]


def test_a_picture_names_the_person():
    tracks = [face(0.3, 150, seed=1), face(0.7, 90, seed=2), face(0.5, 80, seed=3)]
    found = assign_roles(
        tracks, SIZE, ["doctor", "patient"], {"doctor": "her.png"},
        describe_picture=lambda name: looks(2)[0],
    )  # fmt: skip
    assert found.tracks == {"doctor": 1, "patient": 0} and found.others == (2,)
    assert found.how["doctor"] == "picture"


def test_what_cannot_be_resolved_is_refused():
    pair = [face(0.3, 120, seed=1), face(0.7, 120, seed=2)]
    both = ["doctor", "patient"]
    with pytest.raises(ParameterError, match="looks like"):
        assign_roles(
            pair, SIZE, both, {"doctor": "x.png"}, describe_picture=lambda name: looks(9)[0]
        )
    twins = [face(0.3, 120, seed=1), face(0.7, 120, seed=1)]
    with pytest.raises(ParameterError, match="Several people"):
        assign_roles(
            twins, SIZE, both, {"doctor": "x.png"}, describe_picture=lambda name: looks(1)[0]
        )
    with pytest.raises(ParameterError, match="same person"):
        assign_roles(pair, SIZE, both, {"doctor": "1", "patient": "1"})
    with pytest.raises(ParameterError, match="both be on the left"):
        assign_roles(pair, SIZE, both, {"doctor": "left", "patient": "left"})
    with pytest.raises(ParameterError, match="numbered 1 to 2"):
        assign_roles(pair, SIZE, both, {"doctor": "3"})
    with pytest.raises(ParameterError, match="Only one person"):
        assign_roles(pair[:1], SIZE, both)
    with pytest.raises(ParameterError, match="Only one person"):
        assign_roles(pair[:1], SIZE, both, {"doctor": "1"})
    with pytest.raises(ParameterError, match="nurse"):
        assign_roles(pair, SIZE, both, {"nurse": "1"})
