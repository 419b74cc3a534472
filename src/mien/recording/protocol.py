"""What a capture asks a participant for, and how; and who the participant may be called."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from mien.blendshapes.prototypes import FIVE
from mien.errors import ParameterError
from mien.recording.texts import INSTRUCTIONS, LANGUAGES, NAMED, WORDS

SNAPSHOTS = 500
"""Snapshots of each expression, at least."""
_EXPRESSION = re.compile(r"\w[\w -]{0,39}")


@dataclass(frozen=True)
class Protocol:
    """What is asked for, and how."""

    expressions: tuple[str, ...] = FIVE
    """What is shown, in this order."""
    snapshots: int = SNAPSHOTS
    """Snapshots of each expression."""
    language: str = "en"
    """Of the texts: ``"de"`` or ``"en"``."""
    fixation: tuple[float, float] = (0.5, 0.5)
    """Where the point is, shares of the screen's width and height from its upper left."""
    fixation_s: float = 1.5
    """How long the point is looked at before the recording, seconds."""
    turn_deg: float = 20.0
    """How far the face may be turned away from the camera to any side, degrees."""
    patience_s: float = 0.3
    """How long the face may be lost or turned before there is a pause, seconds; such moments are
    never kept."""
    settle_s: float = 1.0
    """How long the face has to be back before the recording goes on, seconds."""
    instructions: Mapping[str, Mapping[str, str]] | None = None
    """Texts by expression and language, in place of or beside `INSTRUCTIONS`."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "expressions", tuple(self.expressions))
        if not self.expressions or len(set(self.expressions)) < len(self.expressions):
            raise ParameterError(
                "A protocol asks for each of its expressions once, and for one at least."
            )
        for expression in self.expressions:
            if not _EXPRESSION.fullmatch(expression):
                raise ParameterError(
                    f"{expression!r} cannot name an expression: use up to 40 letters."
                )
        if self.snapshots < 1:
            raise ParameterError(f"snapshots must be 1 or more, not {self.snapshots}.")
        if self.language not in LANGUAGES:
            raise ParameterError(f'language must be "de" or "en", not {self.language!r}.')
        if not all(0 <= share <= 1 for share in self.fixation):
            raise ParameterError(f"fixation must lie on the screen, 0 to 1, not {self.fixation}.")
        for name in ("fixation_s", "patience_s", "settle_s"):
            if not 0 <= getattr(self, name) <= 600:
                raise ParameterError(f"{name} must lie between 0 and 600 s.")
        if not 0 < self.turn_deg <= 90:
            raise ParameterError(f"turn_deg must lie between 0 and 90, not {self.turn_deg}.")

    def named(self, expression: str) -> str:
        """What an expression is called on screens, in the protocol's language."""
        return NAMED.get(expression, {}).get(self.language, expression)

    def instruction(self, expression: str) -> str:
        """What the participant is asked, in the protocol's language."""
        for texts in (self.instructions or {}, INSTRUCTIONS):
            if self.language in texts.get(expression, {}):
                return texts[expression][self.language]
        return WORDS["other"][self.language].format(expression=expression)
