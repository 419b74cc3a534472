"""The report of an encounter: one page for people, tables and figures, numbers for programs."""

from __future__ import annotations

import base64
import json
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from markupsafe import Markup

from mien.emotion.classifier import EXPRESSIONS
from mien.encounter.judging import Feedback
from mien.encounter.observation import ROLES
from mien.encounter.result import Encounter
from mien.encounter.timeline import Timeline
from mien.pipeline.manifest import versions
from mien.progress import Progress
from mien.report.copies import Copy, copy_of
from mien.report.drawing import Drawing, put
from mien.report.encounter.figures import COLOURS, figures, runs
from mien.report.encounter.spreadsheets import csv_files
from mien.report.encounter.tables import sections
from mien.report.folder import Staged
from mien.report.language import DEFAULT, told, told_each, written_in
from mien.report.pages import in_page, raw, render, uri

BOTH = "both"
"""Key of the one recording that shows both people."""
LIMITS = (
    "Expressions are named after what people would say of a picture. A face can resemble sadness "
    "while its owner concentrates, and resemble nothing while its owner despairs: nothing here "
    "says what anybody felt, intended or meant.",
    "Faces that move little (hypomimia in Parkinson's disease), palsied, very old or tired faces "
    "tend to be read as sad or angry at rest. Feedback keeps silent about an expression that a "
    "face shows most of the time; the tables do not correct for it.",
    "Masks, glasses, hands, beards, darkness and turned heads hide a face. Such seconds are shown "
    "as not assessed, and what was missed may differ from what was seen.",
    "The classifier learned from pictures on the web, labelled in one culture; how faces are used "
    "and read differs between cultures, ages and people.",
    "Speaking moves the mouth, and a moving mouth is read worse than a still one.",
    "One encounter is one encounter. Seconds of it are not independent, and a small p does not "
    "make a finding.",
    "Timelines are about two people and remain personal data, even without a face.",
    "Feedback is for the doctor who took part. It is no score of a person, and is not meant for "
    "judging doctors at work, which the EU AI Act (Article 5(1)(f)) prohibits.",
)
METHODS = (
    "Barsoum et al., Training Deep Networks for Facial Expression Recognition with Crowd-Sourced "
    "Label Distribution, ICMI 2016 (what the classifier was taught with)",
    "Yang et al., How Can Research on Artificial Empathy Be Enhanced by Applying Deepfakes?, "
    "Journal of Medical Internet Research 24(3), 2022, e29506, doi:10.2196/29506 (the study whose "
    "two feedback rules are followed; the tests here are ours, it names none)",
    "Back et al., Approaching Difficult Communication Tasks in Oncology, CA: A Cancer Journal for "
    "Clinicians 55(3), 2005 (NURSE)",
    "Baile et al., SPIKES: A Six-Step Protocol for Delivering Bad News, The Oncologist 5(4), 2000",
)


@dataclass(frozen=True)
class Videos:
    """The recordings that a page may show: by role, or one under ``"both"``."""

    deidentified: Mapping[str, Path] = field(default_factory=dict)
    """What is shown; without any the page has no video."""
    originals: Mapping[str, Path] = field(default_factory=dict)
    """The recordings themselves; their names are kept out of the page."""
    include_original: bool = False
    """Show the originals. The page then shows the people, and says so."""
    checked: bool = False
    """Whether it is known that nobody is recognised in `deidentified`."""
    why_missing: str = ""
    """Why a video is missing, in a sentence."""


def write(
    encounter: Encounter,
    feedback: Sequence[Feedback],
    folder: str | os.PathLike[str],
    *,
    videos: Videos | None = None,
    extra: Mapping[str, Path] | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
    language: str = DEFAULT,
) -> None:
    """Write the report of an encounter.

    ``report.html`` needs no network and no other file. The folder also holds ``encounter.json``,
    ``timelines.parquet`` and ``moments.parquet`` (which `Encounter.load` reads), ``feedback.json``,
    ``figures`` and ``tables``. It appears only when it is complete.

    Parameters
    ----------
    encounter : Encounter
        What was seen.
    feedback : sequence of Feedback
        From `feedback.after`.
    folder : path
        Where to; it must not exist, or be empty.
    videos : Videos, optional
        What the page may show; by default nothing.
    extra : mapping, optional
        Files to move into the folder, by their name there.
    overwrite : bool
        Replace a report that is there.
    progress : callable, optional
        Called as ``progress(stage, done, total)``.
    language : str
        In which page and figures are written; of the feedback its rules decide.

    Raises
    ------
    OutputError
        If something is in the way or the folder cannot be written.
    VideoError
        If a video cannot be read.
    """
    videos = videos or Videos()
    encounter = _without_names(encounter, videos.originals)
    with written_in(language), Staged(Path(folder), overwrite) as staged:
        copies = _copies(videos, progress)
        drawings = put(figures(encounter, feedback), staged, progress)
        for name, content in csv_files(encounter, feedback):
            staged.write(f"tables/{name}", content)
        staged.write(
            "feedback.json",
            json.dumps([item.as_dict() for item in feedback], indent=1, ensure_ascii=False) + "\n",
        )
        encounter.save(staged.part)
        staged.write("report.html", _page(encounter, feedback, videos, copies, drawings))
        for name, path in (extra or {}).items():
            staged.write(name, path.read_bytes())
        staged.commit()


