"""Reviews: links of those who decide, how far they are, how far they agree, all of it as text."""

from __future__ import annotations

import io
import zipfile
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from mien.advice import to_get
from mien.errors import MienError
from mien.report.language import DEFAULT, Language
from mien.review.project.store import ReviewStore
from mien.web.http.access import FRAMED
from mien.web.http.arriving import LARGEST, Arrived
from mien.web.http.desk import Desk
from mien.web.http.problems import Problem, documented
from mien.web.http.reviews import LINK, REPORT
from mien.web.http.sending import Range, send, sent
from mien.web.http.uploads import display_name, receive

if TYPE_CHECKING:
    from mien.review.protocol.protocol import Criterion

_PAGE = "report.html"
_PACKAGES = f"Reviews need packages that are not installed: {to_get('review')}, then start again."


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
    data: CountView
    """Included studies whose data are taken."""
    judged: CountView
    """Included studies that are judged with a tool."""
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


class ExportView(BaseModel):
    """An export that the next review will be made of."""

    id: str
    name: str
    records: int
    sources: list[str]
    """Databases that its records name."""
    protocol: bool
    """Whether it is a protocol and no export."""
    source: str
    """Where its records come from: guessed, until somebody says."""
    kind: str
    """`database`, `register` or `other`."""
    date: str
    """Of the search; empty for the day on which the review begins."""


class Described(BaseModel):
    """Where an export is from."""

    source: Annotated[str, Field(max_length=200)] = ""
    """Of which database or way of searching; what was guessed if empty."""
    kind: Literal["database", "register", "other"] = "database"
    date: Annotated[str, Field(pattern=r"^(\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01]))?$")] = ""
    """Of the search."""


class CriterionView(BaseModel):
    """Something that decides what belongs."""

    title: str
    words: str


class StringView(BaseModel):
    """What one database is asked."""

    database: str
    text: str
    notes: list[str]
    """What is left to do by hand."""


class ProtocolView(BaseModel):
    """The protocol that a review begun now would have."""

    title: str
    question: str
    include: list[CriterionView]
    exclude: list[CriterionView]
    strings: list[StringView]
    """Of databases whose language is known."""


class WantedReview(BaseModel):
    """Who decides in a new review."""

    reviewers: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=100)]],
        Field(min_length=1, max_length=10),
    ]
    arbiter: Annotated[str, Field(max_length=100)] = ""
    """Who settles conflicts."""
    pilot: Annotated[int, Field(ge=0, le=10_000)] = 0
    """Records that everybody decides first."""


class RecordView(BaseModel):
    """A record of a pair."""

    title: str
    authors: str
    where: str
    """Year, journal, volume, pages."""
    doi: str
    source: str


class PairView(BaseModel):
    """Two records that may be one publication."""

    a: tuple[str, int]
    """Id of the export and place in it."""
    b: tuple[str, int]
    score: float
    reasons: list[str]
    merged: bool
    """Whether they are merged if nobody decides."""
    decided: bool | None
    """Whether somebody decided that they are one."""
    records: tuple[RecordView, RecordView]


class DuplicatesView(BaseModel):
    """Duplicates among the exports."""

    total: int
    unique: int
    doubtful: int
    pairs: list[PairView]
    """Doubtful ones first."""
    left_out: int


class DecidedPair(BaseModel):
    """What somebody decided about a pair."""

    a: tuple[str, Annotated[int, Field(ge=0)]]
    b: tuple[str, Annotated[int, Field(ge=0)]]
    together: bool | None = None
    """Nothing takes a decision back."""


class ReviewView(BaseModel):
    """One review."""

    id: str
    title: str
    version: int
    """Each update begins one."""
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

    _add_protocol(router, desk)
    _add_duplicates(router, desk)  # before /exports/{export}, which would take its address
    _add_beginning(router, desk)

    @router.post("/{review}/report", responses=documented(404, 409, 501))
    def write_report(review: str, language: Language = DEFAULT) -> ReviewView:
        """Take over what was decided so far, and report on it in place of an older report."""
        store = reviews.get(review)
        with reviews.reporting:
            _report(store, language)
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
        "/{review}/report.zip",
        responses={200: {"content": {"application/zip": {}}}, **documented(404)},
        response_class=Response,
    )
    def all_of_report(review: str) -> Response:
        """The report with its figures, tables and numbers in one archive."""
        return Response(
            _reported(reviews.get(review)),
            media_type="application/zip",
            headers={"Content-Disposition": 'attachment; filename="report.zip"'},
        )

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


