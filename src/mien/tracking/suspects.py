"""Faces that are seen and cannot be measured: followed by detectors alone, to be covered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from mien.models.sighting import Sighting
from mien.tracking.detection import Detector

VOICES = 2
"""Detectors that have to see a face before anything is covered for it."""
_AROUND = 6  # frames before it is seen and after it was seen in which a face is covered as well
_ROOM = 0.35  # face sizes that are covered around a face


@dataclass
class _Suspect:
    """One face through the frames in which it was seen."""

    sightings: dict[int, Sighting] = field(default_factory=dict)
    sure: bool = False
    """Whether all detectors saw it, or it is known otherwise; else it has to be seen again."""


class Suspects:
    """Faces that several detectors see and the landmark model does not.

    Parameters
    ----------
    detector : Detector
        Looks for them again.
    """

    def __init__(self, detector: Detector) -> None:
        self._detector = detector
        self._open: list[_Suspect] = []
        self._done: list[_Suspect] = []

    def note(
        self,
        frame: int,
        sighting: Sighting,
        voices: int,
        before: Iterable[tuple[int, np.ndarray]] = (),
    ) -> None:
        """Begin to follow a face, or go on if it is followed; also back through earlier frames.

        Parameters
        ----------
        frame : int
            Number of the frame in which it was seen.
        sighting : Sighting
            Where.
        voices : int
            Detectors that see it: one that only `VOICES` see has to be seen in another frame.
        before : iterable of (int, np.ndarray)
            The frames just before, the latest first.
        """
        for suspect in self._open:
            if sighting.same_place(suspect.sightings[max(suspect.sightings)]):
                suspect.sightings[frame] = sighting
                suspect.sure |= voices > VOICES
                return
        suspect = _Suspect({frame: sighting}, voices > VOICES)
        self._open.append(suspect)
        for number, image in before:
            found = self._detector.see_again(image, sighting)
            if found is None:
                return
            suspect.sightings[number] = sighting = found

    def update(self, frame: int, image: np.ndarray, patience: int) -> list[Sighting]:
        """Look for those who are followed, and say where they are.

        `patience` is the number of frames for which somebody who is not seen is looked for.
        """
        seen = []
        for suspect in list(self._open):
            last = max(suspect.sightings)
            if frame in suspect.sightings:
                continue
            found = self._detector.see_again(image, suspect.sightings[last])
            if found is not None:
                suspect.sightings[frame] = found
                seen.append(found)
            elif frame - last >= (patience if suspect.sure or len(suspect.sightings) > 1 else 2):
                self._open.remove(suspect)
                self._done.append(suspect)
        return seen

    def presume(self, frames: Iterable[int], sighting: Sighting) -> None:
        """Note frames in which a face was probably where it is seen now."""
        there = {frame: sighting for frame in frames}
        if there:
            self._done.append(_Suspect(there, sure=True))

    def forget(self, place: Sighting) -> None:
        """Stop following a face that is measured now."""
        for suspect in [s for s in self._open if place.same_place(s.sightings[max(s.sightings)])]:
            self._open.remove(suspect)
            self._done.append(suspect)

    def cut(self) -> None:
        """Stop following everybody: the film shows something else."""
        self._done += self._open
        self._open = []

    def boxes(self, count: int, cuts: Sequence[int] = ()) -> dict[int, list[np.ndarray]]:
        """What to cover by frame: left, top, right, bottom, pixels, shape (4,).

        Between two sightings of a face it may be anywhere from the one to the other; a little
        before the first one and after the last one it may be there unseen, but not across a cut.

        Parameters
        ----------
        count : int
            Frames of the clip.
        cuts : sequence of int
            First frames after the film cuts to something else.
        """
        edges = np.array(sorted({0, *cuts, count}))
        found: dict[int, list[np.ndarray]] = {}
        for suspect in self._done + self._open:
            frames = sorted(suspect.sightings)
            if not suspect.sure and len(frames) < 2:
                continue
            after: int | None
            for before, after in zip(frames, [*frames[1:], None], strict=True):
                box = _roomy(suspect.sightings[before])
                found.setdefault(before, []).append(box)
                if before == frames[0]:
                    start = int(edges[edges <= before].max())
                    for frame in range(max(start, before - _AROUND), before):
                        found.setdefault(frame, []).append(box)
                if after is None:
                    end = int(edges[edges > before].min())
                    for frame in range(before + 1, min(end, before + 1 + _AROUND)):
                        found.setdefault(frame, []).append(box)
                    continue
                other = _roomy(suspect.sightings[after])
                both = np.concatenate([np.minimum(box, other)[:2], np.maximum(box, other)[2:]])
                for frame in range(before + 1, after):
                    found.setdefault(frame, []).append(both)
        return found


def _roomy(sighting: Sighting) -> np.ndarray:
    room = _ROOM * sighting.size
    return sighting.box + np.array([-room, -room, room, room])
