"""The shape of the self-normalising network, and how it is taught."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from mien.errors import ParameterError
from mien.selfnorm.features import Features


@dataclass(frozen=True)
class SelfNormConfig:
    """Shape of the network and how it is taught; the defaults are the paper's where it speaks."""

    widths: tuple[int, ...] = (64,) * 10
    """Outputs of each hidden layer. The paper gives the number of layers, not their widths."""
    dropout: float = 0.1
    """Share of activations that alpha dropout sets to SELU's lowest value."""
    l2: float = 0.25
    """Added to the loss: this times the sum of squares of the weights of `l2_layers`."""
    l2_layers: tuple[int, ...] = (5, 10)
    """Hidden layers, counted from 1, that `l2` holds for. The paper says "some"."""
    learning_rate: float = 0.001
    """Of Adam."""
    batch: int = 128
    """Snapshots per step."""
    epochs: int = 400
    """Times that every snapshot is seen, at most."""
    patience: int | None = None
    """Stop after so many epochs without a lower validation loss; None: never."""
    features: Features = field(default_factory=Features)
    """What the network sees of a snapshot and of those before it."""
    balanced: bool = False
    """Whether rare classes count for as much as frequent ones in the loss."""
    noise: float = 0.0
    """Standard deviation of noise that is added to the scores while learning."""
    mirror: bool = False
    """Whether half of the snapshots, drawn anew every epoch, are seen with sides exchanged."""
    standardise: bool = True
    """Whether inputs are brought to mean 0 and deviation 1 of the training set. The paper does
    without: a self-normalising network is to need none."""
    seed: int = 0
    """Of the first weights, the order and the dropout; the same seed gives the same network."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "widths", tuple(int(width) for width in self.widths))
        object.__setattr__(self, "l2_layers", tuple(int(layer) for layer in self.l2_layers))
        if not self.widths or not all(1 <= width <= 4096 for width in self.widths):
            raise ParameterError("Each hidden layer has 1 to 4096 outputs, and there is one.")
        if not 0 <= self.dropout < 1:
            raise ParameterError(f"Alpha dropout is a share from 0 to below 1, not {self.dropout}.")
        if not (0 <= self.l2 < math.inf):
            raise ParameterError(f"The L2 factor is 0 or more, not {self.l2}.")
        if not all(1 <= layer <= len(self.widths) for layer in self.l2_layers):
            raise ParameterError(
                "The L2 penalty is of a hidden layer that is not there: they are counted from 1 to "
                f"{len(self.widths)}, so name others with --l2-layers."
            )
        if not 0 <= self.noise <= 1:
            raise ParameterError(f"Noise on scores is from 0 to 1, not {self.noise}.")
        if not 0 < self.learning_rate < 1:
            raise ParameterError(f"A learning rate of {self.learning_rate} is out of range.")
        if self.batch < 2 or self.epochs < 1 or (self.patience is not None and self.patience < 1):
            raise ParameterError(
                "Training needs at least 2 snapshots a batch, 1 epoch and a patience of 1."
            )

    @property
    def layers(self) -> int:
        """Layers as the paper counts: input, dense and dropout layers, output."""
        return 2 + 2 * len(self.widths)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    @staticmethod
    def from_dict(values: dict[str, Any]) -> SelfNormConfig:
        """Of `as_dict`.

        Raises
        ------
        ParameterError
            If a name is unknown or a value out of range.
        """
        values = dict(values)
        unknown = set(values) - {entry.name for entry in fields(SelfNormConfig)}
        if unknown:
            raise ParameterError(f"{sorted(unknown)[0]!r} is no setting of the network.")
        try:
            values["features"] = Features(**values.get("features", {}))
            return SelfNormConfig(**values)
        except TypeError as exc:
            raise ParameterError(f"The settings of the network are damaged: {exc}.") from exc
