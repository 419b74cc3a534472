"""Banks of surrogates: composites of many portraits, nobody's likeness."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from mien.errors import EngineError, FormatError, ParameterError
from mien.face.model import IDENTITY_MODES, FaceModel
from mien.intake.amounts import TEXTURE_SIDE
from mien.intake.pictures import picture_size, read_picture
from mien.intake.words import read_json

_NAME = re.compile(r"[\w-][\w .-]{0,99}")  # of a picture in the bank's own folder
_FARTHEST = 100.0  # standard deviations of a face; seven are already too many
_CARDS_BYTES = 32 << 20
_STATEMENT = 10  # characters of a consent at least


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
        FormatError
            If a card makes no sense, or is one person's face without a consent.
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
            If its picture is missing or damaged.
        FormatError
            If its picture is too large.
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
        picture = read_picture(folder / f"{name}.jpg", side=TEXTURE_SIDE)
    except OSError as exc:
        raise EngineError(
            f"The picture of surrogate {name} is missing: reinstall mien or build the bank again."
        ) from exc
    if picture is None or picture.shape[0] != picture.shape[1]:
        raise EngineError(f"The picture of surrogate {name} is damaged: build the bank again.")
    return Surrogate(
        name,
        FaceModel.load().resting(np.array(alpha)),
        picture,
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
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as exc:
        if isinstance(exc, FormatError) and (folder / "cards.json").is_file():
            raise
        fits = False
    if not fits or not bank.cards:
        raise ParameterError(
            f"{folder} holds no bank: name a folder made by `mien surrogates build`."
        )
    for card in bank.cards.values():
        _check(card, folder)
        with suppress(OSError):  # one that is missing is said when it is asked for
            picture_size(folder / f"{card['id']}.jpg", side=TEXTURE_SIDE)
    return bank


def _check(card: dict[str, Any], folder: Path) -> None:
    """Refuse a card that cannot be one of a composite, or is of one person who was not asked."""
    name, k, alpha = card["id"], card["k"], card["alpha"]
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise FormatError(
            f"A card in {folder} has no name that a picture can have: build it again."
        )
    if isinstance(k, bool) or not isinstance(k, int) or k < 1:
        raise FormatError(f"Card {name} in {folder} says k = {k!r}: it is a number of people.")
    if (
        not isinstance(alpha, list)
        or len(alpha) != IDENTITY_MODES
        or not all(isinstance(a, int | float) and abs(a) <= _FARTHEST for a in alpha)
    ):
        raise FormatError(
            f"Card {name} in {folder} holds no face: its alpha should be {IDENTITY_MODES} numbers, "
            "so build the bank again."
        )
    consent = card.get("consent")
    if k == 1 and (not isinstance(consent, str) or len(consent.strip()) < _STATEMENT):
        raise FormatError(
            f"Card {name} in {folder} is one person's own face (k = 1): take it out, or write who "
            "agreed to its use, and when, into the card as its consent."
        )


def _cards(folder: Path) -> dict[str, dict[str, Any]]:
    held = read_json(folder / "cards.json", "the cards of a bank", _CARDS_BYTES)
    return {card["id"]: card for card in held}


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
        rules = read_json(_shipped().folder / "apparent.json", "the rules of apparent looks")
    except OSError as exc:
        raise EngineError("The bank's apparent.json is missing: reinstall mien.") from exc
    return {
        kind: {name: np.array(values) for name, values in rule.items()}
        for kind, rule in rules.items()
    }
