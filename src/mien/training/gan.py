"""Teaching the generator that swaps identities, with or without the loss of face dynamics."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from mien.engines.gan.configuration import IDENTITY, WHAT, GanConfig
from mien.engines.gan.generator import Generator
from mien.errors import ParameterError
from mien.training.course import Course, check_learning
from mien.training.critic import Critic, penalty, to_learn, to_please, weak_matching
from mien.training.faces import Faces
from mien.training.identity import Identity, places
from mien.training.landmarks import OUTER_EYES, THIRTY, LandmarkNetwork, apart, astray
from mien.training.swaps import BLINKS, Sampler, Swap, as_tensor

_SEEN = 12  # faces that are looked at when results are judged


@dataclass(frozen=True)
class GanWeights:
    """What each loss counts for; the defaults are the paper's."""

    identity: float = 10.0
    """Angle between the identity of what is drawn and the donor's."""
    landmarks: float = 0.2
    """Change of the distances between thirty landmarks, divided by what the identity costs at the
    moment; 0 for a generator without the loss of face dynamics (l-)."""
    adversarial: float = 1.0
    """The critic's verdict, hinge."""
    picture: float = 10.0
    """Difference of pixels, in steps where everybody becomes themselves."""
    feature_matching: float = 10.0
    """How unlike the critic's last features are."""
    penalty: float = 1e-5
    """Of the critic's gradient."""


@dataclass(frozen=True)
class GanSettings:
    """How the generator is taught; a run can only go on with the same."""

    config: GanConfig = field(default_factory=GanConfig)
    """The sizes of the generator."""
    batch: int = 8
    """Faces a step."""
    learning_rate: float = 1e-4
    """Of Adam, whose betas are 0 and 0.99 as published."""
    weights: GanWeights = field(default_factory=GanWeights)
    """What each loss counts for."""
    blinks: float = BLINKS
    """Share of faces with closed eyes (d+); 0 for none (d-)."""
    first: int = 400
    """Steps in which the landmark network learns, before the generator does."""
    critic: int = 32
    """Features of the critic's first block."""
    seed: int = 0
    """Decides the first weights and what every step sees."""

    def __post_init__(self) -> None:
        check_learning(self.batch, self.learning_rate, of="faces", usual="1e-4")
        if self.seed < 0 or self.first < 0:
            raise ParameterError("seed and first are whole numbers from 0.")
        if self.config.identity != IDENTITY:
            raise ParameterError(f"mobileface's identities have {IDENTITY} numbers: set identity.")

    def to_json(self) -> dict[str, Any]:
        """As a checkpoint tells it."""
        told = asdict(self)
        del told["config"]
        return told


@dataclass(frozen=True)
class GanJudged:
    """What faces that were not learned from become, each somebody else's."""

    step: int
    """After so many steps."""
    loss: float
    """Mean of all losses over the steps since the last look."""
    given: float
    """Cosine of the identity of what is drawn and the donor's; 1 is the donor."""
    kept: float
    """Cosine of it and the patient's own; 1 is no change."""
    landmarks: float
    """How far the landmark network is from the truth on true faces, outer-eye distances."""
    dynamics: float
    """Mean change of the distances between landmarks, outer-eye distances."""
    alike: float
    """How alike what is drawn for different frames is: the ratio of its spread to theirs; near 0,
    only the identity is drawn."""
    fooled: float
    """Share of drawn patches that the critic takes for true."""
    blinks: float
    """Share of closed eyes among all faces so far."""
    swapping: bool
    """Whether the generator has begun to learn."""

    @property
    def warnings(self) -> list[str]:
        """What goes wrong, in sentences."""
        said: list[str] = []
        if not self.swapping:
            return said
        if self.alike < 0.3:
            said.append("what is drawn hardly depends on the frame: the swap collapses")
        if self.kept > 0.9:
            said.append("faces stay whose they were: the swap does nothing")
        if self.fooled < 0.02:
            said.append("the critic is never fooled: it wins")
        return said


