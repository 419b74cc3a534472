"""Teaching a motion model, such that a run that was ended goes on as if it had not been.

What a step sees follows from the seed and the step's number, never from the steps before it. So a
checkpoint holds all there is: networks with their running means, optimisers, the adversary, the
number of the step and what was measured. It has its name only when it is complete.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.optim import Adam

from mien.engines.motion.checkpoint import Networks, read
from mien.engines.motion.configuration import MotionConfig
from mien.errors import EngineError, FormatError, ParameterError
from mien.outputs import complete
from mien.training.adversary import Adversary, matching, to_learn, to_please
from mien.training.faces import Faces
from mien.training.motion_losses import LossWeights, losses, reconstruct
from mien.training.pairs import pairs
from mien.training.perceptual import Perceptual
from mien.training.warps import Warp


@dataclass(frozen=True)
class MotionSettings:
    """How a motion model is taught; a run can only go on with the same."""

    config: MotionConfig = field(default_factory=MotionConfig)
    """The sizes of its networks."""
    batch: int = 8
    """Pairs of frames a step."""
    learning_rate: float = 2e-4
    """Of Adam, whose betas are 0.5 and 0.999 as published."""
    weights: LossWeights = field(default_factory=LossWeights)
    """What each loss counts for."""
    seed: int = 0
    """Decides the first weights and what every step sees."""

    def __post_init__(self) -> None:
        if not 1 <= self.batch <= 1024:
            raise ParameterError(f"batch is {self.batch}: choose 1 to 1024 pairs.")
        if not 0 < self.learning_rate <= 1:
            raise ParameterError(f"The learning rate is {self.learning_rate}: choose about 2e-4.")
        if self.seed < 0:
            raise ParameterError(f"seed is {self.seed}: choose a whole number from 0.")

    def to_json(self) -> dict[str, Any]:
        """As a checkpoint tells it."""
        return {
            "batch": self.batch,
            "learning_rate": self.learning_rate,
            "weights": asdict(self.weights),
            "seed": self.seed,
        }


@dataclass(frozen=True)
class Judged:
    """How well frames of clips are drawn from another frame of the same clip."""

    step: int
    """After so many steps."""
    error: float
    """Mean absolute difference to the true frame, grey levels."""
    unmoved: float
    """The same of the portrait as it is, without any network."""
    loss: float
    """Mean of all losses over the steps since the last look."""


class MotionTraining:
    """A motion model that is being taught.

    Parameters
    ----------
    faces : Faces
        What it learns from.
    settings : MotionSettings
    device : str
        Of torch. On the processor a run is repeated exactly; on a graphics card it is not, because
        the gradient of reading a picture at places is summed in no fixed order there.
    """

    def __init__(self, faces: Faces, settings: MotionSettings, device: str = "cpu") -> None:
        side = faces.clips[0].shape[1]
        if side != settings.config.side:
            raise ParameterError(
                f"The pictures have {side} pixels along a side and the network "
                f"{settings.config.side}: cut the faces out again."
            )
        self.faces, self.settings, self.step = faces, settings, 0
        self.history: list[Judged] = []
        self._device, self._since = torch.device(device), [0.0, 0]
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(settings.seed)
            self.networks = Networks.fresh(settings.config)
            self._adversary: Adversary | None = None
            if settings.weights.adversarial > 0:
                self._adversary = Adversary(settings.config.common_params.num_kp)
        self._perceptual = Perceptual().to(self._device)
        parts: dict[str, Any] = {
            "generator": self.networks.generator,
            "kp_detector": self.networks.detector,
        }
        if self._adversary is not None:
            parts["discriminator"] = self._adversary
        self._parts = {name: part.to(self._device) for name, part in parts.items()}
        self._optimisers = {
            name: Adam(part.parameters(), settings.learning_rate, betas=(0.5, 0.999))
            for name, part in self._parts.items()
        }

    def teach(self) -> dict[str, float]:
        """One step; each loss times its weight.

        Raises
        ------
        EngineError
            If a loss is no longer a number.
        """
        rng = np.random.default_rng([self.settings.seed, self.step])
        source, driving = pairs(self.faces.taught, self.settings.batch, rng)
        source, driving = source.to(self._device), driving.to(self._device)
        warp = Warp(self.settings.batch, rng)
        for part in self._parts.values():
            part.train()
        weights = self.settings.weights
        try:
            found, places, drawn = losses(
                self.networks, self._perceptual, source, driving, warp, weights
            )
            if self._adversary is not None:
                at = places.value.detach()
                true, _ = self._adversary(driving, at)
                seen, verdict = self._adversary(drawn.picture, at)
                found["adversarial"] = weights.adversarial * to_please(verdict)
                found["feature_matching"] = weights.feature_matching * matching(true, seen)
            self._descend(sum(found.values(), torch.zeros(())), "generator", "kp_detector")
            if self._adversary is not None:
                _, true_verdict = self._adversary(driving, at)
                _, verdict = self._adversary(drawn.picture.detach(), at)
                found["discriminator"] = to_learn(true_verdict, verdict)
                self._descend(found["discriminator"], "discriminator")
        except torch.linalg.LinAlgError as exc:
            raise self._lost() from exc
        told = {name: value.item() for name, value in found.items()}
        if not all(math.isfinite(value) for value in told.values()):
            raise self._lost()
        self.step += 1
        taught = sum(value for name, value in told.items() if name != "discriminator")
        self._since = [self._since[0] + taught, self._since[1] + 1]
        return told

    def judge(self, count: int = 32) -> Judged:
        """Look at how well frames of the judging clips are drawn, and note it in the history."""
        source, driving = self._looked_at(count)
        with torch.inference_mode():
            for part in self._parts.values():
                part.eval()
            drawn = [
                reconstruct(self.networks, a[None], b[None])[2].picture
                for a, b in zip(source, driving, strict=True)
            ]
        total, steps = self._since
        self._since = [0.0, 0]
        entry = Judged(
            self.step,
            255 * float((torch.cat(drawn) - driving).abs().mean()),
            255 * float((source - driving).abs().mean()),
            total / max(steps, 1),
        )
        self.history.append(entry)
        return entry

    def sheet(self, count: int = 6) -> np.ndarray:
        """Portraits, driving frames, what is drawn, and the portraits only moved: four rows, RGB,
        shape (4 * side, count * side, 3), uint8."""
        source, driving = self._looked_at(count)
        with torch.inference_mode():
            for part in self._parts.values():
                part.eval()
            drawn = reconstruct(self.networks, source, driving)[2]
        rows = [source, driving, drawn.picture, drawn.moved]
        pictures = torch.cat([torch.cat(list(row), dim=2) for row in rows], dim=1)
        return (pictures.clamp(0, 1) * 255).round().byte().permute(1, 2, 0).cpu().numpy()

    def save(self, path: Path) -> None:
        """Write a checkpoint, which is also what `--weights` takes.

        Raises
        ------
        OutputError
            If it cannot be written; an older one stays as it was.
        """
        held: dict[str, Any] = {
            name: _still(part.state_dict()) for name, part in self._parts.items()
        }
        held |= {
            f"optimizer_{name}": optimiser.state_dict()
            for name, optimiser in self._optimisers.items()
        }
        held["config"] = self.settings.config.to_json()
        held["training"] = {
            "step": self.step,
            "faces": self.faces.checksum,
            "settings": self.settings.to_json(),
            "since": list(self._since),
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
        held = read(path)
        told = held.get("training")
        if not isinstance(told, dict) or not {"step", "faces", "settings"} <= set(told):
            raise FormatError(
                f"{path} holds no training that can go on: give a checkpoint of mien train motion."
            )
        if held.get("config") != self.settings.config.to_json():
            raise ParameterError(f"{path} is of a network of another size: give its --config.")
        for name, value in self.settings.to_json().items():
            if told["settings"].get(name) != value:
                raise ParameterError(
                    f"{path} was taught with another {name} ({told['settings'].get(name)}): go on "
                    "with the same, or begin anew."
                )
        if told["faces"] != self.faces.checksum:
            raise ParameterError(
                f"{path} was taught with other faces: go on with the same, or begin anew."
            )
        try:
            for name, part in self._parts.items():
                part.load_state_dict(held[name])
                self._optimisers[name].load_state_dict(held[f"optimizer_{name}"])
            self.history = [Judged(**entry) for entry in told["history"]]
            self._since, self.step = list(told["since"]), int(told["step"])
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

    def _looked_at(self, count: int) -> tuple[Tensor, Tensor]:
        """The first frame of judging clips, and others spread over them: always the same."""
        clips = self.faces.judging
        source, driving = [], []
        for k in range(count):
            clip = clips[k % len(clips)]
            turns = -(-count // len(clips))
            at = 1 + (k // len(clips)) * (len(clip) - 1) // turns
            source.append(clip[0])
            driving.append(clip[min(at, len(clip) - 1)])
        both = torch.from_numpy(np.stack([source, driving])).to(self._device).float() / 255
        both = both.permute(0, 1, 4, 2, 3)
        return both[0], both[1]

    def _lost(self) -> EngineError:
        return EngineError(
            f"The loss is no longer a number in step {self.step}: go on from the last checkpoint "
            "with another seed, or begin anew with a lower --learning-rate."
        )


def run(
    training: MotionTraining,
    path: Path,
    steps: int,
    every: int,
    told: Callable[[MotionTraining], None],
) -> None:
    """Teach up to a number of steps, writing a checkpoint now and then and in the end.

    Parameters
    ----------
    training : MotionTraining
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
    while training.step < steps:
        training.teach()
        if training.step % every == 0 or training.step == steps:
            training.judge()
            training.save(path)
        told(training)


def _still(state: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: value.detach().cpu() for name, value in state.items()}
