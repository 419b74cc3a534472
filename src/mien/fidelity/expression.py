"""Whether the face expresses the same: agreement of blendshape scores and labels over time.

The scores are made from MediaPipe's mesh. Trackers of that family drive mien's own engine: this is
a second opinion, not an independent one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mien.errors import ParameterError
from mien.fidelity.plain import plain, plain_each, plain_intervals
from mien.fidelity.reading import Reading
from mien.statistics import blocks, interval

CITATION = (
    "MediaPipe blendshapes V2 model card (Google 2022); ARKit's 52 blend shape locations (Apple)"
)
RATIO = ("r",)

SOURCE = (
    "MediaPipe's mesh, of the family of trackers that drives mien's own engine: a second opinion, "
    "not an independent one"
)
MOVES = 0.03
"""Standard deviation from which a channel moves in the original."""
_WORST = 5
_FEWEST = 3  # frames that make a correlation


@dataclass(frozen=True)
class Labels:
    """Agreement of what the face resembles most, of seven expressions."""

    frames: int
    """Frames in which both faces were looked at."""
    same: float | None
    """Share of them in which both resemble the same expression most, 0 to 1."""
    kappa: float | None
    """Cohen's kappa; None where one clip resembles a single expression throughout."""
    shares: dict[str, tuple[float, float]]
    """For each expression that occurs, its share of the frames of original and result."""

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "frames": self.frames,
            "same": plain(self.same),
            "kappa": plain(self.kappa),
            "shares": {name: [plain(one), plain(two)] for name, (one, two) in self.shares.items()},
        }


@dataclass(frozen=True)
class Agreement:
    """Agreement of the scores of two clips; None where nothing can be compared."""

    frames: int
    """Frames in which both have scores."""
    channels: int
    """Channels that move in the original: standard deviation above .03."""
    r: float | None
    """Pearson's r, mean over these channels; 0 for one that stands still in the other."""
    r_by_channel: dict[str, float]
    """Pearson's r of each of these channels."""
    difference: float | None
    """Mean absolute difference of the scores over all channels; scores lie between 0 and 1."""
    difference_by_channel: dict[str, float]
    """Mean absolute difference of each channel; empty if no frame was compared."""
    worst: tuple[str, ...]
    """Up to five channels that move and agree least, the worst first."""
    note: str
    """What the figures rest on, and what is missing, in words."""
    interval: dict[str, tuple[float, float] | None]
    """95 % intervals of `r` and `difference` by block bootstrap."""
    labels: Labels | None = None
    """Agreement of expression labels; None where they were not looked for."""

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "source": SOURCE,
            "frames": self.frames,
            "channels": self.channels,
            "r": plain(self.r),
            "r_by_channel": plain_each(self.r_by_channel),
            "difference": plain(self.difference),
            "difference_by_channel": plain_each(self.difference_by_channel),
            "worst": list(self.worst),
            "labels": None if self.labels is None else self.labels.as_dict(),
            "note": self.note,
            "interval": plain_intervals(self.interval),
        }


def measure(original: Reading, other: Reading) -> Agreement:
    """Compare the blendshape scores of two readings with equal frames."""
    from mien.blendshapes.names import NAMES
    from mien.blendshapes.scores import Blendshapes

    model = Blendshapes.load()
    found = agreement(
        model.scores(original.mesh, original.width, original.height),
        model.scores(other.mesh, other.width, other.height),
        NAMES,
        original.times,
    )
    if original.labels is None or other.labels is None:
        return found
    return replace(found, labels=compare_labels(original.labels, other.labels))


def compare_labels(first: np.ndarray, second: np.ndarray) -> Labels:
    """Compare what two faces resemble most.

    Parameters
    ----------
    first, second : np.ndarray [shape=(n_frames, 7)]
        Probabilities in the order of `mien.emotion.classifier.EXPRESSIONS`, NaN where the face was
        not looked at.
    """
    from mien.emotion.classifier import EXPRESSIONS
    from mien.statistics import cohen

    known = np.isfinite(first).all(1) & np.isfinite(second).all(1)
    one, two = first[known].argmax(1), second[known].argmax(1)
    k = len(EXPRESSIONS)
    table = np.bincount(k * one + two, minlength=k * k).reshape(k, k)
    frames = int(known.sum())
    alone = not frames or max(table.sum(0).max(), table.sum(1).max()) == frames
    return Labels(
        frames=frames,
        same=float((one == two).mean()) if frames else None,
        kappa=None if alone else float(cohen(table[None])[0]),
        shares={
            name: (float((one == place).mean()), float((two == place).mean()))
            for place, name in enumerate(EXPRESSIONS)
            if frames and (table[place].any() or table[:, place].any())
        },
    )


