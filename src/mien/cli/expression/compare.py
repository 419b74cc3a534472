"""`mien expression compare`: scores against raw geometry, same people and same network."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from mien.cli.bars import Epochs
from mien.cli.expression.inputs import told_of
from mien.cli.expression.options import AsJson, Data, Overwrite
from mien.cli.failure import tell
from mien.cli.places import keep_input
from mien.counted import plural
from mien.errors import ParameterError


def compare(
    data: Data,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="OUT.csv", help="The table, too.")
    ] = None,
    folds: Annotated[int, typer.Option(min=2, help="Folds of participants.")] = 5,
    epochs: Annotated[int, typer.Option(min=1, help="Passes through a training set.")] = 400,
    patience: Annotated[
        int, typer.Option(min=1, help="Stop after so many epochs without a lower loss.")
    ] = 4,
    trim: Annotated[
        float, typer.Option(metavar="SECONDS", help="Leave out the start of each recording.")
    ] = 0.0,
    dropout: Annotated[float, typer.Option(help="Share of alpha dropout.")] = 0.1,
    l2: Annotated[float, typer.Option(help="Factor of the L2 penalty.")] = 0.25,
    seed: Annotated[int, typer.Option(min=0, help="Of folds and training.")] = 0,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Say whether 52 scores, the 478 landmarks, or both tell expressions apart best.

    The same network is taught with each on the same folds of participants; everybody is read once.
    Needs torch (the extra train), and a table that holds both: capture --geometry, simulate
    --geometry, or blendshapes --with landmarks.

    Example: [bold]mien expression compare study.parquet -o inputs.csv[/bold]
    """
    from mien.outputs import check_free, complete
    from mien.report.spreadsheet import to_csv
    from mien.selfnorm.config import SelfNormConfig
    from mien.selfnorm.geometry import INPUTS, with_inputs
    from mien.selfnorm.inputs_compared import compare_inputs
    from mien.selfnorm.snapshot_files import read_snapshots
    from mien.selfnorm.splits import trim as cut

    if out is not None:
        check_free(out, overwrite, kind="a table of inputs", endings=(".csv",))
        keep_input(out, data)
    config = SelfNormConfig(dropout=dropout, l2=l2, epochs=epochs, patience=patience, seed=seed)
    snapshots = read_snapshots(data, geometry=True)
    with_inputs(snapshots, "both")  # refuses before any work
    snapshots = told_of(snapshots)
    if (unknown := int((snapshots.labels < 0).sum())) and unknown < len(snapshots):
        tell(f"{plural(unknown, 'snapshot')} without an expression left out.")
    if len(snapshots.expressions) < 2:
        raise ParameterError(
            f"{data.name} shows fewer than two expressions: nothing to tell apart."
        )
    snapshots = cut(snapshots, trim)
    with ExitStack() as bars:

        def next_one(kind: str, number: int) -> Epochs:
            bars.close()
            place = INPUTS.index(kind) * folds + number + 1
            return bars.enter_context(Epochs(f"{kind}, {place} of {folds * len(INPUTS)}"))

        found = compare_inputs(snapshots, config, folds, progress=next_one)
    rows = [one.as_dict() for one in found]
    if out is not None:
        with complete(out, overwrite=overwrite) as part:
            text = to_csv(list(rows[0]), [list(row.values()) for row in rows])
            part.write_text(text, encoding="utf-8", newline="")
    if as_json:
        print(json.dumps(rows, indent=2))
        return
    typer.echo(
        f"{plural(int(found[0].matrix.sum()), 'snapshot')} of "
        f"{plural(len(set(snapshots.participants.tolist())), 'participant')}, {folds} folds of "
        "participants, the same for all:"
    )
    typer.echo(
        f"{'inputs':10}{'numbers':>8}  accuracy (95 %)          macro F1    ECE  less scores"
    )
    for one in found:
        low, high = one.interval or (float("nan"),) * 2
        line = f"{one.inputs:10}{one.columns:8}  {one.measures.accuracy:.3f} "
        line += f"({low:.3f} to {high:.3f})      {one.measures.macro_f1:.3f}  {one.ece:.3f}"
        if (apart := one.difference_interval) is not None:
            line += f"  {one.difference:+.3f} ({apart[0]:+.3f} to {apart[1]:+.3f})"
        typer.echo(line)
