"""What an audit found: a verdict on a clip, a finding on each person, and its pictures."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from mien.data_frame import of_rows
from mien.privacy.audit.frames import Shot
from mien.privacy.audit.terms import OnePart, OwnFrames
from mien.recognition.lookout import Tally
from mien.recognition.verdict import Audit
from mien.recognition.watch import Box
from mien.shown import Shown, new_axes

if TYPE_CHECKING:
    import pandas

_COLUMNS = (
    *("person", "recogniser", "frames", "nearest", "mean", "threshold", "share_under"),
    *("share_upper", "rank1", "rank1_single", "others", "untouched", "seen", "passed"),
)


@dataclass(frozen=True, eq=False)
class Pair:
    """One compared frame of one person."""

    shot: Shot
    """Its pictures, which show the patient."""
    distance: float
    """From the result to the nearest original frame of this person."""

    @property
    def frame(self) -> int:
        """Number of the original frame."""
        return self.shot.frame


@dataclass(frozen=True, eq=False)
class Finding:
    """What was found about one person of the original."""

    audit: Audit
    """The recogniser's verdict; its frame numbers are the original's."""
    untouched: float
    """Share of the paired frames in which the face is as in the original, 0 to 1."""
    seen: float
    """Share of the frames chosen beforehand in which the result shows a face at all, 0 to 1."""
    pairs: list[Pair]
    """All frames compared, the nearest first."""
    gallery: np.ndarray
    """Descriptors of the original frames that each was compared with, shape (n, size)."""
    own: OwnFrames
    """Each frame against the original of the same moment."""
    parts: tuple[OnePart, ...]
    """What the face alone gives away, and what lies around it."""

    @property
    def passed(self) -> bool:
        """Whether the person is not recognised and no frame was left as it was."""
        return self.audit.passed and self.untouched == 0

    def as_dict(self) -> dict[str, Any]:
        """Numbers only, for JSON."""
        return {
            **self.audit.as_dict(),
            "untouched": self.untouched,
            "seen": self.seen,
            "own": self.own.as_dict(),
            "parts": [part.as_dict() for part in self.parts],
            "passed": self.passed,
        }


@dataclass(frozen=True, eq=False, repr=False)
class Verdict(Shown):
    """What was found about a de-identified clip."""

    findings: list[Finding]
    """One for each person that could be compared, by each recogniser in turn."""
    residual: dict[int, list[Box]]
    """Faces of the result where the original has no tracked person: by frame of the original,
    pixels of the result."""
    scanned: int
    """Frames that were searched for such faces."""
    paired: int
    """Original frames that have a partner in the result."""
    frames: int
    """Frames of the original."""
    notes: list[str] = field(default_factory=list)
    """What limits the comparison, a sentence each."""
    tally: Tally = field(default_factory=Tally)
    """What detectors that do not track looked at in the original, and saw."""

    @property
    def passed(self) -> bool:
        """Whether nobody is recognised, left untouched or found where nobody was tracked."""
        return not self.residual and all(found.passed for found in self.findings)

    def as_dict(self) -> dict[str, Any]:
        """Numbers only, for JSON."""
        return {
            "passed": self.passed,
            "people": [found.as_dict() for found in self.findings],
            "residual": {
                "frames": self.scanned,
                **self.tally.as_dict(),
                "found": [
                    {"frame": frame, "boxes": [list(box) for box in boxes]}
                    for frame, boxes in self.residual.items()
                ],
            },
            "frames": self.frames,
            "paired": self.paired,
            "notes": self.notes,
        }

    def plot(self, axes: Any = None) -> Any:
        """How far each compared frame is from the person, in thresholds: below 1 it is recognised.

        Parameters
        ----------
        axes : matplotlib.axes.Axes, optional
            Where to draw; new ones if None.

        Returns
        -------
        axes : matplotlib.axes.Axes
        """
        axes = axes or new_axes("frame of the original", "distance / threshold")
        for found in self.findings:
            pairs = sorted(found.pairs, key=lambda pair: pair.frame)
            needed = found.audit.threshold
            axes.plot(
                [pair.frame for pair in pairs],
                [pair.distance / needed for pair in pairs],
                ".",
                label=f"person {found.audit.person + 1}, {found.audit.recogniser}",
            )
        axes.axhline(1, color="grey", lw=1)
        axes.legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False)
        return axes

    def title(self) -> str:
        said = "nobody is recognised" if self.passed else "SOMEBODY IS RECOGNISED OR LEFT"
        return f"Audit of {self.paired} of {self.frames} frames: {said}"

    def table(self) -> list[tuple[str, ...]]:
        rows: list[tuple[str, ...]] = [
            ("recogniser", "person", "frames", "nearest", "needed", "recognised")
        ]
        for found in self.findings:
            one = found.as_dict()
            near, needed = f"{one['nearest']:.2f}", f"{one['threshold']:.2f}"
            share = f"{one['share_under']:.0%}"
            who = str(one["person"] + 1)
            rows.append((str(one["recogniser"]), who, str(one["frames"]), near, needed, share))
        return rows

    def to_frame(self) -> pandas.DataFrame:
        """A row for each person and recogniser: who, how near, how often recognised, and so on.

        People are counted from 1, as everywhere that people read; in JSON from 0.

        Raises
        ------
        ModuleNotFoundError
            If pandas is not installed.
        """
        rows = [found.as_dict() for found in self.findings]
        return of_rows([row | {"person": row["person"] + 1} for row in rows], _COLUMNS)
