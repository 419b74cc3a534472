"""The memory of who was given which face."""

from __future__ import annotations

from mien.scale.faces import Faces

BANK = [f"face-{k:02d}" for k in range(24)]
LOOKS = {face: k % 2 for k, face in enumerate(BANK)}


def test_those_who_choose_at_the_same_time_cannot_meet():
    faces = Faces(BANK)
    left = [set(BANK) - set(faces.avoided(place, 3, LOOKS)) for place in range(3)]
    assert not left[0] & left[1] and not left[1] & left[2] and not left[0] & left[2]
    assert set.union(*left) == set(BANK)
    assert all({LOOKS[face] for face in one} == {0, 1} for one in left)


def test_nobody_shares_a_face_before_all_are_given():
    faces = Faces(BANK)
    for number in range(48):
        free = set(BANK) - set(faces.avoided(0, 1, LOOKS))
        faces.learn(f"s{number}", min(free))
        assert bool(faces.shared()) == (number >= 24)
    assert set(faces.shared().values()) == {2}


def test_the_first_face_stays():
    faces = Faces(BANK)
    faces.learn("s", "face-01")
    faces.learn("s", "face-02")
    assert faces.given == {"s": "face-01"}
