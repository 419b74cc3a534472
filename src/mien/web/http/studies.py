"""Rating studies and line-ups that a server was given, found by id or by a personal link."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from mien.advice import to_get
from mien.errors import FormatError
from mien.study.lineup_export import is_lineup
from mien.study.lineup_store import Judge, LineupStore
from mien.study.store import Rater, StudyStore
from mien.web.http.problems import Problem

LINK = "/rate/{token}/"
"""Address of a rater's page."""
JUDGES_LINK = "/judge/{token}/"
"""Address of a judge's page."""
REPORT, PAGE = "report", "report.html"
"""The folder of the report within a study's folder, and the page in it."""


class Studies:
    """Studies by id and by link.

    Parameters
    ----------
    folders : sequence of Path
        That `mien study design` or `mien study lineup` made.

    Raises
    ------
    FormatError
        If one holds neither.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        self._stores: dict[str, StudyStore] = {}
        self._lineups: dict[str, LineupStore] = {}
        for folder in folders:
            self.add(folder)
        self.made: Callable[[str, str], None] = lambda study, account: None
        """Is told of a study that was made, and for which account."""
        self.reporting = Lock()
        """Held while a report is written."""

    def add(self, folder: Path, account: str | None = None) -> None:
        """Open one more, of an account if it is somebody's; raises `FormatError` if the folder
        holds none."""
        place = folder.resolve()
        if account is not None:
            self.made(study_id(folder), account)
        if is_lineup(place):
            self._lineups = {**self._lineups, study_id(folder): LineupStore(place)}
        else:
            self._stores = {**self._stores, study_id(folder): StudyStore(place)}

    def all(self) -> dict[str, StudyStore]:
        """Rating studies by id, in the order they were given."""
        return self._stores

    def lineups(self) -> dict[str, LineupStore]:
        """Line-ups by id, in the order they were given."""
        return self._lineups

    def get(self, study: str) -> StudyStore:
        """A study; a `Problem` if there is none of that id."""
        found = self._stores.get(study)
        if found is None:
            raise no_study()
        return found

    def lineup(self, lineup: str) -> LineupStore:
        """A line-up; a `Problem` if there is none of that id."""
        found = self._lineups.get(lineup)
        if found is None:
            raise no_study()
        return found

    def of_judge(self, token: str) -> tuple[LineupStore, Judge]:
        """Whose link it is; a `Problem` if nobody's."""
        for store in self._lineups.values():
            judge = store.judge(token)
            if judge is not None:
                return store, judge
        raise _unknown_link()

    def of_link(self, token: str) -> tuple[StudyStore, Rater]:
        """Whose link it is; a `Problem` if nobody's."""
        for store in self._stores.values():
            rater = store.rater(token)
            if rater is not None:
                return store, rater
        raise _unknown_link()


@contextmanager
def reporting(studies: Studies) -> Iterator[None]:
    """Write one report at a time, and say why one cannot be written."""
    try:
        with studies.reporting:
            yield
    except FormatError as error:
        raise Problem(409, "nothing_rated", str(error)) from error
    except ModuleNotFoundError as error:
        raise Problem(
            501,
            "no_packages",
            f"Analysing needs packages that are not installed: {to_get('study')}, "
            "then start again.",
        ) from error


def no_study() -> Problem:
    """What is answered of a study that is not there, or not one's own."""
    return Problem(404, "no_study", "There is no such study: start mien serve with it.")


def _unknown_link() -> Problem:
    return Problem(
        404, "no_link", "This link is not known: ask whoever sent it for the whole address."
    )


def study_id(folder: Path) -> str:
    """By which a study is known on the pages; its place is not told."""
    return hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:16]
