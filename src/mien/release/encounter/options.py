"""What goes into a data set of an encounter."""

from __future__ import annotations

from dataclasses import dataclass

from mien.errors import ParameterError
from mien.report.language import DEFAULT, check_language

BASELINES: tuple[str, ...] = ("blur", "pixelate", "mask")
"""Other ways to hide a face with which the agreement of labels can be compared."""


@dataclass(frozen=True)
class Options:
    """What goes into a data set, and how."""

    voice: str = "mute"
    """``"mute"`` leaves the sound out, ``"keep"`` copies it: a voice identifies a person."""
    title: str = "An encounter of a doctor and a patient"
    """Heading of the card."""
    consent: str = ""
    """Who agreed to what, as the card is to say it."""
    licence: str = ""
    """Under what terms others may use it, as the card is to say it."""
    contact: str = ""
    """Whom to ask, as the card is to say it."""
    baselines: tuple[str, ...] = ()
    """Of `BASELINES`: their labels are compared too; their videos are not published."""

    language: str = DEFAULT
    """Of the card."""

    def __post_init__(self) -> None:
        if self.voice not in ("keep", "mute"):
            raise ParameterError(f"voice is {self.voice!r}: choose keep or mute.")
        check_language(self.language)
        for name in self.baselines:
            if name not in BASELINES:
                raise ParameterError(
                    f"There is no baseline {name!r}: choose from {', '.join(BASELINES)}."
                )
