"""Linking de-identified clips: by the new face, and by how the face moves.

A cohort is a set of clips, each with its original and its result. The attacker holds a gallery,
that is stretches of video with a name to each, and wants to name the probes. Three questions:

- *appearance*: does a recogniser link a result to an original (the naive attack), or a result to
  another result of the same person (the parrot attack [1]_)?
- *motion*: do the movements of face and head alone link them [2]_?
- *reversal*: can the original be computed back from the result? That is `mien.privacy.reversal`.

References
----------
.. [1] Newton, Sweeney & Malin, "Preserving privacy by de-identifying face images", IEEE TKDE 17(2),
   2005.
.. [2] Castro et al., "FacialMotionID", 2025, arXiv:2507.11138.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np

from mien.errors import NoFaceError, ParameterError
from mien.face.model import FaceModel
from mien.face.region import Region
from mien.intake.words import read_json
from mien.intake.words import text as read_text
from mien.models.landmarker import Backend
from mien.progress import Progress
from mien.recognition.dlib_resnet import Dlib
from mien.tracking import State
from mien.tracking.follow import Following
from mien.video import Reader
from mien.video.clips import clips_in

PICTURE = 75  # pixels; side of the aligned pictures that are kept for the reversal
_LOOKS = 12  # frames of a clip that the recogniser sees, at most twice as many
_GAP = 0.1  # share of a clip left out between its gallery and its probe

_RATE_HZ = 25.0  # motion is measured on an even grid
_WINDOW_S = 2.0
_HOP_S = 1.0
_SHORTEST_S = 0.9  # a stretch shorter than this says nothing about motion
_BANDS_HZ = ((0.4, 1.5), (1.5, 3.0), (3.0, 6.0), (6.0, 12.0))
_FLOOR = 1e-3  # movement below this is noise: share of an expression, radians or eye distances
_COMPONENTS = 80
_DRAWS = 400

# expressions that act together; how the groups go together in time is a habit of a person
_GROUPS = (
    *("eyeBlinkLeft", "eyeBlinkRight", "eyeSquint", "eyeWide", "eyeLookUp", "eyeLookDown"),
    *("eyeLookIn", "browDown", "browInnerUp", "browOuterUp", "jawOpen", "mouthSmileLeft"),
    *("mouthSmileRight", "mouthFrown", "mouthPucker", "mouthFunnel", "mouthPress"),
    *("mouthStretch", "mouthUpperUp", "mouthLowerDown", "cheek"),
)

Stream = Literal["expression", "dynamics", "pose", "expression and pose"]
STREAMS: tuple[Stream, ...] = ("expression", "dynamics", "pose", "expression and pose")


# --- the clips ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Pair:
    """A clip before and after."""

    name: str
    """Stem of both files."""
    person: str
    """Who it shows."""
    original: Path
    """The clip before."""
    result: Path
    """The clip after."""


def find_pairs(originals: Path, results: Path, people: Path | None = None) -> list[Pair]:
    """Find the originals and results that have the same file stem.

    Parameters
    ----------
    originals, results : Path
        Two folders. Files that are no video, and side-by-side clips, are passed over.
    people : Path, optional
        CSV with the columns ``file`` (with or without its ending) and ``person``; without it each
        file shows another person.

    Returns
    -------
    pairs : list of Pair
        In order of name.

    Raises
    ------
    ParameterError
        If a folder is none, a clip has no partner, or the CSV does not fit the folder.
    """
    if originals.is_dir() and results.is_dir() and originals.samefile(results):
        raise ParameterError(
            f"{originals} was given twice: keep originals and results in two folders."
        )
    before, after = clips_in(originals), clips_in(results)
    for name in sorted(before.keys() ^ after.keys()):
        here, there = (originals, results) if name in before else (results, originals)
        raise ParameterError(
            f"{name} is in {here} and has no partner of that name in {there}: add it, or take it "
            "out of both."
        )
    if not before:
        raise ParameterError(f"There is no video in {originals}: give a folder of clips.")
    who = {name: name for name in before} if people is None else _read_people(people, before)
    return [Pair(name, who[name], before[name], after[name]) for name in sorted(before)]


def _read_people(path: Path, clips: dict[str, Path]) -> dict[str, str]:
    try:
        written = read_text(path, "a list of who is who")
        rows = list(csv.DictReader(io.StringIO(written, newline="")))
    except (OSError, UnicodeDecodeError, csv.Error) as exc:
        raise ParameterError(f"{path} cannot be read as CSV: {exc}.") from exc
    who: dict[str, str] = {}
    for number, row in enumerate(rows, 2):
        file, person = (row.get("file") or "").strip(), (row.get("person") or "").strip()
        if not file or not person:
            raise ParameterError(
                f"Line {number} of {path} names no file or no person: it needs the columns file "
                "and person."
            )
        name = file if file in clips else Path(file).stem
        if name not in clips:
            raise ParameterError(f"Line {number} of {path} names {file}, which is in no folder.")
        if who.setdefault(name, person) != person:
            raise ParameterError(f"{path} names two people for {name}: keep one of them.")
    for name in clips:
        if name not in who:
            raise ParameterError(f"{path} does not say who is in {name}: add a line for it.")
    return who


# --- what an attacker takes from a clip ---------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Observation:
    """One face in a clip, or in a stretch of one, as an attacker sees it."""

    times: np.ndarray
    """Frames in which the face is known, seconds, increasing, shape (n,)."""
    expression: np.ndarray
    """Expression coefficients, 0 to 1, shape (n, 52)."""
    pose: np.ndarray
    """Yaw, pitch and roll in radians, place across and down in outer-eye distances, and the
    logarithm of the size, shape (n, 6)."""
    looked: np.ndarray
    """Frames that the recogniser saw, seconds, shape (k,)."""
    descriptors: np.ndarray
    """What it said, shape (k, 128)."""
    pictures: np.ndarray
    """The aligned faces that it saw, made smaller, shape (k, 75, 75, 3), uint8."""

    @property
    def mean(self) -> np.ndarray:
        """Mean descriptor, shape (128,)."""
        return np.asarray(self.descriptors.mean(0))

    def between(self, start: float, end: float) -> Observation:
        """The stretch from one share of the clip to another, both 0 to 1."""
        first, length = self.times[0], self.times[-1] - self.times[0]
        # the last frame belongs to the last stretch
        low, high = first + start * length, first + end * length + (1e-6 if end >= 1 else 0)
        seen = (self.times >= low) & (self.times < high)
        looked = (self.looked >= low) & (self.looked < high)
        return Observation(
            self.times[seen],
            self.expression[seen],
            self.pose[seen],
            self.looked[looked],
            self.descriptors[looked],
            self.pictures[looked],
        )


def observe(
    path: Path, backend: Backend, recogniser: Dlib, progress: Progress | None = None
) -> Observation:
    """Measure the most present face of a clip.

    Parameters
    ----------
    path : Path
        The clip.
    backend : Backend
        Measures landmarks.
    recogniser : Dlib
        Describes faces.
    progress : callable, optional
        Called as ``progress("measuring", done, total)``.

    Raises
    ------
    NoFaceError
        If no face is found in it.
    VideoError
        If it cannot be read.
    """
    following = Following(path, backend, progress=progress)
    kept: list[tuple[int, list[tuple[np.ndarray, np.ndarray]]]] = []
    stride = 1
    for frame, faces in following:
        if frame.index % stride == 0:
            cut = [(points, recogniser.chip(frame.image, points)) for points in faces]
            kept.append((frame.index, cut))
            if len(kept) > 2 * _LOOKS:  # so that memory does not grow with the clip
                stride *= 2
                kept = [entry for entry in kept if entry[0] % stride == 0]
    found = following.finish()
    if not found.tracks:
        raise NoFaceError(
            f"No face was found in {path}: linkage is measured on clips with a face, so take it "
            "out."
        )
    track = found.tracks[0]
    where: list[int] = []
    chips: list[np.ndarray] = []
    for index, faces_of in kept:
        if track.state[index] != State.TRACKED:
            continue
        here = Region.around(track.landmarks[index])
        for points, chip in faces_of:
            if here.same_place(Region.around(points)):
                where.append(index)
                chips.append(chip)
                break
    if not chips:
        raise NoFaceError(
            f"The face in {path} is seen too seldom to be described: take the clip out."
        )
    known = track.known()
    expression, pose = _motion(track.landmarks[known])
    time = found.times
    small = [cv2.resize(chip, (PICTURE, PICTURE), interpolation=cv2.INTER_AREA) for chip in chips]
    return Observation(
        time[known],
        expression,
        pose,
        time[where],
        recogniser.describe_all(chips),
        np.stack(small),
    )


def _motion(landmarks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Expression (n, 52) and pose (n, 6) of landmarks of shape (n, 478, 3)."""
    model = FaceModel.load()
    alpha = model.fit(landmarks)
    expression = np.empty((len(landmarks), len(model.expression_names)), np.float32)
    pose = np.empty((len(landmarks), 6), np.float32)
    for k, points in enumerate(landmarks):
        solution = model.solve(points, alpha)
        turn = solution.pose.rotation
        expression[k] = solution.beta
        pose[k, 0] = np.arctan2(turn[0, 2], turn[2, 2])
        pose[k, 1] = np.arcsin(np.clip(-turn[1, 2], -1, 1))
        pose[k, 2] = np.arctan2(turn[1, 0], turn[1, 1])
        pose[k, 3:5] = solution.pose.translation[:2]
        pose[k, 5] = solution.pose.scale
    pose[:, 3:5] /= np.median(pose[:, 5])
    pose[:, 5] = np.log(pose[:, 5])
    return expression, pose


