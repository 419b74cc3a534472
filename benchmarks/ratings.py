"""How often the intervals of a rating study hold what was planted.

Simulates studies of 76 clips, original and result, with three raters as in the comparison study,
one who guesses and one who reads the scale backwards, and trials of seven judges. For every
statistic it counts in how many studies the 95 % interval holds the truth: what was planted, or, of
what follows from it (kappa, AC, alpha, ICC), the same statistic in a study of very many clips by
the same raters. Prints a table, and how long one study of 76 x 2 clips x 3 raters takes::

    python benchmarks/ratings.py --studies 100

A share of 200 studies is known to 3 % or so, and who looks for the worst of 130 finds one that had
bad luck. ``--closely 3000`` counts those that were worst, agreement of results with originals on
tremor, where most scores are 0, in as many studies of their own::

    python benchmarks/ratings.py --closely 3000 --seed 7
"""

from __future__ import annotations

import argparse
import json
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from mien.study.analysis import Analysis, ItemAnalysis, analyse
from mien.study.coefficients import kappas, ordinal_alphas
from mien.study.estimate import Estimate, LeftOut, jackknifed
from mien.study.intraclass import intraclasses
from mien.study.items import HYPOMIMIA, SPEECH, TREMOR, shipped
from mien.study.published import ANSWERS
from mien.study.reidentification import analyse_trials
from mien.study.simulated import SimulatedRater, SimulatedStudy, simulate, usual_raters
from mien.study.simulated_judges import SimulatedTrials, simulate_trials

ITEMS = (HYPOMIMIA, TREMOR, SPEECH)
RATERS = usual_raters(3)
STRANGE = (
    SimulatedRater("guesser", guesses=True, not_sure=0.05),
    SimulatedRater("backwards", backwards=True, not_sure=0.05),
)
BIAS, SAME, NOT_SURE = -0.23, 0.8, 0.05
_LARGE = 5_000  # clips of the study that the truth is taken from


def planted(found: Analysis) -> Iterator[tuple[str, Estimate, float]]:
    """Statistics that were planted as such: name, estimate, truth."""
    for key, item in found.items.items():
        bias = BIAS if key == HYPOMIMIA else 0.0
        yield f"{key}: mean deviation", item.preserved.together.deviation.mean, bias
        yield f"{key}: self-agreement", item.repeated.together.deviation.identical, SAME
        yield f"{key}: not sure, originals", item.not_sure.original, NOT_SURE
        yield f"{key}: not sure, results", item.not_sure.result, NOT_SURE
        for name, one in item.preserved.each.items():
            yield f"{key}: mean deviation of {name}", one.deviation.mean, bias


def derived(item: ItemAnalysis) -> Iterator[tuple[str, Estimate]]:
    """Statistics whose truth follows from what was planted: name and estimate."""
    key, of = item.item.key, item.preserved.together
    yield f"{key}: identical", of.deviation.identical
    yield f"{key}: differ by 1 at most", of.deviation.within_one
    yield f"{key}: mean size", of.deviation.absolute
    yield f"{key}: lower limit of agreement", of.deviation.lower_limit
    yield f"{key}: upper limit of agreement", of.deviation.upper_limit
    for where, agreed in (
        ("result, all raters", of.agreement),
        ("result, R1", item.preserved.each["R1"].agreement),
        ("repeats, all raters", item.repeated.together.agreement),
        ("between raters", item.between["original"].agreement),
    ):
        for name, one in agreed.items():
            if name not in ("identical", "within_one"):
                yield f"{key}: {name}, {where}", one


def _judges(seed: int, held: dict[str, list[bool]]) -> None:
    alike = analyse_trials(simulate_trials(SimulatedTrials(judges_sd=0, seed=seed))).arms["inner"]
    for name, rate in ANSWERS.items():
        held[f"judges who are alike: {name}, exact"].append(alike.rates[name].holds(rate))
    arm = analyse_trials(simulate_trials(SimulatedTrials(seed=seed))).arms["inner"]
    held["judges who differ: found, by judge"].append(
        arm.clustered.holds(ANSWERS["original-result"])
    )
    held["judges who differ: found, mixed model"].append(
        arm.mixed.rate.holds(ANSWERS["original-result"])
    )
    blind = analyse_trials(simulate_trials(SimulatedTrials(blind=True, seed=seed))).arms["inner"]
    assert blind.chance is not None and blind.chance.p is not None
    held["judges: who names blindly is no better than chance"].append(blind.chance.p >= 0.05)


