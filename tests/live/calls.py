"""Calls that tests share: phantoms in front of a camera, and a face that one of them wears."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from mien.live.doubt import Doubt
from mien.live.guise import Guise
from mien.live.session import Session
from mien.live.settings import LiveSettings
from mien.live.shot import Shot
from mien.models.landmarker import FaceMesh
from mien.models.sighting import Sighting
from mien.phantom import Script, phantom
from mien.recognition.lookout import LEFT, Lookout, Tally, unchanged

TICK = Fraction(1, 15)
QUICK = LiveSettings(calibrate_s=1.0, candidates=1, probes=2, settle=3, check_s=1.0)
USUAL = {"width": 320, "height": 320, "fps": 15, "seed": 1, "seconds": 1.2, "noise": 1.0}


def pictures(**settings: object) -> list[np.ndarray]:
    """The frames of a phantom."""
    return [frame.image for frame in phantom(Script(**{**USUAL, **settings}))]


@dataclass
class Given:
    """Pictures in a camera's place."""

    images: Sequence[np.ndarray]

    def __iter__(self) -> Iterator[Shot]:
        for number, image in enumerate(self.images):
            yield Shot(image, number, TICK)


@dataclass
class Kept:
    """Keeps what goes out, by its timestamp."""

    out: dict[int, np.ndarray] = field(default_factory=dict)
    closed: bool = False

    def show(self, image: np.ndarray, pts: int, time_base: Fraction, doubt: Doubt | None) -> None:
        self.out[pts] = image

    def close(self) -> None:
        self.closed = True


@dataclass
class Call:
    """What came of a call."""

    session: Session
    kept: Kept
    failure: BaseException | None = None

    @property
    def shown(self) -> list[int]:
        """Numbers of the pictures that were not covered."""
        return [pts for pts, image in self.kept.out.items() if not solid(image)]

    @property
    def because(self) -> dict[str, int]:
        return dict(self.session.counts.covered)


def solid(image: np.ndarray) -> bool:
    """Whether a picture is covered, but for the sentence at its edge."""
    return bool(np.ptp(image[: int(0.9 * len(image))].reshape(-1, 3), axis=0).max() == 0)


def call(
    images: Sequence[np.ndarray],
    backend: FaceMesh,
    guise: Guise | None,
    settings: LiveSettings = QUICK,
    as_fast: bool = True,
) -> Call:
    """Hold a call to its end."""
    kept = Kept()
    session = Session(Given(images), [kept], settings, as_fast=as_fast, backend=backend)
    session.drawing.guise = guise
    made = Call(session, kept)
    try:
        session.run()
    except BaseException as exc:
        made.failure = exc
    finally:
        session.close()
    return made


def faces_left(made: Call, images: Sequence[np.ndarray], lookout: Lookout) -> int:
    """Pictures that went out with a face of the original in them, as strangers see it.

    A face that a detector sees in the original has to differ in the result, pixel by pixel.
    """
    left = 0
    for number in made.shown:
        original, result = images[number], made.kept.out[number]
        seen: list[Sighting] = lookout.search(original, 0, Tally())
        shares = [unchanged(original, result, sighting) for sighting in seen]
        left += any(share is not None and share >= LEFT for share in shares)
    return left
