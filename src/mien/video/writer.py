"""Writing a clip: every frame keeps its timestamp, the sound is copied, nothing else passes."""

from __future__ import annotations

import errno
import math
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Literal, overload

import av
import numpy as np
from av.codec.context import Flags
from av.container import OutputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream

from mien.errors import MienError, OutputError, ParameterError
from mien.outputs import check_free, create, hidden, publish
from mien.video import clips, colour, x264
from mien.video.container import words_of
from mien.video.frame import Frame, Loss, VideoInfo
from mien.video.picture import pixel_format, to_picture
from mien.video.sound import Sound
from mien.video.tracks import sounds_of
from mien.video.voice import Changed
from mien.voice.pitch import Kept

_MAX_TIMESCALE = 2**31 - 1


class Writer:
    """Writes frames to an MP4 (H.264) that appears under its name only when it is complete.

    The clip is written to a hidden file beside `path`; `commit` moves it there. Without `commit`
    the hidden file is removed, and nothing ever stands under the final name.

    Each frame is shown at exactly the time it carries: the track counts in ticks of
    ``1 / info.time_base.denominator`` seconds, and a first timestamp above zero is kept by an
    empty edit. MP4 cannot show anything before time zero, so if the first timestamp is negative
    picture and sound are moved later together by `time_shift`.

    The only metadata written is `comment`. Sound is copied without re-encoding, as far as the
    source plays it: what an edit list hides there is left out, but for the packet or few that a
    decoder needs before the first one; what an MP4 cannot hold is stored as Apple Lossless. All
    tracks are kept, the one that a player would choose first, without their languages and names.
    Titles, dates, places, devices, chapters, subtitles, covers and data tracks of the source are
    not read at all.

    Parameters
    ----------
    path : str or PathLike
        The output, named ``.mp4`` or ``.m4v``.
    info : VideoInfo
        Size, time base and colour of the frames, normally `Reader.info`.
    audio_from : str or PathLike, optional
        Clip whose sound is copied.
    voice : {"keep", "change", "mute"}
        Whether the sound is copied, changed so that the voice is another, or left out.
    crf : float
        Quality, 0 (lossless) to 51; lower is better and larger.
    preset : str
        Effort of x264, ``"ultrafast"`` to ``"placebo"``.
    overwrite : bool
        Whether a file at `path` may be replaced.
    comment : str, optional
        Comment stored in the file.
    gop : int, optional
        Frames at most from one that stands alone to the next; x264's 250 if None. Fewer let a
        player jump more quickly, in a larger file.

    Attributes
    ----------
    time_shift : Fraction
        Seconds by which picture and sound were moved later; 0 unless the clip starts before zero.
    losses : list of Loss
        Places where the source's sound was damaged.
    voices : list of Kept
        When it is finished, what was kept of each voice that was changed.

    Raises
    ------
    ParameterError
        If a setting is out of its range, or the sound cannot be stored in an MP4.
    OutputError
        If the file cannot be written, is in the way, or is the source itself.
    VideoError
        If `audio_from` cannot be read.

    Examples
    --------
    >>> with Reader("in.mp4") as clip, Writer("out.mp4", clip.info) as out:  # doctest: +SKIP
    ...     for frame in clip:
    ...         out.write(frame)
    ...     out.commit()
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        info: VideoInfo,
        *,
        audio_from: str | os.PathLike[str] | None = None,
        voice: Literal["keep", "change", "mute"] = "keep",
        crf: float = 17,
        preset: str = x264.PRESET,
        overwrite: bool = False,
        comment: str | None = None,
        gop: int | None = None,
    ) -> None:
        self.path = Path(path)
        self.info = info
        self.overwrite = overwrite
        self.time_shift = Fraction(0)
        self.losses: list[Loss] = []
        self.voices: list[Kept] = []
        self._source = None if audio_from is None else Path(audio_from)
        self._check_settings(voice)
        options = x264.options(crf, preset, gop)
        self._check_path()

        self._last_pts: int | None = None
        self._step = 1  # ticks between the last two frames
        self._part: Path | None = None
        self._file: BinaryIO | None = None
        self._container: OutputContainer | None = None
        self._sounds: list[Sound] = []
        self._reformatter = VideoReformatter()
        self._pix_fmt = pixel_format(info)
        try:
            with self._writing():
                if self._source is not None and voice != "mute":
                    change = voice == "change"
                    self._sounds = sounds_of(self._source, self.losses, change=change)
                self._start(options, comment)
        except BaseException:
            self.abandon()
            raise

    def __enter__(self) -> Writer:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.abandon()

    def __del__(self) -> None:
        # interrupted after it was made and before anybody held it
        if getattr(self, "_part", None) is not None:
            self.abandon()

    @overload
    def write(self, frame: Frame) -> None: ...
    @overload
    def write(self, frame: np.ndarray, pts: int, *, duration: int | None = None) -> None: ...
    def write(
        self, frame: Frame | np.ndarray, pts: int | None = None, *, duration: int | None = None
    ) -> None:
        """Add a frame.

        Parameters
        ----------
        frame : Frame or np.ndarray [shape=(height, width, 3), uint8]
            The frame, or its RGB picture.
        pts : int, optional
            Timestamp in ticks of ``info.time_base``, with a picture only; must increase.
        duration : int, optional
            Ticks for which the picture is shown; matters for the last one. The time since the frame
            before if not given.

        Raises
        ------
        ParameterError
            If the picture has another size or type, or its timestamp does not follow the last.
        OutputError
            If the file cannot be written.
        """
        if isinstance(frame, Frame):
            image, duration = frame.image, frame.duration
            ticks = frame.pts * frame.time_base / self.info.time_base
            if ticks.denominator != 1:
                raise ParameterError(
                    f"the frame at {frame.time:.3f} s does not fall on a tick of "
                    f"{self.info.time_base} s: pass the VideoInfo of the clip it comes from"
                )
            pts = ticks.numerator
            if duration is not None:
                duration = round(duration * frame.time_base / self.info.time_base)
        else:
            image = frame
        if pts is None:
            raise ParameterError("a picture needs a timestamp: pass `pts` with it")
        self._check_frame(image, pts)
        if self._container is None:
            raise OutputError(f"{self.path} is already finished: open another Writer")
        if self._last_pts is None and pts < 0:
            self.time_shift = -pts * self.info.time_base
        if self._last_pts is not None:
            self._step = pts - self._last_pts
        self._last_pts = pts
        with self._writing():
            self._mux(self._video.encode(self._picture(image, pts, duration)))

    def finish(self) -> Path:
        """Complete the hidden file, so that it can be checked before `commit` names it.

        Returns
        -------
        part : Path
            The hidden file, playable.

        Raises
        ------
        OutputError
            If no frame was written or the file cannot be written.
        """
        if self._part is None:
            raise OutputError(f"{self.path} is already finished: open another Writer")
        if self._container is None or self._file is None:
            return self._part
        if self._last_pts is None:
            self.abandon()
            raise OutputError(f"{self.path} was not written, because no frame was given to it")
        with self._writing():
            self._mux(self._video.encode(None))
            self._mux_sound(None)
            self.voices = [sound.kept() for sound in self._sounds if isinstance(sound, Changed)]
            self._container.close()
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
        self._container = None
        return self._part

    def commit(self) -> Path:
        """Finish the file and give it its name.

        Returns
        -------
        path : Path
            The finished file.

        Raises
        ------
        OutputError
            If no frame was written, the file cannot be written, or something appeared at `path`
            meanwhile and `overwrite` is False.
        """
        part = self.finish()
        try:
            with self._writing():
                self._publish(part)
        finally:
            self.abandon()
        return self.path

    def _check_settings(self, voice: str) -> None:
        if voice not in ("keep", "change", "mute"):
            raise ParameterError(f'voice is "keep", "change" or "mute", not {voice!r}')
        info = self.info
        if info.width < 1 or info.height < 1:
            raise ParameterError(f"a video of {info.width} by {info.height} pixels has no picture")
        if info.colorspace not in colour.MATRICES or info.color_range not in colour.RANGES:
            raise ParameterError(
                f"colours as {info.colorspace!r}, {info.color_range!r} cannot be written: use one "
                f"of {', '.join(colour.MATRICES)} and one of {', '.join(colour.RANGES)}"
            )
        if info.time_base <= 0 or info.time_base.denominator > _MAX_TIMESCALE:
            raise ParameterError(
                f"an MP4 cannot count in ticks of {info.time_base} s: use a time base whose "
                f"denominator is at most {_MAX_TIMESCALE}"
            )

    def _check_path(self) -> None:
        path, source = self.path, self._source
        if source is not None and path.exists() and source.exists() and path.samefile(source):
            raise OutputError(
                f"{path} is the source itself, which is never overwritten: choose another name"
            )
        check_free(path, self.overwrite, kind="an MP4", endings=clips.WRITTEN)

    def _check_frame(self, image: np.ndarray, pts: int) -> None:
        shape = (self.info.height, self.info.width, 3)
        if image.shape != shape or image.dtype != np.uint8:
            raise ParameterError(
                f"a frame is {shape} of uint8, not {image.shape} of {image.dtype}: pass an upright "
                "RGB picture of the clip's size"
            )
        if self._last_pts is not None and pts <= self._last_pts:
            raise ParameterError(
                f"timestamps must increase, but {pts} follows {self._last_pts}: write the frames "
                "in the order they are shown"
            )

    def _start(self, options: dict[str, str], comment: str | None) -> None:
        info = self.info
        # known before it exists: whatever interrupts from here on, the file is found and removed
        self._part = hidden(self.path)
        self._file = create(self._part)
        timescale = info.time_base.denominator
        self._tick = Fraction(1, timescale)
        # Edits (a late start, the length of the track) count in ticks of the whole file; sharing
        # the track's own makes them exact, where the usual 1/1000 s would round them.
        movie_timescale = timescale
        for sound in self._sounds:
            all_of_them = math.lcm(movie_timescale, sound.tick.denominator)
            movie_timescale = all_of_them if all_of_them <= _MAX_TIMESCALE else movie_timescale
        container = av.open(
            self._file,
            mode="w",
            format="mp4",
            container_options={
                "fflags": "+bitexact",  # no dates, no version: the same frames, the same bytes
                "video_track_timescale": str(timescale),
                "movie_timescale": str(movie_timescale),
            },
            buffer_size=1 << 18,
        )
        self._container = container
        if comment:
            container.metadata["comment"] = comment
        self._video: VideoStream = container.add_stream(
            "libx264",
            rate=info.average_rate or Fraction(30),
            options=options,
            width=info.width,
            height=info.height,
        )
        self._video.time_base = self._tick
        context = self._video.codec_context
        context.time_base = self._tick
        context.pix_fmt = self._pix_fmt
        context.flags |= Flags.bitexact | Flags.frame_duration
        context.color_range = int(colour.RANGES[info.color_range])
        context.colorspace = colour.MATRICES[info.colorspace][0]
        context.color_primaries = colour.PRIMARIES.get(info.primaries, 2)
        context.color_trc = colour.TRANSFERS.get(info.transfer, 2)
        context.sample_aspect_ratio = info.sample_aspect_ratio
        for sound in self._sounds:
            sound.attach(container)

    def _picture(self, image: np.ndarray, pts: int, duration: int | None) -> VideoFrame:
        picture = to_picture(image, self.info, self._pix_fmt, self._reformatter)
        ticks = self.info.time_base.numerator
        picture.pts = pts * ticks + int(self.time_shift / self._tick)
        picture.time_base = self._tick
        # a last frame that takes no time would not be shown
        picture.duration = (duration or self._step) * ticks
        return picture

    def _mux(self, packets: list[Packet]) -> None:
        assert self._container is not None
        for packet in packets:
            if packet.pts is not None:
                self._mux_sound(packet.pts * self._tick)
            packet.stream = self._video
            self._container.mux(packet)

    def _mux_sound(self, until_s: Fraction | None) -> None:
        assert self._container is not None
        for sound in self._sounds:
            for packet in sound.until(until_s, self.time_shift):
                self._container.mux(packet)

    def _publish(self, part: Path) -> None:
        publish(part, self.path, overwrite=self.overwrite)
        self._part = None
        with suppress(OSError):  # not every file system can sync a folder
            folder = os.open(self.path.absolute().parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

    def abandon(self) -> None:
        """Release everything; the hidden file goes unless it has been given its name."""
        if self._file is not None:
            with suppress(OSError, ValueError):
                self._file.close()  # first: an unfinished container then writes no more
            self._file = None
        self._container = None
        for sound in self._sounds:
            sound.close()
        self._sounds = []
        if self._part is not None:
            with suppress(FileNotFoundError):
                os.unlink(self._part)
            self._part = None

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Turn foreign errors into ours; after any of them nothing is left."""
        try:
            yield
        except (av.FFmpegError, OSError, ValueError) as exc:
            self.abandon()
            if isinstance(exc, MienError):
                raise
            raise self._cannot_write(exc) from exc

    def _cannot_write(self, exc: BaseException) -> OutputError:
        code = getattr(exc, "errno", None)
        if code in (errno.ENOSPC, errno.EDQUOT):
            return OutputError(
                f"{self.path} was not written, because the disk is full: make room or choose "
                "another folder"
            )
        if code == errno.EEXIST:
            return OutputError(
                f"{self.path} appeared while it was being written and was left as it is: choose "
                "another name or allow overwriting"
            )
        return OutputError(
            f"{self.path} was not written ({words_of(exc)}): check the folder and the disk"
        )
