"""Clips that are named one by one or by their folder, and what of a folder is left out."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mien.errors import ParameterError, VideoError
from mien.video import clips

_NAMED = 3  # of what is left out
_LOOKED_AT = 20_000  # files of subfolders, of which it is said whether there are clips


@dataclass
class Gathered:
    """What was named."""

    clips: list[Path] = field(default_factory=list)
    """Every clip once, in the order of the command line, those of a folder by name."""
    folders: list[Path] = field(default_factory=list)
    """The folders among what was named."""
    remarks: list[str] = field(default_factory=list)
    """Sentences on what is left out."""


def gather(inputs: Sequence[Path]) -> Gathered:
    """Name every clip.

    A folder means the clips that lie in it, not those in folders within it; links to clips count.
    A file that was named itself is taken for a clip whatever it is called.

    Raises
    ------
    ParameterError
        If a folder holds no clip, or two clips of one stem.
    VideoError
        If it cannot be read.
    """
    found = Gathered()
    seen: set[Path] = set()
    for given in inputs:
        if not given.is_dir():
            wanted = [given]
        else:
            found.folders.append(given)
            wanted = _clips_of(given, found)
        for path in wanted:
            place = path.absolute()
            if place not in seen:
                seen.add(place)
                found.clips.append(path)
    return found


def _clips_of(folder: Path, found: Gathered) -> list[Path]:
    try:
        wanted = list(clips.clips_in(folder).values())
        entries = sorted(folder.iterdir())
    except OSError as exc:
        raise VideoError(f"{folder} cannot be read: {exc.strerror or exc}.") from exc
    within = [entry.name for entry in entries if entry.is_dir() and _holds_clips(entry)]
    if not wanted:
        also = f" (there are some in {_list(within)})" if within else ""
        raise ParameterError(f"There is no clip in {folder}{also}: name a folder that holds clips.")
    left = [
        entry.name
        for entry in entries
        if entry not in wanted
        and not entry.name.startswith(".")
        and not entry.is_dir()
        and not entry.stem.endswith(clips.SIDE_BY_SIDE)
    ]
    if left:
        files = "1 file is" if len(left) == 1 else f"{len(left)} files are"
        found.remarks.append(f"{files} left out of {folder}, being no clips: {_list(left)}.")
    if within:
        found.remarks.append(
            f"Clips in folders within {folder} are left out: {_list(within)}; name these folders "
            "too, if they are meant."
        )
    return wanted


def _holds_clips(folder: Path) -> bool:
    """Whether there is a clip anywhere below; links to folders are not followed."""
    looked = 0
    if folder.is_symlink() or folder.name.startswith("."):
        return False
    for where, _, names in os.walk(folder):
        for name in names:
            looked += 1
            if looked > _LOOKED_AT:
                return True  # so many files that it is better to say so
            if clips.is_clip(Path(where, name)):
                return True
    return False


def _list(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")
