"""Timelines of scripted observations: what was said is there, and what is missing stays missing."""

from __future__ import annotations

import numpy as np
import pytest
from observed import TINY, observed

from mien.emotion.classifier import EXPRESSIONS
from mien.encounter.observation import NOT_SEEN, Observation
from mien.encounter.soundtrack import RATE, Soundtrack
from mien.encounter.timeline import NO_RECORDING, UNCLEAR, Timeline
from mien.encounter.timeline_files import load_timelines, save_timelines, table_of
from mien.errors import FormatError, OutputError, ParameterError


def test_the_script_is_recovered():
    course = [(2.0, 4.0, "sadness"), (6.0, 7.0, "happiness")]
    timeline = Timeline.of(observed("patient", 9, course), "patient")
    assert (
        timeline.names()
        == ["neutral"] * 2 + ["sadness"] * 2 + ["neutral"] * 2 + ["happiness"] + ["neutral"] * 2
    )
    assert np.allclose(timeline.probabilities.sum(1), 1, atol=1e-5)
    assert (timeline.assessable == 1).all() and (timeline.samples == 5).all()


def test_what_is_missing_stays_missing():
    seen = observed("doctor", 8, [], missing=[(2.0, 4.0), (5.0, 5.3)])
    timeline = Timeline.of(seen, "doctor", start=0, end=10)
    assert [timeline.names()[k] for k in (2, 3, 8, 9)] == [None] * 4
    assert timeline.reasons[2] == NOT_SEEN and timeline.reasons[8] == NO_RECORDING
    assert np.isnan(timeline.probabilities[[2, 3, 8, 9]]).all()
    assert np.isnan(timeline.scores[[2, 8]]).all()
    assert timeline.assessable[2] == 0 and np.isnan(timeline.assessable[8])
    # two of five moments: most of the second was seen
    assert timeline.names()[5] == "neutral" and timeline.assessable[5] == pytest.approx(0.6)


def test_most_of_a_step_has_to_be_assessable():
    seen = observed("doctor", 3, [], missing=[(1.0, 1.75)])
    assert Timeline.of(seen, "doctor").names() == ["neutral", None, "neutral"]
    assert Timeline.of(seen, "doctor", least=0.1).names() == ["neutral"] * 3


def test_nothing_is_named_that_does_not_stand_out():
    even = np.full(7, 1 / 7)
    seen = [Observation(0.2 * k, "doctor", even) for k in range(5)]
    timeline = Timeline.of(seen, "doctor")
    assert timeline.names() == [None] and timeline.reasons == (UNCLEAR,)
    assert np.allclose(timeline.probabilities, 1 / 7)


def test_half_an_answer_is_none():
    broken = np.full(7, 0.1)
    broken[3] = np.nan
    assert Observation(0.0, "doctor", broken).probabilities is None
    with pytest.raises(ParameterError, match=r"shape \(7,\)"):
        Observation(0.0, "doctor", np.ones(6))
    with pytest.raises(ParameterError, match="nurse"):
        Observation(0.0, "nurse")


def test_speaking_needs_a_moving_mouth_and_sound():
    rng = np.random.default_rng(0)
    loud = np.where((np.arange(12 * RATE) // RATE) % 4 < 2, 0.2, 0.001)
    sound = Soundtrack((loud * rng.standard_normal(12 * RATE)).astype(np.float32))
    # the mouth moves in seconds 0 to 5, and once (a smile) in 9
    opening = [(rng.uniform(0, 0.2) if t < 6 else 0.1 * (t > 9.1)) for t in np.arange(60) * 0.2]
    seen = [
        Observation(0.2 * k, "doctor", TINY, mouth=float(value)) for k, value in enumerate(opening)
    ]
    timeline = Timeline.of(seen, "doctor", soundtrack=sound)
    assert timeline.speaking.tolist() == [1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0]
    assert np.isnan(Timeline.of(seen, "doctor").speaking).all()


def test_tables_keep_everything(tmp_path):
    pair = [
        Timeline.of(observed(role, 6, [(1, 3, "fear")], missing=[(4, 5)]), role)
        for role in ("doctor", "patient")
    ]
    table = table_of(pair[0])
    assert table["expression"].to_pylist()[4] is None and table["p_fear"].null_count == 1
    path = tmp_path / "timelines.parquet"
    save_timelines(path, pair)
    back = load_timelines(path)
    for timeline in pair:
        other = back[timeline.role]
        assert other.names() == timeline.names() and other.reasons == timeline.reasons
        assert other.resolution == timeline.resolution
        for name in ("times", "probabilities", "scores", "assessable", "samples", "towards"):
            np.testing.assert_allclose(getattr(other, name), getattr(timeline, name))
    with pytest.raises(OutputError, match="already exists"):
        save_timelines(path, pair)


def test_other_files_are_refused(tmp_path):
    with pytest.raises(FormatError, match="there is no such file"):
        load_timelines(tmp_path / "none.parquet")
    other = tmp_path / "other.parquet"
    other.write_bytes(b"not parquet")
    with pytest.raises(FormatError, match="cannot be read"):
        load_timelines(other)


def test_finer_steps():
    seen = observed("patient", 4, [(1.0, 2.0, "anger")], fps=10)
    timeline = Timeline.of(seen, "patient", resolution=0.1)
    assert len(timeline) == 40 and (timeline.samples == 1).all()
    assert timeline.times[timeline.dominant == EXPRESSIONS.index("anger")][0] == pytest.approx(1.0)
    for wrong in (0.0, 100.0):
        with pytest.raises(ParameterError, match="resolution"):
            Timeline.of(seen, "patient", resolution=wrong)
