"""The face model: one neutral, identity modes and expression offsets on 478 landmarks.

A face in a frame is pose ∘ (neutral + identity·α + expression·β + residual ρ). The three bases are
ICT-FaceKit's (Li et al., MIT licence), resampled by ``scripts/build_face_model.py``. Canonical
space has its origin between the outer eye corners of the neutral, its unit is their distance, and
its axes are the image's: x right, y down, z away.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files

import numba
import numpy as np

from mien.errors import EngineError, ParameterError
from mien.face.geometry import Similarity, umeyama
from mien.face.topology import N_LANDMARKS, RIGID

IDENTITY_MODES = 40
_AXES = np.array([1.0, 1.0, 0.35])  # a single camera measures depth about three times worse
_AT_REST = 40  # frames by which what the modes leave over is known
_NOISE = 0.012  # landmark error of one frame, in outer-eye distances

POSED = ("mouthSmile", "cheekSquint", "jawOpen", "mouthUpperUp", "mouthStretch", "eyeSquint")
"""What people do with their faces when they are photographed: ARKit names, without the side."""


@dataclass(frozen=True)
class Solution:
    """What the model says about one frame."""

    pose: Similarity
    """Canonical space to image pixels."""
    beta: np.ndarray
    """Expression coefficients in the order of `FaceModel.expression_names`, 0 to 1, shape (52,)."""
    residual: np.ndarray
    """What neither identity nor expression explains, canonical units, shape (478, 3)."""


@dataclass(frozen=True, eq=False)
class FaceModel:
    """Linear face model on the 478 landmarks."""

    neutral: np.ndarray
    """Mean face at rest, lips sealed, eyes open; canonical units, shape (478, 3)."""
    identity: np.ndarray
    """Left-right symmetric modes, one unit is one standard deviation, shape (40, 478, 3)."""
    expression: np.ndarray
    """Offset of each ARKit expression at full strength, shape (52, 478, 3)."""
    expression_names: tuple[str, ...]
    """ARKit names, `...Left` and `...Right` being the patient's own."""
    triangles: np.ndarray
    """Skin triangles, with openings at the eyes and the mouth, shape (852, 3)."""
    mirror: np.ndarray
    """Index of each landmark's left-right partner, shape (478,)."""
    usual: np.ndarray
    """What identity and expression leave over of everybody alike, at rest: where landmarks are read
    otherwise than the modes say, canonical units, shape (478, 3)."""
    posed: np.ndarray
    """What `fit` takes for identity of an expression that lasts, per unit of each of `POSED`,
    standard deviations, shape (6, 40)."""

    @staticmethod
    @cache
    def load() -> FaceModel:
        """Read the model that ships with mien."""
        path = files("mien") / "assets" / "face_model.npz"
        try:
            with path.open("rb") as stream, np.load(stream) as asset:
                return FaceModel(
                    neutral=asset["neutral"].astype(np.float64),
                    identity=asset["identity"][:IDENTITY_MODES].astype(np.float64),
                    expression=asset["expression"].astype(np.float64),
                    expression_names=tuple(asset["expression_names"].tolist()),
                    triangles=asset["triangles"],
                    mirror=asset["mirror"],
                    usual=asset["usual"].astype(np.float64),
                    posed=asset["posed"].astype(np.float64),
                )
        except OSError as exc:
            raise EngineError("The face model's asset is missing: reinstall mien.") from exc

    def shape(self, alpha: np.ndarray, beta: np.ndarray | None = None) -> np.ndarray:
        """Canonical landmarks of an identity with an expression, shape (478, 3)."""
        points = self.neutral + np.tensordot(alpha, self.identity, 1)
        return points if beta is None else points + np.tensordot(beta, self.expression, 1)

    def resting(self, alpha: np.ndarray) -> np.ndarray:
        """Landmarks as they are read of an identity at rest, canonical units, shape (478, 3)."""
        return self.shape(alpha) + self.usual

    def at_ease(self, alpha: np.ndarray, beta: np.ndarray) -> np.ndarray:
        """Identity without what an expression that lasts has left in it.

        A face that smiles in every frame is fitted with a broader jaw: on portraits a third of what
        the coefficients differ by goes with the expression.

        Parameters
        ----------
        alpha : np.ndarray [shape=(40,)]
            From `fit`.
        beta : np.ndarray [shape=(52,)]
            Mean expression of the frames, from `solve`.
        """
        return alpha - self.posing(beta) @ self.posed

    def posing(self, beta: np.ndarray) -> np.ndarray:
        """How much of each of `POSED` there is in expression coefficients, shape (6,)."""
        return np.array([np.mean([beta[i] for i in sides]) for sides in _sides(self)])

    def pose(self, landmarks: np.ndarray, alpha: np.ndarray) -> Similarity:
        """Place a person's rigid landmarks on those of one frame."""
        return umeyama(self.neutral[RIGID] + np.tensordot(alpha, self._rigid, 1), landmarks[RIGID])

    @cached_property
    def _rigid(self) -> np.ndarray:
        """The identity modes of rigid landmarks, which are placed in every frame."""
        return self.identity[:, RIGID]

    def fit(self, landmarks: np.ndarray) -> np.ndarray:
        """Estimate who the face is from many frames at once.

        Identity and the clip's mean expression are solved together, so that a face that never
        rests does not bend its own neutral; identity is left-right symmetric, so that a resting
        asymmetry stays in expression and residual.

        Parameters
        ----------
        landmarks : np.ndarray [shape=(n_frames, 478, 3)]
            Pixels; frames with NaN are left out.

        Returns
        -------
        alpha : np.ndarray [shape=(40,)]
            Standard deviations along each identity mode.

        Raises
        ------
        ParameterError
            If no frame is complete or the shape is wrong.
        """
        landmarks = np.asarray(landmarks, np.float64)
        if landmarks.ndim != 3 or landmarks.shape[1:] != (N_LANDMARKS, 3):
            raise ParameterError(f"fit needs (n_frames, 478, 3) landmarks, not {landmarks.shape}.")
        landmarks = landmarks[np.isfinite(landmarks).all((1, 2))]
        if not len(landmarks):
            raise ParameterError("fit needs at least one frame with all 478 landmarks.")
        if len(landmarks) > 240:
            landmarks = landmarks[np.linspace(0, len(landmarks) - 1, 240).astype(int)]
        frontal = self._frontality(landmarks)
        modes, offsets = len(self.identity), len(self.expression)
        design = (np.concatenate([self.identity, self.expression]) * _AXES).reshape(
            modes + offsets, -1
        )
        prior = np.concatenate([np.full(modes, _NOISE), np.full(offsets, 3 * _NOISE)])
        gram = design @ design.T + np.diag(prior**2)
        lower = np.concatenate([np.full(modes, -4.0), np.zeros(offsets)])
        upper = np.concatenate([np.full(modes, 4.0), np.ones(offsets)])
        alpha = np.zeros(modes)
        for _ in range(4):
            poses = [self.pose(points, alpha) for points in landmarks]
            mean = np.average(
                [pose.invert(points) for pose, points in zip(poses, landmarks, strict=True)],
                axis=0,
                weights=frontal,
            )
            right = design @ ((mean - self.neutral) * _AXES).reshape(-1)
            alpha = _bounded(gram, right, lower, upper, 3000)[:modes]
        return alpha

    def at_rest(self, landmarks: np.ndarray, alpha: np.ndarray) -> np.ndarray:
        """A person's neutral landmarks, with what the identity modes do not hold of them.

        The modes were found on other people's faces and leave some of every face over. What is
        left over in the middle of the frames, and alike on both sides, is who somebody is as much
        as the modes are; what differs between the sides stays in the residual of each frame.

        Parameters
        ----------
        landmarks : np.ndarray [shape=(n_frames, 478, 3)]
            Pixels; frames with NaN are left out.
        alpha : np.ndarray [shape=(40,)]
            The person, from `fit`.

        Returns
        -------
        shape : np.ndarray [shape=(478, 3)]
            Canonical units, symmetric.
        """
        landmarks = np.asarray(landmarks, np.float64)
        landmarks = landmarks[np.isfinite(landmarks).all((1, 2))]
        weight = self._frontality(landmarks)
        seen = np.flatnonzero(weight >= np.quantile(weight, 0.5))
        some = seen[np.linspace(0, len(seen) - 1, min(len(seen), _AT_REST)).round().astype(int)]
        solved = [self.solve(landmarks[i], alpha) for i in some]
        left = np.median([one.residual for one in solved], axis=0)
        mirrored = left[self.mirror] * np.array([-1.0, 1.0, 1.0])
        calm = self.at_ease(alpha, np.mean([one.beta for one in solved], axis=0))
        return self.shape(calm) + (left + mirrored) / 2

    def solve(self, landmarks: np.ndarray, alpha: np.ndarray) -> Solution:
        """Split one frame into pose, expression and residual.

        Parameters
        ----------
        landmarks : np.ndarray [shape=(478, 3)]
            Pixels.
        alpha : np.ndarray [shape=(40,)]
            The person, from `fit`.

        Returns
        -------
        solution : Solution
            Bounded least squares; ``neutral + identity·α + expression·β + residual`` in the
            solved pose gives the landmarks back exactly.
        """
        landmarks = np.asarray(landmarks, np.float64)
        person = self.shape(alpha)
        pose = umeyama(person[RIGID], landmarks[RIGID])
        shape = pose.invert(landmarks)
        design, gram = _expression_system(self)
        right = design.T @ ((shape - person) * _AXES).reshape(-1)
        beta = _bounded(gram, right, np.zeros(len(right)), np.ones(len(right)), 100)
        residual = shape - person - np.tensordot(beta, self.expression, 1)
        return Solution(pose, beta, residual)

    def _frontality(self, landmarks: np.ndarray) -> np.ndarray:
        """Weight of each frame in `fit`: turned heads show one side badly, shape (n_frames,)."""
        turn = [
            abs(self.pose(points, np.zeros(IDENTITY_MODES)).rotation[0, 2]) for points in landmarks
        ]
        return np.exp(-0.5 * (np.array(turn) / 0.3) ** 2) + 1e-3


