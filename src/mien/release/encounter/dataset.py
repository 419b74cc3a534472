"""Making the folder of a data set: de-identified videos, timelines, scores, a card.

The folder is made beside its place, searched for what must not be in it, and appears under its name
only if nothing was found.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mien.encounter.agreement import Agreement
from mien.encounter.analysis import analyse
from mien.encounter.observation import ROLES
from mien.encounter.result import Encounter
from mien.encounter.settings import AnalysisSettings
from mien.errors import OutputError, PrivacyError
from mien.outputs import checksum
from mien.pipeline.deidentify import deidentify
from mien.pipeline.manifest import Residual, versions
from mien.pipeline.settings import Settings
from mien.progress import Progress, staged_as
from mien.release.encounter.card import card
from mien.release.encounter.labels import agreements, relabel
from mien.release.encounter.options import Options
from mien.release.encounter.tables import schema, write_tables
from mien.release.leaks import leaks, strangers
from mien.report.folder import Staged, check_folder

BOTH = "both"
"""Name of the one recording that shows both people."""
VERSION = 1


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
    analysis: AnalysisSettings | None = None,
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
    analysis : AnalysisSettings, optional
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
    analysis = analysis or AnalysisSettings()
    place = Path(folder)
    originals = _originals(doctor, patient)
    _check(place, originals, overwrite)
    if encounter is None:
        encounter = analyse(*originals.values(), settings=analysis, progress=progress)
    with Staged(place, overwrite) as staged:
        manifest, agreed = _fill(staged, encounter, originals, options, analysis, progress)
        _enforce(leaks(staged.part, originals, voice=options.voice, progress=progress))
        staged.commit()
    return Published(place, manifest, agreed)


def _originals(
    doctor: str | os.PathLike[str], patient: str | os.PathLike[str] | None
) -> dict[str, Path]:
    """The recordings by whom they show."""
    if patient is None:
        return {BOTH: Path(doctor)}
    return {"doctor": Path(doctor), "patient": Path(patient)}


def _enforce(problems: Sequence[str]) -> None:
    """Withhold what holds something of the originals."""
    if problems:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise PrivacyError(f"The data set was withheld: {problems[0]}{more}; nothing was written.")


def _fill(
    staged: Staged,
    encounter: Encounter,
    originals: Mapping[str, Path],
    options: Options,
    analysis: AnalysisSettings,
    progress: Progress | None,
) -> tuple[dict[str, Any], Agreement]:
    """Write everything; the manifest, and how the labels of both people agree."""
    landmarker = analysis.landmarker
    base = Settings(voice="mute", landmarker=None if landmarker is None else str(landmarker))
    kept = replace(base, voice=options.voice)  # type: ignore[arg-type]
    videos, records = _hidden(originals, staged.part / "videos", kept, progress)
    labelled = relabel(encounter, videos, analysis, progress)
    found = agreements(encounter, labelled)
    others = [replace(base, engine=name) for name in options.baselines]
    baselines = {
        other.engine: _baseline(encounter, originals, other, analysis, progress) for other in others
    }
    clean = _without_names(encounter, originals)
    write_tables(staged, clean, labelled)
    staged.write("tables.json", _json(clean.as_dict()))
    staged.write("schema.json", _json(schema()))
    staged.write("DATA_CARD.md", card(clean, options, found, baselines, records, _today()))
    numbers = {
        "deidentified": _as_dicts(found),
        "baselines": {engine: _as_dicts(entry) for engine, entry in baselines.items()},
    }
    manifest = _manifest(staged.part, clean, options, numbers, records)
    staged.write("manifest.json", _json(manifest))
    return manifest, found["all"]


def _check(place: Path, originals: Mapping[str, Path], overwrite: bool) -> None:
    """Refuse a folder that holds an original, or what is no part of a data set."""
    for original in originals.values():
        if place.resolve() in (original.resolve(), *original.resolve().parents):
            raise OutputError(f"{original} lies in {place}: choose another folder.")
    check_folder(place, overwrite)
    if strange := strangers(place, (*ROLES, BOTH)):
        raise OutputError(
            f"{place} holds {strange[0]}, which would be shared with it: move it away first."
        )


def _hidden(
    originals: Mapping[str, Path],
    folder: Path,
    settings: Settings,
    progress: Progress | None,
) -> tuple[dict[str, Path], dict[str, Any]]:
    """De-identified videos by name, and what is told of each by its place."""
    folder.mkdir(exist_ok=True)
    videos, records = {}, {}
    for name, original in originals.items():
        videos[name] = folder / f"{name}.mp4"
        said = staged_as(progress, f"{name}, ")
        result = deidentify(original, videos[name], settings, progress=said)
        # the record beside the video says which input it came from
        result.manifest.unlink(missing_ok=True)
        records[f"videos/{name}.mp4"] = _public(result.record)
    return videos, records


def _baseline(
    encounter: Encounter,
    originals: Mapping[str, Path],
    base: Settings,
    analysis: AnalysisSettings,
    progress: Progress | None,
) -> dict[str, Agreement]:
    """How labels agree with those of videos that another engine hides, which are not kept."""
    hidden = {}
    with TemporaryDirectory(prefix="mien-labels-") as aside:
        for name, original in originals.items():
            hidden[name] = Path(aside) / f"{base.engine}-{name}.mp4"
            said = staged_as(progress, f"{base.engine}, {name}, ")
            deidentify(original, hidden[name], base, progress=said, withhold=False)
        return agreements(encounter, relabel(encounter, hidden, analysis, progress))


def _as_dicts(found: Mapping[str, Agreement]) -> dict[str, Any]:
    return {key: value.as_dict() for key, value in found.items()}


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
            "engine": Settings.engine,
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
    if "residual_faces" in kept:
        kept["residual_faces"] = Residual.public(kept["residual_faces"])
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


def _today() -> str:
    return datetime.now(UTC).date().isoformat()


def _json(content: Any) -> str:
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
