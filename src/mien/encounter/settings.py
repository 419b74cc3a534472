"""What can be chosen about the analysis of an encounter."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from mien.encounter.clocks import Offset
from mien.encounter.observation import ROLES
from mien.encounter.opinions import Assess, Classifier
from mien.encounter.timeline import SURE
from mien.errors import ParameterError


@dataclass(frozen=True, eq=False)
class AnalysisSettings:
    """How an encounter is analysed.

    Raises
    ------
    ParameterError
        If one of these is out of its range.
    """

    offset: float | None = None
    """Seconds to add to the patient's times to have them on the doctor's clock (positive where the
    patient's camera was started later); None to find it from the sound."""
    references: Mapping[str, str | os.PathLike[str]] = field(default_factory=dict)
    """By role: ``"left"``, ``"right"``, a person's number or the path of a picture; see
    `roles.assign_roles`."""
    resolution: float = 1.0
    """Length of a step of the timelines, seconds, 0.1 to 60."""
    fps: float = 5.0
    """Moments per second at which faces are looked at, 1 to 30; raised to one per step."""
    sure: float = SURE
    """Mean probability under which a step is given no expression, 0 to 1."""
    classifier: Classifier | None = None
    """Reads crops; `EmotionClassifier` where not given."""
    second: Classifier | None = None
    """Reads blendshapes, of shape (n, 51); its answers are mixed with the classifier's, see
    `opinions.WEIGHT`."""
    assess: Assess | None = None
    """Says which faces can be assessed; `quality.assess_all` where not given."""
    landmarker: str | os.PathLike[str] | None = None
    """A Face Landmarker model to track with."""

    def __post_init__(self) -> None:
        if not 0.1 <= self.resolution <= 60:
            raise ParameterError(
                f"resolution must lie between 0.1 and 60 s, not {self.resolution!r}."
            )
        if not 1 <= self.fps <= 30:
            raise ParameterError(f"fps must lie between 1 and 30, not {self.fps!r}.")
        if not 0 <= self.sure <= 1:
            raise ParameterError(f"sure is a probability, 0 to 1, not {self.sure!r}.")
        for role in self.references:
            if role not in ROLES:
                raise ParameterError(f"A reference is for doctor or patient, not for {role!r}.")
        if self.offset is not None:
            Offset.given(self.offset)
