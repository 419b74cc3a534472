"""The encounter of a doctor and a patient: what two faces resembled, second by second.

Each recording is read once. A few times a second every face is followed, cut out and looked at;
then it is decided who is who, and faces of others are dropped and counted. The sound puts two
recordings on one clock, the doctor's. What comes out says what faces resembled, never what anybody
felt, and gives nobody a score.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mien.encounter.clocks import ClockError, Offset, align_files
from mien.encounter.observation import ROLES, Observation
from mien.encounter.result import Encounter, gather
from mien.encounter.roles import Assignment, RoleError, assign_roles
from mien.encounter.settings import AnalysisSettings
from mien.encounter.soundtrack import Soundtrack, read_soundtrack
from mien.encounter.watching import Watched, Watcher
from mien.errors import ParameterError
from mien.outputs import checksum
from mien.progress import Progress, usual
from mien.video import Reader


def analyse(
    doctor: str | os.PathLike[str],
    patient: str | os.PathLike[str] | None = None,
    *,
    settings: AnalysisSettings | None = None,
    progress: Progress | None = None,
) -> Encounter:
    """Analyse an encounter.

    Parameters
    ----------
    doctor : path
        The doctor's recording; without `patient` one that shows both.
    patient : path, optional
        The patient's recording.
    settings : AnalysisSettings, optional
        How.
    progress : callable, optional
        Called as ``progress(stage, done, total)``.

    Raises
    ------
    ParameterError
        If a reference fits nobody, or the clocks cannot be aligned.
    VideoError
        If a recording cannot be read.
    NoFaceError
        If a recording shows no face.
    """
    with usual(progress, "encounter") as report:
        return _analyse(doctor, patient, settings or AnalysisSettings(), report)


def _analyse(
    doctor: str | os.PathLike[str],
    patient: str | os.PathLike[str] | None,
    settings: AnalysisSettings,
    report: Progress,
) -> Encounter:
    """See `analyse`."""
    sources = _sources(doctor, patient, settings)
    fps = _rate(sources, settings)
    report("aligning", 0, len(sources))
    soundtracks = [read_soundtrack(source) for source in sources]
    offset = _offset(sources, settings)
    report("aligning", len(sources), len(sources))
    watcher = Watcher(fps, settings, report)
    try:
        watched = [watcher.watch(source) for source in sources]
        assigned = _roles_of_all(watched, settings.references, watcher)
    finally:
        watcher.close()
    both = _together(watched, assigned, soundtracks, offset)
    return gather(
        both.observations,
        offset,
        resolution=settings.resolution,
        fps=fps,
        sure=settings.sure,
        recordings=both.spans,
        soundtracks=both.soundtracks,
        people=_people(watched, assigned),
        notes=[*_notes_on_loss(watched), *_notes(soundtracks, assigned, offset)],
    )


def _sources(
    doctor: str | os.PathLike[str],
    patient: str | os.PathLike[str] | None,
    settings: AnalysisSettings,
) -> list[Path]:
    """The recordings, one of both people or the doctor's and the patient's."""
    if patient is None:
        if settings.offset:
            raise ParameterError("One recording has one clock: leave the offset out.")
        return [Path(doctor)]
    sources = [Path(doctor), Path(patient)]
    if sources[0].resolve() == sources[1].resolve():
        raise ParameterError(
            f"{sources[0].name} is given for doctor and patient: give it once if it shows both."
        )
    sizes = [source.stat().st_size for source in sources if source.is_file()]
    if len(sizes) == 2 and sizes[0] == sizes[1] and checksum(sources[0]) == checksum(sources[1]):
        raise RoleError(
            f"{sources[0].name} and {sources[1].name} are the same recording: give it once if it "
            "shows both."
        )
    return sources


def _rate(sources: list[Path], settings: AnalysisSettings) -> float:
    """Moments per second: one per step at least, and no more than the recordings have frames."""
    fps = max(settings.fps, 1 / settings.resolution)
    for source in sources:
        with Reader(source) as reader:  # fails before any work
            rate = reader.info.average_rate
            fps = min(fps, float(rate)) if rate else fps
    return fps


def _offset(sources: list[Path], settings: AnalysisSettings) -> Offset:
    if len(sources) == 1:
        return Offset(0.0, 1.0, "one camera")
    if settings.offset is not None:
        return Offset.given(settings.offset)
    return align_files(*sources)


@dataclass(frozen=True, eq=False)
class _Together:
    """What was seen and heard of both people, on the encounter's clock."""

    observations: list[Observation]
    """Of both."""
    spans: dict[str, tuple[float, float]]
    """By role: start and end of the recording, seconds."""
    soundtracks: dict[str, Soundtrack | None]
    """By role: the sound of the person's camera."""


