"""Accounts: given, listed, changed, removed. Passwords are asked for, or read from a file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from mien.cli.failure import tell
from mien.cli.passwords import first_line
from mien.errors import ParameterError

if TYPE_CHECKING:
    from mien.web.queue.store import Store
    from mien.web.queue.tables import Account

Name = Annotated[str, typer.Argument(metavar="NAME", help="By which they log in.")]
Data = Annotated[Path, typer.Option(metavar="FOLDER", help="The data folder of mien serve.")]
PasswordFile = Annotated[
    Path | None,
    typer.Option(
        metavar="PATH", help="A file whose first line is the password; asked for if not given."
    ),
]
RoleName = Literal["reader", "worker", "admin"]
FOLDER = Path("mien-data")
BY = "mien users"
"""Who did it, in the log: whoever may write to the folder."""
_OPEN = (
    "A mien serve works in this folder, and it was started without accounts: end it (Ctrl-C) and "
    "start it again NOW. It shows nothing any more until then; an older mien goes on "
    "showing everything to whoever has its address."
)


def add(
    name: Name,
    role: Annotated[
        RoleName,
        typer.Option(
            help="reader: sees results; worker: makes them in own projects; admin: everything."
        ),
    ] = "worker",
    data: Data = FOLDER,
    password_file: PasswordFile = None,
) -> None:
    """Give somebody an account.

    With the first one people log in by name from the next start of mien serve on. Make an admin
    first: only an admin sees what was in the folder before.

    Example: [bold]mien users add "Dr. Weber" --role admin --data /path/to/folder[/bold]
    """
    from mien.web.queue.tables import Role

    with opened(data, new=True) as store:
        first = not store.accounts.any()
        if first and role != "admin":
            raise ParameterError(
                "The first account is an admin's, who gives the others: add --role admin."
            )
        made = store.accounts.add(name, Role(role), _password(password_file))
        store.audit.write("account added", name=BY, on=[made.id], more=f"role: {role}")
    typer.echo(f"{made.name} may log in as {role}.")
    if first:
        typer.echo("From the next start of mien serve on people log in by name.")
        if is_served(data):
            tell(_OPEN)


def list_users(data: Data = FOLDER) -> None:
    """List all accounts.

    Example: [bold]mien users list --data /path/to/folder[/bold]
    """
    with opened(data) as store:
        found = store.accounts.all()
        rows = [(one.name, one.role, len(store.accounts.owned(one.id)), one.id) for one in found]
    width = max([len(name) for name, *_ in rows], default=0)
    for name, role, projects, id in rows:
        counted = f"{projects} project{'' if projects == 1 else 's'}"
        typer.echo(f"{name:<{width}}  {role:<6}  {counted:<12}  {id}")
    if not rows:
        typer.echo("There are no accounts: whoever has the address of mien serve sees everything.")


def password(name: Name, data: Data = FOLDER, password_file: PasswordFile = None) -> None:
    """Give an account another password; whoever is logged in with the old one is logged out.

    Example: [bold]mien users password "Dr. Weber" --data /path/to/folder[/bold]
    """
    with opened(data) as store:
        found = _known(store, name)
        store.accounts.set_password(found.id, _password(password_file))
        store.audit.write("account changed", name=BY, on=[found.id], more="password")
    typer.echo(f"{found.name} has another password.")


def role(
    name: Name,
    role: Annotated[RoleName, typer.Argument(help="What they may do from now on.")],
    data: Data = FOLDER,
) -> None:
    """Give an account another role; it counts at once.

    Example: [bold]mien users role "Dr. Weber" reader --data /path/to/folder[/bold]
    """
    from mien.web.queue.accounts import LastAdmin
    from mien.web.queue.tables import Role

    with opened(data) as store:
        found = _known(store, name)
        try:
            store.accounts.set_role(found.id, Role(role))
        except LastAdmin:
            raise _last_admin(found) from None
        more = f"role: {found.role} to {role}"
        store.audit.write("account changed", name=BY, on=[found.id], more=more)
    typer.echo(f"{found.name} is {role} now.")


def remove(name: Name, data: Data = FOLDER) -> None:
    """Remove an account at once; its projects stay, and admins give them to somebody else.

    Example: [bold]mien users remove "Dr. Weber" --data /path/to/folder[/bold]
    """
    from mien.web.queue.accounts import LastAdmin

    with opened(data) as store:
        found = _known(store, name)
        try:
            store.accounts.remove(found.id)
        except LastAdmin:
            raise _last_admin(found) from None
        store.audit.write("account removed", name=BY, on=[found.id])
    typer.echo(f"{found.name} has no account any more.")


def is_served(data: Path) -> bool:
    """Whether a server works in a data folder: it holds its lock, and nobody can read it."""
    from mien.web.queue.places import LOCK, data_folder

    place = data_folder(data) / LOCK
    if not place.is_file():
        return False
    lock = sqlite3.connect(f"{place.absolute().as_uri()}?mode=ro", uri=True, timeout=0)
    try:
        lock.execute("SELECT * FROM sqlite_master").fetchone()
    except sqlite3.DatabaseError as exc:
        return getattr(exc, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY
    finally:
        lock.close()
    return False


@contextmanager
def opened(data: Path, *, new: bool = False) -> Iterator[Store]:
    """The store of a data folder; a new one is made only if that is meant."""
    from mien.web.queue.damage import understood
    from mien.web.queue.folders import Folders
    from mien.web.queue.places import data_folder
    from mien.web.queue.store import Store

    folders = Folders(data_folder(data))
    if not new and not folders.database.exists():
        raise ParameterError(
            f"{data} is no data folder of mien serve: give its folder with --data."
        )
    folders.make()
    store = Store(folders.database)
    try:
        with understood(folders.database):
            store.create()
            yield store
    finally:
        store.close()


def _known(store: Store, name: str) -> Account:
    found = store.accounts.named(name)
    if found is None:
        raise ParameterError(f"There is no account called {name}: see mien users list.")
    return found


def _last_admin(account: Account) -> ParameterError:
    return ParameterError(
        f"{account.name} is the only admin: make somebody else one first, with mien users role."
    )


def _password(file: Path | None) -> str:
    if file is not None:
        return first_line(file)
    found: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    return found
