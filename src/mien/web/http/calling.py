"""What the browsers of a call ask: the page behind a one-time link, to join, and to end.

The link is the key, and belongs to the browser that joined by it first: no session is needed, and
nothing else can be reached with it.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response

from mien.advice import to_get
from mien.errors import ParameterError
from mien.web.http.access import refusal
from mien.web.http.problems import Problem

if TYPE_CHECKING:
    from mien.live.calls.book import Calls
    from mien.live.calls.call import Call, Role

CAMERA = "camera=(self), microphone=(self), geolocation=()"
"""Permissions of a page that may ask for them."""
_PAGES = Path(__file__).parents[1] / "pages"
_OPEN = {
    "call.js": "text/javascript",
    "call-patient.js": "text/javascript",
    "call-doctor.js": "text/javascript",
    "dom.js": "text/javascript",
    "words.js": "text/javascript",
    "words/call.js": "text/javascript",
    "style.css": "text/css",
    "call.css": "text/css",
    "icon.svg": "image/svg+xml",
}
"""Files that need no session, because the pages of a call are made of them."""
_HOLDER = "mien_call"
_LACKING = f"Live calls need packages that are not installed: {to_get('live')}, then start again."


class Offer(BaseModel):
    """What a browser offers."""

    sdp: Annotated[str, Field(max_length=100_000)]


class Said(BaseModel):
    """What somebody switched."""

    muted: bool = False
    """Whether their microphone is off."""
    hidden: bool = False
    """Whether their page is not in front."""
    off: bool = False
    """Whether their camera is off."""


class Calling:
    """The calls of a server; what they need is loaded with the first."""

    def __init__(self) -> None:
        self._calls: Calls | None = None

    @property
    def available(self) -> bool:
        """Whether the packages that calls need are installed."""
        return find_spec("aiortc") is not None

    @property
    def calls(self) -> Calls:
        """All calls; a `Problem` where packages are missing."""
        if self._calls is None:
            if not self.available:
                raise Problem(503, "no_live_packages", _LACKING)
            from mien.live.calls.book import Calls

            self._calls = Calls()
        return self._calls

    async def close(self) -> None:
        """End all calls."""
        if self._calls is not None:
            await self._calls.close()


def calling(all_calls: Calling) -> APIRouter:
    """Routes under /live."""
    router = APIRouter(prefix="/live", include_in_schema=False)

    async def held(request: Request, token: str) -> tuple[Call, Role]:
        """The call of somebody who has joined."""
        call, role = await _find(all_calls, token)
        if not call.links[role].held_by(request.cookies.get(_HOLDER)):
            raise Problem(403, "link_used", _USED)
        return call, role

    @router.get("/static/{name:path}")
    async def static(name: str) -> Response:
        if name not in _OPEN:
            raise Problem(404, "not_found", "There is nothing at this address.")
        return FileResponse(_PAGES / name, media_type=_OPEN[name])

    @router.get("/{token}")
    async def without_slash(token: str) -> Response:
        return RedirectResponse(f"/live/{token}/", 308)

    @router.get("/{token}/")
    async def page(request: Request, token: str) -> Response:
        try:
            call, role = await _find(all_calls, token)
        except Problem as problem:
            return refusal("/live", problem.status, problem.code, problem.sentence)
        link = call.links[role]
        if link.taken and not link.held_by(request.cookies.get(_HOLDER)):
            return refusal("/live", 403, "link_used", _USED)
        headers = {"X-Robots-Tag": "noindex", "Permissions-Policy": CAMERA}
        return FileResponse(_PAGES / f"call-{role.value}.html", headers=headers)

    @router.post("/{token}/join")
    async def join(request: Request, token: str, offer: Offer) -> Response:
        call, role = await _find(all_calls, token)
        link, before = call.links[role], request.cookies.get(_HOLDER)
        if link.taken and not link.held_by(before):
            raise Problem(403, "link_used", _USED)
        if role.value == "patient" and call.remote is None and all_calls.calls.crowded:
            raise Problem(429, "crowded", "Another call is going on: try again when it is over.")
        try:
            answer = await call.join(role, offer.sdp)
        except ParameterError as error:
            raise Problem(422, "invalid", str(error)) from error
        secret = link.take(before)
        if secret is None:  # somebody else was quicker by a moment
            await call.leave(role)
            raise Problem(403, "link_used", _USED)
        response = JSONResponse({"sdp": answer, **call.state(role)})
        response.set_cookie(
            _HOLDER,
            secret,
            path=f"/live/{token}/",
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
        )
        return response

    @router.get("/{token}/state")
    async def state(request: Request, token: str) -> dict[str, Any]:
        call, role = await held(request, token)
        return call.state(role)

    @router.put("/{token}/say")
    async def say(request: Request, token: str, said: Said) -> dict[str, Any]:
        call, role = await held(request, token)
        call.say(role, said.muted, said.hidden, said.off)
        return call.state(role)

    @router.post("/{token}/{what}")
    async def act(request: Request, token: str, what: str) -> dict[str, Any]:
        """`admit` of the doctor; `leave` and `end` of either."""
        call, role = await held(request, token)
        if what == "leave":
            await call.leave(role)
        elif what == "end":
            await call.end()
        elif what == "admit" and role.value == "doctor":
            call.admit()
        else:
            raise Problem(404, "not_found", "There is nothing at this address.")
        return call.state(role)

    return router


_USED = (
    "This link was used already, in another browser: it works once. Ask whoever sent it for "
    "another one."
)


async def _find(all_calls: Calling, token: str) -> tuple[Call, Role]:
    found = await all_calls.calls.by_token(token) if all_calls.available else None
    if found is None:
        raise Problem(404, "no_call", "There is no call here: ask whoever sent the link.")
    if found[0].ended:
        raise Problem(410, "call_over", "This call is over. You can close this page.")
    return found
