"""How to de-identify a camera."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mien.engines import ENGINES
from mien.errors import ParameterError
from mien.pipeline.choose import MATCHES
from mien.recognition.registry import JUDGES, check_name
from mien.surrogates.bank import Bank


@dataclass(frozen=True)
class LiveSettings:
    """What the user chooses; validated once."""

    engine: str = "mesh"
    """An engine that can draw a picture as it comes, see `Traits.live`."""
    match: str = "age"
    """What the new face keeps alike, see `pipeline.choose.Wanted`."""
    subject: str | None = None
    """Name of the patient in a study: the same face in every call. None: a drawn one."""
    bank: Path | None = None
    """Folder of a bank of the user's own."""
    judges: tuple[str, ...] = JUDGES
    """Recognisers that have no say in the choice and look at what comes of it."""
    calibrate_s: float = 4.0
    """Seconds of one face that are learned from, while it is covered."""
    check_s: float = 3.0
    """Seconds between two looks of the recognisers and detectors at what goes out."""
    settle: int = 5
    """Pictures in a row that have to be good before a covered face is shown again."""
    late_s: float = 0.4
    """Seconds after which a picture is too old to be shown."""
    candidates: int = 2
    """Faces that are moved away from the person before one is chosen."""
    probes: int = 4
    """Pictures of the person on which that is tried."""

    def __post_init__(self) -> None:
        live = [name for name, kind in ENGINES.items() if kind.traits.live and not kind.learned]
        if self.engine not in live:
            raise ParameterError(
                f"The engine {self.engine!r} cannot draw a camera's pictures as they come: choose "
                f"{', '.join(live)}."
            )
        if self.match not in MATCHES:
            raise ParameterError(f"match is {self.match!r}: choose one of {', '.join(MATCHES)}.")
        if not 1 <= self.calibrate_s <= 60:
            raise ParameterError(f"calibrate_s is {self.calibrate_s:g}: choose 1 to 60 seconds.")
        if not 0.5 <= self.check_s <= 60:
            raise ParameterError(f"check_s is {self.check_s:g}: choose 0.5 to 60 seconds.")
        for judge in self.judges:
            check_name(judge)

    def open_bank(self) -> Bank:
        """The bank that faces come from."""
        return Bank.open(self.bank)
