"""What the study that this one continues reported, for the column beside one's own figures.

References
----------
.. [1] Zhu et al., "FaceMotionPreserve: a generative approach for facial de-identification and
   medical information preservation", Scientific Reports 2024: three neurologists rated 76 patients;
   seven judges answered 532 trials.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mien.study.items import HYPOMIMIA, SPEECH, TREMOR

SOURCE = "Zhu et al., Sci Rep 2024"


@dataclass(frozen=True)
class PublishedItem:
    """What was reported of one item."""

    mean: float
    """Mean deviation of results from originals."""
    within_one: float
    """Share of pairs that differ by 1 at most."""
    pairs: int
    """Valid scores."""
    between_raters: tuple[float, float, float]
    """Deviation between the raters of originals, for each two of three."""
    identical: float | None = None
    """Share of pairs that do not differ, where it was reported."""

    def to_json(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "source": SOURCE,
            "mean": self.mean,
            "identical": self.identical,
            "within_one": self.within_one,
            "pairs": self.pairs,
            "between_raters": list(self.between_raters),
        }


ITEMS: Mapping[str, PublishedItem] = {
    HYPOMIMIA: PublishedItem(-0.23, 0.97, 218, (0.63, 0.74, 0.10)),
    TREMOR: PublishedItem(-0.03, 0.98, 206, (0.27, 0.05, 0.20), 0.90),
    SPEECH: PublishedItem(-0.07, 0.99, 120, (0.77, 0.44, 1.10), 0.68),
}
"""By the key of the item [1]_."""

TRIALS = 532
ANSWERS: Mapping[str, float] = {
    "none": 0.590,
    "surrogate-result": 0.226,
    "other": 0.167,
    "original-result": 0.017,
}
"""Shares of the answers to "which two of these are one person?" [1]_."""
