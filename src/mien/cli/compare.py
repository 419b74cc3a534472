"""`mien compare`: engines, published baselines and other tools' results beside each other."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable
from dataclasses import replace
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

_NAME = re.compile(r"\w[\w .+-]{0,31}")  # of another tool: it stands in tables and file names
_COLUMNS = (
    ("r_x", "dynamics.r_x", ".3f"),
    ("r_y", "dynamics.r_y", ".3f"),
    ("r_CCA", "dynamics.r_cca", ".3f"),
    ("blink P", "blink.own_precision", ".2f"),
    ("blink R", "blink.own_recall", ".2f"),
    ("face found", "continuity.face_found", ".0%"),
    ("OKS>.95", "body.with_neck.share_over_95", ".1%"),
    ("OKS>.995", "body.with_neck.share_over_995", ".1%"),
    ("AP", "body.with_neck.ap_50_95", ".3f"),
    ("recognised", "privacy.share_recognised", ".1%"),
    ("nearest", "privacy.nearest", ".2f"),
)


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
    overwrite: Annotated[bool, options.overwrite("an older comparison in that folder")] = False,
    as_json: Annotated[bool, options.as_json("the metrics")] = False,
) -> None:
    """De-identify a clip with several engines and measure each: which keeps what, which hides whom.

    Only the measurements are kept, no video: blurred or pixelated faces are often still recognised.
    Bodies are read in every frame, as 18 keypoints.

    Example: [bold]mien compare visit.mp4 --engines mesh,blur,pixelate,mask -o comparison[/bold]
    """
    from mien.evidence.original import Original
    from mien.fidelity.profile import Profile
    from mien.report.evidence.results import write_comparison
    from mien.report.folder import check_folder

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
            made = Path(folder) / f"{name}.mp4"
            draw = _drawing(subject, name, given.get(name), surrogate, made)
            rows.append(_measure(subject, name, made, asked, draw))
            made.unlink(missing_ok=True)
    rows += [_measure(subject, name, path, asked) for name, path in results.items()]
    write_comparison(rows, out, overwrite=overwrite)
    if as_json:
        print(json.dumps({"engines": rows}, indent=2))
    else:
        typer.echo("\n".join(_table(rows)))
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


def _drawing(
    subject: Original, engine: str, weights: Weights | None, surrogate: str, output: Path
) -> Callable[[Bars], None]:
    """What makes an engine's result."""
    from mien.engines import ENGINES
    from mien.engines.published import PUBLISHED
    from mien.evidence.baselines import write_baseline
    from mien.pipeline.deidentify import deidentify
    from mien.pipeline.settings import Settings

    if engine in PUBLISHED:
        return lambda bars: write_baseline(subject, engine, output, progress=bars)
    traits = ENGINES[engine].traits

    def draw(bars: Bars) -> None:
        settings = Settings(
            engine=engine,
            weights=weights,
            surrogate=surrogate if traits.needs_surrogate else "auto",
            voice="mute",
            landmarker=subject.landmarker,
            thoroughness=thoroughness(),
        )
        # baselines are measured as they are, not as mien mends them
        deidentify(subject.path, output, settings, progress=bars, withhold=traits.keeps_motion)

    return draw


def _measure(
    subject: Original,
    name: str,
    output: Path,
    profile: Profile,
    draw: Callable[[Bars], None] | None = None,
) -> dict[str, Any]:
    """One row: what a result keeps and hides, which may have to be made first."""
    from mien.evidence.evaluate import evaluate

    row: dict[str, Any] = {"engine": name, "error": None, "metrics": None}
    try:
        with Bars(f"{subject.path.name}, {name}") as progress:
            if draw is not None:
                draw(progress)
            evidence = evaluate(subject, output, profile=profile, progress=progress)
        # a file's name may tell whose clip it is
        about = {**evidence.metrics.about, "deidentified": name}
        row["metrics"] = replace(evidence.metrics, about=about).to_json()
    except Exception as error:
        sentence, _ = go_on_after(error)
        tell(f"{name}: {sentence}")
        # the table does not tell whose clip it is
        for secret in (str(subject.path), subject.path.name):
            sentence = sentence.replace(secret, "the original")
        for secret in (str(output), output.name):
            sentence = sentence.replace(secret, "the result")
        row["error"] = sentence
    return row


def _table(rows: list[dict[str, Any]]) -> list[str]:
    from mien.fidelity.figures import look_up

    widths = [max(len(title), 6) + 2 for title, _, _ in _COLUMNS]
    first = max(len("(ceiling)"), *(len(row["engine"]) for row in rows))

    def joined(name: str, cells: list[str]) -> str:
        padded = (f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True))
        return f"{name:<{first}}" + "".join(padded)

    lines = [joined("engine", [title for title, _, _ in _COLUMNS])]

    def line(name: str, pick: Any) -> str:
        cells = [(pick(key), form) for _, key, form in _COLUMNS]
        return joined(
            name, ["-" if value is None else format(value, form) for value, form in cells]
        )

    for row in rows:
        lines.append(line(row["engine"], lambda key, row=row: look_up(row["metrics"], key)))
    measured = next((row["metrics"] for row in rows if row["metrics"]), None)
    if measured is not None:

        def best(key: str) -> Any:
            measure, _, figure = key.partition(".")
            return look_up(measured, f"{measure}.ceiling.{figure}")

        lines.append(line("(ceiling)", best))
    return lines
