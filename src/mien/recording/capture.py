"""The capture protocol: expressions shown on request, recorded as scores, one after the other.

It has no user interface: it is told what a camera sees, moment by moment, and says what
to show; who shows it, and how, is up to the caller (`mien.cli.expression.capture` does it in a
terminal). It never sees a picture: scores and the turn of the head are all that goes in.

For each expression: an instruction, which waits for the participant to start; a point to look at;
then the recording, until there are enough snapshots. It pauses by itself while the face is lost or
turned away. The procedure follows Hartmann et al. 2022; lengths and limits are settings.

References
----------
.. [1] Hartmann et al., "Novel method for three-dimensional facial expression recognition using
   self-normalizing neural networks and mobile devices", Geburtshilfe und Frauenheilkunde 82(9),
   2022, doi:10.1055/a-1866-2943.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from mien.blendshapes.formats.layout import is_beside
from mien.blendshapes.names import NAMES
from mien.errors import ParameterError
from mien.outputs import check_free, complete
from mien.recording.protocol import Protocol
from mien.recording.pseudonym import pseudonym
from mien.recording.screen import Screen, Stage
from mien.recording.texts import WORDS
from mien.selfnorm.snapshot_files import check_output, write_snapshots
from mien.selfnorm.snapshots import Snapshots


@dataclass(frozen=True)
class Pause:
    """One pause."""

    expression: str
    """What was being shown."""
    reason: str
    """``"lost"`` or ``"turned"``."""
    begin_s: float
    """When, seconds of the camera's clock."""
    seconds: float | None
    """How long; None if it was never ended."""


