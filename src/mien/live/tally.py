"""What became of the pictures of a session, and how long they took; of fixed size."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from mien.live.shot import Shot

_BIN_MS, _BINS = 0.5, 8000  # half a millisecond, up to 4 s


class Durations:
    """Counts durations in bins of half a millisecond, so that a long call takes no more room."""

    def __init__(self) -> None:
        self._bins = np.zeros(_BINS + 1, np.int64)
        self._sum = 0.0

    def add(self, seconds: float) -> None:
        """Count one."""
        at = min(max(int(seconds * 1000 / _BIN_MS), 0), _BINS)
        self._bins[at] += 1
        self._sum += seconds

    def as_dict(self) -> dict[str, float] | None:
        """Mean, middle, 95th and 99th percentile and the longest, milliseconds; None of none."""
        total = int(self._bins.sum())
        if not total:
            return None
        reached = np.cumsum(self._bins) / total

        def at(share: float) -> float:
            return float((np.searchsorted(reached, share - 1e-12) + 1) * _BIN_MS)

        return {
            "mean": round(1000 * self._sum / total, 2),
            "p50": at(0.5),
            "p95": at(0.95),
            "p99": at(0.99),
            "longest": at(1.0),
        }


class Counts:
    """Of one session."""

    def __init__(self) -> None:
        self.came = 0
        """Pictures that the camera gave."""
        self.shown = 0
        """Pictures that went out with another face."""
        self.covered: Counter[str] = Counter()
        """Pictures that went out covered, by the name of the doubt."""
        self.filled = 0
        """Covered pictures that went out where the camera's own did not come in time."""
        self.dropped = 0
        """Pictures of the camera of which nothing went out."""
        self.latency = Durations()
        """From coming to going out, of those shown."""
        self.stages: dict[str, Durations] = {}
        """Time that each stage takes for a picture."""
        self.began: float | None = None
        """When the first picture came, seconds of a clock that never jumps."""
        self.ended = 0.0
        """When the last one went out."""
        self.processor_s = (0.0, 0.0)
        """Time of all this computer's cores that the program had used when the first picture came,
        and when the last one went out, seconds."""
        self.first_shown_s: float | None = None
        """Time of the first picture that was shown, seconds of the camera's."""

    def spend(self, shot: Shot) -> None:
        """Count where the time of a picture went."""
        for name, seconds in shot.spent.items():
            self.stages.setdefault(name, Durations()).add(seconds)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        covered = sum(self.covered.values())
        seconds = max(self.ended - (self.began or self.ended), 1e-9)
        return {
            "frames": {
                "in": self.came,
                "out": self.shown + covered,
                "shown": self.shown,
                "covered": covered,
                "dropped": self.dropped,
                "filled": self.filled,
            },
            "covered_because": dict(sorted(self.covered.items())),
            "seconds": round(seconds, 3),
            "frames_per_second": round((self.shown + covered) / seconds, 2),
            # what a picture costs, whatever else the computer does meanwhile
            "processor_ms_per_frame": round(
                1000 * (self.processor_s[1] - self.processor_s[0]) / max(self.came, 1), 2
            ),
            "first_shown_s": self.first_shown_s,
            "latency_ms": self.latency.as_dict(),
            "stages_ms": {name: d.as_dict() for name, d in sorted(self.stages.items())},
        }
