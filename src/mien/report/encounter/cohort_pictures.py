"""Pictures from de-identified videos of a study, after Figures 2 and 3 of Yang et al. 2022.

Only videos that mien made of the recordings are opened, never a recording.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mien.counted import plural
from mien.emotion.classifier import EXPRESSIONS
from mien.encounter.cohort import NEUTRAL, Cohort
from mien.encounter.observation import ROLES
from mien.encounter.result import Encounter
from mien.report.drawing import Drawing, canvas, drawn, finish
from mien.video import Reader

_MOST = 4  # pictures in Figure 2
_BOX = (40, 60, 120)  # the colour of the box


@dataclass(frozen=True, eq=False)
class Picture:
    """One frame of a de-identified video."""

    image: np.ndarray
    """RGB, shape (height, width, 3), uint8."""
    role: str
    """Whose face."""
    expression: str
    """What the original's face resembled then."""


def pictures(cohort: Cohort) -> list[Picture]:
    """Frames in which an expression was clearest, one for each expression other than neutral."""
    best: dict[str, tuple[float, str, Path, float]] = {}
    for tally in cohort.tallies:
        if tally.case.report is None or not (tally.case.report / "videos").is_dir():
            continue
        encounter = Encounter.load(tally.case.report)
        for role in ROLES:
            video = tally.case.report / "videos" / f"{role}.mp4"
            if not video.is_file():
                continue
            line = encounter.timelines[role]
            start = (encounter.recordings or {}).get(role, (0.0, 0.0))[0]
            for k in np.flatnonzero(line.known & (line.dominant != NEUTRAL)).tolist():
                name = EXPRESSIONS[line.dominant[k]]
                sure = float(line.probabilities[k].max())
                if sure > best.get(name, (0.0,))[0]:
                    time = float(line.times[k] + line.resolution / 2 - start)
                    best[name] = (sure, role, video, time)
    clearest = sorted(best.items(), key=lambda item: -item[1][0])[:_MOST]
    return [
        Picture(image, role, name)
        for name, (_, role, video, time) in clearest
        if (image := _frame(video, time)) is not None
    ]


def _frame(video: Path, time: float) -> np.ndarray | None:
    """The first frame at or after a time, seconds from the first frame."""
    with Reader(video) as reader:
        first: float | None = None
        for frame in reader:
            first = frame.time if first is None else first
            if frame.time - first >= time:
                return frame.image
    return None


def drawings(cohort: Cohort) -> Iterator[Drawing]:
    """Figures 2 and 3, where there are de-identified videos."""
    found = pictures(cohort)
    if found:
        yield _screenshots(found)
        made = _masked(found[0])
        if made is not None:
            yield made


@drawn
def _screenshots(found: list[Picture]) -> Drawing:
    figure = canvas(2.6)
    for axis, picture in zip(np.atleast_1d(figure.subplots(1, len(found))), found, strict=True):
        axis.imshow(picture.image)
        axis.set_title(f"{picture.role}: resembles {picture.expression}", fontsize=7)
        axis.axis("off")
    caption = (
        "De-identified frames, after Figure 2 of Yang et al. 2022, with what the classifier said "
        "of the original at that time. The faces are of nobody."
    )
    return finish("figure-2-screenshots", caption, figure)


@drawn
def _masked(picture: Picture) -> Drawing | None:
    """The face replaced, and under a box: what a reader of expressions finds in each."""
    from mien.tracking.detection import Detector

    detector = Detector()
    try:
        regions = detector.find(picture.image)
        if not regions:
            return None
        region = max(regions, key=lambda one: one.size)
        boxed = picture.image.copy()
        half = region.size / 2
        rows = slice(max(int(region.y - half), 0), int(region.y + half))
        boxed[rows, max(int(region.x - half), 0) : int(region.x + half)] = _BOX
        faces = [len(detector.find(image)) for image in (picture.image, boxed)]
    finally:
        detector.close()
    figure = canvas(2.8)
    for axis, image, words, count in zip(
        figure.subplots(1, 2),
        (picture.image, boxed),
        ("face replaced", "face under a box"),
        faces,
        strict=True,
    ):
        axis.imshow(image)
        axis.set_title(f"{words}: {_faces(count)}", fontsize=8)
        axis.axis("off")
    caption = (
        "After Figure 3 of Yang et al. 2022: a replaced face can be read again, so that labels can "
        "be checked by others; under a box there is nothing left to read."
    )
    return finish("figure-3-box", caption, figure)


def _faces(count: int) -> str:
    return f"{plural(count, 'face')} found" if count else "no face found"