def _without_names(encounter: Encounter, originals: Mapping[str, Path]) -> Encounter:
    """The same, with recordings called by their roles in the notes."""
    notes = list(encounter.notes)
    for role, path in originals.items():
        words = "the recording" if role == BOTH else f"the {role}'s recording"
        notes = [note.replace(path.name, words) for note in notes]
    clean = replace(encounter, notes=tuple(note[:1].upper() + note[1:] for note in notes))
    clean.__dict__["tables"] = encounter.tables  # counted once
    return clean


def _copies(videos: Videos, progress: Progress | None) -> dict[str, Copy]:
    found = {}
    shown, originals = videos.deidentified, videos.originals
    for role in (BOTH, *ROLES):
        if videos.include_original and role in originals:
            beside = originals[role] if role in shown else None
            found[role] = copy_of(shown.get(role, originals[role]), beside, progress=progress)
        elif role in shown:
            found[role] = copy_of(shown[role], progress=progress)
    return found


@dataclass(frozen=True)
class _Lane:
    """One line of the timeline: its name, style and spans (start, length, opacity, words)."""

    name: str
    style: str
    spans: tuple[tuple[float, float, float, str], ...]


def _page(
    encounter: Encounter,
    feedback: Sequence[Feedback],
    videos: Videos,
    copies: Mapping[str, Copy],
    drawings: Mapping[str, Drawing],
) -> str:
    shown = {role: copy for role, copy in copies.items() if copy.video is not None}
    start, end = _span(encounter)
    player = {
        "start": round(start, 4),
        "end": round(end, 4),
        "step": encounter.timelines["doctor"].resolution,
        "clips": {role: round(_begins(encounter, role), 4) for role in shown},
        "said": {"play": told("Play"), "pause": told("Pause"), "clock": told("NOW of END")},
    }
    content = sections(encounter)
    citations = [*METHODS, *(part.citation for part in content if part.citation)]
    return render(
        "encounter.html",
        (raw("encounter.js"),),
        raw("encounter.css") + _colours(),
        player=Markup(json.dumps(player)),
        clips={
            role: Markup(base64.b64encode(copy.video or b"").decode())
            for role, copy in shown.items()
        },
        copies=copies,
        stills={role: uri(copy.still, "image/jpeg") for role, copy in copies.items() if copy.still},
        too_long=len(shown) < len(copies),
        include_original=videos.include_original,
        unchecked=bool(copies) and not videos.checked and not videos.include_original,
        no_video=told_each(
            videos.why_missing
            or ("" if copies else "No de-identified video was given, so none is shown here.")
        ),
        headline=_headline(encounter),
        facts=_facts(encounter),
        notes=encounter.notes,
        start=start,
        length=max(end - start, 1e-6),
        ticks=_ticks(start, end),
        people=[{"role": role, "lanes": _lanes(encounter.timelines[role])} for role in ROLES],
        feedback=[
            {
                "number": number,
                "item": item,
                "at": f"{item.start:.0f} to {item.end:.0f} s",
                "sure": f"{100 * item.confidence:.0f} %",
                "place": 100 * (item.time - start) / max(end - start, 1e-6),
                "evidence": [_evidence_words(one) for one in item.evidence],
            }
            for number, item in enumerate(feedback, 1)
        ],
        sections=content,
        drawings=in_page(drawings),
        citations=list(dict.fromkeys(citations)),
        limits=LIMITS,
    )


def _span(encounter: Encounter) -> tuple[float, float]:
    lines = encounter.timelines.values()
    return min(float(line.times[0]) for line in lines), max(line.end for line in lines)


def _begins(encounter: Encounter, role: str) -> float:
    """When a recording's first frame is shown, on the encounter's clock."""
    spans = encounter.recordings or {}
    role = "doctor" if role == BOTH else role
    return float(spans[role][0]) if role in spans else _span(encounter)[0]


