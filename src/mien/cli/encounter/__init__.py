"""`mien encounter`: expressions of a doctor and a patient, with a report, or as a data set."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperGroup

from mien.cli.encounter.elan import elan
from mien.cli.encounter.live import live
from mien.cli.encounter.publish import publish
from mien.cli.encounter.report import report
from mien.cli.encounter.study import study
from mien.cli.failure import STATUSES, guarded


class _Reporting(TyperGroup):
    """A group whose first command need not be named."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands:
            args = ["report", *args]
        return super().parse_args(ctx, args)


encounter = typer.Typer(
    cls=_Reporting,
    rich_markup_mode="rich",
    no_args_is_help=True,
    help="Expressions of a doctor and a patient, second by second.",
)
for _command in (report, publish, study, live, elan):
    encounter.command(epilog=STATUSES)(guarded(_command))
