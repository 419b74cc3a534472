"""The recordings of an encounter as the commands are given them, and how they are read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from mien.errors import ParameterError, PrivacyError

BOTH = "both"


def sources_of(video: Path | None, doctor: Path | None, patient: Path | None) -> dict[str, Path]:
    """Recordings by role, or one under `BOTH`."""
    if video is not None and not (doctor or patient):
        return {BOTH: video}
    if video is None and doctor is not None and patient is not None:
        return {"doctor": doctor, "patient": patient}
    raise ParameterError(
        "Give one VIDEO that shows both, or --doctor and --patient with a recording each."
    )


def results_of(deidentified: list[Path], sources: Mapping[str, Path]) -> dict[str, Path]:
    """What became of the recordings, by role, if the command is given it; no recording itself."""
    from mien.outputs import checksum
    from mien.video import Reader

    if not deidentified:
        return {}
    if len(deidentified) != len(sources):
        raise ParameterError(
            f"--deidentified is given {len(deidentified)} times for {len(sources)} "
            f"recording{'s' if len(sources) > 1 else ''}: give one for each, the doctor's first."
        )
    for clip in [*deidentified, *sources.values()]:
        with Reader(clip):  # says what is wrong
            pass
    sums = {checksum(source) for source in sources.values()}
    for clip in deidentified:
        if checksum(clip) in sums:
            raise PrivacyError(f"{clip} is a recording itself, not what became of it: change it.")
    return dict(zip(sources, deidentified, strict=True))
