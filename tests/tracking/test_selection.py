"""Naming people: numbers, places, pictures, and what is said when a name fits nobody."""

from __future__ import annotations

import numpy as np
import pytest

from mien.errors import NoFaceError, ParameterError
from mien.models.landmarker import open_backend
from mien.phantom import Phantom, Script
from mien.tracking import FaceTrack, Meshes, State
from mien.tracking.picture import one_face
from mien.tracking.selection import Role, Selection, proven, roles
from mien.tracking.track import Stretch

TIMES = np.arange(50) / 25
LOOKS = np.eye(128)[:3]  # 1.41 apart


def person(number: int, x: float, frames: slice = slice(None)) -> FaceTrack:
    """Somebody who stands at a place, 80 pixels tall."""
    shape = np.random.default_rng(0).uniform(0, 80, (478, 3))
    landmarks = np.full((50, 478, 3), np.nan, np.float32)
    landmarks[frames] = shape + [x - 40, 60, 0]
    state = np.where(np.isnan(landmarks[:, 0, 0]), State.ABSENT, State.TRACKED).astype(np.uint8)
    return FaceTrack(number, Meshes.of(landmarks), state, LOOKS[number : number + 1])


TRACKS = [person(0, 100), person(1, 300), person(2, 500, slice(0, 25))]


def chosen(picture: np.ndarray = LOOKS[0], **wanted) -> list[str]:
    found, _ = roles(Selection(**wanted), TRACKS, TIMES, lambda path: picture, 0.6)
    return [role.value for role in found]


def test_everybody_is_replaced_unless_said_otherwise():
    assert chosen() == ["replace"] * 3
    assert roles(Selection(), [], TIMES, lambda path: LOOKS[0], 0.6) == ([], {})


def test_whoever_is_not_chosen_is_covered_and_never_left():
    assert chosen(people="main") == ["replace", "cover", "cover"]
    assert chosen(people="1, 3") == ["replace", "cover", "replace"]
    assert chosen(people="2") == ["cover", "replace", "cover"]


def test_names_override_people():
    assert chosen(leave=("2",)) == ["replace", "leave", "replace"]
    assert chosen(people="main", leave=("3",), cover=("1",)) == ["cover", "cover", "leave"]


def test_a_place_and_a_time_name_a_face():
    assert chosen(leave=("300,100@1.5",))[1] == "leave"
    assert chosen(cover=("330.5, 130 @ 0.2",))[1] == "cover"
    assert chosen(leave=("500,100@0.9",))[2] == "leave"
    for nowhere in ("300,400@1.5", "500,100@1.9"):
        with pytest.raises(ParameterError, match="Nobody"):
            chosen(leave=(nowhere,))
    with pytest.raises(ParameterError, match="the clip ends after"):
        chosen(leave=("100,100@60",))
    with pytest.raises(ParameterError, match="equally near"):
        chosen(leave=("200,100@1",))


def test_a_picture_names_whom_it_looks_like(tmp_path):
    (tmp_path / "who.png").write_bytes(b"not looked at here")
    path = str(tmp_path / "who.png")
    assert chosen(LOOKS[1] * 0.9, leave=(path,)) == ["replace", "leave", "replace"]
    with pytest.raises(ParameterError, match="Nobody"):
        chosen(-LOOKS[1], leave=(path,))
    with pytest.raises(ParameterError, match="Several"):
        twin = FaceTrack(1, TRACKS[1].landmarks, TRACKS[1].state, LOOKS[:1])
        alike = [person(0, 100), twin]
        roles(Selection(leave=(path,)), alike, TIMES, lambda path: LOOKS[0], 0.6)


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({"people": "nobody"}, "choose all, main, or numbers"),
        ({"people": "0"}, "from 1"),
        ({"people": ""}, "choose all"),
        ({"people": "1,,2"}, "choose all"),
        ({"leave": ("0",)}, "from 1"),
        ({"leave": ("",)}, "no picture"),
        ({"cover": ("nowhere.png",)}, "no picture"),
        ({"cover": ("640,200",)}, "no picture"),
        ({"leave": ("2",), "cover": ("2",)}, "both"),
    ],
)
def test_what_cannot_name_anybody_is_refused_at_once(wanted, words):
    with pytest.raises(ParameterError, match=words):
        Selection(**wanted)


def test_numbers_and_contradictions_are_checked_against_the_clip():
    for wanted in ({"people": "4"}, {"leave": ("4",)}, {"cover": ("7",)}):
        with pytest.raises(ParameterError, match="3 people"):
            chosen(**wanted)
    with pytest.raises(ParameterError, match="both left alone and covered"):
        chosen(leave=("2",), cover=("300,100@1",))
    assert chosen(leave=("2", "300,100@1")) == ["replace", "leave", "replace"]
    assert Role("leave") is Role.LEAVE


