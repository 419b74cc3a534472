"""Covering moments of a finished result by hand: what somebody saw that should not be there.

A mirror, a photograph on the wall, a face that no detector found. Only what holds the marked frames
is encoded again (`mien.video.splice`).
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mien.errors import FormatError, OutputError, ParameterError
from mien.outputs import Aside, check_free, checksum
from mien.pipeline.compositing import cover
from mien.pipeline.ledger import Entry, Ledger
from mien.pipeline.manifest import Entries, as_text
from mien.pipeline.stored import StoredManifest
from mien.progress import Progress
from mien.video.index import frame_times
from mien.video.splice import Edit, Spliced, splice

Box = tuple[float, float, float, float]

_ALIKE_S = 1e-5  # times are rounded to six digits, some of them twice
_RIGHT: Box = (0.5, 0.0, 1.0, 1.0)


@dataclass(frozen=True)
class Moment:
    """What is covered, and when; validated once."""

    from_s: float
    """Where it begins, seconds on the result's own clock: the frame that is then shown is the first
    that is covered."""
    to_s: float
    """Where it ends, seconds: the frame that is then shown is the last."""
    box: Box | None = None
    """Left, top, right, bottom as shares of width and height, 0 to 1; None for the whole frame."""

    def __post_init__(self) -> None:
        if not (math.isfinite(self.from_s) and math.isfinite(self.to_s)):
            raise ParameterError("A range needs two times in seconds: give both as numbers.")
        if self.from_s > self.to_s:
            raise ParameterError(
                f"A range from {self.from_s:g} s to {self.to_s:g} s is empty: give the earlier "
                "time first."
            )
        if self.box is not None:
            if len(self.box) != 4:
                raise ParameterError(
                    f"A box has four sides, not {len(self.box)}: give left, top, right, bottom."
                )
            left, top, right, bottom = self.box
            if not (0 <= left < right <= 1 and 0 <= top < bottom <= 1):
                raise ParameterError(
                    f"The box {left:g}, {top:g}, {right:g}, {bottom:g} is not in the picture: give "
                    "left, top, right, bottom as shares of its size, from 0 to 1."
                )

    def frames(self, times: np.ndarray) -> range:
        """Numbers of the frames that are shown in the range.

        Parameters
        ----------
        times : np.ndarray [shape=(n_frames + 1,)]
            As `mien.video.splice.frame_times` gives them, seconds.

        Raises
        ------
        ParameterError
            If no frame is.
        """
        if self.to_s < times[0] - _ALIKE_S or self.from_s > times[-1] + _ALIKE_S:
            raise ParameterError(
                f"The range from {self.from_s:g} s to {self.to_s:g} s is outside the clip, "
                f"which goes from {times[0]:.3f} s to {times[-1]:.3f} s: choose times within it."
            )
        last = len(times) - 2
        first, end = np.searchsorted(
            times[:-1] - _ALIKE_S, [self.from_s, self.to_s], side="right"
        ).tolist()
        return range(min(max(first - 1, 0), last), min(max(end, 1), last + 1))


@dataclass(frozen=True)
class Covered:
    """What `cover_by_hand` made."""

    output: Path
    """The covered result."""
    manifest: Path
    """Its manifest, JSON."""
    ledger: Ledger
    """What happened to every frame, those covered by hand among them."""
    frames: int
    """Frames that were covered now."""
    encoded: int
    """Frames that were encoded again."""
    copied: int
    """Frames that are bit for bit what they were."""
    reason: str | None
    """Why everything was encoded again, in words; None where only what had to be was."""
    record: dict[str, Any]
    """The manifest's content, with what an older or a later version said besides."""


