"""Rendering a clip as often as it takes."""

from __future__ import annotations

from dataclasses import dataclass

from mien.pipeline.attack import gallery_of
from mien.pipeline.behind_hands import cover_known_by_hands, frames_behind_hands
from mien.pipeline.files import Drafts
from mien.pipeline.judging import judged
from mien.pipeline.mend import mend_people, mend_places, places_left
from mien.pipeline.second_pass import Rendered, SecondPass
from mien.pipeline.steering import ROOM
from mien.pipeline.withholding import Conceded, share_allowed
from mien.recognition import distractors
from mien.recognition.verdict import Audit, audit
from mien.recognition.watch import Box

_MORE_ROOM = 0.08  # thresholds by which an attempt's face is pushed further than the last one's
_HEADROOM = 1.03
"""Thresholds within which a face is pushed on once that somebody who chose only just does not
recognise: whoever finds it by other means cuts it out otherwise, and sees it a little nearer."""
_FOR_JUDGES = 2  # renderings more where somebody who had no say recognises what passed else


@dataclass(frozen=True)
class Tried:
    """The last rendering, and what came of it."""

    rendered: Rendered
    audits: list[Audit]
    """The verdict on each person of the recogniser that tells people apart."""
    steered: list[Audit]
    """The verdicts of the others who chose with it."""
    judged: list[Audit]
    """The verdicts of those who had no say."""
    renderings: int
    """How often the clip was rendered."""
    conceded: Conceded
    """What had to be covered, in the last rendering or, where that is too much, in the next."""


def render_until_it_passes(
    second: SecondPass, drafts: Drafts, choosing: int, withhold: str | None
) -> Tried:
    """Render, attack, mend and render again, until nothing is found or nothing more can be done.

    Of the other recognisers the first few choose with the first, and what they recognise is pushed
    further or covered. The rest judge when nobody else finds anything; what they recognise is
    covered, and no face is changed on their account.

    Parameters
    ----------
    second : SecondPass
        Renders the clip.
    drafts : Drafts
        Where the frames go.
    choosing : int
        How many of the other recognisers choose.
    withhold : str or None
        When too much is covered: see `mien.pipeline.withholding.share_allowed`. None to render once
        and mend nothing.
    """
    found, people, recogniser = second.found, second.people, second.recogniser
    covers = {
        frame: [Box(*box.round().astype(int).tolist()) for box in boxes]
        for frame, boxes in found.suspects.items()
    }
    left_so_far: dict[int, list[Box]] = {}
    attempts = most = second.thoroughness.attempts
    attempt, conceded = 0, None
    while True:
        if attempt:
            drafts.begin_again()
        rendered = second.render(drafts.newest, covers, places_left(left_so_far), attempt)
        if conceded is None:
            numbers = [person.track.person for person in people]
            behind = frames_behind_hands(found, people)
            conceded = Conceded(numbers, rendered.shown, found.times, behind)
        audits, steered = _audits(second, rendered), _others(second, rendered, slice(choosing))
        done = not rendered.left and all(verdict.passed for verdict in (*audits, *steered))
        attempt += 1
        if done and attempt == 1 < attempts and withhold is not None:
            if _pushed_for_headroom(second, steered):
                continue
        judges: list[Audit] = []
        if done or withhold is None or attempt >= most:
            judges = _others(second, rendered, slice(choosing, None))
        if done and attempts > 1 and most == attempts:
            most = max(most, attempt + _FOR_JUDGES)
        done = done and all(verdict.passed for verdict in judges)
        if done and withhold is not None:
            more_room = ROOM.more(_MORE_ROOM * attempt) if attempt < attempts else None
            if cover_known_by_hands(second, rendered, conceded, more_room):
                most = max(most, attempt + 1)
                continue
        if withhold is None or done or attempt >= most:
            break
        failing = [verdict for verdict in (*audits, *steered) if not verdict.passed]
        pushing = bool(failing) and attempt < attempts - 1
        room = ROOM.more(_MORE_ROOM * attempt)
        mend_people(people, failing or judges, rendered, recogniser, pushing, room, conceded)
        conceded.left(mend_places(left_so_far, rendered, covers, found))
        if conceded.share > share_allowed(withhold):
            break
    return Tried(rendered, audits, steered, judges, attempt, conceded)


def _pushed_for_headroom(second: SecondPass, steered: list[Audit]) -> bool:
    """Whether anybody was pushed further who is only just not recognised."""
    near = {
        verdict.person for verdict in steered if verdict.nearest < _HEADROOM * verdict.threshold
    }
    pushed = [
        person.push_on(second.recogniser, ROOM.more(_MORE_ROOM))
        for person in second.people
        if person.track.person in near
    ]
    return any(pushed)


def _audits(second: SecondPass, rendered: Rendered) -> list[Audit]:
    """What the recogniser that tells people apart makes of everybody."""
    recogniser = second.recogniser
    others = distractors.load(recogniser.name)
    return [
        audit(
            person.track.person,
            gallery_of(person, probes),
            probes.results.descriptors(),
            recogniser,
            frames=probes.frames,
            others=others,
            surrogate=person.given,
        )
        for person, probes in zip(second.people, rendered.probes, strict=True)
        if person.gallery is not None
    ]


def _others(second: SecondPass, rendered: Rendered, which: slice) -> list[Audit]:
    """What some of the other recognisers make of everybody."""
    return [
        verdict
        for person, seen in zip(second.people, rendered.judged, strict=True)
        for verdict in judged(person.track, second.found, seen, second.others, which)
    ]