@cache
def _sides(model: FaceModel) -> list[list[int]]:
    """Places of each of `POSED` among the expressions, of one or both sides."""
    return [
        [
            model.expression_names.index(name)
            for name in (channel, f"{channel}Left", f"{channel}Right")
            if name in model.expression_names
        ]
        for channel in POSED
    ]


@cache
def _expression_system(model: FaceModel) -> tuple[np.ndarray, np.ndarray]:
    design = (model.expression * _AXES).reshape(len(model.expression), -1).T
    return design, design.T @ design + np.eye(design.shape[1]) * (3 * _NOISE) ** 2


@numba.njit(cache=True, nogil=True)
def _bounded(
    gram: np.ndarray, right: np.ndarray, lower: np.ndarray, upper: np.ndarray, sweeps: int
) -> np.ndarray:
    """Coordinate descent for least squares with bounds on every coefficient."""
    n = right.shape[0]
    x = np.zeros(n)
    slope = right.copy()
    for _ in range(sweeps):
        change = 0.0
        for i in range(n):
            new = min(max(x[i] + slope[i] / gram[i, i], lower[i]), upper[i])
            step = new - x[i]
            if step != 0.0:
                x[i] = new
                for j in range(n):
                    slope[j] -= gram[j, i] * step
                change = max(change, abs(step))
        if change < 1e-5:
            break
    return x
