"""Who may ask: the printed address opens a session, and only this server's own pages write.

Every request passes `Guard`: the name that was asked for, the origin of the page that asks, the
session. What a page of another site, another port or another name can send is refused before it
reaches anything.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Callable
from html import escape
from threading import Lock
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mien.web.http.serving import Serving

ENTER, LOG_IN = "/enter", "/login"
BY_LINK = ("/rate/", "/judge/", "/screen/", "/live/")
"""Below them a personal link is the key, which `mien.web.http.rating`, `judging`, `screening` and
`calling` ask for: no session is."""
_PAGE_BY_LINK = re.compile(r"/(?:rate|judge|screen|live)/[\w-]+/?(?:studies/?)?")
UPLOADS = (("POST", "/api/clips"), ("POST", "/api/reviews/exports"))
"""Requests whose bodies may be large; they count what arrives themselves."""
_MOST_BYTES = 1 << 20  # of any other body
_READS = ("GET", "HEAD")
_WRONG_S = 1.0  # that a wrong password takes
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self'; media-src 'self' blob:; connect-src 'self'; frame-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # not "no-referrer": forms would then be sent with the origin "null"
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cache-Control": "no-store",
}


FRAMED = {
    # no session, no storage, no network: a report is a document of its own within a page
    "Content-Security-Policy": "sandbox allow-scripts allow-downloads; default-src 'none'; "
    "script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; "
    "media-src data: blob:; font-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'",
    "X-Frame-Options": "SAMEORIGIN",
}
"""Headers of a report that mien wrote, shown in a frame of a page; its own policy narrows these."""


class Access:
    """The one-time token and the sessions; only digests of secrets are compared.

    Parameters
    ----------
    serving : Serving
        How the server is run.
    port : int
        Where it listens.
    clock, sleep : callable
        Seconds, never going back, and waiting for some.
    """

    def __init__(
        self,
        serving: Serving,
        port: int,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._sleep = sleep
        self._serving, self._clock, self._lock = serving, clock, Lock()
        self._guesses = Lock()
        self.hosts = serving.hosts(port)
        """Values of the `Host` header that are answered."""
        self.cookie = f"mien_{port}"
        """Name of the session's cookie; cookies do not tell ports apart."""
        self.token = secrets.token_urlsafe(32)
        """Opens one session, once."""
        self._token: bytes | None = _digest(self.token)
        self._token_until = clock() + serving.token_s
        self._sessions: dict[bytes, float] = {}

    def enter(self, token: str) -> str | None:
        """The secret of a new session for the token; None if it is wrong, used or too old."""
        with self._lock:
            known = self._token if self._clock() < self._token_until else None
            if not hmac.compare_digest(_digest(token), known or bytes(32)) or known is None:
                return None
            self._token = None
        return self._open()

    def log_in(self, password: str) -> str | None:
        """The secret of a new session for the password; None if it is wrong or there is none."""
        known = self._serving.password
        with self._guesses:  # one at a time, and slowly
            right = hmac.compare_digest(_digest(password), _digest(known or ""))
            if known is None or not right:
                self._sleep(_WRONG_S)
                return None
        return self._open()

    def knows(self, secret: str | None) -> bool:
        """Whether a session has this secret and lasts."""
        asked, now = _digest(secret or ""), self._clock()
        with self._lock:
            self._sessions = {key: end for key, end in self._sessions.items() if now < end}
            return any([hmac.compare_digest(asked, key) for key in self._sessions])

    def give(self, response: Response, secret: str) -> None:
        """Put a session's secret into a cookie that no script and no other site can use."""
        response.set_cookie(
            self.cookie,
            secret,
            max_age=int(self._serving.session_s),
            httponly=True,
            samesite="strict",
            secure=self._serving.scheme == "https",
        )

    @property
    def has_password(self) -> bool:
        """Whether a password opens a session."""
        return self._serving.password is not None

    @property
    def scheme(self) -> str:
        """`http` or `https`."""
        return self._serving.scheme

    def _open(self) -> str:
        secret = secrets.token_urlsafe(32)
        with self._lock:
            self._sessions[_digest(secret)] = self._clock() + self._serving.session_s
        return secret


class Guard:
    """ASGI middleware that refuses what is not asked by this server's own pages."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app, self._access = app, access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        refused = self._refuse(scope)
        if (scope["method"], scope["path"]) not in UPLOADS:
            receive = _little(receive)
        await (refused or self._app)(scope, receive, send_with_headers)

    def _refuse(self, scope: Scope) -> Response | None:
        headers, path = Headers(scope=scope), scope["path"]
        host = headers.get("host", "").lower()
        if host not in self._access.hosts:
            return refusal(path, 421, "wrong_host", "This server does not answer to that name.")
        opening = path in (ENTER, LOG_IN) or _PAGE_BY_LINK.fullmatch(path) is not None
        site = headers.get("sec-fetch-site", "none")
        if site not in ("same-origin", "none") and not (opening and scope["method"] in _READS):
            return refusal(path, 403, "wrong_origin", "Another page asked for this: refused.")
        if scope["method"] not in _READS:
            if headers.get("origin", "").lower() != f"{self._access.scheme}://{host}":
                return refusal(
                    path, 403, "wrong_origin", "Only the pages of this server may change anything."
                )
        if opening or path.startswith(BY_LINK):
            return None
        if not self._access.knows(HTTPConnection(scope).cookies.get(self._access.cookie)):
            return refusal(
                path,
                401,
                "no_session",
                "There is no session here, or it is over: open the address that mien serve printed "
                "when it was last started, or ask whoever started it.",
            )
        return None


def _little(receive: Receive) -> Receive:
    """Messages of a request whose body is small."""
    size = 0

    async def counted() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > _MOST_BYTES:
            raise HTTPException(413)
        return message

    return counted


def refusal(path: str, status: int, code: str, sentence: str) -> Response:
    """An answer that says no in one sentence: JSON under /api, a page elsewhere."""
    if path.startswith("/api"):
        content: dict[str, Any] = {"error": sentence, "code": code}
        return JSONResponse(content, status)
    return HTMLResponse(
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>mien</title>'
        f"<h1>mien</h1><p>{escape(sentence)}</p>",
        status,
    )


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
