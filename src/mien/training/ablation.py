"""What the loss of face dynamics and the share of blinks are good for: three generators, judged.

All are taught alike but for these two. What they make of people they were not taught on is read by
trackers that had no part in it: dlib's landmarks, MediaPipe's eyes.

References
----------
.. [1] Zhu et al., "FaceMotionPreserve", Scientific Reports 2024: the arms d-l-, d-l+, d+l+.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from mien.engines.gan.checkpoint import drawing
from mien.engines.gan.engine import Gan, engine_of
from mien.engines.laying import composite
from mien.fidelity import blink, dynamics
from mien.fidelity.observe import Place, read
from mien.fidelity.reading import Reading
from mien.models.landmarker import open_backend
from mien.phantom import Phantom, Script
from mien.progress import Progress, silent
from mien.statistics import finite_or_none
from mien.surrogates import cards, load
from mien.tracking.track import Sample
from mien.training.gan import GanSettings, GanTraining
from mien.video import Frame

ARMS = {"d-l-": (False, False), "d-l+": (False, True), "d+l+": (True, True)}
"""By name: whether blinks have their share, and whether the landmark loss counts."""
FIGURES = ("r_x", "r_y", "r_cca", "ear_error", "ear_error_in_blinks", "precision", "recall")
"""What is measured of each person."""
_DRAWN_AGAIN = 2000  # bootstrap samples
_OTHERS = 1 << 20  # added to a seed: judging people are none of those who teach


def arm(name: str, settings: GanSettings) -> GanSettings:
    """The settings of one arm."""
    blinks, landmarks = ARMS[name]
    weights = settings.weights if landmarks else replace(settings.weights, landmarks=0.0)
    return replace(settings, blinks=settings.blinks if blinks else 0.0, weights=weights)


@dataclass(frozen=True, eq=False)
class Patient:
    """Somebody whom no generator was taught on."""

    frames: list[Frame]
    """A clip."""
    points: np.ndarray
    """True landmarks, pixels, shape (n_frames, 478, 3)."""
    reading: Reading
    """What the trackers see."""


@dataclass(frozen=True)
class Scored:
    """What one generator keeps of one person."""

    arm: str
    """Of `ARMS`."""
    seed: int
    """Of the training."""
    person: int
    """Of those who judge."""
    figures: dict[str, float | None]
    """By the names of `FIGURES`; None where it cannot be measured."""


def patients(
    people: int, seconds: float, seed: int, progress: Progress | None = None
) -> list[Patient]:
    """Draw and read the people who judge.

    Parameters
    ----------
    people : int
        How many.
    seconds : float
        Of each clip, 20 frames a second.
    seed : int
        Of the training, by which they are others.
    progress : callable, optional
        Told how far it has come.
    """
    report = progress or silent
    made = []
    for number in range(people):
        report("people who judge", number, people)
        rng = np.random.default_rng([seed, _OTHERS, number])
        script = Script(
            seconds=seconds,
            fps=20,
            width=256,
            height=256,
            blinks=tuple(np.arange(0.3, seconds, 0.7).tolist()),
            smile=(0.1 * seconds, 0.5 * seconds),
            speech=(0.4 * seconds, seconds),
            head_motion=float(rng.uniform(0.3, 0.8)),
            seed=int(rng.integers(1 << 31)),
        )
        phantom = Phantom(script)
        frames = list(phantom)
        (person,) = phantom.truth.people
        points = np.asarray(person.landmarks, np.float64)
        made.append(Patient(frames, points, _read(frames, points)))
    return made


def score(training: GanTraining, name: str, judging: Sequence[Patient]) -> list[Scored]:
    """Draw people with a generator and measure what is kept of each.

    Parameters
    ----------
    training : GanTraining
        Whose generator draws.
    name : str
        Of the arm.
    judging : sequence of Patient
    """
    training.generator.eval()
    kind = engine_of(drawing(training.generator), training.settings.config)
    found = []
    for number, patient in enumerate(judging):
        after = _read(_drawn(kind, patient), patient.points)
        moved = dynamics.measure(patient.reading, after).as_dict()
        lids = blink.measure(patient.reading, after)
        figures = {key: moved[key] for key in ("r_x", "r_y", "r_cca")}
        figures["ear_error"] = finite_or_none(float(lids.ear_error.mean()))
        figures["ear_error_in_blinks"] = finite_or_none(float(lids.ear_error_in_blinks.mean()))
        figures["precision"] = finite_or_none(lids.best.precision) if lids.best else None
        figures["recall"] = finite_or_none(lids.best.recall) if lids.best else None
        found.append(Scored(name, training.settings.seed, number, figures))
    return found


def _drawn(kind: type[Gan], patient: Patient) -> list[Frame]:
    """A patient's clip as a generator draws it, with the bank's first face."""
    pairs = list(zip(patient.frames, patient.points, strict=True))
    samples = [Sample(frame.image, points) for frame, points in pairs[:: max(1, len(pairs) // 8)]]
    engine = kind.calibrate(samples, patient.points).wearing(load(sorted(cards())[0]))
    made = []
    for frame, points in pairs:
        picture = frame.image.copy()
        composite(picture, engine.render(frame.image, points))
        made.append(replace(frame, image=picture))
    return made


def _read(frames: Sequence[Frame], points: np.ndarray) -> Reading:
    near = [Place.around(face) for face in points]
    height, width = frames[0].image.shape[:2]
    nobody = np.zeros(len(frames), bool)
    with closing(open_backend(None)) as backend:
        return read(frames, near, backend, (width, height), bodies=nobody)


def table(scores: Sequence[Scored], seed: int = 0) -> dict[str, dict[str, Any]]:
    """Mean of each figure by arm, with an interval over the people who judge.

    Parameters
    ----------
    scores : sequence of Scored
    seed : int
        Of the bootstrap, which draws people: seeds of one person stay together.

    Returns
    -------
    table : dict
        By arm and figure `mean`, `low`, `high` (95 %) and `n`, the people it is known of.
    """
    made: dict[str, dict[str, Any]] = {}
    for name in ARMS:
        made[name] = {}
        for figure in FIGURES:
            made[name][figure] = _interval(_by_person(scores, name, figure), seed)
    return made


def differences(scores: Sequence[Scored], seed: int = 0) -> list[dict[str, Any]]:
    """Whether the paper's order comes out: each claim, the difference person by person, and its
    interval; `holds` where all of that lies on the claimed side, `turned` where all on the other.
    """
    claims = (
        ("l+ keeps motion better than l-", "d-l+", "d-l-", "r_cca", 1),
        ("d+ closes the eyes further than d-", "d+l+", "d-l+", "ear_error_in_blinks", -1),
    )
    made = []
    for words, better, worse, figure, sign in claims:
        one, other = (_by_person(scores, name, figure) for name in (better, worse))
        both = {k: sign * (one[k] - other[k]) for k in one.keys() & other.keys()}
        found = _interval(both, seed)
        low, high = found["low"], found["high"]
        made.append(
            {
                "claim": words,
                "figure": figure,
                **found,
                "holds": low is not None and low > 0,
                "turned": high is not None and high < 0,
            }
        )
    return made


def to_json(scores: Sequence[Scored]) -> list[dict[str, Any]]:
    """Every score, for JSON."""
    return [asdict(each) for each in scores]


def _by_person(scores: Sequence[Scored], name: str, figure: str) -> dict[int, float]:
    """Mean over seeds of each person of whom a figure is known."""
    known: dict[int, list[float]] = {}
    for each in scores:
        value = each.figures[figure]
        if each.arm == name and value is not None:
            known.setdefault(each.person, []).append(value)
    return {person: float(np.mean(values)) for person, values in known.items()}


def _interval(known: dict[int, float], seed: int) -> dict[str, Any]:
    """Mean and 95 % interval over people; no interval of fewer than three."""
    values = np.array([known[person] for person in sorted(known)])
    if not len(values):
        return {"mean": None, "low": None, "high": None, "n": 0}
    low = high = None
    if len(values) > 2:
        rng = np.random.default_rng(seed)
        means = values[rng.integers(len(values), size=(_DRAWN_AGAIN, len(values)))].mean(1)
        low, high = (float(end) for end in np.quantile(means, [0.025, 0.975]))
    return {"mean": float(values.mean()), "low": low, "high": high, "n": len(values)}
