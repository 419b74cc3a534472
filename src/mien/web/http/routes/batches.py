"""Batches that the server was given to show: how far they are, and what came of each clip.

Nothing here changes anything. Clips are called by their pseudonyms; where an original lies is in no
answer.
"""

from __future__ import annotations

import re
import shlex
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel
from starlette.responses import Response, StreamingResponse

from mien.scale.places import EVIDENCE, NAME, REPORT
from mien.scale.watching import Glance, Listing, Watched, Where
from mien.web.http.access import FRAMED
from mien.web.http.desk import Desk
from mien.web.http.problems import Problem, documented
from mien.web.http.sending import Range, send, sent
from mien.web.queue.tables import Role

_HTML, _CSV = "text/html", "text/csv"
_TABLES = {"cohort.csv", "tests.csv", "batch.csv"}
_OF_SENTENCES = "batch.csv"
"""The table that says why something is in quarantine."""
_COHORT, _CLIP = "cohort.html", "report.html"
_LINK = re.compile(rb'<a href="\.\./[^"]*"')
"""What leads from the cohort to a clip in the folder. Here a report is no page of the server's, so
that what it asks for is refused; the page Batches has these links."""
_ALONE = {**FRAMED, "Cross-Origin-Opener-Policy": "unsafe-none"}
"""A page of its own when it is opened alone: what is sandboxed cannot share an opener."""
_FEW_S = 60.0  # of work, before which nothing is said of how fast it goes
_MOST = 100  # lines at once
_NOT_TOLD = "It did not work: ask whoever runs this batch why."


class Going(StrEnum):
    """What happens to a batch."""

    READING = "reading"
    """A driver reads clips to know which are new."""
    WORKING = "working"
    """A driver hands out tasks."""
    STOPPED = "stopped"
    """Nobody works on it, and something is not done."""
    OVER = "over"
    """Everything is done or in quarantine."""
    UNKNOWN = "unknown"
    """It cannot be read."""


Place = Literal["waiting", "at_work", "again", "quarantine", "done"]


class MachineView(BaseModel):
    """A machine that took part since the last start."""

    name: str
    done: int
    """Clips."""


class BatchView(BaseModel):
    """How far a batch is."""

    id: str
    name: str
    """Of its folder."""
    going: Going
    total: int | None
    """Clips of the plan; None if that is not known."""
    done: int
    at_work: int
    waiting: int
    again: int
    """Clips that failed and wait to be tried again."""
    quarantine: int
    retried: int
    """Clips that were tried more than once since the last start."""
    read: int
    """Clips of the plan that were read since the last start to know which are new."""
    began: float | None
    """When the last driver started, seconds since 1970."""
    heard: float | None
    """When it last said something."""
    left_s: float | None
    """Seconds until all is done; None if nobody knows."""
    per_hour: float | None
    """Clips an hour since the last start; None if it was too short."""
    workers: int | None
    """Clips at a time."""
    kind: str
    """Who works on them: processes, ray, slurm; empty if nobody knows."""
    machines: list[MachineView]
    """Empty if nobody knows, or for those who only see results."""
    command: str | None
    """How it goes on, for a terminal; None if nobody knows, or for those who do not administer."""
    troubles: list[str]
    """What of its memory cannot be read: `gone`, `plan`, `standing`, `quarantine`, `older`."""
    far: bool
    """Whether results lie elsewhere, so that they cannot be opened here."""
    report: bool
    """Whether there is the report of the cohort."""
    tables: list[str]
    """Names of tables that can be downloaded."""


class TaskView(BaseModel):
    """A clip of a batch."""

    row: int
    """Of the plan, from 1."""
    name: str
    """Its pseudonym."""
    place: Place
    tries: int | None
    """How often it was tried and failed; None if nobody knows."""
    since: float | None
    """When somebody began to work on it, seconds since 1970."""
    sentence: str | None
    """Why it failed."""
    code: str | None
    """The kind of failure, for translations."""
    engine: str | None
    """How it was de-identified."""
    frames: int | None
    covered: int | None
    """Frames that are covered."""
    seconds: float | None
    """How long it took."""
    manifest: bool
    """Whether its manifest can be opened."""
    evidence: bool
    """Whether its report can."""


