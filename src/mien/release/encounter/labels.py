"""Whether labels survive: expressions read again in the videos of a data set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from mien.encounter.agreement import Agreement, agreement
from mien.encounter.analysis import analyse
from mien.encounter.observation import ROLES
from mien.encounter.result import Encounter
from mien.encounter.settings import AnalysisSettings
from mien.encounter.timeline import Timeline
from mien.errors import NoFaceError, ParameterError
from mien.progress import Progress, staged_as


def relabel(
    encounter: Encounter,
    videos: Mapping[str, Path],
    settings: AnalysisSettings,
    progress: Progress | None,
) -> dict[str, Timeline] | None:
    """Timelines of other videos of the same encounter; None where no face is found in them."""
    fps = 1 / next(iter(encounter.fine.values())).resolution
    same = replace(
        settings,
        offset=encounter.offset.seconds if len(videos) == 2 else None,
        references={},
        resolution=encounter.timelines["doctor"].resolution,
        fps=min(fps, 30.0),
        sure=encounter.sure,
    )
    try:
        again = analyse(
            *videos.values(), settings=same, progress=staged_as(progress, "labels again, ")
        )
    except (NoFaceError, ParameterError):  # nobody, or only one of two, is seen any more
        return None
    found = dict(again.timelines)
    if len(videos) == 1:
        # faces were exchanged, so only what they do says who is who
        swapped = {
            role: replace(found[other], role=role)
            for role, other in zip(ROLES, reversed(ROLES), strict=True)
        }
        if _difference(encounter, swapped) < _difference(encounter, found):
            found = swapped
    return found


def _difference(encounter: Encounter, other: Mapping[str, Timeline]) -> float:
    """How differently faces move, mean of both roles."""
    total = []
    for role in ROLES:
        one, two = encounter.timelines[role], other[role]
        count = min(len(one), len(two))
        apart = np.abs(one.scores[:count] - two.scores[:count])
        total.append(float(np.nanmean(apart)) if np.isfinite(apart).any() else 1.0)
    return float(np.mean(total))


def agreements(
    encounter: Encounter, labelled: Mapping[str, Timeline] | None
) -> dict[str, Agreement]:
    """Of both people together, and of each."""
    if labelled is None:
        labelled = {role: _nothing(encounter.timelines[role]) for role in ROLES}
    pairs = {"all": ROLES, **{role: (role,) for role in ROLES}}
    return {
        key: agreement(
            [encounter.timelines[role] for role in roles], [labelled[role] for role in roles]
        )
        for key, roles in pairs.items()
    }


def _nothing(line: Timeline) -> Timeline:
    """The same time with nothing known."""
    return Timeline.of(
        [], line.role, start=float(line.times[0]), end=line.end, resolution=line.resolution
    )
