"""Synthesis without pooling: what each study found, and what can be said of all of them.

Follows the reporting guideline for synthesis without meta-analysis (SWiM): Campbell et al., BMJ
2020; 368:l6890. Its nine items are told in our own words.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import stats

from mien.review.synthesis.accuracy_table import AccuracyTable
from mien.review.synthesis.proportions import exact_intervals

_CHANCE = 1.0  # Youden's index is above 0 if sensitivity + specificity is above it


def study_rows(table: AccuracyTable) -> list[dict[str, Any]]:
    """What each study found, with exact intervals, for JSON and for tables.

    Returns
    -------
    rows : list of dict
        `study`, the four counts, `sensitivity` and `specificity` (None where nobody was examined)
        with `sensitivity_ci` and `specificity_ci`, and all other columns.
    """
    sides = {
        "sensitivity": (table.tp, table.diseased),
        "specificity": (table.tn, table.healthy),
    }
    ends = {side: exact_intervals(hits, totals) for side, (hits, totals) in sides.items()}
    rows = []
    for k, label in enumerate(table.labels):
        row: dict[str, Any] = {"study": label}
        row |= {cell: int(getattr(table, cell)[k]) for cell in ("tp", "fp", "fn", "tn")}
        for side, (hits, totals) in sides.items():
            there = totals[k] > 0
            row[side] = float(hits[k] / totals[k]) if there else None
            row[f"{side}_ci"] = [float(end) for end in ends[side][k]] if there else None
        row["columns"] = {name: values[k] for name, values in table.columns.items()}
        rows.append(row)
    return rows


def narrative(table: AccuracyTable, why: str) -> dict[str, Any]:
    """Summary of studies that are not pooled, for JSON.

    Parameters
    ----------
    table : AccuracyTable
    why : str
        Why they are not pooled, a sentence.

    Returns
    -------
    found : dict
        `why`; `summary` with the median, quartiles and range of both proportions; `direction` with
        how many studies do better than chance and a two-sided sign test; `swim`, the guideline's
        items answered.
    """
    rows = study_rows(table)
    summary = {}
    for side in ("sensitivity", "specificity"):
        values = np.array([row[side] for row in rows if row[side] is not None])
        if len(values):
            low, middle, high = np.percentile(values, [25, 50, 75])
            summary[side] = {
                "n": len(values),
                "median": float(middle),
                "quartiles": [float(low), float(high)],
                "range": [float(values.min()), float(values.max())],
            }
    both = [row for row in rows if None not in (row["sensitivity"], row["specificity"])]
    better = sum(row["sensitivity"] + row["specificity"] > _CHANCE for row in both)
    p = float(stats.binomtest(better, len(both)).pvalue) if both else None
    return {
        "why": why,
        "n": len(table),
        "summary": summary,
        "direction": {"better_than_chance": better, "n": len(both), "sign_test_p": p},
        "swim": swim_items(why),
    }


def swim_items(why: str) -> list[dict[str, str]]:
    """The guideline's items, and how this synthesis answers each."""
    answers = (
        ("Grouping of studies", "All studies together, and by the columns named as subgroups."),
        ("Standardised metric", "Sensitivity and specificity, each with an exact 95 % interval."),
        (
            "Method of synthesis",
            "Median, quartiles and range of both; number of studies in which sensitivity plus "
            f"specificity exceeds 1, with a sign test. {why}",
        ),
        (
            "Criteria for the order of results",
            "None is preferred: studies stand in the order of the table. Risk of bias stands "
            "beside "
            "them where it was judged.",
        ),
        ("Heterogeneity", "Shown by the table and by the forest plot, which has no pooled point."),
        ("Certainty of evidence", "To be judged by the reviewers; no number here stands for it."),
        ("How data are shown", "A table with all counts, a forest plot, and points in ROC space."),
        ("Reporting of results", "Every study with its interval; none is left out of the summary."),
        (
            "Limitations",
            "Without pooling there is no average accuracy; a count of directions says nothing "
            "about "
            "how large an effect is.",
        ),
    )  # fmt: skip
    return [{"item": item, "answer": answer} for item, answer in answers]
