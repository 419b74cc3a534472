"""Who is in a clip, what happens to each of them, and which face each is given."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mien.engines import Engine, Fitted
from mien.errors import ParameterError
from mien.models.landmarker import Backend
from mien.pipeline.casting import Individual, cast
from mien.pipeline.choose import Wanted, choose
from mien.pipeline.pushing import Choice
from mien.pipeline.settings import Settings
from mien.pipeline.steering import Steer
from mien.pipeline.survey import Survey
from mien.progress import Progress
from mien.recognition.recogniser import Recogniser
from mien.surrogates.bank import Surrogate
from mien.surrogates.image import from_image
from mien.tracking import Sample, State
from mien.tracking.picture import one_face
from mien.tracking.selection import Role, proven, roles


def cast_all(
    found: Survey,
    settings: Settings,
    kind: type[Engine],
    recogniser: Recogniser,
    backend: Backend,
    report: Progress,
    also: Sequence[Recogniser] = (),
) -> list[Individual]:
    """Decide what happens to each person, and who is given which face: one that is far from them
    in the eyes of the recogniser that tells people apart, and of the others who choose."""

    def describe_picture(path: str) -> np.ndarray:
        return recogniser.describe(*one_face(path, backend))

    chosen = settings.selection
    parts, names = roles(chosen, found.tracks, found.times, describe_picture, recogniser.threshold)
    bank = settings.open_bank()
    people: list[Individual] = []
    for track, role in zip(found.tracks, parts, strict=True):
        report("choosing", len(people), None)

        def pick(
            person: Fitted, samples: list[Sample], steers: tuple[Steer, ...]
        ) -> Choice | Surrogate:
            given = [other.surrogate.id for other in people if other.surrogate is not None]
            # what is asked for is for the most present of those who are replaced
            first = not any(other.surrogate is not None for other in people)
            if settings.own_picture and first:
                return from_image(settings.surrogate, settings.consent, backend)
            named = first and settings.surrogate != "auto"
            wanted = Wanted(
                match=settings.match,
                subject=settings.subject if first else None,
                bank=bank,
                only=settings.surrogate if named else None,
                without=[*given, *settings.avoid],
                candidates=settings.thoroughness.candidates,
                probes=settings.thoroughness.probes,
            )
            return choose(person, samples, steers, wanted)

        person = cast(track, role, found, recogniser, kind, pick, also)
        if role == Role.LEAVE:
            others = [other for other in found.tracks if other is not track]
            person.spared = np.any(
                [
                    proven(name, track, others, found.times, describe_picture)
                    for name in names[track.person]
                ],
                axis=0,
            )
            person.note["frames_left"] = int(person.spared[track.known()].sum())
        people.append(person)
    _refuse_a_copy(people, found)
    return people


def _refuse_a_copy(people: list[Individual], found: Survey) -> None:
    """Do nothing where everybody is left alone in every frame."""
    shown = np.zeros((len(people), len(found.times)), bool)
    for own, person in zip(shown, people, strict=True):
        if person.spared is not None:
            own[person.track.known()] = person.spared[person.track.known()]
        own |= person.track.state == State.ABSENT
    somebody = np.any([person.track.state != State.ABSENT for person in people], axis=0)
    if shown.all() and somebody.all() and not found.suspects:
        raise ParameterError(
            "Everybody in the clip is to be left alone, so the result would be a copy: leave out "
            "--leave for whoever is the patient."
        )
