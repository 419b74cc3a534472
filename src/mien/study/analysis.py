"""Everything that is said of a study of ratings, item by item."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from mien.counted import plural
from mien.errors import FormatError, ParameterError
from mien.progress import Progress
from mien.study.agreement import agreement
from mien.study.deviation import Deviation, Equivalence, deviation, equivalence
from mien.study.drift import Drift, drift
from mien.study.estimate import Estimate
from mien.study.items import HYPOMIMIA, Item
from mien.study.published import ITEMS, PublishedItem
from mien.study.raters import NotSure, RaterCheck, check_rater, not_sure
from mien.study.ratings import VERSIONS, ItemRatings, Ratings, require

Agreement = Mapping[str, Estimate]
"""By the names in `mien.study.agreement.STATISTICS`."""
_MOST_CELLS = 1_000_000
_MOST_PAIRS = 2_000_000  # of raters, of each clip and item: half a minute or so
_MOST_RATERS = 100
_MOST_ITEMS = 50
_MOST_SCORES = 200  # that are counted one by one


@dataclass(frozen=True)
class Distribution:
    """How often each score was given."""

    scores: Mapping[str, int]
    """First answers by score, as ``"2"``."""
    not_sure: int
    """First answers that were "not sure"."""

    def to_json(self) -> dict[str, Any]:
        """For JSON."""
        return {"scores": dict(self.scores), "not_sure": self.not_sure}


@dataclass(frozen=True)
class Compared:
    """Two scores of the same clips: of original and result, or of one original twice."""

    deviation: Deviation
    """Second less first."""
    agreement: Agreement
    """Of the two."""

    def to_json(self) -> dict[str, Any]:
        """For JSON."""
        return {"deviation": self.deviation.to_json(), "agreement": _json(self.agreement)}


@dataclass(frozen=True)
class ByRater:
    """The same of all raters and of each."""

    together: Compared
    """All pairs of all raters."""
    each: Mapping[str, Compared]
    """By the rater's name."""

    def to_json(self) -> dict[str, Any]:
        """For JSON."""
        each = {name: one.to_json() for name, one in self.each.items()}
        return {"together": self.together.to_json(), "by_rater": each}


@dataclass(frozen=True)
class Between:
    """Raters compared with one another, on one version."""

    agreement: Agreement
    """Of all of them."""
    pairs: Mapping[str, Deviation]
    """Deviation of the second from the first, by their names, as ``"A, B"``."""

    def to_json(self) -> dict[str, Any]:
        """For JSON."""
        pairs = {name: one.to_json() for name, one in self.pairs.items()}
        return {"agreement": _json(self.agreement), "pairs": pairs}


@dataclass(frozen=True)
class ItemAnalysis:
    """What is said of one item."""

    item: Item
    clips: int
    """That were rated."""
    distribution: Mapping[str, Distribution]
    """By version."""
    preserved: ByRater
    """Results against originals, each in the hands of one rater."""
    repeated: ByRater
    """Originals against their hidden repeats: how far a rater agrees with themselves."""
    between: Mapping[str, Between]
    """Raters against one another, by version."""
    equivalence: Equivalence
    """Of the mean deviation of results."""
    not_sure: NotSure
    """All raters together."""
    not_sure_by_rater: Mapping[str, NotSure]
    checks: Mapping[str, RaterCheck]
    """By the rater's name."""
    drift: Drift | None
    """Of hypomimia, which is tested by itself; None of other items."""
    published: PublishedItem | None
    """What the paper reported of it."""

    def to_json(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "title": self.item.title,
            "scale": {
                "lowest": self.item.lowest,
                "highest": self.item.highest,
                "step": self.item.step,
            },
            "clips": self.clips,
            "distribution": _json(self.distribution),
            "original_and_result": self.preserved.to_json(),
            "hidden_repeats": self.repeated.to_json(),
            "between_raters": _json(self.between),
            "equivalence": self.equivalence.to_json(),
            "not_sure": self.not_sure.to_json() | {"by_rater": _json(self.not_sure_by_rater)},
            "rater_checks": _json(self.checks),
            "drift": None if self.drift is None else self.drift.to_json(),
            "published": None if self.published is None else self.published.to_json(),
        }


@dataclass(frozen=True)
class Analysis:
    """What is said of a study of ratings."""

    ratings: int
    """Answers."""
    raters: tuple[str, ...]
    clips: int
    items: Mapping[str, ItemAnalysis]
    """By key."""
    notes: tuple[str, ...]
    """What had to be assumed, a sentence each."""
    design: str = ""
    """How the study was made, in sentences; empty if that is not known."""
    power: str = ""
    """What it was planned to be able to say; empty if that is not known."""

    def to_json(self) -> dict[str, Any]:
        """For JSON; where something is not defined it is null, and ``why`` says why."""
        return {
            "ratings": self.ratings,
            "raters": list(self.raters),
            "clips": self.clips,
            "items": _json(self.items),
            "notes": list(self.notes),
            "design": self.design or None,
            "power": self.power or None,
        }


def analyse(
    ratings: Ratings, *, margin: float | None = None, progress: Progress | None = None
) -> Analysis:
    """Compute every statistic of every item.

    Parameters
    ----------
    ratings : Ratings
    margin : float, optional
        Of equivalence, points of the scale; that which hidden repeats give if not given.
    progress : callable, optional
        Called as ``progress("analysing", done, None)`` after each item.

    Raises
    ------
    FormatError
        If there is no score, or the table has too many raters and clips.
    ParameterError
        If the margin is not above 0.
    """
    if margin is not None and not 0 < margin < float("inf"):
        raise ParameterError(f"The margin is {margin:g}: give a number above 0.")
    require(ratings)
    _require_size(ratings)
    clips = {one.clip for one in ratings.answers}
    found: dict[str, ItemAnalysis] = {}
    for key in ratings.items:
        found[key] = analyse_item(ratings.of(key), margin)
        if progress is not None:
            progress("analysing", len(found), None)
    return Analysis(
        len(ratings.answers),
        ratings.raters,
        len(clips),
        found,
        ratings.notes,
        ratings.design,
        ratings.power,
    )


