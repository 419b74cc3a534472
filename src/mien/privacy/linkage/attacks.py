"""The attacks: by the new face, and by how it moves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from mien.privacy.linkage.cohort import Cohort, Stretch
from mien.privacy.linkage.identification import Identification, identify
from mien.privacy.linkage.motion import (
    STREAMS,
    Stream,
    long_enough,
    motion_distance,
    motion_features,
)


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
    return all(long_enough(seen.times) for seen in (stretch.original, stretch.result))
