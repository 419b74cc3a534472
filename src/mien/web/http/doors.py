"""The addresses that need no session, because they open one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from html import escape
from urllib.parse import parse_qs

from fastapi import FastAPI, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response

from mien.web.http.access import ENTER, LOG_IN, LOG_IN_STYLE, Access, refusal
from mien.web.http.heads import PAGES
from mien.web.http.tries import Tries
from mien.web.queue.passwords import LONGEST, fits
from mien.web.queue.store import Store
from mien.web.queue.tables import Account

_LONGEST_FORM = 4096  # bytes
_MOST_TRYING = 8  # passwords that wait to be looked at
_AT_ONCE = 2  # that are looked at
_MOST_BY_NAME = 32  # the same where a department logs in at eight o'clock
_WORDS = {
    "en": {
        "title": "Log in",
        "name": "Name",
        "password": "Password",
        "do": "Log in",
        "wrong": "Name or password is wrong: try again.",
        "wait": "Too many wrong tries with this name: wait {}, then try again.",
        "minute": "1 minute",
        "minutes": "{} minutes",
        "crowded": "Many people log in just now: wait a moment, then try again.",
    },
    "de": {
        "title": "Anmelden",
        "name": "Name",
        "password": "Passwort",
        "do": "Anmelden",
        "wrong": "Name oder Passwort ist falsch: Versuchen Sie es noch einmal.",
        "wait": "Zu viele falsche Versuche mit diesem Namen: Warten Sie {} und versuchen Sie "
        "es dann noch einmal.",
        "minute": "1 Minute",
        "minutes": "{} Minuten",
        "crowded": "Gerade melden sich viele an: Warten Sie einen Moment und versuchen Sie es "
        "noch einmal.",
    },
}
_FORM = """<!doctype html>
<html lang="{language}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>mien: {title}</title><link rel="stylesheet" href="{style}"></head>
<body class="door"><main><p class="brand">mien</p><h1>{title}</h1>
<form method="post">
<label>{name} <input name="name" type="text" value="{given}" autocomplete="username"
 maxlength="60" required{first}></label>
