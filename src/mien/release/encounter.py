"""An encounter as a data set that can be shared: de-identified videos, timelines, scores, a card.

The folder is made beside its place, searched for what must not be in it, and appears under its name
only if nothing was found. Headings of the card follow [1]_; the text is ours.

References
----------
.. [1] Gebru et al., "Datasheets for datasets", Communications of the ACM 64(12), 2021.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from mien.blendshapes.scores import NAMES
from mien.encounter.agreement import Agreement, agreement
from mien.encounter.analysis import Encounter, analyse
from mien.encounter.timeline import EXPRESSIONS, ROLES, Timeline, save_timelines
from mien.errors import NoFaceError, OutputError, ParameterError, PrivacyError
from mien.outputs import checksum
from mien.pipeline.deidentify import deidentify
from mien.pipeline.manifest import versions
from mien.pipeline.settings import Settings
from mien.release.leaks import leaks, strangers
from mien.report.encounter.tables import timelines_csv
from mien.report.folder import Staged, check_folder

BOTH = "both"
"""Name of the one recording that shows both people."""
BASELINES: tuple[str, ...] = ("blur", "pixelate", "mask")
"""Other ways to hide a face with which the agreement of labels can be compared."""
VERSION = 1

Progress = Callable[[str, int, int | None], None]


@dataclass(frozen=True)
class Options:
    """What goes into a data set, and how."""

    voice: str = "mute"
    """``"mute"`` leaves the sound out, ``"keep"`` copies it: a voice identifies a person."""
    title: str = "An encounter of a doctor and a patient"
    """Heading of the card."""
    consent: str = ""
    """Who agreed to what, as the card is to say it."""
    licence: str = ""
    """Under what terms others may use it, as the card is to say it."""
    contact: str = ""
    """Whom to ask, as the card is to say it."""
    baselines: tuple[str, ...] = ()
    """Of `BASELINES`: their labels are compared too; their videos are not published."""

    def __post_init__(self) -> None:
        if self.voice not in ("keep", "mute"):
            raise ParameterError(f"voice is {self.voice!r}: choose keep or mute.")
        for name in self.baselines:
            if name not in BASELINES:
                raise ParameterError(
                    f"There is no baseline {name!r}: choose from {', '.join(BASELINES)}."
                )


@dataclass(frozen=True, eq=False)
class Published:
    """What `publish` made."""

    folder: Path
    """Where it is."""
    manifest: dict[str, Any]
    """Content of its manifest."""
    agreement: Agreement
    """Of the labels before and after de-identification, of both people together."""


def publish(
    doctor: str | os.PathLike[str],
    patient: str | os.PathLike[str] | None,
    folder: str | os.PathLike[str],
    options: Options | None = None,
    *,
    encounter: Encounter | None = None,
    analysis: Mapping[str, Any] | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Published:
    """Write an encounter as a data set.

    The folder holds ``videos/`` (de-identified with mien's mesh engine, without sound unless asked
    for), ``timeline.parquet`` and ``timeline.csv`` (a row per role and second, before
    de-identification, with the label after it), ``moments.parquet`` (several rows a second, with
    the blendshape scores), ``tables.json``, ``schema.json``, ``manifest.json`` and
    ``DATA_CARD.md``. ``pandas.read_parquet(folder / "timeline.parquet")`` reads the timeline.

    Parameters
    ----------
    doctor : path
        The doctor's recording; without `patient` one that shows both.
    patient : path or None
        The patient's recording.
    folder : path
        Where to; it must not exist, or be empty.
    options : Options, optional
        What goes into it.
    encounter : Encounter, optional
        What `analyse` found in the recordings, if that is known.
    analysis : mapping, optional
        Arguments of `analyse`: offset, references, resolution, fps, ...
    overwrite : bool
        Replace a data set that is there.
    progress : callable, optional
        Called as ``progress(stage, done, total)``.

    Raises
    ------
    PrivacyError
        If somebody could be recognised, or something of the originals is found in the folder;
        nothing is written.
    OutputError
        If something is in the way or the folder cannot be written.
    VideoError, NoFaceError, ParameterError
        As `analyse` and `deidentify`.
    """
    options = options or Options()
    settings = dict(analysis or {})
    place = Path(folder)
    originals = {BOTH: Path(doctor)} if patient is None else {
        "doctor": Path(doctor), "patient": Path(patient)
    }  # fmt: skip
    for original in originals.values():
        if place.resolve() in (original.resolve(), *original.resolve().parents):
            raise OutputError(f"{original} lies in {place}: choose another folder.")
    check_folder(place, overwrite)
    if strange := strangers(place, (*ROLES, BOTH)):
        raise OutputError(
            f"{place} holds {strange[0]}, which would be shared with it: move it away first."
        )
    if encounter is None:
        encounter = analyse(*originals.values(), progress=progress, **settings)
    landmarker = settings.get("landmarker")
    base = Settings(voice="mute", landmarker=None if landmarker is None else str(landmarker))
    with Staged(place, overwrite) as staged, TemporaryDirectory(prefix="mien-labels-") as aside:
        videos, records = {}, {}
        for name, original in originals.items():
            videos[name] = staged.part / "videos" / f"{name}.mp4"
            videos[name].parent.mkdir(exist_ok=True)
            result = deidentify(
                original,
                videos[name],
                replace(base, voice=options.voice),  # type: ignore[arg-type]
                progress=_staged(progress, f"{name}, "),
            )
            # the record beside the video says which input it came from
            result.manifest.unlink(missing_ok=True)
            records[f"videos/{name}.mp4"] = _public(result.record)
        labelled = _relabel(encounter, videos, settings, progress)
        found = _agreements(encounter, labelled)
        baselines = {}
        for engine in options.baselines:
            hidden = {}
            for name, original in originals.items():
                hidden[name] = Path(aside) / f"{engine}-{name}.mp4"
                deidentify(
                    original,
                    hidden[name],
                    replace(base, engine=engine),
                    progress=_staged(progress, f"{engine}, {name}, "),
                    withhold=False,
                )
            baselines[engine] = _agreements(
                encounter, _relabel(encounter, hidden, settings, progress)
            )
        clean = _without_names(encounter, originals)
        _write_tables(staged, clean, labelled)
        staged.write("schema.json", _json(schema()))
        numbers = {
            "deidentified": {key: value.as_dict() for key, value in found.items()},
            "baselines": {
                engine: {key: value.as_dict() for key, value in entry.items()}
                for engine, entry in baselines.items()
            },
        }
        staged.write("DATA_CARD.md", card(clean, options, found, baselines, records))
        manifest = _manifest(staged.part, clean, options, numbers, records)
        staged.write("manifest.json", _json(manifest))
        if problems := leaks(staged.part, originals, voice=options.voice, progress=progress):
            more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
            raise PrivacyError(
                f"The data set was withheld: {problems[0]}{more}; nothing was written."
            )
        staged.commit()
    return Published(place, manifest, found["all"])


# --- labels before and after ----------------------------------------------------------------------


def _relabel(
    encounter: Encounter,
    videos: Mapping[str, Path],
    settings: Mapping[str, Any],
    progress: Progress | None,
) -> dict[str, Timeline] | None:
    """Timelines of other videos of the same encounter; None where no face is found in them."""
    same = {key: value for key, value in settings.items() if key in ("classifier", "second",
            "assess", "landmarker")}  # fmt: skip
    line = encounter.timelines["doctor"]
    fps = 1 / next(iter(encounter.fine.values())).resolution
    if len(videos) == 2:
        same["offset"] = encounter.offset.seconds
    try:
        again = analyse(
            *videos.values(),
            resolution=line.resolution,
            fps=min(fps, 30.0),
            progress=_staged(progress, "labels again, "),
            **same,
        )
    except (NoFaceError, ParameterError):  # nobody, or only one of two, is seen any more
        return None
    found = dict(again.timelines)
    if len(videos) == 1:
        # faces were exchanged, so only what they do says who is who
        swapped = {
            role: replace(found[other], role=role)
            for role, other in zip(ROLES, reversed(ROLES), strict=True)
        }
        if _difference(encounter, swapped) < _difference(encounter, found):
            found = swapped
    return found


def _difference(encounter: Encounter, other: Mapping[str, Timeline]) -> float:
    """How differently faces move, mean of both roles."""
    total = []
    for role in ROLES:
        one, two = encounter.timelines[role], other[role]
        count = min(len(one), len(two))
        apart = np.abs(one.scores[:count] - two.scores[:count])
        total.append(float(np.nanmean(apart)) if np.isfinite(apart).any() else 1.0)
    return float(np.mean(total))


def _agreements(
    encounter: Encounter, labelled: Mapping[str, Timeline] | None
) -> dict[str, Agreement]:
    """Of both people together, and of each."""
    if labelled is None:
        labelled = {role: _nothing(encounter.timelines[role]) for role in ROLES}
    pairs = {"all": ROLES, **{role: (role,) for role in ROLES}}
    return {
        key: agreement(
            [encounter.timelines[role] for role in roles], [labelled[role] for role in roles]
        )
        for key, roles in pairs.items()
    }


def _nothing(line: Timeline) -> Timeline:
    """The same time with nothing known."""
    return Timeline.of(
        [], line.role, start=float(line.times[0]), end=line.end, resolution=line.resolution
    )


# --- files ----------------------------------------------------------------------------------------


def _write_tables(
    staged: Staged, encounter: Encounter, labelled: Mapping[str, Timeline] | None
) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    tables = []
    for role in ROLES:
        line = encounter.timelines[role]
        table = line.to_table()
        names, sure = _labels_at(line, None if labelled is None else labelled[role])
        place = table.column_names.index("expression") + 1
        table = table.add_column(place, "expression_deidentified", pa.array(names, pa.string()))
        table = table.add_column(place + 1, "p_deidentified", pa.array(sure, pa.float32()))
        tables.append(table)
    joined = pa.concat_tables(tables)
    try:
        pq.write_table(joined, staged.part / "timeline.parquet", compression="zstd")
    except OSError as exc:
        raise OutputError(f"{staged.path} cannot be written: {exc.strerror or exc}.") from exc
    staged.write("timeline.csv", timelines_csv(tables))
    save_timelines(staged.part / "moments.parquet", list(encounter.fine.values()))
    staged.write("tables.json", _json(encounter.as_dict()))


def _labels_at(line: Timeline, other: Timeline | None) -> tuple[list[Any], list[Any]]:
    """Expression and its probability in another timeline at the times of a first one."""
    names: list[Any] = [None] * len(line)
    sure: list[Any] = [None] * len(line)
    if other is not None and len(other):
        their = other.names()
        for k, time in enumerate(line.times):
            at = round(float(time - other.times[0]) / line.resolution)
            if 0 <= at < len(other) and their[at] is not None:
                names[k] = their[at]
                sure[k] = float(other.probabilities[at].max())
    return names, sure


def _manifest(
    folder: Path,
    encounter: Encounter,
    options: Options,
    numbers: Mapping[str, Any],
    records: Mapping[str, Any],
) -> dict[str, Any]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    line = encounter.timelines["doctor"]
    return {
        "dataset": VERSION,
        "title": options.title,
        "made": _today(),
        "versions": versions(),
        "settings": {
            "engine": "mesh",
            "voice": options.voice,
            "resolution_s": line.resolution,
            "moment_s": next(iter(encounter.fine.values())).resolution,
            "baselines": list(options.baselines),
        },
        "clock": {
            "offset_s": encounter.offset.seconds,
            "found": encounter.offset.source,
            "recordings_s": {r: list(span) for r, span in (encounter.recordings or {}).items()},
        },
        "label_agreement": dict(numbers),
        "deidentification": dict(records),
        "files": {
            path.relative_to(folder).as_posix(): {
                "bytes": path.stat().st_size,
                "sha256": checksum(path),
            }
            for path in files
        },
    }


def _public(record: Mapping[str, Any]) -> dict[str, Any]:
    """Of a video's record, what says nothing about its input."""
    kept = {key: record[key] for key in ("label", "ledger", "residual_faces") if key in record}
    if "ledger" in kept:
        kept["ledger"] = {"counts": kept["ledger"].get("counts")}
    kept["privacy"] = [
        {
            key: person[key]
            for key in ("person", "nearest", "mean", "threshold", "share_under", "share_upper",
                        "compared", "frames")
            if key in person
        }
        for person in record.get("privacy", [])
    ]  # fmt: skip
    kept["linkable"] = {
        key: value
        for key, value in dict(record.get("linkable") or {}).items()
        if key in ("by_facial_motion", "by_head_motion")
    }
    return kept


