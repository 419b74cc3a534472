"""`mien compare`: engines beside each other on one clip."""

from __future__ import annotations

import json
import tempfile
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
    from mien.evidence.original import Original
    from mien.fidelity.profile import Profile

_COLUMNS = (
    ("r_x", "dynamics.r_x", ".3f"),
    ("r_y", "dynamics.r_y", ".3f"),
    ("r_CCA", "dynamics.r_cca", ".3f"),
    ("blink P", "blink.own_precision", ".2f"),
    ("blink R", "blink.own_recall", ".2f"),
    ("face found", "continuity.face_found", ".0%"),
    ("OKS>.95", "body.share_over_95", ".1%"),
    ("recognised", "privacy.share_recognised", ".1%"),
    ("nearest", "privacy.nearest", ".2f"),
)


def compare(
    original: options.Original,
    engines: Annotated[
        str, typer.Option(metavar="LIST", help="Engines, separated by commas.")
    ] = "mesh,mask,blur,pixelate",
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
    overwrite: Annotated[bool, options.overwrite("an older comparison in that folder")] = False,
    as_json: Annotated[bool, options.as_json("the metrics")] = False,
) -> None:
    """De-identify a clip with several engines and measure each: which keeps what, which hides whom.

    Only the measurements are kept, no video: blurred or pixelated faces are often still recognised.

    Example: [bold]mien compare visit.mp4 --engines mesh,blur,pixelate,mask -o comparison[/bold]
    """
    from mien.engines import ENGINES
    from mien.evidence.original import Original
    from mien.fidelity.profile import Profile
    from mien.report.evidence.results import write_comparison
    from mien.report.folder import check_folder

    wanted = [name.strip() for name in engines.split(",") if name.strip()]
    for name in wanted:
        if name not in ENGINES:
            raise ParameterError(
                f"There is no engine called {name!r}: choose from {', '.join(ENGINES)}."
            )
    if not wanted or len(set(wanted)) < len(wanted):
        raise ParameterError(f"--engines is {engines!r}: name each engine once, such as mesh,blur.")
    learned = network(weights, config, driving, own_openings)
    given = {name: learned if ENGINES[name].learned else None for name in wanted}
    for name, its in given.items():
        ENGINES[name].open(its)  # what cannot be drawn with is said before long work
    asked = Profile.open(profile)
    need("reports")
    check_folder(out, overwrite)
    model = None if landmarker is None else str(landmarker)
    with Bars(original.name) as progress:
        subject = Original(original, person=person, landmarker=model, progress=progress)
    with tempfile.TemporaryDirectory(prefix="mien-") as folder:
        rows = [
            _measure(subject, name, given[name], surrogate, asked, Path(folder)) for name in wanted
        ]
    write_comparison(rows, out, overwrite=overwrite)
    if as_json:
        print(json.dumps({"engines": rows}, indent=2))
    else:
        typer.echo("\n".join(_table(rows)))
        typer.echo(f"{out / 'comparison.html'} has it all.")
    raise typer.Exit(1 if any(row["error"] for row in rows) else 0)


def _measure(
    subject: Original,
    engine: str,
    weights: Weights | None,
    surrogate: str,
    profile: Profile,
    folder: Path,
) -> dict[str, Any]:
    """One row: what an engine keeps and hides."""
    from mien.engines import ENGINES
    from mien.evidence.evaluate import evaluate
    from mien.pipeline.deidentify import deidentify
    from mien.pipeline.settings import Settings

    row: dict[str, Any] = {"engine": engine, "error": None, "metrics": None}
    traits = ENGINES[engine].traits
    output = folder / f"{engine}.mp4"
    settings = Settings(
        engine=engine,
        weights=weights,
        surrogate=surrogate if traits.needs_surrogate else "auto",
        voice="mute",
        landmarker=subject.landmarker,
        thoroughness=thoroughness(),
    )
    try:
        with Bars(f"{subject.path.name}, {engine}") as progress:
            # baselines are measured as they are, not as mien mends them
            withhold = traits.keeps_motion
            deidentify(subject.path, output, settings, progress=progress, withhold=withhold)
            evidence = evaluate(subject, output, profile=profile, progress=progress)
        row["metrics"] = evidence.metrics.to_json()
    except Exception as error:
        sentence, _ = go_on_after(error)
        tell(f"{engine}: {sentence}")
        # the table does not tell whose clip it is
        for name in (str(subject.path), subject.path.name):
            sentence = sentence.replace(name, "the original")
        row["error"] = sentence
    finally:
        output.unlink(missing_ok=True)
    return row


def _table(rows: list[dict[str, Any]]) -> list[str]:
    from mien.fidelity.figures import look_up

    lines = [f"{'engine':<10}" + "".join(f"{title:>11}" for title, _, _ in _COLUMNS)]

    def line(name: str, pick: Any) -> str:
        cells = [(pick(key), form) for _, key, form in _COLUMNS]
        shown = ("-" if value is None else format(value, form) for value, form in cells)
        return f"{name:<10}" + "".join(f"{cell:>11}" for cell in shown)

    for row in rows:
        lines.append(line(row["engine"], lambda key, row=row: look_up(row["metrics"], key)))
    measured = next((row["metrics"] for row in rows if row["metrics"]), None)
    if measured is not None:

        def best(key: str) -> Any:
            measure, _, figure = key.partition(".")
            return look_up(measured, f"{measure}.ceiling.{figure}")

        lines.append(line("(ceiling)", best))
    return lines
