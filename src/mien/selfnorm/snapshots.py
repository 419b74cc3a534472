"""Snapshots: blendshape scores of labelled moments of several people.

A study is one table: a row per moment, with who it was, what was asked for, the seconds since that
recording began, and the scores by name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from mien.blendshapes.formats.layout import is_beside
from mien.blendshapes.names import NAMES, NEUTRAL, ROTATIONS
from mien.blendshapes.recording import Recording
from mien.counted import plural
from mien.errors import FormatError, ParameterError
from mien.intake.tables import TIME, TIMES

WORDS = ("participant", "expression", "device")
"""Columns of words."""
NO_SCORES = {"frame", *TIMES, *WORDS, NEUTRAL, *ROTATIONS}
"""Columns that score no expression."""
_LEAST = -0.25  # some networks write a little below 0
_MOST = 1.5  # Live Link writes up to 1.08; per cent are far above


@dataclass(frozen=True, eq=False)
class Snapshots:
    """Blendshape scores of labelled moments of several people."""

    scores: np.ndarray
    """0 to 1, never NaN: moments without a face are left out; shape (n, c), float32."""
    names: tuple[str, ...]
    """What is scored, camelCase, by default `blendshapes.NAMES`."""
    labels: np.ndarray
    """Index into `expressions`, -1 where nothing is known; shape (n,), int16."""
    expressions: tuple[str, ...]
    """The classes."""
    participants: np.ndarray
    """Who, "" where nothing is known; shape (n,), str."""
    times: np.ndarray
    """Seconds since the recording of this expression of this participant began, shape (n,)."""
    devices: np.ndarray | None = None
    """What recorded it, shape (n,), str."""
    notes: tuple[str, ...] = ()
    """What was left out when these were read, a sentence each."""
    timed: bool = True
    """Whether `times` are known; of a table that does not say when a row is they are 0."""

    def __post_init__(self) -> None:
        convert = {
            "scores": np.ascontiguousarray(self.scores, np.float32),
            "labels": np.asarray(self.labels, np.int16),
            "participants": np.asarray(self.participants, np.str_),
            "times": np.asarray(self.times, np.float64),
            "names": tuple(self.names),
            "expressions": tuple(self.expressions),
        }
        if self.devices is not None:
            convert["devices"] = np.asarray(self.devices, np.str_)
        for name, value in convert.items():
            object.__setattr__(self, name, value)
        n, c = len(self.labels), len(self.names)
        if self.scores.shape != (n, c):
            raise ParameterError(
                f"{n} snapshots of {c} names need scores of shape {(n, c)}, "
                f"not {self.scores.shape}."
            )
        for column in (self.participants, self.times, self.devices):
            if column is not None and column.shape != (n,):
                raise ParameterError(
                    f"{n} snapshots cannot have {len(column)} entries in a column."
                )
        for what, words in (("score", self.names), ("expression", self.expressions)):
            if len(set(words)) < len(words):
                raise ParameterError(f"Snapshots name each {what} once.")
        if n and not (-1 <= self.labels.min() and self.labels.max() < len(self.expressions)):
            raise ParameterError(f"Labels run from -1 to {len(self.expressions) - 1}.")
        if not np.isfinite(self.scores).all():
            raise ParameterError("Snapshots hold no NaN: leave moments without a face out.")

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, index: np.ndarray | slice) -> Snapshots:
        """Some of the snapshots: indices, a mask or a slice."""
        return replace(
            self,
            scores=self.scores[index],
            labels=self.labels[index],
            participants=self.participants[index],
            times=self.times[index],
            devices=None if self.devices is None else self.devices[index],
        )

    def missing(self, names: Sequence[str]) -> tuple[str, ...]:
        """Those of the names that are not scored here."""
        return tuple(name for name in names if name not in self.names)

    def aligned(self, names: Sequence[str]) -> Snapshots:
        """The same snapshots with these names in this order; 0 where `missing`.

        Raises
        ------
        ParameterError
            If none of the names is scored here.
        """
        if tuple(names) == self.names:
            return self
        lacking = self.missing(names)
        if len(lacking) == len(names):
            raise ParameterError(
                f"None of the {len(names)} scores that are wanted is there: is this the right file?"
            )
        scores = np.zeros((len(self), len(names)), np.float32)
        for k, name in enumerate(names):
            if name not in lacking:
                scores[:, k] = self.scores[:, self.names.index(name)]
        return replace(self, scores=scores, names=tuple(names))

    def relabelled(self, expressions: Sequence[str]) -> Snapshots:
        """The same snapshots with these classes in this order; others become unlabelled."""
        place = {name: k for k, name in enumerate(expressions)}
        table = np.array([place.get(name, -1) for name in self.expressions] + [-1], np.int16)
        return replace(self, labels=table[self.labels], expressions=tuple(expressions))

    def labelled(self) -> Snapshots:
        """Those whose expression is known."""
        known = self.labels >= 0
        return self if known.all() else self.take(known)

    def labelled_rows(self, rows: np.ndarray | None = None) -> np.ndarray:
        """Indices of those whose expression is known, among all or among these rows."""
        rows = np.arange(len(self)) if rows is None else rows
        return rows[self.labels[rows] >= 0]

    def check_timed(self, what: str) -> None:
        """Refuse what cannot be told without the time of each row.

        Parameters
        ----------
        what : str
            What it is, as a subject in the singular.

        Raises
        ------
        ParameterError
            If the times are not known.
        """
        if not self.timed:
            raise ParameterError(
                f"{what} needs the time of each row, and there is no column {TIME} with times: add "
                "it, or do without."
            )

    def repeats(self) -> np.ndarray:
        """Which are there before, with the same time and scores in the same recording, (n,), bool.

        None where times are not known.
        """
        found = np.zeros(len(self), bool)
        if self.timed and len(self) > 1:
            recording = self.recordings()
            order = np.lexsort((self.times, recording))
            earlier, later = order[:-1], order[1:]
            same = recording[earlier] == recording[later]
            same &= self.times[earlier] == self.times[later]
            same[same] = (self.scores[earlier[same]] == self.scores[later[same]]).all(1)
            found[later[same]] = True
        return found

    def recordings(self) -> np.ndarray:
        """Number of the recording (a participant showing an expression) of each snapshot, (n,)."""
        _, who = np.unique(self.participants, return_inverse=True)
        key = who.astype(np.int64) * (len(self.expressions) + 1) + self.labels + 1
        return np.unique(key, return_inverse=True)[1]

    @classmethod
    def join(cls, parts: Sequence[Snapshots]) -> Snapshots:
        """All snapshots of several sets, one after the other.

        Names are those that all sets hold, in the first one's order; classes are those that any set
        knows.

        Raises
        ------
        ParameterError
            If there is nothing to join, or no score that all hold.
        """
        if not parts:
            raise ParameterError("There are no snapshots to join.")
        if len(parts) == 1:
            return parts[0]
        names = [name for name in parts[0].names if all(name in part.names for part in parts)]
        if not names:
            raise ParameterError("The files have no score in common: are they of one study?")
        expressions = list(dict.fromkeys(name for part in parts for name in part.expressions))
        parts = [part.aligned(names).relabelled(expressions) for part in parts]
        devices = None
        if any(part.devices is not None for part in parts):
            devices = np.concatenate(
                [np.full(len(p), "") if p.devices is None else p.devices for p in parts]
            )
        return cls(
            scores=np.concatenate([part.scores for part in parts]),
            names=tuple(names),
            labels=np.concatenate([part.labels for part in parts]),
            expressions=tuple(expressions),
            participants=np.concatenate([part.participants for part in parts]),
            times=np.concatenate([part.times for part in parts]),
            devices=devices,
            notes=tuple(note for part in parts for note in part.notes),
            timed=all(part.timed for part in parts),
        )

    @classmethod
    def of(cls, recording: Recording, source: str = "the recording") -> Snapshots:
        """The frames of a recording in which there is a face.

        Head and eye rotations and `_neutral` are left out, and scores that the recording never
        holds; then frames in which a score is unknown. The source is what the recording is called
        where it is refused.
        """
        return cls.of_rows(recording, source)[0]

    @classmethod
    def of_rows(
        cls, recording: Recording, source: str = "the recording"
    ) -> tuple[Snapshots, np.ndarray]:
        """As `of`, and which frames of the recording these are, shape (n,)."""
        keep = [k for k, name in enumerate(recording.names) if name not in NO_SCORES]
        if not keep:
            raise FormatError(f"{source} holds no scores: are they named as in {NAMES[0]}?")
        nothing = ("",) * len(recording.times)
        snapshots, rows = Columns(
            scores=np.asarray(recording.scores, np.float32)[:, keep],
            names=tuple(recording.names[k] for k in keep),
            participants=np.array(recording.participants or nothing, np.str_),
            expressions=np.array(recording.expressions or nothing, np.str_),
            times=np.asarray(recording.times, np.float64),
        ).faces(source=source)
        return replace(snapshots, notes=recording.notes + snapshots.notes), rows


@dataclass(frozen=True, eq=False)
class Columns:
    """A table of scores as it was read, rows without a face among them."""

    scores: np.ndarray
    """NaN where nothing is known, shape (n, c), float32."""
    names: tuple[str, ...]
    """What is scored."""
    participants: np.ndarray
    """Who, "" where nothing is known, shape (n,), str."""
    expressions: np.ndarray
    """What was asked for, "" where nothing is known, shape (n,), str."""
    times: np.ndarray | None
    """Seconds, NaN where nothing is known, shape (n,); None of a table that has no times."""
    devices: np.ndarray | None = None
    """What recorded it, shape (n,), str."""

    def faces(
        self, classes: Sequence[str] = (), source: str = "the recording"
    ) -> tuple[Snapshots, np.ndarray]:
        """Snapshots of the rows in which there is a face, and which rows these are, shape (n,).

        Parameters
        ----------
        classes : sequence of str
            Expressions that come first, in this order; others follow in that of the alphabet.
        source : str
            What the table is called where it is refused.

        Raises
        ------
        FormatError
            If a score is far above 1, or far below 0.
        """
        plain = [k for k, name in enumerate(self.names) if not is_beside(name)]
        given = self.scores[:, plain]
        wrong = np.argwhere((given > _MOST) | (given < _LEAST))  # infinity, too
        if len(wrong):
            row, k = wrong[0][0], plain[wrong[0][1]]
            raise FormatError(
                f"{source}, row {row + 1}: {self.names[k]} is {self.scores[row, k]:g}, but scores "
                "lie between 0 and 1."
            )
        finite = np.isfinite(self.scores)
        used = finite.any(0) if finite.any() else np.ones(len(self.names), bool)
        timed = self.times is not None and bool(np.isfinite(self.times).any())
        times = self.times if self.times is not None and timed else np.zeros(len(self.scores))
        whole = finite[:, used].all(1) & np.isfinite(times)
        seen = sorted({str(word) for word in np.unique(self.expressions)} - {""})
        order = list(classes)
        order += [name for name in seen if name not in order]
        values, index = np.unique(self.expressions, return_inverse=True)
        codes = np.array([order.index(word) if word else -1 for word in values.tolist()], np.int16)
        labels = codes[index] if len(index) else np.zeros(0, np.int16)
        snapshots = Snapshots(
            self.scores[whole][:, used],
            tuple(name for name, there in zip(self.names, used, strict=True) if there),
            labels[whole],
            tuple(order),
            self.participants[whole],
            times[whole],
            None if self.devices is None else self.devices[whole],
            notes=self._left_out(whole, used, source),
            timed=timed,
        )
        return snapshots, np.flatnonzero(whole)

    def _left_out(self, whole: np.ndarray, used: np.ndarray, source: str) -> tuple[str, ...]:
        """Sentences on rows with a face of which something lacks, and on names without a score."""
        notes = []
        partly = int(np.isfinite(self.scores).any(1).sum() - whole.sum())
        if partly > 0:
            lack, are = ("row lacks", "is") if partly == 1 else ("rows lack", "are")
            notes.append(f"{source}: {partly} {lack} a score or the time and {are} left out.")
        empty = [name for name, there in zip(self.names, used, strict=True) if not there]
        if empty and whole.any():
            more = f" and {plural(len(empty) - 3, 'other')}" if len(empty) > 3 else ""
            notes.append(
                f"{source}: no row holds a score of {', '.join(empty[:3])}{more}: left out."
            )
        return tuple(notes)
