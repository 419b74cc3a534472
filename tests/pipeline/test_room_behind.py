"""A room that is not kept is gone, and who is before it stays."""

from __future__ import annotations

import json

import numpy as np
import pytest

from mien.errors import ParameterError
from mien.pipeline.deidentify import deidentify
from mien.pipeline.settings import Settings
from mien.pipeline.surroundings import Surroundings, surroundings
from mien.video import Reader
from thoroughness import FEWER


def a_room() -> tuple[np.ndarray, np.ndarray]:
    """A wall with a pattern, and how surely somebody stands before it."""
    picture = np.random.default_rng(4).integers(0, 256, (120, 160, 3)).astype(np.uint8)
    share = np.zeros((120, 160), np.float32)
    share[40:, 60:100] = 1
    return picture, share


@pytest.mark.parametrize("kind", ["blur", "solid"])
def test_who_is_there_stays_and_the_room_goes(kind):
    picture, share = a_room()
    before = picture.copy()
    found = Surroundings(kind, lambda image: share).replace(picture)
    assert (found[share == 1] == picture[share == 1]).all()
    assert (picture == before).all() and found.dtype == np.uint8
    # of the pattern nothing is left: no pixel tells its neighbour's difference
    gone = found.astype(int)[:30]
    assert np.abs(np.diff(gone, axis=1)).max() <= (0 if kind == "solid" else 12)
    assert np.corrcoef(gone.ravel(), picture[:30].ravel())[0, 1] < 0.2 or kind == "solid"


def test_what_is_unsure_is_a_mixture():
    picture, _ = a_room()
    half = np.full((120, 160), 0.5, np.float32)
    found = Surroundings("solid", lambda image: half).replace(picture).astype(float)
    assert np.corrcoef(found.ravel(), picture.ravel())[0, 1] > 0.9
    assert found.std() < 0.6 * picture.std()


def test_a_kept_room_costs_nothing():
    with surroundings("keep") as made:
        assert made is None


def test_another_word_is_refused():
    with pytest.raises(ParameterError, match="forest"):
        Settings(surroundings="forest")  # type: ignore[arg-type]


def test_a_clip_gets_another_room(brief, tmp_path):
    made = deidentify(
        brief.path, tmp_path / "out.mp4", Settings(surroundings="solid", thoroughness=FEWER)
    )
    told = json.loads(made.manifest.read_text())
    assert told["settings"]["surroundings"] == "solid"
    with Reader(brief.path) as reader, Reader(made.output) as other:
        before, after = next(iter(reader)).image, next(iter(other)).image
    corner = slice(0, 12), slice(0, 12)
    assert np.ptp(after[corner]) < 12
    assert np.abs(after[corner].mean((0, 1)) - (118, 122, 128)).max() < 6
    middle = before.shape[0] // 2
    assert np.ptp(after[middle - 40 : middle + 40, middle - 40 : middle + 40]) > 60
