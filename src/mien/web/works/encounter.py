"""Reading the expressions of a doctor and a patient, from one or two clips."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from mien.emotion.classifier import EXPRESSIONS
from mien.encounter.analysis import analyse
from mien.encounter.feedback import feedback_on
from mien.encounter.judging import Feedback
from mien.encounter.observation import ROLES
from mien.encounter.result import Encounter
from mien.encounter.settings import AnalysisSettings
from mien.encounter.timeline import Timeline
from mien.errors import MienError, NoFaceError, ParameterError
from mien.progress import Progress
from mien.report.encounter.page import BOTH, Videos, write
from mien.web.queue.folders import RESULT
from mien.web.queue.tasks import Material, Task

_MOST_SAID = 100  # moments of feedback that pages are told of; the report has all
_CALLED = {
    BOTH: "the recording",
    "doctor": "the doctor's recording",
    "patient": "the patient's recording",
}
_NO_FACE_LEFT = (
    "No face was found in {}: its original was deleted, so the de-identified result was read, and "
    "that shows none; upload the clip again."
)
LETTERS = "adfhnsu"
"""One for each of `EXPRESSIONS`, in timelines as text."""


def encounter(task: Task, progress: Progress) -> dict[str, Any]:
    """Read what two faces resembled, and write the report into ``report``.

    Stored originals are analysed; where one was deleted, the result. The page shows results only.

    Returns
    -------
    found : dict
        ``seconds`` and ``start`` of the encounter, ``resolution``, the ``offset`` of the patient's
        clock, which copy was ``analysed`` by role, by role the ``assessed`` share of time, the
        ``shares`` of expressions and the ``timelines`` as text (a letter a step, of `LETTERS`, or
        ``-`` where not assessed), the ``feedback`` with how much there is in ``moments``, and the
        recordings in which it was ``assumed`` who is who.

    Raises
    ------
    MienError
        As `mien.encounter.analysis.analyse` does; recordings are called by their roles.
    """
    roles = (BOTH,) if task.wanted["roles"] == BOTH else ROLES
    clips = dict(zip(roles, task.clips, strict=True))
    wanted = {role: task.wanted.get(f"{role}_is") for role in ROLES}
    analysed, shown = {}, {}
    for role, clip in clips.items():
        if clip.folder is None:
            raise ParameterError(f"There is no result of {_CALLED[role]}: de-identify it first.")
        shown[role] = clip.folder / RESULT
        analysed[role] = "result" if _original(clip) is None else "original"
    with TemporaryDirectory(dir=task.folder) as folder:
        sources = {
            role: _named(_original(clip) or shown[role], Path(folder) / _CALLED[role])
            for role, clip in clips.items()
        }
        try:
            found = analyse(
                *sources.values(),
                settings=AnalysisSettings(
                    offset=task.wanted["offset"],
                    references={role: side for role, side in wanted.items() if side is not None},
                ),
                progress=progress,
            )
            said = feedback_on(found, language=task.wanted["language"])
            write(
                found,
                said,
                task.folder / "report",
                # mien withholds a result that its audit did not pass
                videos=Videos(shown, sources, checked=True),
                progress=progress,
                language=task.wanted["language"],
            )
        except MienError as error:
            sentence = str(error)
            for role, source in sources.items():
                sentence = sentence.replace(str(source), source.name)
                unseen = isinstance(error, NoFaceError) and source.name in sentence
                if unseen and analysed[role] == "result":
                    sentence = _NO_FACE_LEFT.format(source.name)
            raise type(error)(sentence[:1].upper() + sentence[1:]) from error
    return _in_short(found, said) | {"analysed": analysed}


def _original(clip: Material) -> Path | None:
    """The original if it is still stored."""
    return clip.original if clip.original is not None and clip.original.is_file() else None


def _named(source: Path, name: Path) -> Path:
    """The same file under a name that sentences about it can show."""
    try:
        os.link(source, name)
    except OSError:  # not every file system has links
        shutil.copyfile(source, name)
    return name


def _in_short(found: Encounter, said: list[Feedback]) -> dict[str, Any]:
    line = found.timelines["doctor"]
    counts = found.tables["counts"]
    return {
        "start": float(line.times[0]),
        "seconds": round(line.end - float(line.times[0]), 3),
        "resolution": line.resolution,
        "offset": found.offset.as_dict(),
        "assessed": {role: float(np.mean(one.known)) for role, one in found.timelines.items()},
        "shares": {
            role: {name: one["share"] for name, one in counts[role]["expressions"].items()}
            for role in ROLES
        },
        "timelines": {role: _letters(one) for role, one in found.timelines.items()},
        "feedback": [
            {
                key: value
                for key, value in one.as_dict().items()
                if key in ("time", "start", "end", "role", "expression", "words", "source")
            }
            for one in said[:_MOST_SAID]
        ],
        "moments": len(said),
        "assumed": [name for name, one in found.people.items() if one.get("assumed")],
    }


def _letters(line: Timeline) -> str:
    assert len(LETTERS) == len(EXPRESSIONS)
    return "".join(LETTERS[k] if k >= 0 else "-" for k in line.dominant.tolist())