class Capture:
    """One participant's session.

    Parameters
    ----------
    participant : str
        A pseudonym such as ``"P017"``: letters, digits, ``-`` and ``_``, with a digit in it.
    protocol : Protocol, optional
        What is asked for.
    names : sequence of str
        Of the scores that `update` is given.
    device : str
        What records, kept with the snapshots; "" to leave it out.

    Raises
    ------
    ParameterError
        If the participant's name could be a real one.
    """

    def __init__(
        self,
        participant: str,
        protocol: Protocol | None = None,
        names: Sequence[str] = NAMES,
        device: str = "",
    ) -> None:
        self.participant = pseudonym(participant)
        self.protocol = protocol or Protocol()
        self.names = tuple(names)
        self._scored = np.array([not is_beside(name) for name in self.names])
        self.device = device
        self.stage = Stage.CONSENT
        self.pauses: list[Pause] = []
        self._consent: dict[str, str] | None = None
        self._current = 0
        self._kept: list[list[tuple[float, np.ndarray]]] = [[] for _ in self.protocol.expressions]
        self._time: float | None = None
        self._since: float | None = None  # the point is shown
        self._began: float | None = None  # the recording of this expression
        self._bad: tuple[str, float] | None = None  # what is wrong with the face, and since when
        self._good: float | None = None  # the face is back, since when
        self._before = Stage.FIXATION  # where to go on after a pause

    def consent(self, statement: str, at: datetime | None = None) -> Screen:
        """Put on record that the participant agrees, before anything is recorded.

        Parameters
        ----------
        statement : str
            One line: how consent was given, such as ``"form 12, signed"``.
        at : datetime, optional
            When; now, if not given.

        Raises
        ------
        ParameterError
            If the line is empty or long, or consent is already on record.
        """
        statement = statement.strip()
        if self._consent is not None:
            raise ParameterError("Consent is already on record.")
        if not 1 <= len(statement) <= 200 or "\n" in statement:
            raise ParameterError("Consent is put on record in one line of up to 200 characters.")
        self._consent = {
            "statement": statement,
            "text": WORDS["consent"][self.protocol.language],
            "at": (at or datetime.now(UTC)).isoformat(timespec="seconds"),
        }
        if self.stage is Stage.CONSENT:
            self.stage = Stage.INSTRUCTION
        return self.screen

    def start(self) -> Screen:
        """Begin the expression whose instruction is shown: the participant's doing.

        Raises
        ------
        ParameterError
            If nothing waits for a start.
        """
        if self.stage is Stage.CONSENT:
            raise ParameterError("Consent is not on record yet: nothing can start before.")
        if self.stage is not Stage.INSTRUCTION:
            raise ParameterError(f"Nothing waits for a start: the stage is {self.stage.value}.")
        self.stage = Stage.FIXATION
        self._since = self._began = self._bad = self._good = None
        return self.screen

    def update(
        self,
        time: float,
        scores: np.ndarray | None,
        pose: Sequence[float] | None = None,
    ) -> Screen:
        """Take in what the camera sees now.

        Parameters
        ----------
        time : float
            Seconds, never running backwards.
        scores : np.ndarray [shape=(c,)] or None
            In the order of `names`; None, or NaN in it, if no face is seen.
        pose : sequence of 3 float, optional
            Yaw, pitch and roll of the head, degrees, all 0 facing the camera; None if unknown.

        Returns
        -------
        screen : Screen
            What to show from now on.

        Raises
        ------
        ParameterError
            If time runs backwards or the scores are not as many as the names.
        """
        if not math.isfinite(time) or (self._time is not None and time < self._time):
            raise ParameterError(f"Time cannot go back from {self._time} s to {time} s.")
        self._time = time
        if self.stage not in (Stage.FIXATION, Stage.RECORDING, Stage.PAUSED):
            return self.screen
        fault = self._fault(scores, pose)
        if self.stage is Stage.PAUSED:
            self._wait(time, fault)
        elif fault is not None:
            self._doubt(time, fault)
        else:
            self._bad = None
            if self.stage is Stage.FIXATION:
                self._fixate(time)
            if self.stage is Stage.RECORDING:
                assert scores is not None
                self._keep(time, scores)
        return self.screen

    def skip(self) -> Screen:
        """End the current expression with the snapshots that there are, and go on to the next.

        Raises
        ------
        ParameterError
            If no expression is at hand.
        """
        if self.stage is Stage.CONSENT or self.stage.over:
            raise ParameterError(f"There is nothing to skip: the stage is {self.stage.value}.")
        self._end_pause(self._time)
        self._next()
        return self.screen

    def abort(self) -> Screen:
        """Stop for good; what was recorded stays."""
        if self.stage is not Stage.DONE:
            self._end_pause(self._time)
            self.stage = Stage.ABORTED
        return self.screen

    @property
    def screen(self) -> Screen:
        """What to show now."""
        expressions = self.protocol.expressions
        asking = self.stage is not Stage.CONSENT and not self.stage.over
        point = self.stage in (Stage.FIXATION, Stage.RECORDING)
        place = min(self._current, len(expressions) - 1)
        return Screen(
            stage=self.stage,
            text=self._text(),
            expression=expressions[place] if asking else None,
            named=self.protocol.named(expressions[place]) if asking else None,
            number=0 if self.stage is Stage.CONSENT else place + 1,
            total=len(expressions),
            kept=len(self._kept[place]),
            wanted=self.protocol.snapshots,
            fixation=self.protocol.fixation if point else None,
            waits=self.stage in (Stage.CONSENT, Stage.INSTRUCTION),
            paused=self._bad[0] if self.stage is Stage.PAUSED and self._bad else None,
        )

    def snapshots(self) -> Snapshots:
        """What was recorded so far.

        Times count from the first moment of the expression's recording and run on in pauses.
        """
        rows = [(k, *entry) for k, kept in enumerate(self._kept) for entry in kept]
        n = len(rows)
        scores = np.zeros((n, len(self.names)), np.float32)
        for k, row in enumerate(rows):
            scores[k] = row[2]
        return Snapshots(
            scores=scores,
            names=self.names,
            labels=np.array([row[0] for row in rows], np.int16),
            expressions=self.protocol.expressions,
            participants=np.full(n, self.participant),
            times=np.array([row[1] for row in rows], np.float64),
            devices=np.full(n, self.device) if self.device else None,
        )

    def record(self) -> dict[str, Any]:
        """What happened, as plain data: consent, protocol, counts and pauses; no scores."""
        protocol = asdict(replace(self.protocol, instructions=None))
        protocol["instructions"] = {
            name: self.protocol.instruction(name) for name in self.protocol.expressions
        }
        return {
            "capture": 1,
            "participant": self.participant,
            "device": self.device,
            "consent": self._consent,
            "protocol": protocol,
            "complete": self.stage is Stage.DONE and self._complete(),
            "snapshots": {
                name: len(kept)
                for name, kept in zip(self.protocol.expressions, self._kept, strict=True)
            },
            "pauses": [asdict(pause) for pause in self.pauses],
        }

    def save(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
        """Write the snapshots (Parquet) and beside them the record of the session (JSON).

        Parameters
        ----------
        path : path
            Ends in ``.parquet``; the record gets the same name in ``.json``.
        overwrite : bool
            Whether to replace files that exist.

        Raises
        ------
        ParameterError
            If there is nothing to save.
        OutputError
            If a file cannot be written or is in the way.
        """
        path = Path(path)
        check_outputs(path, overwrite)
        study = self.snapshots()
        if not len(study):
            raise ParameterError("Nothing was recorded, so nothing was saved.")
        beside = path.with_suffix(".json")
        with complete(beside, overwrite=overwrite) as part:
            part.write_text(json.dumps(self.record(), indent=2, ensure_ascii=False) + "\n")
            write_snapshots(study, path, overwrite=overwrite)

    def _fault(self, scores: np.ndarray | None, pose: Sequence[float] | None) -> str | None:
        """What is wrong with the face now."""
        if scores is None:
            return "lost"
        scores = np.asarray(scores)
        if scores.shape != (len(self.names),):
            raise ParameterError(f"{len(self.names)} scores are wanted, not {scores.shape}.")
        if not np.isfinite(scores).all():
            return "lost"
        if pose is None:
            return None
        yaw, pitch = np.radians(np.asarray(pose, np.float64)[:2])
        away = math.degrees(math.acos(min(math.cos(yaw) * math.cos(pitch), 1.0)))
        return None if away <= self.protocol.turn_deg else "turned"  # NaN counts as turned

    def _doubt(self, time: float, fault: str) -> None:
        """A moment without a proper face: wait a little, then pause."""
        since = time if self._bad is None else self._bad[1]
        self._bad = (fault, since)
        if time - since >= self.protocol.patience_s:
            self._before, self.stage, self._good = self.stage, Stage.PAUSED, None
            expression = self.protocol.expressions[self._current]
            self.pauses.append(Pause(expression, fault, since, None))

    def _wait(self, time: float, fault: str | None) -> None:
        """In a pause: go on once the face has been back for long enough."""
        assert self._bad is not None
        if fault is not None:
            self._bad, self._good = (fault, self._bad[1]), None
            return
        if self._good is None:
            self._good = time
        if time - self._good >= self.protocol.settle_s:
            self._end_pause(time)
            self.stage, self._since = self._before, None
            self._bad = self._good = None

    def _end_pause(self, time: float | None) -> None:
        if self.stage is Stage.PAUSED and time is not None:
            last = self.pauses[-1]
            self.pauses[-1] = replace(last, seconds=time - last.begin_s)

    def _fixate(self, time: float) -> None:
        if self._since is None:
            self._since = time
        if time - self._since >= self.protocol.fixation_s:
            self.stage = Stage.RECORDING

    def _keep(self, time: float, scores: np.ndarray) -> None:
        if self._began is None:
            self._began = time
        kept = self._kept[self._current]
        held = np.array(scores, np.float32)
        kept.append((time - self._began, np.where(self._scored, held.clip(0, None), held)))
        if len(kept) >= self.protocol.snapshots:
            self._next()

    def _next(self) -> None:
        self._current += 1
        last = self._current == len(self.protocol.expressions)
        self.stage = Stage.DONE if last else Stage.INSTRUCTION

    def _complete(self) -> bool:
        return all(len(kept) >= self.protocol.snapshots for kept in self._kept)

    def _text(self) -> str:
        key = {
            Stage.CONSENT: "consent",
            Stage.FIXATION: "fixate",
            Stage.RECORDING: "hold",
            Stage.DONE: "done",
            Stage.ABORTED: "aborted",
        }.get(self.stage, "ready")
        if self.stage is Stage.PAUSED:
            assert self._bad is not None
            key = "back" if self._good is not None else self._bad[0]
        words = WORDS[key][self.protocol.language]
        if self.stage is Stage.INSTRUCTION:
            asked = self.protocol.instruction(self.protocol.expressions[self._current])
            return f"{asked} {words}"
        return words


def check_outputs(path: Path, overwrite: bool) -> None:
    """Refuse the outputs of a session early, before any work.

    Raises
    ------
    OutputError
        If the snapshots' name does not end in .parquet, the folder is missing or one of the two
        files is in the way.
    """
    check_output(path, overwrite)
    check_free(path.with_suffix(".json"), overwrite)
