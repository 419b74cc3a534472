"""When frames are shown: timestamps that strictly increase."""

from __future__ import annotations

from av.video.frame import VideoFrame

from mien.video.frame import Loss, VideoInfo


class Clock:
    """Gives every frame a timestamp, strictly after the one before it.

    Attributes
    ----------
    same_time : int
        Frames that were dropped, as they have the timestamp of the one before.
    """

    def __init__(self, info: VideoInfo, losses: list[Loss]) -> None:
        self._time_base = info.time_base
        self._losses = losses
        self.same_time = 0
        self._last: int | None = None
        self._offset = 0
        self._step = 1
        if info.average_rate:
            self._step = max(1, round(1 / (info.average_rate * info.time_base)))

    @property
    def end(self) -> float | None:
        """When the last frame ends, seconds; None before the first."""
        if self._last is None:
            return None
        return float((self._last + self._step - self._offset) * self._time_base)

    def place(self, picture: VideoFrame) -> int | None:
        """Return the timestamp of a frame, or None to drop it."""
        if picture.pts is None:
            pts = 0 if self._last is None else self._last + (picture.duration or self._step)
        else:
            pts = picture.pts + self._offset
        if self._last is None:
            self._last = pts
            return pts
        if pts == self._last:
            self.same_time += 1
            self._note(pts, 1, "two frames have the same timestamp; the second was dropped")
            return None
        if pts < self._last:
            moved = self._last + self._step
            self._note(moved, 0, "timestamps jump back; the rest of the clip was moved to follow")
            self._offset += moved - pts
            pts = moved
        self._step = pts - self._last
        self._last = pts
        return pts

    def _note(self, pts: int, frames: int, reason: str) -> None:
        self._losses.append(Loss(float(pts * self._time_base), 0, frames, reason))
