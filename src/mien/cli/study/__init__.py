"""`mien study`: proof by people, from ratings and trials to a report."""

from __future__ import annotations

import typer

from mien.cli.failure import STATUSES, guarded
from mien.cli.study.analyse import analyse
from mien.cli.study.design import design
from mien.cli.study.export import export
from mien.cli.study.lineup import lineup
from mien.cli.study.power import power
from mien.cli.study.reid import reid
from mien.cli.study.simulate import simulate

study = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="Blinded ratings of originals and results, and human re-identification.",
)
for _command in (design, power, lineup, export, analyse, reid, simulate):
    study.command(epilog=STATUSES)(guarded(_command))
