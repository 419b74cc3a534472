"""The reviews that a server was given, found by id or by somebody's link."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from pathlib import Path
from threading import Lock, Thread
from typing import TYPE_CHECKING

from mien.review.project.database import DATABASE
from mien.review.project.store import Person, ReviewStore
from mien.web.http.arriving import Arriving, begin_review, update_review
from mien.web.http.problems import Problem

if TYPE_CHECKING:
    from mien.review.project.founding import Founding
    from mien.review.project.ranking import Ranker

LINK = "/screen/{token}/"
"""Address of somebody's page."""
REVIEWS = "reviews"
"""The folder within the data folder of reviews that were begun on the page."""
REPORT = "report"
"""The folder of the report within a review's folder."""
PDFS = "pdf"
"""The folder of full texts within a review's folder: ``r00012.pdf``."""


class Reviews:
    """Reviews by id and by link; learns in the background in which order records come.

    Parameters
    ----------
    folders : sequence of Path
        Of reviews in which `mien review screen` was called.
    home : Path
        Where reviews are that were begun on the page, which are found again.

    Raises
    ------
    FormatError
        If one holds no review.
    """

    def __init__(self, folders: Sequence[Path], home: Path) -> None:
        self.arriving = Arriving(home / "exports")
        """Exports that a new review will be made of."""
        self._home = home
        begun = sorted(home.glob(f"*/{DATABASE}")) if home.is_dir() else []
        self._stores = {
            review_id(folder): ReviewStore(folder.resolve())
            for folder in (*folders, *(path.parent for path in begun))
        }
        self._rankers: dict[Path, Ranker] = {}
        self._learning = Lock()
        self.reporting = Lock()
        """Held while a report is written."""

    def all(self) -> dict[str, ReviewStore]:
        """By id, in the order they were given."""
        return self._stores

    def begin(self, founding: Founding) -> str:
        """Begin a review of the exports that arrived; its id."""
        folder = self._home / secrets.token_hex(8)
        begin_review(folder, self.arriving, founding)
        store = ReviewStore(folder.resolve())
        self._stores[review_id(folder)] = store
        self.arriving.clear()
        return review_id(folder)

    def update(self, review: str) -> None:
        """Add the exports that arrived to a review."""
        update_review(self.get(review).folder, self.arriving)
        self.arriving.clear()

    def get(self, review: str) -> ReviewStore:
        """A review; a `Problem` if there is none of that id."""
        found = self._stores.get(review)
        if found is None:
            raise Problem(404, "no_review", "There is no such review: start mien serve with it.")
        return found

    def of_link(self, token: str) -> tuple[ReviewStore, Person]:
        """Whose link it is; a `Problem` if nobody's."""
        for store in self._stores.values():
            person = store.person(token)
            if person is not None:
                return store, person
        raise Problem(
            404, "no_link", "This link is not known: ask whoever sent it for the whole address."
        )

    def learn(self, store: ReviewStore, person: Person) -> Thread | None:
        """Put somebody's queue in order if they decided enough; in a thread, which is returned."""
        try:
            from mien.review.project.ranking import Ranker
        except ModuleNotFoundError:
            return None  # the order stays as it is
        ranker = self._rankers.setdefault(store.folder, Ranker(store))
        if not ranker.due(person) or not self._learning.acquire(blocking=False):
            return None

        def work() -> None:
            try:
                ranker.rank(person)
            except ModuleNotFoundError:
                pass  # scikit-learn is not installed
            finally:
                self._learning.release()

        thread = Thread(target=work, name="learning", daemon=True)
        thread.start()
        return thread


def review_id(folder: Path) -> str:
    """By which a review is known on the pages; its place is not told."""
    return hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:16]
