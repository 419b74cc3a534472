"""Privacy: what recognisers make of the result, each by itself."""

from __future__ import annotations

from typing import Any

import numpy as np

from mien.evidence.evaluate import Evidence
from mien.privacy.audit import Finding
from mien.recognition.registry import chooses
from mien.report.drawing import Made, canvas
from mien.report.numbers import DASH, number, share
from mien.report.sections import Section, Table

_PUBLISHED = ("published: FaceMotionPreserve, by its own", "0.13", DASH, "0.04 %", DASH, DASH)
_PARTS = {"inner": "face alone", "surroundings": "all but the face"}


def asked(content: dict[str, Any]) -> Section:
    """Who was asked, and whether they recognise the patient: what is read first."""
    again = content.get("recognisers") or {}
    return Section(
        "asked",
        "Who was asked",
        "Each recogniser says by its own threshold whether it takes the result's face for the "
        "patient's. Those that help mien to choose a face prove little, for the face was moved "
        'away from the patient in their eyes; the others had no say in it. "At most" is what the '
        'frames asked about can rule out with 95 % confidence; "encoded again" is how often the '
        "original itself is known.",
        tuple(_asked(one, mine, again) for one, mine in _people(content)),
    )


def section(content: dict[str, Any]) -> Section:
    """What else was found, in words and figures."""
    tables = []
    for one, mine in _people(content):
        tables += [_own(one, mine), *_ranks(one, mine)]
    return Section(
        "privacy",
        "Privacy",
        "How near the result comes to the patient, by the recognisers that were asked.",
        tuple(tables),
        ("privacy",),
        tuple(_notes(content, content.get("people") or [])),
        content.get("citation", ""),
    )


def _people(content: dict[str, Any]) -> list[tuple[int, list[dict[str, Any]]]]:
    """Each person, and what each recogniser says of them."""
    people = content.get("people") or []
    numbers = dict.fromkeys(person["person"] for person in people)
    return [(one, [person for person in people if person["person"] == one]) for one in numbers]


def _asked(one: int, mine: list[dict[str, Any]], again: dict[str, Any]) -> Table:
    """A row for each recogniser."""
    rows = []
    for person in mine:
        ceiling = (again.get(person["recogniser"]) or {}).get("ceiling") or {}
        rows.append(
            (
                person["recogniser"],
                "yes" if chooses(person["recogniser"]) else "no",
                number(person["frames"]),
                share(person["share_under"]),
                share(person.get("share_upper")),
                f"{number(person['nearest'])} ({number(person['threshold'])})",
                share(ceiling.get("share_recognised")) if ceiling else DASH,
            )
        )
    return Table(
        f"Person {one + 1}: who was asked, and whether they recognise the patient",
        (
            *("recogniser", "chooses", "frames", "known in", "at most"),
            *("nearest (limit)", "encoded again"),
        ),
        tuple(rows),
    )


def _own(one: int, mine: list[dict[str, Any]]) -> Table:
    """Frame by frame, in the terms of published studies."""
    rows: list[tuple[str, ...]] = []
    for person in mine:
        own = person.get("own") or {}
        rows.append(
            (
                person["recogniser"],
                number(own.get("cosine_mean")),
                number(own.get("cosine_sd")),
                share(own.get("share_recognised")),
                number(own.get("to_surrogate_mean")),
                share(own.get("share_nearer_original")),
            )
        )
    return Table(
        f"Person {one + 1}: each frame with its own original",
        (
            *("recogniser", "mean cosine", "s.d.", "taken for one person"),
            "mean cosine to the given face",
            "nearer to the original than to it",
        ),
        (*rows, _PUBLISHED),
    )


def _ranks(one: int, mine: list[dict[str, Any]]) -> list[Table]:
    """How often the patient is first among others; no table where there were no others."""
    rows = []
    for person in mine:
        if person.get("rank1") is None:
            continue
        parts = {part["part"]: part.get("rank1") for part in person.get("parts") or []}
        whole = share(person["rank1"]), share(person.get("rank1_single"))
        rows.append((person["recogniser"], *whole, *(share(parts.get(part)) for part in _PARTS)))
    if not rows:
        return []
    others = max(person.get("others") or 0 for person in mine)
    title = f"Person {one + 1}: how often the patient is first among {others} others"
    heads = ("recogniser", "all frames known", "one frame known", *_PARTS.values())
    return [Table(title, heads, tuple(rows))]


def _notes(content: dict[str, Any], people: list[dict[str, Any]]) -> list[str]:
    residual = content.get("residual") or {}
    left = len(residual.get("found") or [])
    notes = [
        f"Other detectors looked at {residual.get('frames', 0)} frames, at four rotations, for "
        "faces where nobody was tracked and found "
        f"{'none' if not left else f'some in {left} of them'}.",
        *content.get("notes", []),
    ]
    if untouched := max((person.get("untouched") or 0 for person in people), default=0):
        notes.append(f"In {share(untouched)} of the frames the face is as in the original.")
    if any(person.get("parts") for person in people):
        notes.append(
            "Hair, neck and room are those of the recording itself: whoever has seen the original "
            "knows the picture by them. What they give away in another recording is less, and was "
            "not measured. The room can be left out: --surroundings solid."
        )
    if any((person.get("seen") or 0) < 0.995 for person in people):
        notes.append(
            "In some compared frames the result shows no face: of a face that is hidden or blurred "
            "a recogniser says little."
        )
    return notes


def drawing(evidence: Evidence) -> Made:
    """How far each compared frame of the result is from the person, for each recogniser."""
    findings = evidence.verdict.findings if evidence.verdict else []
    findings = [found for found in findings if found.pairs]
    if not findings:
        return None
    names = list(dict.fromkeys(found.audit.recogniser for found in findings))
    figure = canvas(0.8 + 1.7 * len(names))
    every = figure.subplots(len(names), 1, squeeze=False)[:, 0]
    for axes, name in zip(every, names, strict=True):
        _panel(axes, [found for found in findings if found.audit.recogniser == name])
    every[-1].set_xlabel("distance to the nearest original frame")
    caption = (
        "Distance between each compared frame of the result and the person, for each recogniser; "
        "below its threshold (dashed, shaded) it takes them for one."
    )
    return "privacy", caption, figure


def _panel(axes: Any, findings: list[Finding]) -> None:
    """The distances that one recogniser sees."""
    every = [[pair.distance for pair in found.pairs] for found in findings]
    threshold = findings[0].audit.threshold
    top = max(max(max(one) for one in every), threshold)
    bottom = min(min(min(one) for one in every), threshold)
    bins = np.arange(np.floor(bottom * 50) / 50 - 0.02, top + 0.04, 0.02)
    labels = [f"person {found.audit.person + 1}" for found in findings]
    axes.hist(every, bins=list(bins), stacked=True, label=labels)
    axes.axvline(threshold, color="black", lw=1.2, ls="--")
    axes.axvspan(bins[0], threshold, color="black", alpha=0.07)
    axes.set(ylabel="frames", xlim=(bins[0], bins[-1]))
    axes.set_title(findings[0].audit.recogniser, fontsize=8, loc="left")
    if len(findings) > 1:
        axes.legend(fontsize=7)
