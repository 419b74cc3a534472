"""What can be wrong, with what to do about it, in both languages."""

from __future__ import annotations

from enum import Enum


class Fault(Enum):
    """One thing that spoils a recording, by the name that programs read."""

    NO_FACE = "no_face"
    SECOND_FACE = "second_face"
    CUT_OFF = "cut_off"
    OFF_CENTRE = "off_centre"
    TOO_FAR = "too_far"
    TOO_CLOSE = "too_close"
    TILTED = "tilted"
    TURNED = "turned"
    COVERED = "covered"
    TOO_DARK = "too_dark"
    TOO_BRIGHT = "too_bright"
    BACKLIT = "light_behind"
    ONE_SIDED = "one_sided"
    FLICKER = "flicker"
    BLURRED = "blurred"
    SLOW = "slow"
    QUIET = "quiet"
    CLIPPED = "clipped"

    def words(self, language: str) -> str:
        """What to do, one sentence; language is ``"de"`` or ``"en"``."""
        return _WORDS[self][language]


_WORDS: dict[Fault, dict[str, str]] = {
    Fault.NO_FACE: {
        "de": "Kein Gesicht zu sehen: Bitte setzen Sie sich vor die Kamera.",
        "en": "No face is seen: please sit in front of the camera.",
    },
    Fault.SECOND_FACE: {
        "de": "Noch ein Gesicht im Bild: Bitte nur eine Person.",
        "en": "There is another face in the picture: one person only, please.",
    },
    Fault.CUT_OFF: {
        "de": "Das Gesicht ist angeschnitten: Bitte ganz ins Bild rücken.",
        "en": "The face is cut off: please move wholly into the picture.",
    },
    Fault.OFF_CENTRE: {
        "de": "Bitte rücken Sie in die Mitte des Bildes.",
        "en": "Please move to the middle of the picture.",
    },
    Fault.TOO_FAR: {
        "de": "Bitte kommen Sie näher.",
        "en": "Please come closer.",
    },
    Fault.TOO_CLOSE: {
        "de": "Bitte gehen Sie etwas zurück.",
        "en": "Please move back a little.",
    },
    Fault.TILTED: {
        "de": "Bitte halten Sie den Kopf gerade.",
        "en": "Please hold your head upright.",
    },
    Fault.TURNED: {
        "de": "Bitte schauen Sie in die Kamera.",
        "en": "Please look into the camera.",
    },
    Fault.COVERED: {
        "de": "Etwas verdeckt das Gesicht: Bitte Hand oder Maske wegnehmen.",
        "en": "Something covers the face: please take hand or mask away.",
    },
    Fault.TOO_DARK: {
        "de": "Es ist zu dunkel: Bitte machen Sie Licht vor sich.",
        "en": "It is too dark: please turn on a light in front of you.",
    },
    Fault.TOO_BRIGHT: {
        "de": "Es ist zu hell: Bitte gehen Sie aus dem direkten Licht.",
        "en": "It is too bright: please leave the direct light.",
    },
    Fault.BACKLIT: {
        "de": "Das Licht kommt von hinten: Bitte drehen Sie sich zum Licht.",
        "en": "The light is behind you: please turn towards it.",
    },
    Fault.ONE_SIDED: {
        "de": "Das Licht kommt von einer Seite: Bitte wenden Sie sich ihm zu.",
        "en": "The light comes from one side: please face it.",
    },
    Fault.FLICKER: {
        "de": "Das Licht flackert: Bitte eine andere Lampe nehmen.",
        "en": "The light flickers: please use another lamp.",
    },
    Fault.BLURRED: {
        "de": "Das Bild ist unscharf: Bitte stillhalten und die Linse putzen.",
        "en": "The picture is blurred: please keep still and wipe the lens.",
    },
    Fault.SLOW: {
        "de": "Die Kamera liefert zu wenige Bilder: Bitte mehr Licht, andere Programme schließen.",
        "en": "The camera gives too few pictures: more light, please, and close other programs.",
    },
    Fault.QUIET: {
        "de": "Der Ton ist zu leise: Bitte näher ans Mikrofon.",
        "en": "The sound is too quiet: please come closer to the microphone.",
    },
    Fault.CLIPPED: {
        "de": "Der Ton ist übersteuert: Bitte weiter weg vom Mikrofon.",
        "en": "The sound is too loud: please move away from the microphone.",
    },
}