def agreement(
    original_scores: np.ndarray,
    other_scores: np.ndarray,
    names: Sequence[str],
    times: np.ndarray,
) -> Agreement:
    """Compare the scores of two clips, channel by channel.

    Parameters
    ----------
    original_scores, other_scores : np.ndarray [shape=(n_frames, n_channels)]
        From 0 to 1, NaN where there is no face.
    names : sequence of str
        Name of each channel.
    times : np.ndarray [shape=(n_frames,)]
        Seconds.

    Raises
    ------
    ParameterError
        If the arrays and names do not fit one another.
    """
    shape = (len(times), len(names))
    for scores in (original_scores, other_scores):
        if scores.shape != shape:
            raise ParameterError(
                f"Scores of {len(names)} channels in {len(times)} frames must have the shape "
                f"{shape}, not {scores.shape}."
            )
    known = np.isfinite(original_scores).all(1) & np.isfinite(other_scores).all(1)
    first, second = original_scores[known], other_scores[known]
    number = blocks(times)[known]
    frames = len(first)
    moving = first.std(0) > MOVES if frames >= _FEWEST else np.zeros(len(names), bool)
    added = _sums(first, second, number)
    if frames:
        r = _correlation(added.sum(0))
        apart = added.sum(0)[6] / frames
    else:
        r = apart = np.zeros(len(names))
    order = [k for k in np.argsort(r, kind="stable") if moving[k]]
    return Agreement(
        frames=frames,
        channels=int(moving.sum()),
        r=float(r[moving].mean()) if moving.any() else None,
        r_by_channel={names[k]: float(r[k]) for k in np.flatnonzero(moving).tolist()},
        difference=float(apart.mean()) if frames and len(names) else None,
        difference_by_channel={
            name: float(value) for name, value in zip(names, apart, strict=True) if frames
        },
        worst=tuple(names[k] for k in order[:_WORST]),
        note=_note(frames, bool(moving.any())),
        interval={
            "r": interval(added, lambda s: _correlation(s)[moving].mean())
            if moving.any()
            else None,
            "difference": interval(added, lambda s: (s[6] / s[0]).mean()) if frames else None,
        },
    )


def _sums(first: np.ndarray, second: np.ndarray, number: np.ndarray) -> np.ndarray:
    """What each block adds to count, sums, squares, products and differences.

    Returns
    -------
    added : np.ndarray [shape=(n_blocks, 7, n_channels)]
    """
    present, row = np.unique(number, return_inverse=True)
    added = np.zeros((len(present), 7, first.shape[1]))
    if not len(first):
        return added
    middle = first.mean(0)  # of both, against rounding: shifts leave r as it is
    x, y = first - middle, second - middle
    terms = np.stack([np.ones_like(x), x, y, x * x, y * y, x * y, np.abs(x - y)], 1)
    np.add.at(added, row.ravel(), terms)
    return added


def _correlation(sums: np.ndarray) -> np.ndarray:
    """Pearson's r of each channel from sums of shape (7, n_channels); 0 where one stands still."""
    count, x, y, xx, yy, xy = sums[:6]
    spread_x, spread_y = xx - x * x / count, yy - y * y / count
    with np.errstate(divide="ignore", invalid="ignore"):
        r = (xy - x * y / count) / np.sqrt(spread_x * spread_y)
    still = (spread_x <= 1e-9 * count) | (spread_y <= 1e-9 * count)
    return np.where(still, 0.0, np.clip(r, -1, 1))


def _note(frames: int, moves: bool) -> str:
    words = [f"Scores come from {SOURCE}."]
    if not frames:
        words.append("No frame shows the face in both clips.")
    elif not moves:
        words.append("No channel moves in the original enough to be compared.")
    words.append(
        "Labels name what a face resembles most; on a phantom or a sick face they may be wrong, but"
        " should be wrong alike."
    )
    return " ".join(words)
