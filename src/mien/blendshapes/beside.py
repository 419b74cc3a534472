"""What can stand beside the scores of a face: pose, gaze, apertures, landmarks, action units.

For those who come from OpenFace or py-feat. An action unit is given only where a score stands for
it, and it is that score under another name, not a coder's intensity: which one, and how far it is
to be relied on, is in `described`.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from mien.blendshapes.formats import parquet, table
from mien.blendshapes.names import NAMES
from mien.blendshapes.recording import Recording
from mien.blendshapes.reliability import RELIABILITY, least
from mien.errors import OutputError, ParameterError
from mien.face import topology
from mien.face.pose import head_pose
from mien.outputs import check_free, complete

GROUPS: tuple[str, ...] = ("pose", "gaze", "apertures", "units", "landmarks")
"""What can be asked for."""
UNITS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "AU01": ("browInnerUp",),
        "AU02": ("browOuterUpLeft", "browOuterUpRight"),
        "AU04": ("browDownLeft", "browDownRight"),
        "AU05": ("eyeWideLeft", "eyeWideRight"),
        "AU07": ("eyeSquintLeft", "eyeSquintRight"),
        "AU10": ("mouthUpperUpLeft", "mouthUpperUpRight"),
        "AU12": ("mouthSmileLeft", "mouthSmileRight"),
        "AU14": ("mouthDimpleLeft", "mouthDimpleRight"),
        "AU15": ("mouthFrownLeft", "mouthFrownRight"),
        "AU16": ("mouthLowerDownLeft", "mouthLowerDownRight"),
        "AU17": ("mouthShrugLower",),
        "AU18": ("mouthPucker",),
        "AU20": ("mouthStretchLeft", "mouthStretchRight"),
        "AU22": ("mouthFunnel",),
        "AU24": ("mouthPressLeft", "mouthPressRight"),
        "AU26": ("jawOpen",),
        "AU28": ("mouthRollLower", "mouthRollUpper"),
        "AU45": ("eyeBlinkLeft", "eyeBlinkRight"),
    }
)
"""The scores whose mean stands for an action unit. Those of units 6, 9 and 34 are practically zero
in what taught the scores, so these units are not here, and 25 is made of the mouth's aperture."""
LIPS_PART = "AU25"
"""Lips part, for which no score stands: by what share of `LIPS_APART` the lips are apart."""
LIPS_APART = 0.16
"""Aperture of the mouth, in outer-eye distances, that counts as 1: as far as the face model's lips
open by themselves, the jaw shut (units 10 and 16 in full)."""
LIPS_PART_RELIABILITY = 0.99
"""r with the same of MediaPipe's own landmarks, on clips, see docs/cards/blendshapes.md."""
_EYE_DEG = 30.0  # gaze at an eyeLook score of 1
_KEY = b"mien.scores"


def columns(groups: Sequence[str], scores: np.ndarray, mesh: np.ndarray) -> dict[str, np.ndarray]:
    """Columns beside the scores, in the order of `GROUPS`.

    Parameters
    ----------
    groups : sequence of str
        Any of `GROUPS`.
    scores : np.ndarray [shape=(n_frames, 51)]
        In the order of `NAMES`, NaN where there is no face.
    mesh : np.ndarray [shape=(n_frames, 478, 3)]
        Pixels, NaN where there is no face.

    Returns
    -------
    columns : dict of np.ndarray [shape=(n_frames,)]
        ``pose_yaw_deg`` (to image right), ``pose_pitch_deg`` (down) and ``pose_roll_deg``;
        ``gaze_yaw_deg`` (to the person's left) and ``gaze_pitch_deg`` (up) of both eyes against
        the head, from the scores; ``aperture_left`` and ``aperture_right``, distance of the lids
        by the eye's width, and ``aperture_mouth``, of the lips by that of the outer corners of the
        eyes; ``AU01`` and others, 0 to 1; ``x_0`` to ``z_477``, pixels. NaN where there is no face.

    Raises
    ------
    ParameterError
        If a group is unknown.
    """
    for group in groups:
        if group not in GROUPS:
            raise ParameterError(
                f"{group!r} is nothing that stands beside scores: choose from {', '.join(GROUPS)}."
            )
    mesh = np.where(np.isfinite(scores).any(1)[:, None, None], mesh, np.nan)
    made: dict[str, np.ndarray] = {}
    for group in GROUPS:
        if group in groups:
            made |= _MAKERS[group](np.asarray(scores, np.float64), mesh.astype(np.float64))
    return made


def _pose(scores: np.ndarray, mesh: np.ndarray) -> dict[str, np.ndarray]:
    angles = np.full((len(mesh), 3), np.nan)
    for k in np.flatnonzero(np.isfinite(mesh).all((1, 2))):
        angles[k] = head_pose(mesh[k])
    return {f"pose_{name}_deg": angles[:, k] for k, name in enumerate(("yaw", "pitch", "roll"))}


def _gaze(scores: np.ndarray, mesh: np.ndarray) -> dict[str, np.ndarray]:
    def of(*names: str) -> np.ndarray:
        return np.asarray(np.mean([scores[:, NAMES.index(name)] for name in names], 0))

    left = of("eyeLookOutLeft", "eyeLookInRight") - of("eyeLookInLeft", "eyeLookOutRight")
    up = of("eyeLookUpLeft", "eyeLookUpRight") - of("eyeLookDownLeft", "eyeLookDownRight")
    return {"gaze_yaw_deg": _EYE_DEG * left, "gaze_pitch_deg": _EYE_DEG * up}


