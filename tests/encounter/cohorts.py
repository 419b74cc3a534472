"""Cohorts whose counts are drawn from known chances."""

from __future__ import annotations

import numpy as np

from mien.encounter.cases import Case
from mien.encounter.cohort import Cohort, Tally


def cohort(
    doctor: list[float],
    patient: list[float],
    encounters: int = 30,
    *,
    spread: float = 0.0,
    steps: int | tuple[int, int] = 200,
    doctors: int = 5,
    seed: int = 0,
) -> Cohort:
    """Counts of seven expressions; with `spread`, every encounter has chances of its own.

    `steps` may be another number for patients than for doctors.
    """
    lengths = (steps, steps) if isinstance(steps, int) else steps
    rng = np.random.default_rng(seed)

    def drawn(chances: list[float], steps: int) -> np.ndarray:
        own = np.array(chances) / np.sum(chances)
        if spread:
            own = rng.dirichlet(own / spread)
        return rng.multinomial(steps, own)

    tallies = tuple(
        Tally(
            Case(f"E{k:03d}", doctor=f"D{k % doctors}", sex="fm"[k % 2], age=30.0 + k),
            np.array([drawn(doctor, lengths[0]), drawn(patient, lengths[1])]),
            np.array([lengths[0] + 20, lengths[1] + 50]),
            1.0,
            60.0 * (1 + k % 3),
        )
        for k in range(encounters)
    )
    return Cohort(encounters, tallies, (), 10.0)
