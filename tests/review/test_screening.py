"""Priority finds what is relevant early, and the rule stops late enough."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest

from mien.errors import FormatError, ParameterError
from mien.review.records.record import Record
from mien.review.screening.curves import (
    loss,
    recall_curve,
    relevant_found,
    screened_for,
    time_to_discovery,
    work_saved,
)
from mien.review.screening.labels import labels_of
from mien.review.screening.learning import MODELS, features_of, scores, weights
from mien.review.screening.simulation import Settings, simulate
from mien.review.screening.stopping import stopping


def set_of(count: int = 300, share: float = 0.08, seed: int = 1) -> tuple[list[Record], list[int]]:
    """Records whose relevant ones share words that others have seldom."""
    rng = np.random.default_rng(seed)
    labels = (rng.random(count) < share).astype(int)
    labels[:12] = 0
    labels[12] = 1
    records = []
    for label in labels:
        words = [f"word{k}" for k in rng.zipf(1.3, 40) if k < 4000]
        topic = 30 if label and rng.random() > 0.1 else 0
        words += [f"topic{k}" for k in rng.integers(topic, topic + 40, 8)]
        records.append(Record(title=" ".join(words[:8]), abstract=" ".join(words[8:])))
    return records, labels.tolist()


@pytest.fixture(scope="module")
def labelled():
    return set_of()


@pytest.mark.parametrize("model", MODELS)
def test_relevant_records_come_first(labelled, model):
    records, labels = labelled
    found = simulate(records, labels, Settings(model, patience=20))
    assert found.relevant == sum(labels) and found.found.sum() == found.relevant
    assert len(set(found.order.tolist())) == len(found.order)
    assert found.measures()["wss@95"] > 0.5


def test_learning_less_often_costs_little(labelled):
    often = simulate(*labelled, Settings(patience=10**6)).measures()
    seldom = simulate(*labelled, Settings(patience=25)).measures()
    assert abs(often["wss@95"] - seldom["wss@95"]) < 0.02


def test_what_is_known_from_the_start(labelled):
    found = simulate(*labelled, Settings(included=2, excluded=3, seed=4))
    assert found.found[:5].tolist() == [1, 1, 0, 0, 0]
    with pytest.raises(ParameterError):
        simulate(*labelled, Settings(included=10_000))
    with pytest.raises(ParameterError):
        simulate(labelled[0], [0] * len(labelled[0]))
    with pytest.raises(ParameterError):
        simulate(*labelled, Settings("magic"))


def test_the_file_is_screened_in_order_until_both_decisions_are_there(labelled):
    records, labels = labelled
    assert simulate(records, labels).order[:13].tolist() == list(range(13))


def test_weights():
    made = weights(np.array([1, 0, 0, 0]), 9.8)
    assert made.mean() == pytest.approx(1) and made[0] / made[1:].sum() == pytest.approx(9.8)


def test_scores_rise_with_likeness(labelled):
    records, labels = labelled
    features = features_of(records, MODELS["svm"])
    truth = np.array(labels)
    seen = np.arange(0, len(truth), 2)
    value = scores(features, seen, truth[seen], MODELS["svm"])
    rest = np.setdiff1d(np.arange(len(truth)), seen)
    good, bad = value[rest][truth[rest] == 1], value[rest][truth[rest] == 0]
    assert (good[:, None] > bad).mean() > 0.85


def test_measures_by_hand():
    found = np.array([1, 0, 1, 0])  # of ten records, two of them relevant
    assert recall_curve(found, 2).tolist() == [0.5, 0.5, 1, 1]
    assert screened_for(found, 2, 0.95) == 3 and screened_for(found, 2, 0.5) == 1
    assert work_saved(found, 10, 2, 0.95) == pytest.approx(0.7 - 0.05)
    assert time_to_discovery(found, 10) == pytest.approx(0.2)
    assert relevant_found(found, 10, 2) == 0.5
    assert loss(np.array([1, 1]), 10, 2) == 0
    assert loss(np.array([0] * 8 + [1, 1]), 10, 2) == 1
    with pytest.raises(ParameterError):
        screened_for(np.array([1]), 2, 0.95)


def test_the_rule_is_right_as_often_as_it_says():
    """At random orders, where its test is exact at each place, it stops early seldom."""
    rng = np.random.default_rng(2)
    early = 0
    for _ in range(40):
        labels = rng.permutation(np.repeat([1, 0], [40, 560]))
        for screened in range(100, 600, 100):
            if stopping(labels[:screened], 600).stop:
                early += labels[:screened].sum() < 0.95 * 40
                break
    assert early <= 0.15 * 40


def test_the_rule_knows_both_ends():
    labels = np.array([1] * 20 + [0] * 480)
    assert not stopping(labels[:25], 500).stop
    late = stopping(labels[:450], 500)
    assert late.stop and late.at_least >= 0.95 and late.since_last == 430
    done = stopping(labels, 500)
    assert done.stop and done.at_least == 1 and done.p == 0 and done.estimate == 1
    none = stopping([0] * 100, 500)
    assert not none.stop and none.at_least == 0
    assert stopping(labels[:450], 500).at_least >= stopping(labels[:200], 500).at_least
    for wrong in ({"target": 1.0}, {"confidence": 0.0}):
        with pytest.raises(ParameterError):
            stopping(labels, 500, **wrong)


@pytest.mark.parametrize(
    ("name", "yes", "no"),
    [
        ("label_included", "1", "0"),
        ("Included", "I", "E"),
        ("decision", "include", "Exclude"),
        ("label", "1.0", "0.0"),
        ("N1", "ASReview_relevant", "ASReview_irrelevant"),
        ("notes", 'RAYYAN-INCLUSION: {"E"=>"Included"}', 'RAYYAN-INCLUSION: {"E"=>"Excluded"}'),
    ],
)
def test_decisions_are_read(name, yes, no):
    records = [Record(raw=((name, value),) if value else ()) for value in (yes, no, "", yes)]
    assert labels_of(records) == [1, 0, None, 1]


def test_decisions_that_are_not_there():
    with pytest.raises(FormatError, match="--label"):
        labels_of([Record(raw=(("label", "1"),))])
    with pytest.raises(FormatError, match="mine"):
        labels_of([Record(raw=(("label", "1"),)), Record(raw=(("label", "0"),))], "mine")


def test_the_command(mien, tmp_path, labelled):
    records, labels = labelled
    path = tmp_path / "set.csv"
    with path.open("w", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(("title", "abstract", "label_included"))
        for record, label in zip(records, labels, strict=True):
            rows.writerow((record.title, record.abstract, label))
        rows.writerow(("undecided", "", ""))
    result = mien("review", "simulate", path, "-o", tmp_path / "sim", "--json")
    assert result.exit_code == 0, result.output
    said = json.loads(result.stdout)
    assert (said["records"], said["relevant"]) == (len(records), sum(labels))
    assert said["curve"][-1][1] == 1 and 0 < said["wss@95"] < 1
    assert "1 records have no decision" in result.stderr
    assert json.loads((tmp_path / "sim" / "simulation.json").read_text()) == said
    assert (tmp_path / "sim" / "figures" / "recall.svg").stat().st_size > 1000
    assert mien("review", "simulate", path, "-o", tmp_path / "sim").exit_code == 6
    assert "WSS@95" in mien("review", "simulate", path).stdout
    assert mien("review", "simulate", path, "--label", "none").exit_code == 3
