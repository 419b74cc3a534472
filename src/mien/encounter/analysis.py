"""The encounter of a doctor and a patient: what two faces resembled, second by second.

Each recording is read once. A few times a second every face is followed, cut out and looked at;
then it is decided who is who, and faces of others are dropped and counted. The sound puts two
recordings on one clock, the doctor's. What comes out says what faces resembled, never what anybody
felt, and gives nobody a score.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from mien.blendshapes.scores import NAMES, Blendshapes
from mien.emotion.framing import crop_of
from mien.encounter import clocks, synchrony
from mien.encounter import tables as encounter_tables
from mien.encounter.clocks import Offset, Sound
from mien.encounter.roles import Cast, cast
from mien.encounter.timeline import (
    EXPRESSIONS,
    NOT_SEEN,
    ROLES,
    Observation,
    Timeline,
    load_timelines,
    save_timelines,
)
from mien.errors import FormatError, NoFaceError, OutputError, ParameterError
from mien.face.pose import head_pose
from mien.face.region import Region
from mien.intake.words import read_json
from mien.outputs import check_free, complete
from mien.tracking import FaceTrack, State, Tracker
from mien.video import Frame, Reader
from mien.workers import ahead

VERSION = 1
HIDDEN = "the face cannot be seen"
UNREAD = "the face was found too late"
WEIGHT = 0.5
"""Share of the blendshapes' opinion where one is asked for: the mean of logarithms is weighted.
Between .3 and .5 six phantoms' seven expressions were read best."""

_BATCH = 64  # faces looked at together
_TOWARDS_DEG = 15.0  # head and eyes turned aside by so much are turned to the other one
_LOOK_DEG = 30.0  # gaze at an eyeLook score of 1
_FILE, _STEPS, _FINE = "encounter.json", "timelines.parquet", "moments.parquet"

Progress = Callable[[str, int, int | None], None]


class Classifier(Protocol):
    """What is asked of something that reads expressions."""

    def predict_proba(self, faces: Any, /) -> np.ndarray:
        """From crops, or from scores of shape (n, 51), to probabilities, shape (n, 7)."""


class Assess(Protocol):
    """What is asked of something that says which faces can be assessed."""

    def __call__(
        self, crops: list[np.ndarray], poses: list[Any], boxes: list[Any], /
    ) -> Sequence[Any]:
        """One answer per crop, with `assessable` and `reason`."""


