"""Chasing citations: what included studies cite, and what cites them.

The two mechanisms that reviews have beside databases; by OpenAlex, which both reads reference lists
and knows who cites [1]_.

References
----------
.. [1] Hirt et al., TARCiS statement, BMJ 2024;385:e078384.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mien.errors import ParameterError
from mien.progress import Progress
from mien.review.records.record import Record
from mien.review.search.apis.harvest import harvest
from mien.review.search.apis.openalex import works_with
from mien.review.search.apis.pages import Query, text
from mien.review.search.apis.transport import Transport

_AT_ONCE = 40  # identifiers in one filter; OpenAlex takes 100
BACKWARD, FORWARD = "backward", "forward"


@dataclass(frozen=True)
class Chased:
    """What was found."""

    records: tuple[Record, ...]
    """Each with `source` ``OpenAlex (cited by included)`` or ``OpenAlex (citing included)``."""
    unknown: tuple[str, ...]
    """DOIs that OpenAlex does not have."""


def chase(
    studies: Sequence[Record],
    directions: Sequence[str],
    folder: Path,
    transport: Transport,
    progress: Progress | None = None,
) -> Chased:
    """Find what studies cite and what cites them.

    Parameters
    ----------
    studies : sequence of Record
        Included ones; those without DOI cannot be chased.
    directions : sequence of str
        ``backward``, ``forward`` or both.
    folder : Path
        Where searches are kept, to be resumed.
    transport : Transport
    progress : callable, optional

    Raises
    ------
    ParameterError
        If no study has a DOI, or a direction is another.
    """
    dois = list(dict.fromkeys(one.doi.lower() for one in studies if one.doi))
    if not dois:
        raise ParameterError("No study has a DOI, by which citations are chased: add some.")
    if not directions or set(directions) - {BACKWARD, FORWARD}:
        raise ParameterError("Citations are chased backward or forward: name one of them.")
    folder.mkdir(exist_ok=True)
    works = works_with(dois, transport)
    known = {text(work.get("doi")).rpartition("doi.org/")[2].lower() for work in works}
    own = [text(work.get("id")).rpartition("/")[2] for work in works]
    found: list[Record] = []
    for direction in directions:
        if direction == BACKWARD:
            wanted = [
                text(one).rpartition("/")[2]
                for work in works
                for one in work.get("referenced_works") or []
            ]
            filters, words = list(dict.fromkeys(wanted)), "openalex"
        else:
            filters, words = own, "cites"
        name = "cited by included" if direction == BACKWARD else "citing included"
        for number, start in enumerate(range(0, len(filters), _AT_ONCE), 1):
            part = "|".join(filters[start : start + _AT_ONCE])
            query = Query(f"filter:{words}:{part}")
            place = folder / f"{direction}-{number:04d}"
            for record in harvest(place, "openalex", query, transport, progress=progress):
                found.append(replace(record, source=f"OpenAlex ({name})"))
    unique = {record.url or record.doi or record.title: record for record in found}
    return Chased(tuple(unique.values()), tuple(doi for doi in dois if doi not in known))
