"""Live calls as whoever runs the server sees them: made, listed, ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from mien.errors import ParameterError
from mien.web.http.desk import Desk
from mien.web.http.problems import Problem, documented

if TYPE_CHECKING:
    from mien.live.calls.call import Call


class CallWanted(BaseModel):
    """How a call shall be."""

    subject: str | None = Field(None, max_length=200)
    """Code of the patient in a study: the same face in every call."""
    match: Literal["none", "sex", "age", "tone"] = "age"
    """What the new face keeps alike."""
    voice: Literal["changed", "muted", "kept"] = "changed"
    """What becomes of the patient's voice."""


class CallView(BaseModel):
    """A call."""

    id: str
    links: dict[str, str]
    """Addresses on this server, by who is to open it: `patient` and `doctor`. Each works once."""
    used: dict[str, bool]
    """Whether somebody has joined by it."""
    here: dict[str, bool]
    """Who is connected."""
    admitted: bool
    """Whether the doctor has let the patient in."""
    ended: bool
    covered: str | None
    """Why the doctor sees a covered picture; null where they do not."""
    voice: str
    counts: dict[str, Any]
    """Pictures that came, were shown, covered, late, dropped, and what failed."""


class LiveView(BaseModel):
    """All calls, and whether there can be any."""

    available: bool
    """Whether the packages that calls need are installed."""
    calls: list[CallView]


def routes(desk: Desk) -> APIRouter:
    """Routes under /live of the API."""
    router = APIRouter(prefix="/live")
    calling = desk.calling

    @router.get("")
    async def listing() -> LiveView:
        """Calls, the newest first."""
        there = calling.available
        found = calling.calls.listing() if there else []
        own = await run_in_threadpool(desk.own, *(call.id for call in found))
        return LiveView(available=there, calls=[_view(call) for call in found if call.id in own])

    @router.post("", status_code=201, responses=documented(503))
    async def make(wanted: CallWanted) -> CallView:
        """Make two one-time links."""
        calls = calling.calls
        from mien.live.calls.voice import VoiceMode
        from mien.live.settings import LiveSettings

        settings = LiveSettings(subject=wanted.subject or None, match=wanted.match)
        try:
            made = calls.make(settings, VoiceMode(wanted.voice))
        except ParameterError as error:
            raise Problem(429, "too_many_calls", str(error)) from error
        await run_in_threadpool(desk.take, made.id)
        return _view(made)

    @router.delete("/{call}", responses=documented(404, 503))
    async def end(call: str) -> CallView:
        """End one for everybody."""
        gone = Problem(404, "no_call", "There is no such call: it may have ended.")
        await run_in_threadpool(desk.mine, call, gone)
        found = calling.calls.get(call)
        if found is None:
            raise gone
        await found.end()
        return _view(found)

    return router


def _view(call: Call) -> CallView:
    state = call.state()
    return CallView(
        id=call.id,
        links={role.value: f"/live/{link.token}/" for role, link in call.links.items()},
        used={role.value: link.taken for role, link in call.links.items()},
        counts=call.counts(),
        **{key: state[key] for key in ("here", "admitted", "ended", "covered", "voice")},
    )
