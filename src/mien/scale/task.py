"""One clip of a plan, as a worker does it: what it is known by, and doing it.

A task is known by the hash of its clip and of everything that shapes its result. What is done is
said in a record, which is written last; so whoever is killed, and whenever, what has a record is
whole, and what has none is done again. Before a result gets a name, whatever had it goes, and it is
written down whose the name is: a result that is there without a record is kept only if it is this
task's.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import platform
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from mien.errors import (
    FormatError,
    MienError,
    NoFaceError,
    OutputError,
    ParameterError,
    VideoError,
)
from mien.outputs import checksum, complete
from mien.pipeline.settings import Settings
from mien.progress import Progress
from mien.report.language import DEFAULT
from mien.scale.far import Url
from mien.scale.fetched import at_hand
from mien.scale.places import EVIDENCE, RESULTS, notes_of, owner_of, record_of
from mien.scale.store import Store
from mien.scale.stuck import PATIENCE_S, ended_when_stuck

_HASHED_APART = ("overwrite", "avoid", "signer", "bank", "landmarker", "weights")
_HASHED_ALWAYS = (
    "engine", "surrogate", "consent", "match", "subject", "selection", "voice", "surroundings",
    "judges", "withhold", "crf", "thoroughness",
)  # fmt: skip
"""Settings that are hashed whatever they say. Those that came later only where they say something
else than nothing: an update of mien that knows one more does nothing again that is done."""
Deidentify = Callable[[Path, Path, Settings], None]
"""What makes a result and its manifest of a clip."""
_CERTAIN = (FormatError, NoFaceError, ParameterError, VideoError)


@dataclass(frozen=True)
class Task:
    """A clip to be de-identified, with all that a worker needs to know."""

    key: str
    """The hash that it is known by, hexadecimal."""
    source: Path | Url
    """The clip; only read."""
    input_sha256: str
    """Its checksum."""
    name: str
    """What the result is called."""
    folder: Path
    """Of the batch."""
    settings: Settings
    """How it is de-identified."""
    profile: str | None
    """What is measured afterwards."""
    store: Store | None = None
    """Where what is made goes in the end; the batch's folder if None."""
    language: str = DEFAULT
    """Of its report; no part of what it is known by, for a result is none the worse for it."""
    patience_s: float = PATIENCE_S
    """How long its worker may get no further before it ends itself; likewise."""

    @property
    def result(self) -> Path:
        """Where the result goes; its manifest lies beside it."""
        return self.folder / RESULTS / f"{self.name}.mp4"

    @property
    def evidence(self) -> Path:
        """Where its report goes."""
        return self.folder / EVIDENCE / self.name

    def made(self) -> list[Path]:
        """All files of its result and report that are in the batch's folder."""
        reports = [path for path in sorted(self.evidence.rglob("*")) if path.is_file()]
        return [*reports, *(p for p in (self.manifest, self.result) if p.is_file())]

    @property
    def manifest(self) -> Path:
        """Where its manifest goes."""
        return self.result.with_suffix(".json")

    @property
    def owner(self) -> Path:
        """Where it is said of which task the result of this name is."""
        return owner_of(self.folder, self.name)

    @property
    def notes(self) -> Path:
        """Where its worker says where it got no further."""
        return notes_of(self.folder, self.key)

    @property
    def record(self) -> Path:
        """Where it is said that it is done."""
        return record_of(self.folder, self.key)


@dataclass(frozen=True)
class Outcome:
    """What became of a task."""

    key: str
    """Of which."""
    error: str | None = None
    """Why it failed, in one sentence; None if it is done."""
    again: bool = False
    """Whether another try may go better."""
    full: bool = False
    """Whether nothing can be written any more, so that no other task can be done either: the disk
    is full, or was made read-only."""
    code: str = ""
    """The kind of error, for those who read other languages; empty of one that has none."""
    machine: str = ""
    """The name of the machine that worked on it; empty if nobody knows."""


