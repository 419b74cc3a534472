"""Copies of clips for raters, of which nothing but the pictures tells original from result.

All copies of one recording have the same size in pixels, the same times, time base and coding, the
same number of bytes in all, in each coded frame and in each packet of sound, and no names or dates.
Frames are filled up with filler that no decoder shows (H.264 [1]_, NAL units of type 12), packets
of sound with data that none plays (AAC [2]_, data stream elements), the media box with zeros and
the index with a `free` box. Copies are for looking; nothing is measured on them.

References
----------
.. [1] ITU-T H.264, Advanced video coding for generic audiovisual services, 7.3.2.7.
.. [2] ISO/IEC 14496-3, Coding of audio-visual objects, audio, 4.5.2.1 and table 4.10.
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

CLOCK = Fraction(1, 90_000)
"""Time base of all copies."""
_CRF, _JITTER = 17.0, 0.5
_MEDIA_STEP, _INDEX_STEP = 1 << 16, 1 << 12
_SOUND_RATE, _SOUND_BITS = 48_000, 128_000
_LARGEST = (1 << 32) - 1
_HEAD = 8  # bytes before the content of a box
_LEAST_FILLER = 6  # bytes of a NAL unit of filler with its length
_MOST_ELEMENT = 256  # bytes of an element of AAC that says its length in one byte
_MUXING = {"write_btrt": "0", "fflags": "+bitexact"}


@dataclass(frozen=True, eq=False)
class Coding:
    """How all copies of one recording are written."""

    width: int
    """Pixels, even."""
    height: int
    times: np.ndarray
    """When each frame is shown, seconds from the first, shape (n,)."""
    end_s: float
    """Where all copies end, seconds."""
    sound: bool
    """Whether they have sound."""

    @property
    def fps(self) -> float:
        """Frames a second on average."""
        return float(np.clip(len(self.times) / self.end_s, 1.0, 240.0))


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
        By which the quality of each copy is a little higher or lower, so that no two copies of one
        clip are the same bytes.
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
                crf = _CRF + _JITTER * (2 * rng.random() - 1)
                _encode(source, place, coding, crf, progress)
            except av.FFmpegError as exc:
                raise VideoError(f"{source} cannot be copied for raters: {exc}.") from exc
            written.append(place)
    try:
        _fill_packets(written)
        _fill(written)
    except OSError as exc:
        raise OutputError(f"{written[0].parent} cannot be written: {exc.strerror or exc}.") from exc


def _common(sources: Sequence[Path], sound: bool) -> Coding:
    """What all versions can be shown in: the smallest picture, the fewest frames."""
    sizes, clocks = [], []
    for source in sources:
        with Reader(source) as reader:
            times = np.array(list(reader.timestamps()))
            sizes.append((reader.info.width, reader.info.height))
        if not len(times):
            raise VideoError(f"{source} holds no frame: give another clip.")
        clocks.append(times - times[0])
    steps = [float(np.median(np.diff(times))) if len(times) > 1 else 0.04 for times in clocks]
    ends = [float(times[-1]) + step for times, step in zip(clocks, steps, strict=True)]
    width, height = min(sizes, key=lambda size: size[0] * size[1])
    fewest = min(clocks, key=len)
    end = min(ends)
    return Coding(width // 2 * 2, height // 2 * 2, fewest[fewest < end - 1e-6], end, sound)


def _encode(
    source: Path, place: Path, coding: Coding, crf: float, progress: Progress | None
) -> None:
    gop = max(1, round(2 * coding.fps))
    options = {
        "preset": "veryfast",
        "crf": f"{crf:.3f}",
        # what differs from picture to picture would stand in the index: order, key frames, settings
        "x264-params": f"bframes=0:scenecut=0:keyint={gop}:min-keyint={gop}:stitchable=1:threads=1",
    }
    # written through a file object: where it lies is in no box
    with (
        place.open("xb") as file,
        av.open(file, "w", format="mp4", options=_MUXING) as out,
    ):
        rate = Fraction(coding.fps).limit_denominator(1001)
        video: Any = out.add_stream("libx264", rate=rate, options=options)
        video.width, video.height, video.pix_fmt = coding.width, coding.height, "yuv420p"
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
    for number, (time, image) in enumerate(_at_times(source, coding.times)):
        picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), "rgb24")
        picture = picture.reformat(
            coding.width,
            coding.height,
            "yuv420p",
            dst_colorspace="ITU709",
            dst_color_range="MPEG",
            interpolation="BICUBIC",
        )
        picture.pts, picture.time_base = round(time / CLOCK), CLOCK
        yield from stream.encode(picture)
        if progress is not None:
            progress("copying", number + 1, None)
    yield from stream.encode(None)


def _at_times(source: Path, times: np.ndarray) -> Iterator[tuple[float, np.ndarray]]:
    """The picture that a clip shows at each time from its first frame on."""
    with Reader(source) as reader:
        first: float | None = None
        shown: np.ndarray | None = None
        k = 0
        for frame in reader:
            first = frame.time if first is None else first
            ahead = frame.time - first
            # a frame of half a millisecond later is that of this time, rounded
            while shown is not None and k < len(times) and times[k] < ahead - 5e-4:
                yield float(times[k]), shown
                k += 1
            shown = frame.image
            if k == len(times):
                return
        while shown is not None and k < len(times):
            yield float(times[k]), shown
            k += 1


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


def _fill_packets(places: Sequence[Path]) -> None:
    """Make each coded frame and packet of sound as long as the longest of its place in any copy."""
    sizes = [_sizes(place) for place in places]
    longest = {
        kind: np.array([one[kind] for one in sizes]).max(0) + _LEAST_FILLER for kind in sizes[0]
    }
    for place in places:
        filled = place.with_suffix(".filled")
        with (
            av.open(str(place)) as container,
            filled.open("xb") as file,
            av.open(file, "w", format="mp4", options=_MUXING) as out,
        ):
            copied = {s.index: out.add_stream_from_template(s) for s in container.streams}
            number = dict.fromkeys(longest, 0)
            for packet in container.demux():
                if not packet.size:
                    continue
                kind = packet.stream.type
                moved = _filled(packet, int(longest[kind][number[kind]]))
                number[kind] += 1
                moved.stream = copied[packet.stream.index]
                out.mux(moved)
        filled.replace(place)


def _sizes(place: Path) -> dict[str, list[int]]:
    """Bytes of each packet, by the kind of its stream."""
    found: dict[str, list[int]] = {}
    with av.open(str(place)) as container:
        for packet in container.demux():
            if packet.size:
                found.setdefault(packet.stream.type, []).append(packet.size)
    return found


def _filled(packet: Any, size: int) -> Any:
    """A packet that is made longer by what no decoder shows or plays."""
    spare = size - packet.size
    coded = bytes(packet)
    made = av.Packet(
        coded + _unseen(spare) if packet.stream.type == "video" else _unheard(spare) + coded
    )
    made.pts, made.dts, made.duration = packet.pts, packet.dts, packet.duration
    made.time_base, made.is_keyframe = packet.time_base, packet.is_keyframe
    return made


def _unseen(size: int) -> bytes:
    """A NAL unit of filler with its length, of so many bytes in all, 6 or more."""
    return struct.pack(">I", size - 4) + b"\x0c" + b"\xff" * (size - 6) + b"\x80"


def _unheard(size: int) -> bytes:
    """Data stream elements of so many bytes in all, 2 or more: each has two and up to 254 more."""
    found = b""
    while size:
        piece = size if size <= _MOST_ELEMENT else min(_MOST_ELEMENT, size - 2)
        found += b"\x80" + bytes([piece - 2]) + bytes(piece - 2)
        size -= piece
    return found


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
