"""The figures that tables of several results show, a column each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mien.fidelity.profile import look_up


@dataclass(frozen=True)
class Column:
    """One figure of the metrics."""

    title: str
    """Heading."""
    key: str
    """Dotted key."""
    better: str
    """``"high"``, ``"low"`` or ``"one"``: as near to 1 as can be."""
    ceiling: str | None = ""
    """Dotted key of the ceiling; by default ``ceiling`` put after the measure, None for none."""
    when: str | None = None
    """Key that has to be true for the figure to mean something."""

    def value(self, metrics: dict[str, Any] | None) -> float | None:
        """The figure; None where it was not measured or means nothing."""
        if self.when is not None and look_up(metrics, self.when) is not True:
            return None
        return _number(look_up(metrics, self.key))

    def of_ceiling(self, metrics: dict[str, Any] | None) -> float | None:
        """The same figure of the original encoded again."""
        if self.ceiling is None or (self.when and look_up(metrics, self.when) is not True):
            return None
        measure, _, rest = self.key.partition(".")
        return _number(look_up(metrics, self.ceiling or f"{measure}.ceiling.{rest}"))

    def badness(self, value: float) -> float:
        """Smaller is better."""
        return {"high": -value, "low": value, "one": abs(value - 1)}[self.better]


COLUMNS = (
    Column("r_x", "dynamics.r_x", "high"),
    Column("r_y", "dynamics.r_y", "high"),
    Column("r_CCA", "dynamics.r_cca", "high"),
    Column("gain of the mouth", "dynamics.regions.mouth.gain", "one"),
    Column("blinks, f1", "blink.f1", "high"),
    Column("eye aspect ratio, error", "blink.ear_error_right", "low"),
    Column("tremor of the lip, power ratio", "tremor.lip.ratio", "one", when="tremor.present"),
    Column("mouth corners at rest, error", "resting.mouth_corner.error", "low"),
    Column("body, OKS", "body.oks_mean", "high"),
    Column("body, share over .95", "body.share_over_95", "high"),
    Column("pulse kept", "pulse.kept", "high"),
    Column("expression, r", "expression.r", "high"),
    Column("face found", "continuity.face_found", "high"),
    Column("face held", "continuity.held", "low"),
    Column("frames recognised", "privacy.share_recognised", "low", "privacy.ceiling.share_under"),
    Column("smallest distance", "privacy.nearest", "high", "privacy.ceiling.nearest"),
)
"""Those of comparisons and cohorts; one that nobody has is left out."""


def known(metrics: Sequence[dict[str, Any] | None]) -> list[Column]:
    """The columns in which somebody has a figure."""
    return [c for c in COLUMNS if any(c.value(one) is not None for one in metrics)]


def best(column: Column, values: Sequence[float | None]) -> set[int]:
    """Which of the values are best; empty with fewer than two, or if all are equal."""
    there = {k: column.badness(value) for k, value in enumerate(values) if value is not None}
    if len(there) < 2 or len(set(there.values())) == 1:
        return set()
    least = min(there.values())
    return {k for k, value in there.items() if value == least}


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value)
