"""From a script to the truth of every frame."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np

from mien.face.model import FaceModel
from mien.phantom.identity import identity
from mien.phantom.landmarks import canonical_landmarks
from mien.phantom.motion import Motion, motion_of
from mien.phantom.script import Script
from mien.phantom.truth import PersonTruth, Truth


def truth_of(script: Script, fault: Callable[[Motion], Motion] | None = None) -> Truth:
    """Work out everything that the script leaves to chance, and every curve over time.

    The fault is planted in what the patient does, and then the truth is worked out.
    """
    time_base, pts = timestamps(script)
    time = pts * float(time_base)
    model = FaceModel.load()
    people = []
    for number in range(script.people):
        motion = motion_of(script, number, time, model)
        if number == 0 and fault is not None:
            motion = fault(motion)
        people.append(person_truth(script, number, motion, model))
    return Truth(
        script.width,
        script.height,
        time_base,
        pts,
        model.expression_names,
        tuple(people),
        None if fault is None else str(fault),
    )


def timestamps(script: Script) -> tuple[Fraction, np.ndarray]:
    """Time base, and the ticks at which frames are shown, shape (n_frames,)."""
    rate = script.rate
    count = round(script.seconds * float(rate))
    if not script.variable_frame_rate:
        return Fraction(1, rate.numerator), np.arange(count, dtype=np.int64) * rate.denominator
    rng = script.chance(0, "timestamps")
    step = 90_000 / float(rate)
    lengths = step * (1 + rng.uniform(-0.35, 0.35, count))
    lengths[rng.random(count) < 0.04] += step  # a dropped frame
    lengths *= step / lengths.mean()
    pts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    return Fraction(1, 90_000), np.round(pts).astype(np.int64)


def person_truth(script: Script, number: int, motion: Motion, model: FaceModel) -> PersonTruth:
    """What is true of one person in every frame, landmarks included."""
    patient = number == 0
    turned = np.einsum("nij,nkj->nki", motion.rotation, canonical_landmarks(motion, model))
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
