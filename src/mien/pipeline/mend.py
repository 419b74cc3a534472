"""Mending what an attack found: a face pushed further, frames and places covered."""

from __future__ import annotations

import numpy as np

from mien.models.sighting import Sighting
from mien.pipeline.casting import Individual
from mien.pipeline.second_pass import Rendered
from mien.pipeline.steering import Room
from mien.pipeline.survey import Survey
from mien.pipeline.withholding import Conceded
from mien.recognition.lookout import HEADROOM
from mien.recognition.recogniser import Recogniser
from mien.recognition.verdict import Audit
from mien.recognition.watch import Box

_AROUND_S = 0.5  # for which a face that was left is covered before and after it was found
_MOST_COVERED = 0.8  # share of a person's frames beyond which they are covered in all of them
_STAYS_S = 3.0  # about two sightings of a face that was left, in which it was there too


def mend_people(
    people: list[Individual],
    audits: list[Audit],
    rendered: Rendered,
    recogniser: Recogniser,
    pushing: bool,
    room: Room,
    conceded: Conceded,
) -> None:
    """Change what is still recognised.

    A face is pushed further away; where that does not help, it is covered in the frames that fail,
    or in all of them where few would be left.
    """
    failed: dict[int, list[Audit]] = {}
    for verdict in audits:
        if not verdict.passed:
            failed.setdefault(verdict.person, []).append(verdict)
    for place, (person, probes) in enumerate(zip(people, rendered.probes, strict=True)):
        verdicts = failed.get(person.track.person)
        if verdicts is None or person.gallery is None:
            continue
        if pushing and person.push_on(recogniser, room):
            continue
        seen = {one.recogniser: one.frames for one in (probes, *rendered.judged[place].probes)}
        frames = np.zeros(len(person.track.state), bool)
        for verdict in verdicts:
            frames |= between(verdict.under, seen[verdict.recogniser], len(frames))
        if person.covered is not None:
            frames |= person.covered
        cover_in(person, frames, probes.frames)
        conceded.recognised(place, frames, {verdict.recogniser for verdict in verdicts})


def cover_in(person: Individual, frames: np.ndarray, checked: list[int]) -> None:
    """Cover somebody in some frames, or in all of them where few would be left.

    Parameters
    ----------
    person : Individual
        Who it is.
    frames : np.ndarray [shape=(n_frames,), dtype=bool]
        Where; is changed to what is covered.
    checked : list of int
        Frames that a recogniser was shown.
    """
    nothing_left = frames[checked].all()  # to be compared the next time
    if nothing_left or frames[person.track.known()].mean() > _MOST_COVERED:
        frames[:] = True
    person.cover(frames)


def between(failed: list[int], checked: list[int], count: int) -> np.ndarray:
    """Frames that failed, and all between them and the next ones that passed.

    Parameters
    ----------
    failed, checked : list of int
        Numbers of the frames that failed, and of all that were looked at.
    count : int
        Frames of the clip.

    Returns
    -------
    found : np.ndarray [shape=(count,), dtype=bool]
        All of them.
    """
    found = np.zeros(count, bool)
    passed = np.array(sorted(set(checked) - set(failed)), int)
    for frame in failed:
        at = int(np.searchsorted(passed, frame))
        first = passed[at - 1] + 1 if at else 0
        found[first : passed[at] if at < len(passed) else count] = True
    return found


def mend_places(
    left: dict[int, list[Box]],
    rendered: Rendered,
    covers: dict[int, list[Box]],
    found: Survey,
) -> set[int]:
    """Cover the faces of the original that were left, in this rendering and in earlier ones.

    Each search is one detector's, and another might have seen the face in the frames between: from
    the last frame that was searched to the next one, and for half a second either way, the place is
    covered. Whoever is seen twice in a place stays there: it is covered between the two, and for a
    few seconds before and after, if the film does not cut. The frames are given back.
    """
    more: dict[int, list[Box]] = {}
    for frame, boxes in rendered.left.items():
        left.setdefault(frame, []).extend(boxes)
    times, watched = found.times, rendered.watched
    cuts = found.tracks[0].cuts if found.tracks else ()
    for frame in rendered.left:
        place = watched.index(frame)
        near = np.flatnonzero(np.abs(times - times[frame]) <= _AROUND_S)
        first = min(watched[place - 1] + 1 if place else 0, int(near[0]))
        last = max(watched[min(place + 1, len(watched) - 1)], int(near[-1]))
        for box in rendered.left[frame]:
            for other in range(first, min(last, len(times) - 1) + 1):
                more.setdefault(other, []).append(box.grown(0.25))
    edges = np.array(sorted({0, *cuts, len(times)}))
    frames = sorted(left)
    for k, frame in enumerate(frames):
        start, end = int(edges[edges <= frame].max()), int(edges[edges > frame].min())
        for later in frames[k + 1 :]:
            if times[later] - times[frame] > _STAYS_S or later >= end:
                break
            for box in left[frame]:
                if any(_meet(box, other) for other in left[later]):
                    low, high = np.searchsorted(
                        times, [times[frame] - _STAYS_S, times[later] + _STAYS_S]
                    )
                    for between in range(max(start, int(low)), min(end, int(high))):
                        more.setdefault(between, []).append(box.grown(0.25))
    for frame, boxes in more.items():
        covers.setdefault(frame, []).extend(boxes)
    return set(more)


def places_left(left: dict[int, list[Box]]) -> list[Sighting]:
    """Where a face was left in an earlier rendering: looked at closely from then on."""
    kept: list[Box] = []
    for frame in sorted(left):
        kept += [box for box in left[frame] if not any(_meet(box, other) for other in kept)]
    return [
        Sighting(
            (box.left + box.right) / 2,
            (box.top + box.bottom) / 2,
            max(box.right - box.left, box.bottom - box.top) / (1 + 2 * HEADROOM),
            1.0,
            "an earlier look",
        )
        for box in kept
    ]


def _meet(box: Box, other: Box) -> bool:
    """Whether two boxes share most of the smaller one."""
    across = min(box.right, other.right) - max(box.left, other.left)
    down = min(box.bottom, other.bottom) - max(box.top, other.top)
    sizes = [(b.right - b.left) * (b.bottom - b.top) for b in (box, other)]
    return max(across, 0) * max(down, 0) > 0.5 * min(sizes)
