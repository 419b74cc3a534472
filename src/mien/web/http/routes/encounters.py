"""Encounters: reading the expressions of a doctor and a patient."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from mien.engines import traits_of
from mien.web.http.desk import Desk, WorkView
from mien.web.http.problems import Problem, documented
from mien.web.http.uploads import display_name
from mien.web.queue.tables import Kind

Side = Literal["left", "right"]
Id = Annotated[str, Field(pattern="^[0-9a-f]{1,64}$")]
_LONGEST_OFFSET = 3600.0  # seconds


class EncounterOrder(BaseModel):
    """Which clips belong to an encounter, and who is who."""

    doctor: Id
    """The doctor's clip, or the one that shows both."""
    patient: Id | None = None
    """The patient's clip; None if the other shows both."""
    doctor_is: Side | None = None
    """Where the doctor is if the clip shows several people; the left is taken where not said."""
    patient_is: Side | None = None
    """Where the patient is."""
    offset: Annotated[
        float | None, Field(ge=-_LONGEST_OFFSET, le=_LONGEST_OFFSET, allow_inf_nan=False)
    ] = None
    """How much later the patient's camera was started, seconds; None to find it from the sound."""
    language: Literal["en", "de"] = "en"
    """Of the report and of the feedback."""
    name: Annotated[str | None, Field(max_length=200)] = None
    """What the encounter is called; None for the names of the clips."""


def routes(desk: Desk) -> APIRouter:
    """Routes under /encounters; they are listed and removed under /works."""
    router = APIRouter(prefix="/encounters")

    @router.post("", status_code=201, responses=documented(404, 409))
    def add_encounter(order: EncounterOrder) -> WorkView:
        """Read the expressions of two people in one or two clips that are done."""
        clips = [desk.done(clip) for clip in (order.doctor, order.patient) if clip is not None]
        both = len(clips) == 1
        if not both and clips[0].id == clips[1].id:
            raise Problem(
                422,
                "same_clip",
                "One clip is given for doctor and patient: choose two, or say that it shows both.",
            )
        if clips[0].project_id != clips[-1].project_id:
            raise Problem(
                422, "other_project", "The two clips are of different projects: choose two of one."
            )
        if any(
            not clip.original and not traits_of(clip.job.wanted["engine"]).keeps_motion
            for clip in clips
        ):
            raise Problem(
                409,
                "nothing_to_read",
                "The original of a clip was deleted and its result shows no face: upload it again.",
            )
        if both and order.offset is not None:
            raise Problem(422, "one_clock", "One clip has one clock: leave the offset out.")
        if both and order.doctor_is is not None and order.doctor_is == order.patient_is:
            raise Problem(
                422, "same_side", "Doctor and patient cannot both be there: choose two sides."
            )
        wanted = order.model_dump(include={"doctor_is", "patient_is", "offset", "language"})
        name = " + ".join(clip.called for clip in clips)
        if order.name is not None and order.name.strip():
            name = display_name(order.name)
        return desk.work_view(
            desk.order(Kind.ENCOUNTER, clips, {"roles": "both" if both else "two", **wanted}, name)
        )

    return router
