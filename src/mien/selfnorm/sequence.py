"""A network that sees the last snapshots of a recording one after the other, beside the one that
sees a single snapshot.

Hartmann et al. 2022 leave open whether sequences would be read better. A gated recurrent unit [1]_
of torch is taught on the same people as the self-normalising network and tested on the same ones.

References
----------
.. [1] Cho et al., "Learning Phrase Representations using RNN Encoder-Decoder for Statistical
   Machine Translation", EMNLP 2014.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mien.errors import ParameterError
from mien.selfnorm.learner import one_thread, require_torch
from mien.selfnorm.measures import Measures, confusion, rounded
from mien.selfnorm.snapshots import Snapshots
from mien.selfnorm.splits import Split

_READ = 4096  # sequences that are read at once


@dataclass(frozen=True)
class SequenceConfig:
    """Shape of the recurrent network, and how it is taught."""

    length: int = 15
    """Snapshots up to and with the one that is read, of the same recording; 0.5 s at 30 a
    second. At the start of a recording its first snapshot stands in for those before it."""
    width: int = 32
    """Numbers that the unit remembers."""
    epochs: int = 5
    """Times that every snapshot is seen; without a validation set the last one is kept."""
    batch: int = 256
    """Sequences per step."""
    learning_rate: float = 0.002
    """Of Adam."""
    seed: int = 0
    """Of first weights and order."""

    def __post_init__(self) -> None:
        if not 2 <= self.length <= 300:
            raise ParameterError(f"A sequence is 2 to 300 snapshots long, not {self.length}.")
        if min(self.width, self.epochs, self.batch) < 1:
            raise ParameterError("Width, epochs and batch of a network of sequences are 1 or more.")


@dataclass(frozen=True, eq=False)
class SequenceResult:
    """How well sequences are read."""

    length: int
    """Snapshots of a sequence."""
    epoch: int
    """That was kept, counted from 1."""
    matrix: np.ndarray
    """Confusion matrix of the test set, rows true."""
    measures: Measures
    """What follows from it."""

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "length": self.length,
            "epoch": self.epoch,
            "accuracy": rounded(self.measures.accuracy),
            "macro_f1": rounded(self.measures.macro_f1),
            "confusion": self.matrix.tolist(),
        }


def history(snapshots: Snapshots, length: int) -> np.ndarray:
    """Which snapshots come before each one in its recording.

    Parameters
    ----------
    snapshots : Snapshots
        In any order; within a recording time tells.
    length : int
        Snapshots up to and with this one.

    Returns
    -------
    rows : np.ndarray [shape=(n, length), dtype=int64]
        Oldest first, this one last; the first of the recording again where there are fewer.
    """
    recording = snapshots.recordings()
    order = np.lexsort((snapshots.times, recording))
    begins = np.searchsorted(recording[order], recording[order], "left")
    places = np.arange(len(order))[:, None] + np.arange(1 - length, 1)
    rows = np.empty(places.shape, np.int64)
    rows[order] = order[np.maximum(places, begins[:, None])]
    return rows


def read_sequences(
    snapshots: Snapshots, split: Split, config: SequenceConfig | None = None
) -> SequenceResult:
    """Teach a recurrent network on a split and test it.

    Parameters
    ----------
    snapshots : Snapshots
        The study; already trimmed, if it is to be.
    split : Split
        As the network of snapshots had it; the epoch with the best accuracy on the validation set
        is kept.
    config : SequenceConfig, optional

    Raises
    ------
    ParameterError
        If torch is not installed, or a set that is needed is empty.
    """
    torch = require_torch()
    config = config or SequenceConfig()
    if not len(split.train) or not len(split.test):
        raise ParameterError("Sequences need a training set and a test set.")
    rows = history(snapshots, config.length)
    mean = snapshots.scores[split.train].mean(0)
    scale = np.maximum(snapshots.scores[split.train].std(0), 0.01)
    scores = torch.from_numpy((snapshots.scores - mean) / scale)
    labels = snapshots.labels.astype(np.int64)
    torch.manual_seed(config.seed)
    classes = len(snapshots.expressions)
    unit = torch.nn.GRU(scores.shape[1], config.width, batch_first=True)
    head = torch.nn.Linear(config.width, classes)
    adam = torch.optim.Adam([*unit.parameters(), *head.parameters()], lr=config.learning_rate)

    def read(which: np.ndarray) -> Any:
        return head(unit(scores[torch.from_numpy(rows[which])])[0][:, -1])

    def answers(which: np.ndarray) -> np.ndarray:
        parts = [which[k : k + _READ] for k in range(0, len(which), _READ)]
        return np.concatenate([read(part).argmax(1).numpy() for part in parts])

    rng = np.random.default_rng(config.seed)
    best, kept, given = -1.0, 0, np.zeros(0, np.int64)
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
                best, kept, given = right, number, answers(split.test)
    matrix = confusion(labels[split.test], given, classes)
    return SequenceResult(config.length, kept, matrix, Measures.of(matrix))
