"""A DICOM file as it is stored: its header, and where its pictures are.

Nothing of the pixel data is read here, however large the header says it is.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mien.dicom.syntaxes import SYNTAXES, Syntax
from mien.errors import VideoError
from mien.intake.amounts import VIDEO_BLOCKS

if TYPE_CHECKING:
    from pydicom import Dataset

_PIXEL_DATA = 0x7FE00010
_PHOTOMETRIC = ("RGB", "YBR_FULL", "YBR_FULL_422", "MONOCHROME2")
_MOST_FRAMES = 10_000_000


@dataclass(frozen=True, eq=False)
class Stored:
    """An image with pictures that can be read."""

    path: Path
    """The file; only read."""
    header: Dataset
    """Everything before the pixel data, with the file's meta information."""
    syntax: Syntax
    """How the pictures are stored."""
    frames: int
    """How many there are, as the header says."""
    width: int
    """Columns, pixels."""
    height: int
    """Rows, pixels."""
    begins: int
    """Byte at which the element of the pixel data begins."""

    @property
    def grey(self) -> bool:
        """Whether the pictures have one channel."""
        return int(self.header.SamplesPerPixel) == 1

    def says(self, keyword: str, otherwise: Any = None) -> Any:
        """What the header says; `otherwise` where it says nothing, or nothing that can be read."""
        try:
            found = self.header.get(keyword)
        except Exception:  # pydicom reads values when they are asked for, and raises many kinds
            return otherwise
        return otherwise if found is None or found == "" else found


def open_image(path: str | os.PathLike[str]) -> Stored:
    """Open a DICOM image.

    Raises
    ------
    VideoError
        If the file is missing, empty, cut short or no DICOM, holds no pictures, or holds them in
        a way that is not read.
    """
    from pydicom import dcmread
    from pydicom.errors import InvalidDicomError

    path = Path(path)
    try:
        with path.open("rb") as stream:
            header = dcmread(stream, stop_before_pixels=True)
            begins = stream.tell()
            rest = stream.read(12)
    except InvalidDicomError as exc:
        raise VideoError(
            f"{path} is no DICOM file: give one of the archive's, or a clip to mien deidentify."
        ) from exc
    except OSError as exc:
        raise VideoError(f"{path} cannot be read: {exc.strerror or 'it is cut short'}.") from exc
    except Exception as exc:  # of a damaged header pydicom raises many kinds
        raise VideoError(
            f"The header of {path} is damaged ({type(exc).__name__}): copy it again."
        ) from exc
    _check_there(path, header, rest)
    syntax = _syntax_of(path, header)
    stored = Stored(path, header, syntax, *_sizes(path, header), begins)
    _check_kind(stored)
    return stored


def _check_there(path: Path, header: Dataset, rest: bytes) -> None:
    if "SOPClassUID" not in header or "SOPInstanceUID" not in header:
        raise VideoError(
            f"{path} does not say what kind of DICOM object it is: it is cut short, or a directory "
            "of others; copy the image itself."
        )
    tag = int.from_bytes(rest[:2], "little") << 16 | int.from_bytes(rest[2:4], "little")
    turned = int.from_bytes(rest[:2], "big") << 16 | int.from_bytes(rest[2:4], "big")
    if _PIXEL_DATA not in (tag, turned):
        raise VideoError(
            f"{path} has no pixel data: it is a {header.SOPClassUID.name} without pictures, or was "
            "cut short before them."
        )


def _syntax_of(path: Path, header: Dataset) -> Syntax:
    uid = header.file_meta.get("TransferSyntaxUID")
    if uid is None:
        raise VideoError(
            f"{path} does not say how its pictures are stored (no Transfer Syntax UID): export it "
            "again from the archive."
        )
    if uid not in SYNTAXES:
        raise VideoError(
            f"{path} is stored as {uid.name}, which is not read: have the archive export it "
            "uncompressed, as JPEG Baseline, or as MPEG-2, H.264 or HEVC."
        )
    return SYNTAXES[uid]


def _sizes(path: Path, header: Dataset) -> tuple[int, int, int]:
    """Frames, width and height, if they can be."""
    try:
        frames = int(header.get("NumberOfFrames") or 1)
        if "NumberOfFrames" in header and str(header.NumberOfFrames).strip() == "0":
            frames = 0
        width, height = int(header.Columns), int(header.Rows)
        int(header.SamplesPerPixel), int(header.BitsAllocated)
    except Exception as exc:
        raise VideoError(
            f"{path} does not say how large its pictures are: export it again from the archive."
        ) from exc
    if frames < 1:
        raise VideoError(f"{path} has no frames: there is nothing in it to de-identify.")
    blocks = -(-width // 16) * -(-height // 16)
    if min(width, height) < 1 or blocks > VIDEO_BLOCKS or frames > _MOST_FRAMES:
        raise VideoError(
            f"{path} claims {frames:,} frames of {width} by {height} pixels, which is more or less "
            "than a video can be: its header is damaged, so export it again."
        )
    return frames, width, height


def _check_kind(stored: Stored) -> None:
    header, path = stored.header, stored.path
    if int(header.BitsAllocated) != 8:
        raise VideoError(
            f"{path} has {header.BitsAllocated} bits in a sample, which no camera image has: only "
            "pictures of 8 bits are read."
        )
    kind = str(stored.says("PhotometricInterpretation", ""))
    if stored.syntax.family != "video" and kind not in _PHOTOMETRIC:
        raise VideoError(
            f"{path} stores colours as {kind or 'nothing known'}, which is not read: export it as "
            "RGB."
        )
    if stored.syntax.family == "plain":
        needed = stored.frames * stored.width * stored.height
        needed *= 2 if kind == "YBR_FULL_422" else int(header.SamplesPerPixel)
        there = path.stat().st_size - stored.begins
        if there < needed:
            raise VideoError(
                f"{path} is cut short: its header announces {needed:,} bytes of pictures and "
                f"{max(there - 8, 0):,} are there, so copy it again."
            )
