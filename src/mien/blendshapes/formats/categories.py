"""MediaPipe's categories (``.jsonl``): a line per frame with the list of them."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from mien.blendshapes.conversion import dropped_columns, to_mediapipe
from mien.blendshapes.formats.table import written
from mien.blendshapes.names import MEDIAPIPE
from mien.blendshapes.recording import Recording
from mien.errors import FormatError


def from_categories(
    frames: Iterable[Sequence[Any] | None], times: Sequence[float] | np.ndarray
) -> Recording:
    """Scores from MediaPipe's own results.

    Parameters
    ----------
    frames : iterable
        `face_blendshapes[0]` of each frame: categories as objects with `category_name` and `score`,
        or as dicts with `categoryName` or `category_name` and `score`; None or an empty list where
        no face was found. Their order does not matter.
    times : sequence of float [shape=(n_frames,)]
        Seconds.

    Raises
    ------
    FormatError
        If a category is of another kind, unknown or given twice; lines count from 1.
    """
    rows = [_row(frame, line) for line, frame in enumerate(frames, 1)]
    scores = np.array(rows, np.float32).reshape(-1, len(MEDIAPIPE))
    return Recording(MEDIAPIPE, scores, np.asarray(times, np.float64))


def parse(text: str, rate: float | None = None) -> Recording:
    """Scores over time from lines of JSON; there are no timecodes.

    Raises
    ------
    FormatError
        If something is wrong with a line.
    """
    rows, times = [], []
    for line, words in enumerate(text.splitlines(), 1):
        if not words.strip():
            continue
        try:
            entry = json.loads(words)
        except (ValueError, RecursionError) as exc:
            raise FormatError(f"Line {line}: this is not JSON.") from exc
        time = entry.get("time") if isinstance(entry, dict) else None
        if not isinstance(time, int | float) or not math.isfinite(time):
            raise FormatError(f"Line {line}: there is no time in seconds.")
        frame = entry.get("categories")
        if frame is not None and not isinstance(frame, list):
            raise FormatError(f"Line {line}: categories should be a list, or null without a face.")
        rows.append(_row(frame, line))
        times.append(float(time))
    return Recording(MEDIAPIPE, np.array(rows, np.float32), np.array(times))


def to_bytes(recording: Recording) -> tuple[bytes, tuple[str, ...]]:
    """The file, and sentences on what it has no place for."""
    converted, losses = to_mediapipe(recording)
    lines = []
    for time, row in zip(converted.times, converted.scores, strict=True):
        frame = [
            {"categoryName": name, "score": float(written(value))}
            for name, value in zip(MEDIAPIPE, row, strict=True)
            if np.isfinite(value)
        ]
        lines.append(json.dumps({"time": round(float(time), 6), "categories": frame or None}))
    data = "".join(f"{line}\n" for line in lines).encode()
    return data, losses + dropped_columns(recording, timecode=True, people=True)


def _row(frame: Sequence[Any] | None, line: int) -> np.ndarray:
    row = np.full(len(MEDIAPIPE), np.nan, np.float32)
    seen: set[str] = set()
    for category in frame or ():
        name, score = _name_and_score(category)
        if name not in MEDIAPIPE or name in seen:
            why = "is given twice" if name in seen else "is no category of MediaPipe's"
            raise FormatError(f"Line {line}: {name!r} {why}.")
        if not isinstance(score, int | float) or not math.isfinite(score):
            raise FormatError(f"Line {line}: the score of {name} is not a number.")
        seen.add(name)
        row[MEDIAPIPE.index(name)] = score
    return row


def _name_and_score(category: Any) -> tuple[Any, Any]:
    if isinstance(category, dict):
        name = category.get("categoryName", category.get("category_name"))
        return name, category.get("score")
    return getattr(category, "category_name", None), getattr(category, "score", None)
