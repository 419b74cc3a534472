"""`mien compare`: engines, published baselines and other tools' results beside each other."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mien.cli import options
from mien.cli.bars import Bars
from mien.cli.failure import go_on_after, need, tell
from mien.cli.given import thoroughness
from mien.cli.network import ConfigFile, Driving, OwnOpenings, WeightsFile, network
from mien.errors import ParameterError

if TYPE_CHECKING:
    from mien.engines import Weights
    from mien.evidence.metrics import Metrics
    from mien.evidence.original import Original

_NAME = re.compile(r"\w[\w .+-]{0,31}")  # of another tool: it stands in tables and file names


def compare(
    original: options.Original,
    engines: Annotated[
        str,
        typer.Option(
            metavar="LIST",
            help="Engines, separated by commas; fmp-mask, fmp-blur and fmp-pixelate hide a face as "
            "FaceMotionPreserve's baselines do. Empty for none.",
        ),
    ] = "mesh,mask,blur,pixelate,fmp-mask,fmp-blur,fmp-pixelate",
    result: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=FILE",
            help="What another tool made of the clip, as a row called NAME; may be repeated.",
        ),
    ] = None,
    out: Annotated[Path, options.out("FOLDER", "Where the table goes: a new folder.")] = Path(
        "comparison"
    ),
    profile: Annotated[
        str,
        typer.Option(metavar="parkinson|palsy|generic|FILE", help="What each engine has to hold."),
    ] = "generic",
    surrogate: Annotated[
        str, typer.Option(metavar="auto|ID", help="The face that is given.")
    ] = "auto",
    weights: WeightsFile = None,
    config: ConfigFile = None,
    driving: Driving = None,
    own_openings: OwnOpenings = False,
    person: Annotated[
        int,
        typer.Option(min=1, metavar="N", help="Whose motion is measured, see `mien people`."),
    ] = 1,
    landmarker: options.Landmarker = None,
    language: options.Language = "en",
    overwrite: Annotated[bool, options.overwrite("an older comparison in that folder")] = False,
    as_json: Annotated[bool, options.as_json("the metrics")] = False,
) -> None:
    """De-identify a clip with several engines and measure each: which keeps what, which hides whom.

    Only the measurements are kept, no video: blurred or pixelated faces are often still recognised.
    Bodies are read in every frame, as 18 keypoints.

    Example: [bold]mien compare visit.mp4 --engines mesh,blur,pixelate,mask -o comparison[/bold]
    """
    from mien.evidence.engines_compared import measure_engine, measure_result, table_of
    from mien.evidence.original import Original
    from mien.fidelity.profile import Profile
    from mien.report.evidence.results import write_comparison
    from mien.report.folder import check_folder
    from mien.report.language import check_language

    check_language(language)
    results = _results(result or [])
    wanted = _engines(engines, results)
    given = _given(wanted, network(weights, config, driving, own_openings))
    asked = Profile.open(profile)
    need("reports")
    check_folder(out, overwrite)
    model = None if landmarker is None else str(landmarker)
    with Bars(original.name) as progress:
        subject = Original(
            original, person=person, landmarker=model, progress=progress, body_step_s=0
        )
    with tempfile.TemporaryDirectory(prefix="mien-") as folder:
        rows = []
        for name in wanted:

            def engine(bars: Bars, name: str = name) -> Metrics:
                return measure_engine(
                    subject,
                    name,
                    Path(folder),
                    weights=given.get(name),
                    surrogate=surrogate,
                    profile=asked,
                    thoroughness=thoroughness(),
                    progress=bars,
                )

            rows.append(_row(subject, name, engine, Path(folder) / f"{name}.mp4"))
    for name, path in results.items():

        def theirs(bars: Bars, name: str = name, path: Path = path) -> Metrics:
            return measure_result(subject, name, path, profile=asked, progress=bars)

        rows.append(_row(subject, name, theirs, path))
    write_comparison(rows, out, overwrite=overwrite, language=language)
    if as_json:
        print(json.dumps({"engines": rows}, indent=2))
    else:
        typer.echo("\n".join(_aligned(table_of(rows))))
        typer.echo(f"{out / 'comparison.html'} has it all.")
    raise typer.Exit(1 if any(row["error"] for row in rows) else 0)


def _results(given: list[str]) -> dict[str, Path]:
    """Other tools' results by their names, of which each can be opened."""
    from mien.video import Reader

    found: dict[str, Path] = {}
    for words in given:
        name, equals, path = words.partition("=")
        name = name.strip()
        if not equals or not path or not _NAME.fullmatch(name):
            raise ParameterError(
                f"--result is {words!r}: give NAME=FILE, such as swap=swapped.mp4, with a name of "
                "letters, digits, spaces and . + - _, at most 32 of them."
            )
        if name in found:
            raise ParameterError(f"--result names {name!r} twice: give each result its own name.")
        with Reader(path):
            found[name] = Path(path)
    return found


def _engines(words: str, results: dict[str, Path]) -> list[str]:
    """Which engines are asked, none of them twice."""
    from mien.engines import ENGINES
    from mien.engines.published import PUBLISHED

    wanted = [name.strip() for name in words.split(",") if name.strip()]
    known = [*ENGINES, *PUBLISHED]
    for name in wanted:
        if name not in known:
            raise ParameterError(
                f"There is no engine called {name!r}: choose from {', '.join(known)}."
            )
    if not (wanted or results) or len(set(wanted)) < len(wanted):
        raise ParameterError(f"--engines is {words!r}: name each engine once, such as mesh,blur.")
    for name in results:
        if name in known:
            raise ParameterError(
                f"--result calls a row {name!r}, as an engine is called: give it another name."
            )
    return wanted


def _given(wanted: list[str], learned: Weights | None) -> dict[str, Weights | None]:
    """The network of each of mien's own engines; what cannot draw is said before long work."""
    from mien.engines import ENGINES

    given = {name: learned if ENGINES[name].learned else None for name in wanted if name in ENGINES}
    for name, its in given.items():
        ENGINES[name].open(its)
    return given


def _row(
    subject: Original, name: str, measured: Callable[[Bars], Metrics], result: Path | None = None
) -> dict[str, Any]:
    """One row: what a result keeps and hides, or why nothing could be measured."""
    from mien.evidence.engines_compared import row_of

    try:
        with Bars(f"{subject.path.name}, {name}") as progress:
            return row_of(name, subject.path, measured(progress))
    except Exception as error:
        sentence, _ = go_on_after(error)
        tell(f"{name}: {sentence}")
        return row_of(name, subject.path, None, sentence, result)


def _aligned(table: list[tuple[str, ...]]) -> list[str]:
    """Lines of a table whose columns stand below each other."""
    first = max(len(row[0]) for row in table)
    widths = [max(len(title), 6) + 2 for title in table[0][1:]]
    return [
        f"{row[0]:<{first}}"
        + "".join(f"{cell:>{width}}" for cell, width in zip(row[1:], widths, strict=True))
        for row in table
    ]
