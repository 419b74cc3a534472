"""A phantom as a clip, and as a file with its truth beside it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cached_property, lru_cache
from pathlib import Path

import cv2
import numpy as np

from mien.errors import ParameterError
from mien.outputs import Aside, check_free
from mien.phantom import looks
from mien.phantom.degrade import Fault
from mien.phantom.drawing import draw, expose, skin_gain
from mien.phantom.hand import draw_hand, joints_of
from mien.phantom.head import Head, build_head
from mien.phantom.identity import identity
from mien.phantom.scene import truth_of
from mien.phantom.script import Script
from mien.phantom.truth import Truth
from mien.progress import Progress
from mien.video import Frame, VideoInfo, Writer


class Phantom:
    """A synthetic clip: iterate over it for its frames, as often as needed.

    Parameters
    ----------
    script : Script
        What happens in it. The same script gives the same pixels.
    fault : Fault, optional
        What is wrong with the patient's motion. Looks, light, noise and background stay those of
        the script.

    Examples
    --------
    >>> clip = Phantom(Script(seconds=0.1, tremor=Tremor(hertz=5)))  # doctest: +SKIP
    >>> [frame.image.shape for frame in clip]  # doctest: +SKIP
    [(480, 640, 3), (480, 640, 3), (480, 640, 3)]
    """

    def __init__(self, script: Script, fault: Fault | None = None) -> None:
        self.script = script
        self.fault = fault

    def __len__(self) -> int:
        return len(self.truth.pts)

    def __iter__(self) -> Iterator[Frame]:
        for index in range(len(self)):
            yield self.frame(index)

    @cached_property
    def truth(self) -> Truth:
        """What is true of every frame, landmarks included."""
        return truth_of(self.script, self.fault)

    @property
    def info(self) -> VideoInfo:
        """What a `Writer` needs to know."""
        script = self.script
        return VideoInfo(
            script.width,
            script.height,
            self.truth.time_base,
            average_rate=script.rate,
            frame_estimate=len(self),
            duration_s=len(self) / float(script.rate),
        )

    def frame(self, index: int) -> Frame:
        """Draw one frame.

        Raises
        ------
        ParameterError
            If the clip has no frame of that number.
        """
        if not 0 <= index < len(self):
            raise ParameterError(f"The phantom has frames 0 to {len(self) - 1}, not {index}.")
        truth = self.truth
        time = float(truth.time[index])
        image = self.background.copy()
        swing = np.sin(2 * np.pi * 0.1 * time) * self.script.light
        for head, person in reversed(list(zip(self.heads, truth.people, strict=True))):
            draw(image, head, person, index, skin_gain(person, time), swing)
        self._draw_hand(image, index)
        self._finish(image, index, 1 + swing)
        last = index == len(self) - 1
        step = truth.time_base.denominator / float(self.script.rate)
        duration = round(step) if last else int(truth.pts[index + 1] - truth.pts[index])
        return Frame(image, int(truth.pts[index]), truth.time_base, index, duration)

    def hand(self, index: int) -> np.ndarray:
        """Share of each pixel of a frame that the script's hand covers, shape (height, width)."""
        return self._draw_hand(self.background.copy(), index)

    def joints(self, index: int) -> np.ndarray | None:
        """Joints of the script's hand in a frame, pixels, shape (21, 2); None while it is away."""
        patient = self.truth.people[0]
        assert patient.landmarks is not None
        if self.script.hand is None:
            return None
        eyes = patient.landmarks[index][[33, 263], :2].astype(np.float64)
        unit = float(np.linalg.norm(eyes[1] - eyes[0]))
        return joints_of(self.script.hand, float(self.truth.time[index]), eyes.mean(0), unit)

    def _draw_hand(self, image: np.ndarray, index: int) -> np.ndarray:
        joints = self.joints(index)
        if self.script.hand is None or joints is None:
            return np.zeros(image.shape[:2], np.float32)
        return draw_hand(image, joints, self._cheeks * self.script.hand.tone)

    @cached_property
    def _cheeks(self) -> np.ndarray:
        """Colour of the patient's cheeks, RGB, shape (3,)."""
        face = self.heads[0].atlas[: looks.SIZE, : looks.SIZE]
        return np.asarray(np.median(face[looks.cheeks()], axis=0), np.float32)

    @cached_property
    def heads(self) -> list[Head]:
        """Everybody's, the patient's first."""
        made = []
        for number in range(self.script.people):
            faces, alpha = identity(self.script, number)
            made.append(_head(self.script.seed, number, faces, tuple(alpha)))
        return made

    @cached_property
    def background(self) -> np.ndarray:
        """A plain wall with soft light and shadow."""
        width, height = self.script.width, self.script.height
        rng = np.random.default_rng([self.script.seed, *b"background"])
        base = np.array([[168, 174, 176], [150, 160, 150], [178, 170, 158], [140, 150, 166]])
        y, x = np.mgrid[:height, :width] / max(width, height)
        light = 1.06 - 0.28 * np.hypot(x - rng.uniform(0.2, 0.8), y - 0.1)
        coarse = rng.standard_normal((12, 16)).astype(np.float32)
        blotches = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
        grain = rng.standard_normal((height, width)).astype(np.float32)
        light = light + 0.02 * blotches + 0.008 * grain
        wall = base[rng.integers(len(base))] * light[..., None]
        return np.clip(wall, 0, 255).astype(np.uint8)

    @cached_property
    def _noise(self) -> np.ndarray:
        """Sensor noise larger than the picture: every frame shows another part of it."""
        rng = np.random.default_rng([self.script.seed, *b"noise"])
        shape = (self.script.height + 128, self.script.width + 128, 3)
        return (self.script.noise * rng.standard_normal(shape, np.float32)).astype(np.float32)

    def _finish(self, image: np.ndarray, index: int, gain: float) -> None:
        if self.script.noise == 0 and gain == 1:
            return
        rng = np.random.default_rng([self.script.seed, index])
        top, left = rng.integers(0, 128, 2)
        height, width = image.shape[:2]
        noise = self._noise[top : top + height, left : left + width]
        expose(image, noise if rng.random() < 0.5 else noise[::-1, ::-1], gain)


