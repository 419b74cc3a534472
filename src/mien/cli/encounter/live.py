"""`mien encounter live`: at most one quiet hint a minute for the doctor; nothing is stored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli import options
from mien.cli.failure import tell
from mien.errors import ParameterError, VideoError

if TYPE_CHECKING:
    import numpy as np

    from mien.encounter.observation import Observation
    from mien.encounter.onlooker import Onlooker

_PER_S = 5.0  # moments a second at which faces are looked at
_STATE_S = 5.0  # for which a face has to be seen, or not, before that is said


def live(
    doctor_camera: Annotated[
        int | None, typer.Option(min=0, metavar="N", help="The doctor's camera; 0 is the first.")
    ] = None,
    patient_camera: Annotated[
        int | None, typer.Option(min=0, metavar="N", help="The patient's camera.")
    ] = None,
    doctor_video: Annotated[
        Path | None, typer.Option(metavar="CLIP", help="A clip in the doctor's camera's place.")
    ] = None,
    patient_video: Annotated[
        Path | None, typer.Option(metavar="CLIP", help="A clip in the patient's camera's place.")
    ] = None,
    hints: Annotated[
        bool, typer.Option("--hints", help="Show hints; without, only whether faces are assessed.")
    ] = False,
    rules: Annotated[
        Path | None, typer.Option(metavar="TOML", help="Rules of feedback of your own.")
    ] = None,
    language: Annotated[str, typer.Option(metavar="en|de", help="Of the hints.")] = "en",
    landmarker: options.Landmarker = None,
) -> None:
    """Remind the doctor while an encounter happens: at most one hint a minute, off by default.

    Hints say what a face resembles, as described by a classifier, never what somebody feels.
    Nothing is stored: no picture, no score, no hint. Ctrl-C ends it.

    Example: [bold]mien encounter live --doctor-camera 0 --patient-camera 1 --hints[/bold]
    """
    from mien.encounter.onlooker import Onlooker, accompany
    from mien.encounter.rules import LANGUAGES, Rules

    sources = _sources(
        {"doctor": doctor_camera, "patient": patient_camera},
        {"doctor": doctor_video, "patient": patient_video},
    )
    if language not in LANGUAGES:
        raise ParameterError(f"--language is {language!r}: choose {' or '.join(LANGUAGES)}.")
    wanted = Rules.open(rules) if hints or rules is not None else None
    if not hints:
        wanted = None
        tell("hints are off: add --hints. Nothing is stored.")
    onlookers = {role: Onlooker(role, landmarker=landmarker) for role in sources}
    said = _States()
    shown = 0
    try:
        for glance in accompany(_seen(sources, onlookers), wanted, language=language):
            for line in said.lines(glance.time, glance.assessed):
                tell(line)
            if glance.hint is not None:
                shown += 1
                typer.echo(f"{glance.time / 60:4.1f} min  {glance.hint.words}")
    finally:
        for onlooker in onlookers.values():
            onlooker.close()
    count = "1 hint" if shown == 1 else f"{shown} hints"
    typer.echo(f"The clips have ended: {count}; nothing was stored.")


def _sources(
    cameras: Mapping[str, int | None], clips: Mapping[str, Path | None]
) -> dict[str, int | Path]:
    """What is looked at, by role."""
    made: dict[str, int | Path] = {}
    for role, camera in cameras.items():
        clip = clips[role]
        if camera is not None and clip is not None:
            raise ParameterError(f"Give a camera or a clip for the {role}, not both.")
        if clip is not None:
            if not clip.is_file():
                raise VideoError(f"{clip} cannot be read: there is no such file")
            made[role] = clip
        elif camera is not None:
            made[role] = camera
    if not made:
        raise ParameterError(
            "Give --doctor-camera, --patient-camera or both; or clips with --doctor-video and "
            "--patient-video."
        )
    if len({isinstance(source, Path) for source in made.values()}) > 1:
        raise ParameterError("Cameras and clips have different clocks: give two of one kind.")
    if len(made) == 2 and made["doctor"] == made["patient"]:
        raise ParameterError("Doctor and patient need a camera each: one face is read from one.")
    return made


def _pictures(source: int | Path) -> Iterator[tuple[float, np.ndarray]]:
    """Times, seconds, and pictures of a camera or a clip; a few a second."""
    from mien.recording.camera import pictures
    from mien.recording.replay import frames

    due: float | None = None
    for time, image in frames(source) if isinstance(source, Path) else pictures(source):
        if due is None or time >= due - 1e-3:
            due = max(time, (time if due is None else due) + 1 / _PER_S)
            yield time, image


def _seen(
    sources: Mapping[str, int | Path], onlookers: Mapping[str, Onlooker]
) -> Iterator[Observation]:
    """What is seen of all faces, in the order of their times as far as cameras give it."""
    streams = {role: _pictures(source) for role, source in sources.items()}
    waiting = {role: next(stream, None) for role, stream in streams.items()}
    while any(entry is not None for entry in waiting.values()):
        there = {role: entry for role, entry in waiting.items() if entry is not None}
        role = min(there, key=lambda name: there[name][0])
        time, image = there[role]
        yield onlookers[role].look(image, time)
        waiting[role] = next(streams[role], None)


class _States:
    """Says when a face begins or ceases to be assessed, once it has been so for a while."""

    def __init__(self) -> None:
        self._told: dict[str, bool] = {}
        self._since: dict[str, tuple[bool, float]] = {}

    def lines(self, time: float, assessed: Mapping[str, bool]) -> Iterator[str]:
        """What is new, in words."""
        for role, now in assessed.items():
            before = self._since.get(role)
            if before is None or before[0] != now:
                self._since[role] = (now, time)
                continue
            if time - before[1] >= _STATE_S and self._told.get(role) != now:
                self._told[role] = now
                yield f"the {role}'s face {'is' if now else 'cannot be'} assessed."
