"""Choosing by measuring, and pushing until it is enough.

An average of many faces looks a little like everybody, so no surrogate suits all patients. Every
plausible candidate is rendered on frames of the patient and described by a recogniser; what counts
is the smallest distance to *any* original frame. The one that is taken is then moved away from the
patient along the modes in which faces differ, in the direction that the recogniser sees, no
further than is needed.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np

from mien.engines import Fitted
from mien.errors import ParameterError
from mien.pipeline.compositing import composite
from mien.pipeline.legible import astray, read
from mien.recognition.recogniser import Recogniser, distances
from mien.surrogates import bank as banks
from mien.surrogates.bank import Bank, Surrogate
from mien.surrogates.modes import Modes
from mien.tracking.track import Sample

MATCHES = ("none", "sex", "age", "tone")
STRENGTH = 1.2
_JITTER = 1.0  # s.d. by which a face differs from the bank's, in every run by another difference
_STEP = 1.25  # s.d. of the modes that one push adds
_FARTHEST = 7.0  # s.d. that pushes may add up to; people are on average 8 from the mean face
_PROBES = 6
_SHORTLIST = 3  # candidates that are pushed, of which one that needed little is drawn
_PUSHED = 5  # ... if so many can be pushed far enough
_LAST_ROOM = 0.02  # with less, a face that does not look like the patient is better
_QUICK = 2  # probes on which all candidates are compared
_READ = 12  # frames on which motion is read
_EYES = 60.0  # pixels between the outer eyes of the pictures on which candidates are tried
_FAIR, _DARK = 35.0, 5.0  # typology angles; in rooms skin looks darker than in a studio


@dataclass(frozen=True)
class Room:
    """How far above the recogniser's threshold a face is pushed."""

    nearest: float = 0.04
    """Distance for the nearest of the frames tried: leaves room for frames that were not."""
    mean: float = 0.12
    """Distance for the mean over the frames tried."""

    def more(self, distance: float) -> Room:
        """Both, by so much larger."""
        return Room(self.nearest + distance, self.mean + distance)


@dataclass(frozen=True)
class Wanted:
    """Which face a patient shall be given."""

    match: str = "age"
    """What must look alike: `none`, `sex`, `age` or `tone`, each with those before it. Age and tone
    give way where no candidate of the bank has both."""
    subject: str | None = None
    """Name of the patient in a study: clips of one subject get one face. Without it every run draws
    one, by chance the same again."""
    bank: Bank | None = None
    """Where faces come from; None for the bank that ships with mien."""
    only: str | None = None
    """Id of the one candidate that is wanted."""
    without: Collection[str] = ()
    """Ids that others in the clip were given."""
    room: Room = Room()
    """How far it is pushed."""


@dataclass(frozen=True)
class Choice:
    """The chosen surrogate and what was measured."""

    surrogate: Surrogate
    """The face to give, pushed."""
    start: Surrogate
    """The same before it was pushed."""
    strength: float
    """How far the proportions go towards it."""
    nearest: float
    """Smallest recogniser distance to any original, on the frames tried."""
    mean: float
    """Mean of the distances of the frames tried, each to its nearest original."""
    amounts: np.ndarray
    """How far it was moved along each mode, standard deviations, shape (n_modes,)."""
    tried: dict[str, float]
    """Smallest distance for each candidate that was tried."""

    @property
    def pushed(self) -> float:
        """How far it was moved in all, standard deviations of the modes."""
        return float(np.linalg.norm(self.amounts))

    def as_dict(self) -> dict[str, Any]:
        """For the manifest."""
        return {
            "strength": self.strength,
            "pushed_sd": round(self.pushed, 2),
            "nearest_when_chosen": round(self.nearest, 3),
            "tried": self.tried,
        }