def _require_size(ratings: Ratings) -> None:
    """Refuse what would take minutes or all memory; raises `FormatError`."""
    raters, items = len(ratings.raters), len(ratings.items)
    if raters > _MOST_RATERS:
        raise FormatError(
            f"{raters} raters are too many at once, as each is compared with each: "
            f"analyse {_MOST_RATERS} or fewer."
        )
    if items > _MOST_ITEMS:
        raise FormatError(
            f"{items} items are too many at once, as each has a part of the report: "
            f"analyse {_MOST_ITEMS} or fewer."
        )
    clips = len({one.clip for one in ratings.answers})
    depth = 1 + max(one.repeat for one in ratings.answers)
    rated = len({(one.item, one.clip) for one in ratings.answers})
    if raters * clips * depth > _MOST_CELLS or raters * (raters - 1) // 2 * rated > _MOST_PAIRS:
        raise FormatError(
            f"{raters} raters, {clips} clips, {plural(items, 'item')} and "
            f"{plural(depth - 1, 'repeat')} are too much at once: analyse parts of the table."
        )


def analyse_item(ratings: ItemRatings, margin: float | None = None) -> ItemAnalysis:
    """Compute every statistic of one item."""
    pairs, of = _pairs(ratings.original[None], ratings.result[None])
    repeated, _ = _pairs(np.broadcast_to(ratings.original, ratings.repeats.shape), ratings.repeats)
    own = _by_rater(ratings, ratings.original, ratings.repeats)
    given, source = _margin(repeated, margin)
    differences = pairs[:, 1] - pairs[:, 0]
    hypomimia = ratings.item.key == HYPOMIMIA
    names = dict(enumerate(ratings.raters))
    return ItemAnalysis(
        item=ratings.item,
        clips=len(ratings.clips),
        distribution={version: _distribution(ratings, version) for version in VERSIONS},
        preserved=_by_rater(ratings, ratings.original, ratings.result[None]),
        repeated=own,
        between={version: _between(ratings, version) for version in VERSIONS},
        equivalence=equivalence(differences, of, given, source),
        not_sure=not_sure(ratings),
        not_sure_by_rater={name: not_sure(ratings, k) for k, name in names.items()},
        checks={name: check_rater(ratings, k) for k, name in names.items()},
        drift=drift(pairs[:, 0], pairs[:, 1], of, ratings.item.title) if hypomimia else None,
        published=ITEMS.get(ratings.item.key),
    )


def _pairs(first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pairs with both valid, shape (n, 2), and the clip of each; both (k, n_raters, n_clips)."""
    clips = np.broadcast_to(np.arange(first.shape[-1]), first.shape).reshape(-1)
    both = np.stack([first.reshape(-1), second.reshape(-1)], 1)
    known = np.isfinite(both).all(1)
    return both[known], clips[known]


def _by_rater(ratings: ItemRatings, first: np.ndarray, others: np.ndarray) -> ByRater:
    """First scores against others, which have one dimension more."""

    def compared(rows: slice) -> Compared:
        mine = others[:, rows]
        pairs, of = _pairs(np.broadcast_to(first[rows], mine.shape), mine)
        return Compared(
            deviation(pairs[:, 1] - pairs[:, 0], of), agreement(pairs, ratings.item, of)
        )

    each = {name: compared(slice(k, k + 1)) for k, name in enumerate(ratings.raters)}
    alone = len(each) == 1
    return ByRater(next(iter(each.values())) if alone else compared(slice(None)), each)


def _between(ratings: ItemRatings, version: str) -> Between:
    scores = ratings.scores(version).T
    here = ~np.isnan(scores).all(0)
    clips = np.arange(len(scores))
    pairs = {}
    for i, j in combinations(np.flatnonzero(here), 2):
        both = scores[:, [i, j]]
        known = np.isfinite(both).all(1)
        name = f"{ratings.raters[i]}, {ratings.raters[j]}"
        pairs[name] = deviation(both[known, 1] - both[known, 0], clips[known])
    return Between(agreement(scores[:, here], ratings.item, clips, normal=True), pairs)


def _distribution(ratings: ItemRatings, version: str) -> Distribution:
    scores, asked = ratings.scores(version), ratings.asked[version]
    given = scores[np.isfinite(scores)]
    if 0 < len(ratings.item.scores) <= 30:
        steps: Any = ratings.item.scores
        counts = {f"{step:g}": int((np.abs(given - step) < 1e-9).sum()) for step in steps}
    else:
        steps, times = np.unique(given, return_counts=True)
        digits = 0
        while len(steps) > _MOST_SCORES:  # to whole points, to tens, and so on
            steps, times = np.unique(np.round(given, digits), return_counts=True)
            digits -= 1
        counts = {f"{step + 0.0:g}": int(n) for step, n in zip(steps, times, strict=True)}
    return Distribution(counts, int((asked & np.isnan(scores)).sum()))


def _margin(repeated: np.ndarray, margin: float | None) -> tuple[float | None, str]:
    if margin is not None:
        return margin, "given"
    if not len(repeated):
        return None, "There are no hidden repeats and no margin was given: nothing to test against."
    own = float(np.abs(repeated[:, 1] - repeated[:, 0]).mean())
    return own, f"how much raters differ from themselves, {len(repeated)} hidden repeats"


def _json(of: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value.to_json() for key, value in of.items()}
