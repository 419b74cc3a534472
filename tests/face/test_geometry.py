import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mien.errors import ParameterError
from mien.face.geometry import Similarity, rasterise, umeyama


def rotation(a, b, c):
    def turn(angle, i, j):
        r = np.eye(3)
        r[[i, i, j, j], [i, j, i, j]] = [
            np.cos(angle),
            -np.sin(angle),
            np.sin(angle),
            np.cos(angle),
        ]
        return r

    return turn(a, 0, 1) @ turn(b, 1, 2) @ turn(c, 0, 2)


@settings(max_examples=30, deadline=None)
@given(
    st.floats(0.1, 500),
    st.tuples(*[st.floats(-1.5, 1.5)] * 3),
    arrays(float, 3, elements=st.floats(-1000, 1000)),
)
def test_umeyama_recovers_any_similarity(scale, angles, shift):
    points = np.random.default_rng(0).normal(size=(12, 3))
    true = Similarity(scale, rotation(*angles), shift)
    found = umeyama(points, true.apply(points))
    assert found.scale == pytest.approx(scale, rel=1e-6)
    assert np.allclose(found.rotation, true.rotation, atol=1e-6)
    assert np.allclose(found.invert(true.apply(points)), points, atol=1e-6)


def test_umeyama_never_mirrors():
    points = np.random.default_rng(1).normal(size=(20, 3))
    found = umeyama(points, points * [-1, 1, 1])
    assert np.linalg.det(found.rotation) == pytest.approx(1)


def test_umeyama_needs_three_pairs():
    with pytest.raises(ParameterError):
        umeyama(np.zeros((2, 3)), np.zeros((2, 3)))


def plain_rasterise(vertices, triangles, height, width):
    """The kernel's twin, one pixel at a time."""
    index = np.full((height, width), -1)
    depth = np.full((height, width), np.inf)
    for t, corners in enumerate(triangles):
        a, b, c = vertices[corners]
        matrix = np.array([[a[0], b[0], c[0]], [a[1], b[1], c[1]], [1, 1, 1]])
        if abs(np.linalg.det(matrix)) < 1e-9:
            continue
        inverse = np.linalg.inv(matrix)
        for i in range(height):
            for j in range(width):
                w = inverse @ [j + 0.5, i + 0.5, 1]
                z = w @ [a[2], b[2], c[2]]
                if (w >= 0).all() and z < depth[i, j]:
                    index[i, j], depth[i, j] = t, z
    return index


def test_rasterise_agrees_with_its_plain_twin():
    rng = np.random.default_rng(2)
    vertices = rng.uniform(-5, 30, (12, 3))
    triangles = rng.integers(0, 12, (15, 3))
    index, weights = rasterise(vertices, triangles, 20, 25)
    assert (index == plain_rasterise(vertices, triangles, 20, 25)).mean() > 0.99
    hit = index >= 0
    at = (vertices[triangles[index[hit]]] * weights[hit][:, :, None]).sum(1)
    rows, columns = np.nonzero(hit)
    assert np.allclose(at[:, 0], columns + 0.5, atol=1e-3)
    assert np.allclose(at[:, 1], rows + 0.5, atol=1e-3)
