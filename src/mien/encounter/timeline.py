"""Timelines: what one person's face showed in every second of an encounter.

A timeline is made of observations, one for each moment at which a face was looked for. Moments in
which there was nothing to see are observations too, and say why; what is missing stays missing.
"""

from __future__ import annotations

import json
import math
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mien.blendshapes.scores import NAMES
from mien.emotion.classifier import EXPRESSIONS
from mien.encounter.clocks import Sound
from mien.errors import FormatError, ParameterError
from mien.intake.tables import read_table
from mien.intake.words import parse_json
from mien.outputs import check_free, complete

NEGATIVE: tuple[str, ...] = ("anger", "disgust", "fear", "sadness")
"""The expressions that the study counts as negative."""
ROLES: tuple[str, ...] = ("doctor", "patient")

NO_RECORDING = "no recording"
NOT_SEEN = "not in the picture"
UNCLEAR = "no expression stands out"

_MOUTH_S = 1.0  # movement of the mouth is looked at over at least so long
_MOVING = 0.008  # change of the lips' opening per moment that is speech, outer-eye distances
_APART_S = 0.5  # moments further apart say nothing about how a mouth moves between them
_LOUD_DB = 8.0  # over the recording's quiet moments
_QUIET = 0.15  # share of the recording that counts as quiet
_FRAME_S = 0.1  # loudness is looked at in pieces of this length
_KEY = b"mien.timelines"


@dataclass(frozen=True, eq=False)
class Observation:
    """One person at one moment."""

    time: float
    """Seconds on the encounter's clock."""
    role: str
    """``"doctor"`` or ``"patient"``."""
    probabilities: np.ndarray | None = None
    """Of `EXPRESSIONS`, shape (7,); None where not assessable."""
    scores: np.ndarray | None = None
    """Blendshapes in the order of `blendshapes.NAMES`, shape (51,); None where not measured."""
    pose: tuple[float, float, float] | None = None
    """Yaw (towards image right), pitch (downwards) and roll of the head, degrees."""
    reason: str | None = None
    """Why there are no probabilities; None where there are."""
    mouth: float | None = None
    """Opening of the lips, outer-eye distances."""
    towards: bool | None = None
    """Whether head and eyes are turned towards the other person; None where it cannot be told."""

    def __post_init__(self) -> None:
        if self.role not in ROLES:
            raise ParameterError(f"A role is {' or '.join(ROLES)}, not {self.role!r}.")
        if not math.isfinite(self.time):
            raise ParameterError(f"An observation needs a time in seconds, not {self.time!r}.")
        for name, count in (("probabilities", len(EXPRESSIONS)), ("scores", len(NAMES))):
            value = getattr(self, name)
            if value is None:
                continue
            value = np.asarray(value, np.float32)
            if value.shape != (count,):
                raise ParameterError(
                    f"The {name} of an observation have shape ({count},), not {value.shape}."
                )
            # half an answer is none
            object.__setattr__(self, name, value if np.isfinite(value).all() else None)
        if self.probabilities is None and self.reason is None:
            object.__setattr__(self, "reason", "not assessed")


