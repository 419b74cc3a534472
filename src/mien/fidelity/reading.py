"""What the measuring trackers read of one person in one clip, frame by frame.

The measures never look at pixels: they take readings. A reading is made by trackers that did not
drive the rendering (dlib's 68 points); MediaPipe's mesh is read beside it as a second opinion.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

INNER = slice(17, 68)
"""Of the 68 points the 51 that move with expression: brows, nose, eyes and lips."""
COCO = (
    "nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder", "right_shoulder",
    "left_elbow", "right_elbow", "left_wrist", "right_wrist", "left_hip", "right_hip", "left_knee",
    "right_knee", "left_ankle", "right_ankle", "neck",
)  # fmt: skip
"""Keypoints of `Reading.body`: COCO's 17 and the neck, midway between the shoulders."""


@dataclass(frozen=True, eq=False)
class Reading:
    """One person in one clip. Readings of a pair have the same frames, see `take`."""

    times: np.ndarray
    """When each frame is shown, seconds since the first, shape (n_frames,)."""
    width: int
    """Width of the picture, pixels."""
    height: int
    """Height of the picture, pixels."""
    points: np.ndarray
    """dlib's 68 points, pixels, NaN where its detector finds no face, shape (n_frames, 68, 2)."""
    mesh: np.ndarray
    """MediaPipe's 478 points, pixels, NaN where it finds no face, shape (n_frames, 478, 3)."""
    body: np.ndarray
    """Keypoints in the order of `COCO`: x and y in pixels and visibility from 0 to 1, NaN where no
    body is found, shape (n_frames, 18, 3)."""
    skin: np.ndarray
    """Mean red, green and blue of forehead and cheeks, 0 to 255, NaN where there is no face,
    shape (n_frames, 3)."""
    change: np.ndarray
    """Mean absolute change of the face's grey levels from the frame before, NaN in the first frame
    and where there is no face, shape (n_frames,)."""
    outline: np.ndarray | None = None
    """Area of the person's outline, pixels squared, NaN where unknown, shape (n_frames,); None
    where it was not looked for."""
    labels: np.ndarray | None = None
    """How likely each of seven expressions is, in the order of `mien.emotion.classifier`, NaN in
    frames that were not looked at, shape (n_frames, 7); None where none was."""
    surface: np.ndarray | None = None
    """Outline, grain and still places of the face, NaN where it is not seen, shape (n_frames, 50),
    see `mien.fidelity.surface`; None where it was not looked at."""

    @property
    def found(self) -> np.ndarray:
        """Frames in which dlib found the face, shape (n_frames,), bool."""
        return np.isfinite(self.points[:, 0, 0])

    @property
    def step(self) -> float:
        """Typical time from one frame to the next, seconds."""
        return float(np.median(np.diff(self.times))) if len(self.times) > 1 else 1.0

    def scaled(self, width: int, height: int) -> Reading:
        """The same reading as if the picture had another size."""
        across = np.array([width / self.width, height / self.height])
        return replace(
            self,
            width=width,
            height=height,
            points=self.points * across,
            mesh=(self.mesh * np.append(across, across.mean())).astype(self.mesh.dtype),
            body=self.body * np.append(across, 1.0),
            outline=None if self.outline is None else self.outline * across.prod(),
        )

    def take(self, frames: np.ndarray) -> Reading:
        """The same reading of some frames only; a negative number gives a frame without anything.

        Parameters
        ----------
        frames : np.ndarray [shape=(n,), dtype=int]
            Numbers of frames, ascending where not negative.
        """
        there = frames >= 0

        def pick(values: np.ndarray) -> np.ndarray:
            picked = values[np.where(there, frames, 0)]  # a copy, as exact as it was
            picked[~there] = np.nan
            return picked

        change = pick(self.change)
        change[1:][there[1:] & (frames[1:] == frames[:-1])] = 0.0  # the same picture again
        return replace(
            self,
            times=pick(self.times),
            points=pick(self.points),
            mesh=pick(self.mesh),
            body=pick(self.body),
            skin=pick(self.skin),
            change=change,
            outline=None if self.outline is None else pick(self.outline),
            labels=None if self.labels is None else pick(self.labels),
            surface=None if self.surface is None else pick(self.surface),
        )
