"""Who was read how well."""

from __future__ import annotations

import pytest
from blobs import blobs

from mien.selfnorm.evaluation import participant_accuracies


def test_accuracy_by_participant():
    made = blobs(3, 4)
    predicted = made.labels.copy().astype(int)
    predicted[made.participants == "P01"] = 0
    found = {person.name: person.accuracy for person in participant_accuracies(made, predicted)}
    assert found == {"P00": 1.0, "P01": pytest.approx(1 / 3), "P02": 1.0}
