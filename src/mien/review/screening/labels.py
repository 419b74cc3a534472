"""Decisions that stand in records already: labelled sets, and exports of other tools."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mien.errors import FormatError
from mien.review.records.record import Record

_COLUMNS = (
    "label_included",
    "included",
    "label",
    "final_included",
    "final_decision",
    "finaldecision",
    "label_abstract_included",
    "label_abstract_screening",
    "abstract_included",
    "inclusion",
    "included_label",
    "relevant",
    "relevance",
    "is_relevant",
    "include",
    "decision",
    "consensus",
    "status",
    "screening",
    "y",
)
"""In order: the first that a file has, and that holds decisions, counts."""
_YES = frozenset("1 1.0 yes y true t i include included relevant accept accepted in ja".split())
_NO = frozenset(
    "0 0.0 no n false f e exclude excluded irrelevant reject rejected out nein x".split()
)
_NOTES = (
    (re.compile(r"ASReview[_ ](?:prior[_ ])?(?:relevant|include)", re.I), 1),
    (re.compile(r"ASReview[_ ](?:prior[_ ])?(?:irrelevant|not[_ ]relevant|exclude)", re.I), 0),
    (re.compile(r'RAYYAN-INCLUSION:[^}]*=>\s*"Included"'), 1),
    (re.compile(r'RAYYAN-INCLUSION:[^}]*=>\s*"Excluded"'), 0),
)


def labels_of(records: Sequence[Record], column: str | None = None) -> list[int | None]:
    """Which records are relevant, as their source says.

    Parameters
    ----------
    records : sequence of Record
        Of labelled sets, or of exports of Rayyan, ASReview, EPPI-Reviewer.
    column : str or None
        Name of the field with decisions; found if not given (`label_included`, `included`,
        `label`, …).

    Returns
    -------
    labels : list of (int or None)
        1 relevant, 0 not, None without a decision.

    Raises
    ------
    FormatError
        If no field holds decisions, or that of the given name does not.
    """
    names = dict.fromkeys(name for record in records for name, _ in record.raw)
    bare = {re.sub(r"[\s-]+", "_", name.strip().lower()): name for name in names}
    if column is not None:
        if column not in names:
            raise FormatError(
                f"No record has a field called {column}: choose one of {', '.join(names)}."
            )
        wanted = [column]
    else:
        wanted = [bare[name] for name in _COLUMNS if name in bare]
    for name in wanted:
        found = [_label(value) for record in records for value in (dict(record.raw).get(name, ""),)]
        if 0 in found and 1 in found:
            return found
    if column is None:
        found = [_noted(record) for record in records]
        if 0 in found and 1 in found:
            return found
    asked = f"the field {column}" if column else "no column like label_included, included or label"
    raise FormatError(
        f"Both decisions are needed, and {asked} holds 1 and 0, or words such as included and "
        "excluded: name the column with --label."
        if column is None
        else f"The field {column} does not hold both decisions: write 1 and 0 into it."
    )


def _label(value: str) -> int | None:
    word = value.strip().lower()
    return 1 if word in _YES else 0 if word in _NO else None


def _noted(record: Record) -> int | None:
    for _, value in record.raw:
        for sign, label in reversed(_NOTES):
            if sign.search(value):
                return label
    return None
