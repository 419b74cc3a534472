"""The ledger: what happened to every frame. No frame is without an entry."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any

import numpy as np

from mien.data_frame import data_frame
from mien.errors import FormatError
from mien.shown import new_axes

if TYPE_CHECKING:
    import pandas


class Entry(IntEnum):
    """What a frame of the output shows, the more cautious the higher."""

    RENDERED = 0
    """Every face was measured and replaced."""
    INTERPOLATED = 1
    """A face was replaced at a place between two measurements at most 0.2 s apart."""
    COVERED = 2
    """A region, or the whole frame, is solid: a face may be there that was not measured."""


@dataclass(frozen=True)
class Ledger:
    """One entry per frame, in order."""

    entries: np.ndarray
    """`Entry` of each frame, shape (n_frames,), uint8."""
    times: np.ndarray
    """Presentation time of each frame, seconds, shape (n_frames,)."""

    def counts(self) -> dict[str, int]:
        """Number of frames of each kind."""
        return {entry.name.lower(): int((self.entries == entry).sum()) for entry in Entry}

    def ranges(self) -> list[dict[str, Any]]:
        """Runs of equal entries: kind, first and last frame, first and last time in seconds."""
        if not len(self.entries):
            return []
        breaks = np.flatnonzero(np.diff(self.entries)) + 1
        edges = np.concatenate([[0], breaks, [len(self.entries)]])
        return [
            {
                "entry": Entry(self.entries[first]).name.lower(),
                "first_frame": int(first),
                "last_frame": int(end - 1),
                "from_s": round(float(self.times[first]), 6),
                "to_s": round(float(self.times[end - 1]), 6),
            }
            for first, end in itertools.pairwise(edges)
        ]

    def to_frame(self) -> pandas.DataFrame:
        """A row for each frame: ``frame``, ``time_s``, ``entry``.

        Raises
        ------
        ModuleNotFoundError
            If pandas is not installed.
        """
        names = np.array([entry.name.lower() for entry in Entry])
        frames = np.arange(len(self.entries))
        return data_frame({"frame": frames, "time_s": self.times, "entry": names[self.entries]})

    def plot(self, axes: Any = None) -> Any:
        """A strip of the clip's time: what happened to every frame.

        Parameters
        ----------
        axes : matplotlib.axes.Axes, optional
            Where to draw; new ones if None.

        Returns
        -------
        axes : matplotlib.axes.Axes
        """
        axes = axes or new_axes("time (s)", "", height=1.2)
        for entry, colour in zip(Entry, ("#2a9d8f", "#e9c46a", "#222222"), strict=True):
            shown = self.entries == entry
            if shown.any():
                label = f"{entry.name.lower()} ({int(shown.sum())})"
                axes.vlines(self.times[shown], 0, 1, colors=colour, label=label)
        axes.set_yticks([])
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, 1.5), ncols=3, frameon=False)
        return axes

    @classmethod
    def from_ranges(cls, ranges: Sequence[Mapping[str, Any]], times: np.ndarray) -> Ledger:
        """The ledger that has given `ranges`.

        Parameters
        ----------
        ranges : sequence of dict
            As a manifest holds them.
        times : np.ndarray [shape=(n_frames,)]
            Presentation time of each frame, seconds.

        Raises
        ------
        FormatError
            If they do not give every frame one entry.
        """
        entries: list[Entry] = []
        try:
            for run in ranges:
                if run["first_frame"] != len(entries):
                    break
                count = run["last_frame"] + 1 - run["first_frame"]
                entries += [Entry[str(run["entry"]).upper()]] * count
        except (KeyError, TypeError) as exc:
            raise FormatError(f"The ledger has a range that says no {exc}: make it again.") from exc
        if len(entries) != len(times):
            raise FormatError(
                f"The ledger does not have one entry for each of {len(times)} frames: make it "
                "again."
            )
        return cls(np.array(entries, np.uint8), times)
