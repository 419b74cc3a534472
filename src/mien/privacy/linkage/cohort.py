"""Everything measured, dealt out to what an attacker can name and what they want to name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mien.errors import ParameterError
from mien.intake.words import read_json
from mien.models.landmarker import Backend
from mien.privacy.linkage.observation import Observation, observe
from mien.privacy.linkage.pairs import Pair
from mien.progress import Progress
from mien.recognition.recogniser import Recogniser
from mien.video import Reader

_GAP = 0.1  # share of a clip left out between its gallery and its probe


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
    recogniser: Recogniser,
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
    recogniser : Recogniser
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
