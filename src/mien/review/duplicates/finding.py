"""Duplicates among many records: groups that are merged, pairs that somebody should look at."""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from mien.errors import ParameterError
from mien.review.duplicates.blocking import candidates
from mien.review.duplicates.comparable import Comparable, comparable
from mien.review.duplicates.comparing import Verdict, compare, hopeless
from mien.review.records.record import Record


@dataclass(frozen=True)
class Pair:
    """Two records that may be one publication."""

    a: int
    """Place of the first, from 0 in order of reading."""
    b: int
    """Place of the second."""
    score: float
    """From 0 to 1; from .87 they are merged."""
    reasons: tuple[str, ...]
    """For and against, the weightiest first."""
    merged: bool
    """Whether they are in one group."""


@dataclass(frozen=True)
class Duplicates:
    """What was found."""

    total: int
    """Records that were looked at."""
    groups: tuple[tuple[int, ...], ...]
    """Places of records of one publication, two or more each, in order."""
    pairs: tuple[Pair, ...]
    """Those in groups and doubtful ones, doubtful ones first, then by place."""

    @property
    def doubtful(self) -> tuple[Pair, ...]:
        """Pairs that somebody should look at."""
        return tuple(pair for pair in self.pairs if not pair.merged)

    @property
    def unique(self) -> int:
        """Publications: records less those that are merged into others."""
        return self.total - sum(len(group) - 1 for group in self.groups)


def find_duplicates(
    records: Sequence[Record],
    *,
    together: Iterable[Sequence[int]] = (),
    apart: Iterable[Sequence[int]] = (),
) -> Duplicates:
    """Find records of the same publication.

    Parameters
    ----------
    records : sequence of Record
        In order of reading.
    together, apart : iterable of sequences of int
        Places of records that somebody has decided about: one publication, or several. They count
        more than what is found, so a merge is undone by naming it `apart`.

    Returns
    -------
    found : Duplicates
        Groups do not share records. Two records that contradict each other are in no group, though
        a third be like both.

    Raises
    ------
    ParameterError
        If a place is none of a record.
    """
    forced = _decided(together, len(records))
    refused = _decided(apart, len(records))
    forms = [comparable(record) for record in records]
    copies = _copies(forms, {k for pair in (*forced, *refused) for k in pair})
    chosen = [k for k in range(len(forms)) if k not in copies]
    verdicts: dict[tuple[int, int], Verdict] = {}
    for one, other in candidates([forms[k] for k in chosen]):
        a, b = chosen[one], chosen[other]
        if _worth(forms[a], forms[b]) and not hopeless(forms[a], forms[b]):
            verdict = compare(forms[a], forms[b])
            if verdict.certain or verdict.doubtful:
                verdicts[a, b] = verdict
    merging = _Merging(forms, refused)
    for k, first in copies.items():
        verdicts[first, k] = compare(forms[first], forms[k])
        merging.copy(first, k)
    for a, b in sorted(forced):
        merging.join(a, b, forced=True)
    ordered = sorted(verdicts, key=lambda pair: (-verdicts[pair].points, pair))
    for pair in ordered:
        if verdicts[pair].certain:
            merging.join(*pair)
    pairs = [
        Pair(a, b, verdict.score, verdict.reasons, merging.same(a, b))
        for (a, b), verdict in verdicts.items()
        if (a, b) not in refused
    ]
    pairs.sort(key=lambda pair: (pair.merged, pair.a, pair.b))
    return Duplicates(len(records), merging.groups(), tuple(pairs))


def _decided(groups: Iterable[Sequence[int]], total: int) -> set[tuple[int, int]]:
    pairs: set[tuple[int, int]] = set()
    for group in groups:
        for k in group:
            if not 0 <= k < total:
                raise ParameterError(
                    f"There is no record {k}: give numbers from 0 to {max(total - 1, 0)}."
                )
        pairs.update((min(a, b), max(a, b)) for a in group for b in group if a != b)
    return pairs


def _copies(forms: Sequence[Comparable], decided: set[int]) -> dict[int, int]:
    """Records that say the same as an earlier one and are certainly its publication: which.

    However many there are, they need not be compared with each other; what somebody decided about
    is left to the usual way.
    """
    first: dict[Comparable, int] = {}
    found = {}
    for k, form in enumerate(forms):
        if k in decided:
            continue
        at = first.setdefault(form, k)
        if at != k and compare(form, form).certain:
            found[k] = at
    return found


def _worth(a: Comparable, b: Comparable) -> bool:
    """Whether comparing closely can come to anything."""
    if (a.doi and a.doi == b.doi) or (a.pmid and a.pmid == b.pmid):
        return True
    if a.title[:30] == b.title[:30]:
        return True
    return fuzz.ratio(a.title, b.title, score_cutoff=75) > 0


class _Merging:
    """Joins records into groups, unless something in them contradicts it.

    A group that somebody made by naming records has several kinds, which may contradict each other;
    what is found to be like a record has to agree with its kind alone.
    """

    def __init__(self, forms: Sequence[Comparable], refused: set[tuple[int, int]]) -> None:
        self._forms = forms
        self._refused = refused
        self._groups = _Parts(len(forms))
        self._kinds = _Parts(len(forms))

    def same(self, a: int, b: int) -> bool:
        return self._groups.of(a) is self._groups.of(b)

    def join(self, a: int, b: int, *, forced: bool = False) -> None:
        if self.same(a, b):
            return
        if not forced:
            if self._refused and self._any(self._groups, a, b, self._refuses):
                return
            if self._any(self._kinds, a, b, self._against):
                return
            self._kinds.join(a, b)
        self._groups.join(a, b)

    def copy(self, first: int, k: int) -> None:
        """Let a record go wherever one goes that says the same."""
        self._groups.join(first, k)

    def _any(self, parts: _Parts, a: int, b: int, true: Callable[[int, int], bool]) -> bool:
        return any(true(x, y) for x in parts.of(a) for y in parts.of(b))

    def _refuses(self, a: int, b: int) -> bool:
        return (min(a, b), max(a, b)) in self._refused

    def _against(self, a: int, b: int) -> bool:
        verdict = compare(self._forms[a], self._forms[b])
        return verdict.vetoed or verdict.points < 0

    def groups(self) -> tuple[tuple[int, ...], ...]:
        return self._groups.several()


class _Parts:
    """Numbers in parts that grow together."""

    def __init__(self, total: int) -> None:
        self._part = [[k] for k in range(total)]

    def of(self, k: int) -> list[int]:
        """The part of a number, itself in it."""
        return self._part[k]

    def join(self, a: int, b: int) -> None:
        """Make one part of two."""
        large, small = sorted((self._part[a], self._part[b]), key=len, reverse=True)
        for k in small:
            insort(large, k)
            self._part[k] = large

    def several(self) -> tuple[tuple[int, ...], ...]:
        """Parts of two numbers or more, in order of their first."""
        return tuple(
            tuple(part) for k, part in enumerate(self._part) if part[0] == k and len(part) > 1
        )
