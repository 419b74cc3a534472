"""Writing a cohort as a data set, after the last checks of every release."""

from __future__ import annotations

import json
import os
import re
import shutil
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import fill
from typing import Any

from mien.errors import OutputError, ParameterError
from mien.outputs import PART, check_parent, complete_folder
from mien.progress import Progress
from mien.release.checks.base import Check
from mien.release.dataset import bag
from mien.release.dataset.fhir import KINDS, resource
from mien.release.dataset.layout import as_json, place, sidecar, tables
from mien.release.packing import CARD, LIST, Options, Source, release
from mien.report.language import told, written_in

_FIRST = (
    "Videos whose faces were changed by mien.",
    "Read DATASHEET.md before you use or pass on anything.",
    "The layout is like BIDS; checksums are beside this folder (BagIt, RFC 8493).",
)
"""What is to be read first."""
_COLUMNS = 90


@dataclass(frozen=True)
class Dataset:
    """What `write_dataset` made."""

    folder: Path
    """The bag; the data set is its folder ``data``."""
    participants: int
    """People in it."""
    videos: int
    """Videos in it."""
    files: int
    """Files in the data set."""
    checks: tuple[Check, ...]
    """The checks of a release, none of which failed."""


def write_dataset(
    sources: Sequence[Source],
    output: str | os.PathLike[str],
    options: Options | None = None,
    *,
    fhir: str | None = None,
    progress: Progress | None = None,
) -> Dataset:
    """Check results and lay them out as a data set.

    Everything is checked as `mien.release.release` does, and what it packs is what is laid
    out. The same input gives the same bytes.

    Parameters
    ----------
    sources : sequence of Source
        Results; only read.
    output : path
        A new folder.
    options : Options, optional
        What goes in, and what the datasheet says.
    fhir : {"media", "document"}, optional
        Also write a FHIR resource for each video.
    progress : callable, optional
        Called as ``progress(stage, done, total)``.

    Returns
    -------
    dataset : Dataset

    Raises
    ------
    Withheld
        If a check failed; nothing is written.
    ParameterError, FormatError, VideoError
        As `mien.release.release`.
    OutputError
        If there is something at the folder's place, or it cannot be written.
    """
    if fhir is not None and fhir not in KINDS:
        raise ParameterError(f"fhir is {fhir!r}: choose {' or '.join(KINDS)}.")
    options, folder = replace(options or Options(), layout="dataset"), Path(output)
    check_parent(folder)
    if os.path.lexists(folder):
        raise OutputError(f"{folder} already exists: choose another name.")
    parent = folder.absolute().parent
    with TemporaryDirectory(prefix=".mien-", suffix=PART, dir=parent) as aside:
        packed = Path(aside) / "release.zip"
        made = release(sources, packed, options, progress=progress)
        with (
            complete_folder(folder, lambda path: False) as part,
            zipfile.ZipFile(packed) as archive,
        ):
            (part / bag.PAYLOAD).mkdir()
            people, videos = _lay_out(archive, part / bag.PAYLOAD, options, fhir)
            files = bag.seal(part)
    return Dataset(folder, people, videos, files, made.checks)


def _lay_out(
    archive: zipfile.ZipFile, data: Path, options: Options, fhir: str | None
) -> tuple[int, int]:
    """Unpack a release into the layout; how many participants and videos there are."""
    names = set(archive.namelist())

    def read(name: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(archive.read(name))
        return found

    clips = sorted(name[: -len(".mp4")] for name in names if name.endswith(".mp4"))
    placed = place({clip: read(f"{clip}.json") for clip in clips})
    card = archive.read(CARD).decode()
    for one in placed:
        video = data / f"{one.stem}.mp4"
        video.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(f"{one.clip}.mp4") as source, video.open("xb") as target:
            shutil.copyfileobj(source, target, 1 << 20)
        measured = f"{one.clip}-metrics.json"
        metrics = read(measured) if measured in names else None
        video.with_suffix(".json").write_bytes(as_json(sidecar(one, metrics)))
        card = re.sub(rf"\b{one.clip}\b", one.stem.rsplit("/", 1)[-1], card)
        if fhir is not None:
            (data / "fhir").mkdir(exist_ok=True)
            name = f"{one.stem.rsplit('/', 1)[-1]}.json"
            (data / "fhir" / name).write_bytes(as_json(resource(one, video, fhir)))
    listed = read(LIST)
    for name, content in tables(placed, listed["title"], options.licence).items():
        (data / name).write_bytes(content)
    (data / "DATASHEET.md").write_text(card)
    with written_in(options.language):
        said = [told(sentence) for sentence in _FIRST]
        title = told(listed["title"])
    (data / "README").write_text(f"{title}\n\n{fill(' '.join(said), _COLUMNS)}\n")
    return len({one.participant for one in placed}), len(placed)
