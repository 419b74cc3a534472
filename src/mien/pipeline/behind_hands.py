"""Whether somebody is known by a hand that lies over the face.

A hand that stays as it is looks as it does in the original. A new face is chosen, and pushed, by
what recognisers make of pictures without a hand; but whoever is asked afterwards knows those with
one, too. Frames in which that is enough to recognise somebody are covered: no model of hands may
choose what a result is compared with.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mien.pipeline.casting import Individual
from mien.pipeline.mend import between, cover_in
from mien.pipeline.probes import Probes
from mien.pipeline.second_pass import Rendered, SecondPass
from mien.pipeline.steering import Room
from mien.pipeline.survey import Survey
from mien.pipeline.withholding import Conceded
from mien.recognition.recogniser import Recogniser, distances

WITHIN = 1.06
"""Thresholds within which somebody counts as recognised behind a hand: whoever looks at the file
cuts the face out otherwise, and sees it up to that much nearer."""
_COMES_S = 0.25  # before and after a hand is found, in which it may be there and not found


def frames_behind_hands(found: Survey, people: Sequence[Individual]) -> np.ndarray:
    """Frames in which a hand lies over each person's face, or a moment before or after, shape
    (n_people, n_frames), bool."""
    over = np.zeros((len(people), len(found.times)), bool)
    for place, person in enumerate(people):
        for frame in found.hands:
            if found.behind_hand(person.track, frame):
                over[place] |= np.abs(found.times - found.times[frame]) <= _COMES_S
    return over


def cover_known_by_hands(
    second: SecondPass, rendered: Rendered, conceded: Conceded, room: Room | None = None
) -> bool:
    """Cover frames of a result that are recognised by originals with a hand over the face.

    Where no hand lies over the face it is the face that is known, and it is pushed further first.

    Parameters
    ----------
    second : SecondPass
        What was rendered.
    rendered : Rendered
        What recognisers were shown of it.
    conceded : Conceded
        Is told of what is covered.
    room : Room, optional
        How far faces are pushed; without it they are covered.

    Returns
    -------
    more : bool
        Whether anything was pushed, or covered that was not before: the clip has to be rendered
        again.
    """
    more, behind = False, frames_behind_hands(second.found, second.people)
    for place, person in enumerate(second.people):
        if person.gallery is None:
            continue
        shown = [rendered.probes[place], *rendered.judged[place].probes]
        frames, by = np.zeros(len(person.track.state), bool), set()
        for which, (who, probes) in enumerate(
            zip((second.recogniser, *second.others), shown, strict=True)
        ):
            originals = who.describe_all(second.found.chips_behind_hands(person.track, which))
            known = _known(who, probes, originals, behind[place])
            frames |= known
            if known.any():
                by.add(who.name)
        bare = (frames & ~behind[place]).any()
        if room is not None and bare and person.push_on(second.recogniser, room):
            more = True
            continue
        before = np.zeros_like(frames) if person.covered is None else person.covered
        if (frames & ~before).any():
            more = True
            frames |= before
            cover_in(person, frames, rendered.probes[place].frames)
            conceded.recognised(place, frames, by)
    return more


def _known(
    who: Recogniser, probes: Probes, originals: np.ndarray, behind: np.ndarray
) -> np.ndarray:
    """Frames that somebody recognises by these originals, shape (n_frames,), bool; `behind` says
    in which of them a hand lies over the face."""
    results = probes.results.descriptors()
    hidden = probes.hidden.descriptors()
    if len(hidden):
        originals = np.concatenate([originals.reshape(-1, hidden.shape[1]), hidden])
    if not len(originals) or not len(results):
        return np.zeros(len(behind), bool)
    least = who.threshold * np.where(behind[probes.frames], WITHIN, 1.0)
    near = distances(results, originals).min(1) < least
    failed = {frame for frame, so in zip(probes.frames, near, strict=True) if so}
    return between(sorted(failed), probes.frames, len(behind))