def _headline(encounter: Encounter) -> str:
    start, end = _span(encounter)
    shares = [float(line.known.mean()) if len(line) else 0 for line in encounter.timelines.values()]
    assessed = [f"{100 * share:.0f} %" for share in shares]
    minutes, seconds = divmod(round(end - start), 60)
    length = f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
    words = " and ".join(
        f"{share} of the {role}'s"
        for role, share in zip(encounter.timelines, assessed, strict=True)
    )
    return f"{length} of an encounter; {words} time could be assessed."


def _facts(encounter: Encounter) -> list[tuple[str, str]]:
    offset = encounter.offset
    how = {
        "sound": f"found from the sound, confidence {offset.confidence:.2f}",
        "given": "given",
        "one camera": "one camera, one clock",
    }.get(offset.source, offset.source)
    line = encounter.timelines["doctor"]
    others = sum(_count(entry.get("others")) for entry in encounter.people.values())
    moments = round(1 / next(iter(encounter.fine.values())).resolution)
    often = "once" if moments == 1 else f"{moments} times"
    facts = [
        ("Clock", f"the doctor's recording; the patient's is {offset.seconds:+.3f} s later ({how})"
         if offset.source != "one camera" else how),
        ("Resolution", f"{line.resolution:g} s; faces were looked at {often} a second"),
        ("Other people", f"{others} followed and left out" if others else "none"),
    ]  # fmt: skip
    for entry in encounter.people.values():
        for role, why in dict(entry.get("how") or {}).items():
            facts.append((str(role).capitalize(), f"taken to be: {why}"))
    facts.append(("Software", ", ".join(f"{k} {v}" for k, v in versions().items())))
    return facts


def _count(value: Any) -> int:
    """A number of things, given as such or as a list of them."""
    return value if isinstance(value, int) else len(value or ())


def _lanes(line: Timeline) -> list[_Lane]:
    found = []
    shown = runs(line.dominant)
    for k, name in enumerate(EXPRESSIONS):
        spans = []
        for a, b, value in shown:
            if value != k:
                continue
            sure = float(np.nanmean(line.probabilities[a:b, k]))
            words = f"{_seconds(line, a, b)}: resembling {name}, probability {sure:.2f}"
            spans.append((float(line.times[a]), (b - a) * line.resolution, sure, words))
        found.append(_Lane(name, f"e-{name}", tuple(spans)))
    reasons = [line.reasons[k] if line.dominant[k] < 0 else "" for k in range(len(line))]
    codes = {why: k for k, why in enumerate(dict.fromkeys(reasons))}
    missing = [
        (float(line.times[a]), (b - a) * line.resolution, 1.0,
         f"{_seconds(line, a, b)}: not assessed, {reasons[a]}")
        for a, b, _ in runs(np.array([codes[why] for why in reasons]))
        if reasons[a]
    ]  # fmt: skip
    found.append(_Lane("not assessed", "missing", tuple(missing)))
    for name, values, style in (
        ("speaking", line.speaking, "speaking"),
        ("turned to the other", line.towards, "towards"),
    ):
        known = np.isfinite(values)
        if known.any():
            on = np.where(known, np.nan_to_num(values) > 0.5, False).astype(int)
            spans = [
                (float(line.times[a]), (b - a) * line.resolution, 1.0,
                 f"{_seconds(line, a, b)}: {name}")
                for a, b, value in runs(on)
                if value
            ]  # fmt: skip
            found.append(_Lane(name, style, tuple(spans)))
    return found


def _seconds(line: Timeline, a: int, b: int) -> str:
    return f"{line.times[a]:g} to {line.times[b - 1] + line.resolution:g} s"


def _evidence_words(one: Any) -> str:
    return (
        f"the {one.role}'s face resembled {one.expression} from {one.start:.0f} to {one.end:.0f} s "
        f"(probability {one.probability:.2f}, at least {one.lowest:.2f} in every second; "
        f"{100 * one.assessable:.0f} % of the moments assessed)"
    )


def _ticks(start: float, end: float) -> list[tuple[float, str]]:
    """Places (per cent) and labels of the time axis."""
    length = max(end - start, 1e-6)
    step = next(
        (s for s in (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200) if length / s <= 12), 1800
    )
    first = math.ceil(start / step - 1e-9)
    found = []
    for k in range(first, math.floor(end / step + 1e-9) + 1):
        sign, whole = ("−" if k < 0 else ""), abs(k * step)
        found.append((100 * (k * step - start) / length, f"{sign}{whole // 60}:{whole % 60:02d}"))
    return found


def _colours() -> str:
    return "".join(f".e-{name}{{fill:{tone};background:{tone}}}" for name, tone in COLOURS.items())
