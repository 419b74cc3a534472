"""Everything that a state of a review comes to: the numbers of every figure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mien.review.bias.consensus import Assessed, settle
from mien.review.bias.forms import OVERALL, form
from mien.review.extraction.adjudication import Extracted, accuracy_table, adjudicate
from mien.review.extraction.fairness import Fairness, fairness
from mien.review.living.decisions import STAGES, agreement
from mien.review.living.flow import flow_of, waiting
from mien.review.living.review_folder import Review
from mien.review.prisma.flow import Flow
from mien.review.synthesis.synthesis import Synthesis, SynthesisSettings, synthesise


@dataclass(frozen=True, eq=False)
class Findings:
    """What a state comes to."""

    review: Review
    """The state."""
    flow: Flow
    """Of the version at hand."""
    waiting: dict[str, int]
    """Records that await a decision, by stage."""
    agreement: dict[str, dict[str, Any]]
    """Of reviewers, by stage."""
    extracted: Extracted
    """Data of the included studies."""
    assessed: tuple[Assessed, ...]
    """Risk of bias, by tool."""
    fairness: Fairness
    """What studies report of groups of people."""
    synthesis: Synthesis | None
    """What was pooled; None where no study has four counts."""


def findings(review: Review, *, brief: bool = False) -> Findings:
    """Compute everything from decisions, values and judgements.

    Values and judgements of studies that are not included any more are left out.

    Parameters
    ----------
    review : Review
    brief : bool
        Whether only what another state is compared with is needed: no subgroups, no study left out.
    """
    protocol = review.protocol
    studies = set(review.studies())
    values = [one for one in review.values if one.study in studies]
    said = [one for one in review.judgements if one.study in studies]
    extracted = adjudicate(values, protocol)
    used = [tool for tool in protocol.bias_tools if any(one.tool == tool for one in said)]
    table = accuracy_table(extracted)
    synthesis = None
    if table is not None:
        columns = [
            name
            for name in protocol.synthesis.moderators
            if name in table.columns and _varies(table.columns[name]) and not brief
        ]
        settings = SynthesisSettings(
            fewest=protocol.synthesis.fewest, columns=tuple(columns), influence=not brief
        )
        synthesis = synthesise(table, settings)
    return Findings(
        review=review,
        flow=flow_of(review),
        waiting=waiting(review),
        agreement={stage: agreement(review.decisions, stage) for stage in STAGES},
        extracted=extracted,
        assessed=tuple(settle(said, form(tool)) for tool in used),
        fairness=fairness(extracted),
        synthesis=synthesis,
    )


def _varies(values: tuple[str, ...]) -> bool:
    """Whether a column can moderate: two levels or more, that studies share."""
    return 2 <= len(set(filter(None, values))) <= min(12, len(values) // 2)


def numbers(found: Findings) -> dict[str, dict[str, float]]:
    """By figure and what it is, every number that can change."""
    flow = found.flow.as_dict()
    told: dict[str, dict[str, float]] = {
        "PRISMA flow": {
            "records identified, all versions": sum(one.records for one in found.review.searches),
            "duplicates, all versions": len(found.review.merged),
            "records kept": len(found.review.records),
            "studies included": flow["total_studies"],
        },
        "Agreement": {},
        "Data": {
            "studies with data": len(found.extracted.studies),
            "values taken differently": len(found.extracted.disagreements),
        },
    }
    for stage, one in found.agreement.items():
        if one["kappa"] is not None:
            told["Agreement"][f"κ, {stage}"] = one["kappa"]
            told["Agreement"][f"prevalence-adjusted κ, {stage}"] = one["pabak"]
    for assessed in found.assessed:
        told[f"Risk of bias, {assessed.form.short}"] = {
            f"studies at {level} risk": count
            for level, count in assessed.summary()[OVERALL].items()
        }
    for attribute, counts in found.fairness.reported.items():
        told.setdefault("Groups of people", {})[f"accuracy by {attribute}"] = counts["accuracy"]
    if found.synthesis is not None:
        told |= _pooled(found.synthesis)
    return told


def _pooled(synthesis: Synthesis) -> dict[str, dict[str, float]]:
    told: dict[str, dict[str, float]] = {"Forest plot": {"studies": len(synthesis.table)}}
    fit = synthesis.whole.pooled
    if fit is not None:
        (sens, low, high), (spec, low2, high2) = fit.sensitivity, fit.specificity
        told["Forest plot"] |= {
            "sensitivity": sens, "sensitivity, lower end": low, "sensitivity, upper end": high,
            "specificity": spec, "specificity, lower end": low2, "specificity, upper end": high2,
        }  # fmt: skip
        told["Summary ROC"] = {
            "variance of logit sensitivity": float(fit.sigma[0, 0]),
            "variance of logit specificity": float(fit.sigma[1, 1]),
        }
        if synthesis.whole.curve:
            told["Summary ROC"]["area under the curve"] = synthesis.whole.curve.auc
    if synthesis.deeks:
        told["Funnel plot"] = {"slope": synthesis.deeks.slope, "p": synthesis.deeks.p}
    return told


@dataclass(frozen=True)
class Change:
    """One number before and now."""

    figure: str
    """Of which figure."""
    what: str
    """Which number."""
    before: float | None
    """In the earlier state; None where it was not there."""
    now: float | None
    """None where it is not there any more."""


def changes(before: Findings, now: Findings) -> list[Change]:
    """Every number that is not what it was, in the order of the figures."""
    old, new = numbers(before), numbers(now)
    found = []
    for figure in dict.fromkeys([*new, *old]):
        one, two = old.get(figure, {}), new.get(figure, {})
        for what in dict.fromkeys([*two, *one]):
            if _differ(one.get(what), two.get(what)):
                found.append(Change(figure, what, one.get(what), two.get(what)))
    return found


def _differ(one: float | None, two: float | None) -> bool:
    if one is None or two is None:
        return one is not two
    return abs(one - two) > 1e-9 * max(1.0, abs(one))
