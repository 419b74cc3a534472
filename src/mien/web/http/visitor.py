"""Who asks, where people have accounts, and what the route that they ask for needs."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass, field

from mien.web.http.problems import Problem
from mien.web.queue.tables import Account, Right, Role


@dataclass(frozen=True)
class Need:
    """What a route needs of whoever asks for it."""

    role: Role | None
    """At least that; None of a route that needs no session."""
    right: Right | None = None
    """To the project of every clip, job or project that it is about; None if it is about none."""
    mine: bool = False
    """Whether it is about something in no project, which has to be one's own."""
    logged: str | None = None
    """What is written into the log before it is answered."""

    @property
    def about_something(self) -> bool:
        """Whether it may be answered only after the desk was asked for what it is about."""
        return self.right is not None or self.mine


@dataclass
class Visitor:
    """Somebody with an account, for one request."""

    account: Account
    rights: dict[str, Right]
    """To projects, by id."""
    need: Need | None = None
    """Of the route that is asked for; None until that is known, or if it says nothing."""
    asked: bool = False
    """Whether the desk has allowed what the route is about."""
    refused: bool = False
    """Whether something was asked for that is not for them."""
    things: list[str] = field(default_factory=list)
    """Ids of what the request is about, for the log."""

    @property
    def is_admin(self) -> bool:
        """Whether everything is theirs."""
        return self.account.role == Role.ADMIN

    more: str = ""
    """What else the log is to say."""

    def allow(self, project: str, gone: Problem) -> None:
        """Pass if they may do with a project what the route needs; what they cannot see is gone."""
        right = self.rights.get(project)
        if right is None:
            self.refused = True
            raise gone
        needed = self.need.right if self.need is not None else None
        if needed is None or right < needed:
            self.refused = True
            raise not_allowed()
        self.asked = True

    def names(self, project: str) -> bool:
        """Whether they may know what the files of a project's originals were called."""
        return self.rights.get(project, 0) >= Right.WORK

    def note(self, thing: str) -> None:
        """Have something named in the log."""
        if thing not in self.things:
            self.things.append(thing)


VISITOR: ContextVar[Visitor | None] = ContextVar("visitor", default=None)
"""Of the request that is being answered; None where nobody has an account."""


def not_allowed() -> Problem:
    """What those are told who see something and may not do what they asked."""
    return Problem(
        403,
        "not_allowed",
        "Your account may not do this: ask whoever owns the project, or an admin.",
    )


def not_for_role() -> Problem:
    """What those are told whose account may not do something in any project."""
    return Problem(403, "not_for_role", "Your account may not do this: ask an admin.")
