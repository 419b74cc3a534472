"""A phantom encounter: a synthetic doctor and patient whose faces follow a script.

Two cameras with clocks of their own, or one that sees both and somebody who walks through. The
sound in the room is noise in the rhythm of speech, heard by every camera at another level, with
another hiss, and from another moment on. What was scripted is written down beside it.
"""

from __future__ import annotations

import json
import math
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

import av
import numpy as np
from scipy import signal

from mien.errors import OutputError, ParameterError
from mien.face.model import FaceModel
from mien.outputs import check_free, complete
from mien.phantom import head as heads
from mien.phantom.motion import (
    Motion,
    _Curves,
    _motion,
    _person,
    _smooth,
    _speech,
    _timestamps,
    identity,
)
from mien.phantom.render import Phantom
from mien.phantom.script import Script, window, within
from mien.phantom.truth import Truth
from mien.video import Writer

ROLES = ("doctor", "patient")
RATE = 16_000  # Hz of the sound
_RAMP_S = 0.3  # how long a face takes to change; it is halfway at the scripted moment
_ROOM_S = 0.003  # how much later the other one's voice arrives
_SIZE_OF_GUEST = 0.75  # of the pair's heads

Course = tuple[tuple[float, float, str], ...]

EXPRESSIONS: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {
        "neutral": {},
        "happiness": {"mouthSmile": 1.0, "cheekSquint": 0.8, "eyeSquint": 0.3,
                      "mouthUpperUp": 0.3, "mouthDimple": 0.2, "jawOpen": 0.12},
        "sadness": {"browInnerUp": 1.0, "browDown": 0.6, "mouthFrown": 1.0, "eyeBlink": 0.45,
                    "eyeLookDown": 0.8, "mouthPress": 0.4, "mouthShrugLower": 0.5},
        "anger": {"browDown": 1.0, "eyeWide": 0.4, "noseSneer": 0.7, "mouthUpperUp": 0.5,
                  "mouthLowerDown": 0.7, "mouthStretch": 0.3, "jawOpen": 0.3},
        "disgust": {"noseSneer": 1.0, "mouthUpperUp": 0.7, "browDown": 0.6, "cheekSquint": 0.6,
                    "eyeSquint": 0.5, "mouthFrown": 0.5, "mouthShrugLower": 0.4},
        "fear": {"browInnerUp": 1.0, "browDown": 0.9, "eyeWide": 1.0, "mouthStretch": 1.0,
                 "mouthLowerDown": 1.0, "mouthFrown": 0.7, "jawOpen": 0.05},
        "surprise": {"browInnerUp": 0.9, "browOuterUp": 0.9, "eyeWide": 0.9, "jawOpen": 0.55},
    }
)  # fmt: skip
"""Blendshapes of a strong posed expression; a name without its side stands for both. After the
action units that EMFACS gives as typical; strengths are ours."""


