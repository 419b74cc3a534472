"""Drawing the people of a phantom into a picture: shading, lids, lips, and the sensor's noise."""

from __future__ import annotations

import cv2
import numba
import numpy as np

from mien.face import topology
from mien.face.geometry import Similarity, rasterise
from mien.phantom.head import Head
from mien.phantom.mesh import EYE, FLAT, SHADED, SHEET
from mien.phantom.pose import PIVOT
from mien.phantom.truth import PersonTruth

_OVER = 2  # the head is drawn larger and shrunk, which softens its edges
_PULSE = np.array([0.45, 1.0, 0.6])  # red, green, blue: green is absorbed most by blood
_LIGHT = np.array([-0.35, -0.42, -0.84])
_LASH = np.array([34, 24, 22])
_UPPER_LIP = np.r_[
    topology.INNER_LIP_CORNERS[0], topology.INNER_LIP_UPPER, topology.INNER_LIP_CORNERS[1]
]
_UPPER_LIDS = (
    np.r_[topology.RIGHT_EYE_CORNERS[0], topology.RIGHT_EYE_UPPER, topology.RIGHT_EYE_CORNERS[1]],
    np.r_[topology.LEFT_EYE_CORNERS[0], topology.LEFT_EYE_UPPER, topology.LEFT_EYE_CORNERS[1]],
)


def skin_gain(person: PersonTruth, time: float) -> np.ndarray:
    """How much brighter red, green and blue of the skin are as the heart beats, shape (3,)."""
    if person.pulse_bpm is None:
        return np.ones(3, np.float32)
    phase = 2 * np.pi * person.pulse_bpm / 60 * time
    wave = np.sin(phase) + 0.25 * np.sin(2 * phase)
    return (1 + person.pulse_amplitude * _PULSE * wave).astype(np.float32)


def draw(
    image: np.ndarray,
    head: Head,
    person: PersonTruth,
    index: int,
    gain: np.ndarray,
    swing: float,
) -> None:
    """Draw one person into a frame."""
    assert person.landmarks is not None
    pose = person.pose(index)
    face = pose.invert(person.landmarks[index].astype(np.float64))
    solid = head.vertices(face)
    place = pose.apply(solid)
    body = _body_pose(pose).apply(solid)
    place += (1 - head.follow)[:, None] * (body - place)
    place[: topology.N_LANDMARKS] = person.landmarks[index]

    height, width = image.shape[:2]
    left, top = np.clip(np.floor(place[:, :2].min(0)).astype(int) - 1, 0, [width, height])
    right, bottom = np.clip(np.ceil(place[:, :2].max(0)).astype(int) + 1, 0, [width, height])
    if right <= left or bottom <= top:
        return
    place -= [left, top, 0]
    place *= _OVER
    rows, columns = (bottom - top) * _OVER, (right - left) * _OVER
    seen = _front(place, head)
    triangles, kind = head.triangles[seen], head.kind[seen]
    number, weights = rasterise(place, triangles, rows, columns)
    shade = _shade(place, head, swing)
    traced = np.empty((3, rows, columns), np.float32)
    x, y, light = traced
    uv = head.coordinates(face).astype(np.float32)
    _trace(number, weights, triangles, kind, uv, shade, traced)
    layer = np.asarray(cv2.remap(head.atlas, x, y, cv2.INTER_LINEAR))
    _details(layer, number, kind, place, pose.scale * _OVER)
    _blend(image[top:bottom, left:right], layer, number, light, gain)


def _body_pose(pose: Similarity) -> Similarity:
    """The trunk hangs from the neck and turns a little with the head."""
    turn = cv2.Rodrigues(0.15 * cv2.Rodrigues(pose.rotation)[0])[0]
    pivot = pose.apply(PIVOT)
    return Similarity(pose.scale, turn, pivot - pose.scale * turn @ PIVOT)


def _front(place: np.ndarray, head: Head) -> np.ndarray:
    """Which triangles may be seen: the far side of a solid is not drawn, shape (n,), bool."""
    a, b, c = (place[head.triangles[:, k], :2] for k in range(3))
    area = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
    return (area < 0) | (head.kind != SHADED)


def _shade(place: np.ndarray, head: Head, swing: float) -> np.ndarray:
    """Brightness of every vertex under one soft lamp and the room's light, shape (m,)."""
    normal = np.zeros_like(place)
    _normals(place, head.triangles[~np.isin(head.kind, (FLAT, EYE))], head.twin, normal)
    normal = normal[head.twin]
    normal[head.between] = normal[head.between - 1] + normal[head.between + 1]
    normal /= np.linalg.norm(normal, axis=1, keepdims=True) + 1e-12
    lamp = _LIGHT + np.array([0.8 * swing, 0, 0])
    lamp /= np.linalg.norm(lamp)
    facing = normal @ lamp
    soft = np.clip(0.2 + 0.8 * facing, 0, None) / (0.2 - 0.8 * lamp[2])
    return (0.5 + 0.5 * soft).astype(np.float32)


