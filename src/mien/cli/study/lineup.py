"""`mien study lineup`: trials in which judges look for the patient."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from mien.cli import options
from mien.cli.bars import Bars
from mien.cli.failure import need, tell
from mien.cli.grouped import grouped
from mien.errors import ParameterError


@dataclass(frozen=True)
class Trials:
    """Who sees whom."""

    judges: Annotated[
        str, typer.Option(metavar="NAME,NAME", help="Who compares six faces; strangers.")
    ] = ""
    arms: Annotated[
        str, typer.Option(metavar="inner,whole", help="The inner face, and with hair and neck.")
    ] = "inner"
    controls: Annotated[
        str,
        typer.Option(
            metavar="surrogates|cohort|FOLDER",
            help="Who else is shown: mien's surrogates, the other patients, or portraits.",
        ),
    ] = "surrogates"
    acquaintances: Annotated[
        str,
        typer.Option(metavar="NAME,NAME", help="Who knows the patients and is asked to name them."),
    ] = ""
    names: Annotated[
        Path | None,
        typer.Option(metavar="CSV", help="The patients' names for acquaintances: clip, name."),
    ] = None
    title: Annotated[str, typer.Option(help="What judges read on top.")] = "Who is who?"
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same trials.")] = 0


@grouped
def lineup(
    originals: Annotated[
        Path, typer.Argument(metavar="ORIGINALS", help="Folder of clips as recorded; only read.")
    ],
    results: Annotated[
        Path,
        typer.Argument(
            metavar="RESULTS",
            help="Folder of results under the same names; the manifests beside them name their "
            "surrogates. Only read.",
        ),
    ],
    out: Annotated[
        Path, options.out("LINEUP", "The line-up: a new folder, which SHOWS THE PATIENTS.")
    ],
    trials: Trials,
    as_json: Annotated[bool, options.as_json("what was written")] = False,
) -> None:
    """Make trials of human re-identification: six faces, of which two may be one person.

    Then [bold]mien serve --study LINEUP[/bold] gives the judges' links.

    Example: [bold]mien study lineup originals/ results/ -o lineup --judges Ada,Ben[/bold]
    """
    from mien.study.lineup import LineupSettings, read_names
    from mien.study.lineup import lineup as make
    from mien.video import clips

    need("study")
    settings = LineupSettings(
        judges=_listed(trials.judges),
        acquaintances=_listed(trials.acquaintances),
        arms=_listed(trials.arms),
        controls=trials.controls,
        names={} if trials.names is None else read_names(trials.names),
        seed=trials.seed,
        title=trials.title,
    )
    pairs, alone = clips.pairs(originals, results)
    for name in alone:
        tell(f"{name} has no counterpart in the other folder and is left out.")
    if originals.resolve() in out.resolve().parents or results.resolve() in out.resolve().parents:
        raise ParameterError(f"{out} lies among the clips: choose another place for the line-up.")
    with Bars("study") as progress:
        left_out = make(pairs, out, settings, progress=progress)
    for sentence in left_out:
        tell(sentence[:1].lower() + sentence[1:] if sentence.startswith("There") else sentence)
    options.say(
        as_json,
        f"{out} shows the patients: keep it where the originals are.\n"
        f"Next: mien serve --study {out}",
        {"output": str(out), "clips": len(pairs), "left_out": list(left_out)},
    )


def _listed(written: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in written.split(",") if name.strip())
