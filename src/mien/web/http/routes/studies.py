"""Rating studies: raters' links, how far they are, answers as tables, the report."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response, StreamingResponse

from mien.report.language import DEFAULT, Language
from mien.study.export import COLUMNS, ratings_of
from mien.study.items import shipped
from mien.study.store import StudyStore
from mien.web.http.access import FRAMED
from mien.web.http.desk import Desk
from mien.web.http.problems import Problem, documented
from mien.web.http.sending import Range, send, sent
from mien.web.http.studies import LINK, PAGE, REPORT, no_study, reporting
from mien.web.http.study_orders import (
    ItemView,
    StudyOrder,
    item_view,
    read_file,
    study_wanted,
)


class RaterView(BaseModel):
    """One rater."""

    name: str
    link: str
    """Address of the rater's page on this server."""
    answered: int
    """Clips with an answer to every item."""
    clips: int
    """All that the rater will see, training left out."""
    rounds_submitted: int
    rounds: int


class StudyView(BaseModel):
    """One study."""

    id: str
    title: str
    pairs: int
    """Recordings, each as original and as result."""
    repeats: int
    """Hidden repeats of originals."""
    washout_days: float
    seed: int
    items: list[str]
    """Titles of what is asked."""
    power: str
    """How much it can say, in words."""
    raters: list[RaterView]
    reported: float | None
    """When the report was written, seconds since 1970; None if there is none."""


class ItemFile(BaseModel):
    """A file of items, as `mien study design --items-file` takes it."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(max_length=200)] = "the file"
    text: Annotated[str, Field(max_length=200_000)]


class MakingView(BaseModel):
    """A study that is being made, or could not be."""

    model_config = ConfigDict(from_attributes=True)

    title: str
    stage: str
    """What is done: `copying` frames, or `looking` at clips."""
    frames: int
    """Copied so far, or clips that were looked at."""
    error: str | None
    code: str | None


def routes(desk: Desk) -> APIRouter:
    """Routes under /studies."""
    router = APIRouter(prefix="/studies")
    studies = desk.studies

    def get(study: str) -> StudyStore:
        desk.mine(study, no_study())
        return studies.get(study)

    @router.get("")
    def list_studies() -> list[StudyView]:
        """All studies that the server was started with, or that were made."""
        own = desk.own(*studies.all())
        return [_view(key, store) for key, store in studies.all().items() if key in own]

    @router.get("/items")
    def list_items() -> list[ItemView]:
        """What may be asked."""
        return [item_view(item) for item in shipped().values()]

    @router.post("/items", responses=documented(422))
    def read_item_file(given: ItemFile) -> list[ItemView]:
        """What a file of items holds, to be chosen from."""
        return [item_view(item) for item in read_file(given.name, given.text).values()]

    @router.get("/making")
    def what_is_made() -> list[MakingView]:
        """The study that is being made, or the last one if it could not be made."""
        now, visitor = desk.making.now, desk.visitor()
        if now is None or (visitor is not None and visitor.account.id != now.account):
            return []
        return [MakingView.model_validate(now)]

    @router.post("", status_code=202, responses=documented(404, 409))
    def add_study(order: StudyOrder) -> MakingView:
        """Begin to make a study."""
        return MakingView.model_validate(desk.begin_study(study_wanted(desk, order)))

    @router.post("/{study}/report", responses=documented(404, 409, 501))
    def write_report(study: str, language: Language = DEFAULT) -> StudyView:
        """Analyse the answers so far, in place of an older report."""
        store = get(study)
        with reporting(studies):
            from mien.report.ratings.page import write
            from mien.study.analysis import analyse

            ratings = ratings_of(store)
            write(
                analyse(ratings), ratings, store.folder / REPORT, overwrite=True, language=language
            )
        return _view(study, store)

    @router.get("/{study}/report", responses=sent("text/html"), response_class=StreamingResponse)
    def report(study: str, range: Range = None) -> Response:
        """The report, a page that needs nothing else."""
        path = get(study).folder / REPORT / PAGE
        if not path.is_file():
            raise Problem(404, "no_report", "There is no report yet: analyse the answers first.")
        headers = {**FRAMED, "Cross-Origin-Opener-Policy": "unsafe-none"}
        return send(path, range, "text/html", headers=headers)

    @router.get(
        "/{study}/ratings.csv",
        responses={200: {"content": {"text/csv": {}}}, **documented(404)},
        response_class=Response,
    )
    def ratings_csv(study: str) -> Response:
        """All answers, for a spreadsheet and for mien study analyse."""
        from mien.report.ratings.answers import as_csv

        text = as_csv(COLUMNS, get(study).export())
        return _saved(text.encode("utf-8-sig"), "text/csv", "ratings.csv")

    @router.get(
        "/{study}/ratings.parquet",
        responses={200: {"content": {"application/vnd.apache.parquet": {}}}, **documented(404)},
        response_class=Response,
    )
    def ratings_parquet(study: str) -> Response:
        """The same, for programs."""
        from mien.report.ratings.answers import as_parquet

        data = as_parquet(COLUMNS, get(study).export())
        return _saved(data, "application/vnd.apache.parquet", "ratings.parquet")

    return router


def _view(key: str, store: StudyStore) -> StudyView:
    settings: dict[str, Any] = store.settings
    page = store.folder / REPORT / PAGE
    return StudyView(
        id=key,
        title=settings["title"],
        pairs=len(settings["clips"]),
        repeats=settings["repeats"],
        washout_days=settings["washout_days"],
        seed=settings["seed"],
        items=[item["title"] for item in settings["items"]],
        power=(settings.get("power") or {}).get("words", ""),
        raters=[
            RaterView(
                name=one.name,
                link=LINK.format(token=one.token),
                answered=one.answered,
                clips=one.clips,
                rounds_submitted=one.rounds_submitted,
                rounds=one.rounds,
            )
            for one in store.progress()
        ],
        reported=page.stat().st_mtime if page.is_file() else None,
    )


def _saved(data: bytes, kind: str, name: str) -> Response:
    return Response(
        data, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
