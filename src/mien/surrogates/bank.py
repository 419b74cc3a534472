"""Banks of surrogates: composites of many portraits, nobody's likeness."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
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


@dataclass(frozen=True, eq=False)
class Bank:
    """A folder of composites: `cards.json`, and a picture of each texture."""

    folder: Path
    """Where it lies."""
    cards: dict[str, dict[str, Any]]
    """The card of every surrogate, by its id."""

    @staticmethod
    def open(folder: Path | None = None) -> Bank:
        """Read a user's bank, or the one that ships with mien.

        Raises
        ------
        ParameterError
            If the folder holds no bank.
        EngineError
            If mien's own is missing from the installation.
        """
        return _shipped() if folder is None else _read(folder)

    def load(self, name: str) -> Surrogate:
        """Read one surrogate.

        Raises
        ------
        ParameterError
            If the bank has none of that name.
        EngineError
            If its picture is missing.
        """
        if name not in self.cards:
            raise ParameterError(
                f"There is no surrogate called {name!r}: choose one of "
                f"{', '.join(sorted(self.cards))}."
            )
        return _load(self.folder, name, tuple(self.cards[name]["alpha"]), self)


@cache
def _load(folder: Path, name: str, alpha: tuple[float, ...], bank: Bank) -> Surrogate:
    try:
        data = np.frombuffer((folder / f"{name}.jpg").read_bytes(), np.uint8)
    except OSError as exc:
        raise EngineError(
            f"The picture of surrogate {name} is missing: reinstall mien or build the bank again."
        ) from exc
    picture = cv2.imdecode(data, cv2.IMREAD_COLOR)
    if picture is None:
        raise EngineError(f"The picture of surrogate {name} is damaged: build the bank again.")
    return Surrogate(
        name,
        FaceModel.load().shape(np.array(alpha)),
        np.ascontiguousarray(picture[..., ::-1]),
        bank.cards[name],
    )


@cache
def _shipped() -> Bank:
    folder = Path(str(files("mien") / "assets" / "surrogates"))
    try:
        return Bank(folder, _cards(folder))
    except OSError as exc:
        raise EngineError("The bank's cards.json is missing: reinstall mien.") from exc


def _read(folder: Path) -> Bank:
    try:
        bank = Bank(folder, _cards(folder))
        fits = all({"alpha", "k"} <= set(card) for card in bank.cards.values())
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        fits = False
    if not fits or not bank.cards:
        raise ParameterError(
            f"{folder} holds no bank: name a folder made by `mien surrogates build`."
        )
    return bank


def _cards(folder: Path) -> dict[str, dict[str, Any]]:
    return {card["id"]: card for card in json.loads((folder / "cards.json").read_text())}


def cards() -> dict[str, dict[str, Any]]:
    """The card of every shipped surrogate, by its id."""
    return Bank.open().cards


def load(name: str) -> Surrogate:
    """Read one surrogate of the shipped bank; see `Bank.load`."""
    return Bank.open().load(name)


@cache
def apparent_rules() -> dict[str, dict[str, np.ndarray]]:
    """Linear rules on dlib's descriptor: `sex` (`mean`, `male`) and `age` (`mean`, `older`)."""
    try:
        rules = json.loads((_shipped().folder / "apparent.json").read_text())
    except OSError as exc:
        raise EngineError("The bank's apparent.json is missing: reinstall mien.") from exc
    return {
        kind: {name: np.array(values) for name, values in rule.items()}
        for kind, rule in rules.items()
    }
