"""`mien users`: who may log in at `mien serve`, and the log of who saw what."""

from __future__ import annotations

import typer

from mien.cli.failure import STATUSES, guarded
from mien.cli.users.log import log
from mien.cli.users.people import add, list_users, password, remove, role

users = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="Accounts of a department that shares one mien serve, and the log of who saw what.",
)
for _command in (add, password, role, remove, log):
    users.command(epilog=STATUSES)(guarded(_command))
users.command("list", epilog=STATUSES)(guarded(list_users))
