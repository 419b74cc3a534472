"""`mien review`: a systematic review from search string to figure, one step a command."""

from __future__ import annotations

from collections.abc import Callable

import typer

from mien.cli.failure import STATUSES, guarded
from mien.cli.review.bias import bias
from mien.cli.review.dedupe import dedupe
from mien.cli.review.demo import demo
from mien.cli.review.extract import extract
from mien.cli.review.fetch import chase, fetch
from mien.cli.review.meta import meta
from mien.cli.review.prisma import prisma
from mien.cli.review.protocol import protocol
from mien.cli.review.read import read
from mien.cli.review.report import report
from mien.cli.review.screen import screen, status
from mien.cli.review.search import search
from mien.cli.review.simulate import simulate
from mien.cli.review.update import update

review = typer.Typer(
    rich_markup_mode="rich",
    no_args_is_help=True,
    help="A systematic review, from search string to figure; each step works by itself.",
)
_COMMANDS: tuple[Callable[..., None], ...] = (
    search,
    fetch,
    chase,
    read,
    dedupe,
    simulate,
    meta,
    bias,
    prisma,
    protocol,
    extract,
    update,
    screen,
    status,
    report,
    demo,
)
for _command in _COMMANDS:
    review.command(epilog=STATUSES)(guarded(_command))