class TasksView(BaseModel):
    """Clips of a batch, a page of them."""

    total: int
    """That were asked for."""
    first: int
    """Place of the first of these, from 0."""
    tasks: list[TaskView]


def routes(desk: Desk) -> APIRouter:
    """Routes under /batches."""
    router = APIRouter(prefix="/batches")
    batches = desk.batches

    def view(batch: str, watched: Watched) -> BatchView:
        return _view(batch, batches.called(batch), watched, _told_to(desk))

    @router.get("")
    def list_batches() -> list[BatchView]:
        """All that the server was given."""
        return [view(batch, watched) for batch, watched in batches.all().items()]

    @router.get("/{batch}", responses=documented(404))
    def one_batch(batch: str) -> BatchView:
        """One."""
        return view(batch, batches.get(batch))

    @router.get("/{batch}/tasks", responses=documented(404))
    def tasks(
        batch: str,
        place: Place | None = None,
        find: Annotated[str, Query(max_length=100)] = "",
        first: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
        count: Annotated[int, Query(ge=1, le=_MOST)] = 50,
    ) -> TasksView:
        """Clips of a batch that are somewhere and have something in their pseudonym."""
        watched = batches.get(batch)
        wanted = None if place is None else Where[place.upper()]
        listing = Listing(watched.look(), wanted, find)
        told = _told_to(desk) != "little"
        return TasksView(
            total=len(listing.found),
            first=first,
            tasks=[
                _task(watched, listing.glance, k, told)
                for k in listing.found[first : first + count]
            ],
        )

    @router.get(
        "/{batch}/report/cohort.html",
        responses={200: {"content": {_HTML: {}}}, **documented(404)},
        response_class=Response,
    )
    def cohort(batch: str) -> Response:
        """The report of the cohort, a page that needs nothing else."""
        content = _there(batches.get(batch).file(REPORT, _COHORT)).read_bytes()
        return Response(_LINK.sub(b"<a", content), media_type=_HTML, headers=_ALONE)

    @router.get("/{batch}/report/{table}", responses=sent(_CSV), response_class=StreamingResponse)
    def table(batch: str, table: str, range: Range = None) -> Response:
        """A table of the report."""
        watched = batches.get(batch)
        if table not in _tables(watched, _told_to(desk)):
            raise _gone()
        desk.made(batch)
        return send(_there(watched.file(REPORT, table)), range, _CSV, called=table)

    @router.get(
        "/{batch}/evidence/{clip_name}/report.html",
        responses=sent(_HTML),
        response_class=StreamingResponse,
    )
    def evidence(batch: str, clip_name: str, range: Range = None) -> Response:
        """The report of a clip, a page that needs nothing else."""
        return _page(_evidence(batches.get(batch), clip_name), range)

    @router.get(
        "/{batch}/manifests/{clip_name}",
        responses=sent("application/json"),
        response_class=StreamingResponse,
    )
    def manifest(batch: str, clip_name: str, range: Range = None) -> Response:
        """The manifest of a result."""
        path = _there(batches.get(batch).result(clip_name))
        desk.made(batch)
        return send(path, range, "application/json", called=f"{clip_name}.json")

    return router


def _told_to(desk: Desk) -> Literal["all", "much", "little"]:
    """How much of a batch whoever asks is told: everything where nobody has an account, or to an
    admin; all but what may name a folder to those who make clips; what shows results to readers."""
    visitor = desk.visitor()
    if visitor is None or visitor.is_admin:
        return "all"
    return "little" if visitor.account.role == Role.READER else "much"


def _view(batch: str, name: str, watched: Watched, told: str) -> BatchView:
    glance = watched.look()
    said = glance.standing
    total = None if glance.tasks is None else len(glance.tasks.keys)
    going = _going(glance, total)
    is_work = going == Going.WORKING
    machines = said.get("machines", {}) if told != "little" else {}
    return BatchView(
        id=batch,
        name=name,
        going=going,
        total=said["total"] if going == Going.READING and said else total,
        done=glance.records if total is None else glance.count(Where.DONE),
        at_work=glance.count(Where.AT_WORK),
        waiting=glance.count(Where.WAITING),
        again=glance.count(Where.AGAIN),
        quarantine=len(glance.aside) if total is None else glance.count(Where.QUARANTINE),
        retried=said.get("retried", 0),
        read=said.get("read", 0),
        began=said.get("began"),
        heard=said.get("at"),
        left_s=said.get("left_s") if is_work else None,
        per_hour=_per_hour(said) if is_work else None,
        workers=said.get("workers") if is_work else None,
        kind=said.get("kind", "") if is_work else "",
        machines=[MachineView(name=one, done=n) for one, n in machines.items()],
        command=_command(said, going, glance) if told == "all" else None,
        troubles=list(glance.troubles),
        far=bool(glance.far),
        report=watched.file(REPORT, _COHORT) is not None,
        tables=_tables(watched, told),
    )


