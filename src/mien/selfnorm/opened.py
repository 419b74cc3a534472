"""The networks that read scores, whichever kind a file holds."""

from __future__ import annotations

import os
from typing import TypeAlias, TypeVar

from mien.errors import FormatError
from mien.intake.arrays import read_arrays
from mien.selfnorm.network import SelfNorm
from mien.selfnorm.recurrent import KIND, Recurrent

Network: TypeAlias = SelfNorm | Recurrent
"""What reads scores: a single snapshot (with what windows add), or the last ones in sequence."""
Kind = TypeVar("Kind", SelfNorm, Recurrent)
"""The same kind of network again."""


def open_network(path: str | os.PathLike[str]) -> Network:
    """Read a network of either kind.

    Raises
    ------
    FormatError
        If the file is missing, damaged or something else.
    """
    try:
        kind = str(read_arrays(path, "a network").get("kind", ""))
    except (FormatError, OSError):
        kind = ""  # `SelfNorm.load` says what is wrong
    return Recurrent.load(path) if kind == KIND else SelfNorm.load(path)
