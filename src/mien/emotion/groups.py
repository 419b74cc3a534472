"""Who is in labelled pictures, as a table of the user says, and how each group is read.

Nothing is guessed of a face: apparent sex, age and skin tone, or whatever else groups are made of,
are columns of a table that the user has made and names.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from mien.emotion.benchmark import Benchmark, judged, six_of
from mien.emotion.labelled import Labelled
from mien.errors import FormatError, ParameterError
from mien.intake.amounts import TABLE_BYTES
from mien.intake.separated import fields_of, is_nothing
from mien.intake.words import text as read_text
from mien.statistics import finite_or_none, interval

KEYS: tuple[str, ...] = ("person", "picture")
"""What the first column of a table may be called: whom, or which picture, its rows are about."""
FEWEST_PICTURES, FEWEST_PEOPLE = 30, 5
"""A group of fewer is named and counted, but not judged."""
_MOST_GROUPS = 12  # of a column; more are numbers that want to be divided


@dataclass(frozen=True, eq=False)
class Group:
    """The pictures of which a column says the same, and how they are read."""

    column: str
    """Of the table, such as ``sex``."""
    name: str
    """What it says, "" where it says nothing."""
    pictures: int
    """How many."""
    people: int
    """How many, 0 where they are not known."""
    found: Benchmark | None
    """How they are read; None of too few."""
    interval: tuple[float, float] | None
    """95 % of the accuracy: whole people drawn again, or pictures where people are not known."""
    difference: float
    """Accuracy less that of the column's other groups that are large enough; NaN without any."""
    difference_interval: tuple[float, float] | None
    """95 % of the difference, drawn likewise."""

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        found = self.found
        return {
            "column": self.column,
            "group": self.name,
            "pictures": self.pictures,
            "people": self.people,
            "too_few": found is None,
            "accuracy": None if found is None else finite_or_none(found.accuracy),
            "interval": None if self.interval is None else list(self.interval),
            "macro_f1": None if found is None else finite_or_none(found.macro_f1),
            "ece": None if found is None else finite_or_none(found.ece),
            "difference": finite_or_none(self.difference),
            "difference_interval": None
            if self.difference_interval is None
            else list(self.difference_interval),
        }


def read_groups(
    path: str | os.PathLike[str], pictures: Labelled, columns: Sequence[str] = ()
) -> dict[str, np.ndarray]:
    """What a table says of each picture.

    Parameters
    ----------
    path : path
        ``.csv``; its first column is ``person`` (as the layout names people) or ``picture`` (its
        place in the folder or its name alone, or the line of a table of pixels).
    pictures : Labelled
    columns : sequence of str
        Which columns; all others if none. Numbers are divided at limits after a colon:
        ``age:40/60`` makes "under 40", "40 to under 60" and "60 and over".

    Returns
    -------
    groups : dict of str to np.ndarray [shape=(n,), str]
        By column; "" where the table says nothing.

    Raises
    ------
    FormatError
        If the table cannot be read, or says nothing of these pictures.
    ParameterError
        If a column is not there, or its groups are too many to compare.
    """
    path = Path(path)
    header, rows = _table(path)
    wanted = [entry.partition(":")[::2] for entry in columns] or [(name, "") for name in header[1:]]
    for name, _ in wanted:
        if name not in header[1:]:
            raise ParameterError(
                f"{path.name} has no column {name!r}: it has {', '.join(header[1:]) or 'no other'}."
            )
    at = _places(header[0], rows, pictures)
    if (at < 0).all():
        raise FormatError(
            f"{path.name} says nothing of these pictures: its column {header[0]} holds none of "
            f"them, such as {_example(header[0], pictures)!r}."
        )
    found = {}
    for name, limits in wanted:
        words = np.array([row[header.index(name)].strip() for row in rows] + [""], np.str_)[at]
        found[name] = _divided(words, limits, name) if limits else words
        count = len(set(found[name].tolist()) - {""})
        if count > _MOST_GROUPS:
            raise ParameterError(
                f"{name} has {count} values, and at most {_MOST_GROUPS} groups are compared: say "
                f"where numbers are divided, as in {name}:40/60, or name other columns."
            )
    return found


def _table(path: Path) -> tuple[list[str], list[list[str]]]:
    try:
        rows = fields_of(read_text(path, "a table of groups", TABLE_BYTES))
    except OSError as exc:
        raise FormatError(f"{path} cannot be read: {exc.strerror or 'damaged'}.") from exc
    except UnicodeDecodeError as exc:
        raise FormatError(f"{path} is no text in UTF-8: save it so.") from exc
    except FormatError as exc:
        raise FormatError(f"{path} is no table of groups: {exc}") from exc
    header = rows[0][1] if rows else []
    if not header or header[0] not in KEYS:
        raise FormatError(
            f"{path.name} is no table of groups: its first column is to be named "
            f"{' or '.join(KEYS)}."
        )
    if len(set(header)) < len(header):
        raise FormatError(f"{path.name} has two columns of one name.")
    for line, row in rows[1:]:
        if len(row) != len(header):
            raise FormatError(
                f"{path.name}, line {line}: {len(row)} fields for {len(header)} columns."
            )
    keys = [row[0] for _, row in rows[1:]]
    twice = next((key for k, key in enumerate(keys) if key in keys[:k]), None)
    if twice is not None:
        raise FormatError(f"{path.name} has two rows of {twice!r}.")
    return header, [row for _, row in rows[1:]]


