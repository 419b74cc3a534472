"""Opening a video file: what may be opened, and what is said of what cannot."""

from __future__ import annotations

import os
from pathlib import Path

import av
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from mien.errors import VideoError
from mien.intake.amounts import VIDEO_BLOCKS

# Only demuxers of files that hold their own pictures: a playlist under a video's name would make
# FFmpeg open other files.
_FORMATS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,flv,asf,ogg,mxf,dv,nut,h264,hevc,"
    "m4v,mpegvideo,ivf,yuv4mpegpipe,gif,wav,mp3,aac,flac"
)


BOUNDED = {"max_pixels": str(VIDEO_BLOCKS * 256)}


def open_input(path: Path) -> InputContainer:
    """Open a file for reading; foreign errors become ours here.

    Raises
    ------
    VideoError
        If the file is missing, empty, no video, or cut short before its index.
    """
    try:
        exists = path.exists()
    except OSError as exc:  # a name that no disk can store, a folder that may not be looked into
        raise VideoError(f"{path} cannot be opened ({words_of(exc)}): check its name.") from exc
    if not exists:
        raise VideoError(f"There is no file {path}: check the name and the folder.")
    if not path.is_file():
        raise VideoError(f"{path} is not a file: name one video file.")
    try:
        if path.stat().st_size == 0:
            raise VideoError(
                f"There is nothing in {path}: copy or export it again from where it came."
            )
        # An absolute name cannot be mistaken for a protocol ("pipe:0").
        return av.open(
            os.path.abspath(path),
            mode="r",
            container_options={"protocol_whitelist": "file", "format_whitelist": _FORMATS},
            options=BOUNDED,  # FFmpeg may decode a first picture while it opens a file
            metadata_errors="replace",
        )
    except av.error.PermissionError as exc:
        raise VideoError(f"{path} may not be read: change its permissions.") from exc
    except av.InvalidDataError as exc:
        raise VideoError(
            f"No video can be read in {path} ({words_of(exc)}): it is another kind of file, or was "
            "cut short while it was recorded or copied."
        ) from exc
    except (av.FFmpegError, OSError, ValueError) as exc:
        if isinstance(exc, VideoError):
            raise
        raise VideoError(
            f"No video can be opened in {path} ({words_of(exc)}): use MP4, MOV, MKV, AVI or WebM."
        ) from exc


def video_stream(container: InputContainer, path: Path) -> VideoStream:
    """The track of pictures that a player would show.

    Raises
    ------
    VideoError
        If there is none, its codec is not known, or its pictures are too large.
    """
    pictures = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
    if not pictures:
        raise VideoError(
            f"There is no video in {path}, only other tracks: choose a file with video."
        )
    best = container.streams.best("video")
    stream = next((s for s in pictures if best is not None and s.index == best.index), pictures[0])
    if stream.codec_context is None:
        raise VideoError(
            f"The video codec of {path} is not known here: convert the file to H.264 first."
        )
    check_size(stream.codec_context.width, stream.codec_context.height, path)
    # also where the size changes on the way: the decoder then refuses such a picture
    stream.codec_context.options = {**stream.codec_context.options, **BOUNDED}
    return stream


def check_size(width: int, height: int, path: Path) -> None:
    """Refuse pictures that take more memory than any camera's, before one is decoded."""
    if -(-width // 16) * -(-height // 16) > VIDEO_BLOCKS:
        raise VideoError(
            f"The pictures of {path} are {width} by {height} pixels, and at most "
            f"{VIDEO_BLOCKS * 256 / 1e6:.1f} megapixels are read, as in 8192 by 4352: make it "
            "smaller first."
        )


def words_of(exc: BaseException) -> str:
    """Return what a foreign error says, without its number and file."""
    return str(getattr(exc, "strerror", None) or exc).strip().lower().rstrip(".")
