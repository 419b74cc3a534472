"""Resample ICT-FaceKit to MediaPipe's 478 landmarks and write the asset `face_model.npz`.

MediaPipe finds its landmarks on plain shaded renders of the model's mean head under a fan of small
rotations; each landmark is cast back onto the surface and the hits are averaged, then made
mirror-symmetric. The neutral, the identity modes and the expression offsets are read off at
those surface points.

    python scripts/build_face_model.py FACE_MODEL.npz -o src/mien/assets/face_model.npz
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import mediapipe as mp
import numpy as np
from mediapipe.tasks.python.vision.face_landmarker import FaceLandmarksConnections

from mien.face import topology
from mien.face.geometry import rasterise

SIZE = 640
SKIN, EYES = slice(0, 11248), slice(21451, 24591)
MODES = 60

# The 52 ARKit names, in MediaPipe's alphabetical order, without `_neutral` and with `tongueOut`
# absent: ICT-FaceKit has no tongue, so its row is zero.
ARKIT = """browDownLeft browDownRight browInnerUp browOuterUpLeft browOuterUpRight cheekPuff
cheekSquintLeft cheekSquintRight eyeBlinkLeft eyeBlinkRight eyeLookDownLeft eyeLookDownRight
eyeLookInLeft eyeLookInRight eyeLookOutLeft eyeLookOutRight eyeLookUpLeft eyeLookUpRight
eyeSquintLeft eyeSquintRight eyeWideLeft eyeWideRight jawForward jawLeft jawOpen jawRight
mouthClose mouthDimpleLeft mouthDimpleRight mouthFrownLeft mouthFrownRight mouthFunnel mouthLeft
mouthLowerDownLeft mouthLowerDownRight mouthPressLeft mouthPressRight mouthPucker mouthRight
mouthRollLower mouthRollUpper mouthShrugLower mouthShrugUpper mouthSmileLeft mouthSmileRight
mouthStretchLeft mouthStretchRight mouthUpperUpLeft mouthUpperUpRight noseSneerLeft
noseSneerRight tongueOut""".split()


def canonical(points):
    """ICT axes (y up, z towards the viewer) to mien's (y down, z away)."""
    return points.astype(np.float64) * [1, -1, -1]


def arkit_offset(name, names, offsets):
    """Sum of the ICT offsets that make up one ARKit expression."""
    ict = name.replace("Left", "_L").replace("Right", "_R")
    if name in ("jawLeft", "jawRight", "mouthLeft", "mouthRight"):
        ict = name
    if ict in names:
        return offsets[names.index(ict)]
    if name in ("browInnerUp", "cheekPuff"):
        return offsets[names.index(name + "_L")] + offsets[names.index(name + "_R")]
    if name == "tongueOut":
        return np.zeros_like(offsets[0])
    raise SystemExit(f"ICT-FaceKit has no offset for {name}.")


def albedo(neutral):
    """Skin with plain lips, brows and lashes, eyes with an iris: enough for a tracker."""
    colour = np.full((len(neutral), 3), [205, 160, 135.0])
    x, y, z = np.abs(neutral[:, 0]), neutral[:, 1], neutral[:, 2]
    brow = (x > 1.0) & (x < 5.0) & (np.abs(y + 5.75 + 0.35 * np.sin((x - 1) / 4 * np.pi)) < 0.32)
    lips = ((neutral[:, 0] / 2.4) ** 2 + ((y - 3.35) / 0.75) ** 2 < 1) & (z < -9.3)
    colour[brow & (np.arange(len(neutral)) < 11248)] = [70, 50, 40]
    colour[lips & (np.arange(len(neutral)) < 9409)] = [170, 85, 85]
    eyes = np.zeros(len(neutral), bool)
    eyes[EYES] = True
    colour[eyes] = [235, 232, 230]
    for start in (21451, 23021):
        ball = slice(start, start + 1570)
        centre = neutral[ball].mean(0)
        off = np.hypot(*(neutral[ball, :2] - centre[:2]).T)
        front = neutral[ball, 2] < centre[2]
        colour[ball][front & (off < 0.62)] = [90, 60, 40]
        colour[ball][front & (off < 0.28)] = [15, 12, 10]
    return colour


def render(points, triangles, colour):
    scale = SIZE / 36.0
    pixels = points * scale + [SIZE / 2, SIZE * 0.47, 0]
    index, weights = rasterise(pixels, triangles, SIZE, SIZE)
    face = np.cross(
        points[triangles[:, 1]] - points[triangles[:, 0]],
        points[triangles[:, 2]] - points[triangles[:, 0]],
    )
    normals = np.zeros_like(points)
    for k in range(3):
        np.add.at(normals, triangles[:, k], face)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True) + 1e-12
    light = np.array([0.15, -0.45, -1.0])
    shade = 0.35 + 0.65 * np.abs(normals @ light / np.linalg.norm(light))
    lit = colour * shade[:, None]
    corner = triangles[index.clip(0)]
    image = (lit[corner] * weights[..., None]).sum(2)
    image[index < 0] = [90, 110, 130]
    return image.clip(0, 255).astype(np.uint8), index, weights, scale


