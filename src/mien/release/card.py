"""The texts of a release: a data card with the headings of [1]_, and what to read first.

References
----------
.. [1] Gebru et al., "Datasheets for datasets", Communications of the ACM 64(12), 2021.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mien.provenance import versions
from mien.release.checks import Check
from mien.report.columns import known

TITLE = "De-identified clinical videos"
_SIGNS = {"pass": "passed", "warn": "**note**", "fail": "**failed**"}
_ENGINES = {
    "mesh": "another face, the same movement (mesh)",
    "mask": "a solid mask, no movement (mask)",
    "blur": "blurred (weak: blurred faces have been recognised)",
    "pixelate": "pixelated (weak: pixelated faces have been recognised)",
}


@dataclass(frozen=True)
class Entry:
    """A clip of the release, as it is told of."""

    name: str
    """Without an ending: ``clip-001``."""
    manifest: dict[str, Any]
    """Public."""
    metrics: dict[str, Any] | None
    """Public; None where nothing was measured."""
    sound: bool
    """Whether it has a sound track."""

    @property
    def seconds(self) -> float:
        """Its length."""
        ranges = (self.manifest.get("ledger") or {}).get("ranges") or []
        return float(ranges[-1]["to_s"]) - float(ranges[0]["from_s"]) if ranges else 0.0

    @property
    def counts(self) -> dict[str, int]:
        """Frames by what happened to them."""
        counts: dict[str, int] = (self.manifest.get("ledger") or {}).get("counts") or {}
        return counts

    @property
    def faces(self) -> list[str]:
        """Surrogates that are shown."""
        people = self.manifest.get("people") or []
        return [
            face["id"] for person in people if (face := person.get("surrogate")) and "id" in face
        ]


def card(
    entries: Sequence[Entry],
    checks: Sequence[Check],
    *,
    title: str = "",
    consent: str = "",
    licence: str = "",
    contact: str = "",
) -> str:
    """The data card, Markdown; the same input gives the same text."""
    count, seconds = len(entries), sum(entry.seconds for entry in entries)
    frames = {key: sum(e.counts.get(key, 0) for e in entries) for key in _kinds(entries)}
    total = max(sum(frames.values()), 1)
    share = ", ".join(f"{100 * n / total:.1f} % {key}" for key, n in frames.items())
    sounding = sum(entry.sound for entry in entries)
    sound = (
        "without sound" if not sounding
        else "with the original sound: voices identify people" if sounding == count
        else f"{sounding} of them with the original sound: voices identify people"
    )  # fmt: skip
    engines = sorted({e.manifest.get("settings", {}).get("engine", "unknown") for e in entries})
    software = {
        key: value for e in entries for key, value in e.manifest.get("versions", {}).items()
    }
    return f"""# {title or TITLE}

## Motivation

To share how faces move in clinical videos without showing whose faces they are. Who made it and who
paid for it: not stated here; ask the contact below.

## Composition

- {_many(count, "clip")}, {seconds:.0f} s in all, {sound}.
- Frames: {share or "none"}. *Rendered* frames show the movement as it was measured, *interpolated*
  ones what lies between two measurements, *covered* ones a solid area and no face.
- `clip-NNN.mp4`: the video. `clip-NNN.json`: what was done to every frame.
  `clip-NNN-metrics.json`: what was measured of it. `manifest.json`: sizes and checksums.

| Clip | s | frames | rendered | covered | method | faces shown | nearest to the original |
|---|---|---|---|---|---|---|---|
{"".join(_clip_row(entry) for entry in entries)}
*Nearest to the original*: the recogniser's smallest distance between a face in the clip and the
person's own, measured when the clip was made; less than 0.60 is the same person.

## Collection

Recorded by whoever is named below. Consent: {consent or "**not stated**: ask before use"}.

## Preprocessing

- Every face: {"; ".join(_ENGINES.get(engine, engine) for engine in engines)}. The faces shown are
  averages of many people or moved away from everybody, and are nobody's.
- Software: {", ".join(f"{key} {value}" for key, value in software.items()) or "not stated"}.
- Outside the faces nothing was changed but by encoding again.
- Files have neutral names. The manifests hold neither names nor, unless they say so, the checksums
  of the originals.

