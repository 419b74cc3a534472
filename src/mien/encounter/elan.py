"""Timelines as files of ELAN (``.eaf``), and annotations of ELAN as timelines.

ELAN [1]_ is what people code videos with by hand. A file has a tier for each face, and an
annotation for each run of one expression; times are milliseconds. Only tiers that are aligned with
time are read.

References
----------
.. [1] Wittenburg, Brugman, Russel, Klassmann & Sloetjes, "ELAN: a professional framework for
   multimodality research", LREC 2006.
"""

from __future__ import annotations

import math
import os
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as xml

import numpy as np

from mien.emotion.classifier import EXPRESSIONS
from mien.emotion.labelled import expression_of
from mien.encounter.timeline import Timeline
from mien.errors import FormatError
from mien.intake.amounts import TABLE_BYTES
from mien.intake.words import text as read_text
from mien.outputs import check_free, complete

_TYPE = "expression"
ROLES: Mapping[str, tuple[str, ...]] = {
    "doctor": ("doctor", "physician", "ärztin/arzt", "ärztin", "arzt"),
    "patient": ("patient", "patientin/patient", "patientin"),
}
"""What the tier of each role may be called, in lower case: as mien writes it in its languages, and
as people do."""
OTHER = -2
"""A label of a step whose word is none of the seven expressions."""


@dataclass(frozen=True)
class Annotation:
    """One run in a tier."""

    tier: str
    """Its name; mien's are those of the roles."""
    start: float
    """Seconds."""
    end: float
    """Seconds."""
    value: str
    """What is written there."""


def annotations_of(timelines: Iterable[Timeline]) -> list[Annotation]:
    """Runs of one expression, a tier for each role; what was not assessed has none."""
    made = []
    for line in timelines:
        edges = np.flatnonzero(np.diff(line.dominant)) + 1
        for begin, end in zip([0, *edges], [*edges, len(line)], strict=True):
            if end > begin and line.dominant[begin] >= 0:
                made.append(
                    Annotation(
                        line.role,
                        float(line.times[begin]),
                        float(line.times[end - 1] + line.resolution),
                        EXPRESSIONS[line.dominant[begin]],
                    )
                )
    return made


def annotations_of_frames(
    tier: str, times: np.ndarray, words: Sequence[str | None]
) -> list[Annotation]:
    """Runs of one word over frames of a recording.

    Parameters
    ----------
    tier : str
    times : np.ndarray [shape=(n,)]
        Seconds, ascending.
    words : sequence of str or None
        Of each frame; None where nothing is said.

    Returns
    -------
    found : list of Annotation
        A run lasts until the next frame, and for a frame's usual time where there is a gap.
    """
    if not len(times):
        return []
    steps = np.diff(times)
    usual = float(np.median(steps)) if len(steps) else 0.04
    ends = np.append(np.where(steps <= 2 * usual, times[1:], times[:-1] + usual), times[-1] + usual)
    found: list[Annotation] = []
    for k, word in enumerate(words):
        if word is None:
            continue
        start, end = float(times[k]), float(ends[k])
        before = found[-1] if found else None
        if before is not None and before.value == word and before.end >= start - 1e-9:
            found[-1] = Annotation(tier, before.start, end, word)
        else:
            found.append(Annotation(tier, start, end, word))
    return found


def write_eaf(
    path: str | os.PathLike[str], annotations: Sequence[Annotation], *, overwrite: bool = False
) -> None:
    """Write a file that ELAN opens; it names no video, because a name may name a person.

    Times before 0 are cut off at 0, which is where ELAN begins.

    Raises
    ------
    OutputError
        If the file cannot be written or is in the way.
    """
    path = Path(path)
    check_free(path, overwrite, kind="an ELAN file", endings=(".eaf",))
    root = xml.Element(
        "ANNOTATION_DOCUMENT",
        {"AUTHOR": "mien", "DATE": "1970-01-01T00:00:00Z", "FORMAT": "3.0", "VERSION": "3.0"},
    )
    xml.SubElement(root, "HEADER", {"MEDIA_FILE": "", "TIME_UNITS": "milliseconds"})
    order = xml.SubElement(root, "TIME_ORDER")
    tiers: dict[str, xml.Element] = {}
    number = 0
    for one in annotations:
        begin, end = round(1000 * max(one.start, 0)), round(1000 * max(one.end, 0))
        if end <= begin:
            continue
        number += 1
        slots = (f"ts{2 * number - 1}", f"ts{2 * number}")
        for slot, value in zip(slots, (begin, end), strict=True):
            xml.SubElement(order, "TIME_SLOT", {"TIME_SLOT_ID": slot, "TIME_VALUE": str(value)})
        if one.tier not in tiers:
            tiers[one.tier] = xml.SubElement(
                root, "TIER", {"LINGUISTIC_TYPE_REF": _TYPE, "TIER_ID": one.tier}
            )
        held = xml.SubElement(tiers[one.tier], "ANNOTATION")
        aligned = xml.SubElement(
            held,
            "ALIGNABLE_ANNOTATION",
            {
                "ANNOTATION_ID": f"a{number}",
                "TIME_SLOT_REF1": slots[0],
                "TIME_SLOT_REF2": slots[1],
            },
        )
        xml.SubElement(aligned, "ANNOTATION_VALUE").text = one.value
    xml.SubElement(
        root,
        "LINGUISTIC_TYPE",
        {"GRAPHIC_REFERENCES": "false", "LINGUISTIC_TYPE_ID": _TYPE, "TIME_ALIGNABLE": "true"},
    )
    xml.indent(root)
    with complete(path, overwrite=overwrite) as part:
        xml.ElementTree(root).write(part, encoding="UTF-8", xml_declaration=True)


