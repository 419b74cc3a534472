"""The second pass: every frame rendered, looked at by whoever attacks it, and written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mien.errors import OutputError
from mien.face.region import Region
from mien.models.landmarker import Backend
from mien.models.sighting import Sighting
from mien.pipeline.attack import (
    Watched,
    frames_to_ask,
    frames_to_check,
    frames_to_watch,
    search,
    with_changes,
)
from mien.pipeline.casting import Individual
from mien.pipeline.files import Files
from mien.pipeline.judging import Judged
from mien.pipeline.ledger import Entry, Ledger
from mien.pipeline.probes import Probes
from mien.pipeline.render import Hands, Replaced, replace_faces
from mien.pipeline.settings import Thoroughness
from mien.pipeline.surroundings import Surroundings
from mien.pipeline.survey import Survey
from mien.progress import Progress
from mien.recognition.lookout import Lookout, Tally
from mien.recognition.recogniser import Recogniser
from mien.recognition.watch import Box
from mien.video import Frame, Reader
from mien.workers import ahead, in_order


@dataclass(frozen=True)
class Rendered:
    """What one rendering of the clip gave."""

    ledger: Ledger
    probes: list[Probes]
    watched: list[int]
    """Frames that the independent detectors searched."""
    left: dict[int, list[Box]]
    """Faces of the original that they found left in the result, by frame."""
    tally: Tally
    """What they looked at, and saw."""
    judged: list[Judged]
    """What the other recognisers see of each person."""
    shown: np.ndarray
    """Where each person has a new face, shape (n_people, n_frames), bool."""


@dataclass(frozen=True)
class SecondPass:
    """Renders a clip, as often as it takes."""

    source: Path
    """The clip."""
    found: Survey
    """What the first pass measured."""
    people: list[Individual]
    """Who is in it, and what each is given."""
    recogniser: Recogniser
    """Describes faces before and after."""
    lookout: Lookout
    """The independent detectors."""
    thoroughness: Thoroughness
    """How much is looked at."""
    report: Progress
    """Is told how far it is."""
    backend: Backend
    """Sees where the faces of the result are, as whoever attacks it does."""
    others: tuple[Recogniser, ...] = ()
    """Further recognisers that see what this gives."""
    surroundings: Surroundings | None = None
    """What becomes of the room; None where it stays."""
    cover_hands: bool = False
    """Whether a face is covered as long as a hand lies over it."""

    def render(
        self, files: Files, covers: dict[int, list[Box]], suspected: list[Sighting], attempt: int
    ) -> Rendered:
        """Render the clip once, and look at what comes of it.

        Parameters
        ----------
        files : Files
            Where the frames go.
        covers : dict
            Places that are covered, by frame.
        suspected : list of Sighting
            Places at which every search looks closely.
        attempt : int
            How often the clip was rendered before; other frames are searched each time.

        Raises
        ------
        OutputError
            If a frame cannot be written, or the clip changed while it was read.
        """
        people, recogniser, times = self.people, self.recogniser, self.found.times
        entries = np.full(len(times), Entry.COVERED, np.uint8)
        checked = [frames_to_check(person, self.thoroughness) for person in people]
        to_ask = [frames_to_ask(person, self.thoroughness) for person in people]
        turns = frames_to_watch(times, attempt, self.thoroughness.watch_s)
        probes, watched, tally = [Probes(recogniser) for _ in people], set[int](), Tally()
        left: dict[int, list[Box]] = {}
        judged = [Judged(self.others) for _ in people]
        shown = np.zeros((len(people), len(times)), bool)

        def work(item: tuple[Frame, list[np.ndarray]]) -> _Done:
            frame, changed = item
            hands = Hands(self.found.hands.get(frame.index, ()), self.cover_hands)
            replaced = replace_faces(frame.image, frame.index, people, times, covers, hands)
            if self.surroundings is not None and replaced.faces is not None:
                replaced.image = self.surroundings.replace(replaced.image)
            chips = [
                recogniser.views(replaced.image, points)
                if points is not None and frame.index in frames
                else []
                for points, frames in zip(replaced.moved, checked, strict=True)
            ]
            asked = [
                self.views(replaced.image, points, person.track.landmarks[frame.index])
                if points is not None and frame.index in frames
                else None
                for points, person, frames in zip(replaced.moved, people, to_ask, strict=True)
            ]
            turn = turns.get(frame.index)
            seen = None
            if replaced.faces is not None and (turn is not None or changed):
                eyes = (self.lookout, recogniser)
                seen = search(frame.image, replaced, turn, changed, suspected, *eyes)
            return _Done(frame, replaced, chips, asked, seen)

        stage = "rendering" if not attempt else "rendering again"
        with Reader(self.source) as reader:
            for done in in_order(work, with_changes(ahead(reader))):
                index = done.frame.index
                if index >= len(times):
                    raise OutputError(
                        f"{self.source.name} changed while it was read: leave the input alone and "
                        "run again."
                    )
                entries[index] = done.replaced.entry
                shown[:, index] = [points is not None for points in done.replaced.moved]
                for kept, views in zip(probes, done.chips, strict=True):
                    kept.add(index, views)
                for own, views_of in zip(judged, done.asked, strict=True):
                    if views_of is not None:
                        own.add(index, views_of)
                if index in turns or done.seen is not None:
                    watched.add(index)
                if done.seen is not None:
                    tally.add(done.seen.tally)
                    if done.seen.left:
                        left[index] = done.seen.left
                    for k, (before, after) in done.seen.glimpses.items():
                        hidden = self.found.behind_hand(people[k].track, index)
                        probes[k].add_glimpse(index, before, after, hidden)
                files.write(done.frame, done.replaced.image)
                self.report(stage, index + 1, len(times))
        ledger = Ledger(entries, times)
        return Rendered(ledger, probes, sorted(watched), left, tally, judged, shown)

    def views(
        self, image: np.ndarray, drawn: np.ndarray, tracked: np.ndarray
    ) -> list[list[np.ndarray]]:
        """A face of the result as each of the others sees it, cut out where it was drawn, where
        the original's was and where it is found: a network may know in one what it does not in
        another."""
        (found,) = self.backend.measure(image, [Region.around(drawn)])
        places = [drawn, tracked.astype(np.float64), *([] if found is None else [found])]
        return [
            [view for points in places for view in other.views(image, points)]
            for other in self.others
        ]


@dataclass(frozen=True)
class _Done:
    """One frame, rendered and looked at."""

    frame: Frame
    replaced: Replaced
    chips: list[list[np.ndarray]]
    """For the recogniser, by the person's place in the list."""
    asked: list[list[list[np.ndarray]] | None]
    """For the others, likewise; None where they do not look."""
    seen: Watched | None
    """What the independent detectors found; None where they did not look."""
