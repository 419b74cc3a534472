"""How one moment of a clip would look, before the whole clip is made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from mien.errors import NoFaceError, ParameterError
from mien.pipeline.deidentify import deidentify
from mien.pipeline.settings import Settings, Thoroughness
from mien.progress import Progress
from mien.tracking.selection import Selection
from mien.video import Frame, Reader, Writer
from mien.web.queue.folders import TRIED, WAS
from mien.web.queue.tasks import Task
from mien.web.works.deidentify import face_of
from mien.web.works.previews import write

_AROUND_S = 0.6  # on each side of the moment
_MOST = 60  # frames
_QUICK = Thoroughness(
    samples=8, candidates=3, probes=3, gallery=16, most_in_gallery=24, checked=4, most_checked=8,
    attempts=1,
)  # fmt: skip
_NEAR_S = 1.0  # between a moment and a place at which somebody was seen


def try_moment(task: Task, progress: Progress) -> dict[str, Any]:
    """Make a picture of one moment of a clip as its result would look.

    Only what lies around the moment is drawn, and nothing attacks it: the picture shows how a face
    looks, not that it hides anybody. The folder gets the picture and the original's: both SHOW THE
    PATIENT. ``task.wanted`` holds the settings of the clip, ``time_s``, and ``people``'s ``places``
    as `mien.web.works.people.find_people` found them, if it did, as ``seen``.

    Returns
    -------
    found : dict
        ``time_s`` of the picture, and the ``surrogates`` in it.

    Raises
    ------
    NoFaceError
        If nobody is seen there.
    MienError
        As `mien.deidentify` does.
    """
    (clip,), wanted = task.clips, task.wanted
    if clip.original is None or not clip.original.is_file():
        raise ParameterError("The stored original was deleted: upload the clip again.")
    face, consent = face_of(wanted, clip)
    part, result = task.folder / "part.mp4", task.folder / "moment.mp4"
    start, moment = _cut(clip.original, part, float(wanted["time_s"]))
    best: list[tuple[float, float]] = []

    def watch(frame: Frame, image: np.ndarray) -> None:
        away = abs(frame.time - moment)
        if not best or away < best[0][0]:
            best[:] = [(away, frame.time)]
            write(frame.image, task.folder / WAS)
            write(image, task.folder / TRIED)

    try:
        made = deidentify(
            part,
            result,
            Settings(
                engine=wanted["engine"],
                match=wanted["match"],
                subject=wanted.get("subject"),
                selection=selection_at(wanted, start, moment),
                voice="mute",
                surroundings=wanted.get("surroundings", "keep"),
                hands=wanted.get("hands", "keep"),
                thoroughness=_QUICK,
                surrogate=face,
                consent=consent,
            ),
            progress=progress,
            watch=watch,
            withhold=False,
        )
    except NoFaceError as error:
        raise NoFaceError("Nobody's face is seen at that moment: choose another moment.") from error
    finally:
        for path in (part, result, result.with_suffix(".json")):
            path.unlink(missing_ok=True)
    return {"time_s": round(start + best[0][1], 3), "surrogates": made.surrogates}


def selection_at(wanted: dict[str, Any], start: float, moment: float) -> Selection:
    """Who is replaced, covered or left in a part of a clip that begins at `start`, seconds.

    Numbers are those of the whole clip; in a part of it people have others, and are named by where
    they are at about `moment`, seconds from the part's start.
    """
    seen = wanted.get("seen") or []
    if not seen:
        main = wanted["people"] == "main"
        return Selection(people="main" if main else "all")
    listed = {"main": [1], "all": None}.get(wanted["people"], [])
    if listed == []:
        listed = [int(number) for number in wanted["people"].split(",")]
    leave, cover = [], []
    for person in seen:
        place = min(person["places"], key=lambda each: abs(each[0] - start - moment))
        if abs(place[0] - start - moment) > _NEAR_S:
            continue
        name = f"{place[1]},{place[2]}@{max(place[0] - start, 0):.3f}"
        means = {str(person["person"]), person["at"]}
        if means & set(wanted.get("leave", [])):
            leave.append(name)
        elif means & set(wanted.get("cover", [])) or (
            listed is not None and person["person"] not in listed
        ):
            cover.append(name)
    return Selection(leave=tuple(leave), cover=tuple(cover))


def _cut(source: Path, part: Path, time_s: float) -> tuple[float, float]:
    """Write what lies around a time of a clip; when that begins, and the moment in it, seconds."""
    with Reader(source) as reader:
        writer: Writer | None = None
        first, last, count = None, None, 0
        try:
            for frame in reader:
                last = frame
                if frame.time < time_s - _AROUND_S:
                    continue
                if writer is None:
                    first, writer = frame, Writer(part, reader.info, preset="ultrafast")
                assert first is not None
                writer.write(frame.image, frame.pts - first.pts, duration=frame.duration)
                count += 1
                if frame.time > time_s + _AROUND_S or count >= _MOST:
                    break
            if writer is None or first is None:
                end = 0.0 if last is None else last.time
                raise ParameterError(f"The clip ends after {end:.1f} s: choose an earlier moment.")
            writer.commit()
        except BaseException:
            if writer is not None:
                writer.abandon()
            raise
    return first.time, time_s - first.time
