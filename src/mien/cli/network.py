"""Options for the network that an engine draws with."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mien.errors import ParameterError

if TYPE_CHECKING:
    from mien.engines import Weights

WeightsFile = Annotated[
    Path | None,
    typer.Option(
        "--weights",
        metavar="FILE",
        help="The network that --engine motion or gan draws with: a checkpoint.",
    ),
]
ConfigFile = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help="Sizes of motion's, YAML or JSON; by default those in the checkpoint, else "
        "vox-adv-256's.",
    ),
]
Driving = Annotated[
    str | None,
    typer.Option(
        metavar="relative|absolute",
        help="How motion's is driven: by how the patient moved since they were at rest "
        "(relative, the default), or by where they are.",
    ),
]

OwnOpenings = Annotated[
    bool,
    typer.Option("--own-openings", help="With gan: leave the patient's own eyes and inner mouth."),
]


def network(
    weights: Path | None, config: Path | None, driving: str | None, own_openings: bool = False
) -> Weights | None:
    """What these options say together.

    Raises
    ------
    ParameterError
        If the others are given without weights, or driving is neither of both.
    """
    if weights is None:
        if config is not None or driving is not None or own_openings:
            raise ParameterError(
                "--config, --driving and --own-openings belong to a network: add --weights FILE."
            )
        return None
    from mien.engines import Weights

    told = None if config is None else str(config)
    return Weights(str(weights), told, driving or Weights.driving, own_openings)
