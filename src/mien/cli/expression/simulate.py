"""`mien expression simulate`: a study of people who do not exist."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mien.cli import options
from mien.cli.expression.options import Overwrite
from mien.counted import plural
from mien.errors import ParameterError

_MOST_WITH_GEOMETRY = 150_000  # 1,485 numbers each: 0.9 GB


def simulate(
    out: Annotated[Path, options.out("OUT.parquet", "The snapshots.")],
    participants: Annotated[int, typer.Option(min=1, help="Simulated people.")] = 226,
    snapshots: Annotated[int, typer.Option(min=1, help="Of all of them together.")] = 563_226,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same study.")] = 0,
    rate: Annotated[float, typer.Option(help="Snapshots a second.")] = 30.0,
    geometry: Annotated[
        bool,
        typer.Option(
            "--geometry",
            help="Also the 478 landmarks of simulated faces, and the scores that mien reads off "
            "them in place of those that are meant.",
        ),
    ] = False,
    overwrite: Overwrite = False,
    as_json: Annotated[bool, options.as_json("what was written")] = False,
) -> None:
    """Simulate a study, with people who differ and make mistakes.

    Example: [bold]mien expression simulate -o study.parquet --participants 40 --snapshots
    50000[/bold]
    """
    from mien.selfnorm.simulated_study import simulate as make
    from mien.selfnorm.snapshot_files import check_output, write_snapshots

    check_output(out, overwrite)
    if not 1 <= rate <= 1000:
        raise ParameterError(f"--rate is 1 to 1000 snapshots a second, not {rate:g}.")
    if geometry and snapshots > _MOST_WITH_GEOMETRY:
        raise ParameterError(
            f"With --geometry at most {_MOST_WITH_GEOMETRY:,} snapshots are simulated: give fewer "
            "with --snapshots, and a lower --rate for as long recordings."
        )
    if geometry:
        from mien.selfnorm.simulated_geometry import measured

        made = make(
            participants=participants, snapshots=snapshots, seed=seed, rate_hz=rate, noise=0.0
        )
        made = measured(made, seed)
    else:
        made = make(participants=participants, snapshots=snapshots, seed=seed, rate_hz=rate)
    write_snapshots(made, out, overwrite=overwrite)
    options.say(
        as_json,
        f"{out}: {plural(len(made), 'snapshot')} of "
        f"{plural(participants, 'simulated participant')}",
        {"output": str(out), "snapshots": len(made), "participants": participants, "seed": seed},
    )
