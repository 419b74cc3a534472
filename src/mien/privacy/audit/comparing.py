"""Auditing somebody's de-identified clip against its original: two files in, a verdict out.

Nothing is taken from whoever made the result: people are tracked in the original, frames are paired
by time, and a face of the result is described where it is found as well as where the original's
was. Nor is the tracker believed: detectors of other families look at the original at four
rotations, and what they see there and nobody tracked must not be in the result as it was; whom they
see where somebody was tracked is described as they see them.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np

from mien.errors import ParameterError
from mien.models.landmarker import Backend
from mien.privacy.audit.asked import Asked
from mien.privacy.audit.pairing import Pairing, pair, scale_between, side_by_side
from mien.privacy.audit.person import Person
from mien.privacy.audit.sampling import SAMPLING, Sampling, even
from mien.privacy.audit.strangers import left_over, places
from mien.privacy.audit.subject import Subject
from mien.privacy.audit.verdict import Verdict
from mien.progress import Progress, silent
from mien.recognition.lookout import Lookout, Tally
from mien.recognition.registry import joining
from mien.recognition.watch import Box, Watch, unaccounted
from mien.tracking.detection import Detector
from mien.tracking.follow import follow
from mien.video import Frame, Reader
from mien.workers import ahead


def _left_out(people: int, compared: int) -> list[str]:
    """What is said of those who could not be compared."""
    if compared == people:
        return []
    return [
        f"{people - compared} of {people} people could not be compared: no frame with them is in "
        "the de-identified clip."
    ]


def audit_pair(
    original: str | os.PathLike[str],
    deidentified: str | os.PathLike[str],
    asked: Sequence[Asked],
    backend: Backend,
    progress: Progress | None = None,
    pairing: Pairing | None = None,
    sampling: Sampling = SAMPLING,
    frames: tuple[Iterable[Frame], Iterable[Frame]] | None = None,
) -> Verdict:
    """Compare a de-identified clip with its original.

    Frames are paired by their time since the first frame. The result may have another size or
    frame rate.

    Parameters
    ----------
    original, deidentified : path
        The clips; only read.
    asked : sequence of Asked
        The recognisers, at least one; each judges by itself.
    backend : Backend
        Finds landmarks.
    progress : callable, optional
        Called as ``progress(stage, done, total)``.
    pairing : Pairing, optional
        What `pair` found about these clips, if that is known.
    sampling : Sampling, optional
        How many frames are looked at.
    frames : pair of iterables of Frame, optional
        All of original and result, where somebody reads them anyway.

    Raises
    ------
    VideoError
        If a clip cannot be read.
    NoFaceError
        If the original shows no face.
    ParameterError
        If no frame of one clip belongs to a frame of the other, or nobody can be compared.
    """
    report = progress or silent
    original, deidentified = Path(original), Path(deidentified)
    if pairing is None:
        found = follow(original, backend, joining().describe, report)
        if not found.tracks:
            raise found.nobody()
        pairing = pair(original, deidentified, found.tracks, found.times, report)
    partner, notes = pairing.partner, list(pairing.notes)
    paired = np.flatnonzero(partner >= 0)
    compared = [track for track in pairing.tracks if len(np.intersect1d(track.known(), paired))]
    persons = [Person(track, partner, sampling) for track in compared]
    people = [Subject(person, one) for one in asked for person in persons]
    if not people:
        raise ParameterError(
            f"No frame of {deidentified.name} belongs to a face of {original.name}: name two clips "
            "of the same recording."
        )
    notes += _left_out(len(pairing.tracks), len(compared))
    scan = set(even(paired, sampling.scanned))
    with _both(original, deidentified, frames) as (ours, theirs):
        pairs = side_by_side(ours, theirs, partner, deidentified.name)
        residual, tally = _compare(pairs, pairing, people, scan, backend, report)
    findings = [person.finish() for person in people]
    return Verdict(findings, residual, len(scan), len(paired), len(partner), notes, tally)


@contextmanager
def _both(
    original: Path,
    deidentified: Path,
    given: tuple[Iterable[Frame], Iterable[Frame]] | None,
) -> Iterator[tuple[Iterable[Frame], Iterable[Frame]]]:
    """All frames of both clips: those that somebody else reads, or else their own."""
    if given is not None:
        yield given
        return
    with (
        Reader(original) as first,
        closing(ahead(first)) as ours,
        Reader(deidentified) as theirs,
    ):
        yield ours, theirs


def _compare(
    frames: Iterable[tuple[Frame, Frame | None]],
    pairing: Pairing,
    people: list[Subject],
    scan: set[int],
    backend: Backend,
    report: Progress,
) -> tuple[dict[int, list[Box]], Tally]:
    """Show both clips to everybody's subjects; faces that nobody tracked in the frames of `scan`,
    and what other detectors looked at there."""
    residual: dict[int, list[Box]] = {}
    watch, tally, turns = Watch(), Tally(), iter(range(len(scan)))
    with closing(Detector()) as detector, closing(Lookout()) as lookout:
        for first, second in frames:
            for person in people:
                person.remember(first)
            report("comparing", first.index + 1, len(pairing.partner))
            if second is None:
                continue
            scale = scale_between(first, second)
            if first.index in scan:
                extra = unaccounted(
                    watch.find(second.image), places(pairing.tracks, first.index, scale)
                )
                turn = next(turns)
                seen = lookout.search(first.image, turn, tally)
                recogniser = people[0].asked.recogniser
                extra += left_over(first, second, pairing.tracks, seen, lookout, tally, recogniser)
                if turn % 4 == 0:
                    for person in people:
                        person.glimpse(first, second, seen)
                if extra:
                    residual[first.index] = extra
            looked = None
            for person in people:
                person.compare(first, second)
                if first.index in person.probes:
                    looked = looked or _faces(second.image, detector, backend)
                    person.probe(first, second, scale, looked, people)
    return residual, tally


def _faces(image: np.ndarray, detector: Detector, backend: Backend) -> list[np.ndarray]:
    """Landmarks of the faces that a frame shows by itself, whichever way up."""
    seen = [s.region for s in detector.see(image) + detector.see_turned(image)]
    return [points for points in backend.measure(image, seen) if points is not None]