# --- gallery and probes -------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Stretch:
    """One clip's share in the gallery or among the probes, before and after."""

    name: str
    """The clip."""
    person: str
    """Who it shows."""
    original: Observation
    """Before."""
    result: Observation
    """After."""


@dataclass(frozen=True, eq=False)
class Cohort:
    """Everything that was measured, dealt out to gallery and probes."""

    gallery: list[Stretch]
    """Stretches that the attacker can put a name to."""
    probes: list[Stretch]
    """Stretches that the attacker wants to name."""
    split: Literal["clips", "halves"]
    """Whether gallery and probes are different clips of a person, or parts of one clip."""
    surrogates: dict[str, tuple[str, ...]]
    """Surrogates given in each clip, from the manifests beside the results, where there are any."""

    @property
    def people(self) -> list[str]:
        """Everybody in the gallery, in order of name."""
        return sorted({stretch.person for stretch in self.gallery})


def gather(
    pairs: Sequence[Pair],
    backend: Backend,
    recogniser: Dlib,
    progress: Progress | None = None,
) -> Cohort:
    """Measure every clip once and deal the clips out to gallery and probes.

    If two or more people have two or more clips each, the clips of each person go to the gallery
    and to the probes by turns; people with one clip are then in the gallery only. Otherwise each
    clip is cut in time: its first 45 % go to the gallery, its last 45 % to the probes.

    Parameters
    ----------
    pairs : sequence of Pair
        The clips.
    backend : Backend
        Measures landmarks.
    recogniser : Dlib
        Describes faces.
    progress : callable, optional
        Called as ``progress(stage, frames done, frames in all)``.

    Raises
    ------
    ParameterError
        If there are fewer than two people, or a clip is too short.
    NoFaceError
        If a clip shows no face.
    VideoError
        If a clip cannot be read.
    """
    if len({pair.person for pair in pairs}) < 2:
        raise ParameterError(
            "Linkage needs clips of at least two people: add some, or say with --people who is in "
            "which."
        )
    paths = [path for pair in pairs for path in (pair.original, pair.result)]
    sizes = []
    for path in paths:  # also finds the clip that cannot be read before any time is spent
        with Reader(path) as reader:
            sizes.append(reader.info.frame_estimate)
    total = None if None in sizes else sum(size or 0 for size in sizes)
    before = 0

    def seen(stage: str, count: int, _: int | None) -> None:
        if progress is not None:
            progress(stage, before + count, total)

    found = []
    for path, size in zip(paths, sizes, strict=True):
        found.append(observe(path, backend, recogniser, seen))
        before += size or 0
    return deal(
        [
            Stretch(pair.name, pair.person, found[2 * k], found[2 * k + 1])
            for k, pair in enumerate(pairs)
        ],
        {pair.name: _surrogates(pair.result) for pair in pairs},
    )


