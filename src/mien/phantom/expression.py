"""What a phantom's face expresses: blinks, smile, speech, tremor and droop."""

from __future__ import annotations

import numpy as np

from mien.face import topology
from mien.face.model import FaceModel
from mien.phantom.curves import Curves, smooth, wander
from mien.phantom.script import Script, Tremor

_CLOSING_S, _SHUT_S, _OPENING_S = 0.075, 0.045, 0.15  # closing is about twice as fast as opening
_LOOK_DEG = 30.0  # gaze at an eyeLook coefficient of 1
_VOWELS = np.array(  # jawOpen, mouthFunnel, mouthPucker, mouthStretch, mouthLowerDown, mouthUpperUp
    [
        [0.45, 0.00, 0.00, 0.10, 0.30, 0.15],
        [0.25, 0.00, 0.00, 0.35, 0.35, 0.20],
        [0.18, 0.45, 0.20, 0.00, 0.10, 0.10],
        [0.10, 0.20, 0.60, 0.00, 0.05, 0.00],
        [0.33, 0.15, 0.00, 0.05, 0.25, 0.15],
    ]
)


def expression_of(
    script: Script, number: int, time: np.ndarray, gaze: np.ndarray, model: FaceModel
) -> np.ndarray:
    """Expression coefficients over time, 0 to 1, shape (n_frames, 52)."""
    blinks = blink_times(script, number)
    curves = Curves(model, len(time))
    # a relaxed face is not the model's zero: lids and brows are hardly ever still
    curves.add("browInnerUp", 0.06 * (1 + wander(script.chance(number, "brow"), time, 0.3)))
    for side, sign in (("Left", 1), ("Right", -1)):
        curves.add(f"eyeBlink{side}", _lid(time, blinks))
        curves.add(f"eyeLookOut{side}", sign * gaze[:, 0] / _LOOK_DEG)
        curves.add(f"eyeLookIn{side}", -sign * gaze[:, 0] / _LOOK_DEG)
        curves.add(f"eyeLookDown{side}", gaze[:, 1] / _LOOK_DEG)
        curves.add(f"eyeLookUp{side}", -gaze[:, 1] / _LOOK_DEG)
    if number == 0:
        _add_smile(script, time, curves)
        add_speech(script, time, curves)
        if script.tremor is not None:
            lower = model.expression[curves.index("jawOpen"), 14, 1]
            curves.add("jawOpen", 0.5 * lip_tremor(script.tremor, time) / lower)
        if script.asymmetry:
            side = script.weak_side.capitalize()
            k = curves.index(f"eyeBlink{side}")
            floor = 0.4 * script.asymmetry
            curves.beta[:, k] = floor + (1 - floor) * curves.beta[:, k]
            curves.add(f"mouthFrown{side}", np.full(len(time), 0.3 * script.asymmetry))
            strong = {"Left": "Right", "Right": "Left"}[side]
            for name in (f"mouthSmile{side}", f"cheekSquint{side}"):
                curves.beta[:, curves.index(name)] *= 1 - 0.7 * script.asymmetry
            curves.add(f"mouthDimple{strong}", np.full(len(time), 0.1 * script.asymmetry))
    return np.clip(curves.beta, 0, 1)


def blink_times(script: Script, number: int) -> tuple[float, ...]:
    """Moments of closure, seconds."""
    if number == 0 and script.blinks is not None:
        return tuple(time for time in script.blinks if time < script.seconds)
    if not script.blinks_per_minute:
        return ()
    rng = script.chance(number, "blinks")
    mean = 60 / script.blinks_per_minute
    pause = min(0.6, mean / 2)
    times, t = [], float(rng.uniform(0.4, 0.4 + mean))
    while t < script.seconds - 0.3:
        times.append(round(t, 3))
        t += pause + float(rng.exponential(mean - pause))
    return tuple(times)


def blink_spans(script: Script, number: int) -> tuple[tuple[float, float, float], ...]:
    """Start, moment of closure and end of each blink, seconds."""
    return tuple(
        (t - _CLOSING_S - _SHUT_S / 2, t, t + _SHUT_S / 2 + _OPENING_S)
        for t in blink_times(script, number)
    )


def _lid(time: np.ndarray, blinks: tuple[float, ...]) -> np.ndarray:
    shut = np.zeros(len(time))
    for peak in blinks:
        x = time - peak
        closing = smooth((x + _SHUT_S / 2 + _CLOSING_S) / _CLOSING_S)
        opening = smooth((_SHUT_S / 2 + _OPENING_S - x) / _OPENING_S)
        shut = np.maximum(shut, np.minimum(closing, opening))
    return shut


def lip_tremor(tremor: Tremor, time: np.ndarray) -> np.ndarray:
    """Downward movement of the lower lip, canonical units: never above rest, where lips meet."""
    end = np.inf if tremor.end_s is None else tremor.end_s
    ramp = smooth((time - tremor.start_s) / 0.2) if tremor.start_s > 0 else 1.0
    if np.isfinite(end):
        ramp = ramp * smooth((end - time) / 0.2)
    return ramp * tremor.amplitude * (1 + np.sin(2 * np.pi * tremor.hertz * time))


def _add_smile(script: Script, time: np.ndarray, curves: Curves) -> None:
    if script.smile is None:
        return
    start, end = script.smile
    rise = min(0.6, (end - start) / 2)
    amount = np.minimum(smooth((time - start) / rise), smooth((end - time) / rise))
    for side in ("Left", "Right"):
        curves.add(f"mouthSmile{side}", 0.75 * amount)
        curves.add(f"cheekSquint{side}", 0.5 * amount)
        curves.add(f"eyeSquint{side}", 0.25 * amount)
        curves.add(f"mouthUpperUp{side}", 0.25 * amount)
    curves.add("jawOpen", 0.04 * amount)


def add_speech(script: Script, time: np.ndarray, curves: Curves) -> None:
    """Syllables, each opening to one of five vowels and closing again; some lips meet between."""
    if script.speech is None:
        return
    rng = script.chance(0, "speech")
    start, end = script.speech
    channels = np.zeros((len(time), _VOWELS.shape[1]))
    press = np.zeros(len(time))
    t = start
    while t < min(end, time[-1] + 1):
        length = 1 / float(rng.uniform(3, 5))
        vowel = _VOWELS[rng.integers(len(_VOWELS))] * rng.uniform(0.6, 1.1)
        pulse = 0.5 - 0.5 * np.cos(2 * np.pi * np.clip((time - t) / length, 0, 1))
        channels += pulse[:, None] * vowel
        if rng.random() < 0.25:
            press = np.maximum(press, np.exp(-0.5 * ((time - t) / 0.03) ** 2))
        t += length * (1 if rng.random() < 0.9 else 2.2)  # a short pause now and then
    for k, name in enumerate(("jawOpen", "mouthFunnel", "mouthPucker")):
        curves.add(name, channels[:, k])
    for side in ("Left", "Right"):
        for k, name in ((3, "mouthStretch"), (4, "mouthLowerDown"), (5, "mouthUpperUp")):
            curves.add(name + side, channels[:, k])
        curves.add(f"mouthPress{side}", 0.3 * press)


def around_corner(model: FaceModel, side: str) -> np.ndarray:
    """1 at one corner of the mouth, falling off around it, shape (478,)."""
    corner = topology.OUTER_LIP_CORNERS[1 if side == "left" else 0]
    apart = np.linalg.norm(model.neutral - model.neutral[corner], axis=1)
    return np.exp(-0.5 * (apart / 0.2) ** 2)
