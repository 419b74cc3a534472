"""Exports that were chosen on the page *Review*, until a review is made of them."""

from __future__ import annotations

import secrets
import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from mien.errors import MienError
from mien.web.http.problems import Problem

if TYPE_CHECKING:
    from mien.review.project.founding import Founding

LARGEST = 256 << 20
"""Bytes of an export."""
_MOST = 100


@dataclass(frozen=True)
class Arrived:
    """An export that can be read, or a protocol."""

    id: str
    """By which the page knows it."""
    name: str
    """Of the file."""
    path: Path
    """Where it lies."""
    records: int
    """That it holds; 0 of a protocol."""
    sources: tuple[str, ...]
    """Databases that its records name."""
    protocol: bool
    """Whether it is a protocol."""


class Arriving:
    """Exports of one review that is not begun yet.

    Parameters
    ----------
    home : Path
        Where they lie; what is left there of an earlier run is removed.
    """

    def __init__(self, home: Path) -> None:
        self._home = home
        self._arrived: dict[str, Arrived] = {}
        if home.is_dir() and not home.is_symlink():
            shutil.rmtree(home, ignore_errors=True)

    def all(self) -> list[Arrived]:
        """In the order they came."""
        return list(self._arrived.values())

    def place(self, name: str) -> Path:
        """Where an export of that name is to be written; a `Problem` if there are too many."""
        if len(self._arrived) >= _MOST:
            raise Problem(409, "many_exports", f"At most {_MOST} exports make a review.")
        folder = self._home / secrets.token_hex(16)
        folder.mkdir(parents=True)
        return folder / (name.lstrip(".") or "export")

    def take(self, path: Path) -> Arrived:
        """Read an export that was written; a `Problem`, and it is gone, if it cannot be read."""
        from mien.review.protocol.protocol import Protocol
        from mien.review.records.reading import read_export

        try:
            if path.suffix.lower() == ".toml":
                Protocol.open(path)
                new = Arrived(path.parent.name, path.name, path, 0, (), True)
            else:
                records = read_export(path).records
                named = Counter(one.source for one in records)
                sources = tuple(name for name, _ in named.most_common(5))
                new = Arrived(path.parent.name, path.name, path, len(records), sources, False)
        except MienError as error:
            self.drop(path)
            said = str(error).replace(str(path), path.name)
            raise Problem(422, "unreadable-file", said) from error
        except ModuleNotFoundError as error:
            self.drop(path)
            raise Problem(
                501,
                "no_packages",
                "Reviews need packages that are not installed: run make review, then start again.",
            ) from error
        self._arrived[new.id] = new
        return new

    def remove(self, export: str) -> None:
        """Forget an export; a `Problem` if there is none of that id."""
        gone = self._arrived.pop(export, None)
        if gone is None:
            raise Problem(404, "no_export", "This export is not here any more.")
        self.drop(gone.path)

    def drop(self, path: Path) -> None:
        """Remove a file that was written here, with its folder."""
        shutil.rmtree(path.parent, ignore_errors=True)

    def taken(self) -> list[Arrived]:
        """Those that a review is made of; a `Problem` if there are none."""
        if not any(one.records for one in self._arrived.values()):
            raise Problem(409, "no_exports", "Choose exports with records first.")
        return self.all()

    def clear(self) -> None:
        """Forget all of them."""
        for export in list(self._arrived):
            self.remove(export)


def begin_review(folder: Path, arrived: Sequence[Arrived], founding: Founding) -> None:
    """Make a review of exports, which people then screen; by the published protocol if none came.

    Parameters
    ----------
    folder : Path
        A new one; gone again if this raises.
    arrived : sequence of Arrived
    founding : Founding
        Who decides.

    Raises
    ------
    Problem
        If it cannot be made, such as for names that are missing.
    """
    from mien.review.living.review_folder import begin
    from mien.review.living.update import Import, add
    from mien.review.project.founding import begin_screening
    from mien.review.protocol.protocol import published_text
    from mien.review.records.reading import read_export

    try:
        written = next(
            (one.path.read_text("utf-8-sig") for one in arrived if one.protocol), published_text()
        )
        imports = [
            Import(
                one.sources[0] if one.sources else one.name,
                "database",
                one.name,
                read_export(one.path).records,
            )
            for one in arrived
            if not one.protocol
        ]
        add(begin(written), imports, date.today().isoformat()).save(folder)
        begin_screening(folder, founding)
    except MienError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise Problem(422, "not_begun", str(error)) from error
