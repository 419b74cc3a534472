"""Where a guided recording stands: consent, getting ready, recording, repeating, done.

It is told what the checks say of each moment, and says what to do; who shows it and who records is
up to the caller. A step is recorded once nothing has been wrong for a second. A fault that lasts
ends it, and it is asked again; after so many repeats it is kept with its faults, and they are
written down.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from mien.errors import ParameterError
from mien.recording.checks.fault import Fault
from mien.recording.guided.protocol import GuidedProtocol, Step
from mien.recording.pseudonym import pseudonym

READY_S = 1.0
"""Seconds without a fault before a step is recorded."""
LASTS_S = 0.7
"""Seconds after which a fault ends a step."""
PATIENCE_S = 20.0
"""Seconds of faults after which a step is recorded nevertheless."""


class Phase(Enum):
    """Where it stands."""

    CONSENT = "consent"
    READY = "ready"
    RECORDING = "recording"
    DONE = "done"
    STOPPED = "stopped"


@dataclass
class Take:
    """One recording of a step."""

    step: str
    """Its id."""
    attempt: int
    """From 1."""
    began_s: float
    """Seconds of the camera."""
    ended_s: float | None = None
    """The same; None while it runs."""
    good: bool = False
    """Whether it came to its end without a fault that lasted."""
    kept: bool = False
    """Whether it is the one that counts."""
    faults: Counter[str] = field(default_factory=Counter)
    """How often each fault was said of it."""

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {**self.__dict__, "faults": dict(sorted(self.faults.items()))}


class Guide:
    """One guided recording.

    Parameters
    ----------
    participant : str
        A pseudonym.
    protocol : GuidedProtocol
        What is asked for.
    language : str
        ``"de"`` or ``"en"``.

    Raises
    ------
    ParameterError
        If the participant's name could be a real one, or there is no such language.
    """

    def __init__(self, participant: str, protocol: GuidedProtocol, language: str = "en") -> None:
        if language not in protocol.title:
            raise ParameterError(f'language must be "de" or "en", not {language!r}.')
        self.participant = pseudonym(participant)
        self.protocol, self.language = protocol, language
        self.phase = Phase.CONSENT
        self.takes: list[Take] = []
        self.faults: list[Fault] = []
        """What is wrong now."""
        self._consent: dict[str, str] | None = None
        self._at = 0
        self._since: float | None = None  # nothing has been wrong
        self._asked: float | None = None  # the step
        self._wrong: dict[Fault, float] = {}

    @property
    def step(self) -> Step | None:
        """What is asked now; None before the first and after the last."""
        asking = self.phase in (Phase.READY, Phase.RECORDING)
        return self.protocol.steps[self._at] if asking else None

    @property
    def words(self) -> str:
        """What to say now: what is wrong, or what to do."""
        step = self.step
        if step is None:
            return _WORDS[self.phase][self.language]
        if self.faults:
            return self.faults[0].words(self.language)
        return step.text[self.language]

    def consent(self, statement: str, text: str = "") -> None:
        """Put on record that the participant agrees, before anything is recorded.

        Parameters
        ----------
        statement : str
            One line: how consent was given.
        text : str
            What was agreed to.

        Raises
        ------
        ParameterError
            If the line is empty or long, or consent is on record.
        """
        statement = statement.strip()
        if self.phase is not Phase.CONSENT:
            raise ParameterError("Consent is already on record.")
        if not 1 <= len(statement) <= 200 or "\n" in statement:
            raise ParameterError("Consent is put on record in one line of up to 200 characters.")
        at = datetime.now(UTC).isoformat(timespec="seconds")
        self._consent = {"statement": statement, "text": text, "at": at}
        self.phase = Phase.READY

    def update(self, time: float, faults: Sequence[Fault] | None) -> Phase:
        """Take in a moment of the camera.

        Parameters
        ----------
        time : float
            Seconds, never running backwards.
        faults : sequence of Fault or None
            What the checks say of it; None where they did not look.

        Returns
        -------
        phase : Phase
        """
        step = self.step
        if step is None:
            return self.phase
        self._asked = time if self._asked is None else self._asked
        if faults is not None:
            self._note(time, step, faults)
        if self.phase is Phase.READY:
            ready = self._since is not None and time - self._since >= READY_S
            if ready or time - self._asked >= PATIENCE_S:
                self.phase = Phase.RECORDING
                tried = sum(take.step == step.id for take in self.takes)
                self.takes.append(Take(step.id, tried + 1, time))
                self._wrong = {}
        elif self.phase is Phase.RECORDING:
            self._go_on(time, step)
        return self.phase

    def keep(self, time: float) -> None:
        """End what is recorded of a step and keep it, short as it may be, and go on."""
        if self.phase is Phase.RECORDING:
            self._end(time, good=not self.takes[-1].faults)

    def stop(self, time: float | None = None) -> None:
        """End it; what was recorded stays."""
        if self.phase is Phase.RECORDING:
            self.takes[-1].ended_s = self.takes[-1].began_s if time is None else time
        if self.phase is not Phase.DONE:
            self.phase = Phase.STOPPED

    def record(self) -> dict[str, Any]:
        """What happened, as plain data."""
        return {
            "recording": 1,
            "participant": self.participant,
            "protocol": self.protocol.name,
            "language": self.language,
            "consent": self._consent,
            "complete": self.phase is Phase.DONE,
            "takes": [take.as_dict() for take in self.takes],
        }

    def _note(self, time: float, step: Step, faults: Sequence[Fault]) -> None:
        self.faults = [fault for fault in faults if fault not in step.allows]
        self._wrong = {fault: self._wrong.get(fault, time) for fault in self.faults}
        if self.faults:
            self._since = None
        elif self._since is None:
            self._since = time
        if self.phase is Phase.RECORDING:
            self.takes[-1].faults.update(fault.value for fault in self.faults)

    def _go_on(self, time: float, step: Step) -> None:
        take = self.takes[-1]
        lasting = any(time - since >= LASTS_S for since in self._wrong.values())
        again = take.attempt <= step.repeats
        over = time - take.began_s >= step.seconds
        if lasting and again:
            take.ended_s = time
            self._ask()
        elif over:
            self._end(time, good=not lasting and not take.faults)

    def _end(self, time: float, good: bool) -> None:
        take = self.takes[-1]
        take.ended_s, take.good, take.kept = time, good, True
        self._at += 1
        self._ask()
        if self._at == len(self.protocol.steps):
            self.phase = Phase.DONE

    def _ask(self) -> None:
        self.phase = Phase.READY
        self._since = self._asked = None
        self._wrong = {}


_WORDS = {
    Phase.CONSENT: {
        "de": "Ihr Gesicht und Ihre Stimme werden aufgenommen. Sie können jederzeit aufhören.",
        "en": "Your face and your voice are recorded. You may stop at any time.",
    },
    Phase.DONE: {"de": "Fertig. Vielen Dank!", "en": "That was all. Thank you!"},
    Phase.STOPPED: {
        "de": "Abgebrochen. Was bis hierher aufgenommen wurde, ist noch da.",
        "en": "Stopped. What was recorded so far is kept.",
    },
}
