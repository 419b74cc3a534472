"""Claims hold where people agree on them, and a generator is judged by others."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="torch is for training only")

from mien.training.ablation import (  # noqa: E402
    ARMS,
    FIGURES,
    Scored,
    arm,
    differences,
    patients,
    score,
    table,
)
from mien.training.faces import of_phantoms  # noqa: E402
from mien.training.gan import GanSettings, GanTraining  # noqa: E402
from networks import SMALL_GAN  # noqa: E402


def scores(values):
    """By arm the same figure of some people."""
    return [
        Scored(name, seed, person, dict.fromkeys(FIGURES, value))
        for name, people in values.items()
        for person, value in enumerate(people)
        for seed in (0, 1)
    ]


def test_arms_differ_in_what_they_are_called_for():
    usual = GanSettings(SMALL_GAN)
    made = {name: arm(name, usual) for name in ARMS}
    assert {name: (m.blinks, m.weights.landmarks) for name, m in made.items()} == {
        "d-l-": (0.0, 0.0),
        "d-l+": (0.0, 0.2),
        "d+l+": (0.08, 0.2),
    }
    assert made["d+l+"] == usual


def test_a_claim_holds_where_people_agree():
    found = scores({"d-l-": [0.5, 0.6, 0.4], "d-l+": [0.7, 0.8, 0.55], "d+l+": [0.9, 0.9, 0.9]})
    motion, blinks = differences(found)
    assert motion["holds"] and not motion["turned"]
    assert motion["mean"] == pytest.approx((0.2 + 0.2 + 0.15) / 3)
    assert blinks["turned"] and not blinks["holds"]  # the error is larger
    assert table(found)["d-l-"]["r_x"]["mean"] == pytest.approx(0.5)


def test_where_people_differ_or_nothing_is_known_it_is_open():
    mixed = scores({"d-l-": [0.5, 0.6, 0.4], "d-l+": [0.7, 0.3, 0.5], "d+l+": [None] * 3})
    for claim in differences(mixed):
        assert not claim["holds"] and not claim["turned"]
    assert table(mixed)["d+l+"]["recall"] == {"mean": None, "low": None, "high": None, "n": 0}
    few = scores({"d-l-": [0.1], "d-l+": [0.9], "d+l+": [0.1]})
    assert not differences(few)[0]["holds"]  # one person is no evidence


def test_a_generator_is_judged_on_somebody_else():
    (patient,) = patients(1, 0.6, 0)
    assert patient.reading.found.mean() > 0.8
    training = GanTraining(of_phantoms(2, 32, 2), GanSettings(SMALL_GAN, first=0, blinks=0.0))
    (found,) = score(training, "d-l+", [patient])
    assert (found.arm, found.person, set(found.figures)) == ("d-l+", 0, set(FIGURES))