def _add_beginning(router: APIRouter, desk: Desk) -> None:
    """Routes by which a review is begun."""
    arriving = desk.reviews.arriving

    @router.get("/exports")
    def list_exports() -> list[ExportView]:
        """Exports that the next review will be made of."""
        return [_export(one) for one in arriving.all()]

    @router.post(
        "/exports",
        status_code=201,
        responses=documented(400, 409, 413, 501, 507),
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {
                    "application/octet-stream": {"schema": {"type": "string", "format": "binary"}}
                },
            }
        },
    )
    async def take_export(
        request: Request, name: Annotated[str, Query(max_length=1000)]
    ) -> ExportView:
        """Store an export of a database, or a protocol (.toml): the body of the request."""
        place = arriving.place(display_name(name))
        length = request.headers.get("content-length", "")
        announced = int(length) if length.isascii() and length.isdigit() else None
        try:
            await receive(request.stream(), announced, LARGEST, place)
        except Problem:
            arriving.drop(place)
            raise
        return _export(await run_in_threadpool(arriving.take, place))

    @router.put("/exports/{export}", responses=documented(404))
    def describe_export(export: str, given: Described) -> ExportView:
        """Say which database an export is of, or how else its records were found, and when."""
        return _export(arriving.describe(export, given.source, given.kind, given.date))

    @router.delete("/exports/{export}", status_code=204, responses=documented(404))
    def remove_export(export: str) -> Response:
        """Forget an export."""
        arriving.remove(export)
        return Response(status_code=204)

    @router.post("/{review}/update", responses=documented(404, 409, 422))
    def update(review: str) -> ReviewView:
        """Add the exports to a review that is there; decisions stay."""
        desk.reviews.update(review)
        return _view(review, desk.reviews.get(review))

    @router.post("", status_code=201, responses=documented(409, 501))
    def begin(wanted: WantedReview) -> ReviewView:
        """Begin a review of the exports: duplicates are merged, everybody gets a link."""
        from mien.review.project.founding import Founding

        founding = Founding(tuple(wanted.reviewers), wanted.arbiter, wanted.pilot)
        key = desk.reviews.begin(founding)
        return _view(key, desk.reviews.get(key))


def _add_protocol(router: APIRouter, desk: Desk) -> None:
    """Routes by which the protocol is read before a review begins."""

    @router.get("/protocol", responses=documented(501))
    def protocol() -> ProtocolView:
        """The protocol among the exports, or the published one; with its search strings."""
        try:
            from mien.review.protocol.protocol import parse_protocol
            from mien.review.search.strings import known_strings
        except ModuleNotFoundError as error:
            raise Problem(501, "no_packages", _PACKAGES) from error
        found = parse_protocol(desk.reviews.arriving.protocol(), "protocol.toml")
        return ProtocolView(
            title=found.title,
            question=found.question,
            include=[_criterion(one) for one in found.include],
            exclude=[_criterion(one) for one in found.exclude],
            strings=[
                StringView(database=x.database, text=x.text, notes=list(x.notes))
                for x in known_strings(found)
            ],
        )

    @router.get(
        "/protocol.toml",
        responses={200: {"content": {"application/toml": {}}}},
        response_class=Response,
    )
    def protocol_text() -> Response:
        """The same as a file, to be changed and sent as one's own."""
        return Response(
            desk.reviews.arriving.protocol(),
            media_type="application/toml",
            headers={"Content-Disposition": 'attachment; filename="protocol.toml"'},
        )


def _add_duplicates(router: APIRouter, desk: Desk) -> None:
    """Routes by which pairs of records are looked at before a review begins."""
    arriving = desk.reviews.arriving

    @router.get("/exports/duplicates", responses=documented(409, 422))
    def duplicates() -> DuplicatesView:
        """Look for records of one publication among the exports."""
        found = arriving.duplicates()
        return DuplicatesView(**(asdict(found) | {"pairs": [asdict(x) for x in found.pairs]}))

    @router.put("/exports/duplicates", status_code=204, responses=documented(404, 409))
    def decide_pair(given: DecidedPair) -> Response:
        """Decide that two records are one publication or two; it counts when the review begins."""
        arriving.decide(given.a, given.b, given.together)
        return Response(status_code=204)


def _criterion(one: Criterion) -> CriterionView:
    return CriterionView(title=one.title or one.key, words=one.words)


def _export(one: Arrived) -> ExportView:
    return ExportView(
        id=one.id,
        name=one.name,
        records=one.records,
        sources=list(one.sources),
        protocol=one.protocol,
        source=one.source,
        kind=one.kind,
        date=one.date,
    )


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
        version=found["version"],
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


def _report(store: ReviewStore, language: Language) -> None:
    try:
        from mien.report.review.review_page import write
        from mien.review.living.findings import findings
        from mien.review.living.review_folder import open_review
        from mien.review.project.founding import collect

        collect(store)
        found = open_review(store.folder)
        earlier = findings(found.earlier[-1]) if found.earlier else None
        write(
            findings(found), store.folder / REPORT, earlier=earlier, overwrite=True,
            language=language,
        )  # fmt: skip
    except ModuleNotFoundError as error:
        raise Problem(501, "no_packages", _PACKAGES) from error
    except MienError as error:
        raise Problem(409, "no_report_now", str(error)) from error


def _person(said: dict[str, Any], token: str) -> PersonView:
    counts = {
        stage: CountView(done=said["counts"][stage]["done"], all=said["counts"][stage]["all"])
        for stage in ("title", "full")
    }
    stop, studies = said["stopping"], said["studies"]
    return PersonView(
        name=said["name"],
        role=said["role"],
        link=LINK.format(token=token),
        **counts,
        data=CountView(done=studies["data"], all=studies["included"]),
        judged=CountView(done=studies["judged"], all=studies["included"]),
        at_least=None if stop is None else stop["at_least"],
        stop=stop is not None and stop["stop"],
    )


def _reported(store: ReviewStore) -> bytes:
    folder = store.folder / REPORT
    if not (folder / _PAGE).is_file():
        raise Problem(404, "no_report", "There is no report yet: write it first.")
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_symlink():
                packed.write(path, f"report/{path.relative_to(folder).as_posix()}")
    return data.getvalue()


def _archive(store: ReviewStore) -> bytes:
    from mien.review.project.standing import plain

    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in plain(store).items():
            packed.writestr(f"screening/{name}", content)
    return data.getvalue()
