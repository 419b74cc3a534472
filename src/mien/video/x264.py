"""How mien encodes a picture, and what x264 says of how it did."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mien.errors import ParameterError

PRESETS = "ultrafast superfast veryfast faster fast medium slow slower veryslow placebo".split()
PRESET = "veryfast"
_CRF = re.compile(rb"x264 - core .*? crf=([0-9]+(?:\.[0-9]+)?)", re.DOTALL)
_KEYINT = re.compile(rb"x264 - core .*? keyint=([0-9]+) ", re.DOTALL)


@dataclass(frozen=True)
class Stated:
    """How x264 says, in the first packet of a clip, that it encoded."""

    crf: float
    """Constant rate factor, 0 (lossless) to 51."""
    keyint: int | None
    """Frames at most from one that stands alone to the next; None if there is no limit."""


def stated(packet: bytes) -> Stated | None:
    """What the first packet of a clip says; None if it was not x264 that encoded it, or by size."""
    crf, keyint = _CRF.search(packet), _KEYINT.search(packet)
    return Stated(float(crf[1]), int(keyint[1]) if keyint else None) if crf else None


def options(crf: float, preset: str = PRESET, gop: int | None = None) -> dict[str, str]:
    """How mien encodes a picture.

    One thread count on every machine, because x264's output depends on it. No B-frames: then
    pictures are stored in the order they are shown and need no edit list to be on time, in players
    that read edit lists and in those that do not. No macroblock tree: it takes bits from whatever
    moves, which here is the tremor or the blink, and with it the same frames did not always give
    the same bytes.

    Parameters
    ----------
    crf : float
        Constant rate factor, 0 (lossless) to 51.
    preset : str
        One of `PRESETS`.
    gop : int, optional
        Frames at most from one that stands alone to the next; x264's 250 if None.

    Raises
    ------
    ParameterError
        If one of the two is out of its range.
    """
    if not 0 <= crf <= 51:
        raise ParameterError(f"crf is between 0 and 51, not {crf}")
    if preset not in PRESETS:
        raise ParameterError(f"preset is one of {', '.join(PRESETS)}, not {preset!r}")
    return {
        "crf": str(crf),
        "preset": preset,
        "threads": "4",
        "bf": "0",
        "x264-params": "mbtree=0",
        **({} if gop is None else {"g": str(gop)}),
    }
