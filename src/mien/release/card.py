"""The texts of a release: its data card, and what to read first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import fill
from typing import Any

from mien.engines import ENGINES, Traits, traits_of
from mien.evidence.metrics import Metrics
from mien.pipeline.stored import StoredManifest
from mien.release.checks.base import Check
from mien.release.datasheet import datasheet
from mien.report.evidence.columns import known
from mien.report.language import told

TITLE = "De-identified clinical videos"
_COLUMNS = 96  # of plain text
_SIGNS = {"pass": "passed", "warn": "**note**", "fail": "**failed**"}
_FILES = {
    "DATA_CARD.md": "what this is, how it was made, what it may be used for, whom to ask",
    "clip-001.mp4": "the videos, and beside each what was done to its frames (.json)",
    "manifest.json": "every file with its size and SHA-256 checksum",
}
_RECOGNISED = " (weak: such faces have been recognised)"


@dataclass(frozen=True)
class Entry:
    """A clip of the release, as it is told of."""

    name: str
    """Without an ending: ``clip-001``."""
    manifest: StoredManifest
    """As it is passed on."""
    metrics: dict[str, Any] | None
    """Public; None where nothing was measured."""
    sound: bool
    """Whether it has a sound track."""

    @property
    def seconds(self) -> float:
        """Its length."""
        return self.manifest.seconds

    @property
    def counts(self) -> Mapping[str, int]:
        """Frames by what happened to them."""
        return self.manifest.counts

    @property
    def method(self) -> str:
        """What was done to the faces: the name of an engine."""
        return self.manifest.engine

    @property
    def traits(self) -> Traits:
        """What that engine does."""
        return traits_of(self.method)

    def has(self, role: str) -> bool:
        """Whether it shows somebody who was given that part."""
        return self.manifest.has(role)

    @property
    def faces(self) -> list[str]:
        """Surrogates that are shown."""
        return self.manifest.faces


def card(
    entries: Sequence[Entry],
    checks: Sequence[Check],
    *,
    layout: str = "archive",
    title: str = "",
    consent: str = "",
    licence: str = "",
    contact: str = "",
) -> str:
    """The data card, Markdown, in the language that is written now; the same input gives the same
    text. `layout` is that of `mien.release.packing.Options`."""
    count, seconds = len(entries), sum(entry.seconds for entry in entries)
    frames = {key: sum(e.counts.get(key, 0) for e in entries) for key in _kinds(entries)}
    total = max(sum(frames.values()), 1)
    share = ", ".join(told(f"{100 * n / total:.1f} % {key}") for key, n in frames.items())
    sounding = sum(entry.sound for entry in entries)
    sound = (
        "without sound" if not sounding
        else "with the original sound: voices identify people" if sounding == count
        else f"{sounding} of them with the original sound: voices identify people"
    )  # fmt: skip
    software = {key: value for e in entries for key, value in e.manifest.versions.items()}
    return datasheet(
        "clips",
        layout=layout,
        title=title or told(TITLE),
        purpose=_purpose(entries),
        size=told(f"{_many(count, 'clip')}, {seconds:.0f} s in all"),
        sound=told(sound),
        frames=share or told("none"),
        clips="".join(_clip_row(entry) for entry in entries),
        consent=consent,
        treatment=_treatment(entries),
        software=", ".join(f"{key} {value}" for key, value in software.items())
        or told("not stated"),
        measures=_measures(entries),
        checks="".join(_check_row(check) for check in checks),
        movement=_movement(entries),
        said=_said(entries, sounding),
        uses=_uses(entries),
        given=any(entry.traits.needs_surrogate for entry in entries),
        licence=licence,
        contact=contact,
    )


def readme(entries: Sequence[Entry], title: str = "") -> str:
    """What to read first, plain text, in the language that is written now."""
    moving = "Movement" if _all_move(entries) else "Movement of head and body"
    voice = ", and so is the voice" if any(entry.sound for entry in entries) else ""
    kept = (
        f"{moving}, hair, body and room are as recorded{voice}: they can still identify a person."
    )
    sentences = (
        told(f"{_many(len(entries), 'video')} changed by mien."), _hidden(entries), told(kept)
    )  # fmt: skip
    files = "".join(f"{name:<16}{told(what)}\n" for name, what in _FILES.items())
    return (
        f"{title or told(TITLE)}\n\n{fill(' '.join(sentences), _COLUMNS)}\n\n{files}\n"
        f"{told('Read DATA_CARD.md before you use or pass on anything.')}\n"
    )


def _kinds(entries: Sequence[Entry]) -> list[str]:
    return list(dict.fromkeys(key for entry in entries for key in entry.counts))


def _methods(entries: Sequence[Entry]) -> list[str]:
    return sorted({entry.method for entry in entries}, key=lambda one: (_rank(one), one))


def _rank(method: str) -> int:
    return list(ENGINES).index(method) if method in ENGINES else len(ENGINES)


def _all_move(entries: Sequence[Entry]) -> bool:
    return bool(entries) and all(entry.traits.keeps_motion for entry in entries)


def _purpose(entries: Sequence[Entry]) -> str:
    if _all_move(entries):
        return told(
            "To share how faces move in clinical videos without showing whose faces they are."
        )
    return told("To share clinical videos without showing whose faces are in them.")


def _uses(entries: Sequence[Entry]) -> str:
    moving = any(entry.traits.keeps_motion for entry in entries)
    return told("research into movement" if moving else "research into how a body moves")


def _of(entries: Sequence[Entry], chosen: Sequence[Entry]) -> str:
    """Which of the clips, unless it is all of them."""
    if len(chosen) == len(entries):
        return ""
    return f" in {', '.join(entry.name for entry in chosen)}"


def _treatment(entries: Sequence[Entry]) -> str:
    """What became of the faces, one line for each method."""
    lines = []
    for method in _methods(entries):
        chosen = [entry for entry in entries if entry.method == method]
        traits = traits_of(method)
        what = traits.words + ("" if traits.hides_face else _RECOGNISED)
        every = "Every other face" if any(entry.has("leave") for entry in chosen) else "Every face"
        lines.append(f"{every}{_of(entries, chosen)} (method {method}): {what}.")
        if traits.needs_surrogate:
            lines.append(
                "The new faces are averages of many people, moved away from the patient in the "
                "eyes of the recognisers that chose them."
            )
    if covered := [entry for entry in entries if entry.has("cover")]:
        lines.append(f"Faces that were to be covered{_of(entries, covered)}: a solid area.")
    if left := [entry for entry in entries if entry.has("leave")]:
        lines.append(f"**Faces that were left on purpose{_of(entries, left)}: as recorded.**")
    return "\n".join(f"- {told(line)}" for line in lines)


def _hidden(entries: Sequence[Entry]) -> str:
    """The same in a sentence or two for those who read nothing else."""
    every = {method: traits_of(method) for method in _methods(entries)}
    ways = [
        told((traits.in_full or traits.done) if method in ENGINES else f"changed ({method})")
        for method, traits in every.items()
    ]
    said = f"Every face was {_listed(ways, told('or'))}"
    if any(entry.has("leave") for entry in entries):
        said += ", but for some that were left as recorded on purpose"
    said = told(f"{said}.")
    if weak := [traits.done for traits in every.values() if not traits.hides_face]:
        said += " " + told(f"{_listed(weak, 'and').capitalize()} faces may still be recognised.")
    return said


def _movement(entries: Sequence[Entry]) -> str:
    """What movement can give away, and faces that are hidden badly."""
    moving = [entry for entry in entries if entry.traits.keeps_motion]
    if len(moving) == len(entries):
        lines = [
            "**Movement.** It was kept on purpose. People have been recognised by how their "
            "faces move."
        ]
    else:
        lines = ["**Movement of head and body.** It is as recorded, and can give somebody away."]
        if moving:
            lines.append(
                f"**Movement of the face**{_of(entries, moving)}. It was kept on purpose. People "
                "have been recognised by how their faces move."
            )
    for method in _methods(entries):
        if not (traits := traits_of(method)).hides_face:
            chosen = [entry for entry in entries if entry.method == method]
            lines.append(
                f"**The {traits.done} faces{_of(entries, chosen)}.** Such faces have been "
                "recognised, by people and by programs."
            )
    return "\n".join(f"- {told(line)}" for line in lines)


def _said(entries: Sequence[Entry], sounding: int) -> str:
    if sounding:
        return told("**The voice**, which is in the clips, is as good as a name to some.")
    if not any(entry.traits.shows_face for entry in entries):
        return told("**What is said with hands.** There is no sound, and lips are hidden.")
    return told("**What is said with hands and lips.** There is no sound; lips can be read.")


def _listed(words: Sequence[str], last: str) -> str:
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def _clip_row(entry: Entry) -> str:
    counts = entry.counts
    frames = sum(counts.values())
    audits = entry.manifest.audits
    nearest = min((person["nearest"] for person in audits if "nearest" in person), default=None)
    cells = (
        entry.name, told(f"{entry.seconds:.1f}"), str(frames),
        told(_percent(counts, "rendered")), told(_percent(counts, "covered")), entry.method,
        ", ".join(entry.faces) or "–", "–" if nearest is None else told(f"{nearest:.2f}"),
    )  # fmt: skip
    return f"| {' | '.join(cells)} |\n"


def _percent(counts: Mapping[str, int], key: str) -> str:
    total = sum(counts.values())
    return f"{100 * counts.get(key, 0) / total:.1f} %" if total else "–"


def _measures(entries: Sequence[Entry]) -> str:
    measured = [entry for entry in entries if entry.metrics is not None]
    figures = [Metrics.from_json(entry.metrics or {}) for entry in measured]
    columns = known(figures)
    if not columns:
        return f"\n{told('Nothing: there are no figures of how well the movement was kept.')}\n"
    head = "".join(f" {told(column.title)} |" for column in columns)
    lines = ""
    for entry, metrics in zip(measured, figures, strict=True):
        values = [metrics.value(column) for column in columns]
        said = ("–" if value is None else told(f"{value:.3g}") for value in values)
        cells = "".join(f" {cell} |" for cell in said)
        lines += f"| {entry.name} |{cells}\n"
    missing = len(entries) - len(measured)
    left = " " + told(f"Not measured: {_many(missing, 'clip')}.") if missing else ""
    against = told(
        "Against the originals, with `mien evaluate`; r and f1 are best at 1, errors at 0."
    )
    return f"\n{against}{left}\n\n| Clip |{head}\n|---|{'---|' * len(columns)}\n{lines}"


def _check_row(check: Check) -> str:
    clip = told("all") if check.clip is None else f"clip-{check.clip:03d}"
    sentence = told(check.sentence).replace("|", "/")
    return f"| {clip} | {told(_SIGNS[check.verdict])} | {sentence} |\n"


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