def _without_names(encounter: Encounter, originals: Mapping[str, Path]) -> Encounter:
    notes = list(encounter.notes)
    for role, path in originals.items():
        words = "the recording" if role == BOTH else f"the {role}'s recording"
        notes = [note.replace(path.name, words) for note in notes]
    clean = replace(encounter, notes=tuple(note[:1].upper() + note[1:] for note in notes))
    clean.__dict__["tables"] = encounter.tables  # counted once
    return clean


def schema() -> dict[str, Any]:
    """What every column of the tables is, for JSON."""

    def column(name: str, kind: str, says: str, unit: str = "") -> dict[str, str]:
        found = {"name": name, "type": kind, "description": says}
        return found | ({"unit": unit} if unit else {})

    steps = [
        column("time", "float64", "Start of the step on the clock of the doctor's recording", "s"),
        column("role", "string", "Whose face: doctor or patient"),
        column("expression", "string", "What the face resembled most; null where not assessed"),
        *(
            column(f"p_{name}", "float32", f"Mean probability of an expression resembling {name}")
            for name in EXPRESSIONS
        ),
        column("assessable", "float32", "Share of the moments in which the face was assessed"),
        column("samples", "int32", "Moments looked at"),
        column("reason", "string", "Why there is no expression; null where there is one"),
        column("mouth", "float32", "Standard deviation of the lips' opening", "eye distances"),
        column("loudness", "float32", "Level of the sound", "dB under full scale"),
        column("speaking", "float32", "1 where the mouth moves while there is sound, else 0"),
        column("towards", "float32", "Share of moments turned to the other person; null without"),
        *(
            column(name, "float32", "Blendshape score, 0 to 1, ARKit's name, of the original")
            for name in NAMES
        ),
    ]
    after = [
        column(
            "expression_deidentified", "string",
            "What the face in the de-identified video resembled most; null where not assessed",
        ),
        column("p_deidentified", "float32", "Its mean probability"),
    ]  # fmt: skip
    return {
        "timeline.parquet": {
            "row": "one role in one step",
            "read": 'pandas.read_parquet("timeline.parquet")',
            "columns": [*steps[:3], *after, *steps[3:]],
        },
        "timeline.csv": {"row": "as timeline.parquet; an empty cell is null"},
        "moments.parquet": {"row": "one role at one moment", "columns": steps},
        "tables.json": {"content": "counts, comparison, durations, episodes, transitions, "
                        "synchrony, latency, computed from the two tables"},
        "manifest.json": {"content": "files with SHA-256, versions, settings, agreement of labels"},
        "videos": {"content": "MP4 (H.264); their first frames are at manifest.clock.recordings_s"},
    }  # fmt: skip


