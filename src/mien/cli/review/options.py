"""Options and arguments that commands of `mien review` share."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from mien.errors import ParameterError

Files = Annotated[
    list[Path],
    typer.Argument(
        metavar="FILE...",
        help="Exports of databases and tools, of any kind that is read; they are only read.",
    ),
]
Apart = Annotated[
    list[str] | None,
    typer.Option(
        metavar="N,N",
        help="Records that are not one publication; undoes a merge. May be repeated.",
    ),
]
Together = Annotated[
    list[str] | None,
    typer.Option(metavar="N,N", help="Records that are one publication. May be repeated."),
]


def numbers(given: Sequence[str] | None) -> list[list[int]]:
    """Groups of numbers of records; raises `ParameterError` where a word is none."""
    groups = []
    for words in given or ():
        if not re.fullmatch(r"\s*\d{1,9}(\s*,\s*\d{1,9})+\s*", words):
            raise ParameterError(f"{words!r} names no records: give two numbers or more, as 3,17.")
        groups.append([int(number) for number in words.split(",")])
    return groups
