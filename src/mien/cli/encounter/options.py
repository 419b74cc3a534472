"""Options that both commands of `mien encounter` have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli import options
from mien.cli.encounter.sources import sources_of
from mien.errors import ParameterError

if TYPE_CHECKING:
    from mien.encounter.settings import AnalysisSettings

AsJson = Annotated[bool, options.as_json("what was found")]


@dataclass(frozen=True)
class Recordings:
    """What was recorded, and how it is read."""

    video: Annotated[
        Path | None,
        typer.Argument(metavar="VIDEO", help="One recording that shows both; only read."),
    ] = None
    doctor: Annotated[
        Path | None, typer.Option(metavar="VIDEO", help="The doctor's recording; only read.")
    ] = None
    patient: Annotated[
        Path | None, typer.Option(metavar="VIDEO", help="The patient's recording; only read.")
    ] = None
    doctor_is: Annotated[
        str | None,
        typer.Option(
            metavar="left|right|N|PICTURE",
            help="Who the doctor is: a side, a number of `mien people`, or a picture of the face.",
        ),
    ] = None
    patient_is: Annotated[
        str | None, typer.Option(metavar="left|right|N|PICTURE", help="Who the patient is.")
    ] = None
    offset: Annotated[
        float | None,
        typer.Option(
            metavar="S",
            help="How much later the patient's camera was started, s; found from the sound if not "
            "given.",
        ),
    ] = None
    resolution: Annotated[
        float, typer.Option(metavar="S", help="Step of the timelines, 0.1 to 60 s.")
    ] = 1.0
    moments: Annotated[
        float, typer.Option(metavar="N", help="How often a second faces are looked at, 1 to 30.")
    ] = 5.0
    sure: Annotated[
        float,
        typer.Option(
            metavar="SHARE",
            help="Mean probability under which a step is given no expression; higher: fewer steps, "
            "and labels that change less.",
        ),
    ] = 0.3
    landmarker: options.Landmarker = None

    @property
    def given(self) -> bool:
        """Whether there is one."""
        return bool(self.video or self.doctor or self.patient)

    def sources(self) -> dict[str, Path]:
        """Recordings by role, or one under `BOTH`."""
        return sources_of(self.video, self.doctor, self.patient)

    def settings(self, sources: Mapping[str, Path]) -> AnalysisSettings:
        """How they are analysed."""
        from mien.encounter.observation import ROLES
        from mien.encounter.settings import AnalysisSettings

        if self.offset is not None and len(sources) == 1:
            raise ParameterError("One recording has one clock: leave --offset out.")
        references = dict(zip(ROLES, (self.doctor_is, self.patient_is), strict=True))
        return AnalysisSettings(
            offset=self.offset,
            references={role: given for role, given in references.items() if given is not None},
            resolution=self.resolution,
            fps=self.moments,
            sure=self.sure,
            landmarker=self.landmarker,
        )
