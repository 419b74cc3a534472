"""What a phantom looks like: the mesh of a head and shoulders, and the atlas painted on it.

The face is the 478 landmarks with the texture of a surrogate. A skull is lofted from the face's
oval to the back of the head, with hair painted and raised on it; ears, neck and shoulders are
simple solids. All of it is in canonical space (see `mien.face.model`).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from scipy.interpolate import PchipInterpolator

from mien.face import topology
from mien.face.model import FaceModel
from mien.face.uv import coordinates
from mien.phantom import looks
from mien.surrogates import bank

SIZE = 1024  # side of the atlas, texels
# left, top, width and height of each picture in the atlas, texels; the face is at (0, 0, 512, 512)
_HEAD, _HAIR = (512, 0, 512, 256), (512, 256, 512, 128)
_NECK_SKIN, _CLOTH = (512, 384, 256, 128), (512, 576, 512, 448)
_EYE, _MOUTH, _EAR = (0, 512, 256, 256), (256, 512, 256, 256), (512, 512, 64, 64)
_EYE_REACH = 0.3  # half of the width that the eye's picture covers, canonical units
_MOUTH_REACH = 0.4
SHADED, FLAT, EYE, SHEET = 0, 1, 2, 3
_SKULL = np.array([0.0, -0.1, 0.95])  # centre
_RADII = np.array([0.87, 1.1, 1.06])
_RINGS = np.array([0.0, 0.05, 0.11, 0.18, 0.26, 0.35, 0.45, 0.56, 0.68, 0.82, 1.0])
_OVAL = topology.FACE_OVAL
# depth and height of the hairline, from the forehead over the temple and ear to the nape
_HAIRLINE = np.array(
    [[-0.2, -0.9], [0.1, -0.84], [0.32, -0.66], [0.5, -0.46], [0.6, -0.1], [0.78, -0.05],
     [0.9, 0.1], [1.05, 0.5], [1.4, 0.85], [2.2, 0.95]]
)  # fmt: skip
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
_AROUND = 48
_COLUMNS = 2 * len(_OVAL) + 1
_HAIRS = ((38, 28, 24), (62, 44, 34), (96, 70, 48), (140, 134, 128), (168, 132, 88))
_IRISES = ((92, 62, 40), (104, 122, 136), (96, 104, 72))
_CLOTHES = ((58, 74, 104), (96, 104, 112), (112, 60, 62), (70, 96, 84), (172, 166, 156))


@dataclass(frozen=True, eq=False)
class Head:
    """One person's solid, ready to be posed."""

    atlas: np.ndarray
    """All the pictures that are painted on the mesh, RGB, shape (1024, 1024, 3), uint8."""
    triangles: np.ndarray
    """Vertex indices, shape (n, 3), int32."""
    kind: np.ndarray
    """`SHADED` (seen from outside only), `SHEET` (shaded, seen from both sides), `FLAT` (in the
    mouth) or `EYE`, shape (n,), uint8."""
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
        return topology.N_LANDMARKS + len(_COPIES) + np.arange(1, _COLUMNS, 2)

    def vertices(self, face: np.ndarray) -> np.ndarray:
        """Vertices around a canonical face of shape (478, 3); shape (m, 3)."""
        loft = _loft(face[_OVAL], self.raised, self.radii).reshape(-1, 3)
        return np.concatenate([face, face[_COPIES], loft, self.solid])

    def coordinates(self, face: np.ndarray) -> np.ndarray:
        """Atlas coordinates for a canonical face, whose irises say where it looks; shape (m, 2)."""
        uv = self.uv.copy()
        start = topology.N_LANDMARKS
        for ring, iris in (
            (topology.RIGHT_EYE_RING, topology.RIGHT_IRIS[0]),
            (topology.LEFT_EYE_RING, topology.LEFT_IRIS[0]),
        ):
            away = (face[ring, :2] - face[iris, :2]) / (2 * _EYE_REACH) + 0.5
            uv[start : start + len(ring)] = _inside(_EYE, away)
            start += len(ring)
        ring = topology.INNER_LIP_RING
        away = (face[ring, :2] - [0, self.lips_y]) / (2 * _MOUTH_REACH) + 0.5
        uv[start : start + len(ring)] = _inside(_MOUTH, away)
        return uv


