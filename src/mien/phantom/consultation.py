"""A consultation of two phantoms, and how much of its script an analysis reads."""

from __future__ import annotations

from mien.encounter.result import Encounter
from mien.phantom.encounter_script import EncounterScript


def consultation() -> EncounterScript:
    """A consultation of 40 s: a greeting, bad news, a question, and a doctor who frowns."""
    return EncounterScript(
        seconds=40,
        doctor=((1, 5, "happiness"), (32, 37, "anger")),
        patient=((2, 5, "happiness"), (9, 15, "sadness"), (20, 26, "fear")),
        doctor_speaks=((1, 4), (6, 9), (16, 19), (28, 31)),
        patient_speaks=((4, 6), (26, 28)),
        offset=1.24,
        patient_seconds=38,
        fps=12,
        seed=6,
    )


def read_as_scripted(found: Encounter, script: EncounterScript) -> tuple[int, int]:
    """Seconds of one scripted expression that were read as such, of how many."""
    right = all_of = 0
    for role, line in found.timelines.items():
        for start, name in zip(line.times, line.names(), strict=True):
            scripted = {
                script.expression(role, float(start) + part * line.resolution)
                for part in (0.1, 0.5, 0.9)
            }
            if len(scripted) == 1 and name is not None:
                all_of += 1
                right += name in scripted
    return right, all_of
