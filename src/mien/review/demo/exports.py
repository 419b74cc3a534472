"""What databases make of publications: which they hold, what they leave out, how they write it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from mien.review.demo.publications import Publication
from mien.review.demo.vocabulary import JOURNALS
from mien.review.living.review_folder import DATABASE, OTHER
from mien.review.records.record import Record
from mien.review.records.writing import write_records

_SHORT = dict(JOURNALS)


@dataclass(frozen=True)
class Source:
    """A database, and how it writes."""

    name: str
    """Its name."""
    kind: str
    """`database` or `other`."""
    file: str
    """Name of its export, whose ending is the form."""
    holds: float
    """Share of publications that it has."""
    without_doi: float = 0.05
    """Share of records without a DOI."""
    capitals: bool = False
    """Whether titles are written with capitals."""
    abbreviates: bool = False
    """Whether journals are abbreviated."""


SOURCES = (
    Source("PubMed", DATABASE, "pubmed.ris", 0.55, abbreviates=True),
    Source("PsycINFO", DATABASE, "psycinfo.ris", 0.18, 0.15, capitals=True),
    Source("CINAHL", DATABASE, "cinahl.csv", 0.15, 0.3),
    Source("IEEE Xplore", DATABASE, "ieee.bib", 0.3),
    Source("Scopus", DATABASE, "scopus.csv", 0.7, 0.1),
    Source("Citation searching", OTHER, "citations.ris", 0.04, 0.4),
)
"""The five databases of the published protocol, and one of its two other ways."""


def write_exports(folder: Path, made: Sequence[Publication], seed: int) -> dict[str, Path]:
    """Write one file a source into a folder that exists.

    Every publication is in at least one database.

    Returns
    -------
    paths : dict of Path
        By the source's name, of those that hold something.
    """
    random = np.random.default_rng(seed)
    held: dict[str, list[Record]] = {source.name: [] for source in SOURCES}
    for one in made:
        there = [source for source in SOURCES if random.random() < source.holds] or [SOURCES[4]]
        for source in there:
            held[source.name].append(_written(one.record, source, random))
    paths = {}
    for source in SOURCES:
        if held[source.name]:
            paths[source.name] = folder / source.file
            write_records(paths[source.name], held[source.name])
    return paths


def _written(record: Record, source: Source, random: np.random.Generator) -> Record:
    """A record as a database has it."""
    title = record.title.title().replace("'S", "'s") if source.capitals else record.title
    if source.abbreviates:
        title = f"{title}."
    return replace(
        record,
        title=title,
        doi="" if random.random() < source.without_doi else record.doi,
        journal=_SHORT[record.journal] if source.abbreviates else record.journal,
        abstract="" if random.random() < 0.04 else record.abstract,
        source=source.name,
        pages="" if random.random() < 0.1 else record.pages,
    )
