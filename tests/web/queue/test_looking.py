"""What workers do to find people and to show one moment, on a clip whose face is known."""

from __future__ import annotations

from datetime import date

import cv2
import numpy as np
import pytest

from mien.errors import ParameterError
from mien.web.queue.folders import TRIED, WAS, person_picture
from mien.web.queue.tables import Kind
from mien.web.queue.tasks import Material, Task
from mien.web.works.evaluate import heading
from mien.web.works.people import find_people
from mien.web.works.trying import selection_at, try_moment

WANTED = {"engine": "mask", "surrogate": "auto", "match": "age", "people": "all"}
SEEN = [
    {"person": 1, "at": "10,10@5", "places": [[4.0, 10, 10], [5.0, 12, 11]]},
    {"person": 2, "at": "90,10@5", "places": [[5.1, 90, 10]]},
    {"person": 3, "at": "50,50@9", "places": [[9.0, 50, 50]]},
]


@pytest.fixture
def task(brief, tmp_path):
    def make(kind: Kind, **wanted) -> Task:
        clip = Material("0" * 32, "a.mp4", brief.path, None, {})
        return Task(kind, tmp_path, {**WANTED, **wanted}, (clip,))

    return make


def quiet(stage, done, total):
    """Take progress and say nothing."""


def test_the_one_person_is_found_with_a_picture(task, tmp_path):
    found = find_people(task(Kind.PEOPLE), quiet)
    (person,) = found["people"]
    assert person["person"] == 1 and person["frames"] == person["of"]
    x, y = map(int, person["at"].partition("@")[0].split(","))
    assert 80 < x < 240 and 80 < y < 240  # the phantom's face is about the middle of 320 pixels
    assert person["places"][0][0] == pytest.approx(person["first_s"])
    assert [path.name for path in tmp_path.iterdir()] == [person_picture(1)]


def test_a_moment_is_drawn_and_nothing_else_is_left(task, tmp_path):
    found = try_moment(task(Kind.TRY, time_s=0.2), quiet)
    assert found["time_s"] == pytest.approx(0.2, abs=0.04)
    assert sorted(path.name for path in tmp_path.iterdir()) == [TRIED, WAS]
    was, tried = (cv2.imread(str(tmp_path / name)).astype(float) for name in (WAS, TRIED))
    changed = np.abs(was - tried).mean(2) > 20
    height, width = changed.shape
    assert changed[height // 3 : 2 * height // 3, width // 3 : 2 * width // 3].mean() > 0.5
    assert changed[: height // 16].mean() < 0.05  # what is no face stays


def test_a_moment_after_the_end_is_refused(task, tmp_path):
    with pytest.raises(ParameterError, match="ends after"):
        try_moment(task(Kind.TRY, time_s=60.0), quiet)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("wanted", "leave", "cover"),
    [
        ({"people": "all"}, (), ()),
        ({"people": "1"}, (), ("90,10@1.100",)),
        ({"people": "main"}, (), ("90,10@1.100",)),
        ({"people": "2", "leave": ["1"]}, ("12,11@1.000",), ()),
        ({"people": "all", "cover": ["90,10@5"]}, (), ("90,10@1.100",)),
        ({"people": "3"}, (), ("12,11@1.000", "90,10@1.100")),
    ],
    ids=str,
)
def test_people_keep_their_roles_in_a_part_of_a_clip(wanted, leave, cover):
    chosen = selection_at({**wanted, "seen": SEEN}, 4.0, 1.0)
    assert (chosen.leave, chosen.cover) == (leave, cover)


def test_a_report_is_headed_by_the_pseudonym_and_never_by_the_file():
    day = date(2026, 11, 27)
    named = Material("0" * 32, "P07 · 2", None, None, {}, "Jane Doe.mp4")
    unnamed = Material("0" * 32, "Jane Doe.mp4", None, None, {}, "Jane Doe.mp4")
    assert heading(named, day) == "P07 · 2, measured on 2026-11-27"
    assert heading(unnamed, day) == "measured on 2026-11-27"
