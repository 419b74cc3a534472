"""When the frames of a DICOM image are shown.

References
----------
.. [1] DICOM PS3.3 2024b, C.7.6.5 (Cine) and C.7.6.6 (Multi-frame).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from mien.dicom.stored import Stored
from mien.errors import VideoError

_VECTOR = 0x00181065
_EVEN = Fraction(1, 1000)  # s by which steps of one rate differ where a container rounds them
_STILL = Fraction(1, 25)  # s for which a single picture is shown


@dataclass(frozen=True)
class Timing:
    """When frames are shown, as the header says."""

    frame_s: Fraction | None
    """Seconds from one frame to the next, where that is always the same."""
    times: tuple[Fraction, ...] = ()
    """Seconds at which each frame is shown, where it is not."""

    def at(self, frame: int) -> Fraction:
        """Seconds at which a frame is shown."""
        if self.frame_s is not None:
            return frame * self.frame_s
        last = len(self.times) - 1
        step = self.times[-1] - self.times[-2]
        return self.times[min(frame, last)] + max(frame - last, 0) * step


def timing_of(stored: Stored) -> Timing | None:
    """What the header says of time; None if it says nothing.

    The vector of frame times counts where the header points to it, then the frame time, then the
    rates.

    Raises
    ------
    VideoError
        If what it says cannot be: a step that is not above zero, or a vector of another length.
    """
    pointer = stored.says("FrameIncrementPointer", ())
    pointers = [pointer] if isinstance(pointer, int) else list(pointer)
    vector = stored.says("FrameTimeVector")
    if vector is not None and (_VECTOR in pointers or stored.says("FrameTime") is None):
        values = [vector] if isinstance(vector, (int, float, str)) else list(vector)
        return _of_vector(stored, [_exact(value) / 1000 for value in values])
    for keyword, is_rate in (
        ("FrameTime", False), ("RecommendedDisplayFrameRate", True), ("CineRate", True)
    ):  # fmt: skip
        value = stored.says(keyword)
        if value is None:
            continue
        number = _exact(value)
        if number <= 0:
            raise VideoError(
                f"{stored.path} says that {keyword} is {value}: that cannot be, so set it to what "
                "the camera recorded."
            )
        return Timing(1 / number if is_rate else number / 1000)
    return Timing(_STILL) if stored.frames == 1 else None


def uneven(steps: list[Fraction], frame_s: Fraction) -> bool:
    """Whether frames of a stream are not one frame time apart.

    Parameters
    ----------
    steps : list of Fraction
        Seconds between frames of the stream.
    frame_s : Fraction
        Seconds between frames as the header says.
    """
    return any(abs(step - frame_s) > _EVEN + frame_s / 20 for step in steps)


def _of_vector(stored: Stored, steps: list[Fraction]) -> Timing:
    if len(steps) != stored.frames or any(step <= 0 for step in steps[1:]):
        raise VideoError(
            f"The Frame Time Vector of {stored.path} has {len(steps)} entries for {stored.frames} "
            "frames, or one that is not above zero: its frames have no times, so correct it."
        )
    times = [Fraction(0)]
    for step in steps[1:]:
        times.append(times[-1] + step)
    if len(times) == 1:
        return Timing(_STILL)
    return Timing(None, tuple(times))


def _exact(value: object) -> Fraction:
    """A decimal string of a header, to its last digit."""
    written = str(getattr(value, "original_string", value)).strip()
    try:
        return Fraction(written)
    except (ValueError, ZeroDivisionError) as exc:
        raise VideoError(f"A time in the header is {written[:20]!r}: that is no number.") from exc
