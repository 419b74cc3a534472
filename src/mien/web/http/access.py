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
from dataclasses import dataclass
from html import escape
from threading import Lock
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mien.web.http.serving import Serving

ENTER, LOG_IN, LOG_IN_STYLE = "/enter", "/login", "/login/style.css"
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


@dataclass(frozen=True)
class Session:
    """Somebody's browser."""

    until: float
    """When it is over, seconds of the clock."""
    account: str | None = None
    """Id of the account; None where nobody has one."""
    epoch: int = 0
    """Which password of the account opened it."""


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
        self.clock = clock
        """Seconds, never going back."""
        self._guesses = Lock()
        self.hosts = serving.hosts(port)
        """Values of the `Host` header that are answered."""
        # behind a proxy, a name by which browsers take it from no other host and over TLS only
        self.cookie = "__Host-mien" if serving.behind_proxy else f"mien_{port}"
        """Name of the session's cookie; cookies do not tell ports apart."""
        self.by_name = False
        """Whether people have accounts: nothing else opens a session then."""
        self.token = secrets.token_urlsafe(32)
        """Opens one session, once."""
        self._token: bytes | None = _digest(self.token)
        self._token_until = clock() + serving.token_s
        self._sessions: dict[bytes, Session] = {}

    def enter(self, token: str) -> str | None:
        """The secret of a new session for the token; None if it is wrong, used or too old."""
        if self.by_name:
            return None
        with self._lock:
            known = self._token if self._clock() < self._token_until else None
            if not hmac.compare_digest(_digest(token), known or bytes(32)) or known is None:
                return None
            self._token = None
        return self._open()

    def log_in(self, password: str) -> str | None:
        """The secret of a new session for the password; None if it is wrong or there is none."""
        known = None if self.by_name else self._serving.password
        with self._guesses:  # one at a time, and slowly
            right = hmac.compare_digest(_digest(password), _digest(known or ""))
            if known is None or not right:
                self._sleep(_WRONG_S)
                return None
        return self._open()

    def open_for(self, account: str, epoch: int) -> str:
        """The secret of a new session of an account, with the password that it has now."""
        return self._open(account, epoch)

    def session(self, secret: str | None) -> Session | None:
        """The session that has this secret, if it lasts."""
        asked, now = _digest(secret or ""), self._clock()
        with self._lock:
            self._sessions = {k: one for k, one in self._sessions.items() if now < one.until}
            found = [one for k, one in self._sessions.items() if hmac.compare_digest(asked, k)]
        return found[0] if found else None

    def knows(self, secret: str | None) -> bool:
        """Whether a session has this secret and lasts."""
        return self.session(secret) is not None

    def leave(self, secret: str | None) -> None:
        """End the session that has this secret."""
        with self._lock:
            self._sessions.pop(_digest(secret or ""), None)

    def no_session(self, path: str) -> Response:
        """What those are answered who have no session."""
        if self.by_name and not path.startswith("/api"):
            return RedirectResponse(LOG_IN, 303)
        if self.by_name:
            return refusal(path, 401, "log_in", "Your session is over: log in again.")
        return refusal(
            path,
            401,
            "no_session",
            "There is no session here, or it is over: open the address that mien serve printed "
            "when it was last started, or ask whoever started it.",
        )

    def asked(self, headers: Headers) -> tuple[str, str]:
        """Scheme and host that a browser asked for; behind a proxy, as the proxy says."""
        if not self._serving.behind_proxy:
            return self._serving.scheme, headers.get("host", "").lower()
        scheme = headers.getlist("x-forwarded-proto")
        host = headers.getlist("x-forwarded-host")
        if len(scheme) != 1 or len(host) != 1:  # a proxy that adds to what a client sent
            return "", ""
        return scheme[0].lower(), host[0].lower()

    def give(self, response: Response, secret: str) -> None:
        """Put a session's secret into a cookie that no script and no other site can use."""
        response.set_cookie(
            self.cookie,
            secret,
            max_age=int(self._serving.session_s),
            httponly=True,
            samesite="strict",
            secure=self.scheme == "https",
        )

    @property
    def has_password(self) -> bool:
        """Whether a password opens a session."""
        return self._serving.password is not None

    @property
    def scheme(self) -> str:
        """`http` or `https`, as browsers ask for it."""
        return self._serving.scheme

    def _open(self, account: str | None = None, epoch: int = 0) -> str:
        secret = secrets.token_urlsafe(32)
        session = Session(self._clock() + self._serving.session_s, account, epoch)
        with self._lock:
            self._sessions[_digest(secret)] = session
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
        scheme, host = self._access.asked(headers)
        if host not in self._access.hosts:
            return refusal(path, 421, "wrong_host", "This server does not answer to that name.")
        if scheme != self._access.scheme:
            return refusal(path, 403, "not_encrypted", "Ask for this address with https.")
        opening = path in (ENTER, LOG_IN, LOG_IN_STYLE) or _PAGE_BY_LINK.fullmatch(path) is not None
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
        session = self._access.session(HTTPConnection(scope).cookies.get(self._access.cookie))
        if session is None:
            return self._access.no_session(path)
        scope["mien.session"] = session
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
