"""The pictures of a DICOM image as a clip that the rest of mien reads, with the header's times."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np

from mien.dicom import burned_in
from mien.dicom.burned_in import Box
from mien.dicom.coding import frames_of
from mien.dicom.fragments import copy_stream
from mien.dicom.stored import Stored
from mien.dicom.timing import timing_of, uneven
from mien.errors import ParameterError, VideoError
from mien.progress import Progress, silent
from mien.video.frame import VideoInfo
from mien.video.reader import Reader
from mien.video.writer import Writer

_TIMED = ("mov", "mp4", "mpegts", "matroska", "avi")  # containers that say when frames are shown
_TICK = 10**6  # a frame time has three to six decimals, in milliseconds


@dataclass(frozen=True, eq=False)
class Pictures:
    """The pictures of an image, ready to be de-identified."""

    clip: Path
    """A clip of them."""
    frames: int
    """How many it has."""
    text: tuple[Box, ...]
    """Where text was seen or is said to be, now covered."""
    uneven: bool
    """Whether frames are not one frame time apart."""
    notes: tuple[str, ...]
    """What was otherwise than the standard has it, a sentence each."""


def _check_inside(boxes: tuple[Box, ...], stored: Stored) -> None:
    """Refuse an area that is not in the picture."""
    for box in boxes:
        if not (0 <= box[0] < box[2] <= stored.width and 0 <= box[1] < box[3] <= stored.height):
            raise ParameterError(
                f"The area {','.join(map(str, box))} is not in the picture of {stored.width} by "
                f"{stored.height} pixels: give left, top, right, bottom."
            )


def as_clip(
    stored: Stored,
    folder: Path,
    *,
    text: str = "cover",
    boxes: tuple[Box, ...] = (),
    progress: Progress = silent,
) -> Pictures:
    """Make a clip of an image's pictures.

    A stream that carries its own times and has nothing to cover is left as it is. Anything else is
    stored anew without loss of luma, at the times that the header gives.

    Parameters
    ----------
    stored : Stored
        The image.
    folder : Path
        Where to put it; the pictures show the patient.
    text : {"cover", "refuse", "checked"}
        What becomes of text in the picture; ``"checked"`` looks for none.
    boxes : tuple of Box
        Areas that are covered in any case.
    progress : callable
        Called as ``progress(stage, done, total)``.

    Raises
    ------
    VideoError
        If the pictures cannot be read, or nothing says when they are shown.
    ParameterError
        If there is text and it is to be refused, or a box is outside the picture.
    """
    _check_inside(boxes, stored)
    if stored.syntax.family == "video":
        source, notes = _stream(stored, folder)
        info, times = _read_through(source, stored)
    else:
        source, notes, info, times = None, (), _info_of(stored), None
    timing = timing_of(stored)
    own = times if source is not None and _is_timed(source) else None
    if own is None and timing is None:
        raise VideoError(
            f"{stored.path} does not say when its frames are shown, neither in its header nor in "
            "its stream: add a Frame Time."
        )
    count = stored.frames if times is None else len(times)
    found = boxes + _text(stored, source, count, text)
    when = own or [timing.at(k) for k in range(count)]  # type: ignore[union-attr]  # one is known
    steps = [later - earlier for earlier, later in pairwise(when)]
    usual = timing.frame_s if timing is not None and timing.frame_s else None
    irregular = bool(timing and timing.frame_s is None) or uneven(
        steps, usual or (sorted(steps)[len(steps) // 2] if steps else Fraction(1))
    )
    if own is not None and not found:
        return Pictures(source, count, found, irregular, notes)  # type: ignore[arg-type]
    clip = folder / "pictures.mp4"
    _store(clip, stored, source, info, when, found, progress)
    return Pictures(clip, count, found, irregular, notes)


def _stream(stored: Stored, folder: Path) -> tuple[Path, tuple[str, ...]]:
    source = folder / "stream"
    parts = copy_stream(stored, source)
    if parts == 1 or stored.syntax.fragmentable:
        return source, ()
    return source, (
        f"The stream was stored in {parts} fragments where the standard allows one; they were "
        "joined.",
    )


def _read_through(source: Path, stored: Stored) -> tuple[VideoInfo, list[Fraction]]:
    """What a stream is, and when it shows its frames, if it is what the header says it is."""
    try:
        with Reader(source) as reader:
            info = reader.info
            times = [frame.pts * frame.time_base for frame in reader.selected(lambda time: True)]
    except VideoError as exc:
        raise VideoError(
            f"The stream in {stored.path} cannot be decoded: it is damaged, or not the "
            f"{stored.syntax.codec} that the header says; export it again."
        ) from exc
    if info.codec != stored.syntax.codec:
        raise VideoError(
            f"{stored.path} says that it holds {stored.syntax.codec} and holds {info.codec}: its "
            "Transfer Syntax is wrong, so correct it."
        )
    if (info.width, info.height) != (stored.width, stored.height):
        raise VideoError(
            f"{stored.path} says {stored.width} by {stored.height} pixels and its stream has "
            f"{info.width} by {info.height}: its header is wrong, so correct it."
        )
    return info, times


def _is_timed(source: Path) -> bool:
    from mien.video.container import open_input

    with open_input(source) as container:
        return any(name in container.format.name for name in _TIMED)


def _info_of(stored: Stored) -> VideoInfo:
    return VideoInfo(stored.width, stored.height, Fraction(1, _TICK), codec="")


def _text(stored: Stored, source: Path | None, count: int, text: str) -> tuple[Box, ...]:
    if text == "checked":
        return ()
    wanted = burned_in.looked_at(count)
    found = burned_in.find(
        image for k, image in enumerate(_pictures(stored, source)) if k in wanted
    ).boxes
    if found and text == "refuse":
        raise ParameterError(
            f"{stored.path} seems to have text in its pictures, in {len(found)} places, the first "
            f"at {','.join(map(str, found[0]))}: cover it (--text cover), or say that somebody "
            "looked and there is none (--text checked)."
        )
    if not found and stored.says("BurnedInAnnotation") == "YES":
        raise ParameterError(
            f"{stored.path} says that text is burned into its pictures and none was seen: name the "
            "place with --cover-box, and say that somebody looked (--text checked)."
        )
    return found


def _pictures(stored: Stored, source: Path | None) -> Iterator[np.ndarray]:
    if source is None:
        yield from frames_of(stored)
        return
    with Reader(source) as reader:
        for frame in reader:
            yield frame.image


def _store(
    clip: Path,
    stored: Stored,
    source: Path | None,
    info: VideoInfo,
    when: list[Fraction],
    boxes: tuple[Box, ...],
    progress: Progress,
) -> None:
    """Write a clip without loss, with areas covered."""
    tick = Fraction(1, _TICK)
    told = replace(info, time_base=tick, average_rate=_rate(when), rotation=0, has_audio=False)
    with Writer(clip, told, crf=0, preset="ultrafast") as writer:
        for k, image in enumerate(_pictures(stored, source)):
            if k >= len(when):
                break
            shown = burned_in.paint_over(image, boxes) if boxes else image
            writer.write(shown, round(when[k] / tick))
            progress("reading the pictures", k + 1, len(when))
        writer.commit()


def _rate(when: list[Fraction]) -> Fraction:
    if len(when) < 2 or when[-1] <= when[0]:
        return Fraction(25)
    return Fraction((len(when) - 1) / (when[-1] - when[0])).limit_denominator(1001)
