"""Clips before and after, and who is in which."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path, PurePath

from mien.errors import ParameterError
from mien.intake.words import text as read_text
from mien.video.clips import clips_in


@dataclass(frozen=True)
class Pair:
    """A clip before and after."""

    name: str
    """Stem of both files."""
    person: str
    """Who it shows."""
    original: Path
    """The clip before."""
    result: Path
    """The clip after."""


def find_pairs(originals: Path, results: Path, people: Path | None = None) -> list[Pair]:
    """Find the originals and results that have the same place and name, but for their endings.

    Parameters
    ----------
    originals, results : Path
        Two folders. Files that are no video, and side-by-side clips, are passed over.
    people : Path, optional
        CSV with the columns ``file`` (with or without its ending) and ``person``; without it each
        file shows another person.

    Returns
    -------
    pairs : list of Pair
        In order of name.

    Raises
    ------
    ParameterError
        If a folder is none, a clip has no partner, or the CSV does not fit the folder.
    """
    if originals.is_dir() and results.is_dir() and originals.samefile(results):
        raise ParameterError(
            f"{originals} was given twice: keep originals and results in two folders."
        )
    before = clips_in(originals, deep=True, without=results)
    after = clips_in(results, deep=True, without=originals)
    for name in sorted(before.keys() ^ after.keys()):
        here, there = (originals, results) if name in before else (results, originals)
        raise ParameterError(
            f"{name} is in {here} and has no partner of that name in {there}: add it, or take it "
            "out of both."
        )
    if not before:
        raise ParameterError(f"There is no video in {originals}: give a folder of clips.")
    who = {name: name for name in before} if people is None else _read_people(people, before)
    return [Pair(name, who[name], before[name], after[name]) for name in sorted(before)]


def _read_people(path: Path, clips: dict[str, Path]) -> dict[str, str]:
    try:
        written = read_text(path, "a list of who is who")
        rows = list(csv.DictReader(io.StringIO(written, newline="")))
    except (OSError, UnicodeDecodeError, csv.Error) as exc:
        raise ParameterError(f"{path} cannot be read as CSV: {exc}.") from exc
    who: dict[str, str] = {}
    for number, row in enumerate(rows, 2):
        file, person = (row.get("file") or "").strip(), (row.get("person") or "").strip()
        if not file or not person:
            raise ParameterError(
                f"Line {number} of {path} names no file or no person: it needs the columns file "
                "and person."
            )
        name = file if file in clips else PurePath(file).with_suffix("").as_posix()
        if name not in clips:
            raise ParameterError(f"Line {number} of {path} names {file}, which is in no folder.")
        if who.setdefault(name, person) != person:
            raise ParameterError(f"{path} names two people for {name}: keep one of them.")
    for name in clips:
        if name not in who:
            raise ParameterError(f"{path} does not say who is in {name}: add a line for it.")
    return who
