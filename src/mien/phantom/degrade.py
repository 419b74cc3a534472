"""Known faults: what a phantom's patient does, wrong in one way of known size.

A pair of clips of one script, the second with a fault, is a standard that a measure is checked
against: it has to find that fault and no other. Faults change what the patient does before
anything is drawn, so looks, light, noise and background are the same in both.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar

import numpy as np
from scipy.signal import butter, filtfilt, freqz

from mien.errors import ParameterError
from mien.face import topology
from mien.face.model import FaceModel
from mien.phantom.expression import around_corner
from mien.phantom.motion import Motion
from mien.phantom.script import Tremor, window, within

_FACE = ("beta", "rest", "gaze", "lip")
_HEAD = ("scale", "rotation", "translation")
_MOUTH = ("mouth", "jaw", "cheek", "nose")  # expressions that move the lips begin with these
_CHEEKBONES = (234, 454)  # the landmarks between which the face's width is measured


class Fault(ABC):
    """One fault; called with a motion it gives the faulty one. `str` names it as the CLI does."""

    name: ClassVar[str]
    """What the command line calls it."""

    @abstractmethod
    def __call__(self, motion: Motion) -> Motion:
        """Plant the fault.

        Raises
        ------
        ParameterError
            If it does not fit the clip.
        """

    def __str__(self) -> str:
        values = [getattr(self, field.name) for field in fields(self)]  # type: ignore[arg-type]
        words = [v if isinstance(v, str) else f"{v:.12g}" for v in values if v is not None]
        return self.name + "=" * bool(words) + ",".join(words)


@dataclass(frozen=True)
class DampMouth(Fault):
    """Mouth and jaw move less.

    Expressions that move the lips (ARKit's mouth, jaw, cheek and nose), speech, smile and tremor
    alike, keep ``1 - share`` of their distance from the same face at rest, which a planted
    asymmetry belongs to. The model is linear in them, so the regression slope of the lips'
    landmarks, damped on original, is ``1 - share`` once the pose is removed. The lower lid follows
    the cheek in a smile, and so that little less.
    """

    name = "damp-mouth"
    share: float = 0.2
    """Share of the movement that is lost, 0 to 1."""

    def __post_init__(self) -> None:
        within("share of damp-mouth", self.share, 0, 1)

    def __call__(self, motion: Motion) -> Motion:
        keep = 1 - self.share
        mouth = [name.startswith(_MOUTH) for name in FaceModel.load().expression_names]
        beta = motion.beta.copy()
        rest = motion.rest[:, mouth]
        beta[:, mouth] = rest + keep * (beta[:, mouth] - rest)
        return replace(
            motion, beta=beta, lip=keep * motion.lip, tremor=_weaker(motion.tremor, keep)
        )


@dataclass(frozen=True)
class Delay(Fault):
    """Face, gaze and head all come later; until then the first moment is held."""

    name = "delay"
    seconds: float = 0.1
    """By how much, seconds; between frames motion is interpolated in time."""

    def __post_init__(self) -> None:
        within("seconds of delay", self.seconds, 0, 10)

    def __call__(self, motion: Motion) -> Motion:
        earlier = motion.time - self.seconds

        def late(course: np.ndarray) -> np.ndarray:
            return np.interp(earlier, motion.time, course)

        tremor = motion.tremor
        if tremor is not None:
            end = None if tremor.end_s is None else tremor.end_s + self.seconds
            tremor = replace(tremor, start_s=tremor.start_s + self.seconds, end_s=end)
        blinks = (
            (a + self.seconds, b + self.seconds, c + self.seconds) for a, b, c in motion.blinks
        )
        return replace(
            _each(motion, _FACE + _HEAD, _columns(late)),
            blinks=tuple(blink for blink in blinks if blink[1] <= motion.time[-1]),
            tremor=tremor,
        )


@dataclass(frozen=True)
class Smooth(Fault):
    """Face, gaze and head lose what is fast.

    A 2nd-order Butterworth low-pass runs forward and backward, on evenly spaced times, so nothing
    comes later and the amplitude at the cut-off is halved. Blinks remain listed in the truth,
    though the lids no longer meet.
    """

    name = "smooth"
    hertz: float = 3.0
    """Cut-off, Hz; below half the frame rate."""

    def __post_init__(self) -> None:
        within("hertz of smooth", self.hertz, 0.1, 120)

    def __call__(self, motion: Motion) -> Motion:
        time = motion.time
        if len(time) < 3:
            return motion
        rate = (len(time) - 1) / (time[-1] - time[0])
        if self.hertz >= rate / 2:
            raise ParameterError(
                f"smooth={self.hertz:g} needs more than {2 * self.hertz:g} frames per second, not "
                f"{rate:g}: choose a lower cut-off."
            )
        even = np.linspace(time[0], time[-1], len(time))
        b, a = butter(2, self.hertz, fs=rate)
        ends = min(len(time) - 1, int(3 * rate / self.hertz))

        def slow(course: np.ndarray) -> np.ndarray:
            filtered = filtfilt(b, a, np.interp(even, time, course), padlen=ends)
            return np.interp(time, even, filtered)

        smooth = _each(motion, _FACE + _HEAD, _columns(slow))
        tremor = motion.tremor
        if tremor is not None:
            gain = abs(freqz(b, a, [min(tremor.hertz, rate / 2)], fs=rate)[1][0]) ** 2
            tremor = _weaker(tremor, float(gain))
        return replace(smooth, beta=np.clip(smooth.beta, 0, 1), tremor=tremor)


@dataclass(frozen=True)
class NoBlinks(Fault):
    """Lids stay where they rest, which on the weak side of a planted asymmetry is half shut."""

    name = "no-blinks"

    def __call__(self, motion: Motion) -> Motion:
        beta = motion.beta.copy()
        lids = [name.startswith("eyeBlink") for name in FaceModel.load().expression_names]
        beta[:, lids] = motion.rest[:, lids]
        return replace(motion, beta=beta, blinks=())


@dataclass(frozen=True)
class Freeze(Fault):
    """Face and gaze stay as they are at the start of a span, while the head moves on."""

    name = "freeze"
    start_s: float = 0.0
    """Start of the span, seconds."""
    end_s: float | None = None
    """End of the span, seconds; None for the end of the clip."""

    def __post_init__(self) -> None:
        window("freeze", self.start_s, np.inf if self.end_s is None else self.end_s)

    def __call__(self, motion: Motion) -> Motion:
        end = np.inf if self.end_s is None else self.end_s
        inside = (motion.time >= self.start_s) & (motion.time <= end)
        if not inside.any():
            raise ParameterError(
                f"No frame is shown while the face should freeze ({self}): choose a longer span "
                f"before {motion.time[-1]:g} s."
            )
        frames = np.where(inside, inside.argmax(), np.arange(len(inside)))
        return replace(
            _each(motion, _FACE, lambda course: course[frames]),
            blinks=tuple(blink for blink in motion.blinks if not self.start_s <= blink[1] <= end),
            tremor=None if inside.all() else motion.tremor,
        )


@dataclass(frozen=True)
class Hold(Fault):
    """Face, gaze and head are renewed every few frames only; light and noise still change."""

    name = "hold"
    frames: int = 4
    """For how many frames each state is shown."""

    def __post_init__(self) -> None:
        if not isinstance(self.frames, int) or isinstance(self.frames, bool):
            raise ParameterError(f"hold needs a whole number of frames, not {self.frames!r}.")
        within("frames of hold", self.frames, 1, 1000)

    def __call__(self, motion: Motion) -> Motion:
        frames = np.arange(len(motion.time)) // self.frames * self.frames
        return _each(motion, _FACE + _HEAD, lambda course: course[frames])


@dataclass(frozen=True)
class Droop(Fault):
    """One corner of the mouth hangs, and the skin around it with it.

    The drop falls off around the corner as that of `Script.asymmetry` does, less the little that
    would reach the other corner: the difference in height between the two changes by exactly
    `share`. A face's width is the distance between landmarks 234 and 454 of the patient's own
    canonical shape at rest.
    """

    name = "droop"
    share: float = 0.02
    """How far the corner drops in the face's own frame, share of the face's width."""
    side: str = "left"
    """The patient's own side, ``"left"`` or ``"right"``."""

    def __post_init__(self) -> None:
        within("share of droop", self.share, 0, 0.1)
        if self.side not in ("left", "right"):
            raise ParameterError(f'The side of droop is "left" or "right", not {self.side!r}.')

    def __call__(self, motion: Motion) -> Motion:
        model = FaceModel.load()
        here = around_corner(model, self.side)
        there = around_corner(model, {"left": "right", "right": "left"}[self.side])
        over = there[topology.OUTER_LIP_CORNERS[1 if self.side == "left" else 0]]
        near = (here - over * there) / (1 - over**2)  # 1 at this corner, 0 at the other
        right, left = model.shape(motion.alpha)[list(_CHEEKBONES)]
        drop = self.share * np.linalg.norm(left - right) * near
        return replace(motion, sag=motion.sag + drop)


FAULTS: dict[str, type[Fault]] = {
    fault.name: fault for fault in (DampMouth, Delay, Smooth, NoBlinks, Freeze, Hold, Droop)
}
"""Every fault by the name that the command line calls it."""


def fault_named(text: str) -> Fault:
    """Read a fault as the command line takes it.

    Parameters
    ----------
    text : str
        A name of `FAULTS`, and after an equals sign its settings in their order, separated by
        commas: ``"no-blinks"``, ``"damp-mouth=.2"``, ``"freeze=2,5"``, ``"droop=.02,right"``.
        Settings that are left out have their usual values.

    Raises
    ------
    ParameterError
        If there is no such fault, or its settings do not fit.
    """
    name, equals, rest = text.strip().partition("=")
    if name not in FAULTS:
        raise ParameterError(f"There is no fault {name!r}: choose from {', '.join(FAULTS)}.")
    settings = fields(FAULTS[name])  # type: ignore[arg-type]
    words = rest.split(",") if equals else []
    if len(words) > len(settings):
        raise ParameterError(
            f"{text!r} has {len(words)} settings, but {name} takes {len(settings)}: leave some out."
        )
    values: list[float | int | str] = []
    for setting, word in zip(settings, words, strict=False):
        if isinstance(setting.default, str):
            values.append(word.strip())
            continue
        try:
            values.append(int(word) if isinstance(setting.default, int) else float(word))
        except ValueError as exc:
            kind = "whole number" if isinstance(setting.default, int) else "number"
            raise ParameterError(
                f"{text!r} needs a {kind} as {setting.name}, not {word!r}: write for example "
                f"{FAULTS[name]()}."
            ) from exc
    return FAULTS[name](*values)


def _weaker(tremor: Tremor | None, gain: float) -> Tremor | None:
    return None if tremor is None else replace(tremor, amplitude=gain * tremor.amplitude)


def _columns(change: Callable[[np.ndarray], np.ndarray]) -> Callable[[np.ndarray], np.ndarray]:
    """Change every column of a course on its own."""

    def changed(course: np.ndarray) -> np.ndarray:
        flat = course.reshape(len(course), -1)
        return np.stack([change(column) for column in flat.T], 1).reshape(course.shape)

    return changed


def _each(
    motion: Motion, names: tuple[str, ...], change: Callable[[np.ndarray], np.ndarray]
) -> Motion:
    """Change courses over time; rotations are made proper again."""
    changed: dict[str, Any] = {name: change(getattr(motion, name)) for name in names}
    if "rotation" in changed:
        u, _, vt = np.linalg.svd(changed["rotation"])
        changed["rotation"] = u @ vt
    return replace(motion, **changed)
