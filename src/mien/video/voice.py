"""A sound track whose voices are made others."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from av.audio.stream import AudioStream
from av.container import InputContainer

from mien.video.frame import Loss
from mien.video.lossless import Lossless
from mien.voice.mcadams import Changer
from mien.voice.pitch import Kept, Pitch, kept


class Changed(Lossless):
    """A track that is decoded, changed, and stored in Apple Lossless with 16 bits."""

    def __init__(self, container: InputContainer, stream: AudioStream, losses: list[Loss]) -> None:
        super().__init__(container, stream, losses)
        self._form = "s16p"
        rate = self.tick.denominator
        self._before, self._after = Pitch(rate), Pitch(rate)

    def kept(self) -> Kept:
        """What was kept of the voice, of what was written so far."""
        return kept(self._before.hertz(), self._after.hertz())

    def _gapless(self, shift: int) -> Iterator[tuple[int, np.ndarray]]:
        changer: Changer | None = None
        due = 0
        for at, samples in super()._gapless(shift):
            if changer is None:
                changer, due = Changer(self.tick.denominator, len(samples)), at
            before = samples / 32768
            self._before.push(before.mean(0))
            for after in self._told(changer.push(before)):
                yield due, after
                due += after.shape[1]
        if changer is not None:
            for after in self._told(changer.flush()):
                yield due, after

    def _told(self, after: np.ndarray) -> Iterator[np.ndarray]:
        if after.shape[1]:
            self._after.push(after.mean(0))
            yield (after * 32767).round().astype(np.int16)
