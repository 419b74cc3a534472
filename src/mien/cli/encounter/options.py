"""Options that both commands of `mien encounter` have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mien.cli import options

Video = Annotated[
    Path | None,
    typer.Argument(metavar="VIDEO", help="One recording that shows both; only read."),
]
Doctor = Annotated[
    Path | None, typer.Option(metavar="VIDEO", help="The doctor's recording; only read.")
]
Patient = Annotated[
    Path | None, typer.Option(metavar="VIDEO", help="The patient's recording; only read.")
]
DoctorIs = Annotated[
    str | None,
    typer.Option(
        metavar="left|right|N|PICTURE",
        help="Who the doctor is: a side, a number of `mien people`, or a picture of the face.",
    ),
]
PatientIs = Annotated[
    str | None, typer.Option(metavar="left|right|N|PICTURE", help="Who the patient is.")
]
Shift = Annotated[
    float | None,
    typer.Option(
        "--offset",
        metavar="S",
        help="How much later the patient's camera was started, s; found from the sound if not "
        "given.",
    ),
]
Resolution = Annotated[float, typer.Option(metavar="S", help="Step of the timelines, 0.1 to 60 s.")]
Moments = Annotated[
    float, typer.Option(metavar="N", help="How often a second faces are looked at, 1 to 30.")
]
AsJson = Annotated[bool, options.as_json("what was found")]
