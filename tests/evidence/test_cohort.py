"""Many clips at once: tests that agree with those of a textbook."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from scipy import stats

from mien.evidence.cohort import COMPARED, paired_tests, pooled_blinks, pooled_words, unheld
from mien.evidence.metrics import Metrics


def clip(**figures: tuple[Any, Any]) -> Metrics:
    """Metrics with figures of original and result, by their names in `COMPARED`."""
    content: dict[str, Any] = {}
    for name, values in figures.items():
        sides = COMPARED[name.replace("_", " ")]
        for key, value in zip((sides.original, sides.other), values, strict=True):
            *path, last = key.split(".")
            inner = content
            for part in path:
                inner = inner.setdefault(part, {})
            inner[last] = value
    return Metrics.from_json(content)


def test_a_hand_made_example():
    """Differences 1, 2, 3, 4: mean 2.5, standard error sqrt(5/12), t = 3.873 of 3 degrees."""
    clips = [clip(blinks=(10 + k, 11 + 2 * k)) for k in range(4)]
    (row,) = paired_tests(clips)
    assert (row["measure"], row["unit"], row["n"]) == ("blinks", "1/min", 4)
    assert (row["mean_original"], row["mean_result"], row["difference"]) == (11.5, 14, 2.5)
    error = np.sqrt(5 / 3 / 4)
    assert row["t"] == pytest.approx(2.5 / error, abs=1e-4) == pytest.approx(3.873, abs=1e-3)
    assert row["p"] == pytest.approx(0.0305, abs=1e-4)
    # 3.182 is the 97.5 % point of Student's t with 3 degrees of freedom
    assert row["interval"] == pytest.approx([2.5 - 3.182 * error, 2.5 + 3.182 * error], abs=1e-3)
    assert row["wilcoxon_p"] == 2 / 2**4  # all of one sign: the outermost of 16 cases, twice


def test_it_agrees_with_scipy():
    rng = np.random.default_rng(7)
    before, after = rng.normal(15, 4, 20).round(3), rng.normal(16, 4, 20).round(3)
    rows = paired_tests(
        [clip(blinks=(a, b), heart_rate=(b, a)) for a, b in zip(before, after, strict=True)]
    )
    assert [row["measure"] for row in rows] == ["blinks", "heart rate"]
    for row, (one, two) in zip(rows, ((before, after), (after, before)), strict=True):
        test = stats.ttest_rel(two, one)
        assert row["t"] == pytest.approx(test.statistic, abs=1e-4)
        assert row["p"] == pytest.approx(test.pvalue, abs=1e-5)
        assert row["interval"] == pytest.approx(list(test.confidence_interval()), abs=1e-5)
        assert row["wilcoxon_p"] == pytest.approx(stats.wilcoxon(two - one).pvalue, abs=1e-5)


def test_clips_without_a_figure_are_left_out():
    known = [clip(blinks=(k, k + 1 + k % 2)) for k in range(5)]
    unknown = [
        clip(blinks=(None, 3)),
        clip(blinks=(3, None)),
        Metrics(),
        Metrics(measures={"blink": None}),
    ]
    (row,) = paired_tests(known + unknown)
    assert row == paired_tests(known)[0] and row["n"] == 5


@pytest.mark.parametrize("count", [0, 1, 2])
def test_fewer_than_three_clips_say_nothing(count):
    assert paired_tests([clip(blinks=(1, 2 + k)) for k in range(count)]) == []


@pytest.mark.parametrize("step", [0.0, 0.1])
def test_differences_that_are_all_alike_have_no_test(step):
    """However floating point rounds them."""
    (row,) = paired_tests([clip(blinks=(k / 10, k / 10 + step)) for k in (1, 3, 7, 12)])
    assert row["difference"] == pytest.approx(step, abs=1e-9)
    assert row["t"] is row["p"] is row["interval"] is row["wilcoxon_p"] is None


def test_the_rows_are_strict_json():
    rows = paired_tests([clip(blinks=(k, k * k), heart_rate=(60, 60 + k)) for k in range(6)])
    assert json.loads(json.dumps(rows, allow_nan=False)) == rows


def asked(name: str, value: float | None, passed: bool | None, curve=()) -> dict:
    """What is known of a clip of which one thing was asked."""
    line = {"says": "The lip trembles", "value": value, "passed": passed, "unit": "Hz"}
    line |= {"low": 0.5, "high": 2.0}
    return {"clip": name, "metrics": {"profile": {"lines": [line]}, "blink": {"curve": curve}}}


def test_a_cohort_says_what_does_not_hold_and_how_far():
    rows = [
        asked("a", 0.4, False),
        asked("b", 3.0, False),
        asked("c", 1.0, True),
        asked("d", None, None),
        {"clip": "e", "metrics": None},
    ]
    (said,) = unheld(rows)
    assert said.startswith("DOES NOT HOLD in 2 of 3 clips: The lip trembles")
    assert "worst 3 Hz in b, between 0.5 and 2 Hz asked" in said
    (said,) = unheld([*rows, asked("f", None, False)])
    assert "worst not measured in f" in said
    assert unheld(rows[2:]) == []


def test_blinks_are_pooled_at_one_threshold():
    """The best of each clip would give f1 1; one threshold for both does not."""

    def row(threshold, n_original, n_other, tp):
        return {"threshold": threshold, "n_original": n_original, "n_other": n_other, "tp": tp}

    def metrics(*rows):
        return Metrics({}, {"blink": {"curve": list(rows)}})

    one = metrics(row(0.1, 4, 4, 4), row(0.2, 4, 8, 2))
    two = metrics(row(0.1, 2, 0, 0), row(0.2, 6, 6, 6))
    pooled = pooled_blinks([one, two, Metrics({}, {"blink": None})])
    assert pooled is not None
    assert (pooled["threshold"], pooled["n_original"], pooled["n_other"], pooled["tp"]) == (
        (0.1, 6, 4, 4)
    )
    assert pooled["f1"] == pytest.approx(0.8) and pooled["recall"] == pytest.approx(2 / 3, abs=1e-4)
    assert pooled_words(pooled)[0].count("4 of 6") == 1
    assert pooled_blinks([]) is None and pooled_words(None) == []