@lru_cache(maxsize=8)
def _head(seed: int, number: int, faces: tuple[str, str], alpha: tuple[float, ...]) -> Head:
    """The head of a person: painted once, however many clips show it."""
    rng = np.random.default_rng([seed, number, *b"looks"])
    return build_head(faces, np.array(alpha), rng)


def phantom(script: Script) -> Iterator[Frame]:
    """Frames of a synthetic clip, in order."""
    return iter(Phantom(script))


def render_phantom(
    script: Script,
    path: str | os.PathLike[str],
    *,
    fault: Fault | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Truth:
    """Write a phantom as an MP4, and its truth beside it.

    Parameters
    ----------
    script : Script
        What happens in it.
    path : str or PathLike
        The clip; the truth is written to the same name ending in ``.truth.json``.
    fault : Fault, optional
        What is wrong with the patient's motion.
    overwrite : bool
        Whether files that are in the way may be replaced.
    progress : callable, optional
        Called as ``progress(stage, done, total)``.

    Returns
    -------
    truth : Truth
        With the landmarks, which the JSON leaves out.

    Raises
    ------
    ParameterError
        If the fault does not fit the clip.
    OutputError
        If a file is in the way or cannot be written.
    """
    clip = Phantom(script, fault)
    beside = Path(path).with_suffix(".truth.json")
    check_free(beside, overwrite)
    with Writer(path, clip.info, overwrite=overwrite, comment="mien phantom") as out:
        for frame in clip:
            out.write(frame)
            if progress is not None:
                progress("drawing", frame.index + 1, len(clip))
        with Aside(beside, clip.truth.to_json()) as truth:
            out.commit()
            truth.commit()
    return clip.truth
