"""Pictures of people, measured: what a composite is made of."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from mien.face import uv
from mien.face.model import FaceModel
from mien.face.region import Region
from mien.intake.pictures import read_picture
from mien.models.landmarker import Backend
from mien.recognition.recogniser import Recogniser
from mien.surrogates.making.neutral import (
    CHEEKS,
    CHIN,
    FOREHEAD,
    MOUSTACHE,
    SIZE,
    glasses,
    lightness,
)
from mien.tracking.detection import Detector

_ENLARGE_TO = 660  # pixels of the shorter side: small portraits are enlarged, large ones shrunk


REASONS = {
    "unreadable": "no face was found, or the file cannot be read",
    "small": "the face is smaller than 60 pixels from eye to eye",
    "turned": "the head is turned",
    "fringe": "hair lies over the forehead",
    "beard": "there is a beard",
    "glasses": "there are glasses",
    "few": "there are fewer than k people of the same apparent sex",
}
"""Why a face is of no use, in words."""


@dataclass
class Member:
    """One face of a cohort."""

    id: str
    """Name of its file."""
    alpha: np.ndarray
    """Identity coefficients, shape (40,)."""
    beta: np.ndarray
    """Expression coefficients."""
    yaw: float
    """Sine of the turn of the head."""
    scale: float
    """Pixels between the outer corners of the eyes in the file itself."""
    descriptor: np.ndarray
    """Of the recogniser, shape (128,)."""
    texture: np.ndarray
    """As photographed, shape (512, 512, 3), uint8."""
    sex: str = ""
    """`M`, `F` or nothing, where known."""
    born: int | None = None
    """Year, where known."""

    @property
    def causes(self) -> np.ndarray:
        """What the expression and the turn of the head do to a texture: their amounts, (4,)."""
        names = list(FaceModel.load().expression_names)

        def mean_of(*channels: str) -> float:
            return float(np.mean([self.beta[names.index(channel)] for channel in channels]))

        return np.array(
            [
                mean_of("mouthSmileLeft", "mouthSmileRight"),
                mean_of("cheekSquintLeft", "cheekSquintRight"),
                mean_of("jawOpen"),
                self.yaw,
            ]
        )

    @property
    def at_ease(self) -> np.ndarray:
        """Identity coefficients without what the expression has left in them, shape (40,)."""
        return FaceModel.load().at_ease(self.alpha, self.beta)

    @property
    def tone(self) -> float:
        """Individual typology angle of the cheeks, degrees; high is fair (Chardin 1991)."""
        lab = cv2.cvtColor(self.texture.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)[CHEEKS]
        light, _, yellow = np.median(lab, axis=0)
        return float(np.degrees(np.arctan2(light - 50, yellow)))


def measure(
    path: Path, backend: Backend, detector: Detector, recogniser: Recogniser
) -> Member | None:
    """Measure the most certain face of a picture; None if there is none to be measured.

    Raises
    ------
    FormatError
        If the picture is too large.
    """
    picture = read_picture(path)
    if picture is None:
        return None
    enlarge = min(3.0, _ENLARGE_TO / min(picture.shape[:2]))
    way = cv2.INTER_CUBIC if enlarge > 1 else cv2.INTER_AREA
    image = cv2.resize(picture, None, fx=enlarge, fy=enlarge, interpolation=way)
    image = np.ascontiguousarray(image)
    points = None
    for region in detector.find(image, tiles=True)[:2]:
        points = backend.measure(image, [region])[0]
        if points is not None:
            points = backend.measure(image, [Region.around(points)])[0]
        if points is not None:
            break
    if points is None:
        return None
    model = FaceModel.load()
    alpha = model.fit(points[None])
    solution = model.solve(points, alpha)
    return Member(
        path.stem,
        alpha,
        solution.beta,
        float(solution.pose.rotation[0, 2]),
        solution.pose.scale / enlarge,
        recogniser.describe(image, points),
        uv.unwrap(image, points, SIZE),
    )


def shortcoming(member: Member, smallest: float = 60) -> str | None:
    """Why a face is of no use for a composite, in a word; None if it is of use."""
    cheeks = lightness(member.texture, CHEEKS)
    if member.scale < smallest:
        return "small"
    if abs(member.yaw) >= 0.2:
        return "turned"
    if lightness(member.texture, FOREHEAD) <= 0.72 * cheeks:
        return "fringe"
    if min(lightness(member.texture, place) for place in (CHIN, MOUSTACHE)) <= 0.62 * cheeks:
        return "beard"
    if glasses(member.texture) >= 1.0:
        return "glasses"
    return None