def _places(key: str, rows: list[list[str]], pictures: Labelled) -> np.ndarray:
    """Which row each picture has, -1 without one, shape (n,)."""
    place = {row[0].strip(): k for k, row in enumerate(rows)}
    if key == "person":
        return np.array([place.get(who, -1) for who in pictures.people.tolist()], np.int64)
    names = pictures.names.tolist()
    return np.array(
        [place.get(name, place.get(name.rsplit("/", 1)[-1], -1)) for name in names], np.int64
    )


def _example(key: str, pictures: Labelled) -> str:
    return str((pictures.people if key == "person" else pictures.names)[0])


def _divided(words: np.ndarray, limits: str, column: str) -> np.ndarray:
    """Numbers as words between limits."""
    try:
        edges = [float(limit) for limit in limits.split("/")]
        numbers = [
            math.nan if is_nothing(word) else float(word.replace(",", "."))
            for word in words.tolist()
        ]
    except ValueError:
        raise ParameterError(
            f"{column}:{limits}: a column is divided by numbers, as in {column}:40/60, and holds "
            "numbers."
        ) from None
    if not all(a < b for a, b in pairwise(edges)):
        raise ParameterError(f"{column}:{limits}: limits rise, as in {column}:40/60.")
    said = [
        f"under {edges[0]:g}",
        *(f"{a:g} to under {b:g}" for a, b in pairwise(edges)),
        f"{edges[-1]:g} and over",
    ]
    return np.array(
        ["" if value != value else said[int(np.searchsorted(edges, value, "right"))]
         for value in numbers], np.str_,
    )  # fmt: skip


def judge_groups(
    pictures: Labelled,
    given: np.ndarray,
    groups: dict[str, np.ndarray],
    *,
    threshold: float,
    without_neutral: bool = False,
) -> list[Group]:
    """How each group of each column is read.

    Parameters
    ----------
    pictures : Labelled
    given : np.ndarray [shape=(n, 7)]
        Probability of each of `EXPRESSIONS`.
    groups : dict of str to np.ndarray [shape=(n,), str]
        As `read_groups` gives them.
    threshold, without_neutral
        As `benchmark` takes them.
    """
    given = six_of(given) if without_neutral else given
    made = []
    for column, words in groups.items():
        names = sorted(set(words.tolist()), key=lambda name: (not name, _leading(name), name))
        large = [name for name in names if name and _enough(pictures, words == name)]
        for name in names:
            inside = words == name
            others = np.isin(words, [other for other in large if other != name])
            enough = name in large
            found = None
            if enough:
                found = judged(
                    pictures.take(inside), given[inside], threshold=threshold,
                    without_neutral=without_neutral,
                )  # fmt: skip
            made.append(_group(pictures, given, column, name, inside, others, found))
    return made


def _leading(name: str) -> float:
    """The number that a group's name begins with, "under" before all."""
    first = name.split(" ", 1)[0]
    if first == "under":
        return -math.inf
    try:
        return float(first)
    except ValueError:
        return math.inf


def _enough(pictures: Labelled, inside: np.ndarray) -> bool:
    people = _people(pictures, inside)
    return int(inside.sum()) >= FEWEST_PICTURES and (not people or people >= FEWEST_PEOPLE)


def _people(pictures: Labelled, inside: np.ndarray) -> int:
    """How many people, 0 where some are not known."""
    held = set(pictures.people[inside].tolist())
    return 0 if "" in held else len(held)


def _group(
    pictures: Labelled,
    given: np.ndarray,
    column: str,
    name: str,
    inside: np.ndarray,
    others: np.ndarray,
    found: Benchmark | None,
) -> Group:
    difference, within, apart = math.nan, None, None
    if found is not None:
        right = given.argmax(1) == pictures.labels
        known = not (pictures.people == "").any()
        unit = (
            np.unique(pictures.people, return_inverse=True)[1] if known else np.arange(len(right))
        )
        sums = np.stack(
            [
                np.bincount(unit, values)
                for values in (right & inside, inside, right & others, others)
            ],
            1,
        )
        within = interval(sums[sums[:, 1] > 0], lambda s: float(s[0] / s[1]))
        if others.any():
            both = sums[(sums[:, 1] > 0) | (sums[:, 3] > 0)]
            difference = _apart(both.sum(0))
            apart = interval(both, _apart)
    return Group(
        column, name, int(inside.sum()), _people(pictures, inside), found, within, difference, apart
    )


def _apart(s: np.ndarray) -> float:
    with np.errstate(invalid="ignore", divide="ignore"):
        return float(s[0] / s[1] - s[2] / s[3])
