"""What is true of a phantom: when every frame is shown, and what every face does in it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from mien.errors import ParameterError
from mien.face.geometry import Similarity
from mien.intake.words import parse_json
from mien.phantom.script import Tremor

_VERSION = 1


@dataclass(frozen=True, eq=False)
class PersonTruth:
    """One person of a phantom."""

    face: str
    """Surrogates that were mixed, joined by ``+``."""
    alpha: np.ndarray
    """Identity of `FaceModel`, standard deviations, shape (40,)."""
    beta: np.ndarray
    """Expression in the order of `Truth.names`, 0 to 1, shape (n_frames, 52)."""
    scale: np.ndarray
    """Pixels per canonical unit, shape (n_frames,)."""
    rotation: np.ndarray
    """Rotation of the head, shape (n_frames, 3, 3)."""
    translation: np.ndarray
    """Where the canonical origin lies, pixels, shape (n_frames, 3)."""
    visible: np.ndarray
    """Share of the landmarks inside the picture, 0 to 1, shape (n_frames,)."""
    blinks: tuple[tuple[float, float, float], ...]
    """Start, moment of closure and end of each blink, seconds."""
    gaze: np.ndarray
    """Yaw (towards image right) and pitch (downwards) of the eyes in the head, degrees,
    shape (n_frames, 2)."""
    tremor: Tremor | None = None
    """Tremor of the jaw and lower lip."""
    asymmetry: float = 0.0
    """Resting droop, 0 to 1."""
    weak_side: str = "left"
    """The patient's own side that droops."""
    pulse_bpm: float | None = None
    """Heart rate in the colour of the skin, 1/min."""
    pulse_amplitude: float = 0.0
    """Half of the peak-to-peak change of green, share of its mean."""
    landmarks: np.ndarray | None = None
    """True landmarks, pixels, shape (n_frames, 478, 3), float32; None where read from JSON."""

    @property
    def present(self) -> np.ndarray:
        """Whether at least half of the face is in the picture, shape (n_frames,), bool."""
        return self.visible >= 0.5

    def pose(self, index: int) -> Similarity:
        """Canonical space to the pixels of one frame."""
        return Similarity(float(self.scale[index]), self.rotation[index], self.translation[index])


@dataclass(frozen=True, eq=False)
class Truth:
    """A whole phantom."""

    width: int
    """Width of the picture, pixels."""
    height: int
    """Height of the picture, pixels."""
    time_base: Fraction
    """Seconds in one tick of `pts`."""
    pts: np.ndarray
    """When each frame is shown, ticks, shape (n_frames,), int64."""
    names: tuple[str, ...]
    """ARKit names of the columns of `PersonTruth.beta`."""
    people: tuple[PersonTruth, ...]
    """The patient first."""
    fault: str | None = None
    """What was planted in the patient's motion, as ``mien phantom --fault`` takes it; everything
    else here is true of the faulty motion."""

    @property
    def time(self) -> np.ndarray:
        """When each frame is shown, seconds, shape (n_frames,)."""
        return self.pts * float(self.time_base)

    def to_json(self) -> str:
        """Everything but the landmarks, as JSON; numbers to five digits."""
        content: dict[str, Any] = {
            "phantom": _VERSION,
            "width": self.width,
            "height": self.height,
            "time_base": str(self.time_base),
            "pts": self.pts.tolist(),
            "time": np.round(self.time, 6).tolist(),
            "names": list(self.names),
            "fault": self.fault,
            "people": [],
        }
        for person in self.people:
            entry: dict[str, Any] = {}
            for name in PersonTruth.__dataclass_fields__:
                value = getattr(person, name)
                if isinstance(value, np.ndarray):
                    value = np.round(value.astype(np.float64), 5).tolist()
                elif isinstance(value, Tremor):
                    value = asdict(value)
                if name != "landmarks":
                    entry[name] = value
            content["people"].append(entry | {"present": person.present.tolist()})
        return json.dumps(content)

    @classmethod
    def from_json(cls, text: str) -> Truth:
        """Read what `to_json` wrote.

        Raises
        ------
        ParameterError
            If the text is not the truth of a phantom.
        """
        try:
            content = parse_json(text, "This text", "the truth of a phantom")
            if content["phantom"] != _VERSION:
                raise ValueError(f"version {content['phantom']}")
            return cls(
                width=content["width"],
                height=content["height"],
                time_base=Fraction(content["time_base"]),
                pts=np.array(content["pts"], np.int64),
                names=tuple(content["names"]),
                people=tuple(_person(entry) for entry in content["people"]),
                fault=content.get("fault"),
            )
        except (ValueError, KeyError, TypeError) as exc:
            raise ParameterError(f"This is not the truth of a phantom: {exc}.") from exc


def _person(entry: dict[str, Any]) -> PersonTruth:
    fields = {k: v for k, v in entry.items() if k in PersonTruth.__dataclass_fields__}
    for name in ("alpha", "beta", "scale", "rotation", "translation", "visible", "gaze"):
        fields[name] = np.array(fields[name], np.float64)
    fields["blinks"] = tuple(tuple(blink) for blink in fields["blinks"])
    fields["tremor"] = Tremor(**fields["tremor"]) if fields["tremor"] else None
    return PersonTruth(**fields)
