"""The data card of an encounter."""

from __future__ import annotations

import math
from collections.abc import Mapping
from textwrap import fill
from typing import Any

from mien.emotion.classifier import EXPRESSIONS
from mien.encounter.agreement import Agreement
from mien.encounter.observation import ROLES
from mien.encounter.result import Encounter
from mien.pipeline.settings import Settings
from mien.release.datasheet import datasheet
from mien.release.encounter.options import Options
from mien.report.language import told, written_in

_COLUMNS = 100  # of plain text


def card(
    encounter: Encounter,
    options: Options,
    found: Mapping[str, Agreement],
    baselines: Mapping[str, Mapping[str, Agreement]],
    records: Mapping[str, Any],
    today: str,
) -> str:
    """The data card, Markdown, in its language."""
    with written_in(options.language):
        return _card(encounter, options, found, baselines, records, today)


def _card(
    encounter: Encounter,
    options: Options,
    found: Mapping[str, Agreement],
    baselines: Mapping[str, Mapping[str, Agreement]],
    records: Mapping[str, Any],
    today: str,
) -> str:
    line = encounter.timelines["doctor"]
    length = line.end - float(line.times[0])
    moments = 1 / next(iter(encounter.fine.values())).resolution
    known = {role: int(encounter.timelines[role].known.sum()) for role in ROLES}
    sound = "with the original sound: voices identify people" if options.voice == "keep" else (
        "without sound"
    )  # fmt: skip
    nearest = [
        person["nearest"]
        for record in records.values()
        for person in record["privacy"]
        if person.get("nearest") is not None
    ]
    distance = ""
    if nearest:
        said = told(
            f"The nearest frame of a result came to {min(nearest):.2f} of an original in the "
            "recogniser's distance, where less than 0.60 is the same person."
        )
        distance = f"{fill(said, _COLUMNS, initial_indent='  ', subsequent_indent='  ')}\n"
    notes = "".join(f"- {told(note)}\n" for note in encounter.notes)
    every = {Settings.engine: found, **baselines}
    return datasheet(
        "encounter",
        title=told(options.title),
        seconds=f"{length:.0f}",
        videos=len(records),
        sound=told(sound),
        rows=2 * len(line),
        step=told(f"{line.resolution:g}"),
        known=known,
        moments=f"{moments:.0f}",
        expressions=", ".join(map(told, EXPRESSIONS)),
        consent=options.consent,
        offset=told(f"{encounter.offset.seconds:+.3f} s ({encounter.offset.source})"),
        notes=notes,
        distance=distance,
        voice=options.voice == "keep",
        agreement="".join(_agreement_rows(one, name) for name, one in every.items()),
        by_expression=_class_rows(found["all"]),
        licence=options.licence,
        contact=options.contact,
        today=told(today),
    )


def _agreement_rows(found: Mapping[str, Agreement], engine: str) -> str:
    rows = ""
    for key, one in found.items():
        interval = "–" if one.interval is None else told(
            f"{one.interval[0]:.2f} to {one.interval[1]:.2f}"
        )  # fmt: skip
        who = told("both people" if key == "all" else key)
        rows += (
            f"| {engine}, {who} | {_short(one.kappa)} | {interval} | {_percent(one.share)} | "
            f"{one.steps} | {one.lost} | {_short(one.kappa_all)} |\n"
        )
    return rows


def _class_rows(one: Agreement) -> str:
    entries = one.as_dict()["by_expression"]
    return "".join(
        f"| {told(name)} | {_short(e['kappa'])} | {e['first']} | {e['second']} | {e['both']} |\n"
        for name, e in entries.items()
    )


def _short(value: float | None) -> str:
    return "–" if value is None or not math.isfinite(value) else told(f"{value:.2f}")


def _percent(value: float) -> str:
    return "–" if not math.isfinite(value) else f"{100 * value:.0f} %"
