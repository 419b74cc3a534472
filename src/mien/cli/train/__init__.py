"""`mien train`: teach the networks that engines draw with."""

from __future__ import annotations

import typer

from mien.cli.failure import STATUSES, guarded
from mien.cli.train.ablate import ablate
from mien.cli.train.export import export
from mien.cli.train.gan import gan
from mien.cli.train.motion import motion

train = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="Teach the networks that engines draw with; needs torch.",
)


@train.callback()
def _group() -> None:
    """Teach the networks that engines draw with; needs torch."""


for _command in (motion, gan, export, ablate):
    train.command(epilog=STATUSES)(guarded(_command))
