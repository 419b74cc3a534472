"""Evidence: measuring results against their originals, what was found, and the cohort of it."""

from __future__ import annotations

import csv
import io
import statistics
from collections.abc import Iterable, Sequence
from typing import Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.responses import Response, StreamingResponse

from mien.report.language import DEFAULT, Language
from mien.web.http.access import FRAMED
from mien.web.http.desk import Desk, WorkView
from mien.web.http.problems import Problem, documented
from mien.web.http.sending import Range, send, sent
from mien.web.queue.tables import Clip, Job, Kind, Status
from mien.web.works.figures import FIGURES

REPORT, METRICS = "report/report.html", "report/metrics.json"
"""Files of a measurement, in its folder."""
_COLUMNS = (
    *("clip", "method", "profile", "passed", "held", "asked"),
    *("hides_held", "hides_asked", "keeps_held", "keeps_asked", "stale"),
)  # of the table for spreadsheets, before the figures
_FORMULA = "=+-@\t\r"  # a cell that begins so is a formula to spreadsheets


class MeasureOrder(BaseModel):
    """How a clip shall be measured."""

    profile: Literal["generic", "parkinson", "palsy"] = "generic"
    """What has to hold."""
    language: Language = DEFAULT
    """Of the report."""


class EvidenceView(BaseModel):
    """What is known of a clip."""

    latest: WorkView | None
    """The newest measurement, which may be under way or have failed; None if there is none."""
    measured: WorkView | None
    """The newest that is done; its `found` has the answers."""
    stale: bool
    """Whether the result was changed since: `measured` is of an older one."""


class TallyView(BaseModel):
    """Answers to the requirements of one kind."""

    held: int
    """Requirements that hold."""
    asked: int
    """Requirements that apply to the clip."""
    unknown: int
    """Of those asked, how many could not be measured, and therefore do not hold."""


class CohortRow(BaseModel):
    """A clip that was measured."""

    clip: str
    name: str
    work: str
    """The measurement: the newest of the clip that is done."""
    finished: float
    """When it was done, seconds since 1970."""
    stale: bool
    """Whether the result was changed since."""
    method: str
    """How the clip was de-identified: its engine."""
    profile: str
    """What was asked."""
    hides: TallyView
    """Whether the person is hidden."""
    keeps: TallyView
    """Whether the movements are kept; methods that obscure the face promise none."""
    passed: bool
    """Whether all that could be asked holds."""
    held: int
    """Requirements that hold."""
    asked: int
    """Requirements that apply to the clip."""
    figures: dict[str, float | None]
    """What was measured; None where it could not be or means nothing."""


class SummaryView(BaseModel):
    """All clips of one method: what one method keeps says nothing of another."""

    method: str
    """The engine."""
    clips: int
    """Rows that were taken: those of the method that are not stale."""
    mean: dict[str, float | None]
    """Of the rows that have the figure; None if none has it."""
    median: dict[str, float | None]
    """Of the same."""


class CohortView(BaseModel):
    """Everything that was measured in a project, a row for each clip."""

    figures: list[str]
    """Columns."""
    rows: list[CohortRow]
    summaries: list[SummaryView]
    """One for each method that has rows which are not stale, in the order of the rows."""


