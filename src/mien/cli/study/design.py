"""`mien study design`: a new rating study from originals and results."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli import options
from mien.cli.bars import Bars
from mien.cli.failure import need, tell
from mien.cli.grouped import grouped
from mien.errors import ParameterError

if TYPE_CHECKING:
    from mien.study.design import DesignSettings


@dataclass(frozen=True)
class Asking:
    """What is asked, and how often."""

    items: Annotated[
        str,
        typer.Option(metavar="ITEM,ITEM", help="What is asked: keys or numbers, as 3.2,3.17."),
    ] = "3.2,3.17"
    items_file: Annotated[
        Path | None, typer.Option(metavar="TOML", help="Items of your own, to choose from as well.")
    ] = None
    repeats: Annotated[
        int | None,
        typer.Option(
            min=0,
            help="Originals shown a second time; a quarter of them, at least one, if not given.",
        ),
    ] = None
    washout: Annotated[
        float,
        typer.Option(metavar="DAYS", help="Between two rounds, in which no clip comes twice."),
    ] = 14.0
    training: Annotated[
        Path | None,
        typer.Option(
            metavar="CSV", help="Clips with reference ratings that come first: clip, item, score."
        ),
    ] = None
    title: Annotated[str, typer.Option(help="What raters read on top.")] = "Rating study"
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same order.")] = 0


@grouped
def design(
    originals: Annotated[
        Path, typer.Argument(metavar="ORIGINALS", help="Folder of clips as recorded; only read.")
    ],
    results: Annotated[
        Path,
        typer.Argument(
            metavar="RESULTS",
            help="Folder of what became of them, under the same names; only read.",
        ),
    ],
    out: Annotated[
        Path,
        options.out("STUDY", "The study: a new folder, which SHOWS THE PATIENTS."),
    ],
    raters: Annotated[
        str,
        typer.Option(metavar="NAME,NAME", help="Who rates; everybody gets a link of their own."),
    ],
    asking: Asking,
    as_json: Annotated[bool, options.as_json("the design")] = False,
) -> None:
    """Make a blinded rating study: copies under names that tell nothing, an order for each rater.

    Then [bold]mien serve --study STUDY[/bold] gives the raters' links.

    Example: [bold]mien study design originals/ results/ -o study --raters Ada,Ben,Cleo[/bold]
    """
    from mien.study.design import DesignSettings, chosen_items, read_reference
    from mien.study.design import design as make
    from mien.study.items import read_items
    from mien.study.plan import usual_repeats
    from mien.video import clips

    need("study")
    own = None if asking.items_file is None else read_items(asking.items_file)
    asked = chosen_items(asking.items, own)
    pairs, alone = clips.pairs(originals, results)
    for name in alone:
        tell(f"{name} has no counterpart in the other folder and is left out.")
    if originals.resolve() in out.resolve().parents or results.resolve() in out.resolve().parents:
        raise ParameterError(f"{out} lies among the clips: choose another place for the study.")
    again = usual_repeats(len(pairs)) if asking.repeats is None else asking.repeats
    shown, reference = (
        ({}, {}) if asking.training is None else read_reference(asking.training, asked)
    )
    settings = DesignSettings(
        items=asked,
        raters=tuple(name.strip() for name in raters.split(",") if name.strip()),
        repeats=again,
        washout_days=asking.washout,
        seed=asking.seed,
        title=asking.title,
        training=shown,
        reference=reference,
    )
    from mien.study.power import power

    with Bars("study") as progress:
        make_power = power(
            len(pairs), len(settings.raters), repeats=again / len(pairs) if pairs else 0.0
        )
        make(pairs, out, settings, power=make_power.to_json(), progress=progress)
    if as_json:
        print((out / "study.json").read_text("utf-8"), end="")
        return
    _print(out, len(pairs), settings, make_power.words)


def _print(out: Path, pairs: int, settings: DesignSettings, words: str) -> None:
    """Say what the study holds, and what comes next."""
    from mien.counted import plural

    items = ", ".join(item.title for item in settings.items)
    typer.echo(
        f"{out}: {plural(pairs, 'pair')}, {plural(settings.repeats, 'hidden repeat')}, "
        f"{plural(len(settings.raters), 'rater')}, {items}."
    )
    typer.echo(words)
    if not settings.repeats:
        tell("there are no hidden repeats: how far raters agree with themselves stays unknown.")
    if not settings.washout_days:
        tell("rounds follow one another at once: raters may see a recording twice in one sitting.")
    typer.echo(f"{out} shows the patients: keep it where the originals are.")
    typer.echo(f"Next: mien serve --study {json.dumps(str(out)) if ' ' in str(out) else out}")
