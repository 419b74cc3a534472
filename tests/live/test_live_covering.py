"""Whatever goes wrong in a call, nobody sees the face of whoever sits there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from calls import QUICK, faces_left, pictures, solid

from mien.engines.base import Engine
from mien.errors import EngineError, VideoError
from mien.live.audit import Audit
from mien.live.errors import Errors
from mien.live.following import Follower

SETTLE = QUICK.settle - 1  # good pictures that stay covered


def test_a_plain_call_shows_another_face(hold, person, lookout):
    made = hold(person)
    assert made.failure is None
    assert made.shown == list(range(SETTLE, len(person)))
    assert faces_left(made, person, lookout) == 0
    assert made.session.as_dict()["frames"]["dropped"] == 0
    assert made.session.drawing.audit.looks >= 1 and not made.session.drawing.audit.found


def test_until_a_face_is_chosen_all_is_covered(mesh, hold, person):
    made = hold(person[:10], guise=None)
    assert not made.shown and len(made.kept.out) == 10
    assert made.because == {"calibrating": 10}


def test_a_face_that_is_lost(hold, lookout):
    images = pictures(seconds=2.0, absent=((0.6, 1.2),))
    made = hold(images)
    gone = [number for number in range(len(images)) if 0.7 < number / 15 < 1.1]
    assert gone and not set(gone) & set(made.shown)
    assert max(made.shown) > 20  # it is shown again when it is back
    assert faces_left(made, images, lookout) == 0
    assert made.because["no_face"] >= 3


def test_a_second_face(hold, lookout):
    alone = {"people": 2, "seconds": 1.6, "width": 480}
    images = pictures(**alone, other_absent=((0.0, 0.8),))
    both = range(16, len(images))  # in 16 half of her is in the picture
    made = hold(images)
    assert made.because["second_face"] == len(both)
    assert not set(both) & set(made.shown)
    assert faces_left(made, images, lookout) == 0


_ALIKE = pytest.mark.xfail(
    strict=False,
    reason="This one is nearer to the first person (0.93) than mobileface's threshold (1.02): not "
    "told apart, the second is shown with the first one's new face on.",
)


@pytest.mark.parametrize("seed", [3, pytest.param(7, marks=_ALIKE)])
def test_another_person_in_the_same_place(hold, person, lookout, seed):
    images = person[:8] + pictures(seed=seed, seconds=0.8) + person[8:16]
    made = hold(images)
    other = range(8, 8 + 12)
    assert not set(other) & set(made.shown)
    assert set(range(20 + QUICK.settle, 28)) <= set(made.shown)  # and they come back
    assert faces_left(made, images, lookout) == 0
    assert set(made.because) <= {"calibrating", "cut", "another_person", "no_face"}


def test_a_camera_that_stands_still(hold, person):
    images = person[:6] + [person[5]] * 5 + person[6:12]
    made = hold(images)
    assert 6 not in made.kept.out  # the first is dropped, the next cover
    assert all(solid(made.kept.out[n]) for n in range(7, 11))
    assert made.because["frozen"] == 4 + SETTLE


class Failing(Engine):
    """Draws as another engine does, until it does not."""

    name = "failing"

    def __init__(self, engine: Engine, failure: BaseException, good: int) -> None:
        self.engine, self.failure, self.good = engine, failure, good

    def render(self, image, landmarks):
        self.good -= 1
        if self.good == 0:
            raise self.failure
        return self.engine.render(image, landmarks)


def test_an_error_covers_one_picture_and_those_until_all_is_well(hold, guise, person, lookout):
    failing = Failing(guise.engine, ValueError("no"), good=6)
    made = hold(person, guise=replace(guise, engine=failing))
    assert made.failure is None
    assert made.shown == [2, 3, 4, *range(6 + SETTLE, len(person))]
    assert made.because["error"] == 1 + SETTLE
    assert faces_left(made, person, lookout) == 0
    told = made.session.as_dict()["errors"]
    assert told == [{"stage": "draw", "error": "ValueError: no", "times": 1}]


def test_a_picture_that_cannot_be_measured_is_covered_and_named(hold, person, monkeypatch):
    see, number = Follower.see, iter(range(len(person)))

    def failing(self, image, shown):
        if next(number) == 6:
            raise ValueError("torn\npicture")
        return see(self, image, shown)

    monkeypatch.setattr(Follower, "see", failing)
    made = hold(person)
    assert 6 not in made.shown and made.because["error"] == 1 + SETTLE
    told = made.session.as_dict()["errors"]
    assert told == [{"stage": "measure", "error": "ValueError: torn picture", "times": 1}]


def test_checks_that_end_cover_and_say_why(hold, person, monkeypatch):
    def failing(*_):
        raise MemoryError("no room")

    monkeypatch.setattr(Audit, "_look", failing)
    made = hold(person)
    told = made.session.as_dict()["errors"]
    assert told == [{"stage": "check", "error": "MemoryError: no room", "times": 1}]
    assert max(made.kept.out) not in made.shown and made.because["error"] > 1


def test_many_kinds_of_errors_take_no_more_room():
    errors = Errors()
    for number in range(1000):
        errors.add("draw", ValueError(f"{number} " + "x" * 1000))
    told = errors.as_list()
    assert errors.total == 1000 == sum(each["times"] for each in told)
    assert len(told) <= 21 and max(len(each["error"]) for each in told) <= 200


def test_a_stage_that_dies_ends_the_call_covered(hold, guise, person):
    failing = Failing(guise.engine, SystemExit(), good=6)
    made = hold(person, guise=replace(guise, engine=failing))
    assert isinstance(made.failure, EngineError)
    assert set(made.shown) <= set(range(SETTLE, 5))
    assert solid(made.kept.out[max(made.kept.out)])


def test_a_camera_that_is_pulled_out_ends_the_call(mesh, guise, person):
    from calls import Given, Kept

    from mien.live.session import Session

    class Pulled(Given):
        def __iter__(self):
            yield from super().__iter__()
            raise VideoError("camera 0 gives no pictures any more")

    kept = Kept()
    session = Session(Pulled(person[:6]), [kept], QUICK, as_fast=True, backend=mesh)
    session.drawing.guise = guise
    with pytest.raises(VideoError, match="no pictures"):
        session.run()
    session.close()
    assert solid(kept.out[max(kept.out)])


def test_what_is_late_is_never_shown(hold, person):
    made = hold(person, settings=replace(QUICK, late_s=0.002), as_fast=False)
    assert not made.shown


def test_a_face_that_hides_nobody_is_seen_by_those_who_look(hold, guise, person):
    class Nothing(Failing):
        def render(self, image, landmarks):
            rendering = self.engine.render(image, landmarks)
            return replace(rendering, opacity=np.zeros_like(rendering.opacity), sources=None)

    made = hold(person, guise=replace(guise, engine=Nothing(guise.engine, ValueError(), 0)))
    assert not made.shown
    assert made.because["recognised"] > 10
