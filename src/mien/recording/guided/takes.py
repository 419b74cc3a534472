"""A guided recording from a camera or a clip to a folder: a clip for each step, and what happened.

The clips show the participant as they are. They have their names when the folder is complete.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from fractions import Fraction
from pathlib import Path

import numpy as np

from mien.errors import NoFaceError, OutputError
from mien.models.landmarker import Backend
from mien.outputs import complete_folder
from mien.recording.checks.checker import Checker
from mien.recording.checks.fault import Fault
from mien.recording.guided.guide import Guide, Phase
from mien.video import VideoInfo, Writer

CHECKS = 5.0
"""Pictures a second that are checked."""
_TICK = Fraction(1, 90_000)
RECORD = "recording.json"
"""Name of the file that says what happened."""


def record(
    guide: Guide,
    pictures: Iterable[tuple[float, np.ndarray]],
    folder: Path,
    backend: Backend,
    told: Callable[[str], None] | None = None,
) -> None:
    """Run a guided recording; consent has to be on record.

    Parameters
    ----------
    guide : Guide
        The protocol, and where it stands.
    pictures : iterable of (float, np.ndarray)
        Seconds and RGB pictures; where they end, it is stopped.
    folder : Path
        A new folder: a clip for each step that was kept, and `RECORD`.
    backend : Backend
        Measures landmarks.
    told : callable, optional
        Given what to say, whenever that changes.

    Raises
    ------
    OutputError
        If the folder exists or cannot be written.
    NoFaceError
        If no step was recorded.
    """
    if folder.exists():
        raise OutputError(f"{folder} already exists: choose another name.")
    with complete_folder(folder, lambda path: False) as part:
        _run(guide, pictures, part, Checker(backend), told)
        if not any(take.kept for take in guide.takes):
            raise NoFaceError(
                "No step was recorded: check that the camera shows one face in good light, and "
                "that there are enough pictures for the first step."
            )
        text = json.dumps(guide.record(), indent=2, ensure_ascii=False) + "\n"
        (part / RECORD).write_text(text, encoding="utf-8")


def _run(
    guide: Guide,
    pictures: Iterable[tuple[float, np.ndarray]],
    folder: Path,
    checker: Checker,
    told: Callable[[str], None] | None,
) -> None:
    writer: Writer | None = None
    due, said, time = 0.0, "", None
    try:
        for time, image in pictures:
            checker.passed(time)
            faults: list[Fault] | None = None
            if time >= due:
                due = time + 1 / CHECKS
                faults = checker.look(image)
            takes = len(guide.takes)
            before, phase = guide.phase, guide.update(time, faults)
            if told is not None and guide.words != said:
                said = guide.words
                told(said)
            if writer is not None and phase is not Phase.RECORDING:
                _end(writer, guide)
                writer = None
            if len(guide.takes) > takes:
                writer = _begin(guide, folder, image)
            if writer is not None:
                writer.write(image, round((time - guide.takes[-1].began_s) / _TICK))
            if phase is Phase.DONE and before is not Phase.DONE:
                break
        else:
            guide.stop(time)
    finally:
        checker.close()
        if writer is not None:
            writer.abandon()


def _begin(guide: Guide, folder: Path, image: np.ndarray) -> Writer:
    take = guide.takes[-1]
    info = VideoInfo(image.shape[1], image.shape[0], _TICK)
    path = folder / f"{guide.participant}-{take.step}.mp4"
    return Writer(path, info, preset="veryfast", overwrite=True)


def _end(writer: Writer, guide: Guide) -> None:
    """Keep a clip whose take counts."""
    if guide.takes[-1].kept:
        writer.commit()
    else:
        writer.abandon()
