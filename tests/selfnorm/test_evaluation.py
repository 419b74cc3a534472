"""Who was read how well, and what calibration makes of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from blobs import blobs

from mien.blendshapes.prototypes import SEVEN
from mien.errors import ParameterError
from mien.selfnorm.calibration import calibrate
from mien.selfnorm.evaluation import evaluate, participant_accuracies
from mien.selfnorm.network import SelfNorm
from mien.selfnorm.simulated_study import simulate


@pytest.fixture(scope="module")
def study():
    return simulate(8, 12_000, SEVEN[:5], seed=2, lag_s=0.3)


@pytest.fixture(scope="module")
def network() -> SelfNorm:
    return SelfNorm.seven()


def test_accuracy_by_participant():
    made = blobs(3, 4)
    predicted = made.labels.copy().astype(int)
    predicted[made.participants == "P01"] = 0
    found = {person.name: person.accuracy for person in participant_accuracies(made, predicted)}
    assert found == {"P00": 1.0, "P01": pytest.approx(1 / 3), "P02": 1.0}


def test_a_network_is_judged_by_its_own_classes(network, study):
    judged = evaluate(network, study)
    said = [network.expressions[k] for k in network.classify(study).argmax(1)]
    asked = [study.expressions[k] for k in study.labels]
    assert judged.measures.accuracy == pytest.approx(np.mean(np.array(said) == np.array(asked)))
    assert judged.matrix.sum() == len(study) and len(judged.people) == 8
    unasked = [k for k, name in enumerate(network.expressions) if name not in study.expressions]
    assert len(unasked) == 2 and not judged.matrix[unasked].any()
    told = judged.as_dict()
    assert told["accuracy_by_participant"]["lowest"] < told["accuracy"]
    assert not {str(name) for name in study.participants} & set(str(told).split("'"))


def test_only_some_rows_are_judged(network, study):
    half = np.flatnonzero(study.participants < "P005")
    assert len(evaluate(network, study, half).people) == 4
    with pytest.raises(ParameterError, match="No snapshot is labelled"):
        evaluate(network, study.relabelled(("pride",)))


def test_calibration_makes_probabilities_likelier_and_changes_no_answer(network, study):
    before, after = (evaluate(each, study) for each in (network, calibrate(network, study)))
    assert after.log_loss < before.log_loss and after.calibrated.ece < before.calibrated.ece
    assert np.array_equal(after.matrix, before.matrix)
    assert after.answered == (1.0, pytest.approx(after.measures.accuracy))


def test_abstention_gives_the_accuracy_that_is_wanted(network, study):
    wanted = evaluate(network, study).measures.accuracy + 0.1
    share, right = evaluate(calibrate(network, study, wanted), study).answered
    assert 0 < share < 1 and right >= wanted
    relabelled = study.relabelled(network.expressions)
    wrong = (network.classify(study).argmax(1) + 1) % len(network.expressions)
    with pytest.raises(ParameterError, match="No threshold makes 60%"):
        calibrate(network, replace(relabelled, labels=wrong), 0.6)