@dataclass(frozen=True, eq=False)
class Encounter:
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

    @cached_property
    def tables(self) -> dict[str, Any]:
        """Everything that is counted, as `tables_of` gives it."""
        return tables_of(self.timelines, self.fine)

    def as_dict(self) -> dict[str, Any]:
        """For JSON: everything but the timelines' numbers."""
        any_role = next(iter(self.timelines.values()))
        return {
            "encounter": VERSION,
            "expressions": list(EXPRESSIONS),
            "resolution_s": any_role.resolution,
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
            raise FormatError(f"{folder} holds no encounter that mien wrote ({exc}).") from exc


def analyse(
    doctor: str | os.PathLike[str],
    patient: str | os.PathLike[str] | None = None,
    *,
    offset: float | None = None,
    references: Mapping[str, str | os.PathLike[str]] | None = None,
    resolution: float = 1.0,
    fps: float = 5.0,
    classifier: Classifier | None = None,
    second: Classifier | None = None,
    assess: Assess | None = None,
    landmarker: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
) -> Encounter:
    """Analyse an encounter.

    Parameters
    ----------
    doctor : path
        The doctor's recording; without `patient` one that shows both.
    patient : path, optional
        The patient's recording.
    offset : float, optional
        Seconds to add to the patient's times to have them on the doctor's clock (positive where the
        patient's camera was started later); found from the sound where not given.
    references : mapping, optional
        By role: ``"left"``, ``"right"``, a person's number or the path of a picture; see
        `roles.cast`.
    resolution : float
        Length of a step of the timelines, seconds, 0.1 to 60.
    fps : float
        Moments per second at which faces are looked at, 1 to 30; raised to one per step.
    classifier : Classifier, optional
        Reads crops; `EmotionClassifier` where not given.
    second : Classifier, optional
        Reads blendshapes, of shape (n, 51); its answers are mixed with the classifier's, see
        `WEIGHT`.
    assess : callable, optional
        Says which faces can be assessed; `quality.assess_all` where not given.
    landmarker : path, optional
        A Face Landmarker model to track with.
    progress : callable, optional
        Called as ``progress(stage, done, total)``.

    Returns
    -------
    encounter : Encounter

    Raises
    ------
    ParameterError
        If a setting is out of its range, a reference fits nobody, or the clocks cannot be aligned.
    VideoError
        If a recording cannot be read.
    NoFaceError
        If a recording shows no face.
    """
    if not 0.1 <= resolution <= 60:
        raise ParameterError(f"resolution must lie between 0.1 and 60 s, not {resolution!r}.")
    if not 1 <= fps <= 30:
        raise ParameterError(f"fps must lie between 1 and 30, not {fps!r}.")
    wanted = {role: str(given) for role, given in (references or {}).items()}
    for role in wanted:
        if role not in ROLES:
            raise ParameterError(f"A reference is for doctor or patient, not for {role!r}.")
    if patient is None and offset:
        raise ParameterError("One recording has one clock: leave the offset out.")
    fps = max(fps, 1 / resolution)
    given = None if offset is None else Offset.given(offset)
    sources = [Path(doctor)] if patient is None else [Path(doctor), Path(patient)]
    if len(sources) == 2 and sources[0].resolve() == sources[1].resolve():
        raise ParameterError(
            f"{sources[0].name} is given for doctor and patient: give it once if it shows both."
        )
    for source in sources:
        with Reader(source) as reader:  # fails before any work
            rate = reader.info.average_rate
            fps = min(fps, float(rate)) if rate else fps
    report = progress or (lambda stage, done, total: None)
    report("aligning", 0, len(sources))
    sounds = [clocks.read_sound(source) for source in sources]
    if patient is None:
        found = Offset(0.0, 1.0, "one camera")
    else:
        found = given or clocks.align_files(*sources)
    report("aligning", len(sources), len(sources))

    watch = _Watch(fps, classifier, second, assess, landmarker, report)
    try:
        watched = [watch.follow(source) for source in sources]
        casts = _cast_all(sources, watched, wanted, watch)
    finally:
        watch.close()
    notes = _notes(sounds, casts, found)
    observations: list[Observation] = []
    people: dict[str, dict[str, Any]] = {}
    spans: dict[str, tuple[float, float]] = {}
    heard: dict[str, Sound | None] = {}
    for source_number, (seen, chosen) in enumerate(zip(watched, casts, strict=True)):
        shift = found.seconds if source_number == 1 else 0.0
        sound = sounds[source_number]
        for role, track in chosen.roles.items():
            other = next((k for name, k in chosen.roles.items() if name != role), None)
            observations += seen.observations(role, track, other, shift)
            spans[role] = (seen.start + shift, seen.end + shift)
            heard[role] = None if sound is None else replace(sound, start=sound.start + shift)
        name = "both" if patient is None else ROLES[source_number]
        people[name] = chosen.as_dict() | {
            "followed": len(chosen.roles) + len(chosen.others),
            "others_s": round(sum(seen.seconds(track) for track in chosen.others), 3),
        }
    if len(spans) == 2 and max(s for s, _ in spans.values()) >= min(e for _, e in spans.values()):
        raise ParameterError(
            f"With an offset of {found.seconds:g} s the two recordings do not overlap: check it."
        )
    return gather(
        observations,
        found,
        resolution=resolution,
        fps=fps,
        recordings=spans,
        sounds=heard,
        people=people,
        notes=notes,
    )


def gather(
    observations: Iterable[Observation],
    offset: Offset | None = None,
    *,
    resolution: float = 1.0,
    fps: float = 5.0,
    recordings: Mapping[str, tuple[float, float]] | None = None,
    sounds: Mapping[str, Sound | None] | None = None,
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
    resolution, fps : float
        As for `analyse`.
    recordings : mapping, optional
        By role: start and end on the encounter's clock; from the first to the last observation
        where not given.
    sounds : mapping, optional
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
    if recordings is None:
        times = {role: [o.time for o in everything if o.role == role] for role in ROLES}
        recordings = {role: (min(t), max(t) + fine) for role, t in times.items() if t}
    start = min(span[0] for span in recordings.values())
    end = max(span[1] for span in recordings.values())
    start = math.floor(start / resolution + 1e-6) * resolution
    sounds = sounds or {}

    def timeline(role: str, step: float) -> Timeline:
        return Timeline.of(
            everything, role, start=start, end=end, resolution=step, sound=sounds.get(role)
        )

    return Encounter(
        timelines={role: timeline(role, resolution) for role in ROLES},
        fine={role: timeline(role, fine) for role in ROLES},
        offset=offset or Offset.given(0.0),
        people=dict(people or {}),
        notes=tuple(notes),
        recordings=dict(recordings),
    )


def tables_of(
    timelines: Mapping[str, Timeline], fine: Mapping[str, Timeline] | None = None
) -> dict[str, Any]:
    """All tables of an encounter, for JSON.

    Parameters
    ----------
    timelines : mapping
        By role; what is counted.
    fine : mapping, optional
        By role; synchrony and latency are measured in these, whose steps are shorter.

    Returns
    -------
    tables : dict
        `counts`, `comparison`, `durations`, `episodes`, `transitions`, `synchrony`, `latency`,
        `speaking`.
    """
    doctor, patient = (timelines[role] for role in ROLES)
    moments = [(fine or timelines)[role] for role in ROLES]
    both = {"doctor": doctor, "patient": patient}
    return {
        "counts": {role: encounter_tables.counts(t).as_dict() for role, t in both.items()},
        "comparison": {
            unit: encounter_tables.compare(doctor, patient, unit).as_dict()
            for unit in ("seconds", "episodes")
        },
        "durations": {role: encounter_tables.durations(t) for role, t in both.items()},
        "episodes": {
            role: [episode.as_dict() for episode in encounter_tables.episodes(t)]
            for role, t in both.items()
        },
        "transitions": {role: encounter_tables.transitions(t).tolist() for role, t in both.items()},
        "synchrony": [entry.as_dict() for entry in synchrony.of_timelines(*moments)],
        "latency": encounter_tables.latency(*moments).as_dict(),
        "speaking": {role: _share(t.speaking) for role, t in both.items()},
        "towards_other": {role: _share(t.towards) for role, t in both.items()},
    }


def _share(values: np.ndarray) -> float | None:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else None


@dataclass(frozen=True, eq=False)
class _Look:
    """What was read from one face at one moment."""

    region: Region
    probabilities: np.ndarray
    reason: str | None


@dataclass(frozen=True, eq=False)
class _Watched:
    """One recording, looked at a few times a second."""

    tracks: list[FaceTrack]
    times: np.ndarray
    size: tuple[int, int]
    looks: list[list[_Look]]
    start: float
    end: float
    second: Classifier | None

    def seconds(self, track: int) -> float:
        """How long somebody was followed."""
        if len(self.times) < 2:
            return 0.0
        step = (self.times[-1] - self.times[0]) / (len(self.times) - 1)
        return float(len(self.tracks[track].known()) * step)

    def observations(
        self, role: str, track: int, other: int | None, shift: float
    ) -> Iterator[Observation]:
        """One observation per moment."""
        person = self.tracks[track]
        height, width = self.size
        scores = Blendshapes.load().scores(person.landmarks, width, height)
        opinions = None
        if self.second is not None:
            opinions = np.full((len(scores), len(EXPRESSIONS)), np.nan)
            scored = np.isfinite(scores).all(1)
            if scored.any():
                opinions[scored] = _in_order(self.second, scores[scored])
        for k, time in enumerate(self.times):
            if person.state[k] != State.TRACKED:
                reason = HIDDEN if person.state[k] == State.LOST else NOT_SEEN
                yield Observation(float(time + shift), role, reason=reason)
                continue
            points = person.landmarks[k].astype(np.float64)
            region = Region.around(points)
            look = next((one for one in self.looks[k] if one.region.same_place(region)), None)
            probabilities, reason = None, UNREAD
            if look is not None:
                probabilities, reason = look.probabilities, look.reason or ""
                if opinions is not None and np.isfinite(opinions[k]).all():
                    probabilities = mixed(probabilities, opinions[k])
            pose = head_pose(points)
            yield Observation(
                float(time + shift),
                role,
                None if reason else probabilities,
                scores[k] if np.isfinite(scores[k]).all() else None,
                pose,
                reason or None,
                _opening(points),
                None if other is None else self._towards(k, points, pose[0], scores[k], other),
            )

    def _towards(
        self, k: int, points: np.ndarray, yaw: float, scores: np.ndarray, other: int
    ) -> bool | None:
        their = self.tracks[other]
        if their.state[k] != State.TRACKED or not np.isfinite(scores).all():
            return None
        side = float(np.sign(their.landmarks[k, :, 0].mean() - points[:, 0].mean()))
        named = dict(zip(NAMES, scores, strict=True))
        eyes = _LOOK_DEG / 2 * (
            named["eyeLookOutLeft"] - named["eyeLookInLeft"]
            + named["eyeLookInRight"] - named["eyeLookOutRight"]
        )  # fmt: skip
        return bool(side * (yaw + eyes) > _TOWARDS_DEG)


def _opening(points: np.ndarray) -> float:
    """Of the lips, outer-eye distances."""
    eyes = float(np.linalg.norm(points[33] - points[263]))
    return float(np.linalg.norm(points[13] - points[14])) / max(eyes, 1e-9)


def mixed(first: np.ndarray, second: np.ndarray, weight: float = WEIGHT) -> np.ndarray:
    """Two opinions as one: the weighted mean of their logarithms, made probabilities again.

    Parameters
    ----------
    first, second : np.ndarray [shape=(..., 7)]
        Probabilities.
    weight : float
        Of the second, 0 to 1.
    """
    logs = (1 - weight) * np.log(np.maximum(first, 1e-6)) + weight * np.log(
        np.maximum(second, 1e-6)
    )
    odds = np.exp(logs - logs.max(-1, keepdims=True))
    return np.asarray(odds / odds.sum(-1, keepdims=True))


def _in_order(network: Classifier, scores: np.ndarray) -> np.ndarray:
    """A network's probabilities with `EXPRESSIONS` as columns."""
    given = np.asarray(network.predict_proba(scores), np.float64)
    names = tuple(getattr(network, "expressions", EXPRESSIONS))
    if given.shape != (len(scores), len(names)) or not set(EXPRESSIONS) <= set(names):
        raise ParameterError(
            f"The second opinion has to be on the seven expressions, not on {', '.join(names)}."
        )
    columns = given[:, [names.index(name) for name in EXPRESSIONS]]
    return np.asarray(columns / np.maximum(columns.sum(1, keepdims=True), 1e-12))


class _Watch:
    """Follows and reads the faces of recordings; its models are loaded once."""

    def __init__(
        self,
        fps: float,
        classifier: Classifier | None,
        second: Classifier | None,
        assess: Assess | None,
        landmarker: str | os.PathLike[str] | None,
        report: Progress,
    ) -> None:
        from mien.models.landmarker import open_backend
        from mien.recognition.recognisers import Dlib

        if classifier is None:
            from mien.emotion.classifier import EmotionClassifier

            classifier = EmotionClassifier.load()
        if assess is None:
            from mien.emotion.quality import assess_all

            assess = assess_all
        self.fps, self.classifier, self.second, self.assess = fps, classifier, second, assess
        self.report = report
        self.recogniser = Dlib()
        self.backend = open_backend(None if landmarker is None else str(landmarker))

    def close(self) -> None:
        self.backend.close()

    def describe_picture(self, path: str) -> np.ndarray:
        from mien.tracking.picture import one_face

        return self.recogniser.describe(*one_face(path, self.backend))

    def follow(self, source: Path) -> _Watched:
        """Read a recording once."""
        times: list[float] = []
        looks: list[list[_Look]] = []
        waiting: list[tuple[int, np.ndarray, np.ndarray]] = []
        tracker = Tracker(self.backend, self.recogniser.describe)
        with Reader(source) as reader:
            size = (reader.info.height, reader.info.width)
            clock = _Clock(reader)
            for time, frame in ahead(clock.sampled(self.fps)):
                for points in tracker.update(frame.image, frame.time):
                    waiting.append((len(times), points, crop_of(frame.image, points)))
                times.append(time)
                looks.append([])
                if len(waiting) >= _BATCH:
                    self._read(waiting, looks)
                self.report(f"watching {source.name}", clock.frames, reader.info.frame_estimate)
        self._read(waiting, looks)
        tracks = [track for track in tracker.finish() if len(track.known())]
        if not tracks:
            raise NoFaceError(
                f"No face was found in {source.name}: check that it shows one, large enough and "
                "lit."
            )
        return _Watched(tracks, np.array(times), size, looks, times[0], clock.end, self.second)

    def _read(
        self, waiting: list[tuple[int, np.ndarray, np.ndarray]], looks: list[list[_Look]]
    ) -> None:
        if not waiting:
            return
        crops = [crop for _, _, crop in waiting]
        poses = [head_pose(points) for _, points, _ in waiting]
        boxes = [
            np.concatenate([points[:, :2].min(0), points[:, :2].max(0)]) for _, points, _ in waiting
        ]
        given = np.asarray(self.classifier.predict_proba(crops), np.float64)
        if given.shape != (len(crops), len(EXPRESSIONS)):
            raise ParameterError(
                f"The classifier answers with shape {given.shape}, not {(len(crops), 7)}."
            )
        judged = self.assess(crops, poses, boxes)
        for (k, points, _), probabilities, quality in zip(waiting, given, judged, strict=True):
            reason = None if quality.assessable else str(quality.reason or "not assessable")
            looks[k].append(_Look(Region.around(points), probabilities, reason))
        waiting.clear()


class _Clock:
    """Passes on some of the frames of a recording, evenly, and knows when it ends."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.frames = 0
        self.end = 0.0

    def sampled(self, fps: float) -> Iterator[tuple[float, Frame]]:
        """Ticks of 1/fps from the first frame on, seconds, and the frame nearest to each.

        A tick is off its frame by half of the time between two frames at most.
        """
        first: float | None = None
        tick = 0
        last = step = 0.0

        def wanted(time: float) -> bool:
            nonlocal first, last, step
            if first is None:
                first = time
            else:
                step = time - last
            last = time
            self.frames += 1
            self.end = last + step
            return (time - first + step / 2) * fps >= tick

        for frame in self.reader.selected(wanted):
            assert first is not None
            tick = max(tick, math.floor((frame.time - first) * fps + 0.5))
            time = first + tick / fps
            tick += 1  # before the next frame is decoded
            yield time, frame


def _cast_all(
    sources: list[Path], watched: list[_Watched], wanted: Mapping[str, str], watch: _Watch
) -> list[Cast]:
    """Who is who in each recording."""
    settings: dict[str, Any] = {
        "describe_picture": watch.describe_picture,
        "threshold": watch.recogniser.threshold,
    }
    if len(sources) == 1:
        seen = watched[0]
        return [cast(seen.tracks, seen.size, ROLES, wanted, **settings)]
    found: list[Cast] = []
    for role, seen in zip(ROLES, watched, strict=True):
        own = {role: wanted[role]} if role in wanted else {}
        found.append(cast(seen.tracks, seen.size, [role], own, **settings))
    # whoever is sure says who the other one is not
    for k in (0, 1):
        role, other = ROLES[k], 1 - k
        if found[k].assumed and not found[other].assumed:
            them = watched[other].tracks[found[other].roles[ROLES[other]]]
            seen = watched[k]
            found[k] = cast(seen.tracks, seen.size, [role], not_like=them.descriptors, **settings)
    return found


def _notes(sounds: list[Sound | None], casts: list[Cast], offset: Offset) -> list[str]:
    """What a reader has to know; recordings are not called by their files' names."""
    names = ["the recording"]
    if len(sounds) == 2:
        names = [f"the {role}'s recording" for role in ROLES]
    notes = []
    for name, chosen in zip(names, casts, strict=True):
        if chosen.assumed:
            how = "; ".join(f"the {role}: {why}" for role, why in chosen.how.items())
            notes.append(f"Who is who in {name} was assumed ({how}): check it, or give references.")
        if chosen.cuts:
            times = "once" if chosen.cuts == 1 else f"{chosen.cuts} times"
            notes.append(
                f"In {name} the film cuts {times}: who is who afterwards is told by looks, so "
                "check it; sides are those before the first cut."
            )
        if chosen.others:
            count = len(chosen.others)
            who = "1 other person was" if count == 1 else f"{count} other people were"
            notes.append(f"In {name} {who} followed and left out.")
    for name, sound in zip(names, sounds, strict=True):
        if sound is None:
            notes.append(
                f"{name[0].upper()}{name[1:]} has no sound, so who speaks is not known from it."
            )
    if len(sounds) == 2:
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
