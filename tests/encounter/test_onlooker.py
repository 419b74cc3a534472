"""Hints while an encounter happens: seldom, only when asked for, and of what was seen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from typer.testing import CliRunner

from encounters import clip, moments, together
from mien.cli.encounter import encounter as command
from mien.encounter.onlooker import REST_S, Onlooker, accompany, quiet
from mien.encounter.rules import Rules

SPELLS = [(30 * k + 5.0, 30 * k + 12.0, "sadness") for k in range(10)]


def eager() -> Rules:
    """Rules that would speak every few seconds if they were let."""
    rules = Rules.open()
    return replace(
        rules, rest=5.0, usual_share=1.0, rules=tuple(replace(r, rest=5.0) for r in rules.rules)
    )


def seen(seconds=300):
    return together(
        moments("doctor", seconds, [(a + 15, b + 15, "anger") for a, b, _ in SPELLS]),
        moments("patient", seconds, SPELLS),
    )


def test_there_is_at_most_one_hint_a_minute_whatever_the_rules_say():
    times = [glance.time for glance in accompany(seen(), eager()) if glance.hint]
    assert 3 <= len(times) <= 5 and np.diff(times).min() >= REST_S - 1
    assert quiet(eager()).rest == REST_S
    assert quiet(replace(eager(), rest=90.0)).rest == 90.0


def test_without_rules_nothing_is_said_and_it_is_known_who_is_assessed():
    lines = moments("doctor", 10, (), missing=[(4, 6)])
    glances = list(accompany(lines, None))
    assert not any(glance.hint for glance in glances) and len(glances) == len(lines)
    assert [glance.assessed["doctor"] for glance in glances] == [
        not 4 <= glance.time + 1e-9 < 6 for glance in glances
    ]


def test_hints_speak_of_what_a_face_resembles():
    hints = [glance.hint for glance in accompany(seen(), eager()) if glance.hint]
    assert all("resembling" in hint.words for hint in hints)


def test_a_picture_without_a_face_says_so():
    onlooker = Onlooker("doctor")
    try:
        found = onlooker.look(np.zeros((120, 160, 3), np.uint8), 1.5)
    finally:
        onlooker.close()
    assert found.time == 1.5 and found.probabilities is None and found.reason


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "Give --doctor-camera"),
        (["--doctor-camera", "0", "--patient-camera", "0"], "a camera each"),
        (["--doctor-video", "nowhere.mp4"], "no such file"),
        (["--doctor-camera", "0", "--language", "fr"], "choose en or de"),
    ],
)
def test_what_cannot_be_followed_is_refused(words, said):
    done = CliRunner().invoke(command, ["live", *words])
    assert done.exit_code != 0 and said in str(done.output) + str(done.exception)


def test_clips_in_the_place_of_cameras_leave_nothing_behind(tmp_path):
    source = clip(tmp_path / "doctor.mp4", 2.0)
    before = sorted(path.name for path in tmp_path.iterdir())
    done = CliRunner().invoke(command, ["live", "--doctor-video", str(source)])
    assert done.exit_code == 0, done.output
    assert "hints are off" in done.output and "nothing was stored" in done.output
    assert sorted(path.name for path in tmp_path.iterdir()) == before