def key_of(input_sha256: str, name: str, settings: Settings, profile: str | None) -> str:
    """The hash that a task is known by.

    Parameters
    ----------
    input_sha256 : str
        Checksum of the clip.
    name : str
        What the result is called.
    settings : Settings
        How it is de-identified, its subject's code included, but not the face that follows from the
        state of the plan.
    profile : str or None
        What is measured.
    """
    usual = asdict(Settings())
    told = {
        key: value for key, value in asdict(settings).items()
        if key in _HASHED_ALWAYS or (key not in _HASHED_APART and value != usual[key])
    }  # fmt: skip
    files = {
        "bank": None if settings.bank is None else _of_folder(Path(settings.bank)),
        "landmarker": None if settings.landmarker is None else checksum(Path(settings.landmarker)),
        "weights": None if settings.weights is None else checksum(Path(settings.weights.path)),
        "driving": None if settings.weights is None else settings.weights.driving,
        "signed": settings.signer is not None,
    }
    content = json.dumps([1, input_sha256, name, told, files, profile], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()


def _of_folder(folder: Path) -> list[tuple[str, str]]:
    return [(path.name, checksum(path)) for path in sorted(folder.rglob("*")) if path.is_file()]


def do(task: Task, deidentify: Deidentify | None = None) -> Outcome:
    """Do a task, unless it is done; never raises but for an interruption.

    Two workers that have the same task, because a driver was killed and started again, do it one
    after the other, and the second finds it done.
    """
    return replace(_outcome(task, deidentify), machine=platform.node())


def _outcome(task: Task, deidentify: Deidentify | None) -> Outcome:
    source = task.source
    try:
        with _alone(task):
            if not read_record(task.record):
                with at_hand(task.source, task.input_sha256) as source:
                    _do(task, source, deidentify)
        return Outcome(task.key)
    except MienError as error:
        certain = isinstance(error, _CERTAIN) and not isinstance(error, OutputError)
        said = _plain(task, source, error)
        return Outcome(task.key, said, not certain, _is_full(error), error.code)
    except OSError as error:
        return Outcome(task.key, _plain(task, source, error), True, _is_full(error))
    except Exception as error:
        return Outcome(
            task.key, f"Something unexpected went wrong ({type(error).__name__}: "
            f"{_plain(task, source, error)}).", True
        )  # fmt: skip


def _deidentify(source: Path, output: Path, settings: Settings, progress: Progress) -> None:
    from mien.pipeline.deidentify import deidentify

    deidentify(source, output, settings, progress=progress)


def _do(task: Task, source: Path, deidentify: Deidentify | None) -> None:
    began = time.monotonic()
    with ended_when_stuck(task.notes, task.patience_s) as further:
        if not _is_whole(task):
            _make_room(task)
            if deidentify is None:
                _deidentify(source, task.result, task.settings, further)
            else:
                deidentify(source, task.result, task.settings)
        further("measuring", 0, None)
        metrics = None if task.profile is None else _measure(task, source, further)
    told = json.loads(task.manifest.read_text())
    faces = [person["surrogate"]["id"] for person in told["people"] if person.get("surrogate")]
    record = {
        "name": task.name,
        "sha256": told["output"]["sha256"],
        "engine": told["settings"]["engine"],
        "faces": faces,
        "counts": told["ledger"]["counts"],
        "missing": told["input"]["missing"],
        "signed": told["output"]["signed"],
        "stamp": stamp(task.result),
        "metrics": metrics,
        "seconds": round(time.monotonic() - began, 3),
    }
    if task.store is not None:
        _put(task, task.store)
    write_json(task.record, record)
    if task.store is not None:
        clear(task)


def _make_room(task: Task) -> None:
    """Remove what has this task's name, and write down that the name is this task's."""
    clear(task)
    if task.store is not None:
        for path in (task.manifest, task.result):
            task.store.remove(_within(task, path))
    write_json(task.owner, {"key": task.key})


def stamp(path: Path) -> list[int]:
    """Size and time of a file, by which a change of it is noticed."""
    found = path.stat()
    return [found.st_size, found.st_mtime_ns]


def is_as_recorded(task: Task, record: dict[str, Any]) -> bool:
    """Whether what a record says is done lies in the batch's folder as it was made."""
    try:
        same = record.get("stamp") in (None, stamp(task.result))
        return (
            (same or checksum(task.result) == record["sha256"])
            and task.manifest.is_file()
            and (record["metrics"] is None or (task.evidence / "report.html").is_file())
        )
    except (OSError, KeyError):
        return False


def read_record(path: Path) -> dict[str, Any]:
    """A record of something done; empty if there is none that can be read."""
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) and found.get("name") else {}


def _put(task: Task, store: Store) -> None:
    """Put what was made into the store: the clip last, and never beside another one's manifest."""
    store.remove(_within(task, task.result))
    for path in task.made():
        if not path.name.startswith(".mien-"):
            store.put(path, _within(task, path))


def _within(task: Task, path: Path) -> str:
    return path.relative_to(task.folder).as_posix()


def clear(task: Task) -> None:
    """Remove from the batch's folder what is in its store."""
    for path in task.made():
        path.unlink(missing_ok=True)
    shutil.rmtree(task.evidence, ignore_errors=True)


def _is_whole(task: Task) -> bool:
    """Whether a worker was killed after it gave this task's result and manifest their names."""
    try:
        told = json.loads(task.manifest.read_text())
        return bool(
            json.loads(task.owner.read_text())["key"] == task.key
            and told["input"]["sha256"] == task.input_sha256
            and told["output"]["sha256"] == checksum(task.result)
        )
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _measure(task: Task, source: Path, progress: Progress) -> dict[str, Any]:
    """Measure a result against its original and write its report."""
    from mien.evidence.evaluate import evaluate
    from mien.fidelity.profile import Profile
    from mien.report.evidence import page

    assert task.profile is not None
    found = evaluate(
        source, task.result, profile=Profile.open(task.profile),
        landmarker=task.settings.landmarker, progress=progress,
    )  # fmt: skip
    page.write(found, task.evidence, overwrite=True, language=task.language)
    return found.metrics.to_json()


def write_json(path: Path, content: Any) -> None:
    """Write a file that is whole or not there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with complete(path) as part:
        part.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")


@contextmanager
def _alone(task: Task) -> Iterator[None]:
    """Wait until nobody else does the task; the system lets go of it when a worker dies."""
    task.record.parent.mkdir(parents=True, exist_ok=True)
    task.owner.parent.mkdir(parents=True, exist_ok=True)
    lock = task.owner.with_suffix(".lock")
    with lock.open("a") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def _plain(task: Task, source: Path | Url, error: BaseException) -> str:
    """What an error says, without saying where the original lies."""
    said = " ".join(str(error).split()) or type(error).__name__
    for path in (task.source, source):
        said = unnamed(said, path, task.name)
    return said


def unnamed(said: str, source: Path | Url, name: str) -> str:
    """A sentence in which a clip is called by what its result is called."""
    for path in (str(source), source.name):
        said = said.replace(path, f"the original of {name}")
    return said[:1].upper() + said[1:]  # a sentence that began with the path


def _is_full(error: BaseException) -> bool:
    import errno

    cause: BaseException | None = error
    while cause is not None:
        if getattr(cause, "errno", None) in (errno.ENOSPC, errno.EDQUOT, errno.EROFS):
            return True
        cause = cause.__cause__
    return False
