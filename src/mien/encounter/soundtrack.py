"""The sound of a recording: read as one channel on the clock of the frames, and how loud it is."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np

from mien.errors import VideoError
from mien.video.container import open_input, words_of

RATE = 8000  # Hz to which sound is brought: speech is below half of it
_SILENT = 1e-4  # root mean square under which there is no sound, share of full scale


@dataclass(frozen=True, eq=False)
class Soundtrack:
    """The sound of a recording, one channel."""

    samples: np.ndarray
    """Amplitude, -1 to 1, shape (n,), float32."""
    rate: int = RATE
    """Samples per second."""
    start: float = 0.0
    """Time of the first sample on the recording's clock, seconds."""

    @property
    def end(self) -> float:
        """Time after the last sample, seconds."""
        return self.start + len(self.samples) / self.rate

    @property
    def is_silent(self) -> bool:
        """Whether there is nothing to hear."""
        if not len(self.samples):
            return True
        centred = self.samples - self.samples.mean()
        return float(np.sqrt(np.mean(np.square(centred)))) < _SILENT

    def loudness(self, times: np.ndarray, length: float) -> np.ndarray:
        """Level of the sound in spans of time.

        Parameters
        ----------
        times : np.ndarray [shape=(n,)]
            Starts of the spans, seconds on the recording's clock.
        length : float
            Of each span, seconds.

        Returns
        -------
        level : np.ndarray [shape=(n,)]
            Decibels under full scale (at most 0, at least -120); NaN where nothing was recorded.
        """
        power = np.concatenate([[0.0], np.cumsum(np.square(self.samples, dtype=np.float64))])
        first = np.round((np.asarray(times) - self.start) * self.rate).astype(int)
        last = np.clip(first + round(length * self.rate), 0, len(self.samples))
        first = np.clip(first, 0, len(self.samples))
        count = last - first
        mean = (power[last] - power[first]) / np.maximum(count, 1)
        level = np.clip(10 * np.log10(np.maximum(mean, 1e-12)), -120.0, 0.0)
        return np.where(count > 0.2 * length * self.rate, level, np.nan)


def read_soundtrack(path: str | os.PathLike[str], rate: int = RATE) -> Soundtrack | None:
    """The sound of a clip, mixed to one channel.

    Parameters
    ----------
    path : path
        A video or sound file.
    rate : int
        Samples per second of the result.

    Returns
    -------
    soundtrack : Soundtrack or None
        On the clock of the clip's frames; None where there is no sound track.

    Raises
    ------
    VideoError
        If the file cannot be opened.
    """
    path = Path(path)
    parts: list[np.ndarray] = []
    start: float | None = None
    count = 0
    for time, samples in _pieces(path, rate):
        if start is None:
            start = time or 0.0
        missing = 0 if time is None else round((time - start) * rate) - count
        if missing > rate // 50:  # less is rounding
            parts.append(np.zeros(missing, np.float32))
            count += missing
        parts.append(samples)
        count += len(samples)
    if not parts:
        return None
    return Soundtrack(np.concatenate(parts), rate, start or 0.0)


def _pieces(path: Path, rate: int) -> Iterator[tuple[float | None, np.ndarray]]:
    """Time and amplitudes of one piece of a clip's sound after the other."""
    with open_input(path) as container:
        if not container.streams.audio:
            return
        stream = container.streams.audio[0]
        resampler = av.AudioResampler(format="flt", layout="mono", rate=rate)
        try:
            for packet in container.demux(stream):
                try:
                    frames = packet.decode()
                except av.InvalidDataError:
                    continue  # what it held stays silent, because frames are placed by their times
                for frame in frames:
                    for piece in resampler.resample(frame):  # type: ignore[arg-type]
                        time = None if piece.time is None else float(piece.time)
                        yield time, piece.to_ndarray().reshape(-1).astype(np.float32)
        except av.FFmpegError as exc:
            raise VideoError(
                f"the sound of {path} cannot be read ({words_of(exc)}): give the offset instead"
            ) from exc
