"""What an analysis of an encounter yields, and the files it is kept in."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mien.data_frame import of_rows
from mien.emotion.classifier import EXPRESSIONS
from mien.encounter.clocks import Offset
from mien.encounter.observation import ROLES, Observation
from mien.encounter.soundtrack import Soundtrack
from mien.encounter.tables import tables_of
from mien.encounter.timeline import SURE, Timeline
from mien.encounter.timeline_files import load_timelines, save_timelines
from mien.errors import FormatError, OutputError, ParameterError
from mien.intake.words import read_json, why
from mien.outputs import check_free, complete
from mien.shown import Shown, new_axes

if TYPE_CHECKING:
    import pandas

VERSION = 1
_FILE, _STEPS, _FINE = "encounter.json", "timelines.parquet", "moments.parquet"


@dataclass(frozen=True, eq=False, repr=False)
class Encounter(Shown):
    """What was seen of a doctor and a patient."""

    timelines: Mapping[str, Timeline]
    """By role, in steps of the resolution that was asked for; both have the same steps."""
    fine: Mapping[str, Timeline]
    """The same in steps as short as the faces were looked at."""
    offset: Offset
    """What to add to a time in the patient's recording to have it on the encounter's clock, which
    is that of the doctor's recording."""
    people: Mapping[str, Mapping[str, Any]]
    """By recording: how many people were followed, how many of them were left out, and why each
    role was given."""
    notes: tuple[str, ...] = ()
    """What could not be measured or was taken for granted, in sentences."""
    recordings: Mapping[str, tuple[float, float]] | None = None
    """By role: start and end of the recording on the encounter's clock, seconds."""
    sure: float = SURE
    """Mean probability under which a step was given no expression."""

    @cached_property
    def tables(self) -> dict[str, Any]:
        """Everything that is counted, as `tables_of` gives it."""
        return tables_of(self.timelines, self.fine)

    def to_frame(self) -> pandas.DataFrame:
        """A row for each step and role: ``time_s``, ``role``, the ``expression`` that the face
        resembled most (None where it could not be assessed), the share that was ``assessable``."""
        rows = [
            {"time_s": float(time), "role": role, "expression": name, "assessable": float(share)}
            for role, line in self.timelines.items()
            for time, name, share in zip(line.times, line.names(), line.assessable, strict=True)
        ]
        return of_rows(rows, ("time_s", "role", "expression", "assessable"))

    def plot(self, axes: Any = None) -> Any:
        """What both faces resembled, step by step.

        Parameters
        ----------
        axes : matplotlib.axes.Axes, optional
            Where to draw; new ones if None.

        Returns
        -------
        axes : matplotlib.axes.Axes
        """
        axes = axes or new_axes("time (s)", "")
        for k, (role, line) in enumerate(self.timelines.items()):
            known = line.known
            shift = 0.15 * (k - 0.5)
            axes.plot(line.times[known], line.dominant[known] + shift, ".", label=role)
        axes.set_yticks(range(len(EXPRESSIONS)), EXPRESSIONS)
        axes.legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False)
        return axes

    def title(self) -> str:
        line = next(iter(self.timelines.values()))
        length = line.end - float(line.times[0])
        return f"Encounter of {length:.0f} s in steps of {line.resolution:g} s"

    def table(self) -> list[tuple[str, ...]]:
        rows: list[tuple[str, ...]] = [("role", "assessed", "most often")]
        for role, line in self.timelines.items():
            names = [name for name in line.names() if name is not None]
            most = max(sorted(set(names)), key=names.count) if names else "-"
            rows.append((role, f"{line.known.mean():.0%}", most))
        return rows

    def as_dict(self) -> dict[str, Any]:
        """For JSON: everything but the timelines' numbers."""
        any_role = next(iter(self.timelines.values()))
        return {
            "encounter": VERSION,
            "expressions": list(EXPRESSIONS),
            "resolution_s": any_role.resolution,
            "sure": self.sure,
            "moment_s": next(iter(self.fine.values())).resolution,
            "start_s": float(any_role.times[0]),
            "end_s": any_role.end,
            "offset": self.offset.as_dict(),
            "recordings": {role: list(span) for role, span in (self.recordings or {}).items()},
            "people": {name: dict(entry) for name, entry in self.people.items()},
            "notes": list(self.notes),
            "tables": self.tables,
        }

    def save(self, folder: str | os.PathLike[str], *, overwrite: bool = False) -> None:
        """Write encounter.json, timelines.parquet and moments.parquet into a folder.

        Raises
        ------
        OutputError
            If a file is in the way or cannot be written.
        """
        folder = Path(folder)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as exc:
            raise OutputError(f"{folder} cannot be made: {exc.strerror or exc}.") from exc
        for name in (_FILE, _STEPS, _FINE):
            check_free(folder / name, overwrite)
        text = json.dumps(self.as_dict(), indent=1, allow_nan=False)
        save_timelines(folder / _STEPS, list(self.timelines.values()), overwrite=overwrite)
        save_timelines(folder / _FINE, list(self.fine.values()), overwrite=overwrite)
        with complete(folder / _FILE, overwrite=overwrite) as part:
            part.write_text(text)

    @classmethod
    def load(cls, folder: str | os.PathLike[str]) -> Encounter:
        """Read what `save` wrote.

        Raises
        ------
        FormatError
            If the folder holds no encounter.
        """
        folder = Path(folder)
        try:
            content = read_json(folder / _FILE, "an encounter that mien wrote")
            if content["encounter"] != VERSION:
                raise ValueError(f"version {content['encounter']}")
            return cls(
                timelines=load_timelines(folder / _STEPS),
                fine=load_timelines(folder / _FINE),
                offset=Offset(**content["offset"]),
                sure=float(content.get("sure", SURE)),
                people=content["people"],
                notes=tuple(content["notes"]),
                recordings={
                    role: (float(start), float(end))
                    for role, (start, end) in content["recordings"].items()
                },
            )
        except (OSError, ValueError, KeyError, TypeError) as exc:
            if isinstance(exc, FormatError):
                raise
            raise FormatError(f"{folder} holds no encounter that mien wrote: {why(exc)}.") from exc


