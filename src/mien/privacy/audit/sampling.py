"""How many frames an audit looks at, and which."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from mien.errors import ParameterError


@dataclass(frozen=True)
class Sampling:
    """How many frames an audit looks at; fewer where something else is what is tested."""

    gallery: int = 48
    """Original frames of each person."""
    probes: int | None = 60
    """Output frames of each person: none recognised means at most 5 % of all are. None for every
    frame."""
    in_parts: int = 40
    """Of these, those of which parts are shown by themselves."""
    least_changed: int = 6
    """Further output frames: those in which the face differs least from the original."""
    scanned: int = 60
    """Output frames that the independent detectors see, as many as are compared."""


SAMPLING = Sampling()
"""What is looked at unless something else is said."""


def sampling(which: str) -> Sampling:
    """How many frames are asked about, by the word for it.

    Parameters
    ----------
    which : str
        ``"sample"`` or ``"all"``.

    Raises
    ------
    ParameterError
        If it is another word.
    """
    if which not in ("sample", "all"):
        raise ParameterError(f"audit is {which!r}: choose sample or all.")
    return SAMPLING if which == "sample" else replace(SAMPLING, probes=None)


def even(numbers: np.ndarray, count: int) -> list[int]:
    """At most `count` of some numbers, at even steps."""
    steps = np.linspace(0, len(numbers) - 1, min(count, len(numbers)))
    return [int(n) for n in numbers[steps.round().astype(int)]]