@dataclass(frozen=True, eq=False)
class Timeline:
    """What one person's face showed, in equal steps of time."""

    role: str
    """``"doctor"`` or ``"patient"``."""
    resolution: float
    """Length of a step, seconds."""
    times: np.ndarray
    """Start of each step on the encounter's clock, seconds, shape (n,)."""
    dominant: np.ndarray
    """Index into `EXPRESSIONS` of what the face resembled most, -1 where that is not known; shape
    (n,), int16."""
    probabilities: np.ndarray
    """Mean over the step, NaN where not assessable; shape (n, 7), float32."""
    scores: np.ndarray
    """Mean blendshapes in the order of `blendshapes.NAMES`, NaN where not measured; shape (n, 51),
    float32."""
    assessable: np.ndarray
    """Share of the moments looked at in which the face could be assessed; NaN where there is no
    recording; shape (n,), float32."""
    samples: np.ndarray
    """Moments looked at, shape (n,), int32."""
    reasons: tuple[str, ...]
    """Why `dominant` is -1, "" where it is not."""
    mouth: np.ndarray
    """How much the mouth moves: median change of the lips' opening from moment to moment, outer-eye
    distances; NaN where not measured; shape (n,), float32."""
    loudness: np.ndarray
    """Level of the sound that the person's camera recorded, dB under full scale; NaN without sound;
    shape (n,), float32."""
    speaking: np.ndarray
    """1 where the mouth moves while there is sound, else 0; NaN where either is not known; shape
    (n,), float32."""
    towards: np.ndarray
    """Share of moments in which head and eyes are turned towards the other person; NaN where that
    cannot be measured; shape (n,), float32."""

    def __len__(self) -> int:
        return len(self.times)

    @property
    def end(self) -> float:
        """When the last step ends, seconds."""
        return float(self.times[-1] + self.resolution) if len(self) else 0.0

    @property
    def known(self) -> np.ndarray:
        """Steps with a dominant expression, shape (n,), bool."""
        return self.dominant >= 0

    @property
    def negative(self) -> np.ndarray:
        """Probability of the four negative expressions together, NaN where missing, shape (n,)."""
        columns = [EXPRESSIONS.index(name) for name in NEGATIVE]
        return np.asarray(self.probabilities[:, columns].sum(1))

    def names(self) -> list[str | None]:
        """The dominant expression of each step by name; None where it is not known."""
        return [EXPRESSIONS[k] if k >= 0 else None for k in self.dominant.tolist()]

    @classmethod
    def of(
        cls,
        observations: Iterable[Observation],
        role: str,
        *,
        start: float | None = None,
        end: float | None = None,
        resolution: float = 1.0,
        least: float = 0.4,
        sure: float = 0.3,
        sound: Sound | None = None,
    ) -> Timeline:
        """Gather observations into steps.

        Parameters
        ----------
        observations : iterable of Observation
            In any order; those of the other role are left out.
        role : str
            Whose timeline.
        start, end : float, optional
            Seconds on the encounter's clock; from the first observation's step to the last's where
            not given.
        resolution : float
            Length of a step, seconds, 0.05 to 60.
        least : float
            Share of a step's observations that have to be assessable, 0 to 1; in a step with fewer
            nothing is said about expression.
        sure : float
            Mean probability under which no expression counts as dominant.
        sound : Sound, optional
            Of the person's camera, on the encounter's clock.

        Raises
        ------
        ParameterError
            If a setting is out of its range or there is nothing to make a timeline of.
        """
        if role not in ROLES:
            raise ParameterError(f"A role is {' or '.join(ROLES)}, not {role!r}.")
        if not 0.05 <= resolution <= 60:
            raise ParameterError(f"resolution must lie between 0.05 and 60 s, not {resolution!r}.")
        for name, share in (("least", least), ("sure", sure)):
            if not 0 <= share <= 1:
                raise ParameterError(f"{name} must lie between 0 and 1, not {share!r}.")
        own = sorted((o for o in observations if o.role == role), key=lambda o: o.time)
        if (start is None or end is None) and not own:
            raise ParameterError(f"There are no observations of the {role}: give start and end.")
        if start is None:
            start = math.floor(own[0].time / resolution + 1e-6) * resolution
        if end is None:
            end = math.floor(own[-1].time / resolution + 1e-6) * resolution + resolution
        count = math.ceil((end - start) / resolution - 1e-6)
        if count < 1:
            raise ParameterError(
                f"A timeline from {start:g} s to {end:g} s holds no step of {resolution:g} s."
            )
        times = start + resolution * np.arange(count)
        steps: list[list[Observation]] = [[] for _ in range(count)]
        for observation in own:
            k = math.floor((observation.time - start) / resolution + 1e-6)
            if 0 <= k < count:
                steps[k].append(observation)
        probabilities = np.full((count, len(EXPRESSIONS)), np.nan, np.float32)
        scores = np.full((count, len(NAMES)), np.nan, np.float32)
        dominant = np.full(count, -1, np.int16)
        assessable = np.full(count, np.nan, np.float32)
        towards = np.full(count, np.nan, np.float32)
        reasons = [NO_RECORDING] * count
        for k, step in enumerate(steps):
            if not step:
                continue
            given = [o.probabilities for o in step if o.probabilities is not None]
            assessable[k] = len(given) / len(step)
            measured = [o.scores for o in step if o.scores is not None]
            if measured:
                scores[k] = np.mean(measured, 0)
            turned = [o.towards for o in step if o.towards is not None]
            if turned:
                towards[k] = np.mean(turned)
            if given and assessable[k] >= least:
                probabilities[k] = np.mean(given, 0)
                if probabilities[k].max() >= sure:
                    dominant[k] = probabilities[k].argmax()
                    reasons[k] = ""
                else:
                    reasons[k] = UNCLEAR
            else:
                reasons[k] = _most_frequent(step)
        mouth = _mouth_motion(own, times, resolution)
        loudness, loud = _loudness(sound, times, resolution)
        speaking = np.where(
            np.isfinite(mouth) & np.isfinite(loud), (mouth > _MOVING) & (loud > 0), np.nan
        )
        return cls(
            role=role,
            resolution=float(resolution),
            times=times,
            dominant=dominant,
            probabilities=probabilities,
            scores=scores,
            assessable=assessable,
            samples=np.array([len(step) for step in steps], np.int32),
            reasons=tuple(reasons),
            mouth=mouth.astype(np.float32),
            loudness=loudness.astype(np.float32),
            speaking=speaking.astype(np.float32),
            towards=towards,
        )

    def to_table(self) -> Any:
        """A `pyarrow.Table` with a row per step; missing values are null.

        Columns: `time` (s), `role`, `expression`, a probability per expression (`p_anger` …),
        `assessable`, `samples`, `reason`, `mouth`, `loudness`, `speaking`, `towards`, and the 51
        blendshapes by name.
        """
        import pyarrow as pa

        def numbers(values: np.ndarray) -> Any:
            values = np.ascontiguousarray(values)
            return pa.array(values, mask=~np.isfinite(values))

        columns: dict[str, Any] = {
            "time": pa.array(self.times),
            "role": pa.array([self.role] * len(self), pa.string()),
            "expression": pa.array(self.names(), pa.string()),
        }
        for k, name in enumerate(EXPRESSIONS):
            columns[f"p_{name}"] = numbers(self.probabilities[:, k])
        columns["assessable"] = numbers(self.assessable)
        columns["samples"] = pa.array(self.samples)
        columns["reason"] = pa.array([reason or None for reason in self.reasons], pa.string())
        for name in ("mouth", "loudness", "speaking", "towards"):
            columns[name] = numbers(getattr(self, name))
        for k, name in enumerate(NAMES):
            columns[name] = numbers(self.scores[:, k])
        about = {"resolution": self.resolution, "expressions": EXPRESSIONS}
        return pa.table(columns).replace_schema_metadata({_KEY: json.dumps(about).encode()})

    @classmethod
    def from_table(cls, table: Any, role: str) -> Timeline:
        """One person's rows of a table that `to_table` made.

        Raises
        ------
        FormatError
            If the table is something else or says nothing of that person.
        """
        import pyarrow as pa
        import pyarrow.compute as pc

        about = (table.schema.metadata or {}).get(_KEY)
        try:
            if about is None:
                raise KeyError("its description")
            resolution = float(parse_json(about.decode(), "The table", "a timeline")["resolution"])
            table = table.filter(pc.equal(table["role"], role))
            if not table.num_rows:
                raise FormatError(f"The table holds no timeline of the {role}.")

            def numbers(name: str) -> np.ndarray:
                column = table[name].cast(pa.float64()).to_numpy(zero_copy_only=False)
                return np.asarray(column, np.float64)

            names = table["expression"].to_pylist()
            return cls(
                role=role,
                resolution=resolution,
                times=numbers("time"),
                dominant=np.array(
                    [-1 if name is None else EXPRESSIONS.index(name) for name in names], np.int16
                ),
                probabilities=np.column_stack(
                    [numbers(f"p_{name}") for name in EXPRESSIONS]
                ).astype(np.float32),
                scores=np.column_stack([numbers(name) for name in NAMES]).astype(np.float32),
                samples=numbers("samples").astype(np.int32),
                reasons=tuple(reason or "" for reason in table["reason"].to_pylist()),
                **{
                    name: numbers(name).astype(np.float32)
                    for name in ("assessable", "mouth", "loudness", "speaking", "towards")
                },
            )
        except (KeyError, ValueError, TypeError, pa.ArrowException) as exc:
            if isinstance(exc, FormatError):
                raise
            raise FormatError(f"This is not a table of timelines: {exc} is missing.") from exc