def gather(
    observations: Iterable[Observation],
    offset: Offset | None = None,
    *,
    resolution: float = 1.0,
    fps: float = 5.0,
    sure: float = SURE,
    recordings: Mapping[str, tuple[float, float]] | None = None,
    soundtracks: Mapping[str, Soundtrack | None] | None = None,
    people: Mapping[str, Mapping[str, Any]] | None = None,
    notes: Sequence[str] = (),
) -> Encounter:
    """Make an encounter of observations, wherever they come from.

    Parameters
    ----------
    observations : iterable of Observation
        On the encounter's clock, of both people.
    offset : Offset, optional
        How the patient's clock was turned into the encounter's.
    resolution, fps, sure : float
        As for `analyse`.
    recordings : mapping, optional
        By role: start and end on the encounter's clock; from the first to the last observation
        where not given.
    soundtracks : mapping, optional
        By role: the sound of the person's camera, on the encounter's clock.
    people, notes
        Kept.

    Raises
    ------
    ParameterError
        If there is nothing to make an encounter of.
    """
    everything = sorted(observations, key=lambda observation: observation.time)
    if not everything:
        raise ParameterError("There are no observations to make an encounter of.")
    fine = 1 / fps
    recordings = recordings or _spans(everything, fine)
    start = min(span[0] for span in recordings.values())
    end = max(span[1] for span in recordings.values())
    start = math.floor(start / resolution + 1e-6) * resolution
    soundtracks = soundtracks or {}

    def timelines(step: float) -> dict[str, Timeline]:
        span = {"start": start, "end": end, "resolution": step, "sure": sure}
        return {
            role: Timeline.of(everything, role, soundtrack=soundtracks.get(role), **span)
            for role in ROLES
        }

    return Encounter(
        timelines=timelines(resolution),
        fine=timelines(fine),
        offset=offset or Offset.given(0.0),
        sure=sure,
        people=dict(people or {}),
        notes=tuple(notes),
        recordings=dict(recordings),
    )


def _spans(observations: Iterable[Observation], step: float) -> dict[str, tuple[float, float]]:
    """By role: from the first to the end of the last observation."""
    times: dict[str, list[float]] = {}
    for observation in observations:
        times.setdefault(observation.role, []).append(observation.time)
    return {role: (min(times[role]), max(times[role]) + step) for role in ROLES if role in times}