<label>{password} <input name="password" type="password" autocomplete="current-password"
 maxlength="{longest}" required{second}></label>
{said}<p><button class="main">{do}</button></p></form></main></body></html>
"""


class LoggingIn:
    """Looks at names and passwords.

    Parameters
    ----------
    access : Access
        Opens sessions.
    store : Store
        Has the accounts.
    tries : Tries
        Remembers wrong passwords.
    note : callable
        Is told of each try: the account or None, and whether the password was right.
    begin : callable
        Is told who comes in, before they do.
    """

    def __init__(
        self,
        access: Access,
        store: Store,
        tries: Tries,
        note: Callable[[Account | None, bool], None],
        begin: Callable[[Account], None],
    ) -> None:
        self._begin = begin
        self._access, self._store, self._tries, self._note = access, store, tries, note

    def wait_s(self, name: str) -> float:
        """Seconds until a name may be tried again."""
        return self._tries.wait_s(name)

    def log_in(self, name: str, password: str) -> str | None:
        """The secret of a new session; None if name or password is wrong."""
        account = self._store.accounts.named(name)
        right = len(password) <= LONGEST and fits(password, account.kept if account else None)
        if account is None or not right:
            self._tries.failed(name)
            self._note(account, False)
            return None
        self._tries.right(name)
        self._note(account, True)
        self._begin(account)
        return self._access.open_for(account.id, account.epoch)


def add_doors(app: FastAPI, access: Access, logging_in: LoggingIn) -> None:
    """Add the address that is printed, the page to log in at, and the way out."""
    add_address(app, access)
    add_way_out(app, access)
    # a try takes memory and a core: few at once, and more where a department comes at eight
    few_at_once, trying = asyncio.Semaphore(_AT_ONCE if access.by_name else 1), 0
    most = _MOST_BY_NAME if access.by_name else _MOST_TRYING

    @app.get(LOG_IN, include_in_schema=False)
    def form(request: Request) -> Response:
        if access.by_name:
            return _form(request)
        if not access.has_password:
            return refusal(LOG_IN, 404, "no_password", "There is no password to log in with.")
        return HTMLResponse(
            '<!doctype html><html lang="en"><meta charset="utf-8"><title>mien</title>'
            '<h1>mien</h1><form method="post"><label>Password '
            '<input name="password" type="password" autofocus required></label> '
            "<button>Log in</button></form>"
        )

    @app.get(LOG_IN_STYLE, include_in_schema=False)
    def style() -> Response:
        return FileResponse(PAGES / "style.css", media_type="text/css")

    @app.post(LOG_IN, include_in_schema=False)
    async def log_in(request: Request) -> Response:
        body = bytearray()
        async for piece in request.stream():
            body += piece
            if len(body) > _LONGEST_FORM:
                return refusal(LOG_IN, 413, "too_large", "That is no password.")
        fields = parse_qs(body.decode("utf-8", "replace"))
        name = fields.get("name", [""])[0] if access.by_name else ""
        password = fields.get("password", [""])[0]
        wait = logging_in.wait_s(name) if access.by_name else 0.0
        if wait:
            return _waiting(request, name, wait)
        nonlocal trying
        if trying >= most:
            if access.by_name:
                return _form(request, name, 429, _words(request)["crowded"])
            return refusal(
                LOG_IN, 429, "too_many", "Too many attempts at once: wait, then try again."
            )
        trying += 1
        try:
            async with few_at_once:  # waiting takes no thread from the pages
                wait = logging_in.wait_s(name) if access.by_name else 0.0
                if wait:  # others tried it while this one waited
                    return _waiting(request, name, wait)
                if access.by_name:
                    secret = await run_in_threadpool(logging_in.log_in, name, password)
                else:
                    secret = await run_in_threadpool(access.log_in, password)
        finally:
            trying -= 1
        if secret is not None:
            return _welcome(access, secret)
        if access.by_name:
            return _form(request, name, 401, _words(request)["wrong"])
        return refusal(LOG_IN, 401, "wrong_password", "Wrong password: go back and try again.")


def add_address(app: FastAPI, access: Access) -> None:
    """Add the address that is printed and works once."""

    @app.get(ENTER, include_in_schema=False)
    def enter(request: Request, token: str = "") -> Response:
        if access.knows(request.cookies.get(access.cookie)):
            return RedirectResponse("/", 303)  # opened again where it was opened before
        secret = access.enter(token)
        if secret is None:
            return refusal(
                ENTER,
                401,
                "no_token",
                "This address was used already or is too old: go back to the window where it was "
                "opened, or start mien serve again.",
            )
        return _welcome(access, secret)


def add_way_out(app: FastAPI, access: Access) -> None:
    """Add the address by which a session is ended."""

    @app.post("/api/me/leave", include_in_schema=False)
    def leave(request: Request) -> Response:
        access.leave(request.cookies.get(access.cookie))
        response = Response(status_code=204)
        response.delete_cookie(access.cookie, secure=access.scheme == "https", httponly=True)
        return response


def _welcome(access: Access, secret: str) -> Response:
    response = RedirectResponse("/", 303)
    access.give(response, secret)
    return response


def _words(request: Request) -> dict[str, str]:
    return _WORDS[_language(request)]


def _language(request: Request) -> str:
    """The first language that the browser asks for, where there is one of two."""
    asked = request.headers.get("accept-language", "").lower()
    return "de" if asked.lstrip().startswith("de") else "en"


def _waiting(request: Request, name: str, wait_s: float) -> Response:
    words, minutes = _words(request), int(wait_s // 60) + 1
    time = words["minute"] if minutes == 1 else words["minutes"].format(minutes)
    return _form(request, name, 429, words["wait"].format(time))


def _form(request: Request, name: str = "", status: int = 200, said: str = "") -> Response:
    page = _FORM.format(
        **_words(request),
        language=_language(request),
        style=LOG_IN_STYLE,
        given=escape(name[:60], quote=True),
        first="" if name else " autofocus",
        second=" autofocus" if name else "",
        longest=LONGEST,
        said=f'<p class="problem" role="alert">{escape(said)}</p>\n' if said else "",
    )
    return HTMLResponse(page, status)
