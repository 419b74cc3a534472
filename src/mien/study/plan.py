"""Who sees what, and when: the order of a rating study, drawn from a recorded seed.

Every rater sees every clip as original and as result, and some originals a second time. The clips
of a rater are divided into rounds with days between; a clip is shown at most once in a round. Half
of the clips, drawn for each rater, are seen as original first.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mien.errors import ParameterError
from mien.study.ratings import ORIGINAL, RESULT
from mien.study.shown import TRAINING, Shown


def usual_repeats(clips: int) -> int:
    """Hidden repeats of a study that is not asked for a number: a quarter, at least one."""
    return min(clips, max(1, clips // 4))


def plan(
    clips: Sequence[str],
    raters: Sequence[str],
    *,
    repeats: int,
    seed: int,
    training: Sequence[str] = (),
) -> tuple[Shown, ...]:
    """Draw the order for each rater.

    Parameters
    ----------
    clips : sequence of str
        Recordings, of each an original and a result.
    raters : sequence of str
        Names.
    repeats : int
        How many originals are shown a second time; the same for all raters.
    seed : int
        The same seed gives the same order.
    training : sequence of str
        Clips that come first, in this order.

    Returns
    -------
    shown : tuple of Shown
        By rater, round and position.

    Raises
    ------
    ParameterError
        If there is no clip or rater, a name stands twice, or more repeats than clips are wanted.
    """
    if not clips or not raters:
        raise ParameterError("A study needs at least one pair of clips and one rater.")
    for names in (clips, raters):
        twice = next((name for name in names if list(names).count(name) > 1), None)
        if twice is not None:
            raise ParameterError(f"{twice} stands twice: give each a name of its own.")
    if not 0 <= repeats <= len(clips):
        raise ParameterError(f"{repeats} hidden repeats of {len(clips)} clips: give 0 to "
                             f"{len(clips)}.")  # fmt: skip
    rng = np.random.default_rng(seed)
    again = {clips[k] for k in rng.permutation(len(clips))[:repeats]}
    found: list[Shown] = []
    for rater in raters:
        found += [Shown(rater, TRAINING, k, clip, ORIGINAL, 0) for k, clip in enumerate(training)]
        for number, shows in enumerate(_rounds(clips, again, rng)):
            found += [
                Shown(rater, number, position, *shows[k])
                for position, k in enumerate(rng.permutation(len(shows)))
            ]
    return tuple(found)


def _rounds(
    clips: Sequence[str], again: set[str], rng: np.random.Generator
) -> list[list[tuple[str, str, int]]]:
    """What is shown in each round: clip, version, repeat."""
    rounds: list[list[tuple[str, str, int]]] = [[] for _ in range(3 if again else 2)]
    original_first = np.arange(len(clips)) % 2 == 0
    rng.shuffle(original_first)
    for clip, first in zip(clips, original_first, strict=True):
        if clip in again:
            places = [int(k) for k in rng.permutation(3)]
            early, late = sorted(places[:2])
            rounds[early].append((clip, ORIGINAL, 0))
            rounds[late].append((clip, ORIGINAL, 1))
            rounds[places[2]].append((clip, RESULT, 0))
        else:
            two = sorted(int(k) for k in rng.permutation(len(rounds))[:2])
            versions = (ORIGINAL, RESULT) if first else (RESULT, ORIGINAL)
            for number, version in zip(two, versions, strict=True):
                rounds[number].append((clip, version, 0))
    return [shows for shows in rounds if shows]
