"""Guided recordings: protocols, consent, checks of small pictures, and where each stands."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from mien.errors import ParameterError
from mien.recording.guided.guide import Guide
from mien.recording.guided.protocol import open_protocol, shipped
from mien.web.http.desk import Desk
from mien.web.http.problems import Problem, documented
from mien.web.http.recordings import RECORDINGS, Recordings, Sitting, no_recording

Language = Literal["de", "en"]


class ProtocolView(BaseModel):
    """What can be asked for."""

    name: str
    title: dict[str, str]
    """By language."""
    source: str
    seconds: float
    """That it takes if nothing is repeated."""
    steps: int


class Beginning(BaseModel):
    """Who is recorded, and that they agree."""

    participant: str = Field(max_length=32)
    """A pseudonym."""
    protocol: str = Field(max_length=100)
    language: Language = "en"
    consent: str = Field(max_length=200)
    """How consent was given, one line."""
    text: str = Field("", max_length=4000)
    """What was agreed to."""


class FaultView(BaseModel):
    """Something that is wrong now."""

    name: str
    words: str
    """What to do."""


class SittingView(BaseModel):
    """Where a recording stands."""

    id: str
    phase: str
    """`ready`, `recording`, `done` or `stopped`."""
    words: str
    """What to say now."""
    step: str | None
    """Id of what is asked."""
    asked: str
    """What is asked, whatever is wrong."""
    number: int
    total: int
    seconds: float
    """How long the step is recorded."""
    point: bool
    """Whether a point to look at is shown."""
    attempt: int
    """Number of the take that runs or ran last, over all steps; 0 before the first."""
    kept: list[int]
    """Those that count."""
    faults: list[FaultView]


def routes(desk: Desk) -> APIRouter:
    """Routes under /recordings."""
    router = APIRouter(prefix="/recordings")
    recordings = Recordings(desk.folders.data / RECORDINGS)

    def get(recording: str) -> Sitting:
        desk.mine(recording, no_recording())
        return recordings.get(recording)

    @router.get("/protocols")
    def protocols() -> list[ProtocolView]:
        """All protocols."""
        found = [open_protocol(name) for name in shipped()]
        return [
            ProtocolView(
                name=each.name,
                title=each.title,
                source=each.source,
                seconds=each.seconds,
                steps=len(each.steps),
            )
            for each in found
        ]

    @router.post("", status_code=201, responses=documented(507))
    def begin(who: Beginning) -> SittingView:
        """Put consent on record and begin."""
        if who.protocol not in shipped():
            raise Problem(422, "invalid", "There is no such protocol: choose another.")
        try:
            guide = Guide(who.participant, open_protocol(who.protocol), who.language)
            guide.consent(who.consent, who.text)
        except ParameterError as error:
            raise Problem(422, "bad_name", str(error)) from error
        made = recordings.begin(guide)
        desk.take(made.id)
        return _view(made)

    @router.post(
        "/{recording}/look",
        responses=documented(404, 507),
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {
                    "application/octet-stream": {"schema": {"type": "string", "format": "binary"}}
                },
            }
        },
    )
    async def look(
        request: Request,
        recording: str,
        width: Annotated[int, Query(ge=64, le=512)],
        time: Annotated[float, Query(ge=0, le=1e9)],
        rate: Annotated[float | None, Query(ge=0, le=1000)] = None,
    ) -> SittingView:
        """Check a picture, which is the body: red, green, blue, opacity of each pixel; it is not
        kept."""
        sitting = await run_in_threadpool(get, recording)
        if not math.isfinite(time):
            raise Problem(422, "invalid", "time is a number of seconds.")
        pixels = await request.body()
        await run_in_threadpool(recordings.look, sitting, pixels, width, time, rate)
        return _view(sitting)

    @router.post("/{recording}/{what}", responses=documented(404, 507))
    def go_on(
        recording: str,
        what: Literal["keep", "stop"],
        time: Annotated[float, Query(ge=0, le=1e9)],
    ) -> SittingView:
        """Keep what is recorded of the step, or stop for good."""
        sitting = get(recording)
        recordings.go_on(sitting, time, what == "stop")
        return _view(sitting)

    return router


def _view(sitting: Sitting) -> SittingView:
    guide = sitting.guide
    step, steps = guide.step, guide.protocol.steps
    return SittingView(
        id=sitting.id,
        phase=guide.phase.value,
        words=guide.words,
        step=None if step is None else step.id,
        asked=guide.words if step is None else step.text[guide.language],
        number=len(steps) if step is None else steps.index(step) + 1,
        total=len(steps),
        seconds=0.0 if step is None else step.seconds,
        point=step is not None and step.point,
        attempt=len(guide.takes),
        kept=[number for number, take in enumerate(guide.takes, 1) if take.kept],
        faults=[FaultView(name=f.value, words=f.words(guide.language)) for f in guide.faults],
    )
