"""Labels before and after de-identification, of all encounters of a study as one.

What `mien encounter publish` found of each encounter is added up: seconds by the expression that
the original resembled most and by that of the de-identified recording. Whole encounters are drawn
again for the interval, since the seconds of one belong together.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from mien.emotion.classifier import EXPRESSIONS
from mien.encounter.observation import ROLES
from mien.errors import FormatError
from mien.intake.words import read_json
from mien.statistics import cohen, finite_or_none, interval

WHO: tuple[str, ...] = ("all", *ROLES)
"""Of both people together, and of each."""
_MANIFEST = "manifest.json"


@dataclass(frozen=True, eq=False)
class Counted:
    """One encounter's labels before and after, of one of `WHO`."""

    confusion: np.ndarray
    """Steps by the original's label (rows) and the result's, shape (7, 7), int64."""
    lost: int
    """Steps with a label of the original alone."""


@dataclass(frozen=True, eq=False)
class Pooled:
    """All encounters' labels before and after, of one of `WHO`."""

    confusion: np.ndarray
    """Steps by the original's label (rows) and the result's, shape (7, 7), int64."""
    lost: int
    """Steps with a label of the original alone."""
    kappa: float
    """Cohen's, of the steps of all encounters as one; NaN where it is not defined."""
    interval: tuple[float, float] | None
    """95 %, whole encounters drawn again; None of fewer than four."""
    each: tuple[float, ...]
    """Kappa of each encounter that has one, rising."""
    encounters: int
    """How many were added up."""

    @property
    def steps(self) -> int:
        """With a label before and after."""
        return int(self.confusion.sum())

    @property
    def share(self) -> float:
        """Of these, the same label; NaN without any."""
        return float(np.trace(self.confusion) / self.steps) if self.steps else math.nan

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        known = self.steps + self.lost
        return {
            "encounters": self.encounters,
            "steps": self.steps,
            "lost": self.lost,
            "coverage": finite_or_none(self.steps / known if known else math.nan),
            "share": finite_or_none(self.share),
            "kappa": finite_or_none(self.kappa),
            "interval": None if self.interval is None else list(self.interval),
            "kappa_lowest": self.each[0] if self.each else None,
            "kappa_highest": self.each[-1] if self.each else None,
            "confusion": self.confusion.tolist(),
        }


def read_published(folder: Path) -> dict[str, Counted]:
    """What a published encounter says of its labels before and after.

    Raises
    ------
    FormatError
        If the folder holds nothing that `mien encounter publish` wrote.
    """
    path = folder / _MANIFEST
    what = "the list of an encounter that mien published"
    try:
        told = read_json(path, what)["label_agreement"]["deidentified"]
        made = {
            who: Counted(np.array(told[who]["confusion"], np.int64), int(told[who]["lost"]))
            for who in WHO
        }
    except OSError as exc:
        raise FormatError(f"{path} cannot be read: {exc.strerror or exc}.") from exc
    except (KeyError, TypeError, ValueError, OverflowError) as exc:
        raise FormatError(f"{path} is not {what}.") from exc
    for one in made.values():
        if one.confusion.shape != (len(EXPRESSIONS),) * 2 or (one.confusion < 0).any():
            raise FormatError(f"{path} is not {what}.")
    return made


def mark_of(folder: Path) -> bytes:
    """What tells a published encounter from all others; its own name where it holds no list."""
    try:
        return sha256((folder / _MANIFEST).read_bytes()).digest()
    except OSError:  # said by who reads it
        return os.fsencode(folder)


def pool(encounters: Sequence[Mapping[str, Counted]]) -> dict[str, Pooled]:
    """All encounters as one, by `WHO`; empty where there is none."""
    if not encounters:
        return {}
    made = {}
    for who in WHO:
        tables = np.stack([one[who].confusion for one in encounters])
        alone = cohen(tables)
        made[who] = Pooled(
            confusion=tables.sum(0),
            lost=sum(one[who].lost for one in encounters),
            kappa=float(cohen(tables.sum(0)[None])[0]),
            interval=interval(tables, lambda total: float(cohen(total[None])[0])),
            each=tuple(sorted(alone[np.isfinite(alone)].tolist())),
            encounters=len(encounters),
        )
    return made
