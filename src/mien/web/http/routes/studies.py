"""Rating studies: raters' links, how far they are, answers as tables, the report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response, StreamingResponse

from mien.study.export import COLUMNS, ratings_of, to_parquet
from mien.study.items import shipped
from mien.study.store import StudyStore
from mien.web.http.access import FRAMED
from mien.web.http.desk import Desk
from mien.web.http.problems import Problem, documented
from mien.web.http.sending import Range, send, sent
from mien.web.http.studies import LINK, PAGE, REPORT, reporting
from mien.web.http.study_making import Wanted
from mien.web.queue.folders import RESULT

Name = Annotated[str, Field(min_length=1, max_length=60)]


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


class StudyOrder(BaseModel):
    """A study that is to be made of clips of one project."""

    model_config = ConfigDict(extra="forbid")

    clips: Annotated[list[str], Field(min_length=1, max_length=500)]
    """Clips that are done and have their original."""
    items: Annotated[list[str], Field(min_length=1, max_length=20)]
    """Keys of what is asked."""
    raters: Annotated[list[Name], Field(min_length=1, max_length=100)]
    title: Annotated[str, Field(max_length=200)] = "Rating study"
    repeats: Annotated[int, Field(ge=0, le=500)] = 0
    """Originals that are shown a second time."""
    washout_days: Annotated[float, Field(ge=0, le=3650, allow_inf_nan=False)] = 14.0
    seed: Annotated[int, Field(ge=0, le=2**31)] = 0


class ItemView(BaseModel):
    """What may be asked."""

    key: str
    title: str
    sound: bool
    """Whether it is judged by ear."""


class MakingView(BaseModel):
    """A study that is being made, or could not be."""

    model_config = ConfigDict(from_attributes=True)

    title: str
    frames: int
    """Copied so far."""
    error: str | None
    code: str | None


def routes(desk: Desk) -> APIRouter:
    """Routes under /studies."""
    router = APIRouter(prefix="/studies")
    studies = desk.studies

    @router.get("")
    def list_studies() -> list[StudyView]:
        """All studies that the server was started with."""
        return [_view(key, store) for key, store in studies.all().items()]

    @router.get("/items")
    def list_items() -> list[ItemView]:
        """What may be asked."""
        return [
            ItemView(key=item.key, title=item.title, sound=item.sound)
            for item in shipped().values()
        ]

    @router.get("/making")
    def what_is_made() -> list[MakingView]:
        """The study that is being made, or the last one if it could not be made."""
        now = desk.making.now
        return [] if now is None else [MakingView.model_validate(now)]

    @router.post("", status_code=202, responses=documented(404, 409))
    def add_study(order: StudyOrder) -> MakingView:
        """Begin to make a study."""
        return MakingView.model_validate(desk.making.begin(_wanted(desk, order)))

    @router.post("/{study}/report", responses=documented(404, 409, 501))
    def write_report(study: str) -> StudyView:
        """Analyse the answers so far, in place of an older report."""
        store = studies.get(study)
        with reporting(studies):
            from mien.report.ratings.page import write
            from mien.study.analysis import analyse

            ratings = ratings_of(store)
            write(analyse(ratings), ratings, store.folder / REPORT, overwrite=True)
        return _view(study, store)

    @router.get("/{study}/report", responses=sent("text/html"), response_class=StreamingResponse)
    def report(study: str, range: Range = None) -> Response:
        """The report, a page that needs nothing else."""
        path = studies.get(study).folder / REPORT / PAGE
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
        from mien.report.spreadsheet import to_csv

        rows = studies.get(study).export()
        text = to_csv(COLUMNS, ([row[name] for name in COLUMNS] for row in rows))
        return _saved(text.encode("utf-8-sig"), "text/csv", "ratings.csv")

    @router.get(
        "/{study}/ratings.parquet",
        responses={200: {"content": {"application/vnd.apache.parquet": {}}}, **documented(404)},
        response_class=Response,
    )
    def ratings_parquet(study: str) -> Response:
        """The same, for programs."""
        data = to_parquet(studies.get(study).export())
        return _saved(data, "application/vnd.apache.parquet", "ratings.parquet")

    return router


def _wanted(desk: Desk, order: StudyOrder) -> Wanted:
    unknown = [key for key in order.items if key not in shipped()]
    if unknown:
        raise Problem(422, "no_item", "There is no such item: choose from the list.")
    clips = [desk.done(clip) for clip in dict.fromkeys(order.clips)]
    if any(not clip.original for clip in clips):
        raise Problem(
            409, "no_original", "The original of a clip was deleted: upload the clip again."
        )
    if order.repeats > len(clips):
        raise Problem(422, "too_many_repeats", "There are more hidden repeats than clips.")
    raters = list(dict.fromkeys(" ".join(name.split()) for name in order.raters))
    if not all(raters):
        raise Problem(422, "no_rater", "A rater has no name: give each one.")
    names: list[str] = []
    for clip in clips:
        stem = Path(clip.name).stem or "clip"
        alike = sum(name == stem or name.startswith(f"{stem} (") for name in names)
        names.append(stem if not alike else f"{stem} ({alike + 1})")
    return Wanted(
        [(desk.folders.original(clip), desk.file(clip, RESULT)) for clip in clips],
        names,
        {
            "items": list(dict.fromkeys(order.items)),
            "raters": tuple(raters),
            "repeats": order.repeats,
            "washout_days": order.washout_days,
            "seed": order.seed,
            "title": order.title.strip() or "Rating study",
        },
    )


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
