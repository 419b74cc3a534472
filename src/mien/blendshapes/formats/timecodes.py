"""Timecodes: hours, minutes, seconds and the frame within the second, as times.

A semicolon before the frame says that frame numbers are left out, so that timecodes keep up with
the clock at 30000/1001 frames a second and its multiples (drop-frame): two numbers (four at 59.94)
at the beginning of every minute but each tenth [1]_.

References
----------
.. [1] SMPTE ST 12-1:2014, "Time and control code".
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import numpy as np

from mien.errors import FormatError, ParameterError

RATES = (24, 25, 30, 48, 50, 60, 90, 120)
"""Frames per second that timecodes are counted in."""
_DROPPING = (30, 60, 120)  # those of them whose numbers can be left out
_UNSURE = 60  # least rate of what is too short to tell
_TIMECODE = re.compile(r"(\d{1,2}):(\d\d):(\d\d)([:;])(\d{1,3}(?:[.,]\d+)?)")


def times_of(
    timecodes: Sequence[str], lines: Sequence[int], rate: float | None = None
) -> tuple[np.ndarray, float]:
    """Times of frames from their timecodes.

    Parameters
    ----------
    timecodes : sequence of str [shape=(n_frames,)]
        Such as ``10:02:59:31.652``; they may pass midnight.
    lines : sequence of int [shape=(n_frames,)]
        Where they stand, for errors.
    rate : float, optional
        Frames per second; by default the lowest of `RATES` that fits the highest frame number, and
        at least 60 where there is no whole second.

    Returns
    -------
    times : np.ndarray [shape=(n_frames,)]
        Seconds from the first frame.
    rate : float
        Frames per second that they are counted in.

    Raises
    ------
    FormatError
        If one is no timecode, does not fit the rate, or is earlier than the one before it.
    ParameterError
        If the rate is no rate, or drop-frame timecodes cannot be counted at it.
    """
    parts, dropping = _parts(timecodes, lines)
    if rate is not None and not 1 <= rate <= 1000:
        raise ParameterError(f"Timecodes are counted at 1 to 1000 frames a second, not {rate!r}.")
    numbers = math.ceil(rate - 1e-6) if rate else _numbers(parts, dropping)
    dropping = dropping and not _holds_dropped(parts, numbers)
    if dropping and numbers not in _DROPPING:
        raise ParameterError(
            "Timecodes with a semicolon are counted at 29.97, 59.94 or 119.88 frames a second, "
            f"not at {rate:g}."
        )
    rate = numbers * 1000 / 1001 if dropping else float(rate or numbers)
    late = np.flatnonzero(parts[:, 3] >= numbers)
    if len(late):
        k = int(late[0])
        raise FormatError(f"Line {lines[k]}: frame {parts[k, 3]:g} cannot be at {rate:g} fps.")
    seconds = _seconds(parts, numbers, rate, dropping)
    day = _seconds(np.array([[24.0, 0, 0, 0]]), numbers, rate, dropping)[0]
    midnights = np.cumsum(np.diff(seconds, prepend=seconds[:1]) < -day / 2)
    seconds = seconds + day * midnights
    back = np.flatnonzero(np.diff(seconds) < 0)
    if len(back):
        k = int(back[0]) + 1
        raise FormatError(
            f"Line {lines[k]}: {timecodes[k]} is earlier than the line before it; cut the file "
            "into two there."
        )
    return seconds - seconds[:1], rate


def timecode_of(time: float, rate: int) -> str:
    """The timecode of a time in seconds, with thousandths of a frame."""
    thousandths = round(time * rate * 1000)
    seconds, rest = divmod(thousandths, rate * 1000)
    hours, minutes = seconds // 3600 % 24, seconds // 60 % 60
    return f"{hours:02d}:{minutes:02d}:{seconds % 60:02d}:{rest // 1000:02d}.{rest % 1000:03d}"


def _parts(timecodes: Sequence[str], lines: Sequence[int]) -> tuple[np.ndarray, bool]:
    """Hours, minutes, seconds and frame of each, shape (n, 4); whether all have a semicolon."""
    parts = np.zeros((len(timecodes), 4))
    dropping = len(timecodes) > 0
    for k, (words, line) in enumerate(zip(timecodes, lines, strict=True)):
        match = _TIMECODE.fullmatch(words)
        if match is None or int(match[2]) > 59 or int(match[3]) > 59:
            raise FormatError(
                f"Line {line}: {words[:40]!r} is no timecode such as 10:02:59:31.652."
            )
        parts[k] = [float(match[group].replace(",", ".")) for group in (1, 2, 3, 5)]
        dropping &= match[4] == ";"
    return parts, dropping


def _numbers(parts: np.ndarray, dropping: bool) -> int:
    """How many numbers of frames a second has, from hours, minutes, seconds and frames."""
    if not len(parts):
        return _UNSURE
    highest = parts[:, 3].max()
    fits = [rate for rate in (_DROPPING if dropping else RATES) if rate > highest]
    if not fits:
        return int(np.ceil(highest + 1e-9))
    whole = len(np.unique(parts[:, :3], axis=0)) >= 3  # a whole second between first and last
    return fits[0] if whole else max(_UNSURE, fits[0])


def _holds_dropped(parts: np.ndarray, numbers: int) -> bool:
    """Whether a number is there that drop-frame leaves out: then a semicolon means nothing."""
    begins = (parts[:, 1] % 10 > 0) & (parts[:, 2] == 0)
    return bool((begins & (parts[:, 3] < numbers // 15)).any())


def _seconds(parts: np.ndarray, numbers: int, rate: float, dropping: bool) -> np.ndarray:
    whole = parts[:, :3] @ [3600.0, 60.0, 1.0]
    left_out: np.ndarray | float = 0.0
    if dropping:
        minutes = parts[:, 0] * 60 + parts[:, 1]
        left_out = numbers // 15 * (minutes - minutes // 10)
    return whole * (numbers / rate) + (parts[:, 3] - left_out) / rate
