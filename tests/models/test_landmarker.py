import os
import subprocess
import sys

import numpy as np
import pytest

from mien.errors import ParameterError
from mien.face.region import Region
from mien.models.landmarker import Landmarker, _agreed, open_backend


def test_views_that_disagree_are_no_face():
    rng = np.random.default_rng(1)
    face = rng.uniform(0, 200, (478, 3))
    assert _agreed([face + rng.normal(size=(478, 3)) * 0.3 for _ in range(3)]) is not None
    assert _agreed([face + rng.normal(size=(478, 3)) * 30 for _ in range(3)]) is None
    assert _agreed([face]) is None


def test_regions_know_the_same_place():
    here = Region(100, 100, 80, 0.0)
    assert here.same_place(Region(110, 95, 30, 0.2))
    assert not here.same_place(Region(190, 100, 80, 0.0))
    assert here.overlap(here) == pytest.approx(1)
    assert here.overlap(Region(400, 400, 80, 0.0)) == 0


def test_a_missing_model_file_is_said():
    with pytest.raises(ParameterError, match="no landmarker"):
        Landmarker("nowhere.task")


def test_the_environment_names_a_model(monkeypatch):
    monkeypatch.setenv("MIEN_LANDMARKER", "nowhere.task")
    with pytest.raises(ParameterError):
        open_backend()
    assert "MIEN_LANDMARKER" in os.environ


_LOOK = """
import numpy as np
from mien.face.region import Region
from mien.models.landmarker import open_backend
backend = open_backend()
backend.measure(np.zeros((64, 64, 3), np.uint8), [Region(32, 32, 40, 0.0)])
backend.close()
"""


def test_nothing_is_logged_where_mien_is_used_from_python():
    ran = subprocess.run([sys.executable, "-c", _LOOK], capture_output=True, text=True)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
