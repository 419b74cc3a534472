"""The registry of figures: what is read of the metrics exists there, and is named once."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from mien.evidence.measuring import MEASURES as MODULES
from mien.evidence.measuring import merge
from mien.fidelity import figures, resting
from mien.fidelity.figures import CONDITIONS, FIGURES, MEASURES, SIDES, Figure, look_up
from mien.fidelity.profile import Profile, names
from mien.fidelity.reading import Reading


def has(content: dict, key: str) -> bool:
    """Whether the metrics have a key, be its value None."""
    place, _, last = key.rpartition(".")
    return last in (look_up(content, place) or {})


@pytest.fixture(scope="module")
def nothing() -> dict:
    """What every measure finds of a person who is never seen."""
    n = 3
    none = Reading(
        np.arange(n) / 10, 64, 64, *(np.full((n, *shape), np.nan) for shape in
        ((68, 2), (478, 3), (18, 3), (3,), ())),
    )  # fmt: skip
    found = {}
    for name, module in MODULES.items():
        content = module.measure(none, none).as_dict()
        found[name] = merge(content, content, module.RATIO) | {"citation": module.CITATION}
    return found


def test_every_key_is_measured_even_of_nobody(nothing):
    keys = [figure.key for figure in FIGURES.values() if not figure.optional]
    keys += [figure.ceiling for figure in FIGURES.values() if figure.ceiling]
    keys += [figure.source for figure in FIGURES.values()]
    keys += [key for sides in SIDES.values() for key in (sides.original, sides.other)]
    keys += CONDITIONS
    optional = [figure.ceiling for figure in FIGURES.values() if figure.optional]
    for key in keys:
        if not key.startswith("privacy.") and key not in optional:
            assert has(nothing, key), key


def test_measures_are_those_of_an_evaluation():
    assert (*MODULES, "privacy") == MEASURES
    for one in (*FIGURES.values(), *SIDES.values()):
        assert one.measure in MEASURES
    assert tuple(figures.RESTING) == resting.MEASURES
    for name, module in MODULES.items():
        assert {f"{name}.{key}" for key in module.RATIO} <= set(FIGURES)


@pytest.mark.parametrize("name", names())
def test_profiles_name_only_figures_that_there_are(name):
    for ask in Profile.open(name).asks:
        figure = FIGURES[ask.key]
        assert ask.unit in ("", figure.unit), ask.key
        assert ask.when is None or ask.when in CONDITIONS
        assert ask.kind == ("privacy" if figure.measure == "privacy" else "fidelity")


def test_conditions_are_conditions():
    assert {figure.when for figure in FIGURES.values() if figure.when} <= set(CONDITIONS)


def test_titles_tell_columns_apart():
    titles = [figure.title for figure in FIGURES.values() if figure.title]
    assert len(set(titles)) == len(titles) > 10


@pytest.mark.parametrize(
    ("better", "order"),
    [("high", [3, 1, -2]), ("low", [-2, 1, 3]), ("one", [1, 3, -2]), ("zero", [1, -2, 3])],
)
def test_badness_sorts_the_best_first(better, order):
    assert sorted([-2, 1, 3], key=Figure("dynamics.x", "x", better).badness) == order


def test_the_ceiling_stands_beside_the_measure():
    assert Figure("a.b.c", "x", "high").ceiling == "a.ceiling.b.c"
    assert Figure("a.b.c", "x", "high", ceiling="a.d").ceiling == "a.d"
    assert Figure("a.b.c", "x", "high", ceiling=None).ceiling is None


def test_reading_the_registry_is_light():
    """The server of the application reads it."""
    script = (
        "import sys, mien.web.works.figures\n"
        "print([m for m in ('numpy', 'scipy', 'cv2', 'matplotlib') if m in sys.modules])"
    )
    found = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "[]"
