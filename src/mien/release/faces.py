"""Faces that a result shows: whose they may be, and whether each is where one was replaced."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mien.models.landmarker import open_backend
from mien.privacy.audit import EVERYBODY, Finding, Pairing, ask, audit_pair, pair, places
from mien.progress import Progress
from mien.recognition.recogniser import distances
from mien.recognition.registry import joining, recogniser
from mien.recognition.watch import Box, Watch, unaccounted
from mien.tracking.detection import Detector
from mien.tracking.follow import follow
from mien.video import Frame, Reader
from mien.workers import ahead

STEP_S = 0.25
"""Seconds between two frames that are searched."""


@dataclass(frozen=True)
class Seen:
    """What a second detector sees in a result, with no original to compare with."""

    searched: int
    """Frames it looked at."""
    with_faces: int
    """Those in which it sees a face."""
    most: int
    """Faces that it sees at once, at most."""
    most_at: float
    """When, seconds."""


@dataclass(frozen=True, eq=False)
class Compared:
    """What is seen in a result whose original is there."""

    searched: int
    """Frames looked at besides those of the audit."""
    strangers: tuple[float, ...]
    """When a face is where nobody was tracked in the original, seconds."""
    nearest: float | None
    """Smallest distance of any face to the people who were to be hidden; None without a face."""
    nearest_at: float | None
    """When, seconds of the result; None without a face."""
    threshold: float
    """Distance below which two faces are one person's."""
    recognised: int
    """Frames with a face below it, or that any other recogniser that was asked takes for the
    person's."""
    untouched: float
    """Largest share of the frames in which somebody's face is as in the original, 0 to 1."""
    hidden: int
    """People who were to be hidden and could be compared."""

    @property
    def passed(self) -> bool:
        """Whether nobody is recognised, left as they were, or where nobody should be."""
        return not (self.strangers or self.recognised or self.untouched)


def seen_in(result: Path, progress: Progress | None = None) -> Seen:
    """Look for faces every `STEP_S` of a result.

    Raises
    ------
    VideoError
        If it cannot be read.
    """
    watch = Watch()
    counts = [(len(watch.find(frame.image)), frame.time) for frame in _some(result, progress)] or [
        (0, 0.0)
    ]
    most = max(counts, key=lambda pair: pair[0])
    return Seen(len(counts), sum(count > 0 for count, _ in counts), *most)


def compared(
    original: Path,
    result: Path,
    left: Collection[int] = (),
    landmarker: str | None = None,
    progress: Progress | None = None,
) -> Compared:
    """Compare every face of a result with everybody in its original.

    Two looks are taken: that of `mien.privacy.audit.audit_pair`, and one at a frame every
    `STEP_S` in which each face that is found is compared and must be where somebody was tracked.

    Parameters
    ----------
    original, result : Path
        The clips; only read.
    left : collection of int
        Numbers, from 0, of people whose faces were left on purpose.
    landmarker : str, optional
        A Face Landmarker model to track with.
    progress : callable, optional
        Called as ``progress(stage, done, total)``.

    Raises
    ------
    VideoError
        If a clip cannot be read.
    NoFaceError, ParameterError
        If nobody can be compared.
    """
    judge, backend = recogniser(), open_backend(landmarker)
    with closing(backend):
        found = follow(original, backend, joining().describe, progress)
        if not found.tracks:
            raise found.nobody()
        tracks = found.tracks
        pairing = pair(original, result, tracks, found.times, progress)
        verdict = audit_pair(original, result, ask(EVERYBODY, backend), backend, progress, pairing)
        findings = [f for f in verdict.findings if f.audit.person not in left]
        spared = [track for track in tracks if track.person in left]
        own = [f for f in findings if f.audit.recogniser == judge.name]
        gallery = [f.gallery for f in own]
        known = np.concatenate(gallery) if gallery else None
        partner_of = {int(k): frame for frame, k in enumerate(pairing.partner) if k >= 0}
        scale = _scale(original, result)
        strangers = [float(pairing.others[pairing.partner[f]]) for f in verdict.residual]
        below, searched = [], 0
        nearest, nearest_at = _least(own, pairing)
        watch = Watch()
        with closing(Detector()) as detector:
            for frame in _some(result, progress):
                searched += 1
                same = partner_of.get(frame.index)
                boxes = [] if same is None else places(tracks, same, scale)
                if unaccounted(watch.find(frame.image), boxes):
                    strangers.append(frame.time)
                aside = [] if same is None else places(spared, same, scale)
                chips = [
                    view
                    for points in backend.measure(frame.image, detector.find(frame.image))
                    if points is not None and unaccounted([_box(points)], aside)
                    for view in judge.views(frame.image, points)
                ]
                if known is None or not chips:
                    continue
                distance = float(distances(judge.describe_all(chips), known).min())
                if distance < judge.threshold:
                    below.append(frame.time)
                if nearest is None or distance < nearest:
                    nearest, nearest_at = distance, frame.time
    audited = {name: 0 for name in (f.audit.recogniser for f in findings)}
    for finding in findings:
        under = round(finding.audit.share_under * finding.audit.frames)
        audited[finding.audit.recogniser] += under
    return Compared(
        searched,
        tuple(sorted(set(strangers))),
        nearest,
        nearest_at,
        judge.threshold,
        max(len(below), *audited.values(), 0),
        max((f.untouched for f in findings), default=0.0),
        len(own),
    )


def _least(findings: Sequence[Finding], pairing: Pairing) -> tuple[float | None, float | None]:
    """The smallest distance that an audit found, and when, in the result."""
    if not findings:
        return None, None
    nearest = min((f.audit for f in findings), key=lambda audit: audit.nearest)
    partner = pairing.partner[nearest.worst[0]] if nearest.worst else -1
    return nearest.nearest, float(pairing.others[partner]) if partner >= 0 else None


def _some(result: Path, progress: Progress | None) -> Iterator[Frame]:
    """A frame every `STEP_S`, from the first."""
    due: float | None = None
    with Reader(result) as reader:
        total = reader.info.frame_estimate
        for frame in ahead(reader):
            if due is None or frame.time >= due - 1e-6:
                last = frame.time if due is None else due
                due = last + STEP_S * max(1, int((frame.time - last) / STEP_S) + 1)
                yield frame
            if progress is not None:
                progress("looking for faces", frame.index + 1, total)


def _scale(original: Path, result: Path) -> np.ndarray:
    """Pixels of the result per pixel of the original, across and down."""
    sizes = []
    for path in (result, original):
        with Reader(path) as reader:
            sizes.append((reader.info.width, reader.info.height))
    return np.array(sizes[0], float) / np.array(sizes[1], float)


def _box(points: np.ndarray) -> Box:
    low, high = points[:, :2].min(0), points[:, :2].max(0)
    return Box(*(round(float(x)) for x in (*low, *high)))