def cover_by_hand(
    result: str | os.PathLike[str],
    output: str | os.PathLike[str],
    moments: Sequence[Moment],
    *,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Covered:
    """Cover moments of a result, all of the frame or a box of it, with a solid area.

    Parameters
    ----------
    result : path
        A clip that `mien.deidentify` made, with its manifest beside it; both are only read.
    output : path
        The covered clip, an ``.mp4``; its manifest is written beside it as ``.json``.
    moments : sequence of Moment
        What to cover; they may overlap.
    overwrite : bool
        Whether an existing output may be replaced.
    progress : callable, optional
        Called as ``progress("covering", done, total)`` with frames.

    Returns
    -------
    covered : Covered

    Raises
    ------
    ParameterError
        If there is nothing to cover, a range is outside the clip, or the manifest is that of
        another file.
    FormatError
        If there is no manifest that can be read.
    VideoError
        If the result cannot be read.
    OutputError
        If the output cannot be written, is in the way, or is the result itself.
    """
    result, output = Path(result), Path(output)
    times = frame_times(result)  # first: a file that is missing or no video is said to be so
    told = _manifest_of(result)
    aside = output.with_suffix(".json")
    if aside.resolve() in (result.resolve(), result.with_suffix(".json").resolve()):
        raise OutputError(
            f"{aside} belongs to the result, which is never overwritten: give the output another "
            "name."
        )
    check_free(aside, overwrite)
    with _splice(result, output, moments, times, None, overwrite, progress) as made:
        ledger, by_hand = _covered(told.ranges, times, moments)
        record = _record(told, ledger, by_hand, made.part)
        with Aside(aside, as_text(record)) as text:
            made.commit()
            text.commit()
    count = len({number for moment in moments for number in moment.frames(times)})
    return Covered(output, aside, ledger, count, made.encoded, made.copied, made.reason, record)


def _record(
    told: StoredManifest, ledger: Ledger, by_hand: list[dict[str, Any]], part: Path
) -> dict[str, Any]:
    """The manifest of the covered clip."""
    return told.content | {
        "ledger": Entries(ledger.counts(), ledger.ranges()).to_json(),
        "covered_by_hand": [*told.content.get("covered_by_hand", ()), *by_hand],
        # what was signed was another file
        "output": told.content["output"] | {"sha256": checksum(part), "signed": False},
    }


def _covered(
    ranges: Sequence[Mapping[str, Any]], times: np.ndarray, moments: Sequence[Moment]
) -> tuple[Ledger, list[dict[str, Any]]]:
    """The ledger with these moments in it, and what the manifest says of each."""
    # a clip that starts before zero counts later than its original, as the ledger does
    shift = ranges[0]["from_s"] - round(float(times[0]), 6)
    before = Ledger.from_ranges(ranges, times[:-1] + shift)
    entries, by_hand = before.entries.copy(), []
    for moment in moments:
        frames = moment.frames(times)
        entries[frames.start : frames.stop] = Entry.COVERED
        by_hand.append(_entry(moment, frames, before.times))
    return Ledger(entries, before.times), by_hand


def cover_beside(
    side_by_side: str | os.PathLike[str],
    output: str | os.PathLike[str],
    moments: Sequence[Moment],
    *,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Path:
    """Cover the same moments in the right half of a clip that shows the original in its left.

    Both files show the patient. Parameters and errors are those of `cover_by_hand`; there is no
    manifest.

    Returns
    -------
    output : Path
    """
    times = frame_times(side_by_side)
    with _splice(
        Path(side_by_side), Path(output), moments, times, _RIGHT, overwrite, progress
    ) as made:
        return made.commit()


def _splice(
    path: Path,
    output: Path,
    moments: Sequence[Moment],
    times: np.ndarray,
    within: Box | None,
    overwrite: bool,
    progress: Progress | None,
) -> Spliced:
    """Cover moments in a part of each frame."""
    if not moments:
        raise ParameterError("There is nothing to cover: give at least one range.")
    boxes: dict[int, list[Box | None]] = {}
    for moment in moments:
        for number in moment.frames(times):
            boxes.setdefault(number, []).append(_placed(moment.box, within))

    def edit(number: int, image: np.ndarray) -> np.ndarray:
        image = image.copy()
        height, width = image.shape[:2]
        for box in boxes[number]:
            cover(image, None if box is None else np.array(box) * [width, height, width, height])
        return image

    checked: Edit = edit
    return splice(path, output, boxes, checked, overwrite=overwrite, progress=progress)


def _placed(box: Box | None, within: Box | None) -> Box | None:
    """Where a box of a picture lies if the picture fills a part of another."""
    if box is None or within is None:
        return box or within
    left, top, right, bottom = within
    width, height = right - left, bottom - top
    return (
        left + box[0] * width,
        top + box[1] * height,
        left + box[2] * width,
        top + box[3] * height,
    )


def _entry(moment: Moment, frames: range, times: np.ndarray) -> dict[str, Any]:
    """What the manifest says of a moment."""
    return {
        "first_frame": frames.start,
        "last_frame": frames.stop - 1,
        "from_s": round(float(times[frames.start]), 6),
        "to_s": round(float(times[frames.stop - 1]), 6),
        "box": None if moment.box is None else list(moment.box),
    }


def _manifest_of(result: Path) -> StoredManifest:
    """The manifest beside a result, if it is of this file and says what happened to its frames."""
    path = result.with_suffix(".json")
    try:
        manifest = StoredManifest.read(path)
        if "sha256" not in manifest.output or not manifest.ranges or not manifest.timed:
            raise FormatError(f"{path} does not say of what file it is.")
    except FileNotFoundError as exc:
        raise FormatError(
            f"{path} is missing: only a result of mien with its manifest beside it can be covered."
        ) from exc
    except (OSError, ValueError) as exc:
        raise FormatError(
            f"{path} is not the manifest of a result of mien: put the one beside it that was "
            "written with it."
        ) from exc
    if not manifest.describes(checksum(result)):
        raise ParameterError(
            f"{result} is not the file that {path.name} describes: it was changed after mien wrote "
            "it, so de-identify the original again."
        )
    return manifest