def closely(studies: int, seed: int) -> dict[str, list[bool]]:
    """Whether intervals of agreement of results with originals on tremor hold the truth."""
    scores = shipped()[TREMOR].scores
    coefficients = {
        "kappa_linear": lambda table, left: kappas(table, scores, 1, left),
        "kappa_quadratic": lambda table, left: kappas(table, scores, 2, left),
        "alpha": lambda table, left: ordinal_alphas(table, scores, left),
        "icc_2_1": lambda table, left: intraclasses(table, True, left),
        "icc_3_1": lambda table, left: intraclasses(table, False, left),
    }

    def pairs(clips: int, number: int) -> tuple[np.ndarray, np.ndarray]:
        study = SimulatedStudy(clips, RATERS, (TREMOR,), repeats=0.0, seed=number)
        given = simulate(study).of(TREMOR)
        both = np.stack([given.original.ravel(), given.result.ravel()], 1)
        of = np.broadcast_to(np.arange(clips), given.original.shape).ravel()
        known = np.isfinite(both).all(1)
        return both[known], of[known]

    large, _ = pairs(4 * _LARGE, 0)
    truth = {
        name: values(large, LeftOut.nobody(len(large)))[0] for name, values in coefficients.items()
    }
    held: dict[str, list[bool]] = defaultdict(list)
    for k in range(studies):
        table, of = pairs(76, seed * 100_000 + k)
        left = LeftOut.of(of)
        for name, values in coefficients.items():
            found = jackknifed(values(table, left), left, len(table))
            held[f"{TREMOR}: {name}, result, all raters"].append(found.holds(truth[name]))
    return held


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--closely", type=int, help="Studies in which the worst are counted.")
    parser.add_argument("--json", type=Path, help="Where the counts go.")
    arguments = parser.parse_args()
    if arguments.closely:
        for name, hits in closely(arguments.closely, arguments.seed).items():
            print(f"{sum(hits):4d} of {len(hits):4d}  {name}")
        return
    held: dict[str, list[bool]] = defaultdict(list)
    large = analyse(simulate(SimulatedStudy(_LARGE, RATERS, ITEMS, repeats=1.0, seed=0)))
    truth = {
        name: one.value
        for item in large.items.values()
        for name, one in derived(item)
        if one.value is not None
    }
    seconds = []
    for k in range(arguments.studies):
        seed = arguments.seed * 100_000 + k
        ratings = simulate(SimulatedStudy(raters=RATERS, items=ITEMS, seed=seed))
        began = time.perf_counter()
        found = analyse(ratings)
        seconds.append(time.perf_counter() - began)
        for name, one, value in planted(found):
            held[name].append(one.holds(value))
        for item in found.items.values():
            for name, one in derived(item):
                if name in truth and one.interval is not None:
                    held[name].append(one.holds(truth[name]))
        strange = SimulatedStudy(raters=(*RATERS, *STRANGE), items=(HYPOMIMIA,), seed=seed)
        item = analyse(simulate(strange)).items[HYPOMIMIA]
        guesser = item.preserved.each["guesser"].agreement["kappa_quadratic"]
        held["who guesses: κ of 0"].append(guesser.holds(0.0))
        held["who guesses is named"].append("guessing" in item.checks["guesser"].words)
        held["who answers backwards is named"].append("backwards" in item.checks["backwards"].words)
        _judges(seed, held)
    for name, hits in sorted(held.items(), key=lambda pair: sum(pair[1]) / len(pair[1])):
        print(f"{sum(hits):4d} of {len(hits):4d}  {name}")
    shares = [sum(hits) / len(hits) for hits in held.values()]
    print(f"{sum(s >= 0.93 for s in shares)} of {len(shares)} at 93 % or more; the mean is "
          f"{100 * sum(shares) / len(shares):.1f} %")  # fmt: skip
    print(f"one study of 76 x 2 clips x 3 raters: {sorted(seconds)[len(seconds) // 2]:.1f} s")
    if arguments.json:
        arguments.json.write_text(json.dumps({n: [sum(h), len(h)] for n, h in held.items()}))


if __name__ == "__main__":
    main()
