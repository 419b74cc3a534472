"""The script of a phantom encounter: who shows what, and who speaks, when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any

from mien.encounter.observation import ROLES
from mien.errors import ParameterError
from mien.phantom.script import window, within

Course = tuple[tuple[float, float, str], ...]

POSED: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {
        "neutral": {},
        "happiness": {"mouthSmile": 1.0, "cheekSquint": 0.8, "eyeSquint": 0.3,
                      "mouthUpperUp": 0.3, "mouthDimple": 0.2, "jawOpen": 0.12},
        "sadness": {"browInnerUp": 1.0, "browDown": 0.6, "mouthFrown": 1.0, "eyeBlink": 0.45,
                    "eyeLookDown": 0.8, "mouthPress": 0.4, "mouthShrugLower": 0.5},
        "anger": {"browDown": 1.0, "eyeWide": 0.4, "noseSneer": 0.7, "mouthUpperUp": 0.5,
                  "mouthLowerDown": 0.7, "mouthStretch": 0.3, "jawOpen": 0.3},
        "disgust": {"noseSneer": 1.0, "mouthUpperUp": 0.7, "browDown": 0.6, "cheekSquint": 0.6,
                    "eyeSquint": 0.5, "mouthFrown": 0.5, "mouthShrugLower": 0.4},
        "fear": {"browInnerUp": 1.0, "browDown": 0.9, "eyeWide": 1.0, "mouthStretch": 1.0,
                 "mouthLowerDown": 1.0, "mouthFrown": 0.7, "jawOpen": 0.05},
        "surprise": {"browInnerUp": 0.9, "browOuterUp": 0.9, "eyeWide": 0.9, "jawOpen": 0.55},
    }
)  # fmt: skip
"""Blendshapes of a strong posed expression; a name without its side stands for both. After the
action units that EMFACS gives as typical; strengths are ours."""


@dataclass(frozen=True)
class EncounterScript:
    """What happens in an encounter; times are seconds on the doctor's camera's clock."""

    seconds: float = 30.0
    """How long the doctor's camera runs."""
    doctor: Course = ()
    """Start, end and expression of each spell of the doctor's face; neutral otherwise."""
    patient: Course = ()
    """The same of the patient's."""
    doctor_speaks: tuple[tuple[float, float], ...] = ()
    """Start and end of each turn of speech."""
    patient_speaks: tuple[tuple[float, float], ...] = ()
    """The same of the patient."""
    patient_absent: tuple[tuple[float, float], ...] = ()
    """Spans in which the patient is out of the picture."""
    offset: float = 0.0
    """How much later the patient's camera was started (earlier, if negative)."""
    patient_seconds: float | None = None
    """How long the patient's camera runs; as long as the doctor's where not given."""
    one_camera: bool = False
    """Whether one camera sees both, the doctor on the left; then `offset` is 0."""
    passer_by: tuple[float, float] | None = None
    """Span in which somebody walks past behind the pair, with one camera."""
    fps: float = 15.0
    """Frames per second of every camera."""
    width: int = 320
    """Width of the picture, pixels."""
    height: int = 320
    """Height of the picture, pixels."""
    faces: tuple[str, str] | tuple[()] = ()
    """Surrogates that doctor and patient resemble; drawn by the seed where not given."""
    strength: float = 1.0
    """How strong expressions are, 0.2 to 1.2."""
    hiss: float = 0.02
    """Noise of each microphone, share of the speech's level there."""
    silent: bool = False
    """Whether there is no sound."""
    seed: int = 0
    """Decides everything drawn by chance."""

    def __post_init__(self) -> None:
        within("seconds", self.seconds, 0.5, 3600)
        within("offset", self.offset, -3600, 3600)
        within("strength", self.strength, 0.2, 1.2)
        within("hiss", self.hiss, 0, 10)
        if self.patient_seconds is not None:
            within("patient_seconds", self.patient_seconds, 0.5, 3600)
        for role in ROLES:
            last = 0.0
            for start, end, name in sorted(getattr(self, role)):
                window(role, start, end)
                if name not in POSED:
                    raise ParameterError(
                        f"There is no scripted expression {name!r}: choose from {', '.join(POSED)}."
                    )
                if start < last:
                    raise ParameterError(f"Two spells of the {role} overlap at {start:g} s.")
                last = end
        for name in ("doctor_speaks", "patient_speaks", "patient_absent"):
            for span in getattr(self, name):
                window(name, *span)
        if self.one_camera and (self.offset or self.patient_seconds is not None):
            raise ParameterError("With one camera there is one clock: leave the offset at 0.")
        if self.passer_by is not None:
            window("passer_by", *self.passer_by)
            if not self.one_camera:
                raise ParameterError("Somebody passes by before one camera: set one_camera.")

    def expression(self, role: str, time: float) -> str:
        """What is scripted at a time, seconds on the doctor's clock."""
        for start, end, name in getattr(self, role):
            if start <= time < end:
                return str(name)
        return "neutral"

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    def length(self, role: str) -> float:
        """How long a role's camera runs, seconds."""
        if role == "patient" and self.patient_seconds is not None:
            return self.patient_seconds
        return self.seconds