def choose(
    person: Fitted,
    samples: list[Sample],
    recogniser: Recogniser,
    gallery: np.ndarray,
    wanted: Wanted = Wanted(),
) -> Choice:
    """Find the face that hides a patient best.

    Parameters
    ----------
    person : Fitted
        The patient's calibration.
    samples : list of Sample
        Frames of the patient with refined landmarks, spread over poses and expressions.
    recogniser : Recogniser
        Whose eyes count.
    gallery : np.ndarray [shape=(n, d)]
        Descriptors of the original frames.
    wanted : Wanted
        Which face it shall be.

    Returns
    -------
    choice : Choice

    Raises
    ------
    ParameterError
        If what must look alike is none of what there is.
    """
    bank, only, subject = wanted.bank or Bank.open(), wanted.only, wanted.subject
    enough = recogniser.threshold + wanted.room.nearest
    rng = np.random.default_rng(_seed(subject))
    modes = Modes.load()
    # without a subject, a difference of its own for every run: so small that it costs no fidelity,
    # and too small to hide that two results have one composite
    jitter = rng.normal(size=len(modes))
    jitter *= _JITTER / np.linalg.norm(jitter)
    spread = np.linspace(0, len(samples) - 1, min(len(samples), _QUICK)).round().astype(int)
    quick, smaller = _shrunk([samples[i] for i in spread], person)
    best: Choice | None = None
    # candidates that look like the patient; others only where all of those would be recognised
    pools = [[only]] if only else [plausible(bank, gallery, person, wanted.match), [*bank.cards]]
    for pool in pools:
        names = [name for name in pool if name not in wanted.without] or pool
        tried: dict[str, float] = {}
        if subject is not None:
            # one face for one subject: drawn, not measured, for measurements differ between clips
            names = [sorted(names)[k] for k in rng.permutation(len(names))]
        elif len(names) > 1:
            for name in names:
                found = distances(_seen(bank.load(name), smaller, quick, recogniser), gallery)
                tried[name] = round(float(found.min()), 3)
            # those that will need little pushing and are not farther than they need be come first
            most = enough + wanted.room.nearest
            names = sorted(tried, key=lambda n: max(2 * (enough - tried[n]), tried[n] - most, 0.0))
        reached: list[Choice] = []
        for name in names[:_PUSHED]:
            start = bank.load(name)
            amounts = np.zeros(len(modes)) if only else jitter
            first = Choice(modes.moved(start, amounts), start, STRENGTH, 0.0, 0.0, amounts, tried)
            here = push(person, samples, recogniser, gallery, first, wanted.room)
            if best is None or here.nearest > best.nearest:
                best = here
            if here.nearest >= enough:
                reached.append(here)
                if subject is not None or len(reached) == _SHORTLIST:
                    break
        if reached:
            # those on which the patient's motion is read best; one of several is drawn, for always
            # taking the same one would link a patient's clips
            lost = [_astray(choice, person, samples) for choice in reached]
            good = [c for c, much in zip(reached, lost, strict=True) if much <= 1.15 * min(lost)]
            return good[int(rng.integers(len(good)))]
        assert best is not None
        if best.nearest >= recogniser.threshold + _LAST_ROOM:
            break
    assert best is not None
    return best


def push(
    person: Fitted,
    samples: list[Sample],
    recogniser: Recogniser,
    gallery: np.ndarray,
    choice: Choice,
    room: Room = Room(),
) -> Choice:
    """Move a surrogate away from the patient until it is far enough.

    Parameters
    ----------
    person, samples, recogniser, gallery
        As for `choose`.
    choice : Choice
        Where to start.
    room : Room
        How far above the recogniser's threshold.
    """
    modes = Modes.load()
    spread = np.linspace(0, len(samples) - 1, min(len(samples), _PROBES)).round().astype(int)
    probes = [samples[i] for i in spread]
    small, smaller = _shrunk(probes, person)
    enough, mean_enough = recogniser.threshold + room.nearest, recogniser.threshold + room.mean
    amounts = choice.amounts
    face, found = choice.surrogate, np.zeros(1)
    # first on small pictures, then on the frames as they are
    for people, frames, start in (
        (smaller, small, _small_texture(choice.start)),
        (person, probes, choice.start),
    ):
        while True:
            face = modes.moved(start, amounts)
            descriptors = _seen(face, people, frames, recogniser)
            found = distances(descriptors, gallery).min(1)
            if found.min() >= enough and found.mean() >= mean_enough:
                break
            further = amounts + _STEP * _direction(modes, descriptors, gallery)
            further *= min(1.0, _FARTHEST / float(np.linalg.norm(further)))
            if np.linalg.norm(further - amounts) < 0.1 * _STEP or (
                np.linalg.norm(amounts) >= _FARTHEST - 1e-9
            ):
                break
            amounts = further
    return replace(
        choice,
        surrogate=face,
        nearest=float(found.min()),
        mean=float(found.mean()),
        amounts=amounts,
    )