def deal(clips: Sequence[Stretch], surrogates: dict[str, tuple[str, ...]] | None = None) -> Cohort:
    """Deal measured clips out to gallery and probes, as `gather` says."""
    count = Counter(clip.person for clip in clips)
    surrogates = surrogates or {}
    gallery: list[Stretch] = []
    probes: list[Stretch] = []
    if sum(number > 1 for number in count.values()) > 1:
        turn: Counter[str] = Counter()
        for clip in clips:
            (probes if turn[clip.person] % 2 else gallery).append(clip)
            turn[clip.person] += 1
        return Cohort(gallery, probes, "clips", surrogates)
    for clip in clips:
        for start, end, side in ((0.0, 0.5 - _GAP / 2, gallery), (0.5 + _GAP / 2, 1.0, probes)):
            part = Stretch(
                clip.name,
                clip.person,
                clip.original.between(start, end),
                clip.result.between(start, end),
            )
            for half in (part.original, part.result):
                if not len(half.looked) or len(half.times) < 2:
                    raise ParameterError(
                        f"{clip.name} shows its face too seldom to be cut in two: take it out, or "
                        "add a second clip for each person."
                    )
            side.append(part)
    return Cohort(gallery, probes, "halves", surrogates)


def _surrogates(result: Path) -> tuple[str, ...]:
    """Surrogates that the manifest beside a result names; empty where there is none."""
    try:
        people = read_json(result.with_suffix(".json"), "a manifest")["people"]
        return tuple(str(person["surrogate"]["id"]) for person in people)
    except (OSError, ValueError, KeyError, TypeError):
        return ()


