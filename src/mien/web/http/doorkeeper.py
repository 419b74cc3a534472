"""Where accounts are asked for what routes need: nothing is answered that was not allowed.

`Doorkeeper.enter` is a dependency of every route: it looks up what the route needs (`needs.py`) and
refuses who has not got the role. What the route is about is allowed where it is looked up, by
`Desk`. `Doorkeeper` itself stands around the application and lets no answer out that passed
neither: a route that says nothing of what it needs, or that is about a clip and never asked for
one, is refused, not trusted.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from functools import cached_property
from typing import Any

from fastapi import FastAPI, Request
from sqlalchemy.exc import DatabaseError, OperationalError
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mien.web.http.access import Access, refusal
from mien.web.http.needs import of_endpoints
from mien.web.http.record import NO_LOG, Record
from mien.web.http.visitor import VISITOR, Need, Visitor, not_allowed, not_for_role
from mien.web.queue.accounts import Accounts
from mien.web.queue.tables import Role

_OF_ALL = ("/static/", "/api/openapi.json")
"""What is no route with a need, and shows nothing of anybody: files of pages, the document."""
_ID = re.compile("[0-9a-f]{16,32}")
ACCOUNTS_BEGUN = (
    "There are accounts now, and this mien serve was started without: whoever started it ends it "
    "(Ctrl-C) and starts it again, then people log in by name."
)
_SUCCESS = 400  # statuses below it


async def enter(request: Request) -> None:
    """Refuse who may not ask for a route; a dependency of all of them."""
    visitor = VISITOR.get()
    if visitor is None:
        return
    needs: Callable[[Any], Need | None] = request.app.state.needs
    visitor.need = needs(request.scope["endpoint"])
    if visitor.need is None:
        raise not_allowed()
    least = visitor.need.role
    if least is not None and Role(visitor.account.role).rank < least.rank:
        visitor.refused = True
        for value in request.path_params.values():
            if _ID.fullmatch(str(value)):  # what else somebody typed is not written down
                visitor.note(str(value))
        raise not_for_role()


class Needs:
    """Needs of the routes of an application; looked up once all routes are there."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app

    @cached_property
    def _known(self) -> dict[Any, Need | None]:
        return of_endpoints(self._app)

    def __call__(self, endpoint: Any) -> Need | None:
        """What a route needs, by what answers it."""
        return self._known.get(endpoint)


class Doorkeeper:
    """ASGI middleware that says who asks, and lets out only what was allowed and written down.

    Parameters
    ----------
    app : ASGIApp
    access : Access
        Whose session it is.
    accounts : Accounts
        Who they are, and what they may do.
    record : Record
        Is told what they do, before they are answered.

    Where nobody had an account when the server started and somebody has one now, it is open to
    whoever has the address although it should not be: then it answers no session any more.
    """

    def __init__(self, app: ASGIApp, access: Access, accounts: Accounts, record: Record) -> None:
        self._app, self._access, self._accounts = app, access, accounts
        self._record = record
        self._closed = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        session = scope.get("mien.session")  # set by the guard, if there is one
        if scope["type"] != "http" or session is None or session.account is None:
            answer = self._app
            if session is not None and await run_in_threadpool(self._is_closed, scope["path"]):
                answer = refusal(scope["path"], 503, "accounts_begun", ACCOUNTS_BEGUN)
            await answer(scope, receive, send)
            return
        visitor = await run_in_threadpool(self._visitor, session.account, session.epoch)
        if visitor is None:
            await self._access.no_session(scope["path"])(scope, receive, send)
            return
        refused = False

        async def send_allowed(message: Message) -> None:
            nonlocal refused
            if message["type"] == "http.response.start":
                answer = await self._instead(visitor, scope, message["status"])
                if answer is not None:
                    refused = True
                    await answer(scope, receive, send)
            if not refused:
                await send(message)

        token = VISITOR.set(visitor)
        try:
            await self._app(scope, receive, send_allowed)
        finally:
            VISITOR.reset(token)

    def _is_closed(self, path: str) -> bool:
        """Whether a session that is nobody's counts no more, for people have accounts now."""
        if path.startswith("/static/"):
            return False
        with suppress(DatabaseError):  # whatever needs it will say so
            self._closed = self._closed or self._accounts.any()
        return self._closed

    def _visitor(self, account: str, epoch: int) -> Visitor | None:
        found = self._accounts.get(account)
        if found is None or found.epoch != epoch:
            return None
        return Visitor(found, self._accounts.rights(found))

    async def _instead(self, visitor: Visitor, scope: Scope, status: int) -> Response | None:
        """What is answered instead of what was not allowed or not written down; None if it was."""
        path, need = scope["path"], visitor.need
        if path.startswith(_OF_ALL):
            return None
        answer = None
        if status < _SUCCESS and not (
            need is not None and (visitor.asked or not need.about_something)
        ):
            visitor.refused = True
            answer = refusal(path, 403, "not_allowed", not_allowed().sentence)
        try:
            await run_in_threadpool(self._record.answered, visitor, scope["method"], status)
        except (OSError, OperationalError):
            return refusal(path, 503, "no_log", NO_LOG)
        return answer
