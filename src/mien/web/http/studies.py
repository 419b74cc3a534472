"""The rating studies that a server was given, found by id or by a rater's link."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from threading import Lock

from mien.study.store import Rater, StudyStore
from mien.web.http.problems import Problem

LINK = "/rate/{token}/"
"""Address of a rater's page."""
REPORT = "report"
"""The folder of the report within a study's folder."""


class Studies:
    """Studies by id and by link.

    Parameters
    ----------
    folders : sequence of Path
        That `mien study design` made.

    Raises
    ------
    FormatError
        If one holds no study.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        self._stores = {study_id(folder): StudyStore(folder.resolve()) for folder in folders}
        self.reporting = Lock()
        """Held while a report is written."""

    def all(self) -> dict[str, StudyStore]:
        """By id, in the order they were given."""
        return self._stores

    def get(self, study: str) -> StudyStore:
        """A study; a `Problem` if there is none of that id."""
        found = self._stores.get(study)
        if found is None:
            raise Problem(404, "no_study", "There is no such study: start mien serve with it.")
        return found

    def of_link(self, token: str) -> tuple[StudyStore, Rater]:
        """Whose link it is; a `Problem` if nobody's."""
        for store in self._stores.values():
            rater = store.rater(token)
            if rater is not None:
                return store, rater
        raise Problem(
            404, "no_link", "This link is not known: ask whoever sent it for the whole address."
        )


def study_id(folder: Path) -> str:
    """By which a study is known on the pages; its place is not told."""
    return hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:16]