def read_eaf(path: str | os.PathLike[str]) -> list[Annotation]:
    """Read the annotations of an ELAN file that are aligned with time, tier by tier.

    Raises
    ------
    FormatError
        If it is no ELAN file, or an annotation has no time and lies between none.
    """
    path = Path(path)
    try:
        content = read_text(path, "an ELAN file", TABLE_BYTES)
        if "<!DOCTYPE" in content or "<!ENTITY" in content:
            raise FormatError(f"{path.name} is no ELAN file: it declares entities.")
        root = xml.fromstring(content.encode())
    except OSError as exc:
        raise FormatError(f"{path} cannot be read: {exc.strerror or exc}.") from exc
    except (xml.ParseError, UnicodeDecodeError) as exc:
        raise FormatError(f"{path.name} is no ELAN file, or it is damaged: {exc}.") from exc
    if root.tag != "ANNOTATION_DOCUMENT":
        raise FormatError(f"{path.name} is no ELAN file: it begins with {root.tag}.")
    try:
        slots = {
            slot.get("TIME_SLOT_ID", ""): float(slot.get("TIME_VALUE") or "nan") / 1000
            for slot in root.iter("TIME_SLOT")
        }
    except ValueError as exc:
        raise FormatError(f"{path.name}: a time slot is no number of milliseconds.") from exc
    found = []
    for tier in root.iter("TIER"):
        times = _times_in(tier, slots)
        for one in tier.iter("ALIGNABLE_ANNOTATION"):
            start, end = (times.get(name, math.nan) for name in _ends(one))
            if not (math.isfinite(start) and math.isfinite(end)):
                raise FormatError(
                    f"{path.name}: the annotation {one.get('ANNOTATION_ID')} of the tier "
                    f"{tier.get('TIER_ID')} has no time: align it in ELAN first."
                )
            value = (one.findtext("ANNOTATION_VALUE") or "").strip()
            found.append(Annotation(tier.get("TIER_ID", ""), start, end, value))
    return found


def _ends(annotation: xml.Element) -> list[str]:
    return [annotation.get(f"TIME_SLOT_REF{k}", "") for k in (1, 2)]


def _times_in(tier: xml.Element, slots: Mapping[str, float]) -> dict[str, float]:
    """Seconds of a tier's slots; those without a time share what lies between two that have one.

    ELAN writes no time where somebody divided an annotation and did not move the borders: it shows
    the parts as equally long.
    """
    order = {name: k for k, name in enumerate(slots)}
    used = {name for one in tier.iter("ALIGNABLE_ANNOTATION") for name in _ends(one)}
    chain = sorted((name for name in used if name in order), key=order.__getitem__)
    known = [k for k, name in enumerate(chain) if math.isfinite(slots[name])]
    if not known:
        return {}
    times = np.interp(
        range(len(chain)), known, [slots[chain[k]] for k in known], left=np.nan, right=np.nan
    )
    return dict(zip(chain, times.tolist(), strict=True))


def labels_on(annotations: Iterable[Annotation], tier: str, line: Timeline) -> np.ndarray:
    """What a tier says in the middle of each step of a timeline.

    Parameters
    ----------
    annotations : iterable of Annotation
    tier : str
        Which tier; upper and lower case are the same, and so are the names in `ROLES` of one role.
    line : Timeline
        Whose steps.

    Returns
    -------
    labels : np.ndarray [shape=(n,), dtype=int16]
        Index into `EXPRESSIONS`, whose usual synonyms (`happy`, `angry`) and German words are
        known; -1 where the tier says nothing, `OTHER` where it says another word.
    """
    labels = np.full(len(line), -1, np.int16)
    middles = line.times + line.resolution / 2
    names = ROLES.get(tier.lower(), (tier.lower(),))
    for one in annotations:
        if unicodedata.normalize("NFC", one.tier).strip().lower() in names and one.value:
            name = expression_of(one.value)
            number = OTHER if name is None else EXPRESSIONS.index(name)
            labels[(middles >= one.start) & (middles < one.end)] = number
    return labels
