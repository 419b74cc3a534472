"""The recognisers that there are, by name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from mien.errors import ParameterError
from mien.recognition.arcface import ArcFace
from mien.recognition.dlib_resnet import Dlib
from mien.recognition.faceres import FaceRes
from mien.recognition.mobileface import MobileFace
from mien.recognition.recogniser import Recogniser

RECOGNISERS: dict[str, Callable[[], Recogniser]] = {
    "dlib": Dlib,
    "mobileface": MobileFace,
    "faceres": FaceRes,
    "arcface": ArcFace,
}
"""What makes each. A network in InsightFace's format is also known by its file's path."""

STEERS = "dlib"
"""The recogniser by which new faces are chosen unless settings say otherwise; also the one that
tells people in a clip apart, because the thresholds for that were measured with it."""

ALSO_STEER = ("mobileface",)
"""Those that choose with it: a face that one network takes for another person need not be one to
the next, so the new face has to be far from the patient for each by its own threshold."""

JUDGES = ("faceres",)
"""Those that are asked afterwards unless settings say otherwise, and never choose."""


def joining() -> Recogniser:
    """The recogniser by which a tracker tells people apart: its thresholds are of this one."""
    return recogniser(STEERS)


def chooses(model: str) -> bool:
    """Whether a recogniser, by its model's name, has a say in which face somebody gets."""
    return model in (Dlib.name, MobileFace.name)


def check_name(name: str) -> None:
    """Refuse a name that `recogniser` does not know; nothing is loaded.

    Raises
    ------
    ParameterError
        If there is none of that name.
    """
    if name not in RECOGNISERS and not (name.endswith(".onnx") and Path(name).is_file()):
        raise ParameterError(
            f"There is no recogniser called {name!r}: choose {', '.join(RECOGNISERS)} or an ONNX "
            "file in InsightFace's format."
        )


def recogniser(name: str = STEERS) -> Recogniser:
    """A recogniser by name.

    Parameters
    ----------
    name : str
        A key of `RECOGNISERS`, or the path of an ONNX file in InsightFace's format.

    Raises
    ------
    ParameterError
        If there is none of that name.
    EngineError
        If its weights are missing.
    """
    check_name(name)
    return RECOGNISERS[name]() if name in RECOGNISERS else ArcFace(Path(name))