def _astray(choice: Choice, person: Fitted, samples: list[Sample]) -> float:
    """How much less faithfully the patient's motion is read on the new face."""
    engine = person.wearing(choice.surrogate, choice.strength)
    before, after = [], []
    for sample in samples[:: max(1, len(samples) // _READ)]:
        picture = sample.image.copy()
        rendering = engine.render(sample.image, sample.landmarks)
        composite(picture, rendering)
        before.append(read(sample.image, sample.landmarks))
        after.append(read(picture, rendering.face(sample.landmarks)))
    return astray(before, after)


def _seen(
    face: Surrogate, person: Fitted, frames: list[Sample], recogniser: Recogniser
) -> np.ndarray:
    """Descriptors of a patient's frames with another face, in every view."""
    engine = person.wearing(face, STRENGTH)
    chips = []
    for sample in frames:
        picture = sample.image.copy()
        rendering = engine.render(sample.image, sample.landmarks)
        composite(picture, rendering)
        chips += recogniser.views(picture, rendering.face(sample.landmarks))
    return recogniser.describe_all(chips)


def plausible(bank: Bank, gallery: np.ndarray, person: Fitted, match: str) -> list[str]:
    """Names of the candidates that look like the patient's sex, age and skin tone, as asked.

    Parameters
    ----------
    bank : Bank
        Where to look.
    gallery : np.ndarray [shape=(n, 128)]
        Descriptors of the patient.
    person : Fitted
        The patient's calibration.
    match : {"none", "sex", "age", "tone"}
        See `choose`.
    """
    if match not in MATCHES:
        raise ParameterError(f"match is {match!r}: choose one of {', '.join(MATCHES)}.")
    names = list(bank.cards)
    looks = apparent(gallery, person)
    for key in ("sex", "age", "tone")[: MATCHES.index(match)]:
        alike = [n for n in names if bank.cards[n].get(f"apparent_{key}") in (None, looks[key])]
        names = alike or names
    if (
        match != "none" and looks["tone"] != "dark"
    ):  # drawn for dark skin, they look painted on fair
        names = [n for n in names if bank.cards[n].get("apparent_tone") != "dark"] or names
    return names


def apparent(gallery: np.ndarray, person: Fitted) -> dict[str, str]:
    """What a patient looks like to the rules of the bank: `sex`, `age`, `tone`."""
    looks = {}
    for kind, (yes, no) in {"sex": ("male", "female"), "age": ("older", "younger")}.items():
        rule = banks.apparent_rules()[kind]
        side = -1.0
        if gallery.shape[1:] == rule["mean"].shape:
            side = float((gallery.mean(0) - rule["mean"]) @ rule[yes])
        looks[kind] = yes if side > 0 else no
    angle = person.tone
    looks["tone"] = "fair" if angle > _FAIR else "dark" if angle < _DARK else "medium"
    return looks


def _direction(modes: Modes, descriptors: np.ndarray, gallery: np.ndarray) -> np.ndarray:
    """Away from the nearest originals of each frame, the most endangered frames first."""
    nearest = distances(descriptors, gallery).min(1)
    weight = np.exp(-(nearest - nearest.min()) / 0.05)
    steps = np.stack([modes.away(one, gallery) for one in descriptors])
    direction = (weight[:, None] * steps).sum(0)
    return np.asarray(direction / max(float(np.linalg.norm(direction)), 1e-12))


def _small_texture(face: Surrogate) -> Surrogate:
    """The same face for small pictures."""
    size = (256, 256)
    return replace(face, texture=cv2.resize(face.texture, size, interpolation=cv2.INTER_AREA))


def _shrunk(samples: list[Sample], person: Fitted) -> tuple[list[Sample], Fitted]:
    """Samples as small as the recogniser sees them, and the calibration that goes with them."""
    across = [float(np.linalg.norm(s.landmarks[33] - s.landmarks[263])) for s in samples]
    scale = min(1.0, _EYES / max(float(np.median(across)), 1e-6))
    if scale == 1.0:
        return samples, person
    small = [
        Sample(
            cv2.resize(s.image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA),
            s.landmarks * scale,
        )
        for s in samples
    ]
    return small, person.shrunk(scale)


def _seed(subject: str | None) -> int:
    if subject is None:
        return secrets.randbits(64)
    return int.from_bytes(hashlib.sha256(f"mien:{subject}".encode()).digest()[:8], "big")
