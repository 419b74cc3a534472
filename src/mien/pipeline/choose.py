"""Choosing by measuring, and pushing until it is enough.

An average of many faces looks a little like everybody, so no surrogate suits all patients. Every
plausible candidate is rendered on frames of the patient and described by recognisers; what counts
is the smallest distance to *any* original frame, in thresholds of the recogniser that is least
satisfied. The one that is taken is then moved away from the patient along the modes in which faces
differ, in the directions that the recognisers see, no further than is needed.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from mien.engines import Fitted
from mien.engines.laying import composite
from mien.errors import ParameterError
from mien.pipeline.legible import astray, read
from mien.pipeline.pushing import (
    FAR_SHAPE,
    PROBES,
    STRENGTH,
    Choice,
    Reach,
    looked_at,
    margin,
    push,
    push_roughly,
    shrunk,
    spread_out,
)
from mien.pipeline.steering import ROOM, Room, Steer
from mien.surrogates import bank as banks
from mien.surrogates.bank import Bank
from mien.surrogates.modes import EACH, LEGIBLE, Modes
from mien.tracking.track import Sample

MATCHES = ("none", "sex", "age", "tone")
_FAR_TRIED = 3  # candidates that are moved so far
_JITTER = 1.0  # s.d. by which a face differs from the bank's, in every run by another difference
_ENOUGH = 3  # faces that hide the patient, of which one is drawn
_CANDIDATES = 5  # that are pushed
_ODD = (3.5, 4.5, EACH * FAR_SHAPE)
"""S.d. along any one mode of a face moved so far, the least odd first: many traits that are a
little unusual look like somebody, one that nobody has looks like a caricature."""
_HARDLY_LEGIBLE = 30.0  # weight of a readable face where one that is read well hides nobody
_READ_WELL = 0.0115  # outer-eye distances by which a reading may go more astray, for a subject
_SHORT = 0.05  # what a threshold that is missing to the room costs, in those distances
_MOVED = 0.0006  # what each s.d. costs that a face is moved, in the same: it looks less like one
_HOPELESS = 0.93  # thresholds under which a face is not pushed: it would not get there
_OTHERS = 24  # faces that look otherwise that are tried where no other will do
_LAST_ROOM = 0.03  # with less, a face that does not look like the patient is better
_QUICK = 2  # probes on which all candidates are compared
_READ = 12  # frames on which motion is read
_FAIR, _DARK = 35.0, 5.0  # typology angles; in rooms skin looks darker than in a studio


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
    room: Room = ROOM
    """How far it is pushed."""
    candidates: int = _CANDIDATES
    """How many are pushed at most, of those that look like the patient and then of all."""
    probes: int = PROBES
    """Frames of the patient on which a push is tried."""


def choose(
    person: Fitted,
    samples: list[Sample],
    steers: Sequence[Steer],
    wanted: Wanted = Wanted(),
) -> Choice:
    """Find the face that hides a patient best.

    Parameters
    ----------
    person : Fitted
        The patient's calibration.
    samples : list of Sample
        Frames of the patient with refined landmarks, spread over poses and expressions.
    steers : sequence of Steer
        Whose eyes count. The first also says what the patient looks like.
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
    search = _Search(person, samples, steers, wanted)
    # who looks otherwise is better than who looks odd, and who looks odd than a man for a woman
    for pools in search.pools():
        for pool in pools:
            found = search.hidden([name for name in pool if name not in wanted.without] or pool)
            if found is not None:
                return found
        found = search.odd()
        if found is not None:
            return found
    return max(search.failed, key=lambda choice: choice.margin)


