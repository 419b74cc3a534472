"""Reviews: links of those who decide, how far they are, how far they agree, all of it as text."""

from __future__ import annotations

import io
import zipfile
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.responses import Response, StreamingResponse

from mien.errors import MienError
from mien.review.project.store import ReviewStore
from mien.web.http.access import FRAMED
from mien.web.http.desk import Desk
from mien.web.http.problems import Problem, documented
from mien.web.http.reviews import LINK, REPORT
from mien.web.http.sending import Range, send, sent

_PAGE = "report.html"
_PACKAGES = "Reviews need packages that are not installed: run make review, then start again."


class CountView(BaseModel):
    """How far somebody is in a stage."""

    done: int
    all: int


class PersonView(BaseModel):
    """Somebody who decides."""

    name: str
    role: str
    """`reviewer`, or `arbiter` who settles conflicts."""
    link: str
    """Address of the page on this server."""
    title: CountView
    full: CountView
    at_least: float | None
    """Recall that is sure to have been reached; None before anything was decided."""
    stop: bool
    """Whether the stopping rule says that reading titles may end."""


class AgreementView(BaseModel):
    """How far two people agree."""

    stage: str
    pilot: bool
    people: tuple[str, str]
    n: int
    share: float | None
    kappa: float | None
    pabak: float | None


class ReviewView(BaseModel):
    """One review."""

    id: str
    title: str
    records: int
    identified: int
    duplicates: int
    people: list[PersonView]
    conflicts: dict[str, int]
    """By stage."""
    agreement: list[AgreementView]
    included: int
    """Studies whose full text was included."""
    reported: float | None
    """When the report was written, seconds since 1970; None if there is none."""


def routes(desk: Desk) -> APIRouter:
    """Routes under /reviews."""
    router = APIRouter(prefix="/reviews")
    reviews = desk.reviews

    @router.get("", responses=documented(501))
    def list_reviews() -> list[ReviewView]:
        """All reviews that the server was started with."""
        return [_view(key, store) for key, store in reviews.all().items()]

    @router.post("/{review}/report", responses=documented(404, 409, 501))
    def write_report(review: str) -> ReviewView:
        """Take over what was decided so far, and report on it in place of an older report."""
        store = reviews.get(review)
        with reviews.reporting:
            _report(store)
        return _view(review, store)

    @router.get("/{review}/report", responses=sent("text/html"), response_class=StreamingResponse)
    def report(review: str, range: Range = None) -> Response:
        """The report, a page that needs nothing else."""
        path = reviews.get(review).folder / REPORT / _PAGE
        if not path.is_file():
            raise Problem(404, "no_report", "There is no report yet: write it first.")
        headers = {**FRAMED, "Cross-Origin-Opener-Policy": "unsafe-none"}
        return send(path, range, "text/html", headers=headers)

    @router.get(
        "/{review}/text.zip",
        responses={200: {"content": {"application/zip": {}}}, **documented(404)},
        response_class=Response,
    )
    def text(review: str) -> Response:
        """Decisions, outcomes, the log and how far it is, as text in one archive."""
        return Response(
            _archive(reviews.get(review)),
            media_type="application/zip",
            headers={"Content-Disposition": 'attachment; filename="screening.zip"'},
        )

    return router


def _view(key: str, store: ReviewStore) -> ReviewView:
    try:
        from mien.review.project.standing import standing
    except ModuleNotFoundError as error:
        raise Problem(501, "no_packages", _PACKAGES) from error
    found = standing(store)
    page = store.folder / REPORT / _PAGE
    return ReviewView(
        id=key,
        title=found["title"],
        records=found["records"],
        identified=found["identified"],
        duplicates=found["duplicates"],
        people=[
            _person(one, person.token)
            for one, person in zip(found["people"], store.people, strict=True)
        ],
        conflicts=found["conflicts"],
        agreement=[
            AgreementView(
                stage=one["stage"],
                pilot=one["pilot"],
                people=one["people"],
                **{name: one["agreement"][name] for name in ("n", "share", "kappa", "pabak")},
            )
            for one in found["agreement"]
        ],
        included=found["included"],
        reported=page.stat().st_mtime if page.is_file() else None,
    )


def _report(store: ReviewStore) -> None:
    try:
        from mien.report.review.review_page import write
        from mien.review.living.findings import findings
        from mien.review.living.review_folder import open_review
        from mien.review.project.founding import collect

        collect(store)
        found = open_review(store.folder)
        earlier = findings(found.earlier[-1]) if found.earlier else None
        write(findings(found), store.folder / REPORT, earlier=earlier, overwrite=True)
    except ModuleNotFoundError as error:
        raise Problem(501, "no_packages", _PACKAGES) from error
    except MienError as error:
        raise Problem(409, "no_report_now", str(error)) from error


def _person(said: dict[str, Any], token: str) -> PersonView:
    counts = {
        stage: CountView(done=said["counts"][stage]["done"], all=said["counts"][stage]["all"])
        for stage in ("title", "full")
    }
    stop = said["stopping"]
    return PersonView(
        name=said["name"],
        role=said["role"],
        link=LINK.format(token=token),
        **counts,
        at_least=None if stop is None else stop["at_least"],
        stop=stop is not None and stop["stop"],
    )


def _archive(store: ReviewStore) -> bytes:
    from mien.review.project.standing import plain

    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in plain(store).items():
            packed.writestr(f"screening/{name}", content)
    return data.getvalue()