@dataclass(frozen=True)
class EncounterScript:
    """What happens in an encounter; times are seconds on the doctor's camera's clock."""

    seconds: float = 30.0
    """How long the doctor's camera runs."""
    doctor: Course = ()
    """Start, end and expression of each spell of the doctor's face; neutral otherwise."""
    patient: Course = ()
    """The same of the patient's."""
    doctor_speaks: tuple[tuple[float, float], ...] = ()
    """Start and end of each turn of speech."""
    patient_speaks: tuple[tuple[float, float], ...] = ()
    """The same of the patient."""
    patient_absent: tuple[tuple[float, float], ...] = ()
    """Spans in which the patient is out of the picture."""
    offset: float = 0.0
    """How much later the patient's camera was started (earlier, if negative)."""
    patient_seconds: float | None = None
    """How long the patient's camera runs; as long as the doctor's where not given."""
    one_camera: bool = False
    """Whether one camera sees both, the doctor on the left; then `offset` is 0."""
    passer_by: tuple[float, float] | None = None
    """Span in which somebody walks past behind the pair, with one camera."""
    fps: float = 15.0
    """Frames per second of every camera."""
    width: int = 320
    """Width of the picture, pixels."""
    height: int = 320
    """Height of the picture, pixels."""
    faces: tuple[str, str] | tuple[()] = ()
    """Surrogates that doctor and patient resemble; drawn by the seed where not given."""
    strength: float = 1.0
    """How strong expressions are, 0.2 to 1.2."""
    hiss: float = 0.02
    """Noise of each microphone, share of the speech's level there."""
    silent: bool = False
    """Whether there is no sound."""
    seed: int = 0
    """Decides everything drawn by chance."""

    def __post_init__(self) -> None:
        within("seconds", self.seconds, 0.5, 3600)
        within("offset", self.offset, -3600, 3600)
        within("strength", self.strength, 0.2, 1.2)
        within("hiss", self.hiss, 0, 10)
        if self.patient_seconds is not None:
            within("patient_seconds", self.patient_seconds, 0.5, 3600)
        for role in ROLES:
            last = 0.0
            for start, end, name in sorted(getattr(self, role)):
                window(role, start, end)
                if name not in EXPRESSIONS:
                    raise ParameterError(
                        f"There is no scripted expression {name!r}: choose from "
                        f"{', '.join(EXPRESSIONS)}."
                    )
                if start < last:
                    raise ParameterError(f"Two spells of the {role} overlap at {start:g} s.")
                last = end
        for name in ("doctor_speaks", "patient_speaks", "patient_absent"):
            for span in getattr(self, name):
                window(name, *span)
        if self.one_camera and (self.offset or self.patient_seconds is not None):
            raise ParameterError("With one camera there is one clock: leave the offset at 0.")
        if self.passer_by is not None:
            window("passer_by", *self.passer_by)
            if not self.one_camera:
                raise ParameterError("Somebody passes by before one camera: set one_camera.")

    def expression(self, role: str, time: float) -> str:
        """What is scripted at a time, seconds on the doctor's clock."""
        for start, end, name in getattr(self, role):
            if start <= time < end:
                return str(name)
        return "neutral"

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


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
    progress: Callable[[str, int, int | None], None] | None = None,
) -> EncounterFiles:
    """Draw an encounter into a folder: doctor.mp4 and patient.mp4, or both.mp4, and truth.json.

    Parameters
    ----------
    script : EncounterScript
        What happens.
    folder : path
        Made if it is not there.
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
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise OutputError(f"{folder} cannot be made: {exc.strerror or exc}.") from exc
    for path in (truth, *(folder / name for name in names)):
        check_free(path, overwrite)
    clips = [both_of(script)] if script.one_camera else [clip_of(script, role) for role in ROLES]
    total, done = sum(len(clip) for clip in clips), 0
    with tempfile.TemporaryDirectory() as temporary:
        for number, (name, clip) in enumerate(zip(names, clips, strict=True)):
            sound = None
            if not script.silent:
                sound = Path(temporary) / f"{number}.m4a"
                _encode(sound_of(script, ROLES[number]), sound)
            with Writer(
                folder / name, clip.info, audio_from=sound, overwrite=overwrite,
                comment="mien phantom",
            ) as out:  # fmt: skip
                for frame in clip:
                    out.write(frame)
                    done += 1
                    if progress is not None:
                        progress("drawing", done, total)
                out.commit()
    with complete(truth, overwrite=overwrite) as part:
        part.write_text(json.dumps(script.as_dict(), indent=1))
    paths = [folder / name for name in names]
    return EncounterFiles(paths[0], paths[1] if len(paths) > 1 else None, truth, script)


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
        seconds=_length(script, role),
        fps=script.fps,
        width=script.width,
        height=script.height,
        face=script.faces[number : number + 1],
        head_motion=0.2,
        absent=absent,
        seed=2 * script.seed + number,
    )
    return _Acted(own, [_Act(script, role, start)])


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
    return _Acted(own, [_Act(script, role, 0.0) for role in ROLES], script.passer_by)


def sound_of(script: EncounterScript, role: str) -> np.ndarray:
    """What one camera's microphone records, -1 to 1, at 16 kHz, shape (n,), float32.

    The camera hears its own person louder than the other one.
    """
    number = ROLES.index(role)
    start = script.offset if role == "patient" else 0.0
    length = round(_length(script, role) * RATE)
    heard = np.zeros(length)
    for other, name in enumerate(ROLES):
        voice, origin = _voice(script, name)
        late = 0.0 if other == number else _ROOM_S
        first = round((start - origin - late) * RATE)
        piece = voice[max(first, 0) : max(first + length, 0)]
        at = max(-first, 0)
        piece = piece[: max(length - at, 0)]
        heard[at : at + len(piece)] += (1.0 if other == number else 0.5) * piece
    rng = np.random.default_rng([script.seed, number, *b"hiss"])
    heard += 0.1 * script.hiss * rng.standard_normal(length)
    gain = (0.9, 0.25)[number]
    return np.clip(gain * heard, -1, 1).astype(np.float32)


def _length(script: EncounterScript, role: str) -> float:
    if role == "patient" and script.patient_seconds is not None:
        return script.patient_seconds
    return script.seconds


def _voice(script: EncounterScript, role: str) -> tuple[np.ndarray, float]:
    """One person's speech-like noise over all that any camera records, and when it begins."""
    start = min(0.0, script.offset) - 1
    end = max(script.seconds, script.offset + _length(script, "patient")) + 1
    count = math.ceil((end - start) * RATE)
    number = ROLES.index(role)
    rng = np.random.default_rng([script.seed, number, *b"voice"])
    band = ([180, 2200], [260, 3200])[number]
    sos = signal.butter(2, band, "bandpass", fs=RATE, output="sos")
    noise = signal.sosfilt(sos, rng.standard_normal(count))
    time = start + np.arange(count) / RATE
    envelope = np.zeros(count)
    for begin, stop in getattr(script, f"{role}_speaks"):
        t = begin
        while t < stop:
            length = 1 / float(rng.uniform(3, 5))
            a, b = np.searchsorted(time, [t, min(t + length, stop)])
            rise = np.clip((time[a:b] - t) / length, 0, 1)
            envelope[a:b] = rng.uniform(0.5, 1.0) * np.sin(np.pi * rise) ** 2
            t += length * (1 if rng.random() < 0.9 else 2.2)
    return 0.25 * envelope * noise / (noise.std() + 1e-12), start


