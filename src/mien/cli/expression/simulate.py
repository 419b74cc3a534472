"""`mien expression simulate`: a study of people who do not exist."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mien.cli import options
from mien.cli.expression.options import Overwrite


def simulate(
    out: Annotated[Path, options.out("OUT.parquet", "The snapshots.")],
    participants: Annotated[int, typer.Option(min=1, help="Simulated people.")] = 226,
    snapshots: Annotated[int, typer.Option(min=1, help="Of all of them together.")] = 563_226,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same study.")] = 0,
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
    made = make(participants=participants, snapshots=snapshots, seed=seed)
    write_snapshots(made, out, overwrite=overwrite)
    options.say(
        as_json,
        f"{out}: {len(made)} snapshots of {participants} simulated participants",
        {"output": str(out), "snapshots": len(made), "participants": participants, "seed": seed},
    )
