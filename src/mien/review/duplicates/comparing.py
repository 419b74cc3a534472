"""Whether two records are of one publication: evidence for and against, in points.

Points are of the kind of log odds: each says how much more often it is met in two records of one
publication than in two of different ones. They were set by hand so that no single field decides
but an identifier with a title that does not contradict it, following what reviewers of
deduplication report: pages, journals and years differ in form, identifiers are missing, and parts,
errata, replies, abstracts of conferences and versions look alike without being the same [1]_ [2]_.

References
----------
.. [1] Hair et al., BMC Biology 2023;21:189 (ASySD).
.. [2] Bramer et al., J Med Libr Assoc 2016;104:240-243.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import fuzz

from mien.review.duplicates.comparable import Comparable, same_journal

CERTAIN = 8.25
"""Points from which two records are merged."""
DOUBTFUL = 4.5
"""Points from which they are shown side by side."""
_VETO = -100.0
_MOST_OF_TITLE, _MOST_OF_ABSTRACT = 8.0, 3.0
_OPPOSITES = (
    ("hyper", "hypo"),
    ("intra", "inter"),
    ("pre", "post"),
    ("micro", "macro"),
    ("over", "under"),
    ("mono", "poly"),
    ("ante", "post"),
    ("in", "ex"),
    ("endo", "exo"),
    ("up", "down"),
    ("left", "right"),
    ("male", "female"),
    ("non", ""),
    ("un", ""),
    ("anti", ""),
    ("a", ""),
    ("homo", "hetero"),
)
_GREEK = frozenset("alpha beta gamma delta epsilon kappa lambda mu sigma tau omega".split())
_VERSION = re.compile(r"^(.*?)(?:\.pub(\d+)|[./]v(\d+))?$")
_PARTS = {
    (word,) for word in "part parts phase study chapter volume i ii iii iv v 1 2 3 4 5".split()
}
"""Words with which a title goes on that is one of several."""
_ORDERLESS = ("1", "e1", "s1")  # pages at which many things begin


@dataclass(frozen=True)
class Verdict:
    """What comparing two records came to."""

    points: float
    """Sum of the evidence."""
    reasons: tuple[str, ...]
    """For and against, in words, the weightiest first."""
    vetoed: bool = False
    """Whether something says that they are different, whatever else agrees."""

    @property
    def certain(self) -> bool:
        """Whether they are merged without asking."""
        return self.points >= CERTAIN and not self.vetoed

    @property
    def doubtful(self) -> bool:
        """Whether somebody should look."""
        return not self.certain and self.points >= DOUBTFUL

    @property
    def score(self) -> float:
        """From 0 to 1; .5 in the middle of what is doubtful."""
        middle = (CERTAIN + DOUBTFUL) / 2
        return round(1 / (1 + 2.718281828 ** -(self.points - middle)), 4)


def compare(one: Comparable, other: Comparable) -> Verdict:
    """Weigh what speaks for two records being one publication."""
    found = list(_evidence(one, other))
    vetoed = any(points <= _VETO for points, _ in found)
    points = sum(points for points, _ in found if points > _VETO)
    if not vetoed and DOUBTFUL - 3 <= points < CERTAIN + 2.5:  # where it can matter
        found.extend(_abstract(one, other))
        points = sum(points for points, _ in found)
    found.sort(key=lambda item: -abs(item[0]))
    return Verdict(points - (20 if vetoed else 0), tuple(why for _, why in found if why), vetoed)


def hopeless(a: Comparable, b: Comparable) -> bool:
    """Whether two records cannot be certain or doubtful, whatever their titles say.

    Sooner than `compare`: identifiers, authors and place of publication are weighed, and the rest
    is taken for as good as it can be.
    """
    if (a.doi and a.doi == b.doi) or (a.pmid and a.pmid == b.pmid):
        return False
    points = _MOST_OF_TITLE + _MOST_OF_ABSTRACT
    for part in (_identifiers(a, b, False, False), _authors(a, b), _place(a, b)):
        points += sum(amount for amount, _ in part)  # a veto without an identifier decides
    return points < DOUBTFUL


def _evidence(a: Comparable, b: Comparable) -> Iterator[tuple[float, str]]:
    same_doi = bool(a.doi) and a.doi == b.doi
    same_pmid = bool(a.pmid) and a.pmid == b.pmid
    yield from _title(a, b, same_doi or same_pmid)
    yield from _identifiers(a, b, same_doi, same_pmid)
    yield from _authors(a, b)
    yield from _place(a, b)
    yield from _year_alone(a, b, same_doi or same_pmid)


def _title(a: Comparable, b: Comparable, identified: bool) -> Iterator[tuple[float, str]]:
    if a.labels != b.labels and a.title and b.title:
        which = ", ".join(sorted(a.labels ^ b.labels))
        if identified:
            yield (-3.0 if _cut(a, b) else -7.0), f"only one is called {which}"
        else:
            yield _VETO, f"only one is called {which}"
    if not a.title or not b.title:
        yield 0.0, "a title is missing"
        return
    if a.title == b.title or "".join(a.words) == "".join(b.words):
        words = len(a.words)
        points = 8.0 if words > 6 else 7.0 if words > 4 else 5.5 if words > 2 else 2.5
        yield points, "same title"
        return
    if len(a.words) > 3 and _same_letters(a.title.replace(" ", ""), b.title.replace(" ", "")):
        yield 6.5, "titles differ in spelling"
        return
    short, long = (a.words, b.words) if len(a.words) <= len(b.words) else (b.words, a.words)
    goes_on = (len(short) > 3 and long[: len(short)] == short) or _cut(a, b)
    one, other = _only(a.numbers, b.numbers)
    if goes_on and not identified and _part(long[len(short) :], one or other):
        yield _VETO, f"one title is that of part {(one or other)[0]}"
    elif one and other:
        yield (-6.0 if identified else _VETO), f"numbers in the titles differ: {one}, {other}"
    elif (one or other) and not (goes_on and long[len(short) : len(short) + 1] not in _PARTS):
        yield (-1.0 if identified else -5.0), f"only one title has the number {(one or other)[0]}"
    if goes_on:
        yield (5.0 if len(short) > 5 else 3.5), "one title continues the other"
        return
    ratio = fuzz.ratio(a.title, b.title)
    left, right = _only(a.words, b.words)
    if ratio >= 80 and _spelling(left, right):
        yield (
            (6.5 if len(short) > 6 else 5.0 if len(short) > 3 else 2.5),
            "titles differ in spelling",
        )
        return
    if identified:
        alike = max(ratio, fuzz.token_set_ratio(" ".join(a.words), " ".join(b.words)))
        yield (
            (2.0 if alike > 80 else -1.0 if alike > 55 else -3.0),
            f"titles alike to {alike:.0f} %",
        )
    elif ratio >= 85 and len(short) > 4:
        yield -1.5, f"titles differ in words: {' '.join(left[:3])} / {' '.join(right[:3])}"
    else:
        yield -8.0, f"titles differ ({ratio:.0f} % alike)"


def _same_letters(one: str, other: str) -> bool:
    return len(one) == len(other) and sorted(one) == sorted(other)


def _part(rest: tuple[str, ...], numbers: list[str]) -> bool:
    """Whether what a title goes on with says which part of several it is: "part II", or "II"."""
    return bool(numbers and rest) and (
        ((rest[0],) in _PARTS and len(rest) < 3) or rest[0] in ("part", "parts")
    )


def _cut(a: Comparable, b: Comparable) -> bool:
    """Whether one title ends within the other, in a word too."""
    short, long = (a.title, b.title) if len(a.title) <= len(b.title) else (b.title, a.title)
    if len(short) < 30 or not long.startswith(short) or len(short.split()) < 5:
        return False
    last = long.split()[len(short.split()) - 1]
    return last not in (*a.numbers, *b.numbers) and not re.fullmatch("[ivx]+", last)


def _only(a: tuple[str, ...], b: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """What only the one has, and only the other."""
    rest = list(b)
    left = []
    for word in a:
        if word in rest:
            rest.remove(word)
        else:
            left.append(word)
    return left, rest


def _spelling(left: list[str], right: list[str]) -> bool:
    """Whether words that only one title has are spelt otherwise in the other."""
    if not left or not right:
        return set(left + right) <= _GREEK  # a letter that was lost
    if sorted("".join(left)) == sorted("".join(right)):
        return True  # one writes apart what the other joins, or letters are swapped
    if len(left) != len(right):
        joined, other = "".join(left), "".join(right)
        return min(len(joined), len(other)) > 4 and fuzz.ratio(joined, other) > 93
    return all(_variant(one, other) for one, other in zip(left, right, strict=True))


def _variant(one: str, other: str) -> bool:
    if any(letter.isdigit() for letter in one + other):
        return False
    for a, b in _OPPOSITES:
        for x, y in ((one, other), (other, one)):
            if x.startswith(a) and y.startswith(b) and x[len(a) :] == y[len(b) :]:
                return False
    short, long = sorted((one, other), key=len)
    if long.startswith(short) and len(short) > 3 and len(long) - len(short) < 3:
        return True
    return (len(short) > 3 and fuzz.ratio(one, other) >= 80 and one[0] == other[0]) or (
        len(short) > 5 and fuzz.ratio(one, other) >= 85
    )


def _identifiers(
    a: Comparable, b: Comparable, same_doi: bool, same_pmid: bool
) -> Iterator[tuple[float, str]]:
    if same_doi:
        yield 6.0, "same DOI"
    elif a.doi and b.doi:
        one, other = (_VERSION.match(doi) for doi in (a.doi, b.doi))
        if one and other and one.group(1) == other.group(1):
            yield _VETO, "DOIs of two versions"
        elif a.doi.startswith(b.doi) or b.doi.startswith(a.doi):
            yield 2.0, "one DOI begins as the other"
        else:
            yield -4.0, "DOIs differ"
    if same_pmid:
        yield 8.0, "same PMID"
    elif a.pmid and b.pmid:
        yield -7.0, "PMIDs differ"


def _authors(a: Comparable, b: Comparable) -> Iterator[tuple[float, str]]:
    if not a.names or not b.names:
        return
    first = bool(a.first & b.first) or _alike(a.first, b.first)
    shared = len(a.names & b.names)
    fewer = min(len(a.names), len(b.names))
    if first:
        yield 2.0, "same first author"
        if shared >= 0.5 * fewer or fewer < 3:
            yield 1.5, ""
        elif shared < 0.3 * fewer:
            yield -1.0, "other authors differ"
    elif shared >= 0.5 * fewer and shared > 1:
        yield 1.0, "authors in another order"
    elif shared:
        yield -2.0, "first authors differ"
    else:
        yield -5.0, "no author in common"


def _alike(one: frozenset[str], other: frozenset[str]) -> bool:
    return any(
        len(a) > 3 and len(b) > 3 and fuzz.ratio(a, b) >= 80 for a in one for b in other
    ) or "".join(sorted(one)) == "".join(sorted(other))


def _place(a: Comparable, b: Comparable) -> Iterator[tuple[float, str]]:
    """Year, journal, volume, issue and page."""
    if a.year and b.year:
        apart = abs(a.year - b.year)
        points = (1.0, -0.2, -2.0, -4.0)[min(apart, 3)]
        yield points, ("same year" if not apart else f"{apart} years apart" if apart > 1 else "")
    if a.preprint != b.preprint:
        yield -9.0, "only one is a preprint"
    elif a.journal and b.journal:
        if same_journal(a.journal, b.journal):
            yield 1.5, "same journal"
        else:
            yield (
                (-2.0 if fuzz.token_set_ratio(a.journal, b.journal) > 85 else -4.5),
                "journals differ",
            )
    if a.volume and b.volume:
        same = a.volume == b.volume
        yield (1.0 if same else -2.5), ("same volume" if same else "volumes differ")
    if a.issue and b.issue and a.volume == b.volume and a.issue != b.issue:
        yield -0.7, "issues differ"
    if a.page and b.page:
        if a.page == b.page:
            yield (0.7 if a.page in _ORDERLESS else 2.5), "same first page"
        else:
            same = _digits(a.page) == _digits(b.page)
            yield (0.5 if same else -3.0), ("" if same else "first pages differ")


@lru_cache(maxsize=65536)
def _digits(page: str) -> str:
    return re.sub(r"\D", "", page)


def _year_alone(a: Comparable, b: Comparable, identified: bool) -> Iterator[tuple[float, str]]:
    """Years that differ where nothing says that the place of publication is one.

    A paper of a conference and its article, and what a group reports again a year later, have
    title and authors in common, and nothing else.
    """
    if not a.year or not b.year or a.year == b.year or identified:
        return
    placed = (bool(a.page) and a.page == b.page) or (bool(a.volume) and a.volume == b.volume)
    journal = bool(a.journal and b.journal) and same_journal(a.journal, b.journal)
    if not placed and not (journal and a.title == b.title):
        yield -2.5, "years differ, and no page or volume agrees"


def _abstract(a: Comparable, b: Comparable) -> Iterator[tuple[float, str]]:
    if len(a.abstract) < 100 or len(b.abstract) < 100:
        return
    length = min(len(a.abstract), len(b.abstract))
    alike = fuzz.ratio(a.abstract[:length], b.abstract[:length])
    if alike < 85:
        alike = max(alike, fuzz.partial_ratio(a.abstract[60:200], b.abstract[:400]))
    if alike >= 85:
        yield 3.0, "same abstract"
    elif alike < 55:
        yield -2.5, "abstracts differ"
