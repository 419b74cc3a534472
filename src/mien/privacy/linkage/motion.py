"""How a face and a head move, as numbers, and how far two such habits are apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np

from mien.face.model import FaceModel
from mien.privacy.linkage.observation import Observation

_RATE_HZ = 25.0  # motion is measured on an even grid
_WINDOW_S = 2.0
_HOP_S = 1.0
_SHORTEST_S = 0.9  # a stretch shorter than this says nothing about motion
_BANDS_HZ = ((0.4, 1.5), (1.5, 3.0), (3.0, 6.0), (6.0, 12.0))
_FLOOR = 1e-3  # movement below this is noise: share of an expression, radians or eye distances
_COMPONENTS = 80

# expressions that act together; how the groups go together in time is a habit of a person
_GROUPS = (
    *("eyeBlinkLeft", "eyeBlinkRight", "eyeSquint", "eyeWide", "eyeLookUp", "eyeLookDown"),
    *("eyeLookIn", "browDown", "browInnerUp", "browOuterUp", "jawOpen", "mouthSmileLeft"),
    *("mouthSmileRight", "mouthFrown", "mouthPucker", "mouthFunnel", "mouthPress"),
    *("mouthStretch", "mouthUpperUp", "mouthLowerDown", "cheek"),
)

Stream = Literal["expression", "dynamics", "pose", "expression and pose"]
STREAMS: tuple[Stream, ...] = ("expression", "dynamics", "pose", "expression and pose")


def motion_features(observation: Observation, stream: Stream) -> np.ndarray:
    """Describe the motion in windows of two seconds, one a second.

    Of each expression: standard deviation, mean speed, the power in four bands from 0.4 to 12 Hz,
    and the mean; of groups of expressions also their correlations. Of pose the same without the
    means, since where the camera stands says nothing about a person.

    Parameters
    ----------
    observation : Observation
        The stretch; windows in which the face is known for less than three quarters are left out.
    stream : {"expression", "dynamics", "pose", "expression and pose"}
        What of it is used; `dynamics` is expression without its mean, which may hold something of
        the face at rest.

    Returns
    -------
    features : np.ndarray [shape=(n_windows, n_features)]
        No window if the stretch is shorter than 0.9 s.
    """
    parts = []
    for start, end in _windows(observation.times):
        inside = (observation.times >= start) & (observation.times <= end)
        grid = np.arange(start, end, 1 / _RATE_HZ)
        values = []
        if stream != "pose":
            shown = _even(grid, observation.times[inside], observation.expression[inside])
            values += [*_dynamics(shown), _together(shown @ _grouping())]
        if stream in ("expression", "expression and pose"):
            values.append(shown.mean(0))
        if stream in ("pose", "expression and pose"):
            placed = _even(grid, observation.times[inside], observation.pose[inside])
            values += [*_dynamics(placed), _together(placed)]
        parts.append(np.concatenate(values))
    return np.array(parts)


def long_enough(times: np.ndarray) -> bool:
    """Whether a stretch is long enough to say something about motion; `times` in seconds."""
    return any(_windows(times))


def _windows(times: np.ndarray) -> Iterator[tuple[float, float]]:
    if len(times) < 4:
        return
    length = float(times[-1] - times[0])
    usual = float(np.median(np.diff(times)))
    if length + usual < _SHORTEST_S:
        return
    window = min(_WINDOW_S, length)
    start = float(times[0])
    while start + window <= times[-1] + 1e-6:
        count = ((times >= start) & (times <= start + window)).sum()
        if count * usual >= 0.75 * window:
            yield start, start + window
        start += _HOP_S


def _even(grid: np.ndarray, times: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Values on an even grid of times."""
    return np.column_stack([np.interp(grid, times, column) for column in values.T])


def _dynamics(values: np.ndarray) -> list[np.ndarray]:
    """Spread, speed and band powers of each column, on a logarithmic scale."""
    line = np.linspace(-1, 1, len(values))[:, None]
    flat = values - values.mean(0) - line * (line * values).sum(0) / (line**2).sum()
    power = np.abs(np.fft.rfft(flat * np.hanning(len(flat))[:, None], axis=0)) ** 2 / len(flat) ** 2
    hertz = np.fft.rfftfreq(len(flat), 1 / _RATE_HZ)
    bands = [power[(hertz >= low) & (hertz < high)].sum(0) for low, high in _BANDS_HZ]
    return [
        np.log(values.std(0) + _FLOOR),
        np.log(np.abs(np.diff(values, axis=0)).mean(0) * _RATE_HZ + _FLOOR),
        *(np.log(np.sqrt(band) + _FLOOR) for band in bands),
    ]


def _together(values: np.ndarray) -> np.ndarray:
    """Correlation of each two columns; 0 where one hardly moves."""
    spread = values.std(0)
    unit = (values - values.mean(0)) / np.maximum(spread, _FLOOR)
    return (unit.T @ unit / len(unit))[np.triu_indices(values.shape[1], 1)]


def _grouping() -> np.ndarray:
    """Sums expressions that act together, shape (52, n_groups)."""
    names = FaceModel.load().expression_names
    return np.array([[float(name.startswith(group)) for group in _GROUPS] for name in names])


def motion_distance(
    gallery: Sequence[np.ndarray], people: Sequence[str], probes: Sequence[np.ndarray]
) -> np.ndarray:
    """Unlikeness of the motion in each probe to that of each person of the gallery.

    Parameters
    ----------
    gallery, probes : sequence of np.ndarray [shape=(n_windows, n_features)]
        From `motion_features`, at least one window each.
    people : sequence of str
        Who is in each entry of the gallery.

    Returns
    -------
    distance : np.ndarray [shape=(n_probes, n_people)]
        Between the means, in units of the spread of one person's windows; people in order of name.
    """
    names = sorted(set(people))
    who = np.concatenate(
        [np.full(len(w), names.index(p)) for w, p in zip(gallery, people, strict=True)]
    )
    windows = np.concatenate(list(gallery))
    spread = windows.std(0)
    spread = np.where(spread > 1e-9, spread, np.inf)  # what never changes says nothing
    windows = np.clip((windows - _centre(gallery)) / spread, -5, 5)
    sought = [np.clip((w - _centre(probes)) / spread, -5, 5) for w in probes]
    axes = np.linalg.svd(windows, full_matrices=False)[2][:_COMPONENTS]
    windows = windows @ axes.T
    means = np.stack([windows[who == k].mean(0) for k in range(len(names))])
    inner = windows - means[who]
    free, size = len(windows) - len(names), len(axes)
    if free > 0 and (inner**2).sum() > 0:
        scatter = inner.T @ inner / free
        trust = free / (free + size)  # few windows: lean on a round scatter
        scatter = trust * scatter + (1 - trust) * np.trace(scatter) / size * np.eye(size)
        values, vectors = np.linalg.eigh(scatter)
        whiten = vectors / np.sqrt(np.maximum(values, 1e-9 * values[-1]))
    else:
        whiten = np.eye(size)
    ours = np.stack([(w @ axes.T).mean(0) for w in sought]) @ whiten
    return np.linalg.norm(ours[:, None] - (means @ whiten)[None], axis=2)


def _centre(sets: Sequence[np.ndarray]) -> np.ndarray:
    """Mean over the clips, each counted once however long it is."""
    return np.mean([windows.mean(0) for windows in sets], axis=0)
