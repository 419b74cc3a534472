"""A phantom encounter: a synthetic doctor and patient whose faces follow a script.

Two cameras with clocks of their own, or one that sees both and somebody who walks through. The
sound in the room is noise in the rhythm of speech, heard by every camera at another level, with
another hiss, and from another moment on. What was scripted is written down beside it.
"""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from shutil import rmtree

from mien.encounter.observation import ROLES
from mien.errors import OutputError, ParameterError
from mien.outputs import check_free, check_parent, complete
from mien.phantom.acting import Act, Acted
from mien.phantom.encounter_script import EncounterScript
from mien.phantom.render import Phantom
from mien.phantom.script import Script
from mien.phantom.voices import sound_of, write_sound
from mien.progress import Progress
from mien.video import Writer


@dataclass(frozen=True)
class EncounterFiles:
    """Where a phantom encounter was written."""

    doctor: Path
    """The doctor's clip, or the one that shows both."""
    patient: Path | None
    """The patient's clip; None with one camera."""
    truth: Path
    """The script, as JSON."""
    script: EncounterScript = field(repr=False)
    """What happens."""


def render_encounter(
    script: EncounterScript,
    folder: str | os.PathLike[str],
    *,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> EncounterFiles:
    """Draw an encounter into a folder: doctor.mp4 and patient.mp4, or both.mp4, and truth.json.

    Parameters
    ----------
    script : EncounterScript
        What happens.
    folder : path
        Made if it is not there, in a folder that is; it goes again if nothing comes of it.
    overwrite : bool
        Whether files that are in the way may be replaced.
    progress : callable, optional
        Called as ``progress(stage, done, total)``.

    Raises
    ------
    OutputError
        If a file is in the way or cannot be written.
    """
    folder = Path(folder)
    truth = folder / "truth.json"
    names = ["both.mp4"] if script.one_camera else ["doctor.mp4", "patient.mp4"]
    paths = [folder / name for name in names]
    check_parent(folder)
    made = not os.path.lexists(folder)
    try:
        folder.mkdir(exist_ok=True)
    except OSError as exc:
        raise OutputError(f"{folder} cannot be made: {exc.strerror or exc}.") from exc
    try:
        for path in (truth, *paths):
            check_free(path, overwrite)
        _render(script, paths, overwrite, progress)
        with complete(truth, overwrite=overwrite) as part:
            part.write_text(json.dumps(script.as_dict(), indent=1))
    except BaseException:
        if made:
            rmtree(folder, ignore_errors=True)
        raise
    return EncounterFiles(paths[0], paths[1] if len(paths) > 1 else None, truth, script)


def _render(
    script: EncounterScript, paths: list[Path], overwrite: bool, progress: Progress | None
) -> None:
    """Draw the clips, with their sound."""
    clips = [both_of(script)] if script.one_camera else [clip_of(script, role) for role in ROLES]
    total, done = sum(len(clip) for clip in clips), 0
    with tempfile.TemporaryDirectory() as temporary:
        for number, (path, clip) in enumerate(zip(paths, clips, strict=True)):
            sound = None
            if not script.silent:
                sound = Path(temporary) / f"{number}.m4a"
                write_sound(sound_of(script, ROLES[number]), sound)
            with Writer(
                path, clip.info, audio_from=sound, overwrite=overwrite,
                comment="mien phantom",
            ) as out:  # fmt: skip
                for frame in clip:
                    out.write(frame)
                    done += 1
                    if progress is not None:
                        progress("drawing", done, total)
                out.commit()


def clip_of(script: EncounterScript, role: str) -> Phantom:
    """One person's clip, on the clock of that person's camera.

    Raises
    ------
    ParameterError
        If there is no such role.
    """
    if role not in ROLES:
        raise ParameterError(f"A role is {' or '.join(ROLES)}, not {role!r}.")
    number = ROLES.index(role)
    start = script.offset if role == "patient" else 0.0
    absent: tuple[tuple[float, float], ...] = ()
    if role == "patient":
        absent = tuple(
            (max(a - start, 0.0), b - start) for a, b in script.patient_absent if b > start
        )
    own = Script(
        seconds=script.length(role),
        fps=script.fps,
        width=script.width,
        height=script.height,
        face=script.faces[number : number + 1],
        head_motion=0.2,
        absent=absent,
        seed=2 * script.seed + number,
    )
    return Acted(own, [Act(script, role, start)])


def both_of(script: EncounterScript) -> Phantom:
    """The clip of one camera that sees both, the doctor on the left."""
    own = Script(
        seconds=script.seconds,
        fps=script.fps,
        width=script.width,
        height=script.height,
        people=2,
        face=script.faces,
        head_motion=0.2,
        other_absent=script.patient_absent,
        seed=2 * script.seed,
    )
    return Acted(own, [Act(script, role, 0.0) for role in ROLES], script.passer_by)
