"""What a reviewer's browser asks: the page behind a personal link, records, decisions.

The link is the key: no session is needed, and nothing else can be reached with it. A reviewer is
never sent what others decided; whoever settles conflicts is.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import FileResponse, Response

from mien.review.project.forms import included, protocol_of
from mien.review.project.lists import counted, listed, seen
from mien.review.project.store import ARBITER, NotNow, ReviewStore
from mien.web.http.personal import add_files, add_page
from mien.web.http.problems import Problem
from mien.web.http.reviews import PDFS, Reviews
from mien.web.http.uploads import receive

_OPEN = (
    *("personal.js", "screen.js", "screen-keys.js", "screen-marks.js"),
    *("words/screen.js", "screen.css"),
    *("studies.js", "studies-fields.js", "words/studies.js", "studies.css"),
)
"""Files that the reviewers' pages are made of."""
LARGEST_PDF = 200 << 20
"""Bytes of a full text."""
Number = Annotated[int, Field(ge=1, le=10**9)]
Stage = Literal["title", "full"]
Which = Literal["todo", "done", "include", "exclude", "maybe", "unavailable", "all"]


class Decision(BaseModel):
    """What somebody decided, or nothing to take it back."""

    record: Number
    stage: Stage
    decision: Literal["include", "exclude", "maybe", "unavailable", ""]
    reason: Annotated[str, Field(max_length=200)] = ""
    seen: Annotated[int, Field(ge=0, le=10**9)] = 0
    """Version of the decision that was shown."""


class Note(BaseModel):
    """What somebody wants to remember of a record."""

    record: Number
    text: Annotated[str, Field(max_length=4000)]


class Label(BaseModel):
    """A label that is put on or taken off."""

    record: Number
    label: Annotated[str, Field(max_length=60)]
    on: bool


def screening(reviews: Reviews, clock: Callable[[], float] = time.time) -> APIRouter:
    """Routes under /screen.

    Parameters
    ----------
    reviews : Reviews
    clock : callable
        Seconds since 1970.
    """
    router = APIRouter(prefix="/screen", include_in_schema=False)
    add_files(router, _OPEN)
    add_page(router, "screen", reviews.of_link)

    @router.get("/{token}/state")
    def state(token: str) -> dict[str, Any]:
        """The review, its reasons, the words that are marked, and how far one is."""
        store, person = reviews.of_link(token)
        return {
            "title": store.settings["title"],
            "name": person.name,
            "settles": person.role == ARBITER,
            "reasons": store.settings["reasons"],
            "terms": store.settings["terms"],
            "criteria": [
                {"title": one.title or one.key, "words": one.words}
                for one in protocol_of(store).include
            ],
            "counts": counted(store, person),
            "included": len(included(store)),
        }

    @router.get("/{token}/list")
    def list_records(
        token: str,
        stage: Stage = "title",
        which: Which = "todo",
        search: str = "",
        offset: Annotated[int, Field(ge=0, le=10**9)] = 0,
        limit: Annotated[int, Field(ge=1, le=200)] = 50,
    ) -> dict[str, Any]:
        """Records in one's own order."""
        store, person = reviews.of_link(token)
        lines, total = listed(
            store, person, stage, which, search=search, offset=offset, limit=limit
        )
        return {"records": [asdict(line) for line in lines], "total": total}

    @router.get("/{token}/record/{number}")
    def record(token: str, number: Number, stage: Stage = "title") -> dict[str, Any]:
        """One record, with one's own decision, note and labels."""
        store, person = reviews.of_link(token)
        try:
            found = seen(store, person, number, stage)
        except NotNow as error:
            raise Problem(404, error.code, str(error)) from error
        return found | {"pdf": _pdf(store, number).is_file()}

    @router.get("/{token}/pdf/{number}")
    def pdf(token: str, number: Number) -> Response:
        """The full text that lies in the review's folder, to be saved and not shown here."""
        store, _ = reviews.of_link(token)
        path = _pdf(store, number)
        if not path.is_file() or path.is_symlink():
            raise Problem(404, "no_pdf", "There is no full text of this record here.")
        return FileResponse(
            path,
            media_type="application/pdf",
            filename=path.name,
            headers={"Content-Security-Policy": "sandbox", "X-Content-Type-Options": "nosniff"},
        )

    @router.put("/{token}/pdf/{number}", status_code=204)
    async def attach(token: str, number: Number, request: Request) -> Response:
        """Keep a full text in the review's folder, in place of an older one; the body is a PDF."""
        store, _ = reviews.of_link(token)
        try:
            await run_in_threadpool(store.record, number)
        except NotNow as error:
            raise Problem(404, error.code, str(error)) from error
        await _keep(request, _pdf(store, number))
        return Response(status_code=204)

    @router.put("/{token}/decision")
    def decide(token: str, given: Decision) -> dict[str, Any]:
        """Write a decision at once; refused if another window changed it meanwhile."""
        store, person = reviews.of_link(token)
        act = store.settle if person.role == ARBITER else store.decide
        try:
            version = act(
                person,
                given.record,
                given.stage,
                given.decision,
                given.reason,
                seen=given.seen,
                now=clock(),
            )
        except NotNow as error:
            _refuse(error)
        reviews.learn(store, person)
        return {
            "version": version,
            "counts": counted(store, person),
            "included": len(included(store)),
        }

    @router.put("/{token}/note", status_code=204)
    def note(token: str, given: Note) -> Response:
        """Write a note at once."""
        store, person = reviews.of_link(token)
        try:
            store.note(person, given.record, given.text, clock())
        except NotNow as error:
            _refuse(error)
        return Response(status_code=204)

    @router.put("/{token}/label", status_code=204)
    def label(token: str, given: Label) -> Response:
        """Put a label on or take it off."""
        store, person = reviews.of_link(token)
        try:
            store.label(person, given.record, given.label, on=given.on)
        except NotNow as error:
            _refuse(error)
        return Response(status_code=204)

    return router


def _pdf(store: ReviewStore, number: int) -> Path:
    return store.folder / PDFS / f"r{number:05d}.pdf"


async def _keep(request: Request, place: Path) -> None:
    """Write a PDF; what is none, or breaks off, leaves what was there."""
    place.parent.mkdir(exist_ok=True)
    length = request.headers.get("content-length", "")
    announced = int(length) if length.isascii() and length.isdigit() else None
    new = place.with_name(f".{secrets.token_hex(8)}")
    try:
        await receive(request.stream(), announced, LARGEST_PDF, new)
        with new.open("rb") as file:
            if b"%PDF-" not in file.read(1024):
                raise Problem(422, "no_pdf", "This is no PDF: choose the full text as a PDF.")
        new.replace(place)
    finally:
        new.unlink(missing_ok=True)


def _refuse(error: NotNow) -> NoReturn:
    raise Problem(409, error.code, str(error)) from error
