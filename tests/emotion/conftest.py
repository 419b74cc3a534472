"""A phantom's face as the network sees it, and real faces where they lie beside the project."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mien.emotion.classifier import EXPRESSIONS, EmotionClassifier
from mien.emotion.framing import crop_of
from mien.phantom import Phantom, Script

SHARED = Path(__file__).resolve().parents[3] / "shared"
FACES = SHARED / "expression" / "fer2013_plus.npz"


@pytest.fixture(scope="package")
def classifier() -> EmotionClassifier:
    return EmotionClassifier.load()


@pytest.fixture(scope="package")
def frame() -> tuple[np.ndarray, np.ndarray]:
    """A phantom at rest, and its landmarks."""
    clip = Phantom(Script(seconds=0.1, blinks=(), head_motion=0, seed=3))
    assert clip.truth.people[0].landmarks is not None
    return clip.frame(0).image, clip.truth.people[0].landmarks[0].astype(np.float64)


@pytest.fixture(scope="package")
def crop(frame) -> np.ndarray:
    return crop_of(*frame)


@pytest.fixture(scope="package")
def fer() -> tuple[np.ndarray, np.ndarray]:
    """300 faces of the test split and what most of ten people called them."""
    if not FACES.is_file():
        pytest.skip("FER2013 is not beside the project: ../shared is absent")
    with np.load(FACES) as data:
        names = data["vote_names"].tolist()
        votes = data["votes"].astype(int)
        own = [names.index(name) for name in EXPRESSIONS]
        most = np.sort(votes, 1)
        clear = np.isin(votes.argmax(1), own) & (most[:, -1] > most[:, -2])
        chosen = np.flatnonzero(clear & (data["split"] == "PublicTest"))
        chosen = np.random.default_rng(0).choice(chosen, 300, replace=False)
        return data["images"][chosen], votes[chosen][:, own].argmax(1)
