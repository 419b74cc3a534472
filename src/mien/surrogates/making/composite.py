"""Composites: neutral faces of nobody, averaged from k people.

References
----------
.. [1] Newton, Sweeney, Malin, "Preserving privacy by de-identifying face images", IEEE TKDE 17(2),
   2005.
.. [2] Gross, Sweeney, Cohn, de la Torre, Baker, "Face de-identification", in Protecting Privacy in
   Video Surveillance, Springer, 2009.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import cv2
import numpy as np

from mien.face import uv
from mien.face.model import FaceModel
from mien.recognition.recogniser import Recogniser, distances
from mien.surrogates.bank import Surrogate
from mien.surrogates.making.cohort import Member
from mien.surrogates.making.neutral import (
    CHEEKS,
    SIZE,
    bare_lids,
    sealed,
    sharpen,
    skin_share,
    unfolded,
)
from mien.surrogates.modes import Modes
from mien.surrogates.portrait import likeness

Slopes = Callable[[int, np.ndarray, Callable[[int, np.ndarray], np.ndarray]], np.ndarray]

EXAGGERATION = 1.8  # of what sets a composite apart from the mean of its group: means are alike
_LEGIBLE = 120.0  # weight of a readable face: composites are moved little
_FARTHEST = 6.6  # s.d. that a composite may be moved; a person is on average 8 from the mean
_STEP = 0.5
_SKIN = 0.35, 0.85  # share of a texel that is skin between which it is believed
_GOES_ON = 24.0  # texels over which skin goes on into what is none
_LOOK_AGAIN = 12  # rounds after which slopes are measured anew


def without_expression(member: Member, effects: np.ndarray) -> np.ndarray:
    """A member's texture with what smiling, opening and turning do to it taken out.

    Parameters
    ----------
    member : Member
        As photographed.
    effects : np.ndarray [shape=(4, side, side, 3)]
        Change of the log texture per unit of each of `Member.causes`.

    Returns
    -------
    picture : np.ndarray [shape=(512, 512, 3)]
        RGB, 0 to 255, float32.
    """
    change = np.tensordot(member.causes.astype(np.float32), effects.astype(np.float32), 1)
    change = cv2.resize(change, (SIZE, SIZE), interpolation=cv2.INTER_LINEAR)
    return np.asarray((member.texture.astype(np.float32) + 4) * np.exp(-0.9 * change) - 4)


def mirrored(picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The symmetric mean of a texture, and how surely each texel of it is skin."""
    share = skin_share(picture)
    both = (share + share[:, ::-1])[..., None]
    return (picture * share[..., None] + (picture * share[..., None])[:, ::-1]) / both, both


