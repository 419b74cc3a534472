"""Teaching a first-order motion model."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from mien.engines.motion.checkpoint import WHAT, Networks
from mien.engines.motion.configuration import MotionConfig
from mien.errors import ParameterError
from mien.training.adversary import Adversary, matching, to_learn, to_please
from mien.training.course import Course, check_learning
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
        check_learning(self.batch, self.learning_rate, of="pairs", usual="2e-4")
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
    warnings: ClassVar[list[str]] = []
    """What goes wrong, in sentences: nothing that is known of."""


class MotionTraining(Course):
    """A motion model that is being taught.

    Parameters
    ----------
    faces : Faces
        What it learns from.
    settings : MotionSettings
    device : str
        See `Course`.
    """

    WHAT = WHAT
    ENTRY = Judged

    def __init__(self, faces: Faces, settings: MotionSettings, device: str = "cpu") -> None:
        self.settings = settings
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(settings.seed)
            self.networks = Networks.fresh(settings.config)
            self._adversary: Adversary | None = None
            if settings.weights.adversarial > 0:
                self._adversary = Adversary(settings.config.common_params.num_kp)
        parts: dict[str, nn.Module] = {
            "generator": self.networks.generator,
            "kp_detector": self.networks.detector,
        }
        if self._adversary is not None:
            parts["discriminator"] = self._adversary
        super().__init__(faces, settings, parts, (0.5, 0.999), device)
        self._perceptual = Perceptual().to(self._device)

    def _learn(self, rng: np.random.Generator) -> dict[str, Tensor]:
        batch, weights = self.settings.batch, self.settings.weights
        source, driving = (each.to(self._device) for each in pairs(self.faces.taught, batch, rng))
        found, places, drawn = losses(
            self.networks, self._perceptual, source, driving, Warp(batch, rng), weights
        )
        adversary, at = self._adversary, places.value.detach()
        if adversary is not None:
            true, _ = adversary(driving, at)
            seen, verdict = adversary(drawn.picture, at)
            found["adversarial"] = weights.adversarial * to_please(verdict)
            found["feature_matching"] = weights.feature_matching * matching(true, seen)
        self._descend(torch.stack(list(found.values())).sum(), "generator", "kp_detector")
        if adversary is not None:
            _, true_verdict = adversary(driving, at)
            _, verdict = adversary(drawn.picture.detach(), at)
            found["discriminator"] = to_learn(true_verdict, verdict)
            self._descend(found["discriminator"], "discriminator")
        return found

    def judge(self, count: int = 32) -> Judged:
        """Look at how well frames of the judging clips are drawn, and note it in the history."""
        source, driving = self._looked_at(count)
        with torch.inference_mode():
            self._rest()
            drawn = [
                reconstruct(self.networks, a[None], b[None])[2].picture
                for a, b in zip(source, driving, strict=True)
            ]
        entry = Judged(
            self.step,
            255 * float((torch.cat(drawn) - driving).abs().mean()),
            255 * float((source - driving).abs().mean()),
            self._mean_since(),
        )
        self.history.append(entry)
        return entry

    def sheet(self, count: int = 6) -> np.ndarray:
        """Portraits, driving frames, what is drawn, and the portraits only moved: four rows, RGB,
        shape (4 * side, count * side, 3), uint8."""
        source, driving = self._looked_at(count)
        with torch.inference_mode():
            self._rest()
            drawn = reconstruct(self.networks, source, driving)[2]
        rows = [source, driving, drawn.picture, drawn.moved]
        pictures = torch.cat([torch.cat(list(row), dim=2) for row in rows], dim=1)
        return (pictures.clamp(0, 1) * 255).round().byte().permute(1, 2, 0).cpu().numpy()

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
