"""What the packets of a clip say without being decoded."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from mien.errors import VideoError
from mien.video import h264, x264
from mien.video.container import open_input, video_stream, words_of

_USUAL_CRF = 17


@dataclass(frozen=True)
class Index:
    """What the packets of a clip say without being decoded."""

    pts: list[int]
    """Time of each frame in the order shown, ticks of `time_base`."""
    end: int
    """When the last frame ends, ticks."""
    time_base: Fraction
    starts: list[int]
    """Numbers of the frames with which a group begins."""
    header: bytes
    """SPS and PPS as MP4 stores them (``avcC``)."""
    crf: float
    """Quality at which x264 says that it encoded."""
    keyint: int | None
    """Frames between groups at most, as x264 says."""
    comment: str | None
    obstacle: str | None
    """Why groups cannot be copied, in words; None if they can."""

    @classmethod
    def of(cls, path: Path) -> Index:
        """Read through a clip without decoding it."""
        pts: list[int] = []
        starts: list[int] = []
        end = 0
        crf: float = _USUAL_CRF
        keyint: int | None = None
        obstacle: str | None = None
        with open_input(path) as container:
            stream = video_stream(container, path)
            header = bytes(stream.codec_context.extradata or b"")
            if stream.codec_context.name != "h264" or header[:1] != b"\x01" or len(header) < 7:
                obstacle = "the file is not H.264 in an MP4"
            for packet in frame_packets(container, stream, path):
                if packet.pts is None:
                    raise damaged(path)
                if not pts:
                    stated = x264.stated(bytes(packet))
                    if stated is None or stated.keyint is None:
                        obstacle = obstacle or "the file does not say how it was encoded"
                    else:
                        keyint, crf = stated.keyint, stated.crf
                if packet.is_keyframe:
                    starts.append(len(pts))
                    if obstacle is None and h264.IDR not in h264.kinds(bytes(packet), header):
                        obstacle = "its groups of pictures depend on each other"
                if packet.dts != packet.pts or (pts and packet.pts <= pts[-1]):
                    obstacle = obstacle or "its frames are not stored in the order they are shown"
                pts.append(packet.pts)
                end = max(end, packet.pts + (packet.duration or 1))
            comment = container.metadata.get("comment")
            time_base = stream.time_base or Fraction(1, 1000)
        if not pts:
            raise damaged(path)
        if starts[:1] != [0]:
            obstacle = obstacle or "its first frame depends on others"
        return cls(
            sorted(pts), end, time_base, starts, header, crf, keyint, comment or None, obstacle
        )

    def runs(self, wanted: set[int]) -> list[range]:
        """Frames that are encoded again: whole groups, adjoining ones in one run."""
        edges = [*self.starts, len(self.pts)]
        groups = [range(a, b) for a, b in itertools.pairwise(edges)]
        touched = [not wanted.isdisjoint(group) for group in groups]
        # Two frames after each other that both begin a group carry numbers that must differ (H.264,
        # 7.4.3, idr_pic_id). A new encoder counts from 0 again, so no run may begin after a group
        # of one frame or end with one.
        for k in reversed(range(1, len(groups))):
            touched[k - 1] |= touched[k] and len(groups[k - 1]) == 1
        for k in range(1, len(groups)):
            touched[k] |= touched[k - 1] and len(groups[k - 1]) == 1
        runs: list[range] = []
        for group, again in zip(groups, touched, strict=True):
            if again and runs and runs[-1].stop == group.start:
                runs[-1] = range(runs[-1].start, group.stop)
            elif again:
                runs.append(group)
        return runs


def frame_packets(container: InputContainer, stream: VideoStream, path: Path) -> Iterator[Packet]:
    """Packets that hold a frame."""
    try:
        for packet in container.demux(stream):
            if packet.size and not packet.is_discard:
                yield packet
    except (av.FFmpegError, OSError) as exc:
        raise damaged(path, exc) from exc


def damaged(path: Path, exc: BaseException | None = None) -> VideoError:
    """The error to raise where a clip that mien wrote cannot be read to its end."""
    words = "" if exc is None else f" ({words_of(exc)})"
    return VideoError(f"{path} is damaged{words}: make it again from the original.")


def frame_times(path: str | os.PathLike[str]) -> np.ndarray:
    """When each frame of a clip is shown and, last, when the last one ends; nothing is decoded.

    Parameters
    ----------
    path : path
        A clip that mien wrote.

    Returns
    -------
    times : np.ndarray [shape=(n_frames + 1,), float64]
        Seconds, increasing.

    Raises
    ------
    VideoError
        If the clip cannot be read.
    """
    index = Index.of(Path(path))
    return np.array([*index.pts, index.end], float) * float(index.time_base)
