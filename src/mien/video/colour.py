"""Colour tags: the numbers of ITU-T H.273 that a stream carries, and their FFmpeg names."""

from __future__ import annotations

from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, Interpolation

MATRICES: dict[str, tuple[int, Colorspace]] = {
    "bt709": (1, Colorspace.ITU709),
    "fcc": (4, Colorspace.FCC),
    "bt470bg": (5, Colorspace.ITU601),
    "smpte170m": (6, Colorspace.ITU601),
    "smpte240m": (7, Colorspace.SMPTE240M),
    "bt2020nc": (9, Colorspace.BT2020),
    # Constant luminance has no converter of its own; the non-constant matrix is the usual stand-in.
    "bt2020c": (10, Colorspace.BT2020),
}
"""Name of a luma/chroma matrix: its H.273 number, and the coefficients the converter uses."""

PRIMARIES: dict[str, int] = {
    "bt709": 1,
    "unknown": 2,
    "bt470m": 4,
    "bt470bg": 5,
    "smpte170m": 6,
    "smpte240m": 7,
    "film": 8,
    "bt2020": 9,
    "smpte428": 10,
    "smpte431": 11,
    "smpte432": 12,
    "ebu3213": 22,
}
"""Name of a set of primaries: its H.273 number."""

TRANSFERS: dict[str, int] = {
    "bt709": 1,
    "unknown": 2,
    "gamma22": 4,
    "gamma28": 5,
    "smpte170m": 6,
    "smpte240m": 7,
    "linear": 8,
    "log100": 9,
    "log316": 10,
    "iec61966-2-4": 11,
    "bt1361e": 12,
    "iec61966-2-1": 13,
    "bt2020-10": 14,
    "bt2020-12": 15,
    "smpte2084": 16,
    "smpte428": 17,
    "arib-std-b67": 18,
}
"""Name of a transfer curve: its H.273 number."""

RANGES: dict[str, ColorRange] = {"tv": ColorRange.MPEG, "pc": ColorRange.JPEG}
"""Name of a sample range: limited (16 to 235) or full (0 to 255)."""

# The default converter skips rounding and is off by 1.3 grey levels on average; these flags bring
# that to 0.35. Upsampling chroma bilinearly and averaging it by area keeps a frame that goes
# to RGB and back the closest to itself (luma exact, chroma above 60 dB).
TO_RGB = Interpolation.BILINEAR | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT
# to 16 bits, where full chroma gives another picture (libswscale 9.5)
TO_DEEP_RGB = Interpolation.BILINEAR | Interpolation.ACCURATE_RND
FROM_RGB = (
    Interpolation.AREA
    | Interpolation.ACCURATE_RND
    | Interpolation.FULL_CHR_H_INT
    | Interpolation.FULL_CHR_H_INP
)


def name_of(number: int, names: dict[str, int]) -> str:
    """Return the name of an H.273 number, or ``"unknown"``."""
    return next((name for name, value in names.items() if value == number), "unknown")


def matrix_name(number: int, *, width: int, height: int) -> str:
    """Name the matrix of a stream, guessing as players do where it has none.

    Parameters
    ----------
    number : int
        H.273 matrix number of the stream; 0 (RGB) and 2 (unspecified) are guessed.
    width, height : int
        Coded size in pixels.

    Returns
    -------
    name : str or empty
        A key of `MATRICES`; empty where the matrix is one that cannot be converted.
    """
    for name, (value, _) in MATRICES.items():
        if value == number:
            return name
    if number in (0, 2, 3):
        return "bt709" if width >= 1280 or height > 576 else "smpte170m"
    return ""


def is_rgb(picture: VideoFrame) -> bool:
    """Whether a picture is stored as RGB."""
    return bool(picture.format.is_rgb)


def range_of(picture: VideoFrame) -> str:
    """The range of a picture: ``"tv"`` (limited) or ``"pc"`` (full)."""
    if is_rgb(picture):
        return "tv"  # RGB has no range of its own; limited is what players expect of its copy
    full = int(picture.color_range) == 2 or picture.format.name.startswith("yuvj")
    return "pc" if full else "tv"
