"""Trials of human re-identification: what judges were planted to answer is found again."""

from __future__ import annotations

import json

import numpy as np
import pytest

from mien.errors import FormatError
from mien.study.estimate import share
from mien.study.reidentification import analyse_trials
from mien.study.simulated_judges import SimulatedTrials, simulate_trials
from mien.study.trials import Trial, answer_class, read_trials


def trials(*answers, arm="inner"):
    return [Trial("A", str(k), arm, answer, str(k), 6) for k, answer in enumerate(answers)]


def written(tmp_path, content):
    path = tmp_path / "trials.csv"
    path.write_text(content)
    return path


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("None", "none"),
        ("Original – Result", "original-result"),
        ("result/original", "original-result"),
        ("source + de-identified", "surrogate-result"),
        ("surrogate and result", "surrogate-result"),
        ("surrogate-original", "other"),
        ("control 1, control 3", "other"),
        ("control-result", "other"),
        ("other", "other"),
        ("original-original", None),
        ("original", None),
        ("original-result-control", None),
        ("", None),
    ],
)
def test_answers_are_pairs_of_roles_in_either_order(said, meant):
    assert answer_class(said) == meant


def test_a_table_is_read(tmp_path):
    found = read_trials(
        written(tmp_path, "Judge;Trial;Arm;Faces;Answer\nA;1;;;none\nA;1;whole;4;result-original\n"
                "A;1;blanked;;recognised\n")
    )  # fmt: skip
    assert [(t.arm, t.faces, t.answer, t.clip) for t in found] == [
        ("inner", 6, "none", "1"),
        ("whole", 4, "original-result", "1"),
        ("blanked", 1, "recognised", "1"),
    ]
    assert found[1].chance == pytest.approx(1 / 6)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("A,1,inner,none", "line 3: A answered trial 1 in line 2 already"),
        ("A,2,inner,maybe", "line 3: answer is 'maybe': write none, original-result"),
        ("A,2,acquaintances,original-result", "line 3: answer is 'original-result': write none, w"),
        ("A,2,outer,none", "line 3: arm is 'outer'"),
        (",2,inner,none", "line 3: judge is empty"),
    ],
)
def test_a_wrong_line_is_named(tmp_path, line, said):
    with pytest.raises(FormatError, match=said):
        read_trials(written(tmp_path, f"judge,trial,arm,answer\nA,1,inner,none\n{line}\n"))


def test_an_empty_number_of_faces_is_six_and_not_unsure(tmp_path):
    with pytest.raises(
        FormatError, match="write how many were shown, 3 to 20, or leave it empty for 6"
    ):
        read_trials(written(tmp_path, "judge,trial,faces,answer\nA,1,NaN,none\n"))


def test_planted_rates_are_found():
    arm = analyse_trials(simulate_trials(SimulatedTrials(seed=1))).arms["inner"]
    for name, rate in (("none", 0.59), ("surrogate-result", 0.226), ("other", 0.167),
                       ("original-result", 0.017)):  # fmt: skip
        assert arm.rates[name].holds(rate)
    assert arm.clustered.holds(0.017) and arm.mixed.rate.holds(0.017)
    assert arm.chance.p > 0.05 and len(arm.by_judge) == 7


def test_exact_intervals_are_published_ones():
    """9 of 532, the paper's 1.7 %: Clopper and Pearson's .0078 to .0319."""
    from scipy.stats import beta

    arm = analyse_trials(trials(*["original-result"] * 9, *["none"] * 523)).arms["inner"]
    one = arm.rates["original-result"]
    assert one.value == pytest.approx(0.017, abs=1e-3)
    assert [one.low, one.high] == pytest.approx(
        [beta.ppf(0.025, 9, 524), beta.ppf(0.975, 10, 523)], abs=1e-9
    )


def test_blind_naming_is_no_better_than_chance_and_seeing_is():
    low = [
        analyse_trials(simulate_trials(SimulatedTrials(judges=2, clips=60, blind=True, seed=k)))
        .arms["inner"].chance.p < 0.05
        for k in range(12)
    ]  # fmt: skip
    assert sum(low) <= 2
    seeing = analyse_trials(trials(*["original-result"] * 8, *["other"] * 12)).arms["inner"]
    assert seeing.chance.p < 0.001 and "more often than blind" in seeing.chance.words


def test_the_chance_of_different_numbers_of_faces():
    """Hits among trials of unlike chances follow the Poisson binomial law."""
    some = [Trial("A", "1", "inner", "original-result", "1", 3),
            Trial("A", "2", "inner", "original-result", "2", 6)]  # fmt: skip
    found = analyse_trials(some).arms["inner"].chance
    assert found.p == pytest.approx(1 / 3 / 15)


