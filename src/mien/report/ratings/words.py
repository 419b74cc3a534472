"""How the figures of a rating study are printed."""

from __future__ import annotations

from collections.abc import Mapping

from mien.report.numbers import DASH, number, share
from mien.study.estimate import Estimate

NAMES: Mapping[str, str] = {
    "identical": "identical",
    "within_one": "differ by 1 at most",
    "kappa_linear": "weighted κ, linear",
    "kappa_quadratic": "weighted κ, quadratic",
    "ac1": "Gwet's AC1",
    "ac2": "Gwet's AC2, quadratic",
    "alpha": "Krippendorff's α, ordinal",
    "icc_2_1": "ICC(2,1), absolute agreement",
    "icc_3_1": "ICC(3,1), consistency",
}
"""Statistics of agreement as tables call them."""
_SHARES = ("identical", "within_one")


def estimate(one: Estimate, *, as_share: bool = False) -> str:
    """A figure with its interval, or why there is none."""
    if one.value is None:
        return one.why or "not defined"
    if as_share:
        ends = "" if one.interval is None else f" ({share(one.low)} to {share(one.high)})"
        return f"{share(one.value)}{ends}"
    ends = "" if one.interval is None else f" ({_figure(one.low)} to {_figure(one.high)})"
    why = f": {one.why[:1].lower()}{one.why[1:].rstrip('.')}" if one.why else ""
    return f"{_figure(one.value)}{ends}{why}"


def _figure(value: float | None) -> str:
    """Two digits; what is nothing but rounding of zero is zero."""
    return number(None if value is None else round(value, 6) + 0.0, 2)


def short(one: Estimate, *, as_share: bool = False) -> str:
    """A figure with its interval; a dash where it is not defined."""
    if one.value is None:
        return DASH
    return estimate(Estimate(one.value, one.low, one.high, one.n), as_share=as_share)


def statistic(name: str, one: Estimate) -> str:
    """A statistic of agreement in a table."""
    return short(one, as_share=name in _SHARES)


def sentence(notes: list[str]) -> tuple[str, ...]:
    """Each note once."""
    return tuple(dict.fromkeys(note for note in notes if note))
