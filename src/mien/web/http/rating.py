"""What a rater's browser asks: the page behind a personal link, clips under random ids, answers.

The link is the key: no session is needed, and nothing else can be reached with it. Nothing that is
sent says which clip it is, whether it is an original or a result, or whether it was shown before.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Annotated, Any, NoReturn

from fastapi import APIRouter
from pydantic import BaseModel, Field
from starlette.responses import Response

from mien.study.store import Refused
from mien.web.http.personal import add_files, add_page, nobody
from mien.web.http.problems import Problem
from mien.web.http.sending import Range, send
from mien.web.http.studies import Studies, study_id

_OPEN = (
    *("personal.js", "rate.js", "rate-player.js", "rate-keys.js", "words/rate.js", "rate.css"),
    *("judge.js", "words/judge.js", "judge.css"),
)
"""Files that raters' and judges' pages are made of."""
Id = Annotated[str, Field(pattern="^[0-9a-f]{32}$")]


class Answer(BaseModel):
    """One answer to one item of one clip."""

    show: Id
    item: Annotated[str, Field(max_length=200)]
    score: Annotated[float | None, Field(allow_inf_nan=False)]
    """None for "not sure"."""


class Remark(BaseModel):
    """What a rater wants to say of a clip."""

    show: Id
    text: Annotated[str, Field(max_length=2000)]


class Submission(BaseModel):
    """The end of a round."""

    round: Annotated[int, Field(ge=-1, le=9)]


def rating(
    studies: Studies,
    clock: Callable[[], float] = time.time,
    shown: Callable[..., None] = nobody,
) -> APIRouter:
    """Routes under /rate.

    Parameters
    ----------
    studies : Studies
    clock : callable
        Seconds since 1970.
    shown : callable
        Is told whose link it is, what is about to be shown, and the ids of that.
    """
    router = APIRouter(prefix="/rate", include_in_schema=False)

    add_files(router, _OPEN)
    add_page(router, "rate", studies.of_link)

    @router.get("/{token}/state")
    def state(token: str) -> dict[str, Any]:
        """The study, the items, and what is to be rated now."""
        store, rater = studies.of_link(token)
        settings = store.settings
        return {
            "title": settings["title"],
            "rater": rater.name,
            "items": settings["items"],
            "sound": settings["sound"],
            "now": clock(),
            **store.state(rater, clock()),
        }

    @router.get("/{token}/clip/{show}")
    def clip(token: str, show: str, range: Range = None) -> Response:
        """A copy; its headers are the same whatever it shows."""
        store, rater = studies.of_link(token)
        path = store.file(rater, show, clock())
        if path is None:
            raise Problem(404, "not_now", "This clip is not to be rated now: load the page again.")
        shown(rater.name, "study clip seen", study_id(store.folder), show)
        return send(path, range, "video/mp4")

    @router.put("/{token}/answer", status_code=204)
    def answer(token: str, given: Answer) -> Response:
        """Write one answer at once."""
        store, rater = studies.of_link(token)
        try:
            store.answer(rater, given.show, given.item, given.score, clock())
        except Refused as error:
            _refuse(error)
        return Response(status_code=204)

    @router.put("/{token}/remark", status_code=204)
    def remark(token: str, given: Remark) -> Response:
        """Write a remark at once."""
        store, rater = studies.of_link(token)
        try:
            store.remark(rater, given.show, given.text, clock())
        except Refused as error:
            _refuse(error)
        return Response(status_code=204)

    @router.post("/{token}/submit", status_code=204)
    def submit(token: str, given: Submission) -> Response:
        """End a round."""
        store, rater = studies.of_link(token)
        try:
            store.submit(rater, given.round, clock())
        except Refused as error:
            _refuse(error)
        return Response(status_code=204)

    return router


def _refuse(error: Refused) -> NoReturn:
    raise Problem(409, error.code, str(error)) from error
