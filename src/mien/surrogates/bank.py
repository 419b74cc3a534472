"""The surrogates that ship with mien: composites of many portraits, nobody's likeness."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

import cv2
import numpy as np

from mien.errors import EngineError, ParameterError
from mien.face_model import FaceModel


@dataclass(frozen=True, eq=False)
class Surrogate:
    """The face that a patient is given."""

    id: str
    """Name in the bank, or `image` for a user's own."""
    shape: np.ndarray
    """Neutral landmarks, lips sealed, eyes open; canonical units, shape (478, 3)."""
    texture: np.ndarray
    """Skin in the UV layout, RGB, shape (size, size, 3), uint8."""
    card: dict[str, Any] = field(default_factory=dict)
    """Where it comes from: k, sources, how it was made neutral, or the consent statement."""


@cache
def cards() -> dict[str, dict[str, Any]]:
    """The card of every shipped surrogate, by its id."""
    return {card["id"]: card for card in json.loads(_text("cards.json"))}


@cache
def apparent_sex_rule() -> dict[str, np.ndarray]:
    """`mean` and `male` direction in descriptor space, each of shape (128,)."""
    rule = json.loads(_text("apparent_sex.json"))
    return {name: np.array(values) for name, values in rule.items()}


@cache
def load(name: str) -> Surrogate:
    """Read one surrogate of the bank.

    Raises
    ------
    ParameterError
        If the bank has no surrogate of that name.
    EngineError
        If its picture is missing from the installation.
    """
    if name not in cards():
        raise ParameterError(
            f"There is no surrogate called {name!r}: choose one of {', '.join(sorted(cards()))}."
        )
    card = cards()[name]
    path = files("mien") / "assets" / "surrogates" / f"{name}.jpg"
    try:
        data = np.frombuffer(path.read_bytes(), np.uint8)
    except OSError as exc:
        raise EngineError(f"The picture of surrogate {name} is missing: reinstall mien.") from exc
    picture = np.ascontiguousarray(cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1])
    return Surrogate(name, FaceModel.load().shape(np.array(card["alpha"])), picture, card)


def _text(name: str) -> str:
    try:
        return (files("mien") / "assets" / "surrogates" / name).read_text()
    except OSError as exc:
        raise EngineError(f"The bank's {name} is missing: reinstall mien.") from exc
