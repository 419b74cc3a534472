"""One face of an encounter, looked at as a camera delivers it; nothing is kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from mien.blendshapes.scores import Blendshapes
from mien.emotion.framing import crop_of
from mien.encounter.feedback import FeedbackStream
from mien.encounter.judging import Feedback
from mien.encounter.observation import NOT_SEEN, Observation
from mien.encounter.opinions import Assess, Classifier
from mien.encounter.rules import Rules
from mien.face.pose import head_pose
from mien.face.region import Region
from mien.models.landmarker import open_backend
from mien.tracking.detection import Detector

REST_S = 60.0
"""Least time between two hints, seconds: whoever is talking with somebody reads no more."""


class Onlooker:
    """Looks at the largest face of one camera; remembers where it was and nothing else.

    Parameters
    ----------
    role : str
        Whose face it is: ``"doctor"`` or ``"patient"``.
    classifier : Classifier, optional
        Reads crops; `EmotionClassifier` where not given.
    assess : Assess, optional
        Says which faces can be assessed; `quality.assess_all` where not given.
    landmarker : str or Path, optional
        A Face Landmarker model to measure with.
    """

    def __init__(
        self,
        role: str,
        classifier: Classifier | None = None,
        assess: Assess | None = None,
        landmarker: str | Path | None = None,
    ) -> None:
        from mien.emotion.classifier import EmotionClassifier
        from mien.emotion.quality import assess_all

        self.role = role
        self._classifier = classifier or EmotionClassifier.load()
        self._assess = assess or assess_all
        self._backend = open_backend(landmarker)
        self._detector = Detector()
        self._region: Region | None = None

    def look(self, image: np.ndarray, time: float) -> Observation:
        """What the face in a picture shows.

        Parameters
        ----------
        image : np.ndarray [shape=(height, width, 3), dtype=uint8]
            RGB.
        time : float
            Seconds on the encounter's clock.
        """
        points = None if self._region is None else self._measure(image, self._region)
        if points is None and (regions := self._detector.find(image)):
            points = self._measure(image, max(regions, key=lambda region: region.size))
        self._region = None if points is None else Region.around(points)
        if points is None:
            return Observation(time, self.role, reason=NOT_SEEN)
        crop, pose = crop_of(image, points), head_pose(points)
        box = np.concatenate([points[:, :2].min(0), points[:, :2].max(0)])
        quality = self._assess([crop], [pose], [box])[0]
        height, width = image.shape[:2]
        scores = Blendshapes.load().scores(points[None], width, height)[0]
        if not quality.assessable:
            why = str(quality.reason or "not assessable")
            return Observation(time, self.role, scores=scores, pose=pose, reason=why)
        given = np.asarray(self._classifier.predict_proba([crop]))[0]
        return Observation(time, self.role, given, scores, pose)

    def close(self) -> None:
        """Free the models."""
        self._backend.close()
        self._detector.close()

    def _measure(self, image: np.ndarray, region: Region) -> np.ndarray | None:
        return self._backend.measure(image, [region])[0]


@dataclass(frozen=True)
class Glance:
    """How things stand after one more moment."""

    time: float
    """Seconds since the beginning."""
    assessed: dict[str, bool]
    """By role: whether the face could be assessed just now."""
    hint: Feedback | None
    """What to tell the doctor now, at most one in `REST_S`."""


def quiet(rules: Rules) -> Rules:
    """The same rules, with at least `REST_S` between any two hints."""
    return replace(rules, rest=max(rules.rest, REST_S))


def accompany(
    observations: Iterable[Observation], rules: Rules | None, *, language: str = "en"
) -> Iterator[Glance]:
    """Follow an encounter as it happens.

    Parameters
    ----------
    observations : iterable of Observation
        Of one or both faces, as they come.
    rules : Rules, optional
        When to say something; None: never.
    language : str
        Of the hints.

    Yields
    ------
    glance : Glance
        After every observation.
    """
    stream = None
    if rules is not None:
        stream = FeedbackStream(quiet(rules), language=language, slack=0.5)
    assessed: dict[str, bool] = {}
    begun: float | None = None
    for observation in observations:
        begun = observation.time if begun is None else begun
        assessed[observation.role] = observation.probabilities is not None
        said = [] if stream is None else stream.push(observation)
        yield Glance(observation.time - begun, dict(assessed), said[0] if said else None)
