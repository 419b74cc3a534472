"""Interlaced pictures: each holds two moments, one in its even rows and one in its odd ones."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import av
import av.filter
from av.video.frame import VideoFrame
from av.video.stream import VideoStream


class Fields:
    """Makes a whole picture of every field of interlaced pictures; others pass as they are.

    A camera that interlaces sees the even and the odd rows at two moments. Both are kept, because a
    blink is over in a few of them: 25 pictures a second become 50. Missing rows come from the rows
    and fields around them (FFmpeg's bwdif, after the BBC's w3fdif and yadif).

    Parameters
    ----------
    stream : VideoStream
        Where the pictures come from.
    both : bool
        Whether both moments are kept; else the first one of each picture.
    """

    def __init__(self, stream: VideoStream, *, both: bool) -> None:
        self._stream = stream
        self._settings = f"mode=send_{'field' if both else 'frame'}:parity=auto:deint=interlaced"
        self._ticks = Fraction(stream.time_base or Fraction(1, 1000)) / (2 if both else 1)
        self._graph: av.filter.Graph | None = None
        self._form: tuple[int, int, str] | None = None

    def split(self, picture: VideoFrame | None) -> Iterator[VideoFrame]:
        """Yield what is known by now, a picture late; the rest when `picture` is None.

        Times are in halves of the stream's ticks if both moments are kept, else in its ticks.
        """
        form = None
        if picture is not None:
            form = picture.width, picture.height, picture.format.name
        if self._graph is not None and form != self._form:
            self._graph.vpush(None)
            yield from self._ready()
            self._graph = None
        if picture is None:
            return
        if self._graph is None:
            self._graph, self._form = self._made(picture), form
        self._graph.vpush(picture)
        yield from self._ready()

    def _made(self, picture: VideoFrame) -> av.filter.Graph:
        graph = av.filter.Graph()
        source = graph.add_buffer(
            width=picture.width,
            height=picture.height,
            format=picture.format,
            time_base=self._stream.time_base,
        )
        fields = graph.add("bwdif", self._settings)
        source.link_to(fields)
        fields.link_to(graph.add("buffersink"))
        graph.configure()
        return graph

    def _ready(self) -> Iterator[VideoFrame]:
        assert self._graph is not None
        while True:
            try:
                picture = self._graph.vpull()
            except (BlockingIOError, av.error.EOFError):
                return
            if picture.pts is not None and picture.time_base is not None:
                scale = picture.time_base / self._ticks
                picture.pts = round(picture.pts * scale)
                picture.duration = round(picture.duration * scale)
            picture.time_base = self._ticks
            yield picture
