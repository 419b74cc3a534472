"""De-identifying one frame: every person drawn or covered, the nearest last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mien.engines.laying import composite
from mien.face.geometry import face_box
from mien.face.region import Region
from mien.pipeline.casting import Individual
from mien.pipeline.compositing import cover
from mien.pipeline.ledger import Entry
from mien.recognition.lookout import Face
from mien.recognition.watch import Box
from mien.tracking import State
from mien.tracking.gaps import overdue, reaches
from mien.tracking.hands import Hand
from mien.tracking.selection import Role


@dataclass(frozen=True)
class Hands:
    """Hands in a frame."""

    seen: Sequence[Hand] = ()
    """Where they are."""
    cover: bool = False
    """Whether a face is covered that one of them lies over."""

    def hide(self, landmarks: np.ndarray) -> bool:
        """Whether a face is covered because of them."""
        return self.cover and any(hand.over(landmarks) for hand in self.seen)


_NONE = Hands()


@dataclass
class Replaced:
    """One de-identified frame."""

    image: np.ndarray
    entry: Entry
    moved: list[np.ndarray | None]
    """Where each person's new face is; None without one."""
    faces: list[Face] | None
    """Faces that are dealt with, as they were; None where the whole frame is covered."""


def replace_faces(
    image: np.ndarray,
    frame: int,
    people: list[Individual],
    times: np.ndarray,
    covers: dict[int, list[Box]],
    hands: Hands = _NONE,
) -> Replaced:
    """De-identify one frame."""
    result = image.copy()
    entry = Entry.RENDERED
    moved: list[np.ndarray | None] = [None] * len(people)
    faces: list[Face] = []
    on_top: list[np.ndarray] = []
    known = False  # whether it is known where anybody is whose face is not left alone unseen
    present = [k for k, p in enumerate(people) if p.track.state[frame] != State.ABSENT]
    # somebody who turned away long ago lies behind everybody; the nearest face is drawn last
    for k in sorted(present, key=lambda k: _depth(people[k], times, frame)):
        person = people[k]
        state = person.track.state[frame]
        if state == State.LOST:
            if person.role == Role.LEAVE:
                continue  # nobody sees them, so nothing in their place is accounted for
            known = True
            places = reaches(person.track, times, frame)
            entry = Entry.COVERED
            if overdue(person.track, times, frame):
                for place in places:
                    cover(result, place)
            else:
                on_top += list(places)
            continue
        known = True
        points = person.track.landmarks[frame]
        spared = person.spared is not None and bool(person.spared[frame])
        faces.append(Face(Region.around(points), spared))
        if spared:
            continue
        rendering, landmarks = None, points
        hidden = hands.hide(points) or (person.covered is not None and person.covered[frame])
        if person.engine is not None and not hidden:
            landmarks = person.landmarks(image, frame)
            if hands.seen:
                rendering = person.engine.render_behind(image, landmarks, hands.seen)
            else:
                rendering = person.engine.render(image, landmarks)
        if rendering is None or rendering.covered:
            on_top.append(np.array(face_box(points, image.shape, 0.4), float))
            if person.role != Role.COVER:  # not as it was asked for
                entry = Entry.COVERED
        else:
            composite(result, rendering)
            moved[k] = rendering.face(landmarks)
            if state == State.INTERPOLATED:
                entry = max(entry, Entry.INTERPOLATED)
    for stranger in covers.get(frame, ()):
        on_top.append(np.array(stranger, float))
        entry = Entry.COVERED
    for place in on_top:
        cover(result, place)
    if not known:  # nobody is known to be here, so nobody knows where a missed face would be
        cover(result)
        return Replaced(result, Entry.COVERED, moved, None)
    return Replaced(result, entry, moved, faces)


def _depth(person: Individual, times: np.ndarray, frame: int) -> tuple[int, float]:
    """Order of drawing, farthest first: how sure a face is, then its height in the picture."""
    state = person.track.state[frame]
    if state == State.LOST:
        return (0 if overdue(person.track, times, frame) else 3), 0.0
    return (1 if state == State.INTERPOLATED else 2), float(
        np.ptp(person.track.landmarks[frame, :, 1])
    )
