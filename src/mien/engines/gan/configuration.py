"""The sizes of a generator that swaps identities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, Protocol

from mien.errors import FormatError, ParameterError

if TYPE_CHECKING:
    import numpy as np

WHAT = "a generator of identities"
"""Whose networks these are, for messages."""
IDENTITY = 256
"""Numbers of mobileface's identities."""


class Draw(Protocol):
    """A generator, whatever computes it."""

    def __call__(self, picture: np.ndarray, identity: np.ndarray) -> np.ndarray:
        """A face of shape (side, side, 3), RGB, 0-1, as somebody else's, whose identity has shape
        (256,) and length 1; the same shape."""


_RANGES = {"side": (32, 512), "width": (4, 256), "halvings": (1, 4), "blocks": (1, 18),
           "identity": (16, 1024)}  # fmt: skip


@dataclass(frozen=True)
class GanConfig:
    """Sizes of the generator; the defaults are those of the paper, but for the identity."""

    side: int = 224
    """Pixels along a side of a picture."""
    width: int = 64
    """Features at full resolution; each halving doubles them, to eight times as many at most."""
    halvings: int = 3
    """How often the resolution is halved."""
    blocks: int = 9
    """Residual blocks whose features an identity rescales."""
    identity: int = 256
    """Numbers of the identity: mobileface has 256, the paper's ArcFace 512."""

    @staticmethod
    def of(told: Any, name: str) -> GanConfig:
        """Sizes as a checkpoint holds them.

        Parameters
        ----------
        told : dict
            Each size by its name.
        name : str
            Where they come from, for the message.

        Raises
        ------
        FormatError
            If one is missing, unknown or out of range.
        ParameterError
            If its identities are not mobileface's.
        """
        known = [each.name for each in fields(GanConfig)]
        if not isinstance(told, Mapping) or set(told) != set(known):
            raise FormatError(
                f"{name} does not say the sizes of a generator ({', '.join(known)}): give a "
                "checkpoint of mien train gan."
            )
        for key, (least, most) in _RANGES.items():
            value = told[key]
            if type(value) is not int or not least <= value <= most:
                raise FormatError(
                    f"{name} says {key} = {value!r}: it is a whole number from {least} to {most}."
                )
        made = GanConfig(**told)
        if made.identity != IDENTITY:
            raise ParameterError(
                f"{name} takes identities of {made.identity} numbers, and mobileface's have "
                f"{IDENTITY}: give another network."
            )
        if made.side % 2**made.halvings:
            raise FormatError(f"{name} halves {made.side} pixels {made.halvings} times, unevenly.")
        return made

    def to_json(self) -> dict[str, Any]:
        """The same as a checkpoint holds them."""
        return asdict(self)
