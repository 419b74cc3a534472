from dataclasses import replace

import cv2
import numpy as np
import pytest

from mien.errors import ParameterError
from mien.privacy.linkage.cohort import Cohort, Stretch
from mien.privacy.linkage.observation import PICTURE, Observation
from mien.privacy.reversal import GUESSES, reverse

PEOPLE, FRAMES, MODES = 10, 4, 5


class Eye:
    """A recogniser that tells what it is to measure: a linear description of a picture."""

    name = "test"
    threshold = 0.25

    def __init__(self) -> None:
        self._axes = np.random.default_rng(7).normal(size=(25 * 25, 128)) / 25

    def describe_all(self, chips: list[np.ndarray]) -> np.ndarray:
        flat = [cv2.resize(c, (25, 25), interpolation=cv2.INTER_AREA)[..., 0] for c in chips]
        return (np.stack(flat).reshape(len(chips), -1) / 255 - 0.5) @ self._axes


def cohort_of(conceal, people: int = PEOPLE, shift: float = 0.0) -> Cohort:
    """People with smooth faces of a few modes, two clips each; `conceal` makes the results."""
    rng = np.random.default_rng(1)
    eye = Eye()
    grid = np.linspace(0, np.pi, PICTURE)
    modes = np.stack([np.outer(np.cos(a * grid), np.cos(b * grid)) for a, b in _pairs(MODES)])
    times = np.arange(FRAMES) / 10

    def seen(pictures: np.ndarray, late: float = 0.0) -> Observation:
        still = np.zeros((FRAMES, 52))
        pictures = np.clip(pictures, 0, 255).astype(np.uint8)
        chips = [cv2.resize(p, (150, 150), interpolation=cv2.INTER_CUBIC) for p in pictures]
        return Observation(
            times + late, still, still[:, :6], times + late, eye.describe_all(chips), pictures
        )

    sides: tuple[list[Stretch], list[Stretch]] = ([], [])
    for person in range(people):
        looks = np.tensordot(rng.normal(0, 16, MODES), modes, 1)
        for clip, side in enumerate(sides):
            change = np.tensordot(rng.normal(0, 3, (FRAMES, MODES)), modes, 1)
            faces = np.repeat((128 + looks + change)[..., None], 3, axis=-1)
            name = f"{person}-{clip}"
            side.append(Stretch(name, str(person), seen(faces), seen(conceal(faces, rng), shift)))
    return Cohort(*sides, "clips", {})


def _pairs(count: int) -> list[tuple[int, int]]:
    return [(a, b) for a in range(3) for b in range(3) if a + b][:count]


def other_face(faces: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The same face for everybody, with noise: nothing of the original is left."""
    return 90 + rng.normal(0, 4, faces.shape)


def judged(cohort: Cohort, **more):
    return {guess.guess: guess for guess in reverse(cohort, Eye(), **more).guesses}


def test_what_is_only_hidden_is_found_again():
    found = judged(cohort_of(lambda faces, rng: 255 - faces))
    assert tuple(found) == GUESSES
    for kind in ("picture", "descriptor"):
        assert found[kind].distance < 0.3 * found["output"].distance
        assert found[kind].distance < 0.5 * found["nothing"].distance
        assert found[kind].identification.rank1.value > 0.9
        assert found[kind].matched > 0.9


def test_what_is_gone_is_not_found_again():
    found = judged(cohort_of(other_face))
    for kind in ("output", "picture", "descriptor"):
        rank = found[kind].identification.rank1
        assert rank.low <= rank.chance, kind
        assert found[kind].distance > 0.95 * found["nothing"].distance


def test_guessing_without_looking_is_chance():
    guess = judged(cohort_of(other_face))["nothing"]
    assert guess.identification.rank1.value == pytest.approx(guess.identification.rank1.chance)
    assert guess.identification.auc.value == pytest.approx(0.5)


def test_others_make_naming_harder_and_leave_the_rest_alone():
    cohort = cohort_of(lambda faces, rng: 255 - faces)
    others = 5 + np.random.default_rng(0).normal(size=(300, 128))  # as a whole far from the cohort
    alone = judged(cohort)
    among = reverse(cohort, Eye(), others)
    assert among.others == 300
    for guess in among.guesses:
        before = alone[guess.guess]
        assert before.among_others is None and guess.among_others is not None
        assert guess.identification == before.identification
        assert guess.distance == before.distance
        assert guess.among_others.candidates == guess.identification.candidates + 300
        assert guess.among_others.rank1.chance < 0.01
        if guess.guess == "nothing":
            assert guess.among_others.rank1.value < 0.01
        if guess.guess == "descriptor":
            assert guess.among_others.rank1.value > 0.9


def test_the_truth_has_no_part_in_its_own_guess():
    """With the originals of one person exchanged, the guess at that person stays as it was."""
    cohort = cohort_of(lambda faces, rng: 255 - faces)
    victim = cohort.probes[0].person

    def guess_of(cohort: Cohort) -> np.ndarray:
        described: list[np.ndarray] = []

        class Noting(Eye):
            def describe_all(self, chips: list[np.ndarray]) -> np.ndarray:
                described.append(np.stack(chips))
                return super().describe_all(chips)

        reverse(cohort, Noting())
        return described[0]

    def with_pictures(make) -> Cohort:
        sides = [
            [replace(s, original=replace(s.original, pictures=make(s))) for s in side]
            for side in (cohort.gallery, cohort.probes)
        ]
        return Cohort(*sides, "clips", {})

    def dark(s: Stretch) -> np.ndarray:
        return s.original.pictures // 2

    own = with_pictures(lambda s: dark(s) if s.person == victim else s.original.pictures)
    all_but = with_pictures(lambda s: s.original.pictures if s.person == victim else dark(s))
    as_it_is = guess_of(cohort)
    assert np.array_equal(guess_of(own), as_it_is)
    assert not np.array_equal(guess_of(all_but), as_it_is)


def test_few_people_and_strange_timing_are_refused():
    assert len(judged(cohort_of(other_face, people=4))) == 4
    with pytest.raises(ParameterError, match="4 people"):
        reverse(cohort_of(other_face, people=3), Eye())
    with pytest.raises(ParameterError, match="0-0 share no moment"):
        reverse(cohort_of(other_face, people=4, shift=0.05), Eye())
