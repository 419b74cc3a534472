"""What a judge's browser asks: the page behind a personal link, faces under random ids, answers.

As for raters the link is the key, and nothing that is sent says who is who.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, Field
from starlette.responses import Response

from mien.study.store import Refused
from mien.web.http.personal import add_page, nobody
from mien.web.http.problems import Problem
from mien.web.http.sending import Range, send
from mien.web.http.studies import Studies, study_id


class Choice(BaseModel):
    """An answer to one trial."""

    trial: Annotated[str, Field(pattern="^[0-9a-f]{32}$")]
    answer: Annotated[list[int], Field(max_length=2)] | Annotated[str, Field(max_length=200)]
    """Two faces by number from 0, or none; where somebody is to be named, the name, or nothing."""


def judging(
    studies: Studies,
    clock: Callable[[], float] = time.time,
    shown: Callable[..., None] = nobody,
) -> APIRouter:
    """Routes under /judge.

    Parameters
    ----------
    studies : Studies
    clock : callable
        Seconds since 1970.
    shown : callable
        Is told whose link it is, what is about to be shown, and the ids of that.
    """
    router = APIRouter(prefix="/judge", include_in_schema=False)

    add_page(router, "judge", studies.of_judge, files="/rate/static")

    @router.get("/{token}/state")
    def state(token: str) -> dict[str, Any]:
        """The judge's trials and answers."""
        store, judge = studies.of_judge(token)
        title = store.settings["title"]
        return {"title": title, "judge": judge.name, "trials": store.state(judge)}

    @router.get("/{token}/face/{trial}/{number}")
    def face(token: str, trial: str, number: int, range: Range = None) -> Response:
        """A picture; its headers are the same whoever it shows."""
        store, judge = studies.of_judge(token)
        path = store.face(judge, trial, number)
        if path is None:
            raise Problem(404, "no_trial", "There is no such trial: load the page again.")
        shown(judge.name, "study face seen", study_id(store.folder), trial)
        return send(path, range, "image/jpeg")

    @router.put("/{token}/answer", status_code=204)
    def answer(token: str, given: Choice) -> Response:
        """Write an answer at once."""
        store, judge = studies.of_judge(token)
        try:
            store.answer(judge, given.trial, given.answer, clock())
        except Refused as error:
            raise Problem(409, error.code, str(error)) from error
        return Response(status_code=204)

    return router
