"""Lines of comma-separated text: their fields, the names over them, and the numbers in them."""

from __future__ import annotations

import math

from mien.blendshapes.names import KNOWN
from mien.errors import FormatError
from mien.intake.separated import is_nothing

_LARGEST = 1e30  # a score is kept in single precision

Row = tuple[int, list[str]]
"""Number of a line, from 1, and its fields."""


def names_of(header: list[str]) -> tuple[str, ...]:
    """Names of scores in camelCase.

    Raises
    ------
    FormatError
        If one is the name of no score or is there twice.
    """
    names = tuple(word[:1].lower() + word[1:] for word in header)
    for word, name in zip(header, names, strict=True):
        if name not in KNOWN:
            raise FormatError(f"Line 1: {word!r} is the name of no score.")
        if names.count(name) > 1:
            raise FormatError(f"Line 1: {word} is there twice.")
    return names


def number_of(field: str, line: int, name: str) -> float:
    """The number in a field, with a decimal point or comma.

    Raises
    ------
    FormatError
        If there is none, or none that is finite.
    """
    try:
        value = float(field.replace(",", "."))
    except ValueError:
        value = math.nan
    if not abs(value) < _LARGEST:
        raise FormatError(f"Line {line}: {name} is {field[:40]!r}, which is not a number.")
    return value


def score_of(field: str, line: int, name: str) -> float:
    """The score in a field, NaN where nothing is known; errors as `number_of`."""
    return math.nan if is_nothing(field) else number_of(field, line, name)
