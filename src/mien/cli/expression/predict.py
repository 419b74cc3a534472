"""`mien expression predict`: what a face expresses, frame by frame."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli import options
from mien.cli.expression.inputs import load, say_missing
from mien.cli.expression.options import AsJson, Model, Overwrite
from mien.cli.failure import tell
from mien.cli.places import keep_input
from mien.counted import plural
from mien.errors import ParameterError
from mien.outputs import check_free

if TYPE_CHECKING:
    from mien.selfnorm.predictions import Predictions
    from mien.selfnorm.snapshots import Snapshots


def predict(
    model: Model,
    scores: Annotated[
        Path,
        typer.Argument(metavar="SCORES", help="Any file of scores that mien reads, or snapshots."),
    ],
    out: Annotated[
        Path,
        options.out(
            "OUT.csv|.parquet|.eaf",
            "The table: frame, time, expression (empty: no face, or not sure), probabilities; or "
            "runs of one expression for ELAN, a tier for each participant.",
        ),
    ],
    threshold: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="Abstain below this probability, not the network's own."),
    ] = None,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Say what a face expresses, frame by frame.

    Example: [bold]mien expression predict seven visit.csv -o visit-expressions.csv[/bold]
    """
    import numpy as np

    from mien.selfnorm.drift import drift_of
    from mien.selfnorm.geometry import is_geometry
    from mien.selfnorm.predictions import Predictions, read_frames

    check_free(out, overwrite, kind="a table of expressions", endings=(".csv", ".parquet", ".eaf"))
    keep_input(out, scores)
    network = load(model)
    if threshold is not None:
        network = network.calibrated(network.temperature, threshold)
    frames = read_frames(scores, geometry=any(map(is_geometry, network.names)))
    snapshots, total = frames.snapshots, frames.total
    if out.suffix.lower() == ".eaf":
        _check_recordings(snapshots, scores)
    for note in snapshots.notes:
        tell(note)
    say_missing(network, snapshots)
    drift = drift_of(network, snapshots)
    if drift is not None and drift.far:
        tell(drift.sentence)
    predictions = Predictions.of(network, frames)
    if out.suffix.lower() == ".eaf":
        _write_eaf(predictions, out, overwrite)
    else:
        predictions.write(out, overwrite=overwrite)
    decided = predictions.decided
    counts = np.bincount(decided[decided >= 0], minlength=len(network.expressions))
    if as_json:
        summary = {
            "input": str(scores),
            "output": str(out),
            "frames": total,
            "with_face": len(snapshots),
            "abstained": int((decided < 0).sum()),
            "distance_from_training": None if drift is None else round(drift.distance, 3),
            "far_from_training": None if drift is None else drift.far,
            "expressions": dict(zip(network.expressions, counts.tolist(), strict=True)),
        }
        print(json.dumps(summary, indent=2))
        return
    unsure = int((decided < 0).sum())
    most = ", ".join(
        f"{network.expressions[k]} {counts[k]}" for k in np.argsort(-counts) if counts[k]
    )
    typer.echo(
        f"{out}: {len(snapshots)} of {plural(total, 'frame')} with a face, {unsure} not sure; "
        f"{most or 'nothing'}"
    )


def _check_recordings(snapshots: Snapshots, source: Path) -> None:
    """Refuse what would lie over each other in a file of ELAN, which shows one recording."""
    import numpy as np

    snapshots.check_timed("A file of ELAN")
    recording = snapshots.recordings()
    for who in dict.fromkeys(snapshots.participants.tolist()):
        own = np.flatnonzero(snapshots.participants == who)
        own = own[np.argsort(snapshots.times[own], kind="stable")]
        turns = int((np.diff(recording[own]) != 0).sum())  # few where one recording is labelled
        if (np.diff(snapshots.times[own]) <= 0).any() or turns > max(len(own) / 4, 8):
            raise ParameterError(
                f"{source.name}: {who or 'it'} has several recordings that lie over each other in "
                "time, and ELAN shows one: write a .csv or .parquet, or give a file for each "
                "recording."
            )


def _write_eaf(predictions: Predictions, out: Path, overwrite: bool) -> None:
    """Runs of one expression, a tier for each participant, or `face`."""
    import numpy as np

    from mien.encounter.elan import annotations_of_frames, write_eaf

    snapshots, decided = predictions.frames.snapshots, predictions.decided
    found = []
    for who in dict.fromkeys(snapshots.participants.tolist()):
        own = np.flatnonzero(snapshots.participants == who)
        own = own[np.argsort(snapshots.times[own], kind="stable")]
        words = [predictions.expressions[k] if k >= 0 else None for k in decided[own].tolist()]
        found += annotations_of_frames(who or "face", snapshots.times[own], words)
    write_eaf(out, found, overwrite=overwrite)
