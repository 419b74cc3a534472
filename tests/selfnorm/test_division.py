from __future__ import annotations

from dataclasses import replace

import numpy as np
from blobs import blobs

from mien.selfnorm.division import Division
from mien.selfnorm.evaluation import evaluate
from mien.selfnorm.network import SelfNorm
from mien.selfnorm.splits import PARTICIPANT, whole


def test_a_network_says_how_its_data_were_divided():
    study = blobs(8, 12)
    division = Division(by=PARTICIPANT, validation=0.2, test=0.3, seed=4, trim=0.2)
    trimmed = division.trimmed(study)
    parts = division.parts(trimmed)
    seven = SelfNorm.seven()
    assert Division.of(seven) is None
    found = evaluate(seven, trimmed.relabelled(seven.expressions), parts.test)
    noted = division.noted(seven, parts, trimmed, found)
    assert Division.of(noted) == replace(division, snapshots=len(trimmed))
    assert noted.notes["split"]["words"] == "by participant"
    assert noted.notes["test"]["snapshots"] == len(parts.test)
    again = Division.of(noted)
    assert again is not None
    assert (again.parts(again.trimmed(study)).test == parts.test).all()


def test_all_of_a_file_can_test():
    study = blobs(2, 3)
    assert np.array_equal(whole(study).test, np.arange(len(study)))
    assert not len(whole(study).train) and not len(whole(study).validation)
