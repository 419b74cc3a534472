"""Ratings of originals and results, read from a plain table, and arranged for statistics."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from mien.errors import FormatError
from mien.study.items import LARGEST, Item, called, seen, shipped
from mien.study.plain_table import PlainTable, Row, read_table, shown

ORIGINAL, RESULT = "original", "result"
VERSIONS = (ORIGINAL, RESULT)
_MOST_NOTES = 8  # of names that are nearly alike
_COLUMNS = ("rater", "clip", "version", "item", "score")
_FIRST = {"": 0, "no": 0, "false": 0, "yes": 1, "true": 1}


@dataclass(frozen=True)
class Rating:
    """One answer."""

    rater: str
    """Who rated."""
    clip: str
    """Of which recording."""
    version: str
    """`original` or `result`."""
    item: str
    """Key of the item."""
    repeat: int
    """0 for the first time, 1 for the first hidden repeat, and so on."""
    score: float | None
    """None for "not sure"."""


@dataclass(frozen=True, eq=False)
class ItemRatings:
    """All answers to one item; `nan` where there is no score.

    Rows are raters and columns clips, in the order of `raters` and `clips`.
    """

    item: Item
    raters: tuple[str, ...]
    """All of the study."""
    clips: tuple[str, ...]
    """Those of this item."""
    original: np.ndarray
    """First scores of originals, shape (n_raters, n_clips)."""
    result: np.ndarray
    """First scores of results, shape (n_raters, n_clips)."""
    repeats: np.ndarray
    """Scores of hidden repeats of originals, shape (n_repeats, n_raters, n_clips)."""
    asked: Mapping[str, np.ndarray]
    """Whether there was an answer, "not sure" included; by version, shape (n_raters, n_clips)."""

    def scores(self, version: str) -> np.ndarray:
        """First scores of a version, shape (n_raters, n_clips)."""
        return self.original if version == ORIGINAL else self.result


@dataclass(frozen=True)
class Ratings:
    """A table of ratings."""

    answers: tuple[Rating, ...]
    items: Mapping[str, Item]
    """Those that occur, by key, in the order of the table."""
    notes: tuple[str, ...] = field(default=())
    """What had to be assumed, a sentence each."""
    design: str = ""
    """How the study was made, in sentences for a methods section; empty if that is not known."""
    power: str = ""
    """What it was planned to be able to say, in words; empty if that is not known."""

    @property
    def raters(self) -> tuple[str, ...]:
        """Who rated, by name."""
        return tuple(sorted({one.rater for one in self.answers}))

    def of(self, key: str) -> ItemRatings:
        """The answers to one item."""
        mine = [one for one in self.answers if one.item == key]
        raters, clips = self.raters, tuple(sorted({one.clip for one in mine}))
        row = {name: k for k, name in enumerate(raters)}
        column = {name: k for k, name in enumerate(clips)}
        count = max((one.repeat for one in mine if one.version == ORIGINAL), default=0)
        shape = (len(raters), len(clips))
        first = {version: np.full(shape, np.nan) for version in VERSIONS}
        asked = {version: np.zeros(shape, bool) for version in VERSIONS}
        repeats = np.full((count, *shape), np.nan)
        for one in mine:
            place = row[one.rater], column[one.clip]
            score = np.nan if one.score is None else one.score
            if one.repeat == 0:
                first[one.version][place] = score
                asked[one.version][place] = True
            elif one.version == ORIGINAL:
                repeats[(one.repeat - 1, *place)] = score
        return ItemRatings(
            self.items[key], raters, clips, first[ORIGINAL], first[RESULT], repeats, asked
        )


def read_ratings(path: str | os.PathLike[str], items: Mapping[str, Item] | None = None) -> Ratings:
    """Read a table with the columns rater, clip, version, item, score and, if there is one, repeat.

    Parameters
    ----------
    path : path
        Text with a header line; see `mien.study.plain_table` for what is understood.
    items : mapping of str to Item, optional
        Besides those of mien.

    Raises
    ------
    FormatError
        If it cannot be read, a version is unknown, a score not on the item's scale, or an answer is
        given twice; says the line.
    """
    table = read_table(path, _COLUMNS, ("repeat",), {"rating": "score"})
    known = {**shipped(), **(items or {})}
    notes = []
    if table.ignored:
        notes.append(f"Columns that were not read: {', '.join(table.ignored[:8])}.")
    if "repeat" not in table.columns:
        notes.append("The table has no column repeat: no rating was taken for a hidden repeat.")
    met: dict[str, Item | None] = {}
    answers: list[Rating] = []
    lines: dict[tuple[str, str, str, str, int], int] = {}
    for row in table.rows:
        name = _cell(table, row, "item")
        item = met.setdefault(name, called(name, known))
        one = _rating(table, row, item, name)
        key = (one.rater, one.clip, one.version, one.item, one.repeat)
        if key in lines:
            raise table.wrong(
                row,
                f"{one.rater} rated {one.item} of the {one.version} of {one.clip} in line "
                f"{lines[key]} already: number hidden repeats in the column repeat.",
            )
        lines[key] = row.line
        answers.append(one)
    found: dict[str, Item] = {}
    scores: dict[str, list[float]] = {}
    for one in answers:
        if one.score is not None:
            scores.setdefault(one.item, []).append(one.score)
    for name, item in met.items():
        if item is None:
            item = seen(name, np.array(scores.get(name, ()), float))
            notes.append(
                f"No item of mien is called {name}: its scale was taken to be what occurs, "
                f"{item.scale}; a file with your items says it."
            )
        found[item.key] = item
    return Ratings(tuple(answers), found, (*notes, *_nearly_alike(answers), *_left_out(answers)))


def _nearly_alike(answers: list[Rating]) -> list[str]:
    """Names that somebody may have written in two ways."""
    notes = []
    for column in ("rater", "clip", "item"):
        ways: dict[str, str] = {}
        for name in dict.fromkeys(str(getattr(one, column)) for one in answers):
            known = ways.setdefault(" ".join(name.casefold().split()), name)
            if known != name:
                notes.append(
                    f"The column {column} has {known} and {name}: they were taken for two, though "
                    "they differ by capitals or spaces only."
                )
    return notes[:_MOST_NOTES]


def _left_out(answers: list[Rating]) -> list[str]:
    notes = []
    repeated = sum(one.repeat > 0 and one.version == RESULT for one in answers)
    if repeated:
        notes.append(f"{repeated} repeats of results are not used: the ceiling is of originals.")
    first = {(a.rater, a.clip, a.item) for a in answers if a.repeat == 0 and a.version == ORIGINAL}
    lost = sum(
        a.repeat > 0 and a.version == ORIGINAL and (a.rater, a.clip, a.item) not in first
        for a in answers
    )
    if lost:
        notes.append(f"{lost} repeats have no first rating (repeat 0) and are not used.")
    return notes


def _rating(table: PlainTable, row: Row, item: Item | None, name: str) -> Rating:
    rater, clip = _cell(table, row, "rater"), _cell(table, row, "clip")
    version = _cell(table, row, "version").casefold()
    if version not in VERSIONS:
        raise table.wrong(
            row, f"version is {shown(row.cells['version'])}: write original or result."
        )
    scale = "a number" if item is None else item.scale
    score = table.number(row, "score", scale)
    if score is not None and abs(score) > LARGEST:
        raise table.wrong(
            row,
            f"the score {shown(row.cells['score'])} is on no scale: write a number up to "
            f"{LARGEST:g} in size.",
        )
    if score is not None and item is not None and not item.allows(score):
        raise table.wrong(
            row,
            f"the score {shown(row.cells['score'])} is not on the scale of {item.title}: write "
            f"{scale}, or leave it empty for not sure.",
        )
    key = name if item is None else item.key
    return Rating(rater, clip, version, key, _repeat(table, row), score)


def _repeat(table: PlainTable, row: Row) -> int:
    written = row.cells.get("repeat", "").casefold()
    if written in _FIRST:
        return _FIRST[written]
    number = table.number(row, "repeat", "0, 1, 2 and so on", empty="0")
    if number is None or number != int(number) or not 0 <= number <= 99:
        raise table.wrong(row, f"repeat is {shown(written)}: write 0, 1, 2 and so on.")
    return int(number)


def _cell(table: PlainTable, row: Row, column: str) -> str:
    return table.word(row, column)


def require(ratings: Ratings) -> None:
    """Refuse a table in which nobody gave a score; raises `FormatError`."""
    if all(one.score is None for one in ratings.answers):
        raise FormatError("Every answer is not sure: there is nothing to analyse.")
