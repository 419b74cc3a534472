"""New pictures as the old ones were stored, and what the header says of how.

References
----------
.. [1] DICOM PS3.5 2024b, 8.2 and annex A.4; PS3.3 2024b, C.7.6.1.1.5 (lossy compression), C.7.6.6,
   C.8.6.3 (frames that were captured).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from mien.dicom import coding
from mien.dicom.attributes import CAPTURED
from mien.dicom.stored import Stored
from mien.dicom.syntaxes import EXPLICIT, JPEG
from mien.dicom.timing import timing_of, uneven
from mien.errors import ParameterError
from mien.video import Frame
from mien.video.reader import Reader

if TYPE_CHECKING:
    from pydicom import Dataset

_VECTOR, _FRAME_TIME = 0x00181065, 0x00181063
_LONGEST = 65_534  # bytes of a value with a short length
_ISO = {"video": "ISO_14496_10", "jpeg": "ISO_10918_1"}


class Store:
    """The new pictures as the old ones were stored: a stream, or one by one.

    What was stored one by one is kept as the engine drew it, before it was coded for the clip.
    """

    def __init__(self, stored: Stored, folder: Path, frames: int) -> None:
        self._stored, self._folder, self._frames = stored, folder, frames
        self._raw: np.ndarray | None = None
        if stored.syntax.family == "video":
            # what fits no level is said before long work
            coding.level_for(stored, stored.width, stored.height, 0.0)
        else:
            shape = (frames, stored.height, stored.width, 3)
            self._raw = np.memmap(folder / "raw", np.uint8, "w+", shape=shape)

    def watch(self, frame: Frame, image: np.ndarray) -> None:
        """Keep a frame as it was drawn; of a clip that is rendered again, the last one."""
        if self._raw is not None and frame.index < self._frames:
            self._raw[frame.index] = image

    def write(self, part: Path, new: Dataset, say: Callable[[], None]) -> None:
        """Write the file; `say` fills the header in."""
        from pydicom.dataset import FileMetaDataset

        new.file_meta = FileMetaDataset()
        new.file_meta.MediaStorageSOPClassUID = new.SOPClassUID
        new.file_meta.MediaStorageSOPInstanceUID = new.SOPInstanceUID
        for keyword, value in (("BitsStored", 8), ("HighBit", 7), ("PixelRepresentation", 0)):
            setattr(new, keyword, value)
        say()
        if self._raw is None:
            self._write_stream(part, new)
        else:
            self._write_frames(part, new)

    def _write_stream(self, part: Path, new: Dataset) -> None:
        from pydicom.encaps import encapsulate_buffer
        from pydicom.uid import UID

        stored = self._stored
        clip = self._folder / "result.mp4"
        with Reader(clip) as reader:
            times = list(reader.timestamps())
        rate = (len(times) - 1) / (times[-1] - times[0]) if len(times) > 1 else 1.0
        level = coding.level_for(stored, stored.width, stored.height, rate)
        stream = coding.at_level(clip, self._folder / "level.mp4", level)
        size = stream.path.stat().st_size
        new.file_meta.TransferSyntaxUID = UID(level.uid)
        new.SamplesPerPixel, new.PlanarConfiguration = 3, 0
        new.PhotometricInterpretation = "YBR_PARTIAL_420"
        new.NumberOfFrames = len(stream.times)
        _time(new, stored, stream)
        whole = len(stream.times) * stored.width * stored.height * 3
        _lossy(new, "video", whole / size)
        with stream.path.open("ab") as made:
            made.write(b"\0" * (size % 2))  # a fragment has an even number of bytes
        with stream.path.open("rb") as made:
            _save(part, new, encapsulate_buffer([made], has_bot=True), True)

    def _write_frames(self, part: Path, new: Dataset) -> None:
        from pydicom.encaps import encapsulate
        from pydicom.uid import UID

        assert self._raw is not None
        grey = self._stored.grey
        pictures = (
            self._grey(k) if grey else np.asarray(self._raw[k]) for k in range(self._frames)
        )
        if "NumberOfFrames" in self._stored.header:
            new.NumberOfFrames = self._frames
        if grey and str(new.SOPClassUID) in CAPTURED:
            _as_stored(new)
        new.SamplesPerPixel = 1 if grey else 3
        if not grey:
            new.PlanarConfiguration = 0
        elif "PlanarConfiguration" in new:
            del new.PlanarConfiguration
        if self._stored.syntax.family == "jpeg":
            codes = [coding.as_jpeg(picture) for picture in pictures]
            new.file_meta.TransferSyntaxUID = UID(JPEG)
            new.PhotometricInterpretation = "MONOCHROME2" if grey else "YBR_FULL_422"
            _lossy(new, "jpeg", self._raw.nbytes / (3 if grey else 1) / sum(map(len, codes)))
            _save(part, new, encapsulate(codes), True)
            return
        new.file_meta.TransferSyntaxUID = UID(EXPLICIT)
        new.PhotometricInterpretation = "MONOCHROME2" if grey else "RGB"
        plain = b"".join(picture.tobytes() for picture in pictures)
        _save(part, new, plain + b"\0" * (len(plain) % 2), False)

    def _grey(self, frame: int) -> np.ndarray:
        import cv2

        assert self._raw is not None
        return cv2.cvtColor(np.asarray(self._raw[frame]), cv2.COLOR_RGB2GRAY)


def _as_stored(new: Dataset) -> None:
    """Say of captured grey frames what they have to say [1]_: values are shown as they are."""
    new.PresentationLUTShape = new.get("PresentationLUTShape") or "IDENTITY"
    new.RescaleType = "US"
    for keyword, value in (("RescaleIntercept", 0), ("RescaleSlope", 1)):
        if new.get(keyword) is None:
            setattr(new, keyword, value)


def _time(new: Dataset, stored: Stored, stream: coding.Stream) -> None:
    """When frames are shown: the header's own frame time, or a vector where they are uneven."""
    steps = [later - earlier for earlier, later in pairwise(stream.times)]
    said = timing_of(stored)
    if said is not None and said.frame_s is not None and not uneven(steps, said.frame_s):
        if "FrameTime" not in new:
            new.FrameTime = _decimal(1000 * said.frame_s)
        new.FrameIncrementPointer = _FRAME_TIME
        if "FrameTimeVector" in new:
            del new.FrameTimeVector
        return
    if "FrameTime" in new:
        del new.FrameTime
    vector = ["0", *(_decimal(1000 * step) for step in steps)]
    if len("\\".join(vector)) > _LONGEST:
        raise ParameterError(
            f"The frames of {stored.path} are not evenly apart, and a Frame Time Vector holds no "
            f"{len(vector)} entries: cut the recording into shorter ones."
        )
    new.FrameTimeVector = vector
    new.FrameIncrementPointer = _VECTOR


def _decimal(value: Any) -> str:
    return f"{float(value):.10g}"[:16]


def _lossy(new: Dataset, family: str, ratio: float) -> None:
    """Say that pictures lost something, and by which method, after what was said before."""

    def before(keyword: str) -> list[Any]:
        value = new.get(keyword)
        if value is None or value == "":
            return []
        return [value] if isinstance(value, (str, float, int)) else list(value)

    ratios, kinds = before("LossyImageCompressionRatio"), before("LossyImageCompressionMethod")
    new.LossyImageCompression = "01"
    new.LossyImageCompressionRatio = [*ratios[: len(kinds)], f"{ratio:.2f}"]
    new.LossyImageCompressionMethod = [*kinds[: len(ratios)], _ISO[family]]


def _save(part: Path, new: Dataset, pixels: Any, encapsulated: bool) -> None:
    from pydicom import dcmwrite
    from pydicom.dataelem import DataElement

    element = DataElement(0x7FE00010, "OB", pixels)
    element.is_undefined_length = encapsulated
    new.add(element)
    with part.open("xb") as target:
        dcmwrite(target, new, enforce_file_format=True)
        _sync(target)


def _sync(target: BinaryIO) -> None:
    target.flush()
    os.fsync(target.fileno())
