"""How much is taken in of one file."""

from __future__ import annotations

import os
from pathlib import Path

from mien.errors import FormatError

PICTURE_PIXELS = 64_000_000
"""Of a picture: more than the 50 megapixels of a telephone."""
PICTURE_SIDE = 32_768
"""Pixels along a side of a picture."""
VIDEO_BLOCKS = 139_264
"""Of 16 by 16 pixels in a video: what H.264 allows, which results are written in (level 6.2, ITU-T
H.264, table A-1). That is 8192 by 4352 pixels."""
TEXTURE_SIDE = 4096
"""Pixels along a side of a surrogate's texture; mien's own have 512."""
SETTINGS_BYTES = 4 << 20
"""Of a file that somebody wrote by hand: profile, rules, list of people, certificate."""
JSON_BYTES = 64 << 20
"""Of a file of JSON that a program wrote."""
TABLE_BYTES = 256 << 20
"""Of a table of scores as text: six hours at 30 frames a second."""
TABLE_CELLS = 250_000_000
"""Of a table in Parquet: two days of scores at 30 frames a second, 2 GB."""
ARRAYS = 4096
"""Arrays in one archive."""
ARRAY_BYTES = 1 << 30
"""Of all arrays in one archive."""
NETWORK_BYTES = 1 << 30
"""Of a network."""


def content(path: str | os.PathLike[str], most: int, what: str) -> bytes:
    """All bytes of a file, if these are not too many.

    Parameters
    ----------
    path : path
        The file.
    most : int
        Bytes at most.
    what : str
        What it should be, as in "the profile".

    Raises
    ------
    OSError
        If there is no such file, or it cannot be read.
    FormatError
        If it is larger.
    """
    with Path(path).open("rb") as stream:
        data = stream.read(most + 1)
    if len(data) > most:
        raise FormatError(
            f"{path} is too large for {what}: it has more than {most / (1 << 20):g} MB, so give "
            "another file."
        )
    return data
