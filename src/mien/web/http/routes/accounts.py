"""Accounts, as admins give them; and the log of who saw what."""

from __future__ import annotations

import secrets
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from mien.errors import ParameterError
from mien.web.http.desk import Desk
from mien.web.http.problems import Problem, documented
from mien.web.queue.accounts import LastAdmin
from mien.web.queue.audit import Checked
from mien.web.queue.tables import Account, Role

Word = Annotated[str, Field(max_length=1000)]
_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"  # that nobody takes for another
_GROUPS, _IN_GROUP = 4, 4


class AccountView(BaseModel):
    """Somebody who may log in."""

    id: str
    name: str
    role: Role
    created: float
    """Seconds since 1970."""
    projects: int
    """How many are their own."""
    quota: int | None
    """Bytes that those may take; None for what the server says."""


class GivenView(BaseModel):
    """An account with a password that the server chose; it is shown once."""

    account: AccountView
    password: str


class NewAccount(BaseModel):
    """An account to be given."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(max_length=200)]
    role: Role


class Change(BaseModel):
    """What becomes of an account; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    role: Role | None = None
    quota_gb: Annotated[float | None, Field(ge=0, le=1e6, allow_inf_nan=False)] = None
    """0 for what the server says."""
    new_password: bool = False
    """Whether a new password is chosen, as for somebody who forgot theirs."""


class LineView(BaseModel):
    """Something that happened."""

    number: int
    time: str
    """UTC."""
    name: str
    """Who did it."""
    what: str
    on: list[str]
    """Ids of what it was done to."""
    more: str


class LogView(BaseModel):
    """A part of the log."""

    lines: list[LineView]
    """The newest first."""
    total: int
    """Lines in the log."""
    last: str
    """Checksum of the last one."""
    problem: str | None
    """What is wrong with the log; None if it is whole."""


def routes(desk: Desk) -> APIRouter:
    """Routes under /accounts and /log."""
    router = APIRouter()
    accounts = desk.store.accounts

    def view(account: Account) -> AccountView:
        return AccountView(
            id=account.id,
            name=account.name,
            role=Role(account.role),
            created=account.created,
            projects=len(accounts.owned(account.id)),
            quota=account.quota,
        )

    def there(account: str) -> Account:
        found = accounts.get(account)
        if found is None:
            raise Problem(404, "no_account", "There is no such account: it may have been removed.")
        desk.made(found.id)
        return found

    @router.get("/accounts")
    def list_accounts() -> list[AccountView]:
        """All accounts, by name."""
        return [view(one) for one in accounts.all()]

    @router.post("/accounts", status_code=201, responses=documented(409))
    def add(given: NewAccount) -> GivenView:
        """Give somebody an account, with a password that is shown once."""
        if not desk.by_name:
            raise Problem(
                409, "no_accounts", "Give the first account with mien users add --role admin."
            )
        password = chosen()
        try:
            made = accounts.add(given.name, given.role, password)
        except ParameterError as error:
            raise Problem(422, "bad_name", str(error)) from error
        desk.made(made.id)
        desk.say(f"role: {made.role}")
        return GivenView(account=view(made), password=password)

    @router.put("/accounts/{account}", responses=documented(404, 409))
    def change(account: str, given: Change) -> GivenView:
        """Give an account another role, quota or password."""
        found, password, said = there(account), "", []
        if given.role is not None and given.role != found.role:
            try:
                accounts.set_role(found.id, given.role)
            except LastAdmin:
                raise last_admin() from None
            said.append(f"role: {found.role} to {given.role}")
        if given.quota_gb is not None:
            accounts.set_quota(found.id, int(given.quota_gb * 1e9) or None)
            said.append(f"quota: {given.quota_gb:g} GB")
        if given.new_password:
            password = chosen()
            accounts.set_password(found.id, password)
            said.append("password")
        desk.say(", ".join(said))
        return GivenView(account=view(there(account)), password=password)

    @router.delete("/accounts/{account}", status_code=204, responses=documented(404, 409))
    def remove(account: str) -> Response:
        """Remove an account; its projects stay."""
        try:
            accounts.remove(there(account).id)
        except LastAdmin:
            raise last_admin() from None
        return Response(status_code=204)

    _add_log(router, desk)
    return router


def _add_log(router: APIRouter, desk: Desk) -> None:
    """Routes of the log of who saw what."""
    audit = desk.store.audit
    known: dict[str, Checked] = {}  # by the state of the file: a long log is read once

    def checked() -> Checked:
        try:
            status = desk.folders.audit.stat()
            state = f"{status.st_size} {status.st_mtime_ns} {status.st_ino}"
        except FileNotFoundError:
            state = ""
        if state not in known:
            found = audit.check()
            known.clear()
            known[state] = found
        return known[state]

    @router.get("/log")
    def log(
        before: Annotated[int | None, Query(ge=1)] = None,
        count: Annotated[int, Query(ge=1, le=500)] = 100,
    ) -> LogView:
        """The last lines, or the last before a number; and whether a line was changed."""
        whole = checked()
        return LogView(
            lines=[
                LineView(
                    number=line.number,
                    time=line.time,
                    name=line.name,
                    what=line.what,
                    on=list(line.on),
                    more=line.more,
                )
                for line in audit.latest(count, before)
            ],
            total=whole.lines,
            last=whole.last,
            problem=whole.problem,
        )

    @router.get(
        "/log.csv",
        responses={200: {"content": {"text/csv": {}}}},
        response_class=Response,
    )
    def log_csv() -> Response:
        """The whole log, for spreadsheets."""
        return Response(
            audit.table().encode("utf-8-sig"),
            media_type="text/csv",
            headers={"Content-Disposition": 'attachment; filename="audit.csv"'},
        )


def chosen() -> str:
    """A password that can be read out and typed."""
    groups = ["".join(secrets.choice(_LETTERS) for _ in range(_IN_GROUP)) for _ in range(_GROUPS)]
    return "-".join(groups)


def last_admin() -> Problem:
    """Why the only admin stays one."""
    return Problem(409, "last_admin", "This is the only admin: make somebody else one first.")
