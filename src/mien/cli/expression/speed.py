"""`mien expression speed`: how long a network takes for one snapshot."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli.expression.inputs import load_single, read
from mien.cli.expression.options import AsJson, Model, Overwrite
from mien.cli.failure import tell
from mien.cli.places import keep_input

if TYPE_CHECKING:
    import numpy as np

    from mien.selfnorm.network import SelfNorm


def speed(
    model: Model,
    data: Annotated[
        Path | None,
        typer.Argument(
            metavar="DATA",
            help="Snapshots to time as well; the file that taught the network is divided into "
            "training and test set.",
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="OUT.csv", help="The table, too.")
    ] = None,
    count: Annotated[
        int, typer.Option("--random", min=1, help="Random snapshots; the paper has 500,000.")
    ] = 500_000,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Time a network on single snapshots, as Table 5 of Hartmann et al. 2022 does.

    One core, one call for each snapshot, microseconds: number, range, least, most, mean, standard
    deviation. Other programs on the machine make the slowest calls slower.

    Example: [bold]mien expression speed network.npz study.parquet[/bold]
    """
    from mien.outputs import check_free, complete
    from mien.report.spreadsheet import to_csv
    from mien.report.study.tables import timing_table
    from mien.selfnorm.inference import random_snapshots, time_singly

    if out is not None:
        check_free(out, overwrite, kind="a table of times", endings=(".csv",))
        for source in (model, data):
            if source is not None:
                keep_input(out, source)
    network = load_single(model, "times are of")
    sets = {} if data is None else _sets(network, data)
    sets["random"] = random_snapshots(network, count)
    timings = tuple(time_singly(network, inputs, name) for name, inputs in sets.items())
    _, title, header, rows = timing_table(timings)
    if out is not None:
        with complete(out, overwrite=overwrite) as part:
            part.write_text(to_csv(header, rows), encoding="utf-8", newline="")
    if as_json:
        print(json.dumps([entry.as_dict() for entry in timings], indent=2))
        return
    typer.echo(title)
    typer.echo("".join(f"{word:>10}" for word in header))
    for row in rows:
        typer.echo("".join(f"{value:>10}" for value in row))


def _sets(network: SelfNorm, data: Path) -> dict[str, np.ndarray]:
    """Inputs by the name of their set: test and training set where the network says how."""
    from mien.selfnorm.division import Division

    snapshots = read(data, network=network)
    division = Division.of(network)
    trimmed = snapshots if division is None else division.trimmed(snapshots)
    known = division is not None and len(trimmed) == division.snapshots
    inputs = network.config.features.of((trimmed if known else snapshots).aligned(network.names))
    if division is None or not known:
        tell(f"{data.name} is not what taught this network: it is timed as one set.")
        return {"file": inputs}
    parts = division.parts(trimmed)
    return {"test set": inputs[parts.test], "training": inputs[parts.train]}