def routes(desk: Desk) -> APIRouter:
    """Routes of measurements and of the cohort."""
    router = APIRouter()
    jobs, clips = desk.store.jobs, desk.store.clips

    def rows(project: str | None) -> list[CohortRow]:
        home = desk.project(project).id
        newest = {
            job.clips[0]: job
            for job in jobs.listing(home, Kind.EVALUATE)
            if job.status == Status.DONE and job.found
        }
        listed = [clip for clip in clips.listing(home) if clip.leaves is None]
        return [
            _row(clip, newest[clip.id], desk.called(clip)) for clip in listed if clip.id in newest
        ]

    @router.post("/clips/{clip}/evaluate", status_code=201, responses=documented(404, 409))
    def measure(clip: str, order: MeasureOrder) -> WorkView:
        """Measure a clip's result against its stored original."""
        found = desk.done(clip)
        if not found.original:
            raise Problem(
                409,
                "no_original",
                "The original was deleted, and nothing can be measured without it: upload the clip "
                "again.",
            )
        about = jobs.of_clip(clip, Kind.EVALUATE, Kind.COVER)
        waiting = {job.kind for job in about if not Status(job.status).over}
        if Kind.EVALUATE in waiting:
            raise Problem(409, "being_measured", "This clip is being measured already: wait.")
        if Kind.COVER in waiting:
            raise Problem(
                409, "being_covered", "Moments of this clip are being covered: wait, then measure."
            )
        return desk.work_view(desk.order(Kind.EVALUATE, [found], order.model_dump(), found.called))

    @router.get("/clips/{clip}/evidence", responses=documented(404))
    def evidence(clip: str) -> EvidenceView:
        """What is known of a clip."""
        found = desk.clip(clip)
        all_of = jobs.of_clip(clip, Kind.EVALUATE)
        done = [job for job in all_of if job.status == Status.DONE and job.found]
        return EvidenceView(
            latest=desk.work_view(all_of[-1]) if all_of else None,
            measured=desk.work_view(done[-1]) if done else None,
            stale=bool(done) and _stale(found, done[-1]),
        )

    # reports are called by their id: the clip's name may be the patient's
    @router.get(
        "/works/{work}/report",
        responses=sent("text/html"),
        response_class=StreamingResponse,
    )
    def report(work: str, range: Range = None) -> Response:
        """The report of a measurement or an encounter, a page that needs nothing else."""
        path = desk.file(desk.work(work, Kind.EVALUATE, Kind.ENCOUNTER), REPORT)
        # a page of its own when it is opened alone: what is sandboxed cannot share an opener
        headers = {**FRAMED, "Cross-Origin-Opener-Policy": "unsafe-none"}
        return send(path, range, "text/html", headers=headers)

    @router.get(
        "/works/{work}/metrics",
        responses=sent("application/json"),
        response_class=StreamingResponse,
    )
    def metrics(work: str, range: Range = None) -> Response:
        """All figures of a measurement, for programs."""
        path = desk.file(desk.work(work, Kind.EVALUATE), METRICS)
        return send(path, range, "application/json", called=f"metrics-{work[:8]}.json")

    @router.get("/cohort", responses=documented(404))
    def cohort(project: str | None = None) -> CohortView:
        """All clips of a project that were measured, each with its newest measurement."""
        found = rows(project)
        by_method: dict[str, list[CohortRow]] = {}
        for row in found:
            if not row.stale:
                by_method.setdefault(row.method, []).append(row)
        return CohortView(
            figures=list(FIGURES),
            rows=found,
            summaries=[
                SummaryView(
                    method=method,
                    clips=len(alike),
                    mean=_of_all(alike, statistics.fmean),
                    median=_of_all(alike, statistics.median),
                )
                for method, alike in by_method.items()
            ],
        )

    @router.get(
        "/cohort.csv",
        responses={200: {"content": {"text/csv": {}}}, **documented(404)},
        response_class=Response,
    )
    def cohort_csv(project: str | None = None) -> Response:
        """The same as a table for spreadsheets, with the names of the clips."""
        return Response(
            _csv(rows(project)).encode("utf-8-sig"),  # without the mark, Excel misreads umlauts
            media_type="text/csv",
            headers={"Content-Disposition": 'attachment; filename="cohort.csv"'},
        )

    return router


def _stale(clip: Clip, measured: Job) -> bool:
    return bool((measured.found or {}).get("result_run") != clip.run)


def _row(clip: Clip, measured: Job, called: str) -> CohortRow:
    found: dict[str, Any] = measured.found or {}
    answers = [line["passed"] for line in found["lines"]]
    return CohortRow(
        clip=clip.id,
        name=called,
        work=measured.id,
        finished=measured.finished or 0.0,
        stale=_stale(clip, measured),
        method=clip.job.wanted["engine"],
        profile=found["profile"],
        hides=_tally(found, "privacy"),
        keeps=_tally(found, "fidelity"),
        passed=found["passed"],
        held=answers.count(True),
        asked=len(answers) - answers.count(None),
        figures={name: found["figures"].get(name) for name in FIGURES},
    )


def _tally(found: dict[str, Any], kind: str) -> TallyView:
    asked = [one for one in found["lines"] if one["kind"] == kind and one["passed"] is not None]
    return TallyView(
        held=sum(one["passed"] for one in asked),
        asked=len(asked),
        unknown=sum(one["value"] is None for one in asked),
    )


def _of_all(rows: Sequence[CohortRow], summary: Any) -> dict[str, float | None]:
    """A summary of each figure; None where no row has it."""
    known = {name: [v for row in rows if (v := row.figures[name]) is not None] for name in FIGURES}
    return {name: summary(values) if values else None for name, values in known.items()}


def _csv(rows: Iterable[CohortRow]) -> str:
    text = io.StringIO()
    # quoted, for where commas are decimal, semicolons part cells
    table = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
    table.writerow([*_COLUMNS, *FIGURES])
    for row in rows:
        name = f"'{row.name}" if row.name[:1] in _FORMULA else row.name
        answers = [row.passed, row.held, row.asked]
        answers += [row.hides.held, row.hides.asked, row.keeps.held, row.keeps.asked]
        cells = [name, row.method, row.profile, *answers, row.stale]
        table.writerow([*cells, *(row.figures[figure] for figure in FIGURES)])
    return text.getvalue()
