"""A network that sees the last snapshots of a recording one after the other.

Hartmann et al. 2022 (doi:10.1055/a-1866-2943) leave open whether sequences would be read better
than single snapshots. This is a gated recurrent unit [1]_ and a softmax, computed with numpy;
`sequence` teaches it, with torch.

References
----------
.. [1] Cho et al., "Learning Phrase Representations using RNN Encoder-Decoder for Statistical
   Machine Translation", EMNLP 2014.
"""

from __future__ import annotations

import json
import math
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy as np
from scipy.special import expit, softmax

from mien.errors import FormatError, ParameterError
from mien.intake.arrays import read_arrays
from mien.intake.words import parse_json
from mien.outputs import check_free, complete
from mien.selfnorm.abstaining import Abstaining
from mien.selfnorm.histories import history
from mien.selfnorm.snapshots import Snapshots

KIND = "mien recurrent network 1"
"""What a file of one says that it is."""
_WHAT = "a network that `mien expression train --sequence` wrote"
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

    @property
    def layers(self) -> int:
        """Input, recurrent unit, output."""
        return 3

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


@dataclass(frozen=True, eq=False)
class Recurrent(Abstaining):
    """A trained network of sequences; safe to share between threads, and computed without torch."""

    names: tuple[str, ...]
    """Scores it was taught with, in its order; files are matched by name."""
    expressions: tuple[str, ...]
    """Its classes."""
    seen: np.ndarray
    """Weights of what is seen, for the gates reset and update and for the candidate, shape
    (c, 3 width); inputs are standardised before."""
    remembered: np.ndarray
    """Weights of what is remembered, likewise, shape (width, 3 width)."""
    biases: np.ndarray
    """Of the two, shape (2, 3 width)."""
    head: tuple[np.ndarray, np.ndarray]
    """Weights (width, n_classes) and bias (n_classes,) of the output."""
    mean: np.ndarray
    """Mean of each score when it was taught, shape (c,)."""
    scale: np.ndarray
    """Standard deviation of each score, shape (c,)."""
    step_s: float
    """Seconds from one snapshot to the next of what it was taught with."""
    config: SequenceConfig = field(default_factory=SequenceConfig)
    """How it was made."""
    notes: dict[str, Any] = field(default_factory=dict)
    """What else is known of it, for JSON: data, split, accuracy."""

    def __post_init__(self) -> None:
        for name in ("names", "expressions"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        for name in ("seen", "remembered", "biases", "mean", "scale"):
            value = np.ascontiguousarray(getattr(self, name), np.float32)
            object.__setattr__(self, name, value)
        weight, bias = (np.ascontiguousarray(part, np.float32) for part in self.head)
        object.__setattr__(self, "head", (weight, bias))
        c, k, width = len(self.names), len(self.expressions), self.config.width
        shapes = ((c, 3 * width), (width, 3 * width), (2, 3 * width), (width, k), (k,), (c,), (c,))
        held = (self.seen, self.remembered, self.biases, weight, bias, self.mean, self.scale)
        if not c or tuple(array.shape for array in held) != shapes:
            raise ParameterError("The arrays of this network do not fit its names and its width.")
        if not (self.scale > 0).all() or not 0 < self.temperature < math.inf:
            raise ParameterError("A network's scales and its temperature are above 0.")
        if not 0 < self.step_s < math.inf:
            raise ParameterError(f"From snapshot to snapshot time passes, not {self.step_s} s.")
        if not 0 <= self.threshold <= 1:
            raise ParameterError(f"A threshold is a probability, not {self.threshold}.")

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of what it sees of each snapshot."""
        return self.names

    def predict_proba(self, sequences: np.ndarray) -> np.ndarray:
        """Probability of each class after each sequence.

        Parameters
        ----------
        sequences : np.ndarray [shape=(n, length, c)]
            Scores in the order of `names`, oldest snapshot first, `step_s` apart; any length.

        Returns
        -------
        probabilities : np.ndarray [shape=(n, n_classes), dtype=float32]
            NaN where an input is not finite.

        Raises
        ------
        ParameterError
            If the shape does not fit.
        """
        sequences = np.asarray(sequences, np.float32)
        if sequences.ndim != 3 or sequences.shape[2] != len(self.names) or not sequences.shape[1]:
            raise ParameterError(
                f"The network looks at sequences of {len(self.names)} scores, not at "
                f"{sequences.shape}."
            )
        n, length, _ = sequences.shape
        rows = np.arange(n * length).reshape(n, length)
        return self._read(sequences.reshape(n * length, -1), rows)

    def classify(self, snapshots: Snapshots) -> np.ndarray:
        """Probability of each class for each snapshot of a recording, shape (n, n_classes).

        Scores are matched by name (0 where `snapshots.missing`); what came before each snapshot
        is found by its time, at the pace of `step_s`, whatever the pace of the recording.

        Raises
        ------
        ParameterError
            If the times are not known.
        """
        snapshots.check_timed("A network of sequences")
        aligned = snapshots.aligned(self.names)
        return self._read(aligned.scores, history(aligned, self.config.length, self.step_s))

    def _read(self, scores: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Probabilities of sequences, which are rows of scores, shape (n, n_classes)."""
        seen = ((scores - self.mean) / self.scale) @ self.seen + self.biases[0]
        out = np.empty((len(rows), len(self.expressions)), np.float32)
        for k in range(0, len(rows), _READ):
            part = rows[k : k + _READ]
            state = np.zeros((len(part), self.config.width), np.float32)
            for step in range(part.shape[1]):
                state = self._step(state, seen[part[:, step]])
            logits = (state @ self.head[0] + self.head[1]) / self.temperature
            out[k : k + len(part)] = softmax(logits, 1)
        return out

    def _step(self, state: np.ndarray, seen: np.ndarray) -> np.ndarray:
        """What is remembered after one more snapshot, shape (n, width)."""
        width = self.config.width
        kept = state @ self.remembered + self.biases[1]
        gates = expit(seen[:, : 2 * width] + kept[:, : 2 * width])
        reset, update = gates[:, :width], gates[:, width:]
        candidate = np.tanh(seen[:, 2 * width :] + reset * kept[:, 2 * width :])
        return candidate + update * (state - candidate)

    def save(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
        """Write as ``.npz``; the file appears when it is complete.

        Raises
        ------
        OutputError
            If the file cannot be written or is in the way.
        """
        path = Path(path)
        check_free(path, overwrite, kind="a network", endings=(".npz",))
        arrays: dict[str, Any] = {
            "kind": np.array(KIND),
            "names": np.array(self.names, np.str_),
            "expressions": np.array(self.expressions, np.str_),
            "config": np.array(json.dumps(self.config.as_dict())),
            "notes": np.array(json.dumps(self.notes)),
            "calibration": np.array([self.temperature, self.threshold, self.step_s]),
            "head_weight": self.head[0],
            "head_bias": self.head[1],
        }
        for name in ("seen", "remembered", "biases", "mean", "scale"):
            arrays[name] = getattr(self, name)
        with complete(path, overwrite=overwrite) as part:
            with part.open("wb") as stream:
                np.savez_compressed(stream, **arrays)

    @staticmethod
    def load(file: str | os.PathLike[str] | IO[bytes]) -> Recurrent:
        """Read what `save` wrote.

        Raises
        ------
        FormatError
            If the file is missing, damaged or something else.
        """
        said = getattr(file, "name", file)
        try:
            return Recurrent._of(read_arrays(file, _WHAT), str(said))
        except FileNotFoundError as exc:
            raise FormatError(f"There is no network at {said}: check the path.") from exc
        except OSError as exc:
            raise FormatError(f"{said} cannot be read: {exc.strerror or 'damaged'}.") from exc
        except FormatError:
            raise
        except (KeyError, ValueError, TypeError, AttributeError, IndexError) as exc:
            raise FormatError(f"{said} is not {_WHAT}, or it is damaged.") from exc

    @staticmethod
    def _of(held: dict[str, np.ndarray], said: str) -> Recurrent:
        if str(held["kind"]) != KIND:
            raise KeyError
        temperature, threshold, step = held["calibration"].tolist()
        return Recurrent(
            names=tuple(held["names"].tolist()),
            expressions=tuple(held["expressions"].tolist()),
            head=(held["head_weight"], held["head_bias"]),
            step_s=step,
            config=SequenceConfig(**parse_json(str(held["config"]), said, _WHAT)),
            temperature=temperature,
            threshold=threshold,
            notes=parse_json(str(held["notes"]), said, _WHAT),
            **{name: held[name] for name in ("seen", "remembered", "biases", "mean", "scale")},
        )
