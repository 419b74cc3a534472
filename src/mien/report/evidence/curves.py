"""The curves behind the measures, one value per frame of the original."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mien.evidence.evaluate import Evidence
from mien.fidelity import body, tremor
from mien.fidelity.aperture import aspect
from mien.fidelity.reading import Reading
from mien.fidelity.spectra import Series, series
from mien.fidelity.worst import differences

_INNER_LIPS = ((61, 67), (62, 66), (63, 65))  # upper and lower points of dlib's 68


@dataclass(frozen=True, eq=False)
class Curves:
    """What is drawn and tabled over time."""

    times: np.ndarray
    """Seconds since the first frame, shape (n_frames,)."""
    partner: np.ndarray
    """The result's frame of each original frame, -1 for none, shape (n_frames,)."""
    ear: tuple[np.ndarray, np.ndarray]
    """Eye aspect ratio of original and result, right and left eye, shape (n_frames, 2)."""
    lips: tuple[np.ndarray, np.ndarray]
    """Gap of the inner lips over the outer-eye distance, shape (n_frames,)."""
    lip: tuple[np.ndarray, np.ndarray]
    """Height of the lower lip's midpoint, high-passed at 3 Hz, outer-eye distances, downwards
    positive, NaN where it is not analysed, shape (n_frames,)."""
    jaw: tuple[np.ndarray, np.ndarray]
    """The same of the chin."""
    regions: dict[str, np.ndarray]
    """How far each region is from where it should be, outer-eye distances, shape (n_frames,)."""
    oks: np.ndarray
    """Similarity of the body's keypoints, 0 to 1, shape (n_frames,)."""
    found: tuple[np.ndarray, np.ndarray]
    """Whether the face is found, bool, shape (n_frames,)."""
    held: np.ndarray
    """Whether the result's face stands still while the original's moves, bool, (n_frames,)."""

    @classmethod
    def of(cls, evidence: Evidence) -> Curves | None:
        """The curves of an evidence; None where nothing was read."""
        if evidence.readings is None:
            return None
        one, two = evidence.readings.original, evidence.readings.other
        held = np.zeros(len(one.times), bool)
        if (continuity := evidence.measures.get("continuity")) is not None:
            held[continuity.held_frames] = True
        partner = evidence.partner
        if len(partner) != len(one.times):
            partner = np.where(np.isfinite(two.times), np.arange(len(one.times)), -1)
        return cls(
            times=one.times,
            partner=partner,
            ear=(aspect(one.points), aspect(two.points)),
            lips=(_gap(one), _gap(two)),
            lip=_trembling(one, two, "lip"),
            jaw=_trembling(one, two, "jaw"),
            regions=differences(one, two),
            oks=body.oks(one.body, two.body, (one.width, one.height), outline=one.outline),
            found=(one.found, two.found),
            held=held,
        )


def trembling(original: Reading, other: Reading, site: str) -> tuple[Series, Series]:
    """The vertical movement of a site in both clips, high-passed, where both faces are found."""
    both = original.found & other.found
    one, two = (
        series(
            original.times,
            np.where(both, tremor.place(reading.points, site)[:, 1], np.nan),
            original.step,
        )
        for reading in (original, other)
    )
    return one, two


def _trembling(original: Reading, other: Reading, site: str) -> tuple[np.ndarray, np.ndarray]:
    one, two = trembling(original, other, site)
    return _at(one, original.times), _at(two, original.times)


def _at(trace: Series, times: np.ndarray) -> np.ndarray:
    """A series at the frames' own times, NaN outside its pieces."""
    values = np.full(len(times), np.nan)
    for clock, piece in zip(trace.times, trace.values, strict=True):
        inside = (times >= clock[0] - trace.step / 2) & (times <= clock[-1] + trace.step / 2)
        values[inside] = np.interp(times[inside], clock, piece)
    return values


def _gap(reading: Reading) -> np.ndarray:
    points = reading.points
    gaps = [np.linalg.norm(points[:, low] - points[:, up], axis=1) for up, low in _INNER_LIPS]
    eyes = np.linalg.norm(points[:, 36] - points[:, 45], axis=1)
    return np.mean(gaps, axis=0) / np.maximum(eyes, 1e-6)