def _encode(samples: np.ndarray, path: Path) -> None:
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=RATE, layout="mono")
        size = 1024
        for first in range(0, len(samples), size):
            frame = av.AudioFrame.from_ndarray(samples[None, first : first + size], "fltp", "mono")
            frame.sample_rate = RATE
            frame.pts = first
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


class _Act:
    """Gives a person's motion the expressions and the speech of a script."""

    def __init__(self, script: EncounterScript, role: str, start: float) -> None:
        self.script, self.role, self.start = script, role, start

    def __call__(self, motion: Motion) -> Motion:
        script, model = self.script, FaceModel.load()
        curves = _Curves(model, len(motion.time))
        time = motion.time + self.start
        for begin, end, name in getattr(script, self.role):
            amount = np.minimum(
                _smooth((time - begin) / _RAMP_S + 0.5), _smooth((end - time) / _RAMP_S + 0.5)
            )
            for shape, value in _mix(EXPRESSIONS[name], model).items():
                curves.add(shape, script.strength * value * amount)
        resting = curves.beta.sum(1) < 0.05
        spoken = _Curves(model, len(motion.time))
        for number, (begin, end) in enumerate(getattr(script, f"{self.role}_speaks")):
            if time[-1] < begin or time[0] > end:
                continue
            speech = Script(
                seconds=script.seconds + abs(script.offset) + 1,
                speech=(begin, end),
                seed=1000 * script.seed + 10 * number + ROLES.index(self.role),
            )
            _speech(speech, time, spoken)
        mild = np.where(resting, 0.6, 0.35)[:, None]  # a face that expresses something speaks less
        beta = np.clip(motion.beta + curves.beta + mild * spoken.beta, 0, 1)
        return replace(motion, beta=beta)


def _mix(names: Mapping[str, float], model: FaceModel) -> dict[str, float]:
    """Blendshapes of both sides."""
    found = {}
    for name, value in names.items():
        whole = [name] if name in model.expression_names else [f"{name}Left", f"{name}Right"]
        found.update(dict.fromkeys(whole, value))
    return found


class _Acted(Phantom):
    """A phantom whose people follow a course each, and behind whom somebody may pass."""

    def __init__(
        self,
        script: Script,
        acts: Sequence[_Act],
        passer_by: tuple[float, float] | None = None,
    ) -> None:
        super().__init__(script)
        self._acts = acts
        self._passer_by = passer_by

    @cached_property
    def truth(self) -> Truth:
        """What is true of every frame; a passer-by is the last of the people."""
        time_base, pts = _timestamps(self.script)
        time = pts * float(time_base)
        model = FaceModel.load()
        people = [
            _person(self.script, number, act(_motion(self.script, number, time, model)), model)
            for number, act in enumerate(self._acts)
        ]
        if self._passer_by is not None:
            guest = self._guest
            people.append(_person(guest, 0, self._walk(_motion(guest, 0, time, model)), model))
        script = self.script
        return Truth(
            script.width, script.height, time_base, pts, model.expression_names, tuple(people)
        )

    @cached_property
    def _guest(self) -> Script:
        return replace(
            self.script, people=1, face=(), seed=self.script.seed + 7919, other_absent=()
        )

    @cached_property
    def _heads(self) -> list[heads.Head]:
        made = super()._heads
        if self._passer_by is None:
            return made
        rng = np.random.default_rng([self._guest.seed, 0, *b"looks"])
        faces, alpha = identity(self._guest, 0)
        return [*made, heads.build(faces, alpha, rng)]

    def _walk(self, motion: Motion) -> Motion:
        """From one side of the picture to the other, behind and above the pair."""
        assert self._passer_by is not None
        start, end = self._passer_by
        width, height = self.script.width, self.script.height
        size = _SIZE_OF_GUEST * min(0.19 * height, 0.14 * width)
        way = (motion.time - start) / (end - start)
        x = -3 * size + way * (width + 6 * size)
        x = np.where((way < 0) | (way > 1), -20 * size, x)
        shift = motion.translation - motion.translation.mean(0)
        place = np.column_stack([x, np.full(len(x), 0.2 * height), np.full(len(x), 4 * width)])
        scale = motion.scale / motion.scale.mean() * size
        return replace(motion, scale=scale, translation=place + 0.3 * shift)
