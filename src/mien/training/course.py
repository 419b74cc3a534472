"""What every training has: parts that learn, steps, checkpoints, and going on from one.

What a step sees follows from the seed and the step's number, never from the steps before it. So a
checkpoint holds all there is: networks with their running means, optimisers, the number of the
step and what was measured. It has its name only when it is complete.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import Adam

from mien.engines.checkpoints import read
from mien.errors import EngineError, FormatError, ParameterError
from mien.outputs import complete

if TYPE_CHECKING:
    from mien.training.faces import Faces


class Sizes(Protocol):
    """How large networks are, as their engine has it."""

    @property
    def side(self) -> int:
        """Pixels along a side of a picture."""

    def to_json(self) -> dict[str, Any]:
        """As a checkpoint tells it."""


class Settings(Protocol):
    """How networks are taught; a run can only go on with the same."""

    @property
    def config(self) -> Sizes:
        """The sizes of the networks."""

    @property
    def learning_rate(self) -> float:
        """Of Adam."""

    @property
    def seed(self) -> int:
        """Decides the first weights and what every step sees."""

    def to_json(self) -> dict[str, Any]:
        """As a checkpoint tells it."""


def check_learning(batch: int, learning_rate: float, *, of: str, usual: str) -> None:
    """Refuse what no training has: a `ParameterError`."""
    if not 1 <= batch <= 1024:
        raise ParameterError(f"batch is {batch}: choose 1 to 1024 {of}.")
    if not 0 < learning_rate <= 1:
        raise ParameterError(f"The learning rate is {learning_rate}: choose about {usual}.")


class Course(ABC):
    """A training that can be ended at any time and goes on as if it had not been.

    Parameters
    ----------
    faces : Faces
        What it learns from.
    settings : Settings
    parts : dict
        What learns, by its name in the checkpoint.
    betas : tuple of 2 float
        Of Adam.
    device : str
        Of torch. On the processor a run is repeated exactly; on a graphics card it is not, because
        some sums have no fixed order there.

    Raises
    ------
    ParameterError
        If the pictures are not of the networks' size.
    """

    WHAT: ClassVar[str]
    """Whose checkpoints these are, as in "a motion model"."""
    ENTRY: ClassVar[type[Any]]
    """What is noted when results are judged: a dataclass with a field `step`, and `warnings`."""

    def __init__(
        self,
        faces: Faces,
        settings: Settings,
        parts: Mapping[str, nn.Module],
        betas: tuple[float, float],
        device: str,
    ) -> None:
        side = faces.clips[0].shape[1]
        if side != settings.config.side:
            raise ParameterError(
                f"The pictures have {side} pixels along a side and the network "
                f"{settings.config.side}: cut the faces out again."
            )
        self.faces = faces
        self._taught_with = settings
        self.step = 0
        self.history: list[Any] = []
        self._tally: dict[str, float] = {}
        self._device = torch.device(device)
        self._since = [0.0, 0.0]  # sum of the losses and number of steps since the last look
        self._parts = {name: part.to(self._device) for name, part in parts.items()}
        self._optimisers = {
            name: Adam(part.parameters(), settings.learning_rate, betas=betas)
            for name, part in self._parts.items()
        }

    def teach(self) -> dict[str, float]:
        """One step; each loss times its weight.

        Raises
        ------
        EngineError
            If a loss is no longer a number.
        """
        for part in self._parts.values():
            part.train()
        try:
            found = self._learn(np.random.default_rng([self._taught_with.seed, self.step]))
        except torch.linalg.LinAlgError as exc:
            raise self._lost() from exc
        told = {name: value.item() for name, value in found.items()}
        if not all(math.isfinite(value) for value in told.values()):
            raise self._lost()
        self.step += 1
        taught = sum(value for name, value in told.items() if name != "discriminator")
        self._since = [self._since[0] + taught, self._since[1] + 1]
        return told

    @abstractmethod
    def _learn(self, rng: np.random.Generator) -> dict[str, Tensor]:
        """One step of all optimisers: each loss by its name."""

    @abstractmethod
    def judge(self) -> Any:
        """Look at results, and note an `ENTRY` in the history."""

    @abstractmethod
    def sheet(self) -> np.ndarray:
        """Samples as one picture, RGB, uint8."""

    def _told(self) -> tuple[dict[str, Any], dict[str, Any], str]:
        """Sizes of the networks, settings, and the checksum of what is learned from."""
        settings = self._taught_with
        return settings.config.to_json(), settings.to_json(), self.faces.checksum

    def save(self, path: Path) -> None:
        """Write a checkpoint, which is also what `--weights` takes.

        Raises
        ------
        OutputError
            If it cannot be written; an older one stays as it was.
        """
        config, settings, faces = self._told()
        held: dict[str, Any] = {
            name: {key: value.detach().cpu() for key, value in part.state_dict().items()}
            for name, part in self._parts.items()
        }
        for name, optimiser in self._optimisers.items():
            held[f"optimizer_{name}"] = optimiser.state_dict()
        held["config"] = config
        held["training"] = {
            "step": self.step,
            "faces": faces,
            "settings": settings,
            "since": list(self._since),
            "tally": dict(self._tally),
            "history": [asdict(entry) for entry in self.history],
        }
        with complete(path) as part:
            torch.save(held, part)

    def go_on(self, path: Path) -> None:
        """Take up a run where a checkpoint left it.

        Raises
        ------
        ParameterError
            If there is no such file, or it was taught with other faces or settings.
        FormatError
            If it is no checkpoint of a training.
        """
        config, settings, faces = self._told()
        held = read(path, self.WHAT)
        told = held.get("training")
        if not isinstance(told, dict) or not {"step", "faces", "settings"} <= set(told):
            raise FormatError(
                f"{path} holds no training that can go on: give a checkpoint of mien train."
            )
        if held.get("config") != config:
            raise ParameterError(f"{path} is of a network of another size: give the same sizes.")
        for name, value in settings.items():
            if told["settings"].get(name) != value:
                raise ParameterError(
                    f"{path} was taught with another {name} ({told['settings'].get(name)}): go on "
                    "with the same, or begin anew."
                )
        if told["faces"] != faces:
            raise ParameterError(
                f"{path} was taught with other faces: go on with the same, or begin anew."
            )
        try:
            for name, part in self._parts.items():
                part.load_state_dict(held[name])
                self._optimisers[name].load_state_dict(held[f"optimizer_{name}"])
            self.history = [self.ENTRY(**entry) for entry in told["history"]]
            self._since, self.step = list(told["since"]), int(told["step"])
            self._tally = dict(told["tally"])
        except (KeyError, TypeError, ValueError, RuntimeError) as exc:
            raise FormatError(
                f"{path} is incomplete or of another version: begin the training anew."
            ) from exc

    def _descend(self, loss: Tensor, *names: str) -> None:
        """One step of the optimisers of some parts; the others' gradients are dropped."""
        for optimiser in self._optimisers.values():
            optimiser.zero_grad()
        torch.autograd.backward(loss)
        for name in names:
            self._optimisers[name].step()

    def _count(self, **more: float) -> None:
        """Add to what is counted over all steps."""
        for name, value in more.items():
            self._tally[name] = self._tally.get(name, 0) + value

    def _rest(self) -> None:
        """Have all parts draw as they will when they no longer learn."""
        for part in self._parts.values():
            part.eval()

    def _mean_since(self) -> float:
        """Mean of all losses over the steps since this was asked last."""
        total, steps = self._since
        self._since = [0.0, 0.0]
        return total / max(steps, 1)

    def _lost(self) -> EngineError:
        return EngineError(
            f"The loss is no longer a number in step {self.step}: go on from the last checkpoint "
            "with another seed, or begin anew with a lower --learning-rate."
        )


def run(course: Course, path: Path, steps: int, every: int, told: Callable[[Course], None]) -> None:
    """Teach up to a number of steps, writing a checkpoint now and then and in the end.

    Parameters
    ----------
    course : Course
    path : Path
        The checkpoint, replaced each time.
    steps : int
        In all, those before it went on included.
    every : int
        Steps between two checkpoints.
    told : callable
        Called after every step.

    Raises
    ------
    EngineError
        If a loss is no longer a number.
    """
    while course.step < steps:
        course.teach()
        if course.step % every == 0 or course.step == steps:
            course.judge()
            course.save(path)
        told(course)
