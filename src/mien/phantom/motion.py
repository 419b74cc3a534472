"""How a phantom moves: from a script to the truth of every frame."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

import cv2
import numpy as np

from mien.face import topology
from mien.face.model import FaceModel
from mien.phantom.script import Script, Tremor
from mien.phantom.truth import PersonTruth, Truth
from mien.surrogates import bank

PIVOT = np.array([0.0, 0.9, 0.75])  # where the head turns on the neck, canonical units
EYEBALL = 0.135  # radius, canonical units: 12 mm
_CLOSING_S, _SHUT_S, _OPENING_S = 0.075, 0.045, 0.15  # closing is about twice as fast as opening
_LOOK_DEG = 30.0  # gaze at an eyeLook coefficient of 1
_LEADING = 12  # identity modes in which people differ visibly
_SLIDE_S = 0.5  # how long it takes to leave the picture
_TURN_S = 0.6  # how long it takes to look away
_AWAY_DEG = 140.0  # yaw of somebody who looks away: their face is not seen


@dataclass(frozen=True, eq=False)
class Motion:
    """What one person does, before it becomes landmarks."""

    time: np.ndarray
    """When each frame is shown, seconds, shape (n_frames,)."""
    alpha: np.ndarray
    """Identity of `FaceModel`, standard deviations, shape (40,)."""
    beta: np.ndarray
    """Expression in the order of `FaceModel.expression_names`, 0 to 1, shape (n_frames, 52)."""
    rest: np.ndarray
    """What `beta` would be without blinks, speech, smile and tremor, shape (n_frames, 52)."""
    gaze: np.ndarray
    """Yaw and pitch of the eyes in the head, degrees, shape (n_frames, 2)."""
    lip: np.ndarray
    """How far the tremor lowers the lower lip beyond what `beta` does, canonical units, shape
    (n_frames,)."""
    sag: np.ndarray
    """How much lower than the model's each landmark hangs, canonical units, shape (478,)."""
    scale: np.ndarray
    """Pixels per canonical unit, shape (n_frames,)."""
    rotation: np.ndarray
    """Rotation of the head, shape (n_frames, 3, 3)."""
    translation: np.ndarray
    """Where the canonical origin lies, pixels, shape (n_frames, 3)."""
    blinks: tuple[tuple[float, float, float], ...]
    """Start, moment of closure and end of each blink, seconds."""
    tremor: Tremor | None
    """Tremor of the jaw and lower lip."""


def truth_of(script: Script, fault: Callable[[Motion], Motion] | None = None) -> Truth:
    """Work out everything that the script leaves to chance, and every curve over time.

    The fault is planted in what the patient does, and then the truth is worked out.
    """
    time_base, pts = _timestamps(script)
    time = pts * float(time_base)
    model = FaceModel.load()
    people = []
    for number in range(script.people):
        motion = _motion(script, number, time, model)
        if number == 0 and fault is not None:
            motion = fault(motion)
        people.append(_person(script, number, motion, model))
    return Truth(
        script.width,
        script.height,
        time_base,
        pts,
        model.expression_names,
        tuple(people),
        None if fault is None else str(fault),
    )


def identity(script: Script, number: int) -> tuple[tuple[str, str], np.ndarray]:
    """The two surrogates that a person is mixed from, and the person's alpha."""
    rng = _rng(script, number, "identity")
    cards = bank.cards()
    taken = script.faces[:number]
    free = [name for name in sorted(cards) if name not in taken]
    first = script.faces[number] if number < len(script.faces) else str(rng.choice(free))
    sex = cards[first]["apparent_sex"]
    mates = [name for name in free if name != first and cards[name]["apparent_sex"] == sex]
    second = str(rng.choice(mates or free))
    alpha = (np.array(cards[first]["alpha"]) + np.array(cards[second]["alpha"])) / 2
    spread = np.where(np.arange(len(alpha)) < _LEADING, 1.2, 0.4)
    return (first, second), np.clip(alpha + rng.normal(0, spread), -2.5, 2.5)


def _rng(script: Script, number: int, what: str) -> np.random.Generator:
    return np.random.default_rng([script.seed, number, *what.encode()])


def _timestamps(script: Script) -> tuple[Fraction, np.ndarray]:
    rate = script.rate
    count = round(script.seconds * float(rate))
    if not script.variable_frame_rate:
        return Fraction(1, rate.numerator), np.arange(count, dtype=np.int64) * rate.denominator
    rng = _rng(script, 0, "timestamps")
    step = 90_000 / float(rate)
    lengths = step * (1 + rng.uniform(-0.35, 0.35, count))
    lengths[rng.random(count) < 0.04] += step  # a dropped frame
    lengths *= step / lengths.mean()
    pts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    return Fraction(1, 90_000), np.round(pts).astype(np.int64)


