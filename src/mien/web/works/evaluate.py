"""Measuring a clip's result against its original."""

from __future__ import annotations

from datetime import date
from typing import Any

from mien.errors import ParameterError
from mien.evidence.evaluate import Evidence
from mien.evidence.evaluate import evaluate as measure
from mien.fidelity.profile import Line, Profile
from mien.progress import Progress
from mien.report.evidence import page as report
from mien.report.evidence.page import verdict_in_words
from mien.report.language import DEFAULT
from mien.web.queue.folders import RESULT
from mien.web.queue.tasks import Material, Task
from mien.web.works.figures import FIGURES


def evaluate(task: Task, progress: Progress) -> dict[str, Any]:
    """Measure a clip's result, and write the report into ``report``, without the original.

    Returns
    -------
    found : dict
        ``passed``, ``headline``, the profile's ``profile`` (name) and ``title``, its ``lines``,
        ``figures`` and ``ceilings`` by the names of `FIGURES`, ``compared``: how many frames of
        the person compared most were shown to the recogniser, and ``seen``: the largest share of
        a person's frames in which it found a face of its own accord (None for both if nobody was
        compared), and ``result_run``: the name of the folder whose result was measured.

    Raises
    ------
    ParameterError
        If the original or the result is gone.
    MienError
        As `mien.evidence.evaluate.evaluate` does.
    """
    (clip,) = task.clips
    profile = Profile.open(task.wanted["profile"])
    if clip.original is None or not clip.original.is_file():
        raise ParameterError(
            "The stored original was deleted, and nothing can be measured without it: upload the "
            "clip again."
        )
    if clip.folder is None:
        raise ParameterError("There is no result to be measured: de-identify the clip first.")
    evidence = measure(clip.original, clip.folder / RESULT, profile=profile, progress=progress)
    report.write(
        evidence,
        task.folder / "report",
        include_original=False,
        progress=progress,
        heading=heading(clip, date.today()),
        language=task.wanted.get("language", DEFAULT),
    )
    return {**_in_short(evidence, profile), "result_run": clip.folder.name}


def heading(clip: Material, today: date) -> str:
    """What a report is of: the pseudonym if there is one, never the file, and the day."""
    day = f"measured on {today.isoformat()}"
    return day if clip.name == clip.file else f"{clip.name}, {day}"


def _in_short(evidence: Evidence, profile: Profile) -> dict[str, Any]:
    metrics = evidence.metrics
    people = [] if evidence.verdict is None else evidence.verdict.findings
    return {
        "passed": evidence.passed,
        "headline": verdict_in_words(evidence),
        "profile": profile.name,
        "title": profile.title,
        "lines": [_line(line) for line in evidence.lines],
        "compared": max((found.audit.frames for found in people), default=None),
        "seen": max((found.seen for found in people), default=None),
        "figures": {name: _short(metrics.value(one)) for name, one in FIGURES.items()},
        "ceilings": {name: _short(metrics.of_ceiling(one)) for name, one in FIGURES.items()},
    }


def _line(line: Line) -> dict[str, Any]:
    return {
        "key": line.ask.key,
        "says": line.ask.says,
        "kind": line.ask.kind,
        "passed": line.passed,
        "value": _short(line.value),
        "low": line.ask.low,
        "high": line.ask.high,
        "unit": line.ask.unit,
        "words": line.words,
        "source": line.ask.source,
    }


def _short(value: float | None) -> float | None:
    return None if value is None else round(float(value), 5)
