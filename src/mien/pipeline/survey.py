"""The first pass: everybody's face in every frame, and samples of each person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from mien.face.geometry import face_box
from mien.face.region import Region
from mien.models.hands import HandFinder
from mien.models.landmarker import Backend
from mien.pipeline.settings import Thoroughness
from mien.progress import Progress
from mien.recognition.recogniser import Recogniser
from mien.recognition.spread import spread
from mien.shortfall import Shortfall
from mien.tracking import FaceTrack, Sample, State
from mien.tracking.follow import Following
from mien.tracking.hands import ENOUGH, Hand, HandWatch

_SAMPLE_SIDE = 640  # pixels; larger faces are shrunk in samples
_ROOM = 0.6  # surroundings kept in a sample: the recogniser looks beyond the outline


@dataclass(frozen=True)
class _Kept:
    """Something kept of one face in one frame."""

    frame: int
    landmarks: np.ndarray
    """In the frame's own pixels."""
    what: Any


class _Every:
    """Keeps a bounded number of things, evenly over a clip of unknown length."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.stride = 1
        self.kept: list[_Kept] = []

    def wants(self, frame: int) -> bool:
        return frame % self.stride == 0

    def thin(self, people: int) -> None:
        if len(self.kept) > 2 * self.most * max(1, people):
            self.stride *= 2
            thinner = [entry for entry in self.kept if entry.frame % self.stride == 0]
            self.kept = thinner or self.kept[::2]

    def of(self, track: FaceTrack) -> list[_Kept]:
        """What was kept of one person."""
        return [
            entry
            for entry in self.kept
            if track.state[entry.frame] == State.TRACKED
            and Region.around(track.landmarks[entry.frame]).same_place(
                Region.around(entry.landmarks)
            )
        ]


@dataclass(frozen=True)
class Survey:
    """What the first pass found."""

    tracks: list[FaceTrack]
    """Everybody, the most present first."""
    times: np.ndarray
    """Presentation time of each frame, seconds."""
    losses: list[dict[str, Any]]
    """What could not be read."""
    suspects: dict[int, list[np.ndarray]]
    """Places by frame where a face is seen that cannot be measured: left, top, right, bottom,
    pixels."""
    missing: Shortfall
    """How much of the clip that is."""
    _samples: _Every
    _chips: _Every
    _thoroughness: Thoroughness
    hands: dict[int, list[Hand]] = field(default_factory=dict)
    """Hands over faces by frame, if they were looked for."""

    def samples(self, track: FaceTrack) -> list[Sample]:
        """Frames of a person for calibration: all poses and expressions, `Thoroughness.samples`."""
        found = self._bare(track, self._samples)
        if not found:
            return []
        chosen = spread(np.stack([entry.landmarks for entry in found]), self._thoroughness.samples)
        return [found[i].what for i in chosen]

    def chips(self, track: FaceTrack, which: int = 0) -> list[np.ndarray]:
        """A recogniser's pictures of a person, in every view: all poses and expressions.

        Of several recognisers `which` is the place of the one, that which tells people apart being
        the first; the others know as many as were kept.
        """
        found = self._bare(track, self._chips)
        if not found:
            return []
        many = self._thoroughness
        count = many.most_in_gallery
        if not which:
            count = min(many.gallery + len(self.times) // 300, count)
        chosen = spread(np.stack([entry.landmarks for entry in found]), count)
        return [view for i in chosen for view in found[i].what[which]]

    def chips_behind_hands(self, track: FaceTrack, which: int = 0) -> list[np.ndarray]:
        """Those pictures of a person that `chips` leaves out: a hand lies over the face."""
        kept = {id(entry) for entry in self._bare(track, self._chips)}
        left = [entry for entry in self._chips.of(track) if id(entry) not in kept]
        return [view for entry in left for view in entry.what[which]]

    def behind_hand(self, track: FaceTrack, frame: int) -> bool:
        """Whether a hand lies over a person's face in a frame."""
        return any(hand.over(track.landmarks[frame]) for hand in self.hands.get(frame, ()))

    def _bare(self, track: FaceTrack, every: _Every) -> list[_Kept]:
        """What was kept of one person without a hand over the face, if there is enough of it.

        A picture of a hand is like any other picture of that hand, whoever is behind it.
        """
        found = every.of(track)
        bare = [entry for entry in found if not self.behind_hand(track, entry.frame)]
        return bare if len(bare) >= ENOUGH else found


_USUAL = Thoroughness()


def survey(
    source: Path,
    backend: Backend,
    recogniser: Recogniser,
    report: Progress,
    thoroughness: Thoroughness = _USUAL,
    others: Sequence[Recogniser] = (),
    hands: HandFinder | None = None,
) -> Survey:
    """Measure every frame of a clip.

    Parameters
    ----------
    source : Path
        The clip.
    backend : Backend
        Finds landmarks.
    recogniser : Recogniser
        Tells people apart.
    report : callable
        Called as ``report("measuring", done, total)``.
    thoroughness : Thoroughness
        How much of each person is kept.
    others : sequence of Recogniser
        Further ones, for which pictures of each person are kept as well.
    hands : HandFinder, optional
        Looks for hands over faces.

    Raises
    ------
    NoFaceError
        If no frame shows a face.
    """
    following = Following(source, backend, recogniser.describe, report)
    samples, chips = _Every(thoroughness.samples), _Every(thoroughness.gallery)
    before, watch = 0, None if hands is None else HandWatch(hands)
    for frame, faces in following:
        new = len(faces) > before
        before = len(faces)
        for points in faces:
            if new or samples.wants(frame.index):
                cut = _cut(frame.image, points)
                samples.kept.append(_Kept(frame.index, points, cut))
            if new or chips.wants(frame.index):
                views = [who.views(frame.image, points) for who in (recogniser, *others)]
                chips.kept.append(_Kept(frame.index, points, views))
        if watch is not None:
            watch.update(frame.index, frame.image, faces)
        samples.thin(len(faces))
        chips.thin(len(faces))
    found = following.finish()
    if not found.tracks:
        raise found.nobody()
    return Survey(
        found.tracks,
        found.times,
        [asdict(loss) for loss in found.losses],
        found.suspects,
        found.missing,
        samples,
        chips,
        thoroughness,
        {} if watch is None else watch.finish(found.times),
    )


def _cut(image: np.ndarray, landmarks: np.ndarray) -> Sample:
    left, top, right, bottom = face_box(landmarks, image.shape, _ROOM)
    part = image[top:bottom, left:right]
    scale = min(1.0, _SAMPLE_SIDE / max(part.shape[:2]))
    if scale < 1:
        part = cv2.resize(part, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return Sample(np.ascontiguousarray(part).copy(), (landmarks - [left, top, 0]) * scale)
