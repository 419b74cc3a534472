"""Landmarks as input: normalised, chosen, and learnt from."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from blobs import blobs

from mien.errors import ParameterError
from mien.selfnorm.config import SelfNormConfig
from mien.selfnorm.geometry import GEOMETRY, is_geometry, normalised, with_inputs
from mien.selfnorm.snapshot_files import read_snapshots, write_snapshots
from mien.selfnorm.splits import split
from mien.selfnorm.training import train


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """A table whose landmarks say what is shown, in pixels, and whose scores do not."""
    made = blobs(8, 10)
    rng = np.random.default_rng(1)
    shapes = rng.standard_normal((3, len(GEOMETRY)))[made.labels]
    shapes = 300 + 80 * (shapes + 0.05 * rng.standard_normal(shapes.shape))
    object.__setattr__(made, "scores", rng.random(made.scores.shape).astype(np.float32))
    place = tmp_path_factory.mktemp("study") / "a.parquet"
    write_snapshots(made, place)
    table = pq.read_table(place)
    for k, name in enumerate(GEOMETRY):
        table = table.append_column(name, pa.array(shapes[:, k].astype(np.float32)))
    pq.write_table(table, place)
    return place


def test_place_and_size_are_gone_and_twice_is_once():
    rng = np.random.default_rng(0)
    shapes = rng.standard_normal((3, len(GEOMETRY)))
    moved = 7 * shapes + np.tile([30.0, -4.0, 2.0], len(GEOMETRY) // 3)
    assert np.allclose(normalised(moved), normalised(shapes), atol=1e-5)
    assert np.allclose(normalised(normalised(shapes)), normalised(shapes), atol=1e-5)


def test_landmarks_are_read_only_where_they_are_asked_for(study):
    plain, whole = read_snapshots(study), read_snapshots(study, geometry=True)
    assert len(plain.names) == 51 and len(whole.names) == 51 + len(GEOMETRY)
    assert np.abs(whole.scores).max() < 10  # not pixels
    assert not any(map(is_geometry, with_inputs(whole, "scores").names))
    assert with_inputs(whole, "geometry").names == GEOMETRY
    with pytest.raises(ParameterError, match="no landmarks"):
        with_inputs(plain, "geometry")
    with pytest.raises(ParameterError, match="not 'pixels'"):
        with_inputs(plain, "pixels")


def test_a_network_learns_from_landmarks_what_scores_do_not_say(study):
    pytest.importorskip("torch", reason="torch is for training only")
    whole = read_snapshots(study, geometry=True)
    right = {}
    for inputs in ("scores", "geometry"):
        made = with_inputs(whole, inputs)
        parts = split(made, seed=1)
        config = SelfNormConfig(widths=(16,), l2_layers=(), batch=16, epochs=8)
        given = train(made, parts, config).network.classify(made)[parts.test].argmax(1)
        right[inputs] = (given == made.labels[parts.test]).mean()
    assert right["geometry"] > 0.9 and right["scores"] < 0.7
