"""The people of a cohort, from pictures and from clips."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import numpy as np

from mien.face import uv
from mien.face.model import FaceModel
from mien.face.region import Region
from mien.models.landmarker import Backend, open_backend
from mien.progress import Progress
from mien.recognition.recogniser import Recogniser
from mien.surrogates.making.cohort import Member, measure
from mien.surrogates.making.neutral import SIZE
from mien.tracking.detection import Detector
from mien.video import Reader, probe
from mien.video.clips import is_clip

_GLANCES = 24  # frames of a clip that are looked at


def measure_all(
    paths: list[Path], recogniser: Recogniser, backend: Backend | None, report: Progress
) -> list[Member | None]:
    with ExitStack() as stack:
        if backend is None:
            backend = open_backend()
            stack.callback(backend.close)
        detector = Detector()
        stack.callback(detector.close)
        found: list[Member | None] = []
        for number, path in enumerate(paths):
            report("measuring", number, len(paths))
            look = _measure_clip if is_clip(path) else measure
            try:
                found.append(
                    look(path, backend, detector, recogniser) if path.stat().st_size else None
                )
            except OSError:  # a VideoError is one too
                found.append(None)
        report("measuring", len(paths), len(paths))
    return found


def _measure_clip(
    path: Path, backend: Backend, detector: Detector, recogniser: Recogniser
) -> Member | None:
    """Measure the person of a clip: the shape from many frames, the skin from the calmest one."""
    model = FaceModel.load()
    seen: list[np.ndarray] = []
    calmest: tuple[float, np.ndarray, np.ndarray] | None = None
    step = max(1, (probe(path).frame_estimate or _GLANCES) // _GLANCES)
    with Reader(path) as reader:
        for frame in reader:
            if frame.index % step or len(seen) >= 2 * _GLANCES:
                continue
            regions = detector.find(frame.image, tiles=True)[:1]
            points = backend.measure(frame.image, regions)[0] if regions else None
            if points is not None:
                points = backend.measure(frame.image, [Region.around(points)])[0]
            if points is None:
                continue
            seen.append(points)
            solved = model.solve(points, model.fit(points[None]))
            effort = float(abs(solved.pose.rotation[0, 2]) + 2 * solved.beta.mean())
            if calmest is None or effort < calmest[0]:
                calmest = effort, frame.image, points
    if calmest is None:
        return None
    _, image, points = calmest
    alpha = model.fit(np.stack(seen))
    solved = model.solve(points, alpha)
    return Member(
        path.stem,
        alpha,
        solved.beta,
        float(solved.pose.rotation[0, 2]),
        solved.pose.scale,
        recogniser.describe(image, points),
        uv.unwrap(image, points, SIZE),
    )
