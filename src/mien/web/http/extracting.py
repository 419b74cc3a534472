"""What the page of included studies asks: forms of data and risk of bias, and answers to them.

It stands behind the personal link of `mien.web.http.screening`: reviewers fill the forms in by
themselves, and whoever settles conflicts sees where two differ.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, Field
from starlette.responses import FileResponse, RedirectResponse, Response

from mien.review.project.forms import Answer, answer, answers_for, forms_of, studies_for
from mien.review.project.store import ARBITER, NotNow
from mien.web.http.access import refusal
from mien.web.http.problems import Problem
from mien.web.http.reviews import PDFS, Reviews

_PAGES = Path(__file__).parents[1] / "pages"
Number = Annotated[int, Field(ge=1, le=10**9)]
Short = Annotated[str, Field(max_length=60)]
Text = Annotated[str, Field(max_length=4000)]


class Given(BaseModel):
    """An answer in one place of a form."""

    record: Number
    form: Short
    domain: Short = ""
    item: Short
    answer: Annotated[str, Field(max_length=10_000)]
    support: Text = ""
    quote: Text = ""
    page: Annotated[str, Field(max_length=200)] = ""
    seen: Annotated[int, Field(ge=0, le=10**9)] = 0
    """Version of the answer that was shown."""


def extracting(reviews: Reviews, clock: Callable[[], float] = time.time) -> APIRouter:
    """Routes under /screen/TOKEN/studies.

    Parameters
    ----------
    reviews : Reviews
    clock : callable
        Seconds since 1970.
    """
    router = APIRouter(prefix="/screen/{token}/studies", include_in_schema=False)

    @router.get("")
    def without_slash(token: str) -> Response:
        return RedirectResponse(f"/screen/{token}/studies/", 308)

    @router.get("/")
    def page(token: str) -> Response:
        try:
            reviews.of_link(token)
        except Problem as problem:
            return refusal("/screen", problem.status, problem.code, problem.sentence)
        return FileResponse(_PAGES / "studies.html", headers={"X-Robots-Tag": "noindex"})

    @router.get("/state")
    def state(token: str) -> dict[str, Any]:
        """The review, its forms, and included studies with how far one is."""
        store, person = reviews.of_link(token)
        return {
            "title": store.settings["title"],
            "name": person.name,
            "settles": person.role == ARBITER,
            "forms": forms_of(store),
            "studies": studies_for(store, person),
        }

    @router.get("/list")
    def list_studies(token: str) -> list[dict[str, Any]]:
        """Included studies, and how far one is with each."""
        return studies_for(*reviews.of_link(token))

    @router.get("/study/{number}")
    def study(token: str, number: Number) -> dict[str, Any]:
        """One study, with one's own answers."""
        store, person = reviews.of_link(token)
        try:
            found = answers_for(store, person, number)
        except NotNow as error:
            raise Problem(404, error.code, str(error)) from error
        return found | {"pdf": (store.folder / PDFS / f"r{number:05d}.pdf").is_file()}

    @router.put("/answer")
    def give(token: str, given: Given) -> dict[str, Any]:
        """Write an answer at once; refused if another window changed it meanwhile."""
        store, person = reviews.of_link(token)
        said = Answer(
            given.form,
            given.domain,
            given.item,
            given.answer,
            given.support,
            given.quote,
            given.page,
        )
        try:
            version, written = answer(
                store, person, given.record, said, seen=given.seen, now=clock()
            )
        except NotNow as error:
            raise Problem(409, error.code, str(error)) from error
        return {"version": version, "answer": written}

    return router
