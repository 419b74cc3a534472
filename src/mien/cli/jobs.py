"""Which clips are de-identified into which files, decided before anything starts."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
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
    name: str
    """What it is called in tables: with its place in the folder that was given."""
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
    found = gather(inputs, out, originals=True)
    folder = _folder(found.clips, found.folders, out)
    outputs = [out] if folder is None else [folder / f"{place}.mp4" for place in found.places]
    jobs = [
        Job(
            source,
            str(Path(place).with_name(source.name)),
            output,
            output.with_name(f"{output.stem}{clips.SIDE_BY_SIDE}.mp4") if side_by_side else None,
        )
        for source, place, output in zip(found.clips, found.places, outputs, strict=True)
    ]
    _check_apart(jobs, found.clips)
    return Plan(jobs, folder, found.remarks)


@contextmanager
def made(folder: Path | None, outputs: Iterable[Path] = ()) -> Iterator[None]:
    """Make the folder of results, and those within it, where they are missing, and take away again
    what nothing came into.

    Parameters
    ----------
    folder : Path or None
        The folder of all results; its own folder has to be there.
    outputs : iterable of Path
        What will be written, in it or in folders within it.

    Raises
    ------
    OutputError
        If one cannot be made.
    """
    if folder is None:
        yield
        return
    new = [] if folder.is_dir() else [folder]
    new += [one for one in _within(folder, outputs) if not one.is_dir()]
    try:
        for one in new:
            try:
                one.mkdir()
            except OSError as exc:
                missing = not one.absolute().parent.exists()
                why = f"{one.parent} does not exist" if missing else exc.strerror or exc
                raise OutputError(f"The folder {one} cannot be made: {why}.") from exc
        yield
    finally:
        for one in reversed(new):
            with suppress(OSError):
                one.rmdir()  # which refuses one that holds something


def _within(folder: Path, outputs: Iterable[Path]) -> list[Path]:
    """The folders that files lie in, below a folder, each after the one that it lies in."""
    found: set[Path] = set()
    for output in outputs:
        found.update(one for one in output.parents if folder in one.parents)
    return sorted(found)


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