def test_the_one_face_in_a_picture(tmp_path):
    import cv2

    backend = open_backend()
    clip = Phantom(Script(seconds=0.1, width=320, height=320, seed=1))
    path = tmp_path / "one.png"
    cv2.imwrite(str(path), clip.frame(0).image[..., ::-1])
    image, points = one_face(path, backend)
    np.testing.assert_array_equal(image, clip.frame(0).image)
    apart = np.linalg.norm((points - clip.truth.people[0].landmarks[0])[:, :2], axis=1)
    assert np.median(apart) < 0.05 * clip.truth.people[0].scale[0]
    two = Phantom(Script(seconds=0.1, width=480, height=270, people=2, seed=1))
    cv2.imwrite(str(path), two.frame(0).image[..., ::-1])
    with pytest.raises(ParameterError, match="shows 2 faces"):
        one_face(path, backend)
    cv2.imwrite(str(path), np.full((200, 200, 3), 120, np.uint8))
    with pytest.raises(NoFaceError, match="no face in"):
        one_face(path, backend)
    path.write_text("words")
    with pytest.raises(ParameterError, match="not a picture"):
        one_face(path, backend)
    with pytest.raises(ParameterError, match="no picture at"):
        one_face(tmp_path / "none.png", backend)
    backend.close()


def test_a_place_means_whoever_is_there_before_the_film_cuts():
    """Two people in one place, one after the other."""
    before, after = person(0, 200, slice(0, 25)), person(1, 200, slice(25, 50))
    before.cuts = after.cuts = (25,)
    for time, wanted in ((0.9, [Role.LEAVE, Role.REPLACE]), (1.1, [Role.REPLACE, Role.LEAVE])):
        selection = Selection(leave=(f"200,100@{time}",))
        found, _ = roles(selection, [before, after], TIMES, lambda path: LOOKS[0], 0.6)
        assert found == wanted


# --- who is left alone is proven in every stretch ------------------------------------------------


def put_together(*people: int, count: int = 10) -> FaceTrack:
    """A track of stretches of some frames each, in which one or the other person is seen, described
    at the start and at the end of each."""
    rng = np.random.default_rng(3)
    looks = rng.normal(size=(3, 128))
    looks *= 0.6 / np.linalg.norm(looks, axis=1, keepdims=True)
    size = count * len(people)
    track = FaceTrack(0, np.zeros((size, 478, 3), np.float32), np.full(size, State.TRACKED))
    for k, who in enumerate(people):
        views = looks[who] + rng.normal(0, 0.01, (2, 128))
        start, end = k * count, (k + 1) * count
        track.stretches.append(Stretch(start, end, views, np.array([start, end - 1])))
    track.descriptors = np.concatenate([s.descriptors for s in track.stretches])
    return track


def as_one(*stretches: Stretch) -> Stretch:
    """What was followed without a break."""
    return Stretch(
        stretches[0].start,
        stretches[-1].end,
        np.concatenate([s.descriptors for s in stretches]),
        np.concatenate([s.frames for s in stretches]),
    )


def left(track: FaceTrack, name: str, others=(), picture=None) -> list[int]:
    times = np.arange(len(track.state)) / 10
    return np.flatnonzero(proven(name, track, others, times, lambda path: picture)).tolist()


@pytest.mark.parametrize(("name", "frames"), [("1", range(20)), ("5,5@2.5", range(20, 30))])
def test_somebody_else_in_a_track_is_not_left_with_it(name, frames):
    track = put_together(0, 0, 1)
    track.stretches[:2] = [as_one(*track.stretches[:2])]
    assert left(track, name) == list(frames)


def test_a_picture_proves_by_looks():
    track = put_together(1, 0, 1)
    wanted = track.stretches[1].descriptors[0]
    assert left(track, "me.png", picture=wanted) == list(range(10, 20))


def test_where_a_face_becomes_another_one_little_by_little_it_is_left_until_then():
    track = put_together(0, 0, 1, 1)
    track.stretches = [as_one(*track.stretches)]
    assert left(track, "5,5@0.1") == list(range(20))
    assert left(track, "5,5@3.9") == list(range(20, 40))


def test_between_two_stretches_of_one_person_the_face_is_theirs():
    track = put_together(0, 0, 1)
    track.stretches[0] = Stretch(0, 7, track.stretches[0].descriptors, np.array([0, 6]))
    assert left(track, "1") == list(range(20))


def test_a_stretch_that_looks_more_like_another_person_is_not_left():
    track, other = put_together(0, 0), put_together(1, 1)
    theirs = other.stretches[0].descriptors
    track.stretches[1] = Stretch(10, 20, theirs, np.array([10, 19]))
    assert left(track, "1", others=[other]) == list(range(10))


def test_nobody_is_proven_without_looks():
    track = put_together(0)
    track.stretches = [Stretch(0, 10, np.zeros((0, 128)), np.zeros(0, int))]
    assert left(track, "1") == []


@pytest.mark.parametrize(
    ("distances", "frames"), [((0.47, 0.47), 10), ((0.44, 0.44), 10), ((0.3, 0.44), 20)]
)
def test_after_a_break_a_look_alike_is_not_left(distances, frames):
    """Some pairs of strangers are as near as somebody is to themselves in a bad moment."""
    track = FaceTrack(0, np.zeros((20, 478, 3), np.float32), np.full(20, State.TRACKED))
    views = np.array([LOOKS[0] + distance * LOOKS[1] for distance in distances])
    track.stretches = [
        Stretch(0, 10, LOOKS[[0, 0]], np.array([0, 9])),
        Stretch(10, 20, views, np.array([10, 19])),
    ]
    assert left(track, "5,5@0.1") == list(range(frames))
