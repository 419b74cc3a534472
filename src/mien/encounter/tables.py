"""The tables of an encounter: how often, how long, after what, and what answers what.

Everything here counts moments in which a face resembled an expression. None of it is a score of a
person, and moments that could not be assessed are counted as such.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from mien.encounter.comparison import compare
from mien.encounter.counts import counts
from mien.encounter.episodes import durations, episodes, transitions
from mien.encounter.latency import latency
from mien.encounter.observation import ROLES
from mien.encounter.synchrony import synchrony_of_timelines
from mien.encounter.timeline import Timeline


def tables_of(
    timelines: Mapping[str, Timeline], fine: Mapping[str, Timeline] | None = None
) -> dict[str, Any]:
    """All tables of an encounter, for JSON.

    Parameters
    ----------
    timelines : mapping
        By role; what is counted.
    fine : mapping, optional
        By role; synchrony and latency are measured in these, whose steps are shorter.

    Returns
    -------
    tables : dict
        `counts`, `comparison`, `durations`, `episodes`, `transitions`, `synchrony`, `latency`,
        `speaking`.
    """
    doctor, patient = (timelines[role] for role in ROLES)
    moments = [(fine or timelines)[role] for role in ROLES]
    both = {"doctor": doctor, "patient": patient}
    return {
        "counts": {role: counts(t).as_dict() for role, t in both.items()},
        "comparison": {
            unit: compare(doctor, patient, unit).as_dict() for unit in ("seconds", "episodes")
        },
        "durations": {role: durations(t) for role, t in both.items()},
        "episodes": {
            role: [episode.as_dict() for episode in episodes(t)] for role, t in both.items()
        },
        "transitions": {role: transitions(t).tolist() for role, t in both.items()},
        "synchrony": [entry.as_dict() for entry in synchrony_of_timelines(*moments)],
        "latency": latency(*moments).as_dict(),
        "speaking": {role: _share(t.speaking) for role, t in both.items()},
        "towards_other": {role: _share(t.towards) for role, t in both.items()},
    }


def _share(values: np.ndarray) -> float | None:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else None