_COPIES = np.concatenate([topology.RIGHT_EYE_RING, topology.LEFT_EYE_RING, topology.INNER_LIP_RING])


def build(faces: tuple[str, str], alpha: np.ndarray, rng: np.random.Generator) -> Head:
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
    skin, rim, mean = _skin(looks.distinct(first.texture, second.texture, rng.uniform(0.5, 0.8)))
    dark = float(mean.mean()) < 150
    hair = np.array(_HAIRS[int(rng.integers(2 if dark else len(_HAIRS)))], np.float32)
    plain, skin = skin, looks.paint(skin, hair, not long_hair, rng)
    rim = _along_rim(rim, plain, skin)
    mean = mean * np.median(skin[looks.cheeks()] / (plain[looks.cheeks()] + 1), axis=0)
    radii = _RADII * rng.uniform([0.93, 0.93, 0.95], [1.05, 1.06, 1.05])
    line = rng.uniform(-0.12, 0.1)
    atlas = np.zeros((SIZE, SIZE, 3), np.float32)
    _put(atlas, (0, 0, 512, 512), skin)
    grid = _loft(face[_OVAL], np.zeros((len(_RINGS), _COLUMNS)), radii)
    _put(atlas, _HEAD, _paint_head(grid, rim, mean, hair, line, rng))
    _put(atlas, _HAIR, hair * _strands(_HAIR, rng)[..., None])
    _put(atlas, _NECK_SKIN, _paint_neck(mean, rng))
    cloth = np.array(_CLOTHES[int(rng.integers(len(_CLOTHES)))], np.float32)
    weave = 1 + 0.04 * rng.standard_normal((_CLOTH[3], _CLOTH[2], 1)).astype(np.float32)
    _put(atlas, _CLOTH, cloth * weave)
    _put(atlas, _EYE, _paint_eye(rng, 1 if dark else len(_IRISES)))
    _put(atlas, _MOUTH, _paint_mouth())
    _put(atlas, _EAR, _paint_ear(mean))

    mesh = _Mesh(face)
    mesh.loft(grid.shape[:2])
    if long_hair:
        mesh.curtain()
    else:
        mesh.ears(face)
    mesh.tube(_NECK, _NECK_SKIN, np.array([1.0, 1.0, 0.75, 0.4, 0.1, 0.0]))
    mesh.tube(_TORSO, _CLOTH, np.zeros(len(_TORSO)))
    return mesh.finish(
        np.clip(atlas, 0, 255).astype(np.uint8),
        _hairline(grid[..., 1] - line, grid[..., 2], 0.3)
        * (rng.uniform(0.1, 0.16) if long_hair else rng.uniform(0.03, 0.13)),
        radii,
        float(face[[13, 14], 1].mean()),
    )


