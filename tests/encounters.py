"""Encounters by script, without any video, and small clips of them."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from mien.emotion.classifier import EXPRESSIONS
from mien.encounter.clocks import Offset
from mien.encounter.observation import Observation
from mien.encounter.result import Encounter, gather
from mien.video import Reader, VideoInfo, Writer

SIZE = 96
FPS = 10


def moments(role, seconds, course=(), *, p=0.8, fps=5, missing=(), start=0.0):
    """One observation per moment: neutral but for the spells (from, to, what, how sure)."""
    found = []
    for k in range(round(seconds * fps)):
        time = start + k / fps
        if any(a <= time + 1e-9 < b for a, b in missing):
            found.append(Observation(time, role, reason="the head is turned away"))
            continue
        name, sure = next(
            ((spell[2], (*spell, p)[3]) for spell in course if spell[0] <= time + 1e-9 < spell[1]),
            ("neutral", p),
        )
        chances = np.full(7, (1 - sure) / 6, np.float32)
        chances[EXPRESSIONS.index(name)] = sure
        scores = np.full(51, 0.1 + 0.2 * (name != "neutral"), np.float32)
        found.append(Observation(time, role, chances, scores, (0.0, 0.0, 0.0), mouth=0.01))
    return found


def together(*streams):
    """Observations in the order in which they come in."""
    return sorted((one for stream in streams for one in stream), key=lambda one: one.time)


def encounter(doctor=(), patient=(), seconds=24, *, missing=(), offset=0.0, notes=()) -> Encounter:
    """An encounter that follows two courses; `missing` is the patient's."""
    return gather(
        [
            *moments("doctor", seconds, doctor),
            *moments("patient", seconds, patient, missing=missing),
        ],
        Offset(offset, 0.9),
        people={"doctor": {"others": 1, "how": {"doctor": "most present"}, "assumed": False}},
        recordings={"doctor": (0.0, float(seconds)), "patient": (offset, offset + seconds)},
        notes=notes,
    )


def clip(path: Path, seconds=2.0, *, seed=0, sound=True) -> Path:
    """A textured picture with a `face`, a bright patch in the middle that moves; with sound."""
    rng = np.random.default_rng(seed)
    ground = cv2.resize(rng.integers(60, 120, (8, 8, 3), np.uint8), (SIZE, SIZE))
    face = cv2.resize(rng.integers(120, 255, (8, 8, 3), np.uint8), (32, 32))
    info = VideoInfo(SIZE, SIZE, Fraction(1, FPS))
    audio = None
    if sound:
        audio = path.with_suffix(".m4a")
        _noise(audio, seconds)
    with Writer(path, info, audio_from=audio, overwrite=True) as out:
        for k in range(round(seconds * FPS)):
            image = ground.copy()
            left = 30 + k % 4
            image[32:64, left : left + 32] = face
            out.write(image, k, duration=1)
        out.commit()
    if audio is not None:
        audio.unlink()
    return path


def covered(source, path, *, leave=(), comment=None, voice="mute"):
    """Write a copy of a clip whose `face` is covered, but in some frames."""
    with Reader(source) as reader:
        info = reader.info
        with Writer(
            path, info, audio_from=source, voice=voice, overwrite=True, comment=comment
        ) as out:
            for frame in reader:
                image = frame.image.copy()
                if frame.index not in leave:
                    image[32:64, 30:66] = 40
                out.write(image, frame.pts, duration=frame.duration)
            out.commit()


def _noise(path: Path, seconds: float) -> None:
    rng = np.random.default_rng(1)
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=16_000, layout="mono")
        for k in range(int(seconds * 16_000 / 1024)):
            samples = (0.1 * rng.standard_normal((1, 1024))).astype(np.float32)
            frame = av.AudioFrame.from_ndarray(samples, "fltp", "mono")
            frame.sample_rate, frame.pts = 16_000, 1024 * k
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