def save_timelines(
    path: str | os.PathLike[str], timelines: Sequence[Timeline], *, overwrite: bool = False
) -> None:
    """Write timelines of one resolution to one Parquet file, which appears when it is complete.

    Raises
    ------
    ParameterError
        If there are none, or their steps are not of one length.
    OutputError
        If the file cannot be written or is in the way.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = Path(path)
    if len({timeline.resolution for timeline in timelines}) != 1:
        raise ParameterError("Timelines are saved together if their steps are of one length.")
    check_free(path, overwrite)
    table = pa.concat_tables([timeline.to_table() for timeline in timelines])
    with complete(path, overwrite=overwrite) as part:
        pq.write_table(table, part, compression="zstd")


def load_timelines(path: str | os.PathLike[str]) -> Mapping[str, Timeline]:
    """Read what `save_timelines` wrote: a timeline by role.

    Raises
    ------
    FormatError
        If the file is missing or something else.
    """
    path = Path(path)
    if not path.is_file():
        raise FormatError(f"{path} cannot be read: there is no such file.")
    table = read_table(path)
    present = set(table["role"].to_pylist()) if "role" in table.column_names else set()
    if not present & set(ROLES):
        raise FormatError(f"{path} holds no timeline of a {' or '.join(ROLES)}.")
    return {role: Timeline.from_table(table, role) for role in ROLES if role in present}


def _most_frequent(step: list[Observation]) -> str:
    reasons = Counter(o.reason for o in step if o.reason is not None)
    return reasons.most_common(1)[0][0] if reasons else "not assessed"


def _mouth_motion(own: list[Observation], times: np.ndarray, resolution: float) -> np.ndarray:
    """Median change of the lips' opening from moment to moment around each step, shape (n,).

    The median: a smile that comes or goes moves the mouth once, speech all the time.
    """
    seen = [(o.time, o.mouth) for o in own if o.mouth is not None and math.isfinite(o.mouth)]
    found = np.full(len(times), np.nan)
    if len(seen) < 2:
        return found
    at, opening = np.array(seen, float).T
    change, near = np.abs(np.diff(opening)), np.diff(at) < _APART_S
    change, at = change[near], ((at[1:] + at[:-1]) / 2)[near]
    reach = max(resolution, _MOUTH_S) / 2
    middle = times + resolution / 2
    first = np.searchsorted(at, middle - reach - 1e-6)
    last = np.searchsorted(at, middle + reach + 1e-6)
    for k in np.flatnonzero(last - first >= 3):
        found[k] = np.median(change[first[k] : last[k]])
    return found


def _loudness(
    sound: Sound | None, times: np.ndarray, resolution: float
) -> tuple[np.ndarray, np.ndarray]:
    """Level of each step, dB, and 1 where somebody is heard, else 0; NaN without sound."""
    if sound is None:
        return np.full(len(times), np.nan), np.full(len(times), np.nan)
    level = sound.loudness(times, resolution)
    pieces = np.arange(sound.start, sound.end - _FRAME_S, _FRAME_S)
    if not len(pieces):
        return level, np.full(len(times), np.nan)
    each = sound.loudness(pieces, _FRAME_S)
    floor = float(np.nanquantile(each, _QUIET))
    loud = each > floor + _LOUD_DB
    inside = np.searchsorted(pieces, np.stack([times, times + resolution]) - 1e-6)
    heard = np.concatenate([[0], np.cumsum(loud)])
    share = (heard[inside[1]] - heard[inside[0]]) / np.maximum(inside[1] - inside[0], 1)
    return level, np.where(np.isfinite(level), share >= 0.2, np.nan)
