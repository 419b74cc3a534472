"""Teaching a network of sequences beside the one that sees a single snapshot, on the same people.

Hartmann et al. 2022 (doi:10.1055/a-1866-2943) leave open whether sequences would be read better.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mien.errors import ParameterError
from mien.selfnorm.calibration import calibrate
from mien.selfnorm.evaluation import Evaluation, evaluate
from mien.selfnorm.histories import check_sequences, history, step_of
from mien.selfnorm.learner import one_thread, require_torch
from mien.selfnorm.measures import Measures, rounded
from mien.selfnorm.recurrent import Recurrent, SequenceConfig
from mien.selfnorm.snapshots import Snapshots
from mien.selfnorm.splits import Split

_READ = 4096  # sequences that are read at once
_LEAST_SPREAD = 0.01  # what hardly varies is not blown up


@dataclass(frozen=True, eq=False)
class SequenceResult:
    """A network of sequences, and how well it reads."""

    network: Recurrent
    """Calibrated where there is a validation set."""
    epoch: int
    """That was kept, counted from 1."""
    evaluation: Evaluation
    """On the test set."""

    @property
    def length(self) -> int:
        """Snapshots of a sequence."""
        return self.network.config.length

    @property
    def measures(self) -> Measures:
        """Of the test set."""
        return self.evaluation.measures

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "length": self.length,
            "step_s": rounded(self.network.step_s),
            "epoch": self.epoch,
            "accuracy": rounded(self.measures.accuracy),
            "macro_f1": rounded(self.measures.macro_f1),
            "ece": rounded(self.evaluation.calibrated.ece),
            "confusion": self.evaluation.matrix.tolist(),
        }


def read_sequences(
    snapshots: Snapshots,
    split: Split,
    config: SequenceConfig | None = None,
    wanted: float | None = None,
) -> SequenceResult:
    """Teach a recurrent network on a split, calibrate it and test it.

    Parameters
    ----------
    snapshots : Snapshots
        The study; already trimmed, if it is to be.
    split : Split
        As the network of snapshots had it; the epoch with the best accuracy on the validation set
        is kept.
    config : SequenceConfig, optional
    wanted : float, optional
        Accuracy that answers are to have on the validation set, as `calibrate` takes it.

    Raises
    ------
    ParameterError
        If torch is not installed, a set that is needed is empty, or times are not known.
    """
    require_torch()
    check_sequences(snapshots)
    config = config or SequenceConfig()
    if not len(split.train) or not len(split.test):
        raise ParameterError("Sequences need a training set and a test set.")
    network, epoch = _taught(snapshots, split, config)
    if len(split.validation):
        network = calibrate(network, snapshots, wanted, split.validation)
    return SequenceResult(network, epoch, evaluate(network, snapshots, split.test))


def _taught(snapshots: Snapshots, split: Split, config: SequenceConfig) -> tuple[Recurrent, int]:
    """The network of the best epoch, and which that was."""
    torch = require_torch()
    step = step_of(snapshots.take(split.train))
    rows = history(snapshots, config.length, step)
    mean = snapshots.scores[split.train].mean(0)
    scale = np.maximum(snapshots.scores[split.train].std(0), _LEAST_SPREAD)
    scores = torch.from_numpy((snapshots.scores - mean) / scale)
    labels = snapshots.labels.astype(np.int64)
    torch.manual_seed(config.seed)
    unit = torch.nn.GRU(scores.shape[1], config.width, batch_first=True)
    head = torch.nn.Linear(config.width, len(snapshots.expressions))
    adam = torch.optim.Adam([*unit.parameters(), *head.parameters()], lr=config.learning_rate)

    def read(which: np.ndarray) -> Any:
        return head(unit(scores[torch.from_numpy(rows[which])])[0][:, -1])

    def answers(which: np.ndarray) -> np.ndarray:
        parts = [which[k : k + _READ] for k in range(0, len(which), _READ)]
        return np.concatenate([read(part).argmax(1).numpy() for part in parts])

    rng = np.random.default_rng(config.seed)
    best, kept, parameters = -1.0, 0, {}
    with one_thread():
        for number in range(1, config.epochs + 1):
            with torch.enable_grad():
                for batch in np.array_split(
                    rng.permutation(split.train), max(1, len(split.train) // config.batch)
                ):
                    adam.zero_grad()
                    truth = torch.from_numpy(labels[batch])
                    torch.nn.functional.cross_entropy(read(batch), truth).backward()
                    adam.step()
            held = split.validation
            right = float((answers(held) == labels[held]).mean()) if len(held) else number
            if right > best:
                best, kept, parameters = right, number, _arrays(unit, head)
    return Recurrent(
        snapshots.names, snapshots.expressions, mean=mean, scale=scale, step_s=step, config=config,
        notes={"epoch": kept, "epochs": config.epochs}, **parameters,
    ), kept  # fmt: skip


def _arrays(unit: Any, head: Any) -> dict[str, Any]:
    """What torch's layers hold, as `Recurrent` does."""
    held = {name: value.detach().numpy().copy() for name, value in unit.named_parameters()}
    return {
        "seen": held["weight_ih_l0"].T,
        "remembered": held["weight_hh_l0"].T,
        "biases": np.stack([held["bias_ih_l0"], held["bias_hh_l0"]]),
        "head": (head.weight.detach().numpy().T.copy(), head.bias.detach().numpy().copy()),
    }
