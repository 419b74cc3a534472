"""Which records are compared: those that share an identifier, a place, or rare words."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import combinations

from mien.review.duplicates.comparable import Comparable

_MOST_IN_BLOCK = 40
_RARE_WORDS = 4


def candidates(records: Sequence[Comparable]) -> Iterator[tuple[int, int]]:
    """Pairs of places that are worth comparing, each once.

    Parameters
    ----------
    records : sequence of Comparable
        All of them.

    Yields
    ------
    pair : (int, int)
        Two places, the smaller one first. A group of more than 40 that share something is divided
        by first author and by page, and left out if it cannot be.
    """
    blocks: defaultdict[tuple[object, ...], list[int]] = defaultdict(list)
    common = Counter(word for record in records for word in set(record.words))
    for k, record in enumerate(records):
        for key in _keys(record, common):
            blocks[key].append(k)
    seen: set[int] = set()
    total = len(records)
    for members in blocks.values():
        for few in _divided(members, records):
            for a, b in combinations(few, 2):
                if a == b:
                    continue
                pair = a * total + b
                if pair not in seen:
                    seen.add(pair)
                    yield a, b


def _keys(record: Comparable, common: Counter[str]) -> Iterator[tuple[object, ...]]:
    if record.doi:
        yield "doi", record.doi
    if record.pmid:
        yield "pmid", record.pmid
    if record.title:
        yield "title", "".join(record.words) or record.title
        yield "start", "".join(record.words)[:24]
    rare = sorted(set(record.words), key=lambda word: (common[word], word))[:_RARE_WORDS]
    for word in rare:
        if common[word] <= _MOST_IN_BLOCK:
            yield "word", word
    for a, b in combinations(sorted(rare), 2):
        yield "words", a, b
    for name in record.first:
        if record.year and record.page:
            yield "page", name, record.year, record.page
        if record.volume and record.page:
            yield "volume", name, record.volume, record.page
        if record.year and record.words:
            yield "author", name, record.year, record.words[0]
    if record.volume and record.page:
        yield "place", record.volume, record.page, record.year


def _divided(members: list[int], records: Sequence[Comparable]) -> Iterator[list[int]]:
    if len(members) < 2:
        return
    if len(members) <= _MOST_IN_BLOCK:
        yield members
        return
    by_author: defaultdict[object, list[int]] = defaultdict(list)
    by_page: defaultdict[object, list[int]] = defaultdict(list)
    for k in members:
        for name in records[k].first or ("",):
            by_author[name].append(k)
        if records[k].page:
            by_page[records[k].page, records[k].volume].append(k)
    for part in (*by_author.values(), *by_page.values()):
        if 1 < len(part) <= _MOST_IN_BLOCK:
            yield part
