"""The mesh of a phantom: face, skull, ears or long hair, neck and shoulders."""

from __future__ import annotations

import numpy as np
from scipy.interpolate import PchipInterpolator

from mien.face import topology
from mien.face.model import FaceModel
from mien.face.uv import coordinates
from mien.phantom.atlas import EAR, HAIR, HEAD, inside
from mien.phantom.skull import OVAL, RINGS

SHADED, FLAT, EYE, SHEET = 0, 1, 2, 3
"""Seen from outside only; in the mouth; in an eye; shaded and seen from both sides."""
_AROUND = 48
COPIES = np.concatenate([topology.RIGHT_EYE_RING, topology.LEFT_EYE_RING, topology.INNER_LIP_RING])


class HeadMesh:
    """Collects the parts of a head."""

    def __init__(self, face: np.ndarray) -> None:
        model = FaceModel.load()
        self._uv = [coordinates() * 512, np.zeros((len(COPIES), 2))]
        self._count = len(face) + len(COPIES)
        self._twin = [np.arange(self._count)]
        self._follow = [np.ones(self._count)]
        self._solid: list[np.ndarray] = []
        place = {int(k): i + topology.N_LANDMARKS for i, k in enumerate(COPIES)}
        inner = np.concatenate([topology.EYE_TRIANGLES, topology.MOUTH_TRIANGLES])
        inner = np.vectorize(place.__getitem__)(inner)
        eyes = len(topology.EYE_TRIANGLES)
        outward = np.array(model.triangles)
        a, b, c = (model.neutral[outward[:, k]] for k in range(3))
        if np.cross(b - a, c - a)[:, 2].sum() > 0:  # the face looks along -z
            outward = outward[:, ::-1]
        self._triangles = [outward, inner]
        self._kind = [
            np.full(len(outward), SHEET),  # lips and nostrils fold
            np.full(eyes, EYE),
            np.full(len(inner) - eyes, FLAT),
        ]

    def loft(self, shape: tuple[int, ...]) -> None:
        """The skull from the face's oval to the back of the head."""
        rows, columns = shape
        x, y = np.meshgrid(np.linspace(0, 1, columns), RINGS)
        twin = self._count + np.arange(rows * columns).reshape(rows, columns)
        twin[:, -1] = twin[:, 0]
        twin[0, ::2] = np.append(OVAL, OVAL[0])
        self._grid(inside(HEAD, np.stack([x, y], -1)), twin, False, np.ones((rows, columns)))

    def ears(self, face: np.ndarray) -> None:
        """A flat ball on either side."""
        side = abs(face[[234, 454], 0]).mean() + 0.03
        u, v = np.meshgrid(np.linspace(0, 2 * np.pi, 17), np.linspace(0, np.pi, 9))
        out, back, up = np.sin(v) * np.sin(u), np.sin(v) * np.cos(u), np.cos(v)
        y, z = 0.16 - 0.25 * up, 0.72 + 0.15 * back - 0.04 * up
        for sign in (-1.0, 1.0):
            ball = np.stack([sign * (side + 0.075 * out + 0.05 * back), y, z], -1)
            middle = np.array([sign * side, 0.16, 0.72])
            self._solid_grid(ball, EAR, middle, np.ones(ball.shape[:2]))

    def curtain(self) -> None:
        """Hair down to the shoulders, open in front."""
        rows = np.array(
            [[-0.6, 0.80], [-0.2, 0.97], [0.2, 1.02], [0.7, 1.0], [1.2, 0.95], [1.6, 0.8]]
        )
        angle = np.linspace(-0.62 * np.pi, 0.62 * np.pi, 41)
        wave = 1 + 0.03 * np.cos(9 * angle)
        x = rows[:, 1:] * wave * np.sin(angle)
        z = 1.05 + 1.08 * rows[:, 1:] * wave * np.cos(angle)
        y = np.broadcast_to(rows[:, :1], x.shape)
        points = np.stack([x, y, z], -1)
        follow = np.broadcast_to(np.interp(rows[:, :1], [0.3, 1.6], [1.0, 0.6]), x.shape)
        self._solid_grid(points, HAIR, np.array([0, 0.4, 1.05]), follow, SHEET)

    def tube(self, rings: np.ndarray, box: tuple[int, int, int, int], follow: np.ndarray) -> None:
        """A solid around the vertical axis: neck or torso."""
        upper = np.linspace(rings[0, 0], rings[-2, 0], 20)
        fine = np.r_[upper, np.linspace(rings[-2, 0], rings[-1, 0], 9)[1:]]
        follow = np.interp(fine, rings[:, 0], follow)
        rings = np.column_stack([fine, PchipInterpolator(rings[:, 0], rings[:, 1:])(fine)])
        angle = np.linspace(-np.pi, np.pi, _AROUND + 1)
        round_x = np.sign(np.sin(angle)) * np.abs(np.sin(angle)) ** 0.9
        x = rings[:, 1:2] * round_x
        z = rings[:, 3:4] - rings[:, 2:3] * np.cos(angle)
        points = np.stack([x, np.broadcast_to(rings[:, :1], x.shape), z], -1)
        middle = np.array([0, rings[:, 0].mean(), rings[:, 3].mean()])
        self._solid_grid(points, box, middle, np.broadcast_to(follow[:, None], x.shape))

    def _solid_grid(
        self,
        points: np.ndarray,
        box: tuple[int, int, int, int],
        middle: np.ndarray,
        follow: np.ndarray,
        kind: int = SHADED,
    ) -> None:
        rows, columns = points.shape[:2]
        tall = points[:, 0, 1] - points[0, 0, 1]
        x, y = np.meshgrid(np.linspace(0, 1, columns), tall / tall[-1])
        twin = self._count + np.arange(rows * columns).reshape(rows, columns)
        if np.allclose(points[:, 0], points[:, -1]):
            twin[:, -1] = twin[:, 0]
        a, b, c = points[:-1, :-1], points[:-1, 1:], points[1:, :-1]
        facing = (np.cross(b - a, c - a) * (a - middle)).sum()
        self._grid(inside(box, np.stack([x, y], -1)), twin, facing < 0, follow, kind)
        self._solid.append(points.reshape(-1, 3))

    def _grid(
        self,
        uv: np.ndarray,
        twin: np.ndarray,
        flip: bool,
        follow: np.ndarray,
        kind: int = SHADED,
    ) -> None:
        rows, columns = twin.shape
        number = self._count + np.arange(rows * columns).reshape(rows, columns)
        a, b, c, d = number[:-1, :-1], number[:-1, 1:], number[1:, :-1], number[1:, 1:]
        cells = np.concatenate([np.stack(t, -1).reshape(-1, 3) for t in ((a, b, c), (c, b, d))])
        self._triangles.append(cells[:, ::-1] if flip else cells)
        self._kind.append(np.full(len(cells), kind))
        self._uv.append(uv.reshape(-1, 2))
        self._twin.append(twin.reshape(-1))
        self._follow.append(follow.reshape(-1))
        self._count += rows * columns

    def arrays(self) -> dict[str, np.ndarray]:
        """What was collected, under the names of `Head`."""
        return {
            "triangles": np.concatenate(self._triangles).astype(np.int32),
            "kind": np.concatenate(self._kind).astype(np.uint8),
            "uv": np.concatenate(self._uv).astype(np.float32),
            "twin": np.concatenate(self._twin),
            "solid": np.concatenate(self._solid),
            "follow": np.concatenate(self._follow),
        }
