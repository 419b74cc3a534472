"""Figures as pages print them."""

from __future__ import annotations

from typing import Any

UNKNOWN = "not measurable"
DASH = "\N{EN DASH}"


def number(value: Any, digits: int = 3) -> str:
    """A figure as printed: three digits after the point, fewer of large ones."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None or not isinstance(value, int | float):
        return UNKNOWN
    if isinstance(value, int):
        return f"{value}"
    size = abs(value)
    if 0 < size < 0.5 * 10**-digits:
        text = f"{value:.2g}"
    elif size >= 1000:
        text = f"{value:.0f}"
    elif size >= 100:
        text = f"{value:.{min(digits, 1)}f}"
    else:
        text = f"{value:.{digits}f}"
    return text.replace("-", "\N{MINUS SIGN}")


def number_or_dash(value: Any) -> str:
    """A figure as printed, or a dash where there is none."""
    return DASH if value is None else number(value)


def share(value: Any) -> str:
    """A share as per cent."""
    if not isinstance(value, int | float):
        return DASH
    return f"{100 * value:.1f} %".replace("-", "\N{MINUS SIGN}")


def between(ends: Any) -> str:
    """An interval as printed."""
    if not ends or any(end is None for end in ends):
        return DASH
    return f"{number(ends[0])} to {number(ends[1])}"


def chance(p: Any) -> str:
    """A p-value as printed."""
    if not isinstance(p, int | float):
        return UNKNOWN
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def p_value(p: Any) -> str:
    """A p-value as a sentence names it, such as "p = 0.417" or "p < 0.001"."""
    words = chance(p)
    return f"p = {words}" if words[0].isdigit() else f"p {words}"


def spaced(count: int) -> str:
    """A count with spaces between thousands, which read alike in every language."""
    return f"{count:,}".replace(",", " ")
