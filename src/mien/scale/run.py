"""The driver: hands tasks to workers until all are done or in quarantine."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

from mien.engines import ENGINES
from mien.errors import FormatError, MienError, OutputError, ParameterError
from mien.intake.secret import Secret
from mien.pipeline.settings import Settings
from mien.report.language import DEFAULT, check_language
from mien.scale.bulletin import Bulletin
from mien.scale.faces import Faces
from mien.scale.plan import Row
from mien.scale.state import State
from mien.scale.stuck import PATIENCE_S, was_stuck
from mien.scale.task import Outcome, Task, clear, is_as_recorded, key_of, unnamed
from mien.scale.workers import Pool

TRIES = 3
"""How often a task is tried that may go better: once, and twice more."""
_WAIT_S = 0.5
_READERS = 4  # of clips whose checksums are not known yet
_KEPT_S = 60.0  # between writing down those that were read


@dataclass(frozen=True)
class Standing:
    """How far a batch has come."""

    done: int
    """Tasks that are done, earlier runs included."""
    quarantined: int
    """Tasks that are in quarantine."""
    total: int
    """Tasks of the plan."""
    left_s: float | None
    """Seconds that are left, if all go as those of this run; None before the first."""


@dataclass(frozen=True)
class Batch:
    """What a run made of a plan."""

    done: dict[str, dict[str, Any]]
    """Records of what is done, by name."""
    quarantine: list[dict[str, Any]]
    """``name``, ``row``, ``tries`` and ``sentence`` of what is not."""
    worked: int
    """Tasks that this run did; the others were done."""
    shared_faces: dict[str, int]
    """Surrogates that several subjects were given, for want of others, and how many."""
    left_over: list[str] = field(default_factory=list)
    """Names of results of no row: of rows that were taken out of the plan, or called otherwise."""


@dataclass
class _Work:
    """A task that is not done yet."""

    task: Task
    row: int
    subject: str | None
    """Code of the subject, where its face matters."""
    tries: int = 0


@dataclass
class Driver:
    """Does a plan.

    Errors are those of `run`.
    """

    rows: Sequence[Row]
    """The plan."""
    state: State
    """The batch's folder."""
    base: Settings
    """How clips are de-identified whose row says nothing else."""
    secret: Secret | None = None
    """From which subjects' codes follow; the batch's own if None."""
    profile: str | None = None
    """What is measured where the row says nothing else."""
    retry: bool = False
    """Whether what is in quarantine is tried again."""
    told: Callable[[Standing], None] = lambda standing: None
    """Told how far it has come."""
    language: str = DEFAULT
    """Of reports; those that are there stay in theirs."""
    patience_s: float = PATIENCE_S
    """How long a worker may get no further with a clip before it is ended, s."""
    command: Sequence[str] = ()
    """By which the batch goes on, for whoever looks at it; empty if nobody knows."""
    _faces: Faces = field(init=False, repr=False)
    _bulletin: Bulletin = field(init=False, repr=False)

    def run(self, pool: Pool) -> Batch:
        """Do what is missing.

        Raises
        ------
        FormatError
            If a row's settings are out of range, before any work.
        OutputError
            If another driver works on the folder, or the disk is full: what is done stays done.
        """
        with self.state.held():
            cards = self.base.open_bank().cards
            self._faces = Faces(list(cards))
            self._looks = {
                name: (
                    card.get("apparent_sex"),
                    card.get("apparent_age"),
                    card.get("apparent_tone"),
                )
                for name, card in cards.items()
            }
            self._bulletin = Bulletin(self.state.folder, len(self.rows), self.command)
            try:
                works = self._works()
                missing = self._missing(works)
                before = sum(bool(self.state.record(work.task.key)) for work in works)
                self._bulletin.work(pool.kind, pool.size)
                worked = self._drive(deque(missing), before, pool)
            finally:
                pool.close()
                self._bulletin.close()
                self.state.sweep()
                self.state.keep_checksums()
                self.state.keep_quarantine()
            return self._sum_up(works, worked)

    def _works(self) -> list[_Work]:
        """Everything that the plan asks for and that can be tried."""
        secret = self.secret or self.state.secret()
        settings = [row.settings(self.base) for row in self.rows]  # a wrong row stops all, early
        self._check_profiles()
        check_language(self.language)
        contents = self._contents()
        works = []
        asked: list[tuple[int, str, str]] = []
        lost: set[str] = set()
        for row, wanted, content in zip(self.rows, settings, contents, strict=True):
            code = None if row.subject is None else secret.code("subject", row.subject)
            wanted = replace(wanted, subject=code)
            profile = row.profile or self.profile
            if isinstance(content, OSError):
                key = key_of(f"row {row.number}", row.name, wanted, profile)
                lost.add(key)
                self.state.put_aside(
                    key, row.name, row.number, 1, _lost(row, content), "unreadable-video", False
                )
                asked.append((row.number, key, row.name))
                continue
            key = key_of(content, row.name, wanted, profile)
            asked.append((row.number, key, row.name))
            drawn = ENGINES[wanted.engine].traits.needs_surrogate and wanted.surrogate == "auto"
            works.append(
                _Work(
                    Task(
                        key,
                        row.path,
                        content,
                        row.name,
                        self.state.folder,
                        wanted,
                        profile,
                        self.state.store,
                        self.language,
                        self.patience_s,
                    ),
                    row.number,
                    code if drawn else None,
                )
            )
        self.state.keep_checksums()
        known = {key for _, key, _ in asked}
        self.state.quarantine = {
            key: one for key, one in self.state.quarantine.items()
            if key in known and not (self.retry and key not in lost)
        }  # fmt: skip
        self.state.keep_quarantine()
        self._bulletin.plan(asked)
        return works

    def _contents(self) -> list[str | OSError]:
        """The checksums of all clips, remembered as they come: reading many takes hours."""
        found: list[str | OSError] = []
        kept = time.monotonic()
        with ThreadPoolExecutor(_READERS) as readers:
            for content in readers.map(self._read, self.rows):
                found.append(content)
                self._bulletin.read(len(found))
                if time.monotonic() - kept > _KEPT_S:
                    self.state.keep_checksums()
                    kept = time.monotonic()
        return found

    def _read(self, row: Row) -> str | OSError:
        """The checksum of a clip, or why it cannot be read."""
        try:
            return self.state.checksum(row.path)
        except OSError as exc:
            return exc

    def _check_profiles(self) -> None:
        from mien.fidelity.profile import Profile

        for name in {row.profile or self.profile for row in self.rows} - {None}:
            try:
                Profile.open(str(name))
            except (ParameterError, FormatError) as exc:
                raise ParameterError(f"The plan asks for the profile {name}: {exc}") from exc

    def _missing(self, works: Sequence[_Work]) -> list[_Work]:
        """What is not done; what was done for other settings under a name that is used now goes."""
        records = self.state.records()
        asked = {work.task.key for work in works}
        there = self.state.results()
        named = {record["name"]: key for key, record in records.items() if key not in asked}
        missing = []
        for work in works:
            task = work.task
            record = records.get(task.key)
            if record is not None and task.name in there and self._is_there(task, record):
                if work.subject is not None and record.get("faces"):
                    self._faces.learn(work.subject, record["faces"][0])
                continue
            if record is not None:
                self.state.forget(task.key)
            if task.name in named:
                self.state.forget(named[task.name])
            if task.key not in self.state.quarantine:
                missing.append(work)
        # the largest first: the longest clip begun last would keep all others waiting
        return sorted(missing, key=lambda work: -self.state.size(work.task.source))

    def _is_there(self, task: Task, record: dict[str, Any]) -> bool:
        """Whether what is done lies where it belongs, as it was made."""
        if task.store is None:
            return is_as_recorded(task, record)
        clear(task)  # the worker was killed before it did
        return True

    def _drive(self, waiting: deque[_Work], before: int, pool: Pool) -> int:
        """Hand out tasks until none is left; how many were done."""
        began = time.monotonic()
        at_work: dict[str, _Work] = {}
        choosing: dict[str, int] = {}  # subjects whose face is being chosen, and their places
        held: dict[str, list[_Work]] = {}
        worked = ended = 0
        todo = len(waiting)
        while waiting or at_work:
            while waiting and len(at_work) < pool.size:
                work = waiting.popleft()
                if work.subject in choosing:
                    held.setdefault(str(work.subject), []).append(work)
                    continue
                at_work[work.task.key] = work
                self._bulletin.begun(work.task.key, work.tries)
                pool.start(self._with_face(work, choosing, pool.size))
            now = _standing(before + worked, len(self.state.quarantine), len(self.rows),
                            time.monotonic() - began, ended, todo)  # fmt: skip
            self.told(now)
            self._bulletin.stands(now.left_s)
            self.state.keep_what_is_due()
            for outcome in pool.finished(_WAIT_S):
                work = at_work.pop(outcome.key)
                outcome = _explained(outcome, work.task)
                if outcome.full:
                    raise OutputError(
                        f"The disk of {self.state.folder}, or that of temporary files, is full or "
                        "read-only: make room and start again; what is done stays done."
                    )
                again = self._ended(work, outcome)
                self._bulletin.ended(outcome, work.tries, again)
                if again:
                    waiting.appendleft(work)  # a long one tried again last would keep all waiting
                else:
                    ended += 1
                    worked += outcome.error is None
                if work.subject is not None and work.subject in choosing:
                    del choosing[work.subject]
                    waiting.extendleft(reversed(held.pop(work.subject, [])))
        done = before + worked
        self.told(Standing(done, len(self.state.quarantine), len(self.rows), 0.0))
        return worked

    def _with_face(self, work: _Work, choosing: dict[str, int], places: int) -> Task:
        """A task with what the plan remembers of its subject."""
        task = work.task
        if work.subject is None:
            return task
        face = self._faces.given.get(work.subject)
        if face is not None:
            return replace(task, settings=replace(task.settings, surrogate=face))
        place = next(k for k in range(places) if k not in choosing.values())
        choosing[work.subject] = place
        avoid = self._faces.avoided(place, places, self._looks)
        return replace(task, settings=replace(task.settings, avoid=avoid))

    def _ended(self, work: _Work, outcome: Outcome) -> bool:
        """Note what became of a task; whether it is tried again."""
        work.tries += 1
        if outcome.error is None:
            self.state.quarantine.pop(work.task.key, None)
            record = self.state.record(work.task.key)
            if work.subject is not None and record.get("faces"):
                self._faces.learn(work.subject, record["faces"][0])
            return False
        if outcome.again and work.tries < TRIES:
            return True
        self.state.put_aside(
            work.task.key, work.task.name, work.row, work.tries, outcome.error, outcome.code
        )
        return False

    def _sum_up(self, works: Sequence[_Work], worked: int) -> Batch:
        done = {}
        for work in works:
            record = self.state.record(work.task.key)
            if record:
                done[work.task.name] = record
        return Batch(
            dict(sorted(done.items())),
            sorted(self.state.quarantine.values(), key=lambda one: one["row"]),
            worked,
            self._faces.shared(),
            sorted(self.state.results() - {row.name for row in self.rows}),
        )


def _lost(row: Row, error: OSError) -> str:
    if isinstance(error, MienError):
        return unnamed(str(error), row.path, row.name)
    return f"The original of {row.name} cannot be read: {error.strerror}."


def _standing(
    done: int, quarantined: int, total: int, took_s: float, ended: int, todo: int
) -> Standing:
    left_s = took_s / ended * (todo - ended) if ended else None
    return Standing(done, quarantined, total, left_s)


def _explained(outcome: Outcome, task: Task) -> Outcome:
    """What became of a task, with why its worker ended where that was said."""
    if outcome.code not in ("worker_died", "job_ended") or not was_stuck(task.notes):
        return outcome
    minutes = f"{task.patience_s / 60:.3g}"
    said = (
        f"It got no further for {minutes} minutes and was ended: look whether the clip plays, or "
        "give it longer (--patience)."
    )
    return replace(outcome, error=said, code="worker_stuck")