# --- how well an attack works -------------------------------------------------------------------


@dataclass(frozen=True)
class Rate:
    """A rate with its 95 % interval."""

    value: float
    """The rate, 0 to 1."""
    low: float
    """Lower end."""
    high: float
    """Upper end."""
    chance: float
    """What guessing gives."""

    @property
    def above_chance(self) -> bool:
        """Whether the whole interval lies above what guessing gives."""
        return self.low > self.chance


@dataclass(frozen=True)
class Identification:
    """How well probes are named from a gallery."""

    probes: int
    """Stretches to be named."""
    people: int
    """People among the probes; the intervals count these."""
    candidates: int
    """People whom a probe could be taken for; the fewest, if that differs between probes."""
    rank1: Rate
    """Share of probes whose nearest candidate is the right one; Wilson's interval."""
    rank5: Rate | None
    """Share whose right candidate is among the nearest five; None if any has five or fewer."""
    auc: Rate
    """Probability that somebody's own pair is nearer than a pair of two people; bootstrap."""
    eer: Rate
    """Rate at which as many own pairs are missed as strange ones are taken; bootstrap."""

    def as_dict(self) -> dict[str, Any]:
        """For JSON, rounded."""
        found: dict[str, Any] = {}
        for name, value in asdict(self).items():
            if isinstance(value, dict):
                value = {key: round(part, 4) for key, part in value.items()}
            found[name] = value
        return found


def identify(
    distance: np.ndarray, probes: Sequence[str], gallery: Sequence[str], seed: int = 0
) -> Identification:
    """Name each probe by its nearest candidate, and say how often that is right.

    A candidate is as near as the nearest of their gallery entries. Candidates at the same distance
    share what they win, so that distances that say nothing give chance. Rates count each person
    once, however many probes they have, since clips of one person resemble each other; so do the
    intervals.

    Parameters
    ----------
    distance : np.ndarray [shape=(n_probes, n_gallery)]
        Any measure of unlikeness; infinite where an entry is no candidate for a probe.
    probes, gallery : sequence of str
        Who is in each row and in each column.
    seed : int
        Decides the draws of the bootstrap.

    Raises
    ------
    ParameterError
        If the shapes differ, or a probe has fewer than two candidates or not the right one.
    """
    if distance.shape != (len(probes), len(gallery)) or not len(probes):
        raise ParameterError(
            f"{len(probes)} probes and {len(gallery)} gallery entries need as many distances, not "
            f"{distance.shape}."
        )
    candidates = sorted(set(gallery))
    column = {person: k for k, person in enumerate(candidates)}
    nearest = np.full((len(probes), len(candidates)), np.inf)
    for k, person in enumerate(gallery):
        nearest[:, column[person]] = np.minimum(nearest[:, column[person]], distance[:, k])
    own = np.array([column.get(person, -1) for person in probes])
    true = nearest[np.arange(len(own)), own]
    among = np.isfinite(nearest).sum(1)
    if own.min() < 0 or not np.isfinite(true).all() or among.min() < 2:
        raise ParameterError(
            "Naming needs at least two candidates for each probe, and the right one among them."
        )
    better = (nearest < true[:, None]).sum(1)
    equal = (nearest == true[:, None]).sum(1)
    people = len(set(probes))
    share = 1 / np.bincount(own, minlength=len(candidates))[own]  # of each probe in its person

    def within(rank: int) -> Rate:
        value = min(1.0, float(np.clip((rank - better) / equal, 0, 1) @ share / people))
        chance = float(np.minimum(1, rank / among) @ share / people)
        return Rate(value, *_wilson(value, people), chance)

    auc, eer = _verification(nearest, own, share, seed)
    fewest = int(among.min())
    five = within(5) if fewest > 5 else None
    return Identification(len(probes), people, fewest, within(1), five, auc, eer)


