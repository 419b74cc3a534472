"""How the data of a network were divided, as it notes it: the same file is divided alike again."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mien.selfnorm import splits
from mien.selfnorm.evaluation import Evaluation
from mien.selfnorm.opened import Kind, Network
from mien.selfnorm.snapshots import Snapshots

_NOTED = ("by", "validation", "test", "seed", "trim", "snapshots")


@dataclass(frozen=True, kw_only=True)
class Division:
    """A way to divide snapshots into those that teach, validate and test."""

    by: str
    """What is divided at random: `splits.PARTICIPANT` or `splits.SNAPSHOT`."""
    validation: float
    """Share that validates."""
    test: float
    """Share that tests."""
    seed: int
    """Decides who is where."""
    trim: float
    """Seconds at the start of each recording that are left out."""
    snapshots: int | None = None
    """How many there were after that; None before anything was divided."""

    @staticmethod
    def of(network: Network) -> Division | None:
        """What a network notes; None if it does not say."""
        noted = network.notes.get("split", {})
        if not set(_NOTED) <= set(noted):
            return None
        return Division(**{name: noted[name] for name in _NOTED})

    def trimmed(self, snapshots: Snapshots) -> Snapshots:
        """Without the start of each recording.

        Raises
        ------
        ParameterError
            If nothing is left.
        """
        return splits.trim(snapshots, self.trim)

    def parts(self, snapshots: Snapshots) -> splits.Split:
        """Who teaches, validates and tests, of trimmed snapshots.

        Raises
        ------
        ParameterError
            If they cannot be divided so.
        """
        return splits.split(
            snapshots, self.by, validation=self.validation, test=self.test, seed=self.seed
        )

    def noted(
        self, network: Kind, parts: splits.Split, snapshots: Snapshots, found: Evaluation
    ) -> Kind:
        """The network with a note of how these were divided and what was then found on the test."""
        division = {
            "by": parts.by, "words": parts.words, "validation": self.validation, "test": self.test,
            "seed": self.seed, "trim": self.trim, "snapshots": len(snapshots),
        }  # fmt: skip
        numbers = {
            name: value for name, value in found.as_dict().items() if isinstance(value, int | float)
        }
        return replace(network, notes={**network.notes, "split": division, "test": numbers})
