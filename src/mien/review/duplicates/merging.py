"""One record of several: the fullest of each field, and every source."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from mien.review.duplicates.finding import Duplicates
from mien.review.records.record import Record, each_once

MERGED_FROM = "mien_merged"
"""Field that says which record another one was merged with: its source, file and line."""


def merged(records: Sequence[Record]) -> Record:
    """One record of several of the same publication.

    Parameters
    ----------
    records : sequence of Record
        At least one. The fullest is kept; what it lacks comes from the others, as do the longest
        abstract and title and the most names among them.

    Returns
    -------
    record : Record
        Its `source` names all, joined by ``; ``; `raw` also has where the others stand and what
        only they hold.
    """
    best = max(records, key=_fullness)
    if len(records) == 1:
        return best
    others = [record for record in records if record is not best]
    ordered = [best, *others]
    said = {value for _, value in best.raw}
    raw = list(best.raw)
    for other in others:
        raw.append((MERGED_FROM, f"{other.source}, {other.file}, line {other.line}"))
        for name, value in other.raw:
            if value not in said:
                said.add(value)
                raw.append((name, value))
    years = Counter(record.year for record in ordered if record.year)
    return replace(
        best,
        title=max((record.title for record in ordered), key=len),
        abstract=max((record.abstract for record in ordered), key=len),
        authors=max((record.authors for record in ordered), key=_names),
        year=years.most_common(1)[0][0] if years else None,
        doi=_first(record.doi for record in ordered),
        language=_first(record.language for record in ordered),
        source="; ".join(sources(ordered)),
        journal=max((record.journal for record in ordered), key=len),
        keywords=each_once([word for record in ordered for word in record.keywords]),
        volume=_first(record.volume for record in ordered),
        issue=_first(record.issue for record in ordered),
        pages=max((record.pages for record in ordered), key=len),
        url=_first(record.url for record in ordered),
        kind=_first(record.kind for record in ordered),
        pmid=_first(record.pmid for record in ordered),
        form="merged",
        raw=tuple(raw),
    )


def without_duplicates(records: Sequence[Record], found: Duplicates) -> list[Record]:
    """Records with each group merged, at the place of its first."""
    first = {group[0]: group for group in found.groups}
    gone = {k for group in found.groups for k in group[1:]}
    return [
        merged([records[place] for place in first[k]]) if k in first else record
        for k, record in enumerate(records)
        if k not in gone
    ]


def sources(records: Sequence[Record]) -> tuple[str, ...]:
    """All databases that records come from."""
    return each_once([part for record in records for part in record.source.split("; ")])


def _fullness(record: Record) -> tuple[int, int]:
    have = (record.abstract, record.doi, record.authors, record.pages, record.year, record.journal)
    return sum(map(bool, have)), len(record.abstract) + sum(len(text) for _, text in record.raw)


def _names(names: tuple[str, ...]) -> tuple[int, int]:
    return len(names), sum(map(len, names))


def _first(values: Iterable[str]) -> str:
    return next((value for value in values if value), "")