def rotation(yaw, pitch):
    a, b = np.radians([yaw, pitch])
    about_y = np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
    return about_x @ about_y


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--picture", type=Path)
    args = parser.parse_args()
    kit = np.load(args.model, allow_pickle=False)
    neutral = canonical(kit["neutral"])
    quads = kit["quads"]
    visible = np.all((quads < 11248) | ((quads >= 21451) & (quads < 24591)), axis=1)
    quads = quads[visible]
    triangles = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
    colour = albedo(neutral)

    mesh = mp.solutions.face_mesh.FaceMesh(static_image_mode=True, refine_landmarks=True)
    hits, _corners, _weights = [], [], []
    for yaw, pitch in [
        (0, 0),
        (-6, 0),
        (6, 0),
        (0, -6),
        (0, 6),
        (-4, 4),
        (4, 4),
        (-4, -4),
        (4, -4),
    ]:
        turned = neutral @ rotation(yaw, pitch).T
        image, index, bary, _scale = render(turned, triangles, colour)
        found = mesh.process(image).multi_face_landmarks
        if not found:
            raise SystemExit(f"MediaPipe finds no face on the render at yaw {yaw}, pitch {pitch}.")
        spots = np.array([[p.x * SIZE, p.y * SIZE] for p in found[0].landmark])
        cell = np.floor(spots).astype(int).clip(0, SIZE - 1)
        triangle = index[cell[:, 1], cell[:, 0]]
        hit = (neutral[triangles[triangle.clip(0)]] * bary[cell[:, 1], cell[:, 0], :, None]).sum(1)
        hit[triangle < 0] = np.nan
        hits.append(hit)
        if args.picture and (yaw, pitch) == (0, 0):
            for x, y in spots:
                cv2.circle(image, (int(x), int(y)), 1, (0, 255, 0), -1)
            cv2.imwrite(str(args.picture), image[..., ::-1])
    mean = np.nanmedian(hits, axis=0)
    assert np.isfinite(mean).all()

    # mirror partner of each landmark, then symmetric positions
    gap = np.linalg.norm((mean * [-1, 1, 1])[:, None] - mean[None], axis=2)
    from scipy.optimize import linear_sum_assignment

    mirror = linear_sum_assignment(gap + gap.T)[1]
    agree = mirror[mirror] == np.arange(478)
    if not agree.all():
        raise SystemExit(f"No mirror partner for landmarks {np.flatnonzero(~agree)}.")
    mean = (mean + mean[mirror] * [-1, 1, 1]) / 2

    # snap to the surface: nearest skin (or eyeball, for the iris) vertices, inverse-distance blend
    skin, eyes = np.arange(SKIN.start, 9409), np.arange(EYES.start, EYES.stop)
    identity = np.zeros((MODES, 478, 3))
    ict = kit["expression"].astype(np.float64)
    names = list(kit["expression_names"])
    resampled = np.zeros((len(names), 478, 3))
    basis = np.zeros((478, 3))
    # sealed lips lie on each other: keep each lip's landmarks on its own lip
    with_jaw = np.linalg.norm(ict[names.index("jawOpen"), skin], axis=1) > 0.6
    lower = {*topology.OUTER_LIP_LOWER, *topology.MIDDLE_LIP_LOWER, *topology.INNER_LIP_LOWER}
    upper = {*topology.OUTER_LIP_UPPER, *topology.MIDDLE_LIP_UPPER, *topology.INNER_LIP_UPPER}
    flip = np.array([1.0, -1, -1])
    for i, point in enumerate(mean):
        pool = eyes if i >= 468 else skin
        if i in lower or i in upper:
            pool = skin[with_jaw] if i in lower else skin[~with_jaw]
        distance = np.linalg.norm(neutral[pool] - point, axis=1)
        near = pool[np.argsort(distance)[:4]]
        blend = 1 / (np.sort(distance)[:4] + 1e-3)
        blend /= blend.sum()
        basis[i] = blend @ neutral[near]
        identity[:, i] = (
            np.einsum("k,mkc->mc", blend, kit["identity"][:MODES, near].astype(float)) * flip
        )
        resampled[:, i] = np.einsum("k,mkc->mc", blend, ict[:, near]) * flip
    swap = np.array([-1.0, 1, 1])
    basis = (basis + basis[mirror] * swap) / 2
    identity = (identity + identity[:, mirror] * swap) / 2  # identity is left-right symmetric
    expression = np.stack([arkit_offset(n, names, resampled) for n in ARKIT])

    rows = topology.INNER_LIP_UPPER, topology.INNER_LIP_LOWER
    # sealed at neutral, on every identity
    basis[rows[0]] = basis[rows[1]] = (basis[rows[0]] + basis[rows[1]]) / 2
    line = (identity[:, rows[0]] + identity[:, rows[1]]) / 2
    identity[:, rows[0]] = identity[:, rows[1]] = line

    centre = basis[[33, 263]].mean(0)  # origin between the outer eye corners, unit: their distance
    unit = np.linalg.norm(basis[33] - basis[263])
    basis = (basis - centre) / unit
    tessellation = FaceLandmarksConnections.FACE_LANDMARKS_TESSELATION
    faces = np.array([c.start for c in tessellation]).reshape(-1, 3)
    args.output.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(
        args.output,
        neutral=basis.astype(np.float32),
        identity=(identity / unit).astype(np.float32),
        expression=(expression / unit).astype(np.float32),
        expression_names=np.array(ARKIT),
        triangles=faces.astype(np.int32),
        mirror=mirror.astype(np.int32),
    )
    spread = np.nanstd(hits, axis=0)[:468, :2].mean() / unit
    print(f"{args.output}: landmarks repeat to {spread:.4f} of the eye distance")


if __name__ == "__main__":
    main()
