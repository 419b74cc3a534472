"""Two extractors: what they took alike, what they did not, and what was decided."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mien.errors import ParameterError
from mien.review.extraction.values import CONSENSUS, Value
from mien.review.protocol.protocol import Field, Protocol

if TYPE_CHECKING:  # it loads numpy, which the application's server shall not
    from mien.review.synthesis.accuracy_table import AccuracyTable

_NEAR = 1e-6


@dataclass(frozen=True)
class Disagreement:
    """One value that extractors took differently."""

    study: str
    """Which study."""
    field: str
    """Key of the field."""
    values: dict[str, Value]
    """By extractor, with quotes and pages."""
    decided: Value | None
    """What was decided; None where nothing was yet."""


@dataclass(frozen=True)
class Extracted:
    """What is settled of all studies."""

    protocol: Protocol
    """Whose form it is."""
    studies: tuple[str, ...]
    """In the order in which they came."""
    settled: dict[tuple[str, str], Value]
    """By study and field; absent where nobody took it or extractors differ."""
    disagreements: tuple[Disagreement, ...]
    """Everything that was taken differently, decided or not."""
    agreement: dict[str, tuple[int, int]]
    """By field: how often two extractors took the same, and how often both took it."""
    missing: tuple[tuple[str, str], ...]
    """Study and field of what is required and not there."""

    def value(self, study: str, field: str) -> str:
        """A settled value; empty where there is none."""
        one = self.settled.get((study, field))
        return one.value if one else ""

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "studies": {
                study: {field.key: self.value(study, field.key) for field in self.protocol.form}
                for study in self.studies
            },
            "disagreements": [
                {
                    "study": one.study,
                    "field": one.field,
                    "values": {who: value.value for who, value in one.values.items()},
                    "decided": one.decided.value if one.decided else None,
                }
                for one in self.disagreements
            ],
            "agreement": {
                key: {"same": same, "both": both} for key, (same, both) in self.agreement.items()
            },
            "missing": [list(one) for one in self.missing],
        }


def adjudicate(values: list[Value], protocol: Protocol) -> Extracted:
    """Put values together: what `consensus` says, else what all extractors took alike."""
    taken: dict[tuple[str, str], dict[str, Value]] = defaultdict(dict)
    for one in values:
        protocol.field(one.field)
        before = taken[one.study, one.field].get(one.extractor)
        if one.value or before is None:  # what is filled in later counts
            taken[one.study, one.field][one.extractor] = one
    settled: dict[tuple[str, str], Value] = {}
    disagreements = []
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for (study, key), by in taken.items():
        others = {who: one for who, one in by.items() if who != CONSENSUS}
        decided = by.get(CONSENSUS)
        alike = taken_alike(protocol.field(key), [one.value for one in others.values()])
        if len(others) > 1:
            counts[key][1] += 1
            counts[key][0] += alike
        if not alike:
            disagreements.append(Disagreement(study, key, others, decided))
        if decided is not None:
            settled[study, key] = decided
        elif others and alike:
            settled[study, key] = max(others.values(), key=lambda one: len(one.quote))
    studies = tuple(dict.fromkeys(one.study for one in values))
    missing = tuple(
        (study, field.key)
        for study in studies
        for field in protocol.form
        if field.required and not (settled.get((study, field.key)) or Value("", "", "", "")).value
    )
    agreement = {key: (same, both) for key, (same, both) in counts.items()}
    return Extracted(protocol, studies, settled, tuple(disagreements), agreement, missing)


def taken_alike(field: Field, values: list[str]) -> bool:
    """Whether values of several extractors, each as `checked` writes it, say the same."""
    if len(values) < 2:
        return True
    if field.kind in ("count", "number", "share") and all(values):
        numbers = [float(value) for value in values]
        return max(numbers) - min(numbers) <= _NEAR * max(1.0, abs(numbers[0]))
    return len({" ".join(value.lower().split()) for value in values}) == 1


def accuracy_table(found: Extracted) -> AccuracyTable | None:
    """Studies whose four counts are settled, for pooling; None if there are none.

    The protocol's moderators become columns.
    """
    from mien.review.synthesis.accuracy_table import CELLS, parse_table

    columns = [key for key in found.protocol.synthesis.moderators if key not in ("study", *CELLS)]
    rows = []
    for study in found.studies:
        counts = [found.value(study, cell) for cell in CELLS]
        if all(counts) and any(count != "0" for count in counts):
            rows.append([study, *counts, *(found.value(study, key) for key in columns)])
    if not rows:
        return None
    header = ["study", *CELLS, *columns]
    return parse_table(_as_csv([header, *rows]), "the extracted counts")


def _as_csv(rows: list[list[str]]) -> str:
    import csv
    import io

    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()


def check_counts(found: Extracted) -> list[str]:
    """Settled numbers that contradict each other, a sentence each."""
    from mien.review.synthesis.accuracy_table import CELLS

    said = []
    for study in found.studies:
        counts = [found.value(study, cell) for cell in CELLS]
        accuracy = found.value(study, "accuracy") if _has(found, "accuracy") else ""
        if not all(counts) or not accuracy:
            continue
        tp, fp, fn, tn = (int(count) for count in counts)
        total = tp + fp + fn + tn
        if total and abs((tp + tn) / total - float(accuracy)) > 0.02:
            said.append(
                f"{study}: accuracy is {accuracy}, but the counts say {(tp + tn) / total:.3f}."
            )
    return said


def _has(found: Extracted, key: str) -> bool:
    try:
        found.protocol.field(key)
    except ParameterError:
        return False
    return True
