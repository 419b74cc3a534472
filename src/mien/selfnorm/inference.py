"""How long a network takes for one snapshot: single calls, one core.

Hartmann et al. 2022 (doi:10.1055/a-1866-2943) time every snapshot of the test set, of the training
set and of 500,000 random ones by itself, and give number, range, least, most, mean and standard
deviation (their Table 5). So does this.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from mien.errors import ParameterError
from mien.selfnorm.network import SelfNorm

RANDOM = 500_000
"""Random snapshots, as in the paper."""
_WARM = 200  # calls that are not counted: the first ones compile and fill the caches


@dataclass(frozen=True)
class Timing:
    """Times of single calls, microseconds."""

    name: str
    """Which snapshots."""
    n: int
    """Calls."""
    least: float
    """The fastest."""
    most: float
    """The slowest."""
    mean: float
    """Of all."""
    sd: float
    """Standard deviation of all; 0 of one."""
    median: float
    """Of all: what the slowest calls do not move. The paper does not give it."""

    @staticmethod
    def of(name: str, nanoseconds: np.ndarray) -> Timing:
        """Of times in nanoseconds, shape (n,)."""
        micro = np.asarray(nanoseconds, np.float64) / 1000
        if not len(micro):
            raise ParameterError(f"There is no snapshot of {name} to time.")
        sd = float(micro.std(ddof=1)) if len(micro) > 1 else 0.0
        least, most, mean = float(micro.min()), float(micro.max()), float(micro.mean())
        return Timing(name, len(micro), least, most, mean, sd, float(np.median(micro)))

    def as_dict(self) -> dict[str, Any]:
        """For JSON and tables, in the order of the paper's columns."""
        return {
            "set": self.name,
            "n": self.n,
            "range": round(self.most - self.least, 2),
            "min": round(self.least, 2),
            "max": round(self.most, 2),
            "mean": round(self.mean, 2),
            "sd": round(self.sd, 2),
            "median": round(self.median, 2),
        }


def time_singly(
    network: SelfNorm,
    inputs: np.ndarray,
    name: str,
    progress: Callable[[int, int], None] | None = None,
) -> Timing:
    """Time a network on each snapshot by itself.

    What is timed is a call from Python, the call itself included; on a machine that does other
    things the slowest calls say more about those.

    Parameters
    ----------
    network : SelfNorm
    inputs : np.ndarray [shape=(n, n_inputs)]
        As `SelfNorm.score_one` takes them, row by row.
    name : str
        What these snapshots are called.
    progress : callable, optional
        Called now and then, between calls, with the number done and of all.

    Raises
    ------
    ParameterError
        If there is no snapshot, or the number of inputs is another.
    """
    rows = np.ascontiguousarray(inputs, np.float32)
    spent = np.empty(len(rows), np.int64)
    clock, one = time.perf_counter_ns, network.score_one
    with one_core():
        for row in rows[:_WARM]:
            one(row)
        for k in range(len(rows)):
            begun = clock()
            one(rows[k])
            spent[k] = clock() - begun
            if progress is not None and k % 4096 == 0:
                progress(k, len(rows))
    return Timing.of(name, spent)


def random_snapshots(network: SelfNorm, count: int = RANDOM, seed: int = 0) -> np.ndarray:
    """Uniform random scores from 0 to 1, shape (count, n_inputs), float32."""
    shape = (count, len(network.inputs))
    return np.random.default_rng(seed).random(shape, dtype=np.float32)


@contextmanager
def one_core() -> Iterator[None]:
    """Stay on one core meanwhile, where the system lets a program say so."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