def _wilson(value: float, n: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a rate seen in n trials (JASA 22, 1927)."""
    z2 = 1.959964**2
    middle = (value + z2 / (2 * n)) / (1 + z2 / n)
    reach = np.sqrt(z2 * (value * (1 - value) / n + z2 / (4 * n * n))) / (1 + z2 / n)
    return max(0.0, float(middle - reach)), min(1.0, float(middle + reach))


def _verification(
    nearest: np.ndarray, own: np.ndarray, share: np.ndarray, seed: int
) -> tuple[Rate, Rate]:
    """Area under the curve and equal error rate over all pairs, with people drawn anew."""
    genuine = np.zeros(nearest.shape, bool)
    genuine[np.arange(len(own)), own] = True
    levels, level = np.unique(nearest.ravel(), return_inverse=True)
    ours = genuine.ravel()
    strange = np.isfinite(nearest).ravel() & ~ours

    def measure(weight: np.ndarray) -> tuple[float, float]:
        # who is drawn twice counts twice, alone as well as in a pair
        probe = (share * weight[own])[:, None]
        pairs = (probe * weight[None]).ravel()
        singles = (probe * np.ones(len(weight))[None]).ravel()
        same = np.bincount(level[ours], singles[ours], len(levels))
        other = np.bincount(level[strange], pairs[strange], len(levels))
        if same.sum() == 0 or other.sum() == 0:
            return np.nan, np.nan
        same, other = same / same.sum(), other / other.sum()
        taken, found = np.cumsum(other), np.cumsum(same)
        auc = float(same @ (1 - taken + other / 2))
        gap = np.r_[0, taken] - np.r_[1, 1 - found]
        k = int(np.searchsorted(gap, 0))  # gap grows with the distance that is still taken
        a, b = np.r_[0, taken][k - 1 : k + 1], gap[k - 1 : k + 1]
        eer = float(a[0] + (a[1] - a[0]) * (-b[0]) / (b[1] - b[0]))
        return auc, eer

    rng = np.random.default_rng(seed)
    whole = measure(np.ones(nearest.shape[1]))
    those = np.unique(own)
    draws = []
    for _ in range(_DRAWS):
        weight = np.ones(nearest.shape[1])  # who is in the gallery only always stays
        weight[those] = np.bincount(rng.integers(len(those), size=len(those)), minlength=len(those))
        draws.append(measure(weight))
    low, high = np.nanpercentile(np.array(draws), [2.5, 97.5], axis=0)
    auc, eer = (Rate(whole[k], float(low[k]), float(high[k]), 0.5) for k in (0, 1))
    return auc, eer


# --- appearance ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Attack:
    """One attack and what came of it."""

    kind: Literal["appearance", "motion"]
    """What the attacker looks at."""
    name: str
    """`reference`, `naive` or `parrot`."""
    gallery: Literal["original", "result"]
    """Which clips the attacker can put a name to."""
    probes: Literal["original", "result"]
    """Which clips the attacker wants to name."""
    stream: Stream | None
    """What of the motion is used; None for appearance."""
    identification: Identification
    """How well it works."""

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "kind": self.kind,
            "name": self.name,
            "gallery": self.gallery,
            "probes": self.probes,
            "stream": self.stream,
            **self.identification.as_dict(),
        }


_SETTINGS: tuple[tuple[str, Literal["original", "result"], Literal["original", "result"]], ...] = (
    ("reference", "original", "original"),
    ("naive", "original", "result"),
    ("parrot", "result", "result"),
)


def link_appearance(cohort: Cohort) -> list[Attack]:
    """Link stretches by the distance of their mean descriptors.

    Returns
    -------
    attacks : list of Attack
        The reference (originals among originals), the naive attack (results among originals) and
        the parrot attack (results among results).
    """
    attacks = []
    for name, gallery, probes in _SETTINGS:
        theirs = np.stack([getattr(stretch, gallery).mean for stretch in cohort.gallery])
        ours = np.stack([getattr(stretch, probes).mean for stretch in cohort.probes])
        found = identify(np.linalg.norm(ours[:, None] - theirs[None], axis=2), *_labels(cohort))
        attacks.append(Attack("appearance", name, gallery, probes, None, found))
    return attacks


def _labels(cohort: Cohort) -> tuple[list[str], list[str]]:
    return [s.person for s in cohort.probes], [s.person for s in cohort.gallery]


# --- motion -------------------------------------------------------------------------------------


def link_motion(cohort: Cohort) -> list[Attack]:
    """Link stretches by how the face and the head move, without any picture of them.

    Each window of two seconds is described by `motion_features`. A linear discriminant learnt from
    the gallery tells what differs between people from what differs between windows of one person.
    Gallery and probes are centred each on their own mean, since an attacker can undo what
    de-identification does to everybody alike.

    Returns
    -------
    attacks : list of Attack
        As `link_appearance`, each for every one of `STREAMS`. Stretches shorter than 0.9 s are
        left out; empty if fewer than two people remain.
    """
    gallery_of = [s for s in cohort.gallery if _moves(s)]
    named = {stretch.person for stretch in gallery_of}
    probes_of = [s for s in cohort.probes if _moves(s) and s.person in named]
    if len(named) < 2 or not probes_of:
        return []
    features = {
        (side, kind, stream): [motion_features(getattr(s, kind), stream) for s in stretches]
        for side, stretches in (("gallery", gallery_of), ("probes", probes_of))
        for kind in ("original", "result")
        for stream in STREAMS
    }
    people = [stretch.person for stretch in gallery_of]
    attacks = []
    for name, gallery, probes in _SETTINGS:
        for stream in STREAMS:
            distance = motion_distance(
                features["gallery", gallery, stream], people, features["probes", probes, stream]
            )
            found = identify(distance, [s.person for s in probes_of], sorted(named))
            attacks.append(Attack("motion", name, gallery, probes, stream, found))
    return attacks


def _moves(stretch: Stretch) -> bool:
    """Whether a stretch is long enough to say something about motion."""
    return all(any(_windows(seen.times)) for seen in (stretch.original, stretch.result))


def motion_features(observation: Observation, stream: Stream) -> np.ndarray:
    """Describe the motion in windows of two seconds, one a second.

    Of each expression: standard deviation, mean speed, the power in four bands from 0.4 to 12 Hz,
    and the mean; of groups of expressions also their correlations. Of pose the same without the
    means, since where the camera stands says nothing about a person.

    Parameters
    ----------
    observation : Observation
        The stretch; windows in which the face is known for less than three quarters are left out.
    stream : {"expression", "dynamics", "pose", "expression and pose"}
        What of it is used; `dynamics` is expression without its mean, which may hold something of
        the face at rest.

    Returns
    -------
    features : np.ndarray [shape=(n_windows, n_features)]
        No window if the stretch is shorter than 0.9 s.
    """
    parts = []
    for start, end in _windows(observation.times):
        inside = (observation.times >= start) & (observation.times <= end)
        grid = np.arange(start, end, 1 / _RATE_HZ)
        values = []
        if stream != "pose":
            shown = _even(grid, observation.times[inside], observation.expression[inside])
            values += [*_dynamics(shown), _together(shown @ _grouping())]
        if stream in ("expression", "expression and pose"):
            values.append(shown.mean(0))
        if stream in ("pose", "expression and pose"):
            placed = _even(grid, observation.times[inside], observation.pose[inside])
            values += [*_dynamics(placed), _together(placed)]
        parts.append(np.concatenate(values))
    return np.array(parts)


def _windows(times: np.ndarray) -> Iterator[tuple[float, float]]:
    if len(times) < 4:
        return
    length = float(times[-1] - times[0])
    usual = float(np.median(np.diff(times)))
    if length + usual < _SHORTEST_S:
        return
    window = min(_WINDOW_S, length)
    start = float(times[0])
    while start + window <= times[-1] + 1e-6:
        count = ((times >= start) & (times <= start + window)).sum()
        if count * usual >= 0.75 * window:
            yield start, start + window
        start += _HOP_S


def _even(grid: np.ndarray, times: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Values on an even grid of times."""
    return np.column_stack([np.interp(grid, times, column) for column in values.T])


def _dynamics(values: np.ndarray) -> list[np.ndarray]:
    """Spread, speed and band powers of each column, on a logarithmic scale."""
    line = np.linspace(-1, 1, len(values))[:, None]
    flat = values - values.mean(0) - line * (line * values).sum(0) / (line**2).sum()
    power = np.abs(np.fft.rfft(flat * np.hanning(len(flat))[:, None], axis=0)) ** 2 / len(flat) ** 2
    hertz = np.fft.rfftfreq(len(flat), 1 / _RATE_HZ)
    bands = [power[(hertz >= low) & (hertz < high)].sum(0) for low, high in _BANDS_HZ]
    return [
        np.log(values.std(0) + _FLOOR),
        np.log(np.abs(np.diff(values, axis=0)).mean(0) * _RATE_HZ + _FLOOR),
        *(np.log(np.sqrt(band) + _FLOOR) for band in bands),
    ]


def _together(values: np.ndarray) -> np.ndarray:
    """Correlation of each two columns; 0 where one hardly moves."""
    spread = values.std(0)
    unit = (values - values.mean(0)) / np.maximum(spread, _FLOOR)
    return (unit.T @ unit / len(unit))[np.triu_indices(values.shape[1], 1)]


def _grouping() -> np.ndarray:
    """Sums expressions that act together, shape (52, n_groups)."""
    names = FaceModel.load().expression_names
    return np.array([[float(name.startswith(group)) for group in _GROUPS] for name in names])


def motion_distance(
    gallery: Sequence[np.ndarray], people: Sequence[str], probes: Sequence[np.ndarray]
) -> np.ndarray:
    """Unlikeness of the motion in each probe to that of each person of the gallery.

    Parameters
    ----------
    gallery, probes : sequence of np.ndarray [shape=(n_windows, n_features)]
        From `motion_features`, at least one window each.
    people : sequence of str
        Who is in each entry of the gallery.

    Returns
    -------
    distance : np.ndarray [shape=(n_probes, n_people)]
        Between the means, in units of the spread of one person's windows; people in order of name.
    """
    names = sorted(set(people))
    who = np.concatenate(
        [np.full(len(w), names.index(p)) for w, p in zip(gallery, people, strict=True)]
    )
    windows = np.concatenate(list(gallery))
    spread = windows.std(0)
    spread = np.where(spread > 1e-9, spread, np.inf)  # what never changes says nothing
    windows = np.clip((windows - _centre(gallery)) / spread, -5, 5)
    sought = [np.clip((w - _centre(probes)) / spread, -5, 5) for w in probes]
    axes = np.linalg.svd(windows, full_matrices=False)[2][:_COMPONENTS]
    windows = windows @ axes.T
    means = np.stack([windows[who == k].mean(0) for k in range(len(names))])
    inner = windows - means[who]
    free, size = len(windows) - len(names), len(axes)
    if free > 0 and (inner**2).sum() > 0:
        scatter = inner.T @ inner / free
        trust = free / (free + size)  # few windows: lean on a round scatter
        scatter = trust * scatter + (1 - trust) * np.trace(scatter) / size * np.eye(size)
        values, vectors = np.linalg.eigh(scatter)
        whiten = vectors / np.sqrt(np.maximum(values, 1e-9 * values[-1]))
    else:
        whiten = np.eye(size)
    ours = np.stack([(w @ axes.T).mean(0) for w in sought]) @ whiten
    return np.linalg.norm(ours[:, None] - (means @ whiten)[None], axis=2)


def _centre(sets: Sequence[np.ndarray]) -> np.ndarray:
    """Mean over the clips, each counted once however long it is."""
    return np.mean([windows.mean(0) for windows in sets], axis=0)
