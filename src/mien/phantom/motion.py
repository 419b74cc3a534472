"""What one person of a phantom does, before it becomes landmarks."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from mien.face.model import FaceModel
from mien.phantom.expression import around_corner, blink_spans, expression_of, lip_tremor
from mien.phantom.identity import identity
from mien.phantom.pose import gaze_of, head_angles, poses
from mien.phantom.script import Script, Tremor


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


def motion_of(script: Script, number: int, time: np.ndarray, model: FaceModel) -> Motion:
    """What a script lets one of its people do, the patient if `number` is 0."""
    patient = number == 0
    angles = head_angles(script, number, time)
    gaze = gaze_of(script, number, time, angles)
    scale, rotation, translation = poses(script, number, time, angles)
    still = replace(script, blinks=(), blinks_per_minute=0.0, smile=None, speech=None, tremor=None)
    tremor = script.tremor if patient else None
    hangs = script.asymmetry if patient else 0.0
    return Motion(
        time=time,
        alpha=identity(script, number)[1],
        beta=expression_of(script, number, time, gaze, model),
        rest=expression_of(still, number, time, gaze, model),
        gaze=gaze,
        lip=np.zeros(len(time)) if tremor is None else 0.5 * lip_tremor(tremor, time),
        sag=0.08 * hangs * around_corner(model, script.weak_side),
        scale=scale,
        rotation=rotation,
        translation=translation,
        blinks=blink_spans(script, number),
        tremor=tremor,
    )
