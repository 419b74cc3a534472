"""Who is the doctor and who the patient among the faces of a recording; the rest are left out.

Nothing in a picture says what somebody's job is. With one camera per person, that person is the one
who is there most and largest; with one camera for both, the pair is. Who of the pair is the doctor
is for the caller to say: by a picture, a number or a side. Unsaid, it is the one on the left, and
the result says that this was assumed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mien.encounter.observation import ROLES, check_role
from mien.errors import ParameterError
from mien.tracking.selection import alike
from mien.tracking.track import FaceTrack

SIDES = ("left", "right")
_CLEARLY = 1.3  # how much more present and large the main person has to be to be called clear
_NOBODY = 0.02  # share of the main person's presence below which somebody is not counted
_GLIMPSE = 2  # sightings that nobody is counted for

DescribePicture = Callable[[str], np.ndarray]


class RoleError(ParameterError):
    """Who is who cannot be told from this recording: it is for it, not a setting of all."""

    code = "no-role"


@dataclass(frozen=True)
class Presence:
    """One of the people in a recording, by presence, size and place."""

    track: int
    """Index of the track."""
    share: float
    """Of the moments looked at in which the face was measured, 0 to 1."""
    size: float
    """Median side of the face, share of the picture's shorter side."""
    x: float
    """Median place from the left until the film first cuts, share of the width."""
    y: float
    """The same from the top, share of the height."""

    @property
    def weight(self) -> float:
        """How much of the recording is this person: presence times size, less off the middle."""
        return self.share * self.size * (1 - 0.5 * min(1.0, 2 * abs(self.x - 0.5)))


@dataclass(frozen=True)
class Assignment:
    """Who is who in one recording."""

    tracks: Mapping[str, int]
    """By role, the index of the person's track."""
    others: tuple[int, ...]
    """Tracks of people who are neither."""
    how: Mapping[str, str]
    """What each role was given for."""
    assumed: bool
    """Whether something was taken for granted that the caller should check."""
    cuts: int = 0
    """How often the film cuts: after each, looks alone say who is who."""

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"others": len(self.others), "how": dict(self.how), "assumed": self.assumed}


def people_of(tracks: Sequence[FaceTrack], size: tuple[int, int]) -> list[Presence]:
    """Presence, size and place of everybody.

    Parameters
    ----------
    tracks : sequence of FaceTrack
        Everybody.
    size : tuple of int
        Height and width of the picture, pixels.
    """
    height, width = size
    people = []
    for number, track in enumerate(tracks):
        known = track.known()
        if not len(known):
            people.append(Presence(number, 0.0, 0.0, 0.5, 0.5))
            continue
        boxes = track.landmarks.boxes(known)
        low, high = boxes[:, :2], boxes[:, 2:]
        # after a cut people may have changed seats: sides are those of the first shot
        _, end = track.shot(int(known[0]))
        middle = np.median(((low + high) / 2)[known < end], axis=0)
        side = float(np.median((high - low).max(1)))
        people.append(
            Presence(
                number,
                len(known) / len(track.state),
                side / min(height, width),
                float(middle[0] / width),
                float(middle[1] / height),
            )
        )
    return people


def assign_roles(
    tracks: Sequence[FaceTrack],
    size: tuple[int, int],
    roles: Sequence[str],
    references: Mapping[str, str] | None = None,
    *,
    describe_picture: DescribePicture | None = None,
    threshold: float = 0.6,
    not_like: np.ndarray | None = None,
) -> Assignment:
    """Give roles to the people of one recording.

    Parameters
    ----------
    tracks : sequence of FaceTrack
        Everybody, the most present first.
    size : tuple of int
        Height and width of the picture, pixels.
    roles : sequence of str
        The roles that are in this recording, one or two of `observation.ROLES`.
    references : mapping, optional
        By role: ``"left"`` or ``"right"``, the person's number from 1 as ``mien people`` gives it,
        or the path of a picture of the face.
    describe_picture : callable, optional
        From a picture's path to the descriptor of its one face; needed for pictures.
    threshold : float
        Descriptors closer than this show one person.
    not_like : np.ndarray, optional
        Descriptors of somebody known to be somebody else, shape (n, d): with two cameras, the
        person of the other one, who may be in this picture too.

    Raises
    ------
    ParameterError
        If a reference fits nobody, or two people, or both roles fit one person.
    """
    references = dict(references or {})
    for role in (*roles, *references):
        check_role(role)
    people = people_of(tracks, size)
    ranked = _ranked(people, tracks, not_like, threshold)
    given, how = _by_reference(tracks, roles, references, describe_picture, threshold)
    missing = [role for role in roles if role not in given]
    rest = [person for person in ranked if person.track not in given.values()]
    assumed = False
    if len(missing) == 2:
        assumed = not references
        for role, side, person in _pair(rest, missing, references):
            given[role] = person.track
            how[role] = f"assumed, on the {side}" if assumed else f"on the {side}"
    elif missing:
        (role,) = missing
        person, how[role] = _one(rest, role, references if len(roles) == 1 else {})
        given[role] = person.track
        unclear = len(rest) > 1 and rest[0].weight < _CLEARLY * rest[1].weight
        assumed = unclear and len(roles) == 1 and role not in references
    others = _others(people, tracks, set(given.values()))
    return Assignment(given, others, how, assumed, len(tracks[0].cuts))