class GanTraining(Course):
    """A generator that is being taught.

    Parameters
    ----------
    faces : Faces
        What it learns from, with landmarks.
    settings : GanSettings
    device : str
        See `Course`.
    """

    WHAT = WHAT
    ENTRY = GanJudged

    def __init__(self, faces: Faces, settings: GanSettings, device: str = "cpu") -> None:
        self.settings = settings
        self.sampler = Sampler(faces, settings.blinks)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(settings.seed)
            self.generator = Generator(settings.config)
            self._critic = Critic(settings.critic)
            self._landmarks = LandmarkNetwork()
        parts = {
            "generator": self.generator,
            "discriminator": self._critic,
            "landmarks": self._landmarks,
        }
        super().__init__(faces, settings, parts, (0.0, 0.99), device)
        for group in self._optimisers["landmarks"].param_groups:
            group |= {"lr": 2e-3, "betas": (0.9, 0.999)}  # no adversary: it may be quick
        self._identity = Identity().to(self._device).requires_grad_(False)

    def _learn(self, rng: np.random.Generator) -> dict[str, Tensor]:
        same = self.step % 2 == 0
        drawn = self.sampler.draw(self.settings.batch, rng, same=same)
        self._count(faces=self.settings.batch, closed=drawn.closed)
        if self.step < self.settings.first:
            return self._learn_landmarks(drawn)
        return self._swap(drawn, same)

    def _learn_landmarks(self, seen: Swap) -> dict[str, Tensor]:
        """One step of the landmark network, on true faces."""
        true = torch.from_numpy(seen.points[:, THIRTY, :2]).to(self._device)
        loss = astray(self._landmarks(seen.pictures.to(self._device)), true)
        self._descend(loss, "landmarks")
        return {"landmark_network": loss}

    def _swap(self, seen: Swap, same: bool) -> dict[str, Tensor]:
        """One step of the generator, then one of the critic."""
        weights, side = self.settings.weights, self.settings.config.side
        pictures, donors = seen.pictures.to(self._device), seen.donors.to(self._device)
        with torch.no_grad():
            given = self._identity(donors, places(seen.donor_points, side).to(self._device))
        drawn = self.generator(pictures, given)
        became = self._identity(drawn, places(seen.points, side).to(self._device))
        found = {"identity": weights.identity * (1 - (became * given).sum(1)).mean()}
        if weights.landmarks:
            moved = self._dynamics(pictures, drawn)
            found["landmarks"] = weights.landmarks / found["identity"].detach() * moved
        true, critic = self._critic(pictures), self._critic(drawn)
        found["adversarial"] = weights.adversarial * to_please(critic)
        found["feature_matching"] = weights.feature_matching * weak_matching(true, critic)
        if same:
            found["picture"] = weights.picture * F.l1_loss(drawn, pictures)
        self._descend(torch.stack(list(found.values())).sum(), "generator")
        judged = to_learn(self._critic(pictures), self._critic(drawn.detach()))
        found["discriminator"] = judged + weights.penalty * penalty(self._critic, pictures)
        self._descend(found["discriminator"], "discriminator")
        return found

    def _dynamics(self, before: Tensor, after: Tensor) -> Tensor:
        """Change of the distances between landmarks, summed over pairs, outer-eye distances."""
        with torch.no_grad():
            true = self._landmarks(before)
        right, left = OUTER_EYES
        size = (true[:, right] - true[:, left]).norm(dim=1)[:, None]
        change = (apart(self._landmarks(after)) - apart(true)).abs() / size
        return change.sum(1).mean()

    def _looked_at(self) -> tuple[Tensor, np.ndarray, Tensor, np.ndarray]:
        """Faces of the judging clips and those whose they become: always the same."""
        clips, points = self.faces.judging, self.faces.judging_points
        donors, donor_points = self.faces.taught, self.faces.taught_points
        rows = [(k % len(clips), k * 7) for k in range(_SEEN)]
        seen = np.stack([clips[c][f % len(clips[c])] for c, f in rows])
        at = np.stack([points[c][f % len(clips[c])] for c, f in rows])
        # one donor for all: what is drawn then differs by the frame alone
        last = len(donors) - 1
        theirs = np.stack([donors[last][0]] * _SEEN)
        their = np.stack([donor_points[last][0]] * _SEEN)
        return as_tensor(seen).to(self._device), at, as_tensor(theirs).to(self._device), their

    def judge(self) -> GanJudged:
        """Look at what faces of the judging clips become, and note it in the history."""
        self._rest()
        side = self.settings.config.side
        pictures, points, donors, donor_points = self._looked_at()
        with torch.no_grad():
            where = places(points, side).to(self._device)
            given = self._identity(donors, places(donor_points, side).to(self._device))
            drawn = self.generator(pictures, given)
            became, own = self._identity(drawn, where), self._identity(pictures, where)
            true = torch.from_numpy(points[:, THIRTY, :2]).to(self._device)
            verdicts = torch.cat([each[-1].flatten() for each in self._critic(drawn)])
            entry = GanJudged(
                self.step,
                self._mean_since(),
                (became * given).sum(1).mean().item(),
                (became * own).sum(1).mean().item(),
                astray(self._landmarks(pictures), true).item(),
                self._dynamics(pictures, drawn).item() / 435,
                (drawn.std(0).mean() / pictures.std(0).mean()).item(),
                (verdicts > 0).float().mean().item(),
                self._tally.get("closed", 0) / max(self._tally.get("faces", 0), 1),
                self.step > self.settings.first,
            )
        self.history.append(entry)
        return entry

    def sheet(self) -> np.ndarray:
        """Faces, whose they become, and what is drawn: three rows, RGB,
        shape (3 * side, 12 * side, 3), uint8."""
        self._rest()
        side = self.settings.config.side
        pictures, _, donors, donor_points = self._looked_at()
        with torch.no_grad():
            given = self._identity(donors, places(donor_points, side).to(self._device))
            rows = [pictures, donors, self.generator(pictures, given)]
            whole = torch.cat([torch.cat(list(row), dim=2) for row in rows], dim=1)
        return (whole * 255).round().byte().permute(1, 2, 0).cpu().numpy()
