"""A training that was stopped goes on from where it was last written down, and ends the same."""

from __future__ import annotations

import hashlib
import json
import math
import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from mien.errors import FormatError, ParameterError
from mien.intake.arrays import read_arrays
from mien.intake.words import parse_json
from mien.outputs import complete
from mien.selfnorm.config import SelfNormConfig
from mien.statistics import finite_or_none

_KIND = "mien unfinished training 1"
_WHAT = "an unfinished training that `mien expression train --state` wrote"
OFTEN = 5
"""Epochs from one writing to the next."""


@dataclass(frozen=True)
class State:
    """Where a training is written down, and how often."""

    path: Path
    """The file, ``.npz``; what is there already is gone on with."""
    every: int = OFTEN
    """Epochs from one writing to the next; the last epoch is written in any case."""

    def __post_init__(self) -> None:
        if self.every < 1:
            raise ParameterError("A training is written down every epoch or more seldom.")


@dataclass(frozen=True, eq=False)
class Unfinished:
    """A training between two epochs."""

    of: str
    """Of which snapshots and settings: `fingerprint`."""
    learner: dict[str, np.ndarray]
    """What `Learner.state` gave."""
    kept: np.ndarray
    """Parameters of the best epoch so far, one after the other, float32."""
    chosen: int
    """Which epoch that was."""
    best: float
    """Its validation loss; infinite without a validation set."""
    history: list[dict[str, Any]]
    """All epochs so far."""

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write as ``.npz``, in place of what is there; the file is complete at any time."""
        held = {
            "of": self.of,
            "chosen": self.chosen,
            "best": finite_or_none(self.best),
            "history": [
                {name: value if math.isfinite(value) else None for name, value in entry.items()}
                for entry in self.history
            ],
        }
        arrays: dict[str, Any] = {"kind": np.array(_KIND), "said": np.array(json.dumps(held))}
        arrays |= {f"learner_{name}": value for name, value in self.learner.items()}
        with complete(Path(path), overwrite=True) as part:
            with part.open("wb") as stream:
                np.savez(stream, kept=self.kept, **arrays)

    @staticmethod
    def load(path: str | os.PathLike[str], of: str) -> Unfinished | None:
        """Read what `save` wrote; None where there is no such file.

        Raises
        ------
        FormatError
            If the file is damaged or something else.
        ParameterError
            If it is of other snapshots or settings.
        """
        if not Path(path).exists():
            return None
        try:
            held = read_arrays(path, _WHAT)
            if str(held["kind"]) != _KIND:
                raise KeyError
            said = parse_json(str(held["said"]), str(path), _WHAT)
            learner = {
                name.removeprefix("learner_"): value
                for name, value in held.items()
                if name.startswith("learner_")
            }
            found = Unfinished(
                of=said["of"],
                learner=learner,
                kept=held["kept"],
                chosen=int(said["chosen"]),
                best=math.inf if said["best"] is None else float(said["best"]),
                history=[
                    {name: math.nan if value is None else value for name, value in entry.items()}
                    for entry in said["history"]
                ],
            )
        except OSError as exc:
            raise FormatError(f"{path} cannot be read: {exc.strerror or 'damaged'}.") from exc
        except (KeyError, ValueError, TypeError, AttributeError) as exc:
            raise FormatError(f"{path} is not {_WHAT}, or it is damaged.") from exc
        if found.of != of:
            raise ParameterError(
                f"{path} is of another training: of other snapshots, another split or other "
                "settings. Delete it, or name another file."
            )
        return found


def fingerprint(config: SelfNormConfig, *arrays: np.ndarray) -> str:
    """What two trainings have in common that may be one: settings but for how long, and data."""
    settings = asdict(replace(config, epochs=1, patience=None))
    made = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
    for array in arrays:
        made.update(repr((array.shape, array.dtype.str)).encode())
        made.update(np.ascontiguousarray(array).view(np.uint8).reshape(-1).data)
    return made.hexdigest()
