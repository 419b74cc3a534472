"""Where landmarks come from: the built-in mesh against a Face Landmarker, on phantoms.

    python benchmarks/landmark_sources.py face_landmarker.task [CLIP ...]

Prints a table: error, jitter of a face at rest, how much of a tremor of 5 Hz is measured, in how
many frames a face is found where it is small, turned, dark or half covered, and milliseconds a
frame. Of real clips, for which no truth is known, it prints frames found and jitter: the movement
from frame to frame that no smooth path explains.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
from scipy.signal import savgol_filter

from mien.face.region import Region
from mien.models.landmarker import Backend, open_backend
from mien.phantom import Phantom, Script, Tremor
from mien.video import Reader

_FPS = 25.0
_BASE = {"seconds": 2.0, "fps": _FPS, "width": 360, "height": 360, "blinks": ()}
_REST = Script(**_BASE, seed=3, head_motion=0.0)
_TREMOR = Script(**_BASE, seed=4, head_motion=0.0, tremor=Tremor(hertz=5, amplitude=0.02))
_TURNED = Script(**_BASE, seed=5, turned=((0.3, 1.7),), turned_deg=60.0)
_LIP, _RIGHT, _LEFT = 14, 33, 263
_REAL = 60  # frames of a real clip


def _measured(
    backend: Backend, images: Sequence[np.ndarray], truth: np.ndarray
) -> tuple[np.ndarray, float]:
    """Landmarks, NaN where none are found, shape (n, 478, 3), and milliseconds a frame."""
    found = np.full((len(images), 478, 3), np.nan)
    began = time.perf_counter()
    for k, image in enumerate(images):
        (points,) = backend.measure(image, [Region.around(truth[k])])
        if points is not None:
            found[k] = points
    return found, 1000 * (time.perf_counter() - began) / max(len(images), 1)


def _eyes(points: np.ndarray) -> float:
    """Outer-eye distance, pixels."""
    return float(
        np.nanmedian(np.linalg.norm((points[:, _RIGHT] - points[:, _LEFT])[:, :2], axis=1))
    )


def _error(found: np.ndarray, truth: np.ndarray) -> float:
    """Median distance from the truth in outer-eye distances, shared offsets left in."""
    return float(np.nanmedian(np.linalg.norm((found - truth)[..., :2], axis=2)) / _eyes(truth))


def _jitter(found: np.ndarray) -> float:
    """Standard deviation around a smooth path (quadratic over 9 frames), outer-eye distances."""
    known = found[np.isfinite(found[:, 0, 0])][:, :468, :2]
    if len(known) < 9:
        return float("nan")
    rough = known - savgol_filter(known, 9, 2, axis=0)
    return float(np.sqrt((rough**2).mean()) / _eyes(known))


def _tremor_gain(found: np.ndarray, truth: np.ndarray) -> float:
    """Slope of the measured movement of the lower lip on the true one."""
    ok = np.isfinite(found[:, 0, 0])
    one, two = (p[ok, _LIP, 1] - p[ok, _LIP, 1].mean() for p in (truth, found))
    return float((one * two).sum() / (one**2).sum())


def _seen(found: np.ndarray, truth: np.ndarray) -> str:
    """Share of frames with a face that lies where the true one is."""
    apart = np.nanmedian(np.linalg.norm((found - truth)[..., :2], axis=2), axis=1)
    return f"{np.mean(np.nan_to_num(apart, nan=np.inf) < 0.1 * _eyes(truth)):.0%}"


def _clip(script: Script) -> tuple[list[np.ndarray], np.ndarray]:
    phantom = Phantom(script)
    images = [frame.image for frame in phantom]
    return images, phantom.truth.people[0].landmarks.astype(float)


def _smaller(scale: float) -> Callable[[np.ndarray], np.ndarray]:
    return lambda image: cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)


def _dark(image: np.ndarray, seed: int) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(0, 3, image.shape)
    return np.clip(image * 0.06 + noise, 0, 255).astype(np.uint8)


def _covered(image: np.ndarray, points: np.ndarray) -> np.ndarray:
    """The face below the nose under a plain block."""
    image = image.copy()
    left, right = points[:468, 0].min(), points[:468, 0].max()
    top, bottom = points[4, 1], points[:468, 1].max()
    image[int(top) : int(bottom), int(left) : int(right)] = (190, 150, 130)
    return image


def _phantoms(backend: Backend) -> dict[str, str]:
    rest, at_rest = _clip(_REST)
    found, each = _measured(backend, rest, at_rest)
    row = {"error": f"{_error(found, at_rest):.4f}", "jitter at rest": f"{_jitter(found):.5f}"}
    images, truth = _clip(_TREMOR)
    row["tremor gain"] = f"{_tremor_gain(_measured(backend, images, truth)[0], truth):.2f}"
    few, points = rest[::3], at_rest[::3]
    for pixels in (64, 32, 24):
        scale = pixels / float(np.ptp(points[0, :468, 1]))
        small = [_smaller(scale)(image) for image in few]
        row[f"{pixels} px high"] = _seen(
            _measured(backend, small, points * scale)[0], points * scale
        )
    images, truth = _clip(_TURNED)
    away = slice(round(0.8 * _FPS), round(1.2 * _FPS))
    row["turned 60°"] = _seen(_measured(backend, images[away], truth[away])[0], truth[away])
    dark = [
        np.clip(image * 0.06 + np.random.default_rng(k).normal(0, 3, image.shape), 0, 255).astype(
            np.uint8
        )
        for k, image in enumerate(few)
    ]
    row["dark and noisy"] = _seen(_measured(backend, dark, points)[0], points)
    hidden = [_covered(image, p) for image, p in zip(few, points, strict=True)]
    row["lower half covered"] = _seen(_measured(backend, hidden, points)[0], points)
    row["ms a frame"] = f"{each:.1f}"
    return row


def _real(backend: Backend, path: Path, reference: Backend) -> dict[str, str]:
    """Regions are the mesh's own, found once, the same for both."""
    from mien.recognition.registry import joining
    from mien.tracking.follow import follow

    track = follow(path, reference, joining().describe, None).tracks[0]
    known = [k for k in track.known().tolist() if k < _REAL]
    with Reader(path) as reader:
        images = [frame.image for frame in reader if frame.index in set(known)]
    truth = np.array([np.asarray(track.landmarks[k], float) for k in known])
    found, each = _measured(backend, images, truth)
    share = np.isfinite(found[:, 0, 0]).mean()
    return {
        f"{path.stem}: found": f"{share:.0%}",
        f"{path.stem}: jitter": f"{_jitter(found):.5f}",
        f"{path.stem}: ms a frame": f"{each:.1f}",
    }


def main() -> None:
    model, *clips = sys.argv[1:]
    mesh, landmarker = open_backend(None), open_backend(model)
    columns = []
    for backend in (mesh, landmarker):
        row = _phantoms(backend)
        for clip in clips:
            row |= _real(backend, Path(clip), mesh)
        columns.append(row)
    print(f"| | {mesh.name} | {landmarker.name} |\n|---|---|---|")
    for key in columns[0]:
        print(f"| {key} | {columns[0][key]} | {columns[1][key]} |")
    mesh.close()
    landmarker.close()


if __name__ == "__main__":
    main()