# --- the card -------------------------------------------------------------------------------------


def card(
    encounter: Encounter,
    options: Options,
    found: Mapping[str, Agreement],
    baselines: Mapping[str, Mapping[str, Agreement]],
    records: Mapping[str, Any],
) -> str:
    """The data card, Markdown."""
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
    distance = (
        f"  The nearest frame of a result came to {min(nearest):.2f} of an original in the "
        "recogniser's\n  distance, where less than 0.60 is the same person.\n"
        if nearest
        else ""
    )
    notes = "".join(f"- {note}\n" for note in encounter.notes)
    return f"""# {options.title}

## Motivation

To share what two faces did in a consultation without showing who they were: for research into
communication, for teaching, and for comparing ways to read expressions. Who made it and who paid
for it: not stated here; ask the contact below.

## Composition

- One encounter of {length:.0f} s, {len(records)} video{"s" if len(records) > 1 else ""}, {sound}.
- `timeline.parquet`, `timeline.csv`: {2 * len(line)} rows, one per role and {line.resolution:g} s.
  {known["doctor"]} steps of the doctor and {known["patient"]} of the patient carry an expression;
  the others say why not.
- `moments.parquet`: the same {moments:.0f} times a second, with 51 blendshape scores.
- `tables.json`: the summaries. `schema.json`: every column. `manifest.json`: checksums, versions,
  settings.
- Expressions ({", ".join(EXPRESSIONS)})
  name what a picture of the face resembles. They are no record of what anybody felt, and no score
  of a person.
- **Labels, probabilities and scores are of the original recordings**, measured before
  de-identification; the columns `expression_deidentified` and `p_deidentified` are of the videos in
  this folder. Scores of movement are no face, but they are personal data: people have been
  recognised by how their faces move.

```python
import pandas as pd

timeline = pd.read_parquet("timeline.parquet")
```

## Collection

Recorded by whoever is named below, {len(records)} camera{"s" if len(records) > 1 else ""}.
Consent: {options.consent or "**not stated**: ask before use"}.
The clocks: offset {encounter.offset.seconds:+.3f} s ({encounter.offset.source}).

{notes}
## Preprocessing

- Faces in the videos were replaced by mien's mesh engine: another face, the same movement.
{distance}  Hair, body, clothes, room and, where kept, voice are the original ones.
- The folder was searched before it was given its name: every frame of the videos differs from the
  frame of the original at its time; no file holds the originals' names, folders or checksums;
  there is {"sound, as asked for" if options.voice == "keep" else "no sound"}; there are no other
  files.
- Expressions by mien's classifier, which abstains where a face is too small, turned away, dark or
  covered.

### Do labels survive de-identification?

Cohen's κ of the expressions, second by second, before and after. “All” counts a second that was
lost as a different answer.

| | κ | 95 % | same | seconds in both | lost | κ, all |
|---|---|---|---|---|---|---|
{_agreement_rows(found, "mesh")}{"".join(_agreement_rows(e, n) for n, e in baselines.items())}
By expression, against all others (both people together, mesh):

| | κ | seconds before | seconds after | both |
|---|---|---|---|---|
{_class_rows(found["all"])}
An expression of which there are few seconds says little.

## Uses

For: communication research, teaching, method development. Not for: finding out who somebody is;
judging a doctor or a patient; inferring emotions of people at work, which Article 5(1)(f) of the
EU AI Act prohibits except for medical or safety reasons; diagnosing. Faces that move little, are
palsied or covered are read wrongly; so are faces and manners the classifier has seen little of.

## Distribution

Terms: {options.licence or "**not stated**: ask before passing it on"}. Treat it as personal data:
share it under an agreement, not on the open web.

## Maintenance

Contact: {options.contact or "not stated"}.
Made with mien {versions()["mien"]} on {_today()}.
If one of the two people withdraws, the folder is to be deleted by everybody who has it.
"""


