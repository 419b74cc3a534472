"""The face that somebody wears in a call: chosen, drawn on what was learned, and looked at first.

Everybody who will look at what goes out, those without a say in the choice included, sees the new
face on all that was learned before anybody else does. A face that one of them recognises is put
aside and another one chosen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mien.engines import ENGINES, Engine
from mien.engines.laying import composite
from mien.errors import PrivacyError
from mien.live.learning import Learned
from mien.live.settings import LiveSettings
from mien.pipeline.choose import Wanted, choose
from mien.pipeline.steering import Steer
from mien.recognition.recogniser import Recogniser, distances
from mien.tracking import Registration, Sample

_ATTEMPTS = 4  # faces that are tried before none is given


@dataclass(frozen=True)
class Guise:
    """What a person wears."""

    engine: Engine
    """Draws it."""
    registration: Registration | None
    """Refines landmarks; None for engines that keep no motion."""
    galleries: dict[str, np.ndarray]
    """What each recogniser knows of the person's own face, by its name, shape (n, size)."""
    surrogate: str | None = None
    """Id of the face; None for engines that give none."""

    def points(self, image: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
        """Landmarks as fine as they get, pixels, shape (478, 3)."""
        if self.registration is None:
            return landmarks
        return self.registration.refine(image, landmarks)


class Wardrobe:
    """Chooses what a person wears, and another one where that was not enough.

    Parameters
    ----------
    settings : LiveSettings
        What the user wants.
    steers : sequence of Recogniser
        Who choose.
    judges : sequence of Recogniser
        Who only look.
    """

    def __init__(
        self,
        settings: LiveSettings,
        steers: Sequence[Recogniser],
        judges: Sequence[Recogniser],
    ) -> None:
        self._settings = settings
        self._steers, self._judges = tuple(steers), tuple(judges)
        self._worn: list[str] = []

    def choose(self, learned: Learned) -> Guise:
        """Choose a face that nobody recognises on what was learned, other than any before.

        Parameters
        ----------
        learned : Learned
            Pictures of the person.

        Raises
        ------
        PrivacyError
            If every face that was tried is recognised.
        """
        everybody = self._steers + self._judges
        views = [[v for one in learned.chips for v in one[k]] for k in range(len(everybody))]
        galleries = {
            who.name: who.describe_all(own) for who, own in zip(everybody, views, strict=True)
        }
        kind = ENGINES[self._settings.engine].open()
        samples, registration = learned.samples, None
        if kind.traits.keeps_motion:
            registration = Registration(samples, quick=True)
            samples = [Sample(s.image, registration.refine(s.image, s.landmarks)) for s in samples]
        person = kind.calibrate(samples, np.stack(learned.landmarks))
        if not kind.traits.needs_surrogate:
            return Guise(person.wearing(None), registration, galleries)
        steers = [Steer(who, galleries[who.name]) for who in self._steers]
        for _ in range(_ATTEMPTS):
            wanted = Wanted(
                match=self._settings.match,
                subject=self._settings.subject,
                bank=self._settings.open_bank(),
                without=tuple(self._worn),
                candidates=self._settings.candidates,
                probes=self._settings.probes,
            )
            choice = choose(person, samples, steers, wanted)
            self._worn.append(choice.surrogate.id)
            engine = person.wearing(choice.surrogate, choice.strength)
            guise = Guise(engine, registration, galleries, choice.surrogate.id)
            if not self._recognised(guise, samples):
                return guise
        raise PrivacyError(
            f"The face stays covered: each of {_ATTEMPTS} others could be recognised; use --engine "
            "mask."
        )

    def _recognised(self, guise: Guise, samples: list[Sample]) -> bool:
        """Whether anybody knows the person on what was learned."""
        for sample in samples:
            picture = sample.image.copy()
            rendering = guise.engine.render(sample.image, sample.landmarks)
            composite(picture, rendering)
            moved = rendering.face(sample.landmarks)
            if nearest(picture, moved, guise, self._steers + self._judges) < 1:
                return True
        return False


def nearest(
    picture: np.ndarray, landmarks: np.ndarray, guise: Guise, who: Sequence[Recogniser]
) -> float:
    """How near a face comes to the person's own, for whoever sees it nearest.

    Parameters
    ----------
    picture : np.ndarray [shape=(height, width, 3), dtype=uint8]
        RGB.
    landmarks : np.ndarray [shape=(478, 3)]
        The face in it, pixels.
    guise : Guise
        Who knows what of the person.
    who : sequence of Recogniser
        Who look.

    Returns
    -------
    distance : float
        In thresholds: under 1, somebody recognises the person.
    """
    return min(
        float(distances(one.describe_all(one.views(picture, landmarks)), guise.galleries[one.name])
              .min() / one.threshold)
        for one in who
    )  # fmt: skip
