"""The numbers of a PRISMA 2020 flow: what was found, removed, read, excluded and included.

Both forms of the diagram [1]_ are covered: of a new review and of an updated one, with or without
other methods than databases and registers.

References
----------
.. [1] Page et al., "The PRISMA 2020 statement", BMJ 2021; 372:n71.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from difflib import get_close_matches
from typing import Any

from mien.errors import ParameterError

_MOST = 10**9
_MOST_NAMES = 60
_LONGEST = 200


@dataclass(frozen=True)
class Flow:
    """Counts of a flow; None where a number is not known, empty where there is nothing.

    Raises
    ------
    ParameterError
        If a count is no whole number from 0 on.
    """

    databases: dict[str, int] = field(default_factory=dict)
    """Records identified, by database."""
    registers: dict[str, int] = field(default_factory=dict)
    """Records identified, by register."""
    duplicates: int = 0
    """Records removed before screening as duplicates."""
    automation: int = 0
    """Records removed before screening as not eligible, by a tool."""
    removed_otherwise: int = 0
    """Records removed before screening for other reasons."""
    screened: int | None = None
    """Records whose title and abstract were read; from the above if None."""
    excluded: int = 0
    """Of these, records excluded."""
    sought: int | None = None
    """Reports sought for retrieval."""
    not_retrieved: int = 0
    """Of these, reports that could not be had."""
    assessed: int | None = None
    """Reports read in full."""
    excluded_full_text: dict[str, int] = field(default_factory=dict)
    """Reports excluded, by reason."""
    other: dict[str, int] = field(default_factory=dict)
    """Records identified by other methods, such as citation searching, by method."""
    other_duplicates: int = 0
    """Of these, records that were known already."""
    other_excluded: int = 0
    """Of these, records excluded by title and abstract."""
    other_sought: int | None = None
    """Reports from other methods sought for retrieval."""
    other_not_retrieved: int = 0
    """Of these, reports that could not be had."""
    other_assessed: int | None = None
    """Reports from other methods read in full."""
    other_excluded_full_text: dict[str, int] = field(default_factory=dict)
    """Reports from other methods excluded, by reason."""
    studies: int | None = None
    """New studies included; as many as new reports if None."""
    reports: int | None = None
    """Reports of new studies included."""
    previous_studies: int | None = None
    """Studies in the version before; None in a new review."""
    previous_reports: int | None = None
    """Reports of these studies."""
    pooled: int | None = None
    """Studies in the meta-analysis, of all that are included; not shown if None."""
    made_up: bool = False
    """Whether this is of no real review, which diagram, page and numbers then say."""

    def __post_init__(self) -> None:
        for one in fields(self):
            value = getattr(self, one.name)
            if one.name == "made_up":
                _check_mark(value)
            elif isinstance(value, dict):
                _check_names(one.name, value)
            elif value is not None:
                _check_count(one.name, value)

    @property
    def updated(self) -> bool:
        """Whether there was a version before."""
        return self.previous_studies is not None or self.previous_reports is not None

    @property
    def identified(self) -> int:
        """Records from databases and registers."""
        return sum(self.databases.values()) + sum(self.registers.values())

    @property
    def removed(self) -> int:
        """Of these, records removed before screening."""
        return self.duplicates + self.automation + self.removed_otherwise

    @property
    def otherwise(self) -> int:
        """Records from other methods."""
        return sum(self.other.values())

    def filled(self) -> Flow:
        """The same, with every number that follows from the others."""
        screened = _or(self.screened, self.identified - self.removed)
        sought = _or(self.sought, screened - self.excluded)
        assessed = _or(self.assessed, sought - self.not_retrieved)
        other_left = self.otherwise - self.other_duplicates - self.other_excluded
        other_sought = _or(self.other_sought, other_left)
        other_assessed = _or(self.other_assessed, other_sought - self.other_not_retrieved)
        left = assessed + other_assessed
        left -= sum(self.excluded_full_text.values()) + sum(self.other_excluded_full_text.values())
        reports = _or(self.reports, left)
        numbers = asdict(self) | {
            "screened": screened,
            "sought": sought,
            "assessed": assessed,
            "other_sought": other_sought,
            "other_assessed": other_assessed,
            "reports": reports,
            "studies": _or(self.studies, reports),
        }
        negative = [name for name, n in numbers.items() if isinstance(n, int) and n < 0]
        if negative:
            raise ParameterError(
                f"The flow does not add up: {negative[0]} would be {numbers[negative[0]]}, so more "
                "left a step than came to it."
            )
        return Flow(**numbers)

    def problems(self) -> list[str]:
        """What does not add up, a sentence each."""
        whole = self.filled()
        reasons = sum(self.excluded_full_text.values())
        others = sum(self.other_excluded_full_text.values())
        steps = (
            ("screened", whole.screened, self.identified - self.removed, "identified - removed"),
            ("sought", whole.sought, _int(whole.screened) - self.excluded, "screened - excluded"),
            ("assessed", whole.assessed, _int(whole.sought) - self.not_retrieved,
             "sought - not_retrieved"),
            ("other_sought", whole.other_sought,
             self.otherwise - self.other_duplicates - self.other_excluded,
             "other - other_duplicates - other_excluded"),
            ("other_assessed", whole.other_assessed,
             _int(whole.other_sought) - self.other_not_retrieved,
             "other_sought - other_not_retrieved"),
            ("reports", whole.reports,
             _int(whole.assessed) + _int(whole.other_assessed) - reasons - others,
             "assessed - excluded"),
        )  # fmt: skip
        found = [
            f"{name} is {value}, but {words} is {expected}."
            for name, value, expected, words in steps
            if value != expected
        ]
        if _int(whole.studies) > _int(whole.reports):
            found.append(f"{whole.studies} studies cannot come from {whole.reports} reports.")
        total = _int(whole.studies) + (self.previous_studies or 0)
        if self.pooled is not None and self.pooled > total:
            found.append(f"pooled is {self.pooled}, but {total} studies are included.")
        return found

    def as_dict(self) -> dict[str, Any]:
        """For JSON, with what follows from it."""
        whole = self.filled()
        total = {
            "identified": self.identified,
            "removed": self.removed,
            "total_studies": _int(whole.studies) + (self.previous_studies or 0),
            "total_reports": _int(whole.reports) + (self.previous_reports or 0),
        }
        return asdict(whole) | total

    @staticmethod
    def of(content: Mapping[str, Any]) -> Flow:
        """Of a mapping, such as `as_dict` gives.

        Raises
        ------
        ParameterError
            If a name is not known or a count is none.
        """
        known = {one.name for one in fields(Flow)}
        derived = {"identified", "removed", "total_studies", "total_reports"}
        for name in content:
            if name not in known | derived:
                near = get_close_matches(str(name), known, 1)
                hint = (
                    f"did you mean {near[0]}?" if near else f"known are {', '.join(sorted(known))}."
                )
                raise ParameterError(f"A flow has no number {str(name)[:40]!r}: {hint}")
        return Flow(**{name: value for name, value in content.items() if name in known})


def _or(value: int | None, else_: int) -> int:
    return else_ if value is None else value


def _int(value: int | None) -> int:
    return 0 if value is None else value


def _check_count(name: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MOST:
        raise ParameterError(
            f"{name} is {str(value)[:30]!r}, but counts are whole numbers from 0 on."
        )


def _check_mark(value: object) -> None:
    if not isinstance(value, bool):
        raise ParameterError(f"made_up is {str(value)[:30]!r}: write true or false.")


def _check_names(name: str, counts: dict[str, Any]) -> None:
    if len(counts) > _MOST_NAMES:
        raise ParameterError(f"{name} has more than {_MOST_NAMES} entries: put some together.")
    for key, value in counts.items():
        if len(key) > _LONGEST:
            raise ParameterError(f"{name} has a name of more than {_LONGEST} letters: shorten it.")
        _check_count(f"{name}, {key}", value)