class _Search:
    """Faces that are tried on a patient, and those that hid nobody so far."""

    def __init__(
        self, person: Fitted, samples: list[Sample], steers: Sequence[Steer], wanted: Wanted
    ) -> None:
        self._person, self._samples, self._steers, self._wanted = person, samples, steers, wanted
        self._bank, self._modes = wanted.bank or Bank.open(), Modes.load()
        self._reach = Reach(wanted.room)
        self._rng = np.random.default_rng(_seed(wanted.subject))
        # without a subject, a difference of its own for every run: so small that it costs no
        # fidelity, and too small to hide that two results have one composite
        jitter = self._rng.normal(size=len(self._modes))
        self._jitter = jitter * (_JITTER / np.linalg.norm(jitter))
        self._quick = shrunk(spread_out(samples, _QUICK), person)
        self.failed: list[Choice] = []

    def pools(self) -> list[list[list[str]]]:
        """Candidates in the order in which they are tried: those who look like the patient as
        asked, then those of the same sex, and apart from these some of the others."""
        if self._wanted.only:
            return [[[self._wanted.only]]]
        bank, person, match = self._bank, self._person, self._wanted.match
        gallery = self._steers[0].gallery
        alike = plausible(bank, gallery, person, match)
        sex = plausible(bank, gallery, person, "sex") if match in ("age", "tone") else []
        sex = [name for name in sex if name not in alike]
        rest = sorted(set(bank.cards) - {*alike, *sex})
        others = [rest[k] for k in self._rng.permutation(len(rest))[:_OTHERS]]
        return [[pool for pool in pools if pool] for pools in ([alike, sex], [others])]

    def hidden(self, names: list[str]) -> Choice | None:
        """A face of these that hides the patient; the others are remembered."""
        subject = self._wanted.subject
        hides: list[Choice] = []
        cost: list[float] = []
        for start in self._starts(names):
            here = self._pushed(start, self._reach)
            if here.margin < 1 + _LAST_ROOM:
                self.failed.append(here)
                continue
            hides.append(here)
            cost.append(_astray(here, self._person, self._samples) + _short(here))
            if subject is not None and cost[-1] <= _READ_WELL:
                return here  # the first that will do: the same in every clip
            if subject is None and len(hides) == _ENOUGH:
                break
        if not hides:
            return None
        if subject is not None:
            return hides[int(np.argmin(cost))]
        # one of the best is drawn, for always taking the same one would link a patient's clips
        good = [c for c, much in zip(hides, cost, strict=True) if much <= 1.15 * min(cost)]
        return good[int(self._rng.integers(len(good)))]

    def odd(self) -> Choice | None:
        """A face that hides the patient moved farther than people are from each other; with less
        regard to how it is read, which a face that hides nobody need not be, if it must be."""
        room, failed = self._wanted.room, self.failed
        enough = Room(room.nearest, room.nearest)  # no odder than it has to be
        most = min(_FAR_TRIED, self._wanted.candidates)
        best = np.argsort([-choice.margin for choice in failed])[:most]
        begun = {legible: list(failed) for legible in (LEGIBLE, _HARDLY_LEGIBLE)}
        for each, legible, k in product(_ODD, begun, best):
            further = self._pushed(begun[legible][k], Reach(enough, legible, FAR_SHAPE, each))
            if further.margin >= 1 + _LAST_ROOM:
                return further
            begun[legible][k] = further
            failed[k] = max(failed[k], further, key=lambda choice: choice.margin)
        return None

    def _starts(self, names: list[str]) -> list[Choice]:
        """Those of these candidates that are pushed to the end, in order."""
        names, tried = _shortlist(names, self._wanted, self._rng, self._margin)
        starts = [self._first(name, tried) for name in names]
        if self._wanted.subject is not None or len(starts) <= _ENOUGH:
            return starts
        # those that get far soon, first
        starts = [
            push_roughly(self._person, self._samples, self._steers, one, self._reach)
            for one in starts
        ]
        return sorted(starts, key=_short)

    def _first(self, name: str, tried: dict[str, float]) -> Choice:
        start = self._bank.load(name)
        amounts = np.zeros(len(self._modes)) if self._wanted.only else self._jitter
        face = self._modes.moved(start, amounts)
        return Choice(face, start, STRENGTH, {}, 0.0, amounts, tried, self._wanted.probes)

    def _margin(self, name: str) -> float:
        """On few and small frames."""
        frames, person = self._quick
        views = self._wanted.subject is None
        seen = looked_at(self._bank.load(name), person, frames, self._steers, views=views)
        return round(margin(self._steers, seen), 3)

    def _pushed(self, start: Choice, reach: Reach) -> Choice:
        return push(self._person, self._samples, self._steers, start, reach)


def _shortlist(
    names: list[str],
    wanted: Wanted,
    rng: np.random.Generator,
    margin_of: Callable[[str], float],
) -> tuple[list[str], dict[str, float]]:
    """The candidates that are worth pushing, in order, and the margins of all that were tried."""
    tried: dict[str, float] = {}
    if len(names) == 1:
        return names, tried
    if wanted.subject is None:
        tried = {name: margin_of(name) for name in names}
        # those that will need little pushing and are not farther than they need be come first
        enough, most = 1 + wanted.room.nearest, 1 + 2 * wanted.room.nearest
        order = sorted(tried, key=lambda n: max(2 * (enough - tried[n]), tried[n] - most, 0.0))
        return order[: wanted.candidates], tried
    # one face for one subject: the order is drawn, for measurements differ between clips
    drawn = [sorted(names)[k] for k in rng.permutation(len(names))]
    worth: list[str] = []
    for name in drawn:
        tried[name] = margin_of(name)
        if tried[name] >= _HOPELESS:
            worth.append(name)
        if len(worth) == wanted.candidates:
            break
    return worth or drawn[: wanted.candidates], tried


def _short(choice: Choice) -> float:
    """What it costs that a face is less far than is wanted, and that it is moved, in outer-eye
    distances that its motion is read astray."""
    return _SHORT * choice.lacks + _MOVED * choice.pushed


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


def _seed(subject: str | None) -> int:
    if subject is None:
        return secrets.randbits(64)
    return int.from_bytes(hashlib.sha256(f"mien:{subject}".encode()).digest()[:8], "big")
