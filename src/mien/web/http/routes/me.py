"""Who asks, their password, and the names of colleagues."""

from __future__ import annotations

import time
from threading import Lock
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from mien.errors import ParameterError
from mien.web.http.desk import Desk
from mien.web.http.problems import Problem, documented
from mien.web.http.tries import Tries
from mien.web.queue.passwords import fits
from mien.web.queue.tables import Role

Word = Annotated[str, Field(max_length=1000)]


class MeView(BaseModel):
    """Who asks."""

    by_name: bool
    """Whether people have accounts; where not, whoever asks may do everything."""
    id: str | None
    name: str | None
    role: Role


class NewPassword(BaseModel):
    """Another password."""

    model_config = ConfigDict(extra="forbid")

    old: Word
    new: Word


class ColleagueView(BaseModel):
    """Somebody with whom a project can be shared."""

    id: str
    name: str
    role: Role


def routes(desk: Desk) -> APIRouter:
    """Routes under /me, and /colleagues."""
    router = APIRouter()
    accounts, tries = desk.store.accounts, Tries(time.monotonic)
    changing: set[str] = set()  # accounts whose password is looked at just now
    one_at_a_time = Lock()

    @router.get("/me")
    def me() -> MeView:
        """Who asks."""
        visitor = desk.visitor()
        if visitor is None:
            return MeView(by_name=False, id=None, name=None, role=Role.ADMIN)
        found = visitor.account
        return MeView(by_name=True, id=found.id, name=found.name, role=Role(found.role))

    @router.put("/me/password", status_code=204, responses=documented(404))
    def change(given: NewPassword) -> Response:
        """Change one's own password; every session of the account is over then."""
        visitor = desk.visitor()
        if visitor is None:
            raise Problem(404, "no_account", "There are no accounts here.")
        account = visitor.account
        with one_at_a_time:
            if tries.wait_s(account.id) or account.id in changing:
                raise Problem(429, "too_many_tries", "Too many wrong passwords: wait some minutes.")
            changing.add(account.id)
        try:
            if not fits(given.old, account.kept):
                tries.failed(account.id)
                raise Problem(403, "wrong_password", "The old password is another one: try again.")
            accounts.set_password(account.id, given.new)
        except ParameterError as error:
            raise Problem(422, "bad_password", str(error)) from error
        finally:
            changing.discard(account.id)
        return Response(status_code=204)

    @router.get("/colleagues")
    def colleagues() -> list[ColleagueView]:
        """Everybody else with an account."""
        visitor = desk.visitor()
        own = None if visitor is None else visitor.account.id
        return [
            ColleagueView(id=one.id, name=one.name, role=Role(one.role))
            for one in accounts.all()
            if one.id != own
        ]

    return router
