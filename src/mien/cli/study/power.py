"""`mien study power`: how many clips and raters a study takes."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from mien.cli import options
from mien.cli.bars import Bars
from mien.cli.failure import need


def power(
    clips: Annotated[int, typer.Option(min=1, help="Pairs of original and result.")] = 76,
    raters: Annotated[int, typer.Option(min=1, max=100, help="People who rate.")] = 3,
    repeats: Annotated[
        int | None,
        typer.Option(
            min=0,
            help="Originals shown a second time; a quarter of them, at least one, if not given.",
        ),
    ] = None,
    self_agreement: Annotated[
        float,
        typer.Option(min=0, max=0.99, help="Share of repeats that a rater scores the same again."),
    ] = 0.8,
    mean: Annotated[
        float,
        typer.Option(
            metavar="POINTS",
            help="How far the interval of the mean deviation is to reach to either side.",
        ),
    ] = 0.1,
    kappa: Annotated[
        float, typer.Option(help="How far that of quadratic weighted κ is to reach.")
    ] = 0.1,
    as_json: Annotated[bool, options.as_json("the statement")] = False,
) -> None:
    """Say how many clips a study takes for intervals of a given width, by simulating it.

    Example: [bold]mien study power --raters 3 --mean 0.15 --kappa 0.1[/bold]
    """
    from mien.errors import ParameterError
    from mien.study.plan import usual_repeats
    from mien.study.power import power as compute

    need("study")
    again = usual_repeats(clips) if repeats is None else repeats
    if again > clips:
        raise ParameterError(f"{again} hidden repeats of {clips} clips: give 0 to {clips}.")
    with Bars("study") as progress:
        progress("simulating", 0, None)
        found = compute(
            clips, raters, repeats=again / clips, self_agreement=self_agreement, mean=mean,
            kappa=kappa,
        )  # fmt: skip
    if as_json:
        print(json.dumps(found.to_json(), indent=2, ensure_ascii=False, allow_nan=False))
        return
    typer.echo(found.words)
