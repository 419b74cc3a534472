"""What studies report by sex, age and ethnicity, and how accuracy differs where they do.

A system can be accurate on average and fail one group. Whether a study could tell is counted first:
it gives accuracy by group, or only says how many people of each group there were, or neither. Where
it gives accuracy and numbers of people, the gap between the best and the worst group comes with an
interval (Newcombe, Stat. Med. 1998, method 10).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from statsmodels.stats.proportion import confint_proportions_2indep

from mien.review.extraction.adjudication import Extracted
from mien.review.extraction.values import groups

LEVELS = ("accuracy", "people", "nothing")
"""What a study reports by an attribute: accuracy of each group, numbers of people only, nothing."""


@dataclass(frozen=True)
class Gap:
    """Accuracy of the groups of one study, by one attribute."""

    study: str
    """Which study."""
    attribute: str
    """Such as ``sex``."""
    groups: tuple[tuple[str, float, int | None], ...]
    """Name, accuracy, and number of people if that is said."""

    @property
    def best(self) -> tuple[str, float, int | None]:
        """The group with the highest accuracy."""
        return max(self.groups, key=lambda one: one[1])

    @property
    def worst(self) -> tuple[str, float, int | None]:
        """The group with the lowest accuracy."""
        return min(self.groups, key=lambda one: one[1])

    @property
    def difference(self) -> float:
        """Accuracy of the best group minus that of the worst."""
        return self.best[1] - self.worst[1]

    def interval(self) -> tuple[float, float] | None:
        """Of the difference, 95 %; None where numbers of people are not said."""
        (_, high, n), (_, low, m) = self.best, self.worst
        if not n or not m:
            return None
        found = confint_proportions_2indep(
            round(high * n), n, round(low * m), m, method="newcomb", compare="diff"
        )
        return float(found[0]), float(found[1])

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        ends = self.interval()
        return {
            "study": self.study,
            "attribute": self.attribute,
            "groups": [
                {"name": name, "accuracy": value, "people": people}
                for name, value, people in self.groups
            ],
            "difference": self.difference,
            "ci": list(ends) if ends else None,
        }


@dataclass(frozen=True)
class Fairness:
    """What all studies report of groups of people."""

    studies: int
    """How many there are."""
    reported: dict[str, dict[str, int]]
    """By attribute: studies at each of `LEVELS`."""
    gaps: tuple[Gap, ...]
    """Studies that give accuracy of at least two groups."""

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        summary = {}
        for attribute in self.reported:
            own = [gap.difference for gap in self.gaps if gap.attribute == attribute]
            summary[attribute] = {
                "n": len(own),
                "median_difference": float(np.median(own)) if own else None,
                "largest_difference": max(own) if own else None,
            }
        return {
            "studies": self.studies,
            "reported": self.reported,
            "summary": summary,
            "gaps": [gap.as_dict() for gap in self.gaps],
        }


def fairness(found: Extracted) -> Fairness:
    """Count and compare, by the attributes that the protocol names.

    The form's fields are ``by_X`` (people by X) and ``accuracy_by_X``, of the kind `groups`.
    """
    keys = {field.key for field in found.protocol.form if field.kind == "groups"}
    reported: dict[str, dict[str, int]] = {}
    gaps = []
    for attribute in found.protocol.synthesis.groups:
        counts = dict.fromkeys(LEVELS, 0)
        for study in found.studies:
            accuracy = people = ""
            if f"accuracy_by_{attribute}" in keys:
                accuracy = found.value(study, f"accuracy_by_{attribute}")
            if f"by_{attribute}" in keys:
                people = found.value(study, f"by_{attribute}")
            counts["accuracy" if accuracy else "people" if people else "nothing"] += 1
            parts = groups(accuracy, attribute) if accuracy else []
            if len(parts) > 1 and all(0 <= value <= 1 for _, value, _ in parts):
                gaps.append(Gap(study, attribute, tuple(parts)))
        reported[attribute] = counts
    return Fairness(len(found.studies), reported, tuple(gaps))
