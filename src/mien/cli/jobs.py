"""Which clips are de-identified into which files, decided before anything starts."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from mien.cli.inputs import gather
from mien.errors import OutputError, ParameterError
from mien.video import clips


@dataclass(frozen=True)
class Job:
    """One input and the files it becomes."""

    source: Path
    """The clip; only read."""
    output: Path
    """The result."""
    side_by_side: Path | None
    """Original and result beside each other; None if that is not wanted."""

    @property
    def outputs(self) -> list[Path]:
        """Everything that is written."""
        files = [self.output, self.output.with_suffix(".json")]
        return files if self.side_by_side is None else [*files, self.side_by_side]


@dataclass(frozen=True)
class Plan:
    """What is to be done."""

    jobs: list[Job]
    """In order."""
    folder: Path | None
    """The folder of all results; None where one result has a name of its own."""
    remarks: list[str]
    """Sentences on what is left out."""


def plan(inputs: list[Path], out: Path, side_by_side: bool) -> Plan:
    """Name every file.

    Raises
    ------
    ParameterError
        If two files would have one name, a folder holds no clip, or `out` is neither a clip's name
        nor a folder.
    OutputError
        If a file is an input, or the results would lie among the originals.
    """
    found = gather(inputs)
    folder = _folder(found.clips, found.folders, out)
    outputs = [out] if folder is None else [folder / f"{one.stem}.mp4" for one in found.clips]
    jobs = [
        Job(
            source,
            output,
            output.with_name(f"{output.stem}{clips.SIDE_BY_SIDE}.mp4") if side_by_side else None,
        )
        for source, output in zip(found.clips, outputs, strict=True)
    ]
    _check_apart(jobs, found.clips)
    return Plan(jobs, folder, found.remarks)


@contextmanager
def made(folder: Path | None) -> Iterator[None]:
    """Make the folder of results if it is missing, and take it away again if nothing came.

    Raises
    ------
    OutputError
        If it cannot be made.
    """
    if folder is None or folder.is_dir():
        yield
        return
    try:
        folder.mkdir()
    except OSError as exc:
        missing = not folder.absolute().parent.exists()
        why = f"{folder.parent} does not exist" if missing else exc.strerror or exc
        raise OutputError(f"The folder {folder} cannot be made: {why}.") from exc
    try:
        yield
    finally:
        with suppress(OSError):
            folder.rmdir()  # which refuses one that holds something


def _folder(sources: list[Path], folders: list[Path], out: Path) -> Path | None:
    """The folder that results go to, or None if `out` is the name of the one result."""
    many = len(sources) > 1 or bool(folders)
    if out.is_dir():
        for folder in folders:
            if out.samefile(folder):
                raise OutputError(
                    f"{out} holds the originals, and results among them would be taken for "
                    "originals: choose another folder with --out."
                )
        return out
    ending = out.suffix.lower()
    if not many and ending in clips.WRITTEN:
        return None
    if many and (out.exists() or ending in clips.ENDINGS):
        raise ParameterError(f"{out} is not a folder: many clips need a folder as --out.")
    if out.exists() or ending in clips.ENDINGS:
        raise ParameterError(
            f"{out} would be written as MP4, whatever the input is: name it "
            f"{out.with_suffix('.mp4').name}."
        )
    if many:
        return out
    raise OutputError(
        f"The folder {out} does not exist: create it first, or give --out a name that ends in .mp4."
    )


def _check_apart(jobs: list[Job], inputs: list[Path]) -> None:
    """Refuse to write one file twice, or over an input."""
    taken: dict[str, Path] = {}
    files = {_identity(source) for source in inputs} - {None}
    for job in jobs:
        for path in job.outputs:
            # some file systems take A.mp4 and a.mp4 for one file
            first = taken.setdefault(str(path).casefold(), job.source)
            if first is not job.source:
                raise ParameterError(
                    f"{first} and {job.source} would both be written to {path}: rename one or "
                    "de-identify them into different folders."
                )
            if _identity(path) in files:
                raise OutputError(
                    f"{path} is an input, and inputs are never overwritten: choose another "
                    "place with --out."
                )


def _identity(path: Path) -> tuple[int, int] | None:
    """What the system knows a file by; None of one that is not there."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino
