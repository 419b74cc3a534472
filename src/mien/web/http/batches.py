"""The batches that a server was given to show, found by id."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from mien.scale.watching import Watched
from mien.web.http.problems import Problem


class Batches:
    """Batches by id.

    Parameters
    ----------
    folders : sequence of Path
        That `mien batch` filled, or those of their memory.

    Raises
    ------
    FormatError
        If one holds none.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        self._watched: dict[str, Watched] = {}
        for folder in folders:
            self._watched.setdefault(batch_id(folder), Watched(folder))
        stems = [one.folder.name for one in self._watched.values()]
        self._names = {
            batch: f"{one.folder.name} ({k})" if stems.count(one.folder.name) > 1 else stems[k - 1]
            for k, (batch, one) in enumerate(self._watched.items(), 1)
        }

    def __len__(self) -> int:
        return len(self._watched)

    def all(self) -> dict[str, Watched]:
        """By id, in the order they were given."""
        return self._watched

    def get(self, batch: str) -> Watched:
        """A batch; a `Problem` if there is none of that id."""
        found = self._watched.get(batch)
        if found is None:
            raise Problem(
                404, "no_batch", "There is no such batch: start mien serve with --batch FOLDER."
            )
        return found

    def called(self, batch: str) -> str:
        """What a batch is called: its folder, without where that lies."""
        return self._names[batch]


def batch_id(folder: Path) -> str:
    """By which a batch is known on the pages; its place is not told."""
    return hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:16]
