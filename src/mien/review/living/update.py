"""Adding what is new: records are read, duplicates are known again, decisions stay."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from mien.errors import ParameterError
from mien.review.duplicates.finding import find_duplicates
from mien.review.duplicates.merging import merged
from mien.review.living.review_folder import (
    KINDS,
    Merged,
    Review,
    Search,
    Stored,
    next_id,
)
from mien.review.records.record import Record


@dataclass(frozen=True)
class Import:
    """Records of one search."""

    database: str
    """Where they come from; or the method."""
    kind: str
    """`database`, `register` or `other`."""
    file: str
    """Name of the file."""
    records: tuple[Record, ...]
    """As they were read."""
    date: str = ""
    """Of the search, if it is another than that of all."""


def freeze(review: Review) -> Review:
    """The next version of a review, with this one kept among the earlier ones."""
    state = replace(review, earlier=())
    return replace(review, version=review.version + 1, earlier=(*review.earlier, state))


def add(
    review: Review,
    imports: Sequence[Import],
    date: str,
    *,
    together: Iterable[Sequence[int]] = (),
    apart: Iterable[Sequence[int]] = (),
) -> Review:
    """Add records to the version at hand.

    Parameters
    ----------
    review : Review
    imports : sequence of Import
    date : str
        Of the searches.
    together, apart : iterable of sequences of int
        Places of records of `imports`, from 0, that somebody has decided about: one publication,
        or several; see `find_duplicates`.

    Returns
    -------
    review : Review
        With what is new. A record that is there already keeps its number and all decisions, and
        gains what the new one knows more.

    Raises
    ------
    ParameterError
        If a kind of search is none, or a place is none of a record.
    """
    came: list[tuple[Record, Import]] = []
    for one in imports:
        if one.kind not in KINDS:
            raise ParameterError(f"kind is {one.kind!r}: choose one of {', '.join(KINDS)}.")
        came += [(record, one) for record in one.records]
    known = [one.record for one in review.records]
    everything = [*known, *(record for record, _ in came)]
    found = find_duplicates(
        everything, together=_after(known, together), apart=_after(known, apart)
    )
    group_of = {k: group for group in found.groups for k in group}
    records = list(review.records)
    gone: list[Merged] = []
    number = next_id(review)
    placed: dict[int, int] = {k: k for k in range(len(known))}
    for k, (record, one) in enumerate(came, len(known)):
        before = [placed[m] for m in group_of.get(k, ()) if m < k and m in placed]
        if before:
            at = before[0]
            kept = records[at]
            records[at] = replace(kept, record=merged([kept.record, record]))
            gone.append(Merged(kept.id, review.version, one.kind, one.database, record.title))
            continue
        placed[k] = len(records)
        records.append(Stored(f"r{number:05d}", review.version, one.kind, record))
        number += 1
    searches = [
        Search(review.version, one.date or date, one.database, one.kind, one.file, len(one.records))
        for one in imports
    ]
    return replace(
        review,
        searches=(*review.searches, *searches),
        records=tuple(records),
        merged=(*review.merged, *gone),
    )


def _after(known: Sequence[Record], places: Iterable[Sequence[int]]) -> list[list[int]]:
    """Places that count from the records that are known."""
    return [[len(known) + place for place in group] for group in places]
