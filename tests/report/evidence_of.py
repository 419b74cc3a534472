"""Evidence made from drawn points, without any clip being tracked.

It lasts less than 3 s: three blocks of time have no intervals, whose bootstrap takes long.
"""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from mien.evidence.evaluate import Evidence
from mien.evidence.measuring import Readings, measure
from mien.evidence.metrics import Metrics
from mien.evidence.original import Ceiling
from mien.face.model import FaceModel
from mien.face.topology import SIXTY_EIGHT
from mien.fidelity.profile import Profile
from mien.fidelity.reading import Reading
from mien.fidelity.worst import worst_moments
from mien.privacy.audit import Finding, Pair, Verdict
from mien.privacy.audit.frames import Shot
from mien.privacy.audit.terms import OwnFrames
from mien.recognition.verdict import Audit
from mien.video import Quality, VideoInfo, Writer

SIZE = (160, 120)
RESULT, ORIGINAL = (40, 160, 60), (200, 30, 40)
"""Colours of the two clips: no picture of the original may show in a report."""
FPS = 15


def reading(seconds: float, seed: int = 0, *, blinks: tuple[float, ...] = (0.7, 2.1)) -> Reading:
    """A head that nods, blinks, talks and trembles at 5 Hz."""
    count = round(seconds * FPS)
    times = np.arange(count) / FPS
    rng = np.random.default_rng(seed)
    neutral = FaceModel.load().neutral
    neutral = (neutral - neutral.mean(0)) * 40 / np.ptp(neutral[:, 0])
    mesh = np.repeat(neutral[None], count, 0).astype(float)
    mesh[:, :, 0] += 80 + 3 * np.sin(times)[:, None]
    mesh[:, :, 1] += 60 + 2 * np.cos(1.3 * times)[:, None]
    points = mesh[:, SIXTY_EIGHT, :2].copy()
    talk = 1 + np.sin(2 * np.pi * 0.7 * times) + 0.2 * np.sin(2 * np.pi * 5 * times)
    for point in (*range(55, 60), *range(65, 68), *range(6, 11)):
        points[:, point, 1] += 0.8 * talk
    for moment in blinks:
        shut = np.exp(-(((times - moment) / 0.09) ** 2))[:, None]
        for upper, lower in ((37, 41), (38, 40), (43, 47), (44, 46)):
            middle = points[:, [upper, lower], 1].mean(1, keepdims=True)
            part = points[:, [upper, lower], 1]
            points[:, [upper, lower], 1] = part + 0.9 * shut * (middle - part)
    points += rng.normal(0, 0.05, points.shape)
    body = np.full((count, 18, 3), 0.9)
    body[:, :, 0] = 20 + 6 * np.arange(18) + np.sin(times)[:, None]
    body[:, :, 1] = 30 + 4 * (np.arange(18) % 7)
    skin = 120 + np.outer(np.sin(2 * np.pi * 1.2 * times), (0.4, 1.0, 0.2))
    change = np.r_[np.nan, np.full(count - 1, 2.0)] if count else np.zeros(0)
    return Reading(times, *SIZE, points, mesh, body, skin, change)


def blind(one: Reading) -> Reading:
    """The same clip with nobody in it."""
    return replace(
        one,
        points=np.full_like(one.points, np.nan),
        mesh=np.full_like(one.mesh, np.nan),
        body=np.full_like(one.body, np.nan),
        skin=np.full_like(one.skin, np.nan),
        change=np.full_like(one.change, np.nan),
    )


def clip(path: Path, count: int, colour: tuple[int, int, int]) -> Path:
    """A clip of one colour."""
    picture = np.full((SIZE[1], SIZE[0], 3), colour, np.uint8)
    with Writer(path, VideoInfo(*SIZE, Fraction(1, FPS))) as writer:
        for k in range(count):
            writer.write(picture, k)
        writer.commit()
    return path


def verdict(*, nearest: float = 0.7) -> Verdict:
    """What a recogniser could say; its pictures are the original's colour."""
    distances = [nearest + 0.01 * k for k in range(12)]
    face = cv2.imencode(".jpg", np.full((200, 200, 3), ORIGINAL[::-1], np.uint8))[1].tobytes()
    found = Audit(
        0, 12, 10, nearest, nearest + 0.05, 0.6,
        quantiles={"50": nearest + 0.05},
        share_under=float(np.mean([d < 0.6 for d in distances])),
        share_upper=0.2, rank1=0.0, others=5, worst=[0], target=0.6, recogniser="drawn",
    )  # fmt: skip
    pairs = [Pair(Shot(k, face, face), distance) for k, distance in enumerate(distances)]
    finding = Finding(
        found, 0.0, 1.0, pairs, np.zeros((10, 128)), OwnFrames(12, 0.2, 0.05, 0.0), ()
    )
    return Verdict([finding], {}, 12, 12, 12, [])


def evidence(
    folder: Path,
    *,
    seconds: float = 2.9,
    other: Reading | None = None,
    only: str = "both",
    seen: Verdict | None = None,
    name: str = "shared.mp4",
) -> Evidence:
    """Evidence of two clips of one colour each, in a folder of their own."""
    one = reading(seconds)
    two = reading(seconds, 1) if other is None else other
    count = len(one.times)
    original = clip(folder / "secret-name.mp4", max(count, 1), ORIGINAL)
    result = clip(folder / name, max(count, 1), RESULT)
    readings = Readings(one, two, Ceiling(Quality(17.0, "stated"), reading(seconds, 2), {}))
    measures, merged = measure(readings if only != "privacy" else None)
    seen = (seen or verdict()) if only != "fidelity" else None
    privacy: dict[str, Any] | None = None
    if seen is not None:
        audit = seen.findings[0].audit
        privacy = {
            "share_recognised": audit.share_under,
            "nearest": audit.nearest,
            "share_untouched": 0.0,
            "faces_unaccounted": 0,
            **seen.as_dict(),
            "ceiling": None,
            "citation": "King, dlib <2017>",
        }
    about: dict[str, Any] = {
        "original_sha256": "a" * 64,
        "deidentified": name,
        "deidentified_sha256": "b" * 64,
        "measured": only,
        "frames": count,
        "frames_paired": count,
        "seconds": seconds,
        "width": SIZE[0],
        "height": SIZE[1],
        "people": 1,
        "person": 1,
        "ceiling_crf": 17.0,
        "ceiling_crf_from": "stated",
        "notes": ["A <note> & more."],
        "software": {"mien": "0"},
    }
    metrics = Metrics(about, {**merged, "privacy": privacy})
    profile = Profile.open("generic")
    lines = profile.check(metrics.to_json(), only)
    metrics = replace(metrics, profile=profile.as_dict(lines))
    json.dumps(metrics.to_json(), allow_nan=False)
    shown = only != "privacy"
    return Evidence(
        original,
        result,
        metrics,
        tuple(lines),
        tuple(worst_moments(one, two, measures)) if shown else (),
        measures,
        readings if shown else None,
        seen,
        np.arange(count),
    )