### What was measured
{_measures(entries)}
### Last checks

| | Check | |
|---|---|---|
{"".join(_check_row(check) for check in checks)}
## What can still identify somebody

- **Movement.** It was kept on purpose. People have been recognised by how their faces move.
- **{"The voice" if sounding else "What is said with hands and lips"}**{
        ", which is in the clips, is as good as a name to some."
        if sounding
        else ". There is no sound; lips can be read."
    }
- **Hair, ears, shape of the head, neck, body, clothes, room** and what lies in it: as recorded.
- **Signs of a rare disease, scars outside the face, tattoos, jewellery.**
- **Whoever knows the person, or has the original**, may know who it is. One recogniser was asked,
  on a sample of frames.

Treat the clips as personal data.

## Uses

For: research into movement, teaching, comparing ways to measure. Not for: finding out who somebody
is; judging somebody; inferring emotions of people at work or in education; diagnosing. The faces
are synthetic: do not take their age, sex and skin for the patient's. No clinician has compared
ratings of these clips with those of the originals, unless it is said above.

## Distribution

Terms: {licence or "**not stated**: ask before passing it on"}. Share it under an agreement, not on
the open web.

## Maintenance

Contact: {contact or "not stated"}. Packed with mien {versions()["mien"]}. If somebody who is shown
withdraws, the clips are to be deleted by everybody who has them.
"""


def readme(entries: Sequence[Entry], title: str = "") -> str:
    """What to read first, plain text."""
    return f"""{title or TITLE}

{
        _many(len(entries), "video")
    } in which every face was replaced or hidden by mien: the faces show nobody.
Movement, hair, body and room are as recorded{
        ", and so is the voice" if any(entry.sound for entry in entries) else ""
    }: they can still identify a person.

DATA_CARD.md    what this is, how it was made, what it may be used for, whom to ask
clip-001.mp4    the videos, and beside each what was done to its frames (.json)
manifest.json   every file with its size and SHA-256 checksum

Read DATA_CARD.md before you use or pass on anything.
"""


def _kinds(entries: Sequence[Entry]) -> list[str]:
    return list(dict.fromkeys(key for entry in entries for key in entry.counts))


def _clip_row(entry: Entry) -> str:
    counts, settings = entry.counts, entry.manifest.get("settings") or {}
    frames = sum(counts.values())
    audits = entry.manifest.get("privacy") or []
    nearest = min((person["nearest"] for person in audits if "nearest" in person), default=None)
    return (
        f"| {entry.name} | {entry.seconds:.1f} | {frames} | {_percent(counts, 'rendered')} | "
        f"{_percent(counts, 'covered')} | {settings.get('engine', '–')} | "
        f"{', '.join(entry.faces) or '–'} | {'–' if nearest is None else f'{nearest:.2f}'} |\n"
    )


def _percent(counts: Mapping[str, int], key: str) -> str:
    total = sum(counts.values())
    return f"{100 * counts.get(key, 0) / total:.1f} %" if total else "–"


def _measures(entries: Sequence[Entry]) -> str:
    measured = [entry for entry in entries if entry.metrics is not None]
    columns = known([entry.metrics for entry in measured])
    if not columns:
        return "\nNothing: there are no figures of how well the movement was kept.\n"
    head = "".join(f" {column.title} |" for column in columns)
    lines = ""
    for entry in measured:
        values = [column.value(entry.metrics) for column in columns]
        cells = "".join(f" {'–' if value is None else f'{value:.3g}'} |" for value in values)
        lines += f"| {entry.name} |{cells}\n"
    missing = len(entries) - len(measured)
    left = f" Not measured: {_many(missing, 'clip')}." if missing else ""
    return (
        "\nAgainst the originals, with `mien evaluate`; r and f1 are best at 1, errors at 0."
        f"{left}\n\n| Clip |{head}\n|---|{'---|' * len(columns)}\n{lines}"
    )


def _check_row(check: Check) -> str:
    clip = "all" if check.clip is None else f"clip-{check.clip:03d}"
    return f"| {clip} | {_SIGNS[check.verdict]} | {check.sentence.replace('|', '/')} |\n"


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
