"""Accounts: who may log in, whose a project is, and who else may use it."""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import delete, func, select, update

from mien.errors import ParameterError
from mien.web.queue import passwords
from mien.web.queue.database import Database, changed
from mien.web.queue.tables import Account, Belonging, Project, Right, Role, Share

_NAME = re.compile(r"[\w.@+](?:[\w .@+-]{0,58}[\w.@+-])?")


def folded(name: str) -> str:
    """What a name is looked up by: as whoever types it in a hurry writes it."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


def _one_script(name: str) -> bool:
    """Whether all letters are of one script, so that no name looks like another."""
    return len({unicodedata.name(c, "?").split()[0] for c in name if c.isalpha()}) <= 1


class LastAdmin(Exception):
    """Somebody has to be left who can give accounts."""


class Accounts:
    """The list of accounts, and their rights.

    Parameters
    ----------
    database : Database
        Where it is kept.
    clock : callable
        Seconds since 1970.
    """

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database, self._clock = database, clock

    # --- who there is ---------------------------------------------------------------------------

    def all(self) -> Sequence[Account]:
        """All accounts, by name."""
        with self._database.reading() as session:
            return session.scalars(select(Account).order_by(Account.folded)).all()

    def any(self) -> bool:
        """Whether there are accounts: without any, whoever has the address sees everything."""
        with self._database.reading() as session:
            return session.scalar(select(Account.id).limit(1)) is not None

    def get(self, account: str) -> Account | None:
        """One account; None if there is none of that id."""
        with self._database.reading() as session:
            return session.get(Account, account)

    def named(self, name: str) -> Account | None:
        """The account that logs in by a name; None if there is none."""
        with self._database.reading() as session:
            return session.scalar(select(Account).where(Account.folded == folded(name)))

    def add(self, name: str, role: Role, password: str) -> Account:
        """A new account; a worker's has a project from the beginning.

        Raises
        ------
        ParameterError
            If the name is taken or none, or the password too short.
        """
        name = unicodedata.normalize("NFKC", name).strip()
        if not _NAME.fullmatch(name):
            raise ParameterError(
                "A name has 1 to 60 letters, digits, spaces and . @ + - _, and does not begin with "
                "-: choose another."
            )
        if not _one_script(name):
            raise ParameterError(
                f"The letters of {name} are of several scripts, so that it may look like another "
                "name: choose letters of one."
            )
        if self.named(name) is not None:
            raise ParameterError(f"There is an account called {name}: choose another name.")
        account = Account(
            id=secrets.token_hex(8),
            name=name,
            folded=folded(name),
            role=role,
            kept=_kept(password),
            epoch=0,
            created=self._clock(),
        )
        with self._database.writing() as session:
            session.add(account)
        return account

    def set_password(self, account: str, password: str) -> None:
        """Give another password; sessions of the earlier one are over.

        Raises
        ------
        ParameterError
            If it is too short.
        """
        kept = _kept(password)
        self._database.change(
            update(Account).where(Account.id == account).values(kept=kept, epoch=Account.epoch + 1)
        )

    def set_role(self, account: str, role: Role) -> None:
        """Give another role.

        Raises
        ------
        LastAdmin
            If no admin would be left.
        """
        self._change(account, update(Account).values(role=role), stays=role == Role.ADMIN)

    def set_quota(self, account: str, quota: int | None) -> None:
        """Say how many bytes the own projects may take; None for what the server says."""
        self._database.change(update(Account).where(Account.id == account).values(quota=quota))

    def remove(self, account: str) -> None:
        """Forget an account; its projects stay, and only admins see them until they are given away.

        Raises
        ------
        LastAdmin
            If no admin would be left.
        """
        with self._database.writing() as session:
            changed(session, update(Project).where(Project.owner == account).values(owner=None))
            changed(session, delete(Account).where(Account.id == account))
            if not session.scalar(select(func.count()).where(Account.role == Role.ADMIN)):
                raise LastAdmin

    # --- whose things are -----------------------------------------------------------------------

    def rights(self, account: Account) -> dict[str, Right]:
        """What an account may do with projects, by id; those that it may not see are not in it."""
        with self._database.reading() as session:
            owners = session.execute(select(Project.id, Project.owner)).all()
            shared = session.execute(
                select(Share.project_id, Share.right).where(Share.account_id == account.id)
            ).all()
        if account.role == Role.ADMIN:
            return {project: Right.OWN for project, _ in owners}
        found = {project: Right(right) for project, right in shared}
        found |= {project: Right.OWN for project, owner in owners if owner == account.id}
        most = Right.READ if account.role == Role.READER else Right.OWN
        return {project: min(right, most) for project, right in found.items()}

    def own(self, project: str, account: str | None) -> None:
        """Say whose a project is; what was shared with them is no more."""
        with self._database.writing() as session:
            changed(session, update(Project).where(Project.id == project).values(owner=account))
            changed(session, _share(project, account))

    def owned(self, account: str) -> Sequence[str]:
        """Ids of the projects of an account."""
        with self._database.reading() as session:
            return session.scalars(select(Project.id).where(Project.owner == account)).all()

    def shares(self, project: str) -> list[tuple[Account, Right]]:
        """With whom a project is shared, by name."""
        with self._database.reading() as session:
            found = session.execute(
                select(Account, Share.right)
                .join(Share, Share.account_id == Account.id)
                .where(Share.project_id == project)
                .order_by(Account.folded)
            ).all()
        return [(account, Right(right)) for account, right in found]

    def share(self, project: str, account: str, right: Right | None) -> None:
        """Let somebody use a project, or no more."""
        with self._database.writing() as session:
            changed(session, _share(project, account))
            if right is not None:
                session.add(Share(project_id=project, account_id=account, right=right))

    def take(self, thing: str, account: str) -> None:
        """Say whose something is that lies in no project."""
        with self._database.writing() as session:
            session.merge(Belonging(id=thing, account_id=account))

    def belongings(self, account: str) -> set[str]:
        """Ids of what is an account's and lies in no project."""
        with self._database.reading() as session:
            return set(session.scalars(select(Belonging.id).where(Belonging.account_id == account)))

    def _change(self, account: str, statement: Any, *, stays: bool) -> None:
        with self._database.writing() as session:
            changed(session, statement.where(Account.id == account))
            admins = session.scalar(select(func.count()).where(Account.role == Role.ADMIN))
            if not stays and not admins:
                raise LastAdmin


def _share(project: str, account: str | None) -> Any:
    return delete(Share).where(Share.project_id == project, Share.account_id == account)


def _kept(password: str) -> str:
    if not passwords.SHORTEST <= len(password) <= passwords.LONGEST:
        raise ParameterError(
            f"A password has {passwords.SHORTEST} to {passwords.LONGEST} characters: choose "
            "another."
        )
    return passwords.digest(password)
