"""`mien expression`: teach, judge, use and pass on the expression network; record and simulate."""

from __future__ import annotations

import typer

from mien.cli.expression.benchmark import benchmark
from mien.cli.expression.capture import capture
from mien.cli.expression.compare import compare
from mien.cli.expression.evaluate import evaluate
from mien.cli.expression.export import export
from mien.cli.expression.live import live
from mien.cli.expression.predict import predict
from mien.cli.expression.simulate import simulate
from mien.cli.expression.speed import speed
from mien.cli.expression.train import train
from mien.cli.failure import STATUSES, guarded

expression = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="Teach, judge and use the self-normalising expression network.",
)
for _command in (
    train,
    evaluate,
    predict,
    live,
    speed,
    export,
    compare,
    simulate,
    capture,
    benchmark,
):
    expression.command(epilog=STATUSES)(guarded(_command))