def _apertures(scores: np.ndarray, mesh: np.ndarray) -> dict[str, np.ndarray]:
    made = {}
    for side, corners, upper, lower in (
        ("left", topology.LEFT_EYE_CORNERS, topology.LEFT_EYE_UPPER, topology.LEFT_EYE_LOWER),
        ("right", topology.RIGHT_EYE_CORNERS, topology.RIGHT_EYE_UPPER, topology.RIGHT_EYE_LOWER),
    ):
        gap = np.linalg.norm(mesh[:, upper, :2] - mesh[:, lower, :2], axis=2).max(1)
        made[f"aperture_{side}"] = gap / _apart(mesh, *corners)
    made["aperture_mouth"] = _mouth(mesh)
    return made


def _mouth(mesh: np.ndarray) -> np.ndarray:
    """Distance of the lips, in outer-eye distances, shape (n_frames,)."""
    return _apart(mesh, 13, 14) / _apart(mesh, 33, 263)


def _apart(mesh: np.ndarray, a: int, b: int) -> np.ndarray:
    return np.asarray(np.linalg.norm(mesh[:, a, :2] - mesh[:, b, :2], axis=1))


def _units(scores: np.ndarray, mesh: np.ndarray) -> dict[str, np.ndarray]:
    made = {
        unit: np.asarray(np.mean([scores[:, NAMES.index(name)] for name in names], 0))
        for unit, names in UNITS.items()
    }
    made[LIPS_PART] = np.minimum(_mouth(mesh) / LIPS_APART, 1)
    return {unit: made[unit] for unit in sorted(made)}


def _landmarks(scores: np.ndarray, mesh: np.ndarray) -> dict[str, np.ndarray]:
    return {
        f"{axis}_{number}": mesh[:, number, k]
        for number in range(mesh.shape[1])
        for k, axis in enumerate("xyz")
    }


_MAKERS = {
    "pose": _pose, "gaze": _gaze, "apertures": _apertures, "units": _units,
    "landmarks": _landmarks,
}  # fmt: skip


def described(source: str) -> dict[str, Any]:
    """What a file's numbers are and how far they are to be relied on, for JSON.

    Parameters
    ----------
    source : str
        Who made the scores: ``"mien"``, or a Face Landmarker model.
    """
    own = source == "mien"
    return {
        "scores": source,
        "reliability": dict(RELIABILITY) if own else None,
        "reliability_is": (
            "r with MediaPipe's own scores, on clips that taught nothing; null: did not vary"
            if own
            else "MediaPipe's own scores: as surely as it reads a face"
        ),
        "action_units": {
            unit: {"mean_of": list(names), "reliability": least(names) if own else None}
            for unit, names in UNITS.items()
        }
        | {
            LIPS_PART: {
                "share_of": "aperture_mouth",
                "full_at": LIPS_APART,
                "reliability": LIPS_PART_RELIABILITY,
                "reliability_is": "r with the same of MediaPipe's own landmarks, on clips",
            }
        },
    }


def about_path(table_path: Path) -> Path:
    """Where `write_with` says what the numbers of a ``.csv`` are: ``visit.scores.json``."""
    return table_path.with_suffix(".scores.json")


def write_with(
    path: Path,
    recording: Recording,
    beside: Mapping[str, np.ndarray],
    about: Mapping[str, Any],
    *,
    overwrite: bool = False,
) -> None:
    """Write a table of scores with further columns, ``.csv`` or ``.parquet``.

    Parquet holds `about` as its metadata; a ``.csv`` has no place for it and gets a file beside it,
    see `about_path`.

    Raises
    ------
    OutputError
        If the file cannot be written, is in the way, or has no place for columns.
    """
    check_free(path, overwrite, kind="a table of scores")
    if path.suffix.lower() == ".csv":
        place = about_path(path)
        check_free(place, overwrite, kind="what is said of a table of scores")
        with complete(place, overwrite=overwrite) as part:
            part.write_text(json.dumps(dict(about), indent=2) + "\n", encoding="utf-8")
        data = _csv(recording, beside)
    elif path.suffix.lower() == ".parquet":
        data = _parquet(recording, beside, about)
    else:
        raise OutputError(
            f"{path.name} has no place for columns beside the scores: use .csv or .parquet."
        )
    with complete(path, overwrite=overwrite) as part:
        part.write_bytes(data)


def _csv(recording: Recording, beside: Mapping[str, np.ndarray]) -> bytes:
    lines = table.to_bytes(recording)[0].decode().splitlines()
    lines[0] = ",".join([lines[0], *beside])
    values = np.column_stack(list(beside.values())) if beside else np.zeros((len(lines) - 1, 0))
    for k, row in enumerate(values, 1):
        lines[k] = ",".join([lines[k], *(table.written(value) for value in row)])
    return ("\n".join(lines) + "\n").encode()


def _parquet(
    recording: Recording, beside: Mapping[str, np.ndarray], about: Mapping[str, Any]
) -> bytes:
    pq = parquet.check()
    import pyarrow as pa

    made = pq.read_table(io.BytesIO(parquet.to_bytes(recording)[0]))
    for name, values in beside.items():
        held = np.asarray(values, np.float32)
        made = made.append_column(name, pa.array(held, mask=~np.isfinite(held)))
    made = made.replace_schema_metadata({_KEY: json.dumps(about).encode()})
    stream = io.BytesIO()
    pq.write_table(made, stream, compression="zstd")
    return stream.getvalue()
