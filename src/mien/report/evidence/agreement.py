"""The two tables that most measures print: how far two clips agree, and each one's own figures."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mien.fidelity.figures import FIGURES, SIDES, look_up
from mien.report.numbers import DASH, UNKNOWN, between, number, number_or_dash, share
from mien.report.sections import Table

_AGREEMENT = ("figure", "result", "95 % interval", "ceiling", "of the ceiling")
_SIDES = ("figure", "original", "result", "difference", "ceiling", "95 % interval")


def agreement(caption: str, measure: str, content: dict[str, Any], keys: Iterable[str]) -> Table:
    """Value, interval, ceiling and their ratio of some of a measure's `FIGURES`.

    Parameters
    ----------
    caption : str
        Of the table.
    measure : str
        The measure's name.
    content : dict
        What it found, JSON-ready.
    keys : iterable of str
        Keys of the figures within the measure.
    """
    rows = []
    for key in keys:
        figure = FIGURES[f"{measure}.{key}"]
        ceiling = None if figure.ceiling is None else look_up({measure: content}, figure.ceiling)
        rows.append(
            (
                figure.name,
                number(look_up(content, key)),
                between((content.get("interval") or {}).get(key)),
                number_or_dash(ceiling),
                share((content.get("ratio") or {}).get(key)),
            )
        )
    return Table(caption, _AGREEMENT, tuple(rows))


def both_clips(
    caption: str,
    measure: str,
    content: dict[str, Any],
    keys: Iterable[str],
    intervals: dict[str, str] | None = None,
) -> Table:
    """Original, result, their difference and the ceiling's result of some of a measure's `SIDES`.

    Parameters
    ----------
    caption, measure, content
        See `agreement`.
    keys : iterable of str
        Keys of the originals' figures within the measure.
    intervals : dict of str, optional
        Which of the measure's intervals belongs to a key.
    """
    rows = []
    for key in keys:
        sides = SIDES[f"{measure}.{key}"]
        other = sides.other.removeprefix(f"{measure}.")
        one, two = look_up(content, key), look_up(content, other)
        known = isinstance(one, int | float) and isinstance(two, int | float)
        ends = (content.get("interval") or {}).get((intervals or {}).get(key))
        rows.append(
            (
                sides.name,
                number(one),
                number(two),
                number(two - one) if known else UNKNOWN,  # type: ignore[operator]
                number_or_dash(look_up(content.get("ceiling"), other)),
                between(ends) if intervals else DASH,
            )
        )
    return Table(caption, _SIDES, tuple(rows))
