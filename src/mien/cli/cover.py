"""`mien cover`: covering moments of a result by hand."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli import options
from mien.cli.bars import Bars
from mien.errors import ParameterError

if TYPE_CHECKING:
    from mien.pipeline.covering import Box

_TIME = r"(?:\d+:){0,2}\d+(?:\.\d+)?"
_RANGE = re.compile(rf"\s*({_TIME})\s*-\s*({_TIME})\s*")


def cover(
    result: Annotated[
        Path,
        typer.Argument(
            metavar="RESULT", help="A result with its manifest (.json) beside it; only read."
        ),
    ],
    ranges: Annotated[
        list[str],
        typer.Option(
            "--range",
            metavar="FROM-TO",
            help="What to cover, in seconds or as a player shows it: 3.2-4 or 1:03.2-1:04; may be "
            "repeated.",
        ),
    ],
    out: Annotated[
        Path, options.out("OUT.mp4", "The covered result; its manifest is written beside it.")
    ],
    boxes: Annotated[
        list[str] | None,
        typer.Option(
            "--box",
            metavar="L,T,R,B",
            help="Cover only this part of the picture: left, top, right, bottom as shares of its "
            "width and height, 0 to 1. Once for all ranges, or once for each.",
        ),
    ] = None,
    overwrite: Annotated[bool, options.overwrite("an output that exists already")] = False,
    as_json: Annotated[bool, options.as_json("what was done")] = False,
) -> None:
    """Cover moments of a result in which something is seen that should not be there.

    Only what holds these frames is encoded again; everything else is copied bit for bit.

    Example: [bold]mien cover out.mp4 --range 3.2-4 --box 0.6,0.1,0.9,0.5 -o covered.mp4[/bold]
    """
    from mien.pipeline.covering import Moment, cover_by_hand

    places: list[Box | None] = [_box(text) for text in boxes or []]
    if len(places) not in (0, 1, len(ranges)):
        raise ParameterError(
            f"There are {len(ranges)} ranges and {len(places)} boxes: give --box once for all "
            "ranges, or once for each."
        )
    if len(places) < len(ranges):
        places = (places or [None]) * len(ranges)
    moments = [Moment(*_times(text), place) for text, place in zip(ranges, places, strict=True)]
    with Bars(result.name) as progress:
        made = cover_by_hand(result, out, moments, overwrite=overwrite, progress=progress)
    if as_json:
        said = {
            "output": str(made.output),
            "manifest": str(made.manifest),
            "covered": made.frames,
            "encoded": made.encoded,
            "copied": made.copied,
            "reason": made.reason,
            "counts": made.ledger.counts(),
        }
        print(json.dumps(said, indent=2))
        return
    typer.echo(
        f"{made.output}: frames {made.frames} covered, {made.encoded} encoded again, "
        f"{made.copied} copied"
    )
    if made.reason is not None:
        typer.echo(f"Everything was encoded again, because {made.reason}.")


def _times(text: str) -> tuple[float, float]:
    found = _RANGE.fullmatch(text)
    if found is None:
        raise ParameterError(
            f"--range is {text!r}: give two times in seconds with a dash between them, such as "
            "3.2-4."
        )
    first, last = (_seconds(time) for time in found.groups())
    return first, last


def _seconds(time: str) -> float:
    seconds = 0.0
    for part in time.split(":"):
        seconds = 60 * seconds + float(part)
    return seconds


def _box(text: str) -> Box:
    try:
        left, top, right, bottom = (float(part) for part in text.split(","))
    except ValueError as exc:
        raise ParameterError(
            f"--box is {text!r}: give left, top, right, bottom as four numbers from 0 to 1, such "
            "as 0.6,0.1,0.9,0.5."
        ) from exc
    return left, top, right, bottom