def _motion(script: Script, number: int, time: np.ndarray, model: FaceModel) -> Motion:
    patient = number == 0
    angles = _head_angles(script, number, time)
    gaze = _gaze(script, number, time, angles)
    scale, rotation, translation = _poses(script, number, time, angles)
    still = replace(script, blinks=(), blinks_per_minute=0.0, smile=None, speech=None, tremor=None)
    tremor = script.tremor if patient else None
    hangs = script.asymmetry if patient else 0.0
    return Motion(
        time=time,
        alpha=identity(script, number)[1],
        beta=_expression(script, number, time, gaze, model),
        rest=_expression(still, number, time, gaze, model),
        gaze=gaze,
        lip=np.zeros(len(time)) if tremor is None else 0.5 * _tremor(tremor, time),
        sag=0.08 * hangs * around_corner(model, script.weak_side),
        scale=scale,
        rotation=rotation,
        translation=translation,
        blinks=tuple(
            (t - _CLOSING_S - _SHUT_S / 2, t, t + _SHUT_S / 2 + _OPENING_S)
            for t in _blinks(script, number)
        ),
        tremor=tremor,
    )


def _expression(
    script: Script, number: int, time: np.ndarray, gaze: np.ndarray, model: FaceModel
) -> np.ndarray:
    """Expression coefficients over time, 0 to 1, shape (n_frames, 52)."""
    blinks = _blinks(script, number)
    curves = _Curves(model, len(time))
    # a relaxed face is not the model's zero: lids and brows are hardly ever still
    curves.add("browInnerUp", 0.06 * (1 + _wander(_rng(script, number, "brow"), time, 0.3)))
    for side, sign in (("Left", 1), ("Right", -1)):
        curves.add(f"eyeBlink{side}", _lid(time, blinks))
        curves.add(f"eyeLookOut{side}", sign * gaze[:, 0] / _LOOK_DEG)
        curves.add(f"eyeLookIn{side}", -sign * gaze[:, 0] / _LOOK_DEG)
        curves.add(f"eyeLookDown{side}", gaze[:, 1] / _LOOK_DEG)
        curves.add(f"eyeLookUp{side}", -gaze[:, 1] / _LOOK_DEG)
    if number == 0:
        _smile(script, time, curves)
        _speech(script, time, curves)
        if script.tremor is not None:
            lower = model.expression[curves.index("jawOpen"), 14, 1]
            curves.add("jawOpen", 0.5 * _tremor(script.tremor, time) / lower)
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


def _person(script: Script, number: int, motion: Motion, model: FaceModel) -> PersonTruth:
    patient = number == 0
    turned = np.einsum("nij,nkj->nki", motion.rotation, _shapes(motion, model))
    landmarks = motion.scale[:, None, None] * turned + motion.translation[:, None, :]
    inside = (landmarks[..., :2] >= 0) & (landmarks[..., :2] < [script.width, script.height])
    return PersonTruth(
        face="+".join(identity(script, number)[0]),
        alpha=motion.alpha,
        beta=motion.beta,
        scale=motion.scale,
        rotation=motion.rotation,
        translation=motion.translation,
        visible=inside.all(-1).mean(1),
        blinks=motion.blinks,
        gaze=motion.gaze,
        tremor=motion.tremor,
        asymmetry=script.asymmetry if patient else 0.0,
        weak_side=script.weak_side,
        pulse_bpm=script.pulse_bpm if patient else None,
        pulse_amplitude=script.pulse_amplitude if patient and script.pulse_bpm else 0.0,
        landmarks=landmarks.astype(np.float32),
    )


class _Curves:
    """Expression coefficients over time, by name."""

    def __init__(self, model: FaceModel, count: int) -> None:
        self._names = {name: k for k, name in enumerate(model.expression_names)}
        self.beta = np.zeros((count, len(self._names)))

    def index(self, name: str) -> int:
        return self._names[name]

    def add(self, name: str, values: np.ndarray) -> None:
        """Add a curve to one coefficient; its negative part is another coefficient's."""
        self.beta[:, self._names[name]] += np.maximum(values, 0)


def around_corner(model: FaceModel, side: str) -> np.ndarray:
    """1 at one corner of the mouth, falling off around it, shape (478,)."""
    corner = topology.OUTER_LIP_CORNERS[1 if side == "left" else 0]
    apart = np.linalg.norm(model.neutral - model.neutral[corner], axis=1)
    return np.exp(-0.5 * (apart / 0.2) ** 2)


