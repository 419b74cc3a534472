"""The sound of a phantom encounter: noise in the rhythm of speech, as each camera hears it."""

from __future__ import annotations

import math
from pathlib import Path

import av
import numpy as np
from scipy import signal

from mien.encounter.observation import ROLES
from mien.phantom.encounter_script import EncounterScript

RATE = 16_000  # Hz of the sound
_ROOM_S = 0.003  # how much later the other one's voice arrives


def sound_of(script: EncounterScript, role: str) -> np.ndarray:
    """What one camera's microphone records, -1 to 1, at 16 kHz, shape (n,), float32.

    The camera hears its own person louder than the other one.
    """
    number = ROLES.index(role)
    start = script.offset if role == "patient" else 0.0
    length = round(script.length(role) * RATE)
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


def _voice(script: EncounterScript, role: str) -> tuple[np.ndarray, float]:
    """One person's speech-like noise over all that any camera records, and when it begins."""
    start = min(0.0, script.offset) - 1
    end = max(script.seconds, script.offset + script.length("patient")) + 1
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


def write_sound(samples: np.ndarray, path: Path) -> None:
    """Write sound as AAC in an MP4."""
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=RATE, layout="mono")
        size = 1024
        for first in range(0, len(samples), size):
            frame = av.AudioFrame.from_ndarray(samples[None, first : first + size], "fltp", "mono")
            frame.sample_rate = RATE
            frame.pts = first
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
