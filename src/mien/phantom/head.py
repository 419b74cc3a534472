"""What a phantom looks like: the mesh of a head and shoulders, and the atlas painted on it.

The face is the 478 landmarks with the texture of a surrogate. A skull is lofted from the face's
oval to the back of the head, with hair painted and raised on it; ears, neck and shoulders are
simple solids. All of it is in canonical space (see `mien.face.model`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mien.face import topology
from mien.face.model import FaceModel
from mien.phantom import looks
from mien.phantom.atlas import (
    CLOTH,
    EYE_BOX,
    EYE_REACH,
    MOUTH_BOX,
    MOUTH_REACH,
    NECK_SKIN,
    along_rim,
    inside,
    paint_atlas,
    skin_of,
)
from mien.phantom.mesh import COPIES, HeadMesh
from mien.phantom.skull import COLUMNS, OVAL, RADII, RINGS, hairline, loft
from mien.surrogates import bank

# height, half width, half depth, middle depth
_NECK = np.array(
    [[0.70, 0.50, 0.50, 0.95], [1.0, 0.50, 0.52, 0.93], [1.25, 0.51, 0.53, 0.93],
     [1.50, 0.54, 0.55, 0.97], [1.72, 0.64, 0.58, 1.0], [1.95, 0.80, 0.62, 1.05]]
)  # fmt: skip
_TORSO = np.array(
    [[1.66, 0.60, 0.60, 1.0], [1.73, 0.72, 0.66, 1.02], [1.84, 1.00, 0.70, 1.05],
     [1.98, 1.36, 0.74, 1.08], [2.16, 1.64, 0.80, 1.1], [2.42, 1.80, 0.88, 1.1],
     [2.9, 1.90, 0.96, 1.1], [6.0, 1.92, 1.0, 1.1]]
)  # fmt: skip
_HAIRS = ((38, 28, 24), (62, 44, 34), (96, 70, 48), (140, 134, 128), (168, 132, 88))


@dataclass(frozen=True, eq=False)
class Head:
    """One person's solid, ready to be posed."""

    atlas: np.ndarray
    """All the pictures that are painted on the mesh, RGB, shape (1024, 1024, 3), uint8."""
    triangles: np.ndarray
    """Vertex indices, shape (n, 3), int32."""
    kind: np.ndarray
    """`mesh.SHADED` (seen from outside only), `SHEET` (shaded, seen from both sides), `FLAT` (in
    the mouth) or `EYE`, shape (n,), uint8."""
    uv: np.ndarray
    """Atlas coordinates of the vertices, texels; those of eyes and mouth follow the frame."""
    twin: np.ndarray
    """Vertex that shares place and normal (where two pictures meet), shape (m,)."""
    solid: np.ndarray
    """Vertices behind the lofted skull (ears, hair, neck, torso), canonical, shape (k, 3)."""
    follow: np.ndarray
    """Share of the head's turn that each vertex takes part in, shape (m,)."""
    raised: np.ndarray
    """Thickness of the hair over the lofted skull, canonical units, shape (rings, 37)."""
    radii: np.ndarray
    """Half width, height and depth of the skull, canonical units."""
    lips_y: float
    """Height of the sealed lips, canonical units."""

    @property
    def between(self) -> np.ndarray:
        """Vertices halfway along the edges of the face's oval, with their neighbours' normals."""
        return topology.N_LANDMARKS + len(COPIES) + np.arange(1, COLUMNS, 2)

    def vertices(self, face: np.ndarray) -> np.ndarray:
        """Vertices around a canonical face of shape (478, 3); shape (m, 3)."""
        skull = loft(face[OVAL], self.raised, self.radii).reshape(-1, 3)
        return np.concatenate([face, face[COPIES], skull, self.solid])

    def coordinates(self, face: np.ndarray) -> np.ndarray:
        """Atlas coordinates for a canonical face, whose irises say where it looks; shape (m, 2)."""
        uv = self.uv.copy()
        start = topology.N_LANDMARKS
        for ring, iris in (
            (topology.RIGHT_EYE_RING, topology.RIGHT_IRIS[0]),
            (topology.LEFT_EYE_RING, topology.LEFT_IRIS[0]),
        ):
            away = (face[ring, :2] - face[iris, :2]) / (2 * EYE_REACH) + 0.5
            uv[start : start + len(ring)] = inside(EYE_BOX, away)
            start += len(ring)
        ring = topology.INNER_LIP_RING
        away = (face[ring, :2] - [0, self.lips_y]) / (2 * MOUTH_REACH) + 0.5
        uv[start : start + len(ring)] = inside(MOUTH_BOX, away)
        return uv


def build_head(faces: tuple[str, str], alpha: np.ndarray, rng: np.random.Generator) -> Head:
    """Make the head of a person.

    Parameters
    ----------
    faces : tuple of str
        Surrogates whose textures are mixed.
    alpha : np.ndarray [shape=(40,)]
        The person's identity.
    rng : np.random.Generator
        Decides hair, eyes and clothes.
    """
    face = FaceModel.load().shape(alpha)
    first, second = (bank.load(name) for name in faces)
    long_hair = first.card["apparent_sex"] == "female"
    plain, rim, mean = skin_of(looks.distinct(first.texture, second.texture, rng.uniform(0.5, 0.8)))
    dark = float(mean.mean()) < 150
    hair = np.array(_HAIRS[int(rng.integers(2 if dark else len(_HAIRS)))], np.float32)
    skin = looks.paint(plain, hair, not long_hair, rng)
    rim = along_rim(rim, plain, skin)
    mean = mean * np.median(skin[looks.cheeks()] / (plain[looks.cheeks()] + 1), axis=0)
    radii = RADII * rng.uniform([0.93, 0.93, 0.95], [1.05, 1.06, 1.05])
    line = rng.uniform(-0.12, 0.1)
    grid = loft(face[OVAL], np.zeros((len(RINGS), COLUMNS)), radii)
    atlas = paint_atlas(skin, rim, mean, hair, grid, line, dark, rng)
    thickness = rng.uniform(0.1, 0.16) if long_hair else rng.uniform(0.03, 0.13)
    return Head(
        atlas=atlas,
        raised=hairline(grid[..., 1] - line, grid[..., 2], 0.3) * thickness,
        radii=radii,
        lips_y=float(face[[13, 14], 1].mean()),
        **_mesh(face, grid.shape[:2], long_hair).arrays(),
    )


def _mesh(face: np.ndarray, shape: tuple[int, ...], long_hair: bool) -> HeadMesh:
    mesh = HeadMesh(face)
    mesh.loft(shape)
    if long_hair:
        mesh.curtain()
    else:
        mesh.ears(face)
    mesh.tube(_NECK, NECK_SKIN, np.array([1.0, 1.0, 0.75, 0.4, 0.1, 0.0]))
    mesh.tube(_TORSO, CLOTH, np.zeros(len(_TORSO)))
    return mesh
