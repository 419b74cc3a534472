import cv2
import numpy as np

from mien.face.model import FaceModel
from mien.face.uv import coordinates, layout, unwrap


def test_the_layout_covers_every_landmark_and_is_symmetric():
    uv = coordinates()
    assert ((uv > 0) & (uv < 1)).all()
    mirrored = uv[FaceModel.load().mirror] * [-1, 1] + [1, 0]
    assert np.abs(mirrored - uv)[:468].max() < 1e-3


def test_unwrap_undoes_a_known_warp():
    rng = np.random.default_rng(0)
    size = 128
    pattern = cv2.GaussianBlur(rng.uniform(0, 255, (size, size, 3)), (0, 0), 4)
    pattern = ((pattern - pattern.min()) / np.ptp(pattern) * 255).astype(np.uint8)
    # a picture in which the face lies exactly as in the layout, shifted and scaled
    scale, shift = 2.0, np.array([30, 20])
    image = np.zeros((320, 320, 3), np.uint8)
    big = cv2.resize(pattern, None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR)
    image[shift[1] : shift[1] + 256, shift[0] : shift[0] + 256] = big
    landmarks = np.column_stack([coordinates() * size * scale + shift, np.zeros(478)])
    found = unwrap(image, landmarks, size)
    inside = layout(size)[0] >= 0
    error = np.abs(found.astype(int) - pattern)[inside]
    assert error.mean() < 3
    assert (found[~inside] == 0).all()