def _details(
    layer: np.ndarray, number: np.ndarray, kind: np.ndarray, place: np.ndarray, unit: float
) -> None:
    """Shadows of the lids and the upper lip, a light in each pupil, and the lashes."""
    for lid, iris in zip(_UPPER_LIDS, (topology.RIGHT_IRIS[0], topology.LEFT_IRIS[0]), strict=True):
        window = _window(number.shape, place[lid, :2], 0.1 * unit, 0.25 * unit)
        if window is None:
            continue
        left, top, rows, columns = window
        part, seen = layer[rows, columns], number[rows, columns]
        inside = (seen >= 0) & (kind[np.maximum(seen, 0)] == EYE)
        points = place[lid, :2] - [left, top]
        glint = place[iris, :2] - [left, top] - 0.021 * unit
        shadow = _line(seen.shape, points, 0.05 * unit, 0.015 * unit) * 0.6 * inside
        light = _line(seen.shape, np.stack([glint, glint]), 0.022 * unit, 0.3) * 0.85 * inside
        lash = _line(seen.shape, points, 0.016 * unit, 0.004 * unit) * 0.75 * (seen >= 0)
        drawn = part * (1 - shadow[..., None])
        drawn += light[..., None] * (245 - drawn)
        drawn += lash[..., None] * (_LASH - drawn)
        part[:] = drawn.astype(np.uint8)
    window = _window(number.shape, place[topology.INNER_LIP_RING, :2], 0.1 * unit, 0.1 * unit)
    if window is not None:
        left, top, rows, columns = window
        part, seen = layer[rows, columns], number[rows, columns]
        inside = (seen >= 0) & (kind[np.maximum(seen, 0)] == FLAT)
        points = place[_UPPER_LIP, :2] - [left, top]
        # without it the teeth would shine out of lips that are hardly parted
        shadow = _line(seen.shape, points, 0.036 * unit, 0.01 * unit) * 0.8 * inside
        part[:] = (part * (1 - shadow[..., None])).astype(np.uint8)


def _window(
    shape: tuple[int, ...], points: np.ndarray, margin: float, below: float
) -> tuple[int, int, slice, slice] | None:
    """The part of a picture around points: left, top, rows and columns; None if outside."""
    end = [shape[1], shape[0]]
    left, top = np.clip(np.floor(points.min(0) - margin).astype(int), 0, end)
    right, bottom = np.clip(np.ceil(points.max(0) + np.array([margin, below])).astype(int), 0, end)
    if right - left < 4 or bottom - top < 4:
        return None
    return int(left), int(top), slice(top, bottom), slice(left, right)


def _line(shape: tuple[int, ...], points: np.ndarray, width: float, blur: float) -> np.ndarray:
    """Coverage of a soft line through points, 0 to 1, of a picture's shape."""
    canvas = np.zeros(shape, np.uint8)
    fixed = np.round((points - 0.5) * 16).astype(np.int32)
    cv2.polylines(canvas, [fixed], False, (255,), max(round(width), 1), cv2.LINE_AA, 4)
    return np.asarray(cv2.GaussianBlur(canvas, (0, 0), max(blur, 0.3))) / 255.0


@numba.njit(cache=True, nogil=True)
def _normals(place, triangles, twin, normal):
    for t in range(triangles.shape[0]):
        i, j, k = triangles[t]
        a, b, c = place[i], place[j], place[k]
        ux, uy, uz = b[0] - a[0], b[1] - a[1], b[2] - a[2]
        vx, vy, vz = c[0] - a[0], c[1] - a[1], c[2] - a[2]
        nx, ny, nz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
        for v in (i, j, k):
            w = twin[v]
            normal[w, 0] += nx
            normal[w, 1] += ny
            normal[w, 2] += nz


@numba.njit(cache=True, nogil=True)
def _trace(number, weights, triangles, kind, uv, shade, traced):
    """Atlas coordinates and brightness of every pixel, into `traced` (3, rows, columns)."""
    height, width = number.shape
    x, y, light = traced[0], traced[1], traced[2]
    for i in range(height):
        for j in range(width):
            t = number[i, j]
            if t < 0:
                x[i, j] = 0.0
                y[i, j] = 0.0
                light[i, j] = 0.0
                continue
            a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
            u, v, w = weights[i, j, 0], weights[i, j, 1], weights[i, j, 2]
            x[i, j] = u * uv[a, 0] + v * uv[b, 0] + w * uv[c, 0] - np.float32(0.5)
            y[i, j] = u * uv[a, 1] + v * uv[b, 1] + w * uv[c, 1] - np.float32(0.5)
            light[i, j] = np.float32(1.0)
            if kind[t] == SHADED or kind[t] == SHEET:
                light[i, j] = u * shade[a] + v * shade[b] + w * shade[c]


@numba.njit(cache=True, nogil=True)
def _blend(image, layer, number, light, gain):
    """Shrink the drawing by two and lay it over the picture."""
    height, width = image.shape[:2]
    for i in range(height):
        for j in range(width):
            covered = 0
            red = green = blue = np.float32(0.0)
            for di in range(2):
                for dj in range(2):
                    y, x = 2 * i + di, 2 * j + dj
                    if number[y, x] >= 0:
                        covered += 1
                        red += layer[y, x, 0] * light[y, x]
                        green += layer[y, x, 1] * light[y, x]
                        blue += layer[y, x, 2] * light[y, x]
            if covered:
                rest = np.float32(0.25) * (4 - covered)
                quarter = np.float32(0.25)
                red = quarter * gain[0] * red + rest * image[i, j, 0]
                green = quarter * gain[1] * green + rest * image[i, j, 1]
                blue = quarter * gain[2] * blue + rest * image[i, j, 2]
                half = np.float32(0.5)
                image[i, j, 0] = np.uint8(min(red + half, np.float32(255.0)))
                image[i, j, 1] = np.uint8(min(green + half, np.float32(255.0)))
                image[i, j, 2] = np.uint8(min(blue + half, np.float32(255.0)))


@numba.njit(cache=True, nogil=True)
def expose(image, noise, gain):
    """Give a picture another brightness and the sensor's noise, in place."""
    height, width = image.shape[:2]
    for i in range(height):
        for j in range(width):
            for k in range(3):
                value = image[i, j, k] * np.float32(gain) + noise[i, j, k] + np.float32(0.5)
                image[i, j, k] = np.uint8(min(max(value, np.float32(0.0)), np.float32(255.0)))
