"""What readings of an original, its result and its ceiling amount to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mien.evidence.original import Ceiling
from mien.fidelity import (
    blink,
    body,
    continuity,
    dynamics,
    expression,
    looks,
    pulse,
    resting,
    tremor,
)
from mien.fidelity.figures import look_up
from mien.fidelity.reading import Reading

MEASURES: dict[str, Any] = {
    "dynamics": dynamics,
    "blink": blink,
    "tremor": tremor,
    "resting": resting,
    "body": body,
    "pulse": pulse,
    "expression": expression,
    "looks": looks,
    "continuity": continuity,
}
"""The measures of fidelity, by the key that each has in the metrics."""


@dataclass(frozen=True, eq=False)
class Readings:
    """What was read of one person, of the same frames."""

    original: Reading
    """The original."""
    other: Reading
    """The result, in the original's pixels; frames that it lacks are empty."""
    ceiling: Ceiling
    """The original encoded again."""


def measure(readings: Readings | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """Take every measure of what was read.

    Returns
    -------
    found : dict
        What each measure found, with its curves, by its key; empty where nothing was read.
    merged : dict
        The same for the metrics, beside the ceiling's; None by every key where nothing was read.
    """
    if readings is None:
        return {}, dict.fromkeys(MEASURES)
    found, merged = {}, {}
    for name, module in MEASURES.items():
        found[name] = module.measure(readings.original, readings.other)
        ceiling = module.measure(readings.original, readings.ceiling.reading)
        merged[name] = merge(found[name].as_dict(), ceiling.as_dict(), module.RATIO)
        merged[name]["citation"] = module.CITATION
    return found, merged


def merge(
    value: dict[str, Any], ceiling: dict[str, Any], ratios: tuple[str, ...]
) -> dict[str, Any]:
    """A measure's figures with the ceiling's beside them, and their ratios.

    Parameters
    ----------
    value, ceiling : dict
        Of the result and of the original encoded again.
    ratios : tuple of str
        Keys, dotted where nested, of figures whose share of the ceiling says something.
    """
    shares = {}
    for key in ratios:
        one, two = look_up(value, key), look_up(ceiling, key)
        known = isinstance(one, int | float) and isinstance(two, int | float) and two > 1e-6
        shares[key] = round(float(one / two), 5) if known else None
    return {**value, "ceiling": _numbers(ceiling), "ratio": shares}


def _numbers(content: dict[str, Any]) -> dict[str, Any]:
    """What is a number, without intervals and curves."""
    kept: dict[str, Any] = {}
    for key, value in content.items():
        if isinstance(value, dict) and key != "interval":
            if inner := _numbers(value):
                kept[key] = inner
        elif isinstance(value, bool | int | float) or value is None:
            kept[key] = value
    return kept