def bare(picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The symmetric skin of a texture, and how surely each texel of it is skin.

    Where hair lies over the sides of the face, or an ear or the background has got into them, the
    skin around goes on: streaks that all members have would stay in their mean, and what one group
    has more of than another would be exaggerated with it.
    """
    side, share = mirrored(picture)
    sure = np.clip((share / 2 - _SKIN[0]) / (_SKIN[1] - _SKIN[0]), 0, 1).astype(np.float32)
    weight = sure**2 + np.float32(1e-3)
    around = cv2.GaussianBlur(side * weight, (0, 0), _GOES_ON)
    around /= cv2.GaussianBlur(weight, (0, 0), _GOES_ON)[..., None]
    return np.asarray(sure * side + (1 - sure) * around), share


def middle(pictures: Sequence[np.ndarray]) -> np.ndarray:
    """The mean skin of a group, shape (512, 512, 3), float32."""
    total = np.zeros((SIZE, SIZE, 3), np.float32)
    for picture in pictures:
        total += unfolded(bare(picture)[0]) / np.float32(len(pictures))
    return total


def compose(
    name: str,
    pictures: Sequence[np.ndarray],
    alphas: np.ndarray,
    group_picture: np.ndarray,
    group_alpha: np.ndarray,
    rng: np.random.Generator,
) -> Surrogate:
    """Average people into one neutral face.

    Parameters
    ----------
    name : str
        Of the surrogate.
    pictures : sequence of np.ndarray [shape=(512, 512, 3)]
        The members' textures without expression.
    alphas : np.ndarray [shape=(k, 40)]
        Their identity coefficients.
    group_picture, group_alpha : np.ndarray
        Means of everybody who was to choose from; the picture is `middle`'s.
    rng : np.random.Generator
        Draws the pores.
    """
    sides, shares = [], []
    for picture in pictures:
        tone = group_picture[CHEEKS].mean(0) / picture[CHEEKS].mean(0)
        side, share = bare(picture * tone)
        side = unfolded(side)
        sides.append(side)
        shares.append(share)
    weights = np.broadcast_to(shares, np.shape(sides))
    mean = np.average(sides, axis=0, weights=weights).astype(np.float32)
    far = group_picture + EXAGGERATION * (mean - group_picture)
    # the exaggeration is for shapes and shading, not for grain
    low = cv2.GaussianBlur((far + far[:, ::-1]) / 2 - mean, (0, 0), 3)
    crisp = sharpen((mean + low).astype(np.float32), sides, rng)
    picture = bare_lids(sealed(crisp.clip(0, 255).astype(np.uint8)))
    # colour outside the face: extend, so that filtering at the rim finds skin
    outside = (uv.layout(SIZE)[0] < 0).astype(np.uint8)
    picture = np.asarray(cv2.inpaint(picture, outside, 3, cv2.INPAINT_TELEA))
    alpha = group_alpha + EXAGGERATION * (alphas.mean(0) - group_alpha)
    return Surrogate(name, FaceModel.load().resting(alpha), picture)


def apart(
    composites: list[Surrogate],
    avoid: np.ndarray,
    recogniser: Recogniser,
    modes: Modes,
    needed: float,
    rounds: int = 36,
    slopes: Slopes | None = None,
    most_shape: float | None = None,
) -> tuple[list[Surrogate], np.ndarray, np.ndarray]:
    """Move composites until a recogniser takes no two for one, nor any for a real person.

    Parameters
    ----------
    composites : list of Surrogate
        Where they start.
    avoid : np.ndarray [shape=(n, 128)]
        Descriptors of people, and of whatever else they must not resemble.
    recogniser : Recogniser
        Whose eyes count.
    modes : Modes
        How they may be moved.
    needed : float
        Distance to keep.
    rounds : int
        Steps at most.
    slopes : callable, optional
        What the recogniser makes of each mode on a face; `slopes_of` if not given.
    most_shape : float, optional
        How far their shapes may be from the mean face of their sex, standard deviations, and
        textures moved hardly, so that they look like faces; without it, shapes and textures go as
        far as is needed, up to 6.6.

    Returns
    -------
    moved : list of Surrogate
    amounts : np.ndarray [shape=(n_composites, n_modes)]
        How far, standard deviations of each mode.
    nearest : np.ndarray [shape=(n_composites,)]
        Distance of each to the nearest of the others and of `avoid`; what was reached.
    """

    small = [
        replace(face, texture=cv2.resize(face.texture, (256, 256), interpolation=cv2.INTER_AREA))
        for face in composites
    ]

    def describe(k: int, amounts: np.ndarray) -> np.ndarray:
        return recogniser.describe(*likeness(modes.moved(small[k], amounts)))

    def nearest_to(k: int) -> tuple[np.ndarray, np.ndarray]:
        others = np.concatenate([np.delete(descriptors, k, 0), avoid])
        return others, distances(descriptors[k : k + 1], others)[0]

    paint = {"paint": 1.0} if most_shape is None else {}
    amounts = np.zeros((len(composites), len(modes)))
    descriptors = np.stack([describe(k, zero) for k, zero in enumerate(amounts)])
    local: list[Modes] = [modes] * len(composites)
    for round_ in range(rounds):
        behind = [k for k in range(len(composites)) if nearest_to(k)[1].min() < needed]
        if not behind:
            break
        for k in behind:
            if round_ % _LOOK_AGAIN == 0:  # what the recogniser makes of each mode, on this face
                seen = (slopes or slopes_of)(k, amounts[k], describe)
                local[k] = replace(modes, recognisers={recogniser.name: seen})
            others, distance = nearest_to(k)
            near = others[distance < needed + 0.03]
            here = descriptors[k][None]
            step = local[k].away(here, near, recogniser.name, legible=_LEGIBLE, **paint)[0]
            tried = amounts[k] + _STEP * step
            if most_shape is None:
                tried *= min(1.0, _FARTHEST / max(float(np.linalg.norm(tried)), 1e-9))
            else:
                tried = modes.within(tried, small[k], most_shape)
            amounts[k], descriptors[k] = tried, describe(k, tried)
    nearest = np.array([nearest_to(k)[1].min() for k in range(len(composites))])
    moved = [modes.moved(face, some) for face, some in zip(composites, amounts, strict=True)]
    return moved, amounts, nearest


def slopes_of(
    k: int, amounts: np.ndarray, describe: Callable[[int, np.ndarray], np.ndarray]
) -> np.ndarray:
    """Change of a composite's descriptor per s.d. of each mode, shape (n_modes, 128)."""
    steps = np.eye(len(amounts))
    return np.stack([(describe(k, amounts + d) - describe(k, amounts - d)) / 2 for d in steps])