def _by_reference(
    tracks: Sequence[FaceTrack],
    roles: Sequence[str],
    references: Mapping[str, str],
    describe_picture: DescribePicture | None,
    threshold: float,
) -> tuple[dict[str, int], dict[str, str]]:
    """By role: tracks that a number or a picture names, and by which of them."""
    given: dict[str, int] = {}
    how: dict[str, str] = {}
    for role in roles:
        reference = references.get(role)
        if reference is None or reference in SIDES:
            continue
        number = _named(reference, role, tracks, describe_picture, threshold)
        if number in given.values():
            raise RoleError(
                f"The references name the same person as doctor and patient: change that of the "
                f"{role}."
            )
        given[role] = number
        how[role] = "number" if reference.isdigit() else "picture"
    return given, how


def _ranked(
    people: Sequence[Presence],
    tracks: Sequence[FaceTrack],
    not_like: np.ndarray | None,
    threshold: float,
) -> list[Presence]:
    """Who may be given a role, the most present and largest first."""
    candidates = [person for person in people if person.share > 0]
    if not candidates:
        raise RoleError("There is nobody to give a role to.")
    if not_like is not None and len(not_like) and len(candidates) > 1:
        kept = [p for p in candidates if not _alike(tracks[p.track], not_like, threshold)]
        candidates = kept or candidates
    return sorted(candidates, key=lambda person: -person.weight)


def _pair(
    rest: Sequence[Presence], roles: Sequence[str], references: Mapping[str, str]
) -> list[tuple[str, str, Presence]]:
    """Role, side and person of the two who are there most."""
    left = _on_the_left(references)
    if len(rest) < 2:
        raise RoleError(
            "Only one person's face was found: give the patient's recording too, or one that "
            "shows both."
        )
    pair = sorted(rest[:2], key=lambda person: person.x)
    order = [left, *(role for role in roles if role != left)]
    return list(zip(order, SIDES, pair, strict=True))


def _one(
    rest: Sequence[Presence], role: str, references: Mapping[str, str]
) -> tuple[Presence, str]:
    """The person for the one role that is left, and why."""
    if not rest:
        raise RoleError(
            f"Only one person's face was found, so there is none for the {role}: give a "
            "recording that shows both."
        )
    if role not in references:
        return rest[0], "most present and largest"
    pair = sorted(rest[:2], key=lambda person: person.x)
    return pair[0 if references[role] == "left" else -1], f"on the {references[role]}"


def _others(
    people: Sequence[Presence], tracks: Sequence[FaceTrack], given: set[int]
) -> tuple[int, ...]:
    """Tracks of people without a role who are more than a glimpse."""
    most = max((people[k].share for k in given), default=0.0)
    return tuple(
        person.track
        for person in people
        if person.track not in given
        and person.share > _NOBODY * most
        and len(tracks[person.track].known()) > _GLIMPSE
    )


def _on_the_left(references: Mapping[str, str]) -> str:
    """The role of whoever is on the left: the doctor, where nothing else is said."""
    sides = {role: side for role, side in references.items() if side in SIDES}
    if len(sides) == 2 and len(set(sides.values())) == 1:
        raise ParameterError(f"Doctor and patient cannot both be on the {sides['doctor']}.")
    for role, side in sides.items():
        other = next(name for name in ROLES if name != role)
        return role if side == "left" else other
    return ROLES[0]


def _alike(track: FaceTrack, descriptors: np.ndarray, threshold: float) -> bool:
    if not len(track.descriptors):
        return False
    apart = np.linalg.norm(track.descriptors[:, None] - descriptors[None], axis=2)
    return float(np.quantile(apart, 0.2)) < threshold


def _named(
    given: str,
    role: str,
    tracks: Sequence[FaceTrack],
    describe_picture: DescribePicture | None,
    threshold: float,
) -> int:
    if given.isdigit():
        number = int(given)
        if not 1 <= number <= len(tracks):
            raise RoleError(
                f"The {role} is to be person {number}, but people are numbered 1 to {len(tracks)}: "
                "see mien people."
            )
        return number - 1
    if describe_picture is None:
        raise ParameterError(
            f"The {role} is to be known by {given}: give left, right, a number or a picture."
        )
    numbers = alike(describe_picture(given), tracks, threshold)
    if not numbers:
        raise RoleError(
            f"Nobody in the recording looks like {given} to the recogniser: name the {role} by "
            "side or number."
        )
    if len(numbers) > 1:
        raise RoleError(
            f"Several people look like {given} to the recogniser: name the {role} by side or "
            "number."
        )
    return numbers[0]
