"""Copies of clips for raters, of which nothing but the pictures tells original from result.

All copies of one recording have the same size in pixels, length, time base, coding and number of
bytes, and no names or dates. A rate that is the same for all (x264 with filler) keeps their streams
alike, and what is left is filled up: the media box with zeros that nobody plays, the index with a
`free` box. Copies are for looking; nothing is measured on them.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, BinaryIO

import av
import numpy as np

from mien.errors import OutputError, ParameterError, VideoError
from mien.progress import Progress
from mien.video import Reader
from mien.video.boxes import boxes
from mien.video.frame import Frame

CLOCK = Fraction(1, 90_000)
"""Time base of all copies."""
_RATE = 0.22  # bits a pixel
_LEAST, _MOST = 300_000, 24_000_000  # bits a second
_JITTER = 0.05  # of the rate
_MEDIA_STEP, _INDEX_STEP = 1 << 16, 1 << 12
_SOUND_RATE, _SOUND_BITS = 48_000, 128_000
_LARGEST = (1 << 32) - 1
_HEAD = 8  # bytes before the content of a box


@dataclass(frozen=True)
class Coding:
    """How all copies of one recording are written."""

    width: int
    """Pixels, even."""
    height: int
    fps: Fraction
    """Frames a second on average, which the bit rate is made for."""
    end_s: float
    """Where all of them end, seconds from their first frame."""
    sound: bool
    """Whether they have sound."""

    @property
    def bits(self) -> int:
        """A second of picture."""
        wanted = _RATE * self.width * self.height * float(self.fps)
        return int(min(_MOST, max(_LEAST, wanted)))


def write_copies(
    sources: Sequence[Path],
    places: Mapping[Path, Sequence[Path]],
    *,
    sound: bool,
    rng: np.random.Generator,
    progress: Progress | None = None,
) -> None:
    """Write copies of clips that belong together.

    Parameters
    ----------
    sources : sequence of Path
        Versions of one recording.
    places : mapping of Path to sequence of Path
        Where copies of each go; every copy is encoded by itself.
    sound : bool
        Whether copies have the sound of their source.
    rng : np.random.Generator
        By which the rate of each copy is a little higher or lower, so that no two copies of one
        clip are alike and what is left of their streams' sizes says nothing.
    progress : callable, optional
        Called as ``progress("copying", done, total)`` with frames.

    Raises
    ------
    VideoError
        If a clip cannot be read.
    OutputError
        If a copy cannot be written.
    ParameterError
        If a copy would be too large for one file.
    """
    coding = _common(sources, sound)
    written: list[Path] = []
    for source in sources:
        for place in places[source]:
            try:
                rate = coding.bits * (1 + _JITTER * (2 * rng.random() - 1))
                _encode(source, place, coding, round(rate / 1000), progress)
            except av.FFmpegError as exc:
                raise VideoError(f"{source} cannot be copied for raters: {exc}.") from exc
            written.append(place)
    try:
        _fill(written)
    except OSError as exc:
        raise OutputError(f"{written[0].parent} cannot be written: {exc.strerror or exc}.") from exc


def _common(sources: Sequence[Path], sound: bool) -> Coding:
    """What all versions can be shown in: the smallest picture, the shortest length."""
    widths, heights, ends, rates = [], [], [], []
    for source in sources:
        with Reader(source) as reader:
            times = list(reader.timestamps())
            if not times:
                raise VideoError(f"{source} holds no frame: give another clip.")
            widths.append(reader.info.width)
            heights.append(reader.info.height)
        length = times[-1] - times[0]
        step = length / max(len(times) - 1, 1)
        ends.append(length + (step or 0.04))
        rates.append((len(times) - 1) / length if length > 0 else 25.0)
    fps = Fraction(min(max(max(rates), 1.0), 240.0)).limit_denominator(1001)
    small = int(np.argmin(np.array(widths) * np.array(heights)))
    return Coding(widths[small] // 2 * 2, heights[small] // 2 * 2, fps, min(ends), sound)


def _encode(
    source: Path, place: Path, coding: Coding, kilobits: int, progress: Progress | None
) -> None:
    gop = max(1, round(2 * float(coding.fps)))
    options = {
        "preset": "veryfast",
        "x264-params": f"nal-hrd=cbr:filler=1:bframes=0:scenecut=0:keyint={gop}:min-keyint={gop}:"
        f"vbv-maxrate={kilobits}:vbv-bufsize={kilobits}:threads=1",
    }
    # written through a file object: where it lies is in no box
    with (
        place.open("xb") as file,
        av.open(file, "w", format="mp4", options={"write_btrt": "0", "fflags": "+bitexact"}) as out,
    ):
        video: Any = out.add_stream("libx264", rate=coding.fps, options=options)
        video.width, video.height, video.pix_fmt = coding.width, coding.height, "yuv420p"
        video.bit_rate = 1000 * kilobits
        video.codec_context.time_base = video.time_base = CLOCK
        speech: Any = None
        if coding.sound:
            speech = out.add_stream("aac", rate=_SOUND_RATE)
            speech.bit_rate, speech.layout = _SOUND_BITS, "stereo"
        sounds = _sounds(source, speech, coding) if coding.sound else iter(())
        for packet in _merged(_pictures(source, video, coding, progress), sounds):
            out.mux(packet)


def _pictures(
    source: Path, stream: Any, coding: Coding, progress: Progress | None
) -> Iterator[Any]:
    with Reader(source) as reader:
        first: float | None = None
        last = -1
        for number, frame in enumerate(reader):
            time = _time(frame, reader.info.time_base)
            first = time if first is None else first
            if time - first >= coding.end_s - 1e-6:
                break
            picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame.image), "rgb24")
            picture = picture.reformat(
                coding.width, coding.height, "yuv420p", dst_colorspace="ITU709",
                dst_color_range="MPEG", interpolation="BICUBIC",
            )  # fmt: skip
            last = max(last + 1, round((time - first) / CLOCK))
            picture.pts, picture.time_base = last, CLOCK
            yield from stream.encode(picture)
            if progress is not None:
                progress("copying", number + 1, None)
    yield from stream.encode(None)


def _time(frame: Frame, time_base: Fraction) -> float:
    return float(frame.pts * time_base)


def _sounds(source: Path, stream: Any, coding: Coding) -> Iterator[Any]:
    """Sound from the first frame to the common end, silence where a track has none."""
    given, end = 0, round(coding.end_s * _SOUND_RATE)
    with Reader(source) as reader:
        first_s = next(reader.timestamps())
    for samples in _samples(source, first_s):
        piece = samples[:, : max(0, end - given)]
        if not piece.shape[1]:
            break
        yield from stream.encode(_audio(piece, given))
        given += piece.shape[1]
    while given < end:  # a track that ends sooner tells its version
        piece = np.zeros((2, min(_SOUND_RATE, end - given)), np.float32)
        yield from stream.encode(_audio(piece, given))
        given += piece.shape[1]
    yield from stream.encode(None)


def _samples(source: Path, first_s: float) -> Iterator[np.ndarray]:
    """Sound from a time on, pieces of shape (2, n)."""
    resampler = av.AudioResampler("fltp", "stereo", _SOUND_RATE)
    ahead: int | None = None  # samples before the first frame
    with av.open(str(source)) as container:
        for frame in container.decode(audio=0):
            if ahead is None:
                ahead = round((first_s - (frame.time or 0.0)) * _SOUND_RATE)
                if ahead < 0:
                    yield np.zeros((2, -ahead), np.float32)
            for part in resampler.resample(frame):
                samples = part.to_ndarray()
                dropped = min(max(ahead, 0), samples.shape[1])
                ahead -= dropped
                if dropped < samples.shape[1]:
                    yield samples[:, dropped:]


def _audio(samples: np.ndarray, at: int) -> Any:
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), "fltp", "stereo")
    frame.sample_rate, frame.pts, frame.time_base = _SOUND_RATE, at, Fraction(1, _SOUND_RATE)
    return frame


def _merged(first: Iterator[Any], second: Iterator[Any]) -> Iterator[Any]:
    """Packets of both by the time they are decoded."""
    waiting = [next(first, None), next(second, None)]
    sources = [first, second]
    while any(packet is not None for packet in waiting):
        times = [
            float("inf") if packet is None else float(packet.dts * packet.time_base)
            for packet in waiting
        ]
        k = int(np.argmin(times))
        yield waiting[k]
        waiting[k] = next(sources[k], None)


def _fill(places: Sequence[Path]) -> None:
    """Give all copies boxes of the same sizes."""
    sizes = [{kind: stop - start for kind, (start, stop) in _places(place).items()}
             for place in places]  # fmt: skip
    media = -(-max(one[b"mdat"] for one in sizes) // _MEDIA_STEP) * _MEDIA_STEP
    index = -(-(max(one[b"moov"] for one in sizes) + _HEAD) // _INDEX_STEP) * _INDEX_STEP
    if media > _LARGEST:
        raise ParameterError("A clip is too long for one file of 4 GB: cut it first.")
    for place in places:
        found = _places(place)
        with place.open("r+b") as file:
            _fill_one(file, found[b"mdat"], found[b"moov"], media, index)
        os.utime(place, (0, 0))


def _places(place: Path) -> dict[bytes, tuple[int, int]]:
    """Where each box of a file begins and ends, by its letters."""
    with place.open("rb") as file:
        end = os.fstat(file.fileno()).st_size
        return {box.kind: (box.start - _HEAD, box.end) for box in boxes(file, 0, end)}


def _fill_one(
    file: BinaryIO, mdat: tuple[int, int], moov: tuple[int, int], media: int, index: int
) -> None:
    """Fill up the media box, which stands before the index, and the index itself."""
    file.seek(moov[0])
    head = file.read(moov[1] - moov[0])
    spare = index - len(head)
    file.seek(mdat[0])
    file.write(struct.pack(">I4s", media, b"mdat"))
    file.seek(mdat[1])
    file.truncate()
    file.write(bytes(media - (mdat[1] - mdat[0])))
    file.write(struct.pack(">I4s", index, b"moov") + head[_HEAD:])
    file.write(struct.pack(">I4s", spare, b"free") + bytes(spare - _HEAD))