class _Mesh:
    """Collects the parts of a head."""

    def __init__(self, face: np.ndarray) -> None:
        model = FaceModel.load()
        self._uv = [coordinates() * 512, np.zeros((len(_COPIES), 2))]
        self._count = len(face) + len(_COPIES)
        self._twin = [np.arange(self._count)]
        self._follow = [np.ones(self._count)]
        self._solid: list[np.ndarray] = []
        place = {int(k): i + topology.N_LANDMARKS for i, k in enumerate(_COPIES)}
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
        x, y = np.meshgrid(np.linspace(0, 1, columns), _RINGS)
        twin = self._count + np.arange(rows * columns).reshape(rows, columns)
        twin[:, -1] = twin[:, 0]
        twin[0, ::2] = np.append(_OVAL, _OVAL[0])
        self._grid(_inside(_HEAD, np.stack([x, y], -1)), twin, False, np.ones((rows, columns)))

    def ears(self, face: np.ndarray) -> None:
        side = abs(face[[234, 454], 0]).mean() + 0.03
        u, v = np.meshgrid(np.linspace(0, 2 * np.pi, 17), np.linspace(0, np.pi, 9))
        out, back, up = np.sin(v) * np.sin(u), np.sin(v) * np.cos(u), np.cos(v)
        y, z = 0.16 - 0.25 * up, 0.72 + 0.15 * back - 0.04 * up
        for sign in (-1.0, 1.0):
            ball = np.stack([sign * (side + 0.075 * out + 0.05 * back), y, z], -1)
            middle = np.array([sign * side, 0.16, 0.72])
            self._solid_grid(ball, _EAR, middle, np.ones(ball.shape[:2]))

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
        self._solid_grid(points, _HAIR, np.array([0, 0.4, 1.05]), follow, SHEET)

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
        self._grid(_inside(box, np.stack([x, y], -1)), twin, facing < 0, follow, kind)
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

    def finish(
        self, atlas: np.ndarray, raised: np.ndarray, radii: np.ndarray, lips_y: float
    ) -> Head:
        return Head(
            atlas=atlas,
            triangles=np.concatenate(self._triangles).astype(np.int32),
            kind=np.concatenate(self._kind).astype(np.uint8),
            uv=np.concatenate(self._uv).astype(np.float32),
            twin=np.concatenate(self._twin),
            solid=np.concatenate(self._solid),
            follow=np.concatenate(self._follow),
            raised=raised,
            radii=radii,
            lips_y=lips_y,
        )


def _loft(oval: np.ndarray, raised: np.ndarray, radii: np.ndarray) -> np.ndarray:
    """Rings from the face's oval round the skull to the back, shape (rings, 73, 3)."""
    rim = np.empty((2 * len(oval), 3))
    rim[::2] = oval
    rim[1::2] = (oval + np.roll(oval, -1, 0)) / 2
    away = (rim - _SKULL) / radii
    reach = np.linalg.norm(away, axis=1)
    polar = np.arccos(np.clip(away[:, 2] / reach, -1, 1))
    across = away[:, :2] / np.maximum(np.linalg.norm(away[:, :2], axis=1, keepdims=True), 1e-9)
    t = _RINGS[:, None]
    # the corners of the oval wear off behind it
    round_off = _step(t, 0.0, 0.25)[..., None]
    sharp = np.column_stack([reach, polar, across])
    form = sharp * (1 - round_off) + _around(sharp) * round_off
    radius, polar, across = form[..., 0], form[..., 1], form[..., 2:]
    across = across / np.linalg.norm(across, axis=-1, keepdims=True)
    blend = _step(t, 0.0, 0.45)
    radius = radius * (1 - blend) + blend
    angle = polar * (1 - t)
    shell = np.concatenate([np.sin(angle)[..., None] * across, np.cos(angle)[..., None]], -1)
    grid = radii * shell * radius[..., None]
    grid = np.concatenate([grid, grid[:, :1]], 1)
    return _SKULL + grid * (1 + raised[..., None])


def _around(values: np.ndarray) -> np.ndarray:
    """Smooth along a closed ring, shape (n, k)."""
    kernel = np.exp(-0.5 * (np.arange(-6, 7) / 2.5) ** 2)
    turns = [np.roll(values, k, 0) for k in range(-6, 7)]
    return np.tensordot(kernel / kernel.sum(), np.array(turns), 1)


def _hairline(y: np.ndarray, z: np.ndarray, ramp: float = 0.09) -> np.ndarray:
    """Share of hair on the skull, 0 to 1."""
    line = np.interp(z, *_HAIRLINE.T)
    return _step(line - y, 0.0, ramp)


