"""Line-ups: judges' links, how far they are, answers as a table, the report."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.responses import Response, StreamingResponse

from mien.report.language import DEFAULT, Language
from mien.study.lineup_export import COLUMNS, trials_of
from mien.study.lineup_store import LineupStore
from mien.web.http.access import FRAMED
from mien.web.http.desk import Desk
from mien.web.http.problems import Problem, documented
from mien.web.http.routes.studies import MakingView
from mien.web.http.sending import Range, send, sent
from mien.web.http.studies import JUDGES_LINK, PAGE, REPORT, no_study, reporting
from mien.web.http.study_orders import LineupOrder, lineup_wanted


class JudgeView(BaseModel):
    """One judge."""

    name: str
    link: str
    """Address of the judge's page on this server."""
    answered: int
    trials: int


class LineupView(BaseModel):
    """One line-up."""

    id: str
    title: str
    clips: int
    """Patients."""
    controls: str
    """Who else is shown: surrogates, cohort or portraits."""
    seed: int
    judges: list[JudgeView]
    left_out: list[str]
    """What it lacks, a sentence each."""
    reported: float | None
    """When the report was written, seconds since 1970; None if there is none."""


def routes(desk: Desk) -> APIRouter:
    """Routes under /lineups."""
    router = APIRouter(prefix="/lineups")
    studies = desk.studies

    def get(lineup: str) -> LineupStore:
        desk.mine(lineup, no_study())
        return studies.lineup(lineup)

    @router.get("")
    def list_lineups() -> list[LineupView]:
        """All line-ups that the server was started with, or that were made."""
        own = desk.own(*studies.lineups())
        return [_view(key, store) for key, store in studies.lineups().items() if key in own]

    @router.post("", status_code=202, responses=documented(404, 409, 422))
    def add_lineup(order: LineupOrder) -> MakingView:
        """Begin to make a line-up."""
        return MakingView.model_validate(desk.begin_study(lineup_wanted(desk, order)))

    @router.post("/{lineup}/report", responses=documented(404, 409, 501))
    def write_report(lineup: str, language: Language = DEFAULT) -> LineupView:
        """Analyse the answers so far, in place of an older report."""
        store = get(lineup)
        with reporting(studies):
            from mien.report.ratings.trials_page import write
            from mien.study.reidentification import analyse_trials

            trials = trials_of(store)
            write(
                analyse_trials(trials),
                trials,
                store.folder / REPORT,
                overwrite=True,
                language=language,
            )
        return _view(lineup, store)

    @router.get("/{lineup}/report", responses=sent("text/html"), response_class=StreamingResponse)
    def report(lineup: str, range: Range = None) -> Response:
        """The report, a page that needs nothing else."""
        path = get(lineup).folder / REPORT / PAGE
        if not path.is_file():
            raise Problem(404, "no_report", "There is no report yet: analyse the answers first.")
        headers = {**FRAMED, "Cross-Origin-Opener-Policy": "unsafe-none"}
        return send(path, range, "text/html", headers=headers)

    @router.get(
        "/{lineup}/trials.csv",
        responses={200: {"content": {"text/csv": {}}}, **documented(404)},
        response_class=Response,
    )
    def trials_csv(lineup: str) -> Response:
        """All answers, for a spreadsheet and for mien study reid."""
        from mien.report.ratings.answers import as_csv

        text = as_csv(COLUMNS, get(lineup).export())
        return Response(
            text.encode("utf-8-sig"),
            media_type="text/csv",
            headers={"Content-Disposition": 'attachment; filename="trials.csv"'},
        )

    return router


def _view(key: str, store: LineupStore) -> LineupView:
    settings, page = store.settings, store.folder / REPORT / PAGE
    return LineupView(
        id=key,
        title=settings["title"],
        clips=len(settings["clips"]),
        controls=settings["controls"],
        seed=settings["seed"],
        judges=[
            JudgeView(
                name=one.name,
                link=JUDGES_LINK.format(token=one.token),
                answered=one.answered,
                trials=one.trials,
            )
            for one in store.progress()
        ],
        left_out=settings.get("left_out", []),  # of older ones nothing is known
        reported=page.stat().st_mtime if page.is_file() else None,
    )
