"""Figures of a rating study: scores and deviations as in the paper's Fig. 5, Bland and Altman's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from mien.counted import plural
from mien.report.drawing import (
    CEILING,
    ORIGINAL,
    RESULT,
    Drawing,
    at_most,
    canvas,
    drawn,
    finish,
)
from mien.report.numbers import number
from mien.study.analysis import Analysis, ItemAnalysis
from mien.study.ratings import ItemRatings, Ratings


def figures(analysis: Analysis, ratings: Ratings) -> Iterator[Drawing]:
    """All figures, two for each item that has pairs."""
    for key, item in analysis.items.items():
        yield _scores(item)
        if item.preserved.together.deviation.mean.n:
            yield _bland_altman(item, ratings.of(key))


@drawn
def _scores(item: ItemAnalysis) -> Drawing:
    figure = canvas(2.9)
    left, right = figure.subplots(1, 2)
    _draw_scores(left, item)
    _draw_deviations(right, item)
    of = item.preserved.together.deviation.mean
    middle = "" if of.value is None else f"; mean deviation {number(of.value, 2)}"
    caption = (
        f"{item.item.title}: scores of originals and results, and deviations of "
        f"{plural(of.n, 'pair')}{middle}."
    )
    return finish(f"{item.item.key}-scores", caption, figure)


def _draw_scores(axis: Any, item: ItemAnalysis) -> None:
    versions = [
        (item.distribution["original"], ORIGINAL, "original", ""),
        (item.distribution["result"], RESULT, "result", "//"),
    ]
    names = sorted({score for of, *_ in versions for score in of.scores}, key=float)
    if len(names) > 12:
        bins = np.linspace(item.item.lowest, item.item.highest, 11)
        for of, colour, label, hatch in versions:
            scores = np.clip([float(one) for one in of.scores], bins[0], bins[-1])
            counts = list(of.scores.values())
            axis.hist(
                scores, bins, weights=counts, color=colour, alpha=0.55, label=label, hatch=hatch
            )
    else:
        for k, (of, colour, label, hatch) in enumerate(versions):
            counts = [of.scores.get(name, 0) for name in names] + [of.not_sure]
            places = np.arange(len(counts)) + 0.4 * k - 0.2
            axis.bar(places, counts, 0.4, color=colour, label=label, hatch=hatch, edgecolor="white")
        axis.set_xticks(np.arange(len(names) + 1), [*names, "not sure"])
    axis.set(xlabel="score", ylabel="answers", title="scores")
    axis.legend()


def _draw_deviations(axis: Any, item: ItemAnalysis) -> None:
    for k, (of, colour, label, hatch) in enumerate(
        (
            (item.preserved, RESULT, "result less original", "//"),
            (item.repeated, CEILING, "hidden repeat less original", ""),
        )
    ):
        histogram = of.together.deviation.histogram
        total = sum(histogram.values())
        if total:
            shares = [100 * count / total for count in histogram.values()]
            places = np.array([float(step) for step in histogram]) + 0.4 * k - 0.2
            axis.bar(places, shares, 0.4, color=colour, label=label, hatch=hatch, edgecolor="white")
    axis.set(xlabel="deviation", ylabel="% of pairs", title="deviations")
    if axis.patches:
        at_most(axis, 100)
        low, high = axis.get_xlim()
        axis.set_xlim(min(low, -1.5), max(high, 1.5))  # 0 in its place where it is all there is
        axis.xaxis.get_major_locator().set_params(integer=True)
        axis.legend(fontsize=7, loc="upper center", bbox_to_anchor=(0.5, -0.18))


@drawn
def _bland_altman(item: ItemAnalysis, ratings: ItemRatings) -> Drawing:
    figure = canvas(2.6, 4.8)
    axis = figure.subplots()
    first, second = ratings.original, ratings.result
    known = np.isfinite(first) & np.isfinite(second)
    points = np.stack([(first[known] + second[known]) / 2, second[known] - first[known]], 1)
    places, counts = np.unique(points, axis=0, return_counts=True)
    axis.scatter(
        places[:, 0], places[:, 1], s=12 + 160 * counts / counts.max(), color=RESULT, alpha=0.6
    )
    of = item.preserved.together.deviation
    for one, style in ((of.mean, "-"), (of.lower_limit, "--"), (of.upper_limit, "--")):
        if one.value is not None:
            axis.axhline(one.value, color=ORIGINAL, ls=style, lw=1)
            if one.interval is not None:
                axis.axhspan(*one.interval, color=ORIGINAL, alpha=0.12, lw=0)
    axis.set(xlabel="mean of original and result", ylabel="result less original")
    caption = (
        f"{item.item.title}: Bland and Altman's plot of {of.mean.n} pairs; larger dots are more "
        "pairs, lines are the mean and the limits of agreement with their 95 % intervals."
    )
    return finish(f"{item.item.key}-bland-altman", caption, figure)
