"""Options that several commands of `mien expression` have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mien.cli import options

Data = Annotated[
    Path,
    typer.Argument(
        metavar="DATA",
        help="Snapshots: .parquet, .csv or a folder of them; columns participant, expression, "
        "time and the scores by name.",
    ),
]
Model = Annotated[Path, typer.Argument(metavar="MODEL.npz", help="What `train` wrote, or `seven`.")]
Overwrite = Annotated[bool, options.overwrite()]
AsJson = Annotated[bool, options.as_json("a summary")]
Report = Annotated[
    Path | None,
    typer.Option(metavar="FOLDER", help="Tables, figures and metrics.json: a new folder."),
]
Clusters = Annotated[
    str, typer.Option("--clusters", metavar="hierarchical|kmeans", help="How mean faces group.")
]