def _shapes(motion: Motion, model: FaceModel) -> np.ndarray:
    """Canonical landmarks, shape (n_frames, 478, 3)."""
    points = model.shape(motion.alpha) + np.tensordot(motion.beta, model.expression, 1)
    jaw = model.expression[model.expression_names.index("jawOpen")]
    points[..., 1] += motion.lip[:, None] * (jaw[:, 1] / jaw[14, 1])
    points[..., 1] += motion.sag
    _move_irises(points, motion.gaze)
    for side in ("Left", "Right"):
        _close_lids(points, motion.beta, model, side)
    _seal_lips(points)
    return points


def _move_irises(points: np.ndarray, gaze: np.ndarray) -> None:
    shift = EYEBALL * np.sin(np.radians(gaze))
    for iris in (topology.RIGHT_IRIS, topology.LEFT_IRIS):
        points[:, iris, :2] += shift[:, None, :]


def _close_lids(points: np.ndarray, beta: np.ndarray, model: FaceModel, side: str) -> None:
    """Take the upper lid as far as the lower one, whatever the identity: shut is shut."""
    upper = getattr(topology, f"{side.upper()}_EYE_UPPER")
    lower = getattr(topology, f"{side.upper()}_EYE_LOWER")
    k = model.expression_names.index(f"eyeBlink{side}")
    shut = beta[:, k, None, None]
    offset = model.expression[k]
    at_full = points[:, upper] + (1 - shut) * offset[upper]
    meets = points[:, lower] + (1 - shut) * offset[lower]
    missing = shut * (meets - at_full)
    points[:, upper] += missing
    # never past each other
    past = np.maximum(points[:, upper, 1] - points[:, lower, 1], 0)
    points[:, upper, 1] -= past


def _seal_lips(points: np.ndarray) -> None:
    """Lips that pass through each other meet in the middle instead."""
    upper, lower = topology.INNER_LIP_UPPER, topology.INNER_LIP_LOWER
    past = np.maximum(points[:, upper, 1] - points[:, lower, 1], 0) / 2
    points[:, upper, 1] -= past
    points[:, lower, 1] += past


def _smooth(x: np.ndarray) -> np.ndarray:
    x = np.clip(x, 0, 1)
    return x * x * (3 - 2 * x)


def _wander(rng: np.random.Generator, time: np.ndarray, hertz: float) -> np.ndarray:
    """A slow path of about unit size: five sines around a frequency, with seeded phases."""
    frequency = hertz * rng.uniform(0.4, 1.6, 5)
    phase = rng.uniform(0, 2 * np.pi, 5)
    return np.sin(2 * np.pi * np.outer(time, frequency) + phase).sum(1) / 2.2


def _blinks(script: Script, number: int) -> tuple[float, ...]:
    if number == 0 and script.blinks is not None:
        return tuple(time for time in script.blinks if time < script.seconds)
    if not script.blinks_per_minute:
        return ()
    rng = _rng(script, number, "blinks")
    mean = 60 / script.blinks_per_minute
    pause = min(0.6, mean / 2)
    times, t = [], float(rng.uniform(0.4, 0.4 + mean))
    while t < script.seconds - 0.3:
        times.append(round(t, 3))
        t += pause + float(rng.exponential(mean - pause))
    return tuple(times)


def _lid(time: np.ndarray, blinks: tuple[float, ...]) -> np.ndarray:
    shut = np.zeros(len(time))
    for peak in blinks:
        x = time - peak
        closing = _smooth((x + _SHUT_S / 2 + _CLOSING_S) / _CLOSING_S)
        opening = _smooth((_SHUT_S / 2 + _OPENING_S - x) / _OPENING_S)
        shut = np.maximum(shut, np.minimum(closing, opening))
    return shut


def _tremor(tremor: Tremor, time: np.ndarray) -> np.ndarray:
    """Downward movement of the lower lip, canonical units: never above rest, where lips meet."""
    end = np.inf if tremor.end_s is None else tremor.end_s
    ramp = _smooth((time - tremor.start_s) / 0.2) if tremor.start_s > 0 else 1.0
    if np.isfinite(end):
        ramp = ramp * _smooth((end - time) / 0.2)
    return ramp * tremor.amplitude * (1 + np.sin(2 * np.pi * tremor.hertz * time))


def _smile(script: Script, time: np.ndarray, curves: _Curves) -> None:
    if script.smile is None:
        return
    start, end = script.smile
    rise = min(0.6, (end - start) / 2)
    amount = np.minimum(_smooth((time - start) / rise), _smooth((end - time) / rise))
    for side in ("Left", "Right"):
        curves.add(f"mouthSmile{side}", 0.75 * amount)
        curves.add(f"cheekSquint{side}", 0.5 * amount)
        curves.add(f"eyeSquint{side}", 0.25 * amount)
        curves.add(f"mouthUpperUp{side}", 0.25 * amount)
    curves.add("jawOpen", 0.04 * amount)


