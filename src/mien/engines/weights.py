"""What a user gives an engine that draws with a network: the network, and how it is driven."""

from __future__ import annotations

from dataclasses import dataclass

from mien.errors import ParameterError

DRIVING = ("relative", "absolute")


@dataclass(frozen=True)
class Weights:
    """A network of the user's, for engines that ship without one."""

    path: str
    """Its checkpoint."""
    config: str | None = None
    """Its sizes, YAML or JSON; None for those in the checkpoint, or the published ones."""
    driving: str = "relative"
    """`relative`: the face moves as the patient moved since they were at rest; `absolute`: it takes
    the patient's keypoints as they are, and with them their proportions. Of `motion` only."""
    own_openings: bool = False
    """Whether the patient's own eyes and inner mouth are left. Of `gan` only."""

    def __post_init__(self) -> None:
        if self.driving not in DRIVING:
            raise ParameterError(f"driving is {self.driving!r}: choose {' or '.join(DRIVING)}.")