def _agreement_rows(found: Mapping[str, Agreement], engine: str) -> str:
    rows = ""
    for key, one in found.items():
        interval = "–" if one.interval is None else (
            f"{one.interval[0]:.2f} to {one.interval[1]:.2f}"
        )  # fmt: skip
        who = "both people" if key == "all" else key
        rows += (
            f"| {engine}, {who} | {_short(one.kappa)} | {interval} | {_percent(one.share)} | "
            f"{one.steps} | {one.lost} | {_short(one.kappa_all)} |\n"
        )
    return rows


def _class_rows(one: Agreement) -> str:
    entries = one.as_dict()["by_expression"]
    return "".join(
        f"| {name} | {_short(e['kappa'])} | {e['first']} | {e['second']} | {e['both']} |\n"
        for name, e in entries.items()
    )


def _short(value: float | None) -> str:
    return "–" if value is None or not math.isfinite(value) else f"{value:.2f}"


def _percent(value: float) -> str:
    return "–" if not math.isfinite(value) else f"{100 * value:.0f} %"


def _today() -> str:
    return datetime.now(UTC).date().isoformat()


def _json(content: Any) -> str:
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _staged(progress: Progress | None, name: str) -> Progress | None:
    if progress is None:
        return None
    return lambda stage, done, total: progress(f"{name}{stage}", done, total)