_VOWELS = np.array(  # jawOpen, mouthFunnel, mouthPucker, mouthStretch, mouthLowerDown, mouthUpperUp
    [
        [0.45, 0.00, 0.00, 0.10, 0.30, 0.15],
        [0.25, 0.00, 0.00, 0.35, 0.35, 0.20],
        [0.18, 0.45, 0.20, 0.00, 0.10, 0.10],
        [0.10, 0.20, 0.60, 0.00, 0.05, 0.00],
        [0.33, 0.15, 0.00, 0.05, 0.25, 0.15],
    ]
)


def _speech(script: Script, time: np.ndarray, curves: _Curves) -> None:
    """Syllables, each opening to one of five vowels and closing again; some lips meet between."""
    if script.speech is None:
        return
    rng = _rng(script, 0, "speech")
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


def _head_angles(script: Script, number: int, time: np.ndarray) -> np.ndarray:
    """Yaw, pitch and roll, degrees, shape (n_frames, 3)."""
    rng = _rng(script, number, "head")
    reach = script.head_motion * np.array([20.0, 8.0, 6.0])
    angles = [reach[k] * np.clip(_wander(rng, time, 0.2), -1, 1) for k in range(3)]
    for start_s, end_s in (script.turned, script.other_turned)[number]:
        away = _span(time, start_s, end_s, _TURN_S)
        angles[0] = angles[0] + away * ((_AWAY_DEG, -_AWAY_DEG)[number] - angles[0])
    return np.column_stack(angles)


def _span(time: np.ndarray, start_s: float, end_s: float, ease_s: float) -> np.ndarray:
    """1 within a span, 0 outside, and a smooth way between them just before and just after."""
    return np.minimum(
        _smooth((time - start_s + ease_s) / ease_s), _smooth((end_s + ease_s - time) / ease_s)
    )


def _gaze(script: Script, number: int, time: np.ndarray, angles: np.ndarray) -> np.ndarray:
    """Jumps every second or two, and the eyes stay on the camera while the head turns."""
    rng = _rng(script, number, "gaze")
    jumps = np.cumsum(rng.uniform(0.7, 2.5, int(script.seconds * 2) + 4))
    targets = rng.normal(0, 1, (len(jumps) + 1, 2)) * [4.0, 2.0]
    fixation = targets[np.searchsorted(jumps, time)]
    # yaw turns the face to image right where it is positive, pitch lowers it
    return np.clip(fixation - 0.7 * angles[:, :2], -25, 25)


def _poses(
    script: Script, number: int, time: np.ndarray, angles: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = _rng(script, number, "place")
    width, height = script.width, script.height
    if script.people == 1:
        size = min(0.22 * height, 0.27 * width)
        across = np.full(len(time), 0.5)
    else:
        size = min(0.19 * height, 0.14 * width)
        start = (0.27, 0.73)[number]
        across = np.full(len(time), start)
        if script.crossing:
            middle = (time - 0.3 * script.seconds) / (0.4 * script.seconds)
            across = across + (1 - 2 * start) * _smooth(middle)
            size *= (1.0, 0.88)[number]
    centre = np.column_stack(
        [across * width, np.full(len(time), 0.45 * height), np.zeros(len(time))]
    )
    for axis, reach in ((0, 0.12), (1, 0.05)):
        centre[:, axis] += size * script.head_motion * reach * _wander(rng, time, 0.15)
    for start_s, end_s in (script.absent, script.other_absent)[number]:
        away = _span(time, start_s, end_s, _SLIDE_S)
        out = -2.6 * size if across[0] < 0.6 else width + 2.6 * size
        centre[:, 0] += away * (out - centre[:, 0])
    scale = size * (1 + 0.03 * script.head_motion * _wander(rng, time, 0.1))
    rotation = np.stack([rotation_of(*row) for row in angles])
    middle = np.array([0.0, 0.25, 0.0])
    # the middle of the face rests at `centre`, and the head turns about the neck
    canonical = PIVOT - middle - rotation @ PIVOT
    return scale, rotation, centre + scale[:, None] * canonical


def rotation_of(yaw: float, pitch: float, roll: float) -> np.ndarray:
    """Rotation from degrees: face to image right, face downwards, head clockwise; shape (3, 3)."""
    y, p, r = np.radians([yaw, pitch, roll])
    # the face looks along -z: turning it to +x is a negative turn about y (down)
    about_y = cv2.Rodrigues(np.array([0.0, -y, 0.0]))[0]
    about_x = cv2.Rodrigues(np.array([p, 0.0, 0.0]))[0]
    about_z = cv2.Rodrigues(np.array([0.0, 0.0, r]))[0]
    return about_z @ about_y @ about_x
