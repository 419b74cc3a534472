"""Names of scores: MediaPipe's, ARKit's, and the rotations that Live Link Face adds.

MediaPipe and ARKit both speak of 52 scores: 51 are the same, the last is `_neutral` for one and
`tongueOut` for the other.
"""

from __future__ import annotations

NAMES: tuple[str, ...] = (
    "browDownLeft", "browDownRight", "browInnerUp", "browOuterUpLeft", "browOuterUpRight",
    "cheekPuff", "cheekSquintLeft", "cheekSquintRight", "eyeBlinkLeft", "eyeBlinkRight",
    "eyeLookDownLeft", "eyeLookDownRight", "eyeLookInLeft", "eyeLookInRight", "eyeLookOutLeft",
    "eyeLookOutRight", "eyeLookUpLeft", "eyeLookUpRight", "eyeSquintLeft", "eyeSquintRight",
    "eyeWideLeft", "eyeWideRight", "jawForward", "jawLeft", "jawOpen", "jawRight", "mouthClose",
    "mouthDimpleLeft", "mouthDimpleRight", "mouthFrownLeft", "mouthFrownRight", "mouthFunnel",
    "mouthLeft", "mouthLowerDownLeft", "mouthLowerDownRight", "mouthPressLeft", "mouthPressRight",
    "mouthPucker", "mouthRight", "mouthRollLower", "mouthRollUpper", "mouthShrugLower",
    "mouthShrugUpper", "mouthSmileLeft", "mouthSmileRight", "mouthStretchLeft",
    "mouthStretchRight", "mouthUpperUpLeft", "mouthUpperUpRight", "noseSneerLeft",
    "noseSneerRight",
)  # fmt: skip
"""MediaPipe's names in MediaPipe's order, without `_neutral`; left and right are the person's own.
ARKit's 52 are these and `tongueOut`, which landmarks do not show."""
TONGUE = "tongueOut"
NEUTRAL = "_neutral"
MEDIAPIPE: tuple[str, ...] = (NEUTRAL, *NAMES)
"""MediaPipe's 52 categories, in its order."""
_SIDES = ("Blink", "LookDown", "LookIn", "LookOut", "LookUp", "Squint", "Wide")
_MOUTH = (
    "jawForward jawRight jawLeft jawOpen mouthClose mouthFunnel mouthPucker mouthRight mouthLeft "
    "mouthSmileLeft mouthSmileRight mouthFrownLeft mouthFrownRight mouthDimpleLeft "
    "mouthDimpleRight mouthStretchLeft mouthStretchRight mouthRollLower mouthRollUpper "
    "mouthShrugLower mouthShrugUpper mouthPressLeft mouthPressRight mouthLowerDownLeft "
    "mouthLowerDownRight mouthUpperUpLeft mouthUpperUpRight browDownLeft browDownRight browInnerUp "
    "browOuterUpLeft browOuterUpRight cheekPuff cheekSquintLeft cheekSquintRight noseSneerLeft "
    "noseSneerRight"
)
ARKIT: tuple[str, ...] = (
    *(f"eye{what}{side}" for side in ("Left", "Right") for what in _SIDES),
    *_MOUTH.split(),
    TONGUE,
)
"""ARKit's 52 blendshapes, in the order of Live Link Face."""
ROTATIONS: tuple[str, ...] = tuple(
    f"{what}{angle}"
    for what in ("head", "leftEye", "rightEye")
    for angle in ("Yaw", "Pitch", "Roll")
)
"""What Live Link Face adds: angles, radians."""
KNOWN: frozenset[str] = frozenset({*MEDIAPIPE, *ARKIT, *ROTATIONS})
"""All of them."""
