"""Clips that are named one by one or by their folder, and what of a folder is left out."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mien.errors import ParameterError, VideoError
from mien.video import clips

_NAMED = 3  # of what is left out


@dataclass
class Gathered:
    """What was named."""

    clips: list[Path] = field(default_factory=list)
    """Every clip once, in the order of the command line, those of a folder by place and name."""
    places: list[str] = field(default_factory=list)
    """Of each clip the name of what becomes of it, without ending: as it lies in its folder, which
    comes first in the name where several folders were given."""
    folders: list[Path] = field(default_factory=list)
    """The folders among what was named."""
    remarks: list[str] = field(default_factory=list)
    """Sentences on what is left out."""


@dataclass(frozen=True)
class Leaving:
    """What of a folder is no input."""

    out: Path | None = None
    """Where results go: what lies there is not taken, should it be within a folder that was
    given."""
    without: Path | None = None
    """Another folder of which the same holds, and of which nothing is said."""
    results: bool = False
    """Whether results of mien, which say in their files that they are, are left out."""
    beside: tuple[str, ...] = ()
    """Endings of files that belong beside clips: it is not said that they are no clips."""

    @property
    def folder(self) -> Path | None:
        """The folder of which nothing is taken."""
        return self.out or self.without


def gather(
    inputs: Sequence[Path],
    out: Path | None = None,
    originals: bool = False,
    leaving: Leaving | None = None,
) -> Gathered:
    """Name every clip.

    A folder means all clips in it and in folders within it, but for hidden ones and links to
    folders; links to clips count. A file that was named itself is taken for a clip whatever it is
    called.

    Parameters
    ----------
    inputs : sequence of Path
        Clips and folders.
    out : Path, optional
        Where results go: what lies there is not taken, should it be within a folder that was given.
    originals : bool
        Whether results of mien, which say in their files that they are, are left out of folders.
    leaving : Leaving, optional
        More than these two say of what is left out.

    Raises
    ------
    ParameterError
        If a folder holds no clip, or two clips would have one name.
    VideoError
        If it cannot be read.
    """
    found, left = Gathered(), leaving or Leaving(out, results=originals)
    seen: set[Path] = set()
    several = sum(given.is_dir() for given in inputs) > 1
    for given in inputs:
        if given.is_dir():
            found.folders.append(given)
            under = f"{given.resolve().name}/" if several else ""
            wanted = {
                f"{under}{name}": path for name, path in _clips_of(given, left, found).items()
            }
        else:
            wanted = {given.stem: given}
        for name, path in wanted.items():
            place = path.absolute()
            if place not in seen:
                seen.add(place)
                found.clips.append(path)
                found.places.append(name)
    return found


def _clips_of(folder: Path, leaving: Leaving, found: Gathered) -> dict[str, Path]:
    """The clips of a folder by their places; what is left out becomes remarks."""
    try:
        os.listdir(folder)
        wanted = clips.clips_in(folder, deep=True, without=leaving.folder)
        left = _LeftOut.of(folder, leaving, set(wanted.values()))
    except OSError as exc:
        raise VideoError(f"{folder} cannot be read: {exc.strerror or exc}.") from exc
    made = {name for name, path in wanted.items() if leaving.results and _is_result(path)}
    names = [str(wanted[name].relative_to(folder)) for name in sorted(made)]
    wanted = {name: path for name, path in wanted.items() if name not in made}
    if not wanted:
        why = f", but results of mien ({_list(names)})" if made else ""
        raise ParameterError(f"There is no clip in {folder}{why}: name a folder that holds clips.")
    found.remarks += left.remarks(folder)
    if made:
        found.remarks.append(
            f"Results of mien in {folder} are left out: {_list(names)}; name them one by one, if "
            "they are meant."
        )
    return wanted


@dataclass
class _LeftOut:
    """What of a folder is not taken, each by its place in it."""

    files: list[str]
    """No clips."""
    links: list[str]
    """Links to folders."""
    unread: list[str]
    """Folders that may not be read."""
    among: list[str]
    """Clips that mien did not make, in the folder of results."""

    @classmethod
    def of(cls, folder: Path, leaving: Leaving, wanted: set[Path]) -> _LeftOut:
        """Look through a folder and those within it."""
        found = cls([], [], [], [])
        out, within = leaving.out, clips.folders_below(folder, leaving.folder)
        for where in within:
            if not os.access(where, os.R_OK | os.X_OK):
                found.unread.append(str(where.relative_to(folder)))
                continue
            for entry in sorted(where.iterdir()):
                name = str(entry.relative_to(folder))
                if entry.name.startswith(".") or entry in wanted:
                    continue
                if entry.suffix.lower() in leaving.beside:
                    continue
                if entry.is_dir():
                    if entry.is_symlink():
                        found.links.append(name)
                elif not entry.stem.endswith(clips.SIDE_BY_SIDE):
                    found.files.append(name)
        if out is not None and os.path.isdir(out) and _lies_in(out, folder):
            there = clips.clips_in(out, deep=True).values()
            found.among = [str(path) for path in there if not _is_result(path)]
        return found

    def remarks(self, folder: Path) -> list[str]:
        """Sentences."""
        said = []
        if self.files:
            count = len(self.files)
            files = "1 file is" if count == 1 else f"{count} files are"
            said.append(f"{files} left out of {folder}, being no clips: {_list(self.files)}.")
        if self.links:
            said.append(
                f"Links to folders in {folder} are left out: {_list(self.links)}; name what they "
                "lead to, if it is meant."
            )
        if self.unread:
            said.append(
                f"Folders in {folder} that may not be read are left out: {_list(self.unread)}."
            )
        if self.among:
            said.append(
                f"Clips in the folder of results are left out: {_list(self.among)}; if they are "
                "originals, choose another folder with --out."
            )
        return said


def _lies_in(inner: Path, outer: Path) -> bool:
    return outer.resolve() in inner.resolve().parents


def _is_result(path: Path) -> bool:
    """Whether a clip says of itself that it is a result of mien, which writes MP4 alone."""
    if path.suffix.lower() not in clips.WRITTEN:
        return False
    from mien.pipeline.existing import labelled

    return labelled(path)


def _list(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")
