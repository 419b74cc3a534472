"""Who of the people in a clip is replaced, covered or left alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import numpy as np

from mien.errors import ParameterError
from mien.tracking.track import FaceTrack, Stretch

_NUMBER = re.compile(r"\d+")
_PLACE = re.compile(r"(\d+(?:\.\d+)?)\s*,\s*(\d+(?:\.\d+)?)\s*@\s*(\d+(?:\.\d+)?)")
_NEAR_S = 0.25  # a face counts as seen at a time if it was measured this close to it
_NEAR = 1.5  # face sizes between a place and the middle of a face: one beyond its edge
_CLEAR = 0.25  # face sizes by which the next face has to be further away
# descriptor distance to the view that was named, within which another is theirs: within one clip
# people are up to .38 from themselves; of 14,365 pairs of strangers the nearest are .466 and .503
_PROVEN = 0.45
_ANEW = 0.42  # of at least half of the views of a stretch that another one was named in
_CLEARER = 0.05  # descriptor distance by which the next person has to be less alike

DescribePicture = Callable[[str], np.ndarray]


class Role(Enum):
    """What happens to one person's face."""

    REPLACE = "replace"
    COVER = "cover"
    LEAVE = "leave"


@dataclass(frozen=True)
class Selection:
    """Whose face is replaced, covered or left alone; validated once.

    People are named by their number (from 1, the most present first: seen longest, largest, nearest
    the middle, and moving), by a place and a time at
    which their face is seen (``X,Y@T``: pixels from the left and the top, seconds), or by a
    picture of their face.
    """

    people: str = "all"
    """`all` replaces everybody, `main` the most present person, a list such as `1,3` those
    numbers; everybody else is covered."""
    leave: tuple[str, ...] = ()
    """People whose face stays as it is, whatever `people` says."""
    cover: tuple[str, ...] = ()
    """People who are covered, whatever `people` says."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "people", self.people.strip())
        for name in ("leave", "cover"):
            items = tuple(item.strip() for item in getattr(self, name))
            object.__setattr__(self, name, items)
            for item in items:
                _check(name, item)
        self.numbers()
        for item in self.leave:
            if item in self.cover:
                raise ParameterError(
                    f"{item} is to be both left alone and covered: choose one of the two."
                )

    def numbers(self) -> list[int] | None:
        """The numbers that `people` lists, from 1; None for `all` and `main`.

        Raises
        ------
        ParameterError
            If `people` is none of the three.
        """
        if self.people in ("all", "main"):
            return None
        items = [item.strip() for item in self.people.split(",")]
        if not all(_NUMBER.fullmatch(item) and int(item) > 0 for item in items):
            raise ParameterError(
                f"people is {self.people!r}: choose all, main, or numbers from 1 such as 1,3."
            )
        return [int(item) for item in items]


def roles(
    selection: Selection,
    tracks: list[FaceTrack],
    times: np.ndarray,
    describe_picture: DescribePicture,
    threshold: float,
) -> tuple[list[Role], dict[int, list[str]]]:
    """What happens to each person of a clip.

    Parameters
    ----------
    selection : Selection
        What the user wants.
    tracks : list of FaceTrack
        Everybody, the most present first.
    times : np.ndarray [shape=(n_frames,)]
        Presentation times, seconds, increasing.
    describe_picture : callable
        From the path of a picture to the descriptor of its one face, shape (d,); called only for
        people named by a picture.
    threshold : float
        Descriptors closer than this show one person.

    Returns
    -------
    roles : list of Role
        One per track.
    left : dict
        By the number of each person who is left alone, the names that mean them.

    Raises
    ------
    ParameterError
        If a name fits nobody, or several people equally well, or one person is named for two
        different things.
    """
    listed = selection.numbers()
    if selection.people == "main":
        listed = [1]
    if listed is None:
        found = [Role.REPLACE] * len(tracks)
    else:
        chosen = {_numbered(number, tracks) for number in listed}
        found = [Role.REPLACE if k in chosen else Role.COVER for k in range(len(tracks))]
    named: dict[int, Role] = {}
    left: dict[int, list[str]] = {}
    for role, items in ((Role.LEAVE, selection.leave), (Role.COVER, selection.cover)):
        for item in items:
            person = _resolve(item, tracks, times, describe_picture, threshold)
            if named.setdefault(person, role) != role:
                raise ParameterError(
                    f"{item} is person {person + 1}, who is to be both left alone and covered: "
                    "choose one of the two."
                )
            if role == Role.LEAVE:
                left.setdefault(person, []).append(item)
    for person, role in named.items():
        found[person] = role
    return found, left


def proven(
    item: str,
    track: FaceTrack,
    others: Sequence[FaceTrack],
    times: np.ndarray,
    describe_picture: DescribePicture,
) -> np.ndarray:
    """Frames in which a person's looks prove that they are who was named.

    A place says nothing across a cut, a track is put together by a machine, and a film may fade
    from one face to another. So the views that a recogniser described are compared one by one with
    that of the person who was named: at the place and time, most like the picture, or else in the
    middle of all that the longest stretch shows. Between two views that are theirs, in one stretch,
    the face is theirs. In a stretch that begins after a break most views have to be clearly theirs.

    Parameters
    ----------
    item : str
        The name: a number, a place and time, or a picture.
    track : FaceTrack
        Whom it means.
    others : sequence of FaceTrack
        Everybody else.
    times : np.ndarray [shape=(n_frames,)]
        Presentation times, seconds, increasing.
    describe_picture : callable
        As for `roles`.

    Returns
    -------
    frames : np.ndarray [shape=(n_frames,), dtype=bool]
    """
    found = np.zeros(len(track.state), bool)
    stretches = [stretch for stretch in track.stretches if len(stretch.descriptors)]
    if not stretches:
        return found
    anchor, looks = _named(item, stretches, times, describe_picture)
    rivals = [other.descriptors for other in others if len(other.descriptors)]
    before: Stretch | None = None
    for stretch in track.stretches:
        own = _own(stretch, looks, rivals)
        if stretch is not anchor and len(own):
            apart = np.linalg.norm(stretch.descriptors - looks, axis=1)
            own &= np.median(apart) < _ANEW
        for k in np.flatnonzero(own):
            first = stretch.start if k == 0 else stretch.frames[k]
            end = stretch.end if k == len(own) - 1 else stretch.frames[k] + 1
            if k + 1 < len(own) and own[k + 1]:
                end = stretch.frames[k + 1] + 1
            found[first:end] = True
        if before is not None and len(own) and own[0]:  # interpolated between two that are theirs
            found[before.end : stretch.start] = True
        before = stretch if len(own) and own[-1] else None
    return found


def _named(
    item: str, stretches: list[Stretch], times: np.ndarray, describe_picture: DescribePicture
) -> tuple[Stretch, np.ndarray]:
    """The stretch that a name means, and the view in it that is who was named."""
    place = _PLACE.fullmatch(item)
    if _NUMBER.fullmatch(item):
        anchor = max(stretches, key=lambda s: s.end - s.start)
    elif place:
        frame = int(np.abs(times - float(place.group(3))).argmin())
        anchor = min(stretches, key=lambda s: max(s.start - frame, frame - s.end + 1, 0))
    else:
        wanted = describe_picture(item)
        anchor = min(
            stretches, key=lambda s: float(np.linalg.norm(s.descriptors - wanted, axis=1).min())
        )
    each = np.linalg.norm(anchor.descriptors[:, None] - anchor.descriptors[None], axis=2)
    if _NUMBER.fullmatch(item):
        named = int(np.median(each, axis=1).argmin())
    elif place:
        named = int(np.abs(times[anchor.frames] - float(place.group(3))).argmin())
    else:
        named = int(np.linalg.norm(anchor.descriptors - wanted, axis=1).argmin())
    return anchor, anchor.descriptors[named]


def _own(stretch: Stretch, looks: np.ndarray, rivals: list[np.ndarray]) -> np.ndarray:
    """Which views of a stretch show the person who looks so, and nobody else in the clip more so,
    shape (n_views,)."""
    if not len(stretch.descriptors):
        return np.zeros(0, bool)
    own = np.linalg.norm(stretch.descriptors - looks, axis=1)
    theirs = np.full(len(own), np.inf)
    for other in rivals:
        each = np.linalg.norm(stretch.descriptors[:, None] - other[None], axis=2)
        theirs = np.minimum(theirs, each.min(1))
    return np.asarray((own < _PROVEN) & (own < theirs))


def _check(name: str, item: str) -> None:
    """Refuse what cannot name anybody, before any work."""
    if _PLACE.fullmatch(item):
        return
    if _NUMBER.fullmatch(item):
        if int(item) == 0:
            raise ParameterError(f"{name} is 0, but people are numbered from 1: see mien people.")
        return
    if not item or not Path(item).is_file():
        raise ParameterError(
            f"{name} is {item!r}, which is no picture: give a number, a place and time such as "
            "640,200@3.5, or a picture of one face."
        )


def _resolve(
    item: str,
    tracks: list[FaceTrack],
    times: np.ndarray,
    describe_picture: DescribePicture,
    threshold: float,
) -> int:
    """The index of the track that a name means."""
    if _NUMBER.fullmatch(item):
        return _numbered(int(item), tracks)
    place = _PLACE.fullmatch(item)
    if place:
        x, y, time = (float(part) for part in place.groups())
        return _at(item, np.array([x, y]), time, tracks, times)
    return _like(item, describe_picture(item), tracks, threshold)


def _numbered(number: int, tracks: list[FaceTrack]) -> int:
    if number > len(tracks):
        there = "only one person" if len(tracks) == 1 else f"{len(tracks)} people"
        raise ParameterError(
            f"There is no person {number}: the clip shows {there}; see them with mien people."
        )
    return number - 1


def _at(
    item: str, place: np.ndarray, time: float, tracks: list[FaceTrack], times: np.ndarray
) -> int:
    """Whose face is at a place, or within about one face of it."""
    distances = np.full(len(tracks), np.inf)
    meant = int(np.abs(times - time).argmin())
    for k, track in enumerate(tracks):
        known = track.known()
        first, end = track.shot(meant)  # what a film shows before or after it cuts is elsewhere
        known = known[(known >= first) & (known < end)]
        if not len(known):
            continue
        frame = known[np.abs(times[known] - time).argmin()]
        if abs(times[frame] - time) > _NEAR_S:
            continue
        low, high = track.landmarks[frame, :, :2].min(0), track.landmarks[frame, :, :2].max(0)
        distances[k] = np.abs(place - (low + high) / 2).max() / (high - low).max()
    nearest = int(distances.argmin())
    if time > times[-1] + _NEAR_S:
        raise ParameterError(f"{item} is too late: the clip ends after {times[-1]:.2f} s.")
    if distances[nearest] > _NEAR:
        raise ParameterError(
            f"Nobody's face is at or near {item}: look up a place and time with mien people."
        )
    if (np.delete(distances, nearest) < distances[nearest] + _CLEAR).any():
        raise ParameterError(
            f"Several faces are about equally near to {item}: choose a moment at which they are "
            "apart, and a place inside the face."
        )
    return nearest


def alike(wanted: np.ndarray, tracks: Sequence[FaceTrack], threshold: float) -> list[int]:
    """Who looks like a face to the recogniser, the most alike first.

    Parameters
    ----------
    wanted : np.ndarray [shape=(size,)]
        The recogniser's descriptor of the face.
    tracks : sequence of FaceTrack
        The people.
    threshold : float
        The recogniser's: nearer is the same person.

    Returns
    -------
    people : list of int
        Places in `tracks`: empty if nobody is near enough, several if they cannot be told apart.
    """
    distances = np.full(len(tracks), np.inf)
    for k, track in enumerate(tracks):
        if len(track.descriptors):
            distances[k] = np.linalg.norm(track.descriptors - wanted, axis=1).min()
    near = min(distances.min(initial=np.inf) + _CLEARER, threshold)
    return [int(k) for k in np.argsort(distances, kind="stable") if distances[k] < near]


def _like(item: str, wanted: np.ndarray, tracks: list[FaceTrack], threshold: float) -> int:
    """Whose face looks like a picture's to the recogniser."""
    found = alike(wanted, tracks, threshold)
    if not found:
        raise ParameterError(
            f"Nobody in the clip looks like {item} to the recogniser: name the person by number, "
            "or by place and time."
        )
    if len(found) > 1:
        raise ParameterError(
            f"Several people in the clip look like {item} to the recogniser: name the person by "
            "number, or by place and time."
        )
    return found[0]