def _skin(picture: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A face texture whose rim is plain skin; the rim's colours (37, 3); the mean colour (3,)."""
    size = 512
    picture = cv2.resize(picture, (size, size), interpolation=cv2.INTER_AREA).astype(np.float32)
    uv = coordinates()[_OVAL] * size
    inside = np.zeros((size, size), np.uint8)
    cv2.fillPoly(inside, [np.round(uv).astype(np.int32)], (1,))
    depth = cv2.distanceTransform(inside, cv2.DIST_L2, 5)
    clean = ((depth > 55) & (depth < 110)).astype(np.float32)
    # eyes and brows are no skin
    brightness = picture.mean(-1)
    clean *= brightness > 0.8 * np.median(brightness[clean > 0])
    spread = cv2.GaussianBlur(clean, (0, 0), 40)[..., None] + 1e-4
    smooth = cv2.GaussianBlur(picture * clean[..., None], (0, 0), 40) / spread
    mean = picture[clean > 0].mean(0)
    smooth = 0.6 * smooth + 0.4 * mean
    amount = _step(depth, 16.0, 72.0)[..., None]
    skin = picture * amount + smooth * (1 - amount)
    column, row = np.clip(uv, 0, size - 1).astype(int).T
    rim = smooth[row, column]
    return skin, np.concatenate([rim, rim[:1]]), mean


def _along_rim(rim: np.ndarray, plain: np.ndarray, painted: np.ndarray) -> np.ndarray:
    """The rim's colours once the face is painted, shape (37, 3)."""
    ratio = cv2.GaussianBlur((painted + 1) / (plain + 1), (0, 0), 4)
    uv = np.clip(coordinates()[_OVAL] * len(plain), 0, len(plain) - 1).astype(int)
    change = ratio[uv[:, 1], uv[:, 0]]
    return rim * np.concatenate([change, change[:1]])


def _strands(box: tuple[int, int, int, int], rng: np.random.Generator) -> np.ndarray:
    """Brightness of combed hair, about 1, shape (height, width)."""
    noise = rng.standard_normal((box[3], box[2])).astype(np.float32)
    closed = np.pad(noise, ((0, 0), (8, 8)), mode="wrap")  # the picture meets itself
    combed = cv2.GaussianBlur(closed, (0, 0), sigmaX=1.2, sigmaY=25)[:, 8:-8]
    return 1 + 0.22 * combed / combed.std()


def _paint_head(
    grid: np.ndarray,
    rim: np.ndarray,
    mean: np.ndarray,
    hair: np.ndarray,
    line: float,
    rng: np.random.Generator,
) -> np.ndarray:
    width, height = _HEAD[2:]
    t = np.linspace(0, 1, height, dtype=np.float32)
    rows = np.interp(t, _RINGS, np.arange(len(_RINGS))).astype(np.float32)
    columns = np.linspace(0, grid.shape[1] - 1, width, dtype=np.float32)
    rim_columns = np.linspace(0, len(rim) - 1, width, dtype=np.float32)
    x, y = np.meshgrid(columns, rows)
    points = cv2.remap(grid.astype(np.float32), x, y, cv2.INTER_LINEAR)
    x, y = np.meshgrid(rim_columns, np.zeros(height, np.float32))
    colour = cv2.remap(rim[None].astype(np.float32), x, y, cv2.INTER_LINEAR)
    fade = np.clip(t / 0.2, 0, 1)[:, None, None]
    colour = colour * (1 - fade) + mean * 0.93 * fade
    strands = _strands(_HEAD, rng)
    uneven = points[..., 1] + 0.05 * (strands - 1)
    cover = _hairline(uneven - line - 0.03, points[..., 2])[..., None]
    return colour * (1 - cover) + hair * strands[..., None] * cover


def _paint_neck(mean: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    width, height = _NECK_SKIN[2:]
    shadow = np.interp(np.linspace(0, 1, height), [0, 0.3, 0.65, 1], [0.5, 0.6, 0.86, 0.95])
    grain = cv2.GaussianBlur(rng.standard_normal((height, width)).astype(np.float32), (0, 0), 3)
    return mean * (shadow[:, None, None] * (1 + 0.08 * grain[..., None]))


def _paint_ear(mean: np.ndarray) -> np.ndarray:
    width, height = _EAR[2:]
    y, x = np.mgrid[:height, :width] / height
    hollow = np.exp(-(((x - 0.27) / 0.09) ** 2) - ((y - 0.5) / 0.17) ** 2)
    return mean * (0.95 - 0.35 * hollow[..., None])


def _paint_eye(rng: np.random.Generator, choices: int) -> np.ndarray:
    size, big = _EYE[2], 4
    unit = size * big / (2 * _EYE_REACH)
    y, x = (np.mgrid[: size * big, : size * big] + 0.5 - size * big / 2) / unit
    far, angle = np.hypot(x, y), np.arctan2(y, x)
    ball = np.array([226, 219, 214]) * (1 - 0.9 * np.clip(far - 0.07, 0, 1)[..., None])
    ball -= np.clip(far - 0.1, 0, 0.2)[..., None] * [20, 110, 110]  # pink towards the corners
    tone = np.array(_IRISES[int(rng.integers(choices))])
    spokes = sum(np.cos(k * angle + rng.uniform(0, 6.3)) for k in (17, 29, 43)) / 3
    iris = tone * (1 + 0.15 * spokes[..., None])
    iris = iris * (1 - 0.55 * _step(far, 0.052, 0.066)[..., None])
    picture = ball + (iris - ball) * (1 - _step(far, 0.062, 0.068))[..., None]
    picture = picture * (1 - 0.93 * (1 - _step(far, 0.024, 0.028))[..., None])
    return cv2.resize(picture.astype(np.float32), (size, size), interpolation=cv2.INTER_AREA)


def _paint_mouth() -> np.ndarray:
    size, big = _MOUTH[2], 4
    unit = size * big / (2 * _MOUTH_REACH)
    y, x = (np.mgrid[: size * big, : size * big] + 0.5 - size * big / 2) / unit
    picture = np.empty((*x.shape, 3))
    picture[:] = 46, 16, 18
    tongue = 1 - _step(np.hypot(x / 0.2, (y - 0.26) / 0.14), 0.5, 1.2)
    picture += tongue[..., None] * (np.array([150, 80, 82]) - picture)
    # six front teeth and two behind on either side; each is a rounded box
    edges = np.array([0, 0.095, 0.17, 0.245, 0.31, 0.37])
    k = np.clip(np.searchsorted(edges, np.abs(x)) - 1, 0, 4)
    middle, half = (edges[k] + edges[k + 1]) / 2, (edges[k + 1] - edges[k]) / 2
    off = np.abs(np.abs(x) - middle) / half
    low = np.array([0.036, 0.028, 0.034, 0.022, 0.01])[k] - 0.012 * off**4
    tooth = (1 - _step(y, low - 0.004, low + 0.004)) * (1 - 0.35 * _step(off, 0.86, 1.0))
    shade = np.interp(np.abs(x), [0, 0.12, 0.25, 0.37], [1, 0.95, 0.6, 0.25])
    enamel = np.array([222, 214, 198]) * shade[..., None]
    picture += tooth[..., None] * (enamel - picture)
    return cv2.resize(picture.astype(np.float32), (size, size), interpolation=cv2.INTER_AREA)


def _step(x: np.ndarray, low: np.ndarray | float, high: np.ndarray | float) -> np.ndarray:
    t = np.clip((x - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def _put(atlas: np.ndarray, box: tuple[int, int, int, int], picture: np.ndarray) -> None:
    left, top, width, height = box
    atlas[top : top + height, left : left + width] = picture


def _inside(box: tuple[int, int, int, int], share: np.ndarray) -> np.ndarray:
    """Texels of shares (0 to 1) of a box, kept off its border, shape (..., 2)."""
    left, top, width, height = box
    share = np.clip(share, 0, 1)
    return np.array([left + 1.5, top + 1.5]) + share * [width - 3, height - 3]
