"""Raw geometry as input: all 478 landmarks in place of the scores, or beside them.

Hartmann et al. 2022 (doi:10.1055/a-1866-2943) had the whole geometry at hand, used 52 factors, and
ask whether these are the best ones. With landmarks in the table of a study this can be answered.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from mien.errors import ParameterError
from mien.face.topology import N_LANDMARKS
from mien.selfnorm.snapshots import Snapshots

GEOMETRY: tuple[str, ...] = tuple(
    f"{axis}_{number}" for number in range(N_LANDMARKS) for axis in "xyz"
)
"""Names of the columns, as `blendshapes --with landmarks` and `capture --geometry` write them."""
INPUTS: tuple[str, ...] = ("scores", "geometry", "both")
"""What a network can see."""
_NAME = re.compile(r"[xyz]_\d{1,3}")


def is_geometry(name: str) -> bool:
    """Whether a column is a coordinate of a landmark."""
    return _NAME.fullmatch(name) is not None


def normalised(coordinates: np.ndarray) -> np.ndarray:
    """Faces about their mean, in units of the mean distance from it: place and size are gone.

    Parameters
    ----------
    coordinates : np.ndarray [shape=(n, 1434)]
        In the order of `GEOMETRY`, any unit; NaN where there is no face.

    Returns
    -------
    coordinates : np.ndarray [shape=(n, 1434), dtype=float32]
        Turns are left. Done twice it changes nothing.
    """
    points = np.asarray(coordinates, np.float64).reshape(len(coordinates), N_LANDMARKS, 3)
    centred = points - points.mean(1, keepdims=True)
    size = np.linalg.norm(centred[:, :, :2], axis=2).mean(1)
    size = np.where(size > 0, size, 1.0)
    return (centred / size[:, None, None]).reshape(len(points), -1).astype(np.float32)


def with_inputs(snapshots: Snapshots, inputs: str) -> Snapshots:
    """The same snapshots with only what a network is to see.

    Parameters
    ----------
    snapshots : Snapshots
        Read with geometry.
    inputs : str
        One of `INPUTS`.

    Raises
    ------
    ParameterError
        If there is no such choice, or the snapshots hold nothing of it.
    """
    if inputs not in INPUTS:
        raise ParameterError(f"Inputs are {', '.join(INPUTS)}, not {inputs!r}.")
    names = _chosen(snapshots.names, inputs)
    if inputs != "scores" and not any(map(is_geometry, names)):
        raise ParameterError(
            "These snapshots hold no landmarks: make them with --geometry (capture, simulate) or "
            "with blendshapes --with landmarks."
        )
    if not names:
        raise ParameterError("These snapshots hold no scores, only landmarks.")
    return snapshots.aligned(names)


def _chosen(names: Sequence[str], inputs: str) -> tuple[str, ...]:
    wanted = {"scores": (False,), "geometry": (True,), "both": (False, True)}[inputs]
    return tuple(name for name in names if is_geometry(name) in wanted)
