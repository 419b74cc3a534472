"""How a clip shall be made that is stored already: what somebody may ask for, and its checks."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from mien.report.language import DEFAULT, Language
from mien.web.http.clip_views import (
    After,
    Audit,
    Hands,
    Match,
    Measure,
    Room,
    Voice,
    WantedView,
    Withhold,
)
from mien.web.http.engines import Engine
from mien.web.http.problems import Problem
from mien.web.http.routes.surrogates import bank
from mien.web.http.uploads import printable

OWN = "own"
"""What a clip's own picture is called among faces."""
_PLACE = r"^(\d{1,3}|\d{1,5}(\.\d{1,3})?,\d{1,5}(\.\d{1,3})?@\d{1,6}(\.\d{1,3})?)$"
_LEAST_REASON = 5  # characters of why somebody's face stays
_LEAST_CONSENT = 10

Who = Annotated[str, Field(pattern=_PLACE)]
"""A person: a number from 1, or a place and a time at which the face is seen. Never a file."""


class Making(BaseModel):
    """How a clip shall be made."""

    model_config = ConfigDict(extra="forbid")

    engine: Engine = "mesh"
    surrogate: Annotated[str, Field(max_length=100)] = "auto"
    """`auto`, the id of a face, or `own`: the picture that was stored with the clip."""
    match: Match = "age"
    people: Annotated[str, Field(pattern=r"^(all|main|\d{1,3}(,\d{1,3}){0,40})$")] = "all"
    """`all`, `main`, or numbers from 1; everybody else is covered."""
    leave: Annotated[list[Who], Field(max_length=20)] = []
    cover: Annotated[list[Who], Field(max_length=20)] = []
    reason: Annotated[str, Field(max_length=500)] = ""
    """Why somebody's face stays as it is."""
    consent: Annotated[str, Field(max_length=500)] = ""
    """Who agreed to the use of the picture, where it is the clip's own."""
    voice: Voice = "mute"
    surroundings: Room = "keep"
    hands: Hands = "keep"
    withhold: Withhold = "over 10%"
    audit: Audit = "sample"
    after: After = "ask"
    measure: Measure = "no"
    language: Language = DEFAULT
    """Of the report on what is measured."""


def wanted(making: Making, subject: str | None, *, portrait: bool) -> WantedView:
    """What a job is given; `portrait` says whether the clip has a picture of its own.

    Raises
    ------
    Problem
        If something is asked for that does not go together.
    """
    own = making.surrogate == OWN
    if not own and making.surrogate != "auto" and making.surrogate not in bank():
        raise Problem(422, "invalid", "There is no such surrogate: choose another face.")
    reason, consent = printable(making.reason), printable(making.consent)
    if making.leave and len(reason) < _LEAST_REASON:
        raise Problem(422, "no_reason", "Say why a face is to stay as it is: it shows somebody.")
    if own and not portrait:
        raise Problem(422, "no_portrait", "There is no picture of your own yet: choose one.")
    if own and len(consent) < _LEAST_CONSENT:
        raise Problem(
            422, "no_consent", "Say who agreed to the use of the picture, to what, and when."
        )
    if set(making.leave) & set(making.cover):
        raise Problem(422, "invalid", "Somebody is to be both left and covered: choose one.")
    return WantedView(
        engine=making.engine,
        surrogate=making.surrogate,
        match=making.match,
        people=making.people,
        subject=subject,
        leave=making.leave,
        cover=making.cover,
        reason=reason if making.leave else None,
        consent=consent if own else None,
        voice=making.voice,
        surroundings=making.surroundings,
        hands=making.hands,
        withhold=making.withhold,
        audit=making.audit,
        compare=making.after == "ask",
        measure=None if making.measure == "no" else making.measure,
        language=making.language,
    )
