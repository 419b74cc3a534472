"""The tables of an encounter as CSV, for a statistics program."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from mien.emotion.classifier import EXPRESSIONS
from mien.encounter.judging import Feedback
from mien.encounter.observation import ROLES
from mien.encounter.result import Encounter
from mien.encounter.timeline_files import table_of
from mien.report.spreadsheet import to_csv

_Rows = Iterator[tuple[Any, ...]]


def csv_files(encounter: Encounter, feedback: Sequence[Feedback]) -> Iterator[tuple[str, str]]:
    """Names and contents of the tables for a statistics program."""
    yield (
        "timelines.csv",
        timelines_csv([table_of(timeline) for timeline in encounter.timelines.values()]),
    )
    for name, (header, rows) in _TABLES.items():
        yield name, to_csv(header.split(), rows(encounter.tables))
    yield "feedback.csv", to_csv(
        ("time_s", "start_s", "end_s", "role", "rule", "expression", "confidence", "words",
         "source"),
        (
            (f.time, f.start, f.end, f.role, f.rule, f.expression, f.confidence, f.words, f.source)
            for f in feedback
        ),
    )  # fmt: skip


def timelines_csv(tables: Sequence[Any]) -> str:
    """Tables of `table_of` as CSV; what is missing is an empty cell."""
    header = tables[0].column_names
    rows = (
        row
        for table in tables
        for row in zip(*(column.to_pylist() for column in table.columns), strict=True)
    )
    return to_csv(header, rows)


def _counts(found: dict[str, Any]) -> _Rows:
    for role in ROLES:
        for name, entry in found["counts"][role]["expressions"].items():
            yield role, name, entry["seconds"], entry["share"]
    for role in ROLES:
        for why, seconds in found["counts"][role]["missing_s"].items():
            yield role, f"not assessed: {why}", seconds, None


def _comparison(found: dict[str, Any]) -> _Rows:
    for unit, entry in found["comparison"].items():
        for k, name in enumerate(entry["expressions"]):
            yield (
                unit, name, entry["doctor"][k], entry["patient"][k],
                entry["residuals"]["doctor"][k], entry["chi2"], entry["degrees"], entry["p"],
                entry["cramers_v"],
            )  # fmt: skip


def _durations(found: dict[str, Any]) -> _Rows:
    for role in ROLES:
        for name, e in found["durations"][role].items():
            yield role, name, e["episodes"], e["mean_s"], e["median_s"], e["longest_s"]


def _episodes(found: dict[str, Any]) -> _Rows:
    for role in ROLES:
        for e in found["episodes"][role]:
            yield role, e["expression"], e["start"], e["end"], e["confidence"]


def _transitions(found: dict[str, Any]) -> _Rows:
    for role in ROLES:
        for name, row in zip(EXPRESSIONS, found["transitions"][role], strict=True):
            yield role, name, *row


def _synchrony(found: dict[str, Any]) -> _Rows:
    for entry in found["synchrony"]:
        for lag, value in zip(entry["lags_s"], entry["correlation"], strict=True):
            yield entry["signal"], lag, value


def _latency(found: dict[str, Any]) -> _Rows:
    for a in found["latency"]["answers"]:
        yield a["onset"], a["expression"], a["before"], a["after"], a["seconds"], a["assessable"]


_TABLES: dict[str, tuple[str, Callable[[dict[str, Any]], _Rows]]] = {
    "counts.csv": ("role expression seconds share_of_assessed", _counts),
    "comparison.csv": (
        "unit expression doctor patient residual_doctor chi2 degrees p cramers_v",
        _comparison,
    ),
    "durations.csv": ("role expression episodes mean_s median_s longest_s", _durations),
    "episodes.csv": ("role expression start_s end_s probability", _episodes),
    "transitions.csv": (f"role from {' '.join(EXPRESSIONS)}", _transitions),
    "synchrony.csv": ("signal lag_s correlation", _synchrony),
    "latency.csv": ("onset_s patient doctor_before doctor_after latency_s assessable", _latency),
}
"""Columns and rows of each table that is counted, by its file's name."""
