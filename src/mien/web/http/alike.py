"""Duplicates among exports, as the page *Review* shows them before a review begins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mien.review.records.record import Record

_MOST_PAIRS = 300  # that a page shows
Place = tuple[str, int]
"""Where a record is: id of its export, place in it from 0."""


@dataclass(frozen=True)
class LookedPair:
    """Two records that may be one publication, as a page shows them."""

    a: Place
    b: Place
    score: float
    """From 0 to 1."""
    reasons: tuple[str, ...]
    """For and against."""
    merged: bool
    """Whether they are merged if nobody decides."""
    records: tuple[dict[str, str], dict[str, str]]
    """Title, authors, where, doi and source of both."""
    decided: bool | None = None
    """Whether somebody decided that they are one; None if nobody did."""


@dataclass(frozen=True)
class Looked:
    """What is found among the exports."""

    total: int
    """Records."""
    unique: int
    """Publications, if nobody decides."""
    doubtful: int
    """Pairs that somebody should look at."""
    pairs: tuple[LookedPair, ...]
    """Those that a page shows, doubtful ones first."""
    left_out: int
    """How many more there are."""


def look(exports: Sequence[tuple[str, str, Path]]) -> Looked:
    """Duplicates among exports: doubtful pairs first, then merged ones, the least like first.

    Parameters
    ----------
    exports : sequence of (str, str, Path)
        Id, name and place of each.
    """
    from mien.review.duplicates.finding import find_duplicates
    from mien.review.records.reading import read_export

    records: list[Record] = []
    places: list[Place] = []
    for key, _, path in exports:
        came = read_export(path).records
        records += came
        places += [(key, k) for k in range(len(came))]
    found = find_duplicates(records)
    ordered = sorted(found.pairs, key=lambda pair: (pair.merged, pair.score))
    names = {key: name for key, name, _ in exports}
    return Looked(
        found.total,
        found.unique,
        len(found.doubtful),
        tuple(
            LookedPair(
                places[pair.a],
                places[pair.b],
                pair.score,
                pair.reasons,
                pair.merged,
                (
                    _shown(records[pair.a], names[places[pair.a][0]]),
                    _shown(records[pair.b], names[places[pair.b][0]]),
                ),
            )
            for pair in ordered[:_MOST_PAIRS]
        ),
        max(len(ordered) - _MOST_PAIRS, 0),
    )


def _shown(record: Record, file: str) -> dict[str, str]:
    names = "; ".join(record.authors[:4]) + (" …" if len(record.authors) > 4 else "")
    where = [str(record.year or ""), record.journal, record.volume, record.pages]
    return {
        "title": record.title,
        "authors": names,
        "where": " · ".join(filter(None, where)),
        "doi": record.doi,
        "source": f"{record.source}, {file}" if record.source else file,
    }
