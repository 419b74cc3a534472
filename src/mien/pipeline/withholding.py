"""What is covered so that the rest of a clip can be had, and how much of that is too much.

Frames count that are covered because somebody would have been recognised in them, or because a face
was left. Those in which a head is turned too far or a hand lies over the face are covered anyway,
and so are people who were to be covered: they do not count.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from mien.errors import ParameterError, PrivacyError

USUAL = "over 10%"
"""When a result is withheld if nothing else is said."""
_OVER = re.compile(r"over\s*(\d{1,3}(?:\.\d+)?)\s*%")
RECOGNISED, LEFT = "recognised", "face left"
_NAMED = 3  # people and places in a sentence


def share_allowed(withhold: str) -> float:
    """Share of the frames that may be covered before a result is withheld, 0 to 1.

    Parameters
    ----------
    withhold : str
        `never`, `any`, or such as `over 10%`.

    Raises
    ------
    ParameterError
        If it is none of them.
    """
    found = _OVER.fullmatch(withhold.strip())
    if found and float(found[1]) <= 100:
        return float(found[1]) / 100
    if withhold in ("never", "any"):
        return 1.0 if withhold == "never" else 0.0
    raise ParameterError(f'withhold is {withhold!r}: choose never, any, or such as "{USUAL}".')


class Conceded:
    """What was covered of a clip so that the rest passes.

    Parameters
    ----------
    people : sequence of int
        Everybody's number.
    shown : np.ndarray [shape=(n_people, n_frames), bool]
        Where each had a new face before anything was covered on this account.
    times : np.ndarray [shape=(n_frames,)]
        When the frames are shown, seconds.
    behind : np.ndarray [shape=(n_people, n_frames), bool], optional
        Where a hand lies over each one's face, or did just now: what is covered there is told, and
        does not count.
    """

    def __init__(
        self,
        people: Sequence[int],
        shown: np.ndarray,
        times: np.ndarray,
        behind: np.ndarray | None = None,
    ) -> None:
        self._people, self._shown, self._times = people, shown, times
        self._behind = np.zeros_like(shown) if behind is None else behind
        self._recognised = np.zeros_like(shown)
        self._by: dict[int, set[str]] = {}
        self._left = np.zeros(len(times), bool)

    def recognised(self, place: int, frames: np.ndarray, by: Iterable[str]) -> None:
        """Somebody is covered in frames [shape=(n_frames,), bool], else recognised by these."""
        self._recognised[place] |= frames & self._shown[place]
        self._by.setdefault(place, set()).update(by)

    def left(self, frames: Iterable[int]) -> None:
        """A place is covered in these frames: a face of the original was left there."""
        self._left[list(frames)] = True

    @property
    def frames(self) -> int:
        """How many frames are covered for these reasons."""
        return int((self._recognised.any(0) | self._left).sum())

    @property
    def counted(self) -> int:
        """How many of them count when it is asked whether they are too many."""
        recognised = self._recognised & ~self._behind
        return int((recognised.any(0) | self._left).sum())

    @property
    def share(self) -> float:
        """Of all frames those that count, 0 to 1."""
        return self.counted / max(len(self._times), 1)

    def as_dict(self) -> dict[str, Any]:
        """For the manifest: how many, and each moment with its reason."""
        moments: list[dict[str, Any]] = [
            {"reason": RECOGNISED, "person": self._people[place]}
            | {"by": sorted(self._by[place]), **span}
            for place in sorted(self._by)
            for span in self._spans(self._recognised[place])
        ]
        moments += [
            {"reason": LEFT, "person": None, "by": [], **span} for span in self._spans(self._left)
        ]
        moments.sort(key=lambda moment: moment["first_frame"])
        share = self.frames / max(len(self._times), 1)
        return {"frames": self.frames, "share": round(share, 4), "moments": moments}

    def enforce(self, withhold: str, places: Mapping[int, str]) -> None:
        """Withhold a result of which too much would have to be covered.

        Parameters
        ----------
        withhold : str
            When that is.
        places : mapping
            By a person's number, where and when they are seen, in words.

        Raises
        ------
        PrivacyError
            Saying what would be covered, and every way out.
        """
        if self.share <= share_allowed(withhold):
            return
        reasons, ways = [], []
        for place, by in sorted(self._by.items()):
            frames = np.flatnonzero(self._recognised[place] & ~self._behind[place])
            if not len(frames):
                continue
            number = self._people[place]
            seen = f", seen {places[number]}," if number in places else ""
            reasons.append(
                f"person {number + 1}{seen} would be recognised by {' and '.join(sorted(by))} in "
                f"{len(frames)} (first after {self._times[frames[0]]:.1f} s)"
            )
            if len(self._people) > 1:
                ways.append(
                    f"--cover {number + 1} if that is nobody, or not whom the clip is made for"
                )
        if self._left.any():
            first = self._times[np.flatnonzero(self._left)[0]]
            reasons.append(
                f"in {self._left.sum()} other detectors still see a face of the original (first "
                f"after {first:.1f} s)"
            )
        more = f"; and {len(reasons) - _NAMED} more" if len(reasons) > _NAMED else ""
        raise PrivacyError(
            f"The output was withheld: {self.counted} of {len(self._times)} frames "
            f"({100 * self.share:.3g} %) would have to be covered, and it is withheld "
            f"{_words(withhold)}: {'; '.join(reasons[:_NAMED])}{more}; --withhold never gives the "
            f"clip with those frames covered, or try {', '.join([*ways[:_NAMED], ''])}another "
            "--surrogate, cut those moments out or crop the clip to the patient, or use --engine "
            "mask."
        )

    def _spans(self, mask: np.ndarray) -> list[dict[str, Any]]:
        """Runs of a mask: first and last frame, and their times in seconds."""
        edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
        return [
            {
                "first_frame": int(first),
                "last_frame": int(end - 1),
                "from_s": round(float(self._times[first]), 6),
                "to_s": round(float(self._times[end - 1]), 6),
            }
            for first, end in zip(edges[::2], edges[1::2], strict=True)
        ]


def _words(withhold: str) -> str:
    return "if any are" if withhold == "any" else f"if {withhold} are"