def _together(
    watched: Sequence[Watched],
    assigned: Sequence[Assignment],
    soundtracks: Sequence[Soundtrack | None],
    offset: Offset,
) -> _Together:
    both = _Together([], {}, {})
    for seen, roles, soundtrack, shift in zip(
        watched, assigned, soundtracks, (0.0, offset.seconds), strict=False
    ):
        for role, track in roles.tracks.items():
            other = next((k for name, k in roles.tracks.items() if name != role), None)
            both.observations.extend(seen.observations(role, track, other, shift))
            both.spans[role] = (seen.start + shift, seen.end + shift)
            both.soundtracks[role] = (
                None if soundtrack is None else replace(soundtrack, start=soundtrack.start + shift)
            )
    starts, ends = zip(*both.spans.values(), strict=True)
    if len(both.spans) == 2 and max(starts) >= min(ends):
        raise ClockError(
            f"With an offset of {offset.seconds:g} s the two recordings do not overlap: check it."
        )
    return both


def _people(
    watched: Sequence[Watched], assigned: Sequence[Assignment]
) -> dict[str, dict[str, Any]]:
    """By recording: how many people there were, and why each role was given."""
    names = ROLES if len(watched) == 2 else ("both",)
    return {
        name: roles.as_dict()
        | {
            "followed": len(roles.tracks) + len(roles.others),
            "others_s": round(sum(seen.seconds(track) for track in roles.others), 3),
        }
        for name, seen, roles in zip(names, watched, assigned, strict=True)
    }


def _roles_of_all(
    watched: Sequence[Watched],
    references: Mapping[str, str | os.PathLike[str]],
    watcher: Watcher,
) -> list[Assignment]:
    """Who is who in each recording."""
    wanted = {role: str(given) for role, given in references.items()}
    settings: dict[str, Any] = {
        "describe_picture": watcher.describe_picture,
        "threshold": watcher.recogniser.threshold,
    }
    if len(watched) == 1:
        seen = watched[0]
        return [assign_roles(seen.tracks, seen.size, ROLES, wanted, **settings)]
    assigned: list[Assignment] = []
    for role, seen in zip(ROLES, watched, strict=True):
        own = {role: wanted[role]} if role in wanted else {}
        assigned.append(assign_roles(seen.tracks, seen.size, [role], own, **settings))
    # whoever is sure says who the other one is not
    for k in (0, 1):
        role, other = ROLES[k], 1 - k
        if assigned[k].assumed and not assigned[other].assumed:
            them = watched[other].tracks[assigned[other].tracks[ROLES[other]]]
            seen = watched[k]
            assigned[k] = assign_roles(
                seen.tracks, seen.size, [role], not_like=them.descriptors, **settings
            )
    return assigned


def _names(recordings: int) -> list[str]:
    """What recordings are called in notes: not by their files' names."""
    return [f"the {role}'s recording" for role in ROLES] if recordings == 2 else ["the recording"]


def _notes_on_loss(watched: Sequence[Watched]) -> list[str]:
    """What of the recordings is missing, where that is much."""
    return [
        f"Of {name} {seen.missing.lost} of {seen.missing.of} frames cannot be read: what is said "
        "here is of the rest."
        for name, seen in zip(_names(len(watched)), watched, strict=True)
        if seen.missing.much
    ]


def _notes(
    soundtracks: Sequence[Soundtrack | None], assigned: Sequence[Assignment], offset: Offset
) -> list[str]:
    """What a reader has to know."""
    names = _names(len(soundtracks))
    notes = []
    for name, roles in zip(names, assigned, strict=True):
        if roles.assumed:
            how = "; ".join(f"the {role}: {why}" for role, why in roles.how.items())
            notes.append(f"Who is who in {name} was assumed ({how}): check it, or give references.")
        if roles.cuts:
            times = "once" if roles.cuts == 1 else f"{roles.cuts} times"
            notes.append(
                f"In {name} the film cuts {times}: who is who afterwards is told by looks, so "
                "check it; sides are those before the first cut."
            )
        if roles.others:
            count = len(roles.others)
            who = "1 other person was" if count == 1 else f"{count} other people were"
            notes.append(f"In {name} {who} followed and left out.")
    for name, soundtrack in zip(names, soundtracks, strict=True):
        if soundtrack is None:
            notes.append(
                f"{name[0].upper()}{name[1:]} has no sound, so who speaks is not known from it."
            )
    if len(soundtracks) == 2:
        notes.append(
            "Gaze towards the other is not measured with two cameras, because nothing says where "
            "they stand."
        )
    else:
        notes.append(
            "Gaze towards the other is judged from the turn of head and eyes in one picture; it "
            "does not say that eyes meet."
        )
    if offset.source == "sound":
        notes.append(f"The clocks were aligned by the sound (confidence {offset.confidence:.2f}).")
    return notes