def test_what_is_not_defined_is_said():
    for some in (trials("none"), trials("none", "none"), trials("original-result"),
                 trials("recognised", arm="blanked")):  # fmt: skip
        content = analyse_trials(some).to_json()
        json.dumps(content, allow_nan=False)
        (arm,) = content["arms"].values()
        assert arm["found"]["mixed_model"]["rate"]["why"]
        assert arm["found"]["clustered_by_judge"]["why"]
    with pytest.raises(FormatError):
        analyse_trials([])


def test_acquaintances_against_covered_faces():
    rng = np.random.default_rng(0)
    some = [
        Trial(f"J{k % 4}", str(k), arm, "recognised" if rng.random() < rate else "none", str(k), 1)
        for arm, rate in (("acquaintances", 0.6), ("blanked", 0.5))
        for k in range(80)
    ]
    found = analyse_trials(some)
    assert found.beyond_covered.holds(0.1)


def differing(seed, judges, clips=40, middle=-1.2, sd=1.0):
    """Answers of judges and patients who really differ, in one arm."""
    rng = np.random.default_rng(seed)
    logits = middle + rng.normal(0, sd, judges)[:, None] + rng.normal(0, 0.8, clips)
    hits = rng.random((judges, clips)) < 1 / (1 + np.exp(-logits))
    return [
        Trial(f"J{j}", str(c), "inner", "original-result" if hits[j, c] else "none", str(c), 6)
        for j in range(judges)
        for c in range(clips)
    ]


@pytest.mark.parametrize("judges", [2, 3, 4, 7])
def test_few_judges_who_differ_make_the_rate_less_sure(judges):
    """The mean of that many judges is not that of all: the exact interval held it in half."""
    spread = np.random.default_rng(0).normal(0, np.hypot(1.0, 0.8), 100_000)
    truth = float((1 / (1 + np.exp(1.2 - spread))).mean())
    held = []
    for seed in range(60):
        some = differing(seed, judges)
        hits = np.array([one.answer == "original-result" for one in some])
        held.append(share(hits, np.array([one.judge for one in some]), fewest=2).holds(truth))
    assert sum(held) >= 53  # 95 % but for what is seen once in a thousand


def test_judges_and_patients_who_differ_are_told_apart():
    found = analyse_trials(differing(2, 7, 60, sd=1.5)).arms["inner"]
    assert found.mixed.rate.holds(found.rates["original-result"].value)
    assert found.mixed.judges_sd > 0.5 and found.mixed.clips_sd > 0.2
    exact, clustered = found.rates["original-result"], found.clustered
    assert clustered.high - clustered.low > 1.5 * (exact.high - exact.low)
    again = analyse_trials(differing(2, 7, 60, sd=1.5))
    assert again.arms["inner"].to_json() == found.to_json()


def test_arms_stand_in_their_order_whatever_the_table():
    some = [*trials("none", arm="blanked"), *trials("wrong", arm="acquaintances"),
            *trials("none", arm="whole"), *trials("none", "other")]  # fmt: skip
    assert list(analyse_trials(some).arms) == ["inner", "whole", "acquaintances", "blanked"]


def test_many_trials_are_analysed_and_too_many_people_are_said():
    rng = np.random.default_rng(0)
    some = [
        Trial(f"J{k % 20}", str(k), "inner", "original-result" if hit else "other", str(k), faces)
        for k, (hit, faces) in enumerate(
            zip(rng.random(20_000) < 0.02, rng.integers(3, 9, 20_000), strict=True)
        )
    ]
    arm = analyse_trials(some).arms["inner"]
    assert arm.chance.p > 0.999 and "too many for the model" in arm.mixed.rate.why
    judges = [Trial(f"J{k}", "1", "inner", "none", "1", 6) for k in range(101)]
    with pytest.raises(FormatError, match="101 judges are too many"):
        analyse_trials(judges)


def test_the_command(mien, tmp_path):
    done = mien("study", "simulate", "-o", tmp_path / "t.csv", "--kind", "trials", "--clips", 20)
    assert done.exit_code == 0, done.output
    done = mien("study", "reid", tmp_path / "t.csv", "-o", tmp_path / "report")
    assert done.exit_code == 0 and "trials" in done.stdout, done.output
    page = (tmp_path / "report" / "report.html").read_text()
    for words in ("59.0 %", "22.6 %", "16.7 %", "1.7 %", "Zhu et al.", "By judge"):
        assert words in page
    assert json.loads((tmp_path / "report" / "statistics.json").read_text())["trials"] == 140
    again = mien("study", "reid", tmp_path / "report" / "trials.csv", "-o", tmp_path / "two")
    assert again.exit_code == 0
    bad = mien("study", "simulate", "-o", tmp_path / "x.csv", "--kind", "other")
    assert bad.exit_code == 2 and not (tmp_path / "x.csv").exists()
