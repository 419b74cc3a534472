"""Attacking what was rendered: a recogniser that knows the originals, and strangers' detectors."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from mien.errors import PrivacyError
from mien.face.region import Region
from mien.models.sighting import Sighting
from mien.pipeline.casting import Individual
from mien.pipeline.probes import Probes
from mien.pipeline.render import Replaced
from mien.pipeline.settings import Thoroughness
from mien.recognition.lookout import Lookout, Tally, close_up, same_face
from mien.recognition.recogniser import GLIMPSE, Recogniser
from mien.recognition.spread import spread_frames
from mien.recognition.watch import Box
from mien.tracking.scene import Scene
from mien.video import Frame

_MORE_WATCHED = (0.03, 3.0)  # frames searched besides because the picture changed: earned, saved


@dataclass
class Watched:
    """What the independent detectors found in one frame."""

    left: list[Box] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)
    glimpses: dict[int, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)
    """Chips of the original and of the result, by the person's place in the list."""


def with_changes(frames: Iterable[Frame]) -> Iterator[tuple[Frame, list[np.ndarray]]]:
    """Each frame with a place that changed at once, if one did: somebody may have turned up."""
    scene, credit = Scene(), _MORE_WATCHED[1]
    for frame in frames:
        scene.update(frame.image)
        credit = min(credit + _MORE_WATCHED[0], _MORE_WATCHED[1])
        places = scene.popped([])[:1] if credit >= 1 else []
        credit -= len(places)
        yield frame, places


def search(
    original: np.ndarray,
    replaced: Replaced,
    turn: int | None,
    changed: list[np.ndarray],
    suspected: list[Sighting],
    lookout: Lookout,
    recogniser: Recogniser,
) -> Watched:
    """Let the independent detectors search a frame of the original and its result."""
    found = Watched()
    seen = [s for box in changed for s in lookout.search_near(original, box, found.tally)]
    if turn is not None:
        seen += [*lookout.search(original, turn, found.tally), *suspected]
    assert replaced.faces is not None
    found.left = lookout.left(
        original, replaced.image, seen, replaced.faces, found.tally, recogniser
    )
    if turn is not None and turn % 4 == 0:  # as often as once a second, faces are described
        for k, points in enumerate(replaced.moved):
            if points is None:
                continue
            there = Region.around(points)
            for sighting in seen:
                if same_face(there, sighting) and k not in found.glimpses:
                    pictures = (original, replaced.image)
                    before, after = (
                        recogniser.glimpse(close_up(picture, sighting, GLIMPSE))
                        for picture in pictures
                    )
                    found.glimpses[k] = before, after
    return found


def gallery_of(person: Individual, probes: Probes) -> np.ndarray:
    """Descriptors of a person's originals, those that the independent detectors found as well."""
    assert person.gallery is not None
    person.gallery = np.concatenate([person.gallery, probes.originals.descriptors()])
    return person.gallery


def frames_to_check(person: Individual, thoroughness: Thoroughness) -> set[int]:
    """Frames of a person that the recogniser sees: all poses and expressions."""
    if person.gallery is None:
        return set()
    known = person.track.known()
    if thoroughness.checked is None:
        return set(known.tolist())
    count = min(thoroughness.checked + len(person.track.state) // 300, thoroughness.most_checked)
    return set(spread_frames(person.track.landmarks, known, count).tolist())


def frames_to_ask(person: Individual, thoroughness: Thoroughness) -> set[int]:
    """Frames of a person that the other recognisers see: they are quick."""
    checked = frames_to_check(person, thoroughness)
    known = person.track.known()
    if not checked or not thoroughness.asked:
        return checked
    even = np.linspace(0, len(known) - 1, min(len(known), thoroughness.asked))
    return checked | set(known[even.round().astype(int)].tolist())


def frames_to_watch(times: np.ndarray, attempt: int, every_s: float) -> dict[int, int]:
    """Frames that the independent detectors search, others in every attempt, and whose turn it
    is."""
    slots = np.floor((times - times[0]) / every_s + 0.5 * (attempt % 2)).astype(int)
    first = np.flatnonzero(np.diff(slots, prepend=slots[0] - 1))
    turns = {frame: turn + attempt for turn, frame in enumerate(first.tolist())}
    turns[len(times) - 1] = 4 * len(first)  # nothing is searched after it: by the best of them
    return turns


def whereabouts(people: list[Individual], times: np.ndarray) -> dict[int, str]:
    """Where and when each person is seen, in words, by number."""
    found = {}
    for person in people:
        known = person.track.known()
        if len(known):
            frame = int(known[len(known) // 2])
            region = Region.around(person.track.landmarks[frame])
            found[person.track.person] = (
                f"at {region.x:.0f},{region.y:.0f} after {times[frame]:.1f} s"
            )
    return found


def enforce_none_left(left: Mapping[int, list[Box]]) -> None:
    """Withhold a result in which a face is seen that nobody accounts for."""
    if left:
        frame = min(left)
        raise PrivacyError(
            f"The output was withheld: other detectors still see a face of the original in frame "
            f"{frame}; crop the clip to the patient, or use --engine mask."
        )
