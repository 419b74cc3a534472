"""A copy of a clip without its sound, in which no picture is touched."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import av

from mien.errors import VideoError


def without_sound(clip: Path, copy: Path) -> None:
    """Write the pictures of an MP4, and its comment, into another one.

    Packets are copied, not encoded again: every picture is the same, bit for bit, and is shown at
    the same time. Nothing else is copied, no signature either.

    Parameters
    ----------
    clip : Path
        The clip; only read.
    copy : Path
        The new file; replaced if it exists.

    Raises
    ------
    VideoError
        If the clip cannot be read or copied, or the copy's pictures are not the same.
    """
    try:
        with av.open(str(clip)) as source:
            pictures = source.streams.video[0]
            tick = pictures.time_base
            assert tick is not None
            with av.open(
                str(copy),
                "w",
                format="mp4",
                container_options={
                    "fflags": "+bitexact",
                    "video_track_timescale": str(tick.denominator),
                    "movie_timescale": str(tick.denominator),
                },
            ) as target:
                if comment := source.metadata.get("comment"):
                    target.metadata["comment"] = comment
                track = target.add_stream_from_template(pictures)
                track.time_base = tick
                for packet in source.demux(pictures):
                    if packet.size:
                        packet.stream = track
                        target.mux(packet)
        if _pictures(clip) != _pictures(copy):
            raise VideoError(
                f"{clip} could not be copied without its sound, because its pictures would have "
                "changed: make it again without sound."
            )
    except (av.FFmpegError, IndexError, ValueError) as exc:
        raise VideoError(f"{clip} cannot be copied ({exc}): make it again.") from exc


def _pictures(path: Path) -> tuple[str, list[tuple[float, float]]]:
    """A checksum of all coded pictures, and when each is shown and for how long, seconds."""
    digest, times = sha256(), []
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        digest.update(bytes(stream.codec_context.extradata or b""))
        for packet in container.demux(stream):
            if packet.size and packet.pts is not None and packet.time_base is not None:
                digest.update(bytes(packet))
                tick = packet.time_base
                times.append((float(packet.pts * tick), float((packet.duration or 0) * tick)))
    return digest.hexdigest(), times
