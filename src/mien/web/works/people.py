"""Finding everybody in a clip, with a picture of each."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import numpy as np

from mien.errors import ParameterError
from mien.models.landmarker import open_backend
from mien.progress import Progress
from mien.recognition.registry import joining
from mien.tracking.follow import follow
from mien.tracking.view import clear_view, portraits
from mien.web.queue.folders import person_picture
from mien.web.queue.tasks import Task
from mien.web.works.previews import write

if TYPE_CHECKING:
    from mien.tracking import FaceTrack

_EVERY_S = 0.5  # between two places of a person that are kept
_MOST_PLACES = 240  # of a person; of longer clips they are farther apart
_MOST_PEOPLE = 40


def find_people(task: Task, progress: Progress) -> dict[str, Any]:
    """Follow everybody through a clip's original.

    The folder gets a picture of each: it SHOWS THE PATIENT.

    Returns
    -------
    found : dict
        ``seconds`` of the clip, and ``people``, the most present first: ``person`` (number from 1),
        ``frames``, ``of``, ``first_s``, ``last_s``, ``at`` (a place and a time that name them),
        ``time_s`` of the picture, ``still`` (never moves), and ``places``: ``[time, x, y]``,
        seconds and pixels, now and then while they are seen.

    Raises
    ------
    NoFaceError
        If nobody is found.
    MienError
        As `mien.tracking.follow.follow` does.
    """
    (clip,) = task.clips
    if clip.original is None or not clip.original.is_file():
        raise ParameterError("The stored original was deleted: upload the clip again.")
    with closing(open_backend(None)) as backend:
        followed = follow(clip.original, backend, joining().describe, progress)
    tracks = [one for one in followed.tracks if len(one.known())][:_MOST_PEOPLE]
    if not tracks:
        raise followed.nobody()
    views = [clear_view(track, tracks, followed.size) for track in tracks]
    for number, face in enumerate(portraits(clip.original, tracks, views), 1):
        write(face, task.folder / person_picture(number))
    times = followed.times
    return {
        "seconds": round(float(np.ptp(times)), 3),
        "people": [_person(track, view, times) for track, view in zip(tracks, views, strict=True)],
    }


def _person(track: FaceTrack, view: int, times: np.ndarray) -> dict[str, Any]:
    known = track.known()
    x, y = _middle(track, view)
    time = round(float(times[view]), 2)
    every = max(_EVERY_S, float(np.ptp(times)) / _MOST_PLACES)
    steps = np.floor((times[known] - times[known[0]]) / every)
    chosen = known[np.unique(steps, return_index=True)[1]]
    return {
        "person": track.person + 1,
        "frames": len(known),
        "of": len(times),
        "first_s": round(float(times[known[0]]), 2),
        "last_s": round(float(times[known[-1]]), 2),
        "time_s": time,
        "at": f"{x},{y}@{time:g}",
        "still": bool(track.still),
        "places": [[round(float(times[k]), 2), *_middle(track, int(k))] for k in chosen],
    }


def _middle(track: FaceTrack, frame: int) -> tuple[int, int]:
    """The middle of a face, pixels."""
    points = track.landmarks[frame, :, :2]
    x, y = np.round((points.min(0) + points.max(0)) / 2).clip(0).astype(int).tolist()
    return x, y
