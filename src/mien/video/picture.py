"""Pictures between what is coded and RGB: converted, and turned upright."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter

from mien.video import colour
from mien.video.coded import Coded
from mien.video.frame import VideoInfo


class Upright:
    """Turns decoded pictures into upright RGB arrays.

    Parameters
    ----------
    first : Coded
        What the first picture of the clip told: all are given its size.

    Attributes
    ----------
    size_changed : bool
        Whether a picture came whose size is not that of the one before; set back by the caller.
    """

    def __init__(self, first: Coded) -> None:
        self._first = first
        self._reformatter = VideoReformatter()
        self._to_standard: Callable[[np.ndarray], np.ndarray] | None = None
        if first.hdr:
            from mien.video.hdr import ToStandardRange  # compiles, which few clips need

            self._to_standard = ToStandardRange(first.hdr)
        self.size_changed = False
        self._size = (first.width, first.height)

    def __call__(self, picture: VideoFrame) -> np.ndarray:
        first, info = self._first, self._first.info
        size = (picture.width, picture.height)
        if size != self._size:
            self._size, self.size_changed = size, True
        range_name = colour.range_of(picture) if picture.color_range else info.color_range
        name = colour.matrix_name(
            int(picture.colorspace), width=picture.width, height=picture.height
        )
        if int(picture.colorspace) not in (1, 4, 5, 6, 7, 9, 10):
            name = info.colorspace
        matrix = colour.MATRICES[name][1]
        width, height = first.fitted(*size)
        rgb = self._reformatter.reformat(
            picture,
            width=width,
            height=height,
            format="rgb48le" if self._to_standard else "rgb24",
            src_colorspace=matrix,
            dst_colorspace=matrix,
            src_color_range=colour.RANGES["pc" if colour.is_rgb(picture) else range_name],
            dst_color_range=colour.RANGES["pc"],
            interpolation=colour.TO_DEEP_RGB if self._to_standard else colour.TO_RGB,
        )
        image = rgb.to_ndarray()
        if self._to_standard:
            image = self._to_standard(image)
        if (width, height) != first.shown:
            image = _with_bars(image, *first.shown)
        if first.quarter_turn:
            image = image.transpose(1, 0, 2)
        if first.flip_rows:
            image = image[::-1]
        if first.flip_columns:
            image = image[:, ::-1]
        if rgb is picture:  # the decoder may still need its own buffer unchanged
            return np.array(image, order="C")
        return np.ascontiguousarray(image)


def _with_bars(image: np.ndarray, width: int, height: int) -> np.ndarray:
    """A picture in the middle of a black one of another size, which is nowhere smaller."""
    whole = np.zeros((height, width, 3), image.dtype)
    top, left = (height - image.shape[0]) // 2, (width - image.shape[1]) // 2
    whole[top : top + image.shape[0], left : left + image.shape[1]] = image
    return whole


def pixel_format(info: VideoInfo) -> str:
    """FFmpeg's name of the format that pictures are stored in.

    H.264 crops a 4:2:0 picture in steps of two, so an odd size needs 4:4:4: its pixels are then all
    there, where padding would add a line that players show.
    """
    return "yuv444p" if info.width % 2 or info.height % 2 else "yuv420p"


def to_picture(
    image: np.ndarray, info: VideoInfo, pix_fmt: str, reformatter: VideoReformatter
) -> VideoFrame:
    """Convert RGB to what is encoded; neither times nor time base are set.

    Parameters
    ----------
    image : np.ndarray [shape=(height, width, 3), dtype=uint8]
        RGB.
    info : VideoInfo
        Its colour tags are followed.
    pix_fmt : str
        See `pixel_format`.
    reformatter : VideoReformatter
        Kept from frame to frame, because making one is slow.
    """
    return reformatter.reformat(
        VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24"),
        format=pix_fmt,
        dst_colorspace=colour.MATRICES[info.colorspace][1],
        src_color_range=colour.RANGES["pc"],
        dst_color_range=colour.RANGES[info.color_range],
        interpolation=colour.FROM_RGB,
        threads=1,
    )


def to_rgb(picture: VideoFrame, info: VideoInfo, reformatter: VideoReformatter) -> np.ndarray:
    """Convert a picture that was encoded from RGB of a clip's colours back, as a player would.

    Returns
    -------
    image : np.ndarray [shape=(height, width, 3), dtype=uint8]
        RGB, not turned.
    """
    matrix = colour.MATRICES[info.colorspace][1]
    return np.ascontiguousarray(
        reformatter.reformat(
            picture,
            format="rgb24",
            src_colorspace=matrix,
            dst_colorspace=matrix,
            src_color_range=colour.RANGES[info.color_range],
            dst_color_range=colour.RANGES["pc"],
            interpolation=colour.TO_RGB,
        ).to_ndarray()
    )