def _going(glance: Glance, total: int | None) -> Going:
    if glance.running:
        return Going.READING if glance.standing.get("stage") == "reading" else Going.WORKING
    if total is None:
        return Going.UNKNOWN if glance.troubles else Going.STOPPED
    at_rest = glance.count(Where.DONE) + glance.count(Where.QUARANTINE)
    return Going.OVER if at_rest == total else Going.STOPPED


def _per_hour(said: dict[str, Any]) -> float | None:
    took = said["at"] - said["work_began"] if said.get("work_began") is not None else 0.0
    return said["worked"] / took * 3600 if took >= _FEW_S and said["worked"] else None


def _command(said: dict[str, Any], going: Going, glance: Glance) -> str | None:
    """How a batch that nobody works on goes on."""
    words = said.get("command")
    if not words or glance.running:
        return None
    if going == Going.OVER:
        if not glance.count(Where.QUARANTINE):
            return None
        words = [*words, "--retry"]
    folder = said.get("folder", "")
    where = f"cd {shlex.quote(folder)} && " if folder else ""
    return where + shlex.join(words)


def _task(watched: Watched, glance: Glance, k: int, told: bool) -> TaskView:
    """A clip, as its record, the quarantine or the driver says."""
    assert glance.tasks is not None
    key, name = glance.tasks.keys[k], glance.tasks.names[k]
    where = Where(glance.where[k])
    tries = since = sentence = code = None
    if where == Where.QUARANTINE:
        one = glance.aside.get(key.hex(), {})
        tries, sentence, code = one.get("tries"), one.get("sentence"), one.get("code")
    elif where == Where.AGAIN:
        one = glance.standing["again"].get(key.hex(), {})
        tries, sentence, code = one.get("tries"), one.get("sentence"), one.get("code")
    elif where == Where.AT_WORK:
        one = glance.standing["at_work"].get(key.hex(), {})
        tries, since = one.get("tries"), one.get("since")
    record = watched.record(key) if where == Where.DONE else {}
    counts = record.get("counts")
    counts = counts if isinstance(counts, dict) else {}
    is_done = where == Where.DONE
    return TaskView(
        row=glance.tasks.rows[k],
        name=name,
        place=where.name.lower(),  # type: ignore[arg-type]  # one of these
        tries=tries,
        since=since,
        sentence=sentence if told or sentence is None else _NOT_TOLD,
        code=None if sentence is None else (code or None) if told else "not_told",
        engine=engine if isinstance(engine := record.get("engine"), str) else None,
        frames=sum(n for n in counts.values() if isinstance(n, int)) if counts else None,
        covered=_number(counts.get("covered"), int),
        seconds=_number(record.get("seconds"), int, float),
        manifest=is_done and watched.result(name) is not None,
        evidence=is_done and _evidence(watched, name) is not None,
    )


def _number(value: Any, *kinds: type) -> Any:
    return value if isinstance(value, kinds) and not isinstance(value, bool) else None


def _evidence(watched: Watched, name: str) -> Path | None:
    return watched.file(EVIDENCE, name, _CLIP) if NAME.fullmatch(name) else None


def _tables(watched: Watched, told: str) -> list[str]:
    names = _TABLES - ({_OF_SENTENCES} if told == "little" else set())
    return sorted(name for name in names if watched.file(REPORT, name) is not None)


def _page(path: Path | None, wanted: str | None) -> Response:
    return send(_there(path), wanted, _HTML, headers=_ALONE)


def _there(path: Path | None) -> Path:
    if path is None:
        raise _gone()
    return path


def _gone() -> Problem:
    return Problem(404, "file_gone", "The file is gone: make it again.")
