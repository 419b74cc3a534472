"""Why a face is covered."""

from __future__ import annotations

from enum import Enum


class Doubt(Enum):
    """A reason to cover, by the name that programs read."""

    CALIBRATING = "calibrating"
    CHOOSING = "choosing"
    NO_FACE = "no_face"
    SECOND_FACE = "second_face"
    CUT = "cut"
    FROZEN = "frozen"
    LATE = "late"
    ANOTHER = "another_person"
    RECOGNISED = "recognised"
    LEFT = "face_left"
    ERROR = "error"
    WAITING = "waiting"
    HIDDEN = "hidden"
    OFF = "camera_off"
    AWAY = "away"
    GONE = "stopped"

    @property
    def words(self) -> str:
        """For people, on the covered picture and beside it."""
        return _WORDS[self]


_WORDS = {
    Doubt.CALIBRATING: "learning the face: look into the camera",
    Doubt.CHOOSING: "choosing another face: a moment",
    Doubt.NO_FACE: "no face is seen",
    Doubt.SECOND_FACE: "there is a second face: one person only",
    Doubt.CUT: "the picture changed at once",
    Doubt.FROZEN: "the camera stands still",
    Doubt.LATE: "this computer is too slow for the camera",
    Doubt.ANOTHER: "this is not the person who was learned",
    Doubt.RECOGNISED: "the new face could be recognised",
    Doubt.LEFT: "a face of the original was seen in the result",
    Doubt.ERROR: "the face could not be drawn",
    Doubt.WAITING: "the patient is in the waiting room",
    Doubt.HIDDEN: "the patient's page is not in front",
    Doubt.OFF: "the patient's camera is off",
    Doubt.AWAY: "the patient is not connected",
    Doubt.GONE: "the program that changes the face has ended",
}
