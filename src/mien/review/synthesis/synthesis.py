"""All that is computed of a table of studies, in one object."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from mien.errors import ParameterError
from mien.review.synthesis.accuracy_table import AccuracyTable
from mien.review.synthesis.bivariate import Bivariate, NotEstimable
from mien.review.synthesis.bivariate_binomial import fit_binomial
from mien.review.synthesis.bivariate_normal import fit_normal
from mien.review.synthesis.deeks import DeeksTest, deeks_test
from mien.review.synthesis.hsroc import Hsroc, hsroc
from mien.review.synthesis.influence import leave_one_out
from mien.review.synthesis.moderators import Moderator, moderator, moderators, regress
from mien.review.synthesis.narrative import narrative, study_rows
from mien.review.synthesis.proportions import (
    CORRECTIONS,
    Correction,
    Effects,
    log_odds_ratios,
    logits,
)
from mien.review.synthesis.random_effects import METHODS, RandomEffects, pool

ALL = "all"
"""Name of the group that holds every study."""
FEWEST = 4
"""Studies below which nothing is pooled unless asked for: the models have five parameters."""
_RESERVED = {ALL, "method", "correction"}


@dataclass(frozen=True)
class SynthesisSettings:
    """How a table is pooled.

    Raises
    ------
    ParameterError
        If one of these is out of its range.
    """

    fewest: int = FEWEST
    """Studies below which a group is told instead of pooled, at least 2."""
    nodes: int = 1
    """Of the quadrature of the binomial model; 1 is Laplace's approximation, as in lme4."""
    correction: Correction = "all"
    """What half is added to in the normal model: cells of `all` studies, those of studies with a
    `zero`, or of `none`."""
    columns: tuple[str, ...] | None = None
    """Columns that may moderate; every one that can if None."""
    influence: bool = True
    """Whether each study is left out in turn."""

    def __post_init__(self) -> None:
        if self.fewest < 2:
            raise ParameterError(f"fewest is {self.fewest}: nothing is pooled of fewer than 2.")
        if self.correction not in CORRECTIONS:
            raise ParameterError(
                f"correction is {self.correction!r}: choose one of {', '.join(CORRECTIONS)}."
            )


@dataclass(frozen=True, eq=False)
class Group:
    """What was pooled of all studies, or of a subgroup."""

    table: AccuracyTable
    """The studies."""
    binomial: Bivariate | None = None
    """The binomial model; None where it was not, or cannot be, fitted."""
    normal: Bivariate | None = None
    """The normal model."""
    why_not: dict[str, str] = field(default_factory=dict)
    """Of what is missing, why: by `binomial` and `normal`."""
    univariate: dict[str, dict[str, RandomEffects]] = field(default_factory=dict)
    """By outcome (`sensitivity`, `specificity`, `accuracy`, `odds_ratio`) and method."""
    narrative: dict[str, Any] | None = None
    """In place of all of these, where studies are too few."""

    @property
    def pooled(self) -> Bivariate | None:
        """What stands for the group: the binomial model, or the normal one where that fails."""
        return self.binomial or self.normal

    @property
    def curve(self) -> Hsroc | None:
        """The summary ROC curve; None where none follows."""
        return hsroc(self.pooled) if self.pooled else None


@dataclass(frozen=True, eq=False)
class Synthesis:
    """All that was computed of a table of studies."""

    table: AccuracyTable
    """The studies."""
    settings: SynthesisSettings
    """How they were pooled."""
    whole: Group
    """All of them."""
    subgroups: dict[str, dict[str, Group]]
    """By column and level."""
    regressions: dict[str, dict[str, Any]]
    """By column, as `moderators.regress`."""
    deeks: DeeksTest | None
    """Funnel asymmetry; None where it cannot be tested."""
    influence: list[dict[str, Any]]
    """As `influence.leave_one_out`."""

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        groups = {ALL: self.whole} | _flat(self.subgroups)
        logit = self.whole.univariate.get
        return {
            "n": len(self.table),
            "pooled": self.whole.pooled is not None,
            "fewest": self.settings.fewest,
            "bivariate_binomial": {"method": _binomial_words(self.settings)}
            | {name: _model(one, "binomial") for name, one in groups.items()},
            "bivariate_normal": {"method": _normal_words(self.settings)}
            | {name: _model(one, "normal") for name, one in groups.items()},
            "univariate_logit_sensitivity": _methods(logit("sensitivity", {})),
            "univariate_logit_specificity": _methods(logit("specificity", {})),
            "univariate_logit_accuracy": _methods(logit("accuracy", {})),
            "univariate_log_odds_ratio": _methods(logit("odds_ratio", {})),
            "hsroc": {name: one.curve.as_dict() if one.curve else None
                      for name, one in groups.items()},
            "subgroups": {
                column: {level: _group(one) for level, one in levels.items()}
                for column, levels in self.subgroups.items()
            },
            "meta_regression": self.regressions,
            "deeks_funnel": self.deeks.as_dict() if self.deeks else None,
            "leave_one_out": self.influence,
            "narrative": self.whole.narrative,
            "studies": study_rows(self.table),
            "notes": self.notes(),
        }  # fmt: skip

    def notes(self) -> list[str]:
        """What a reader has to know of these numbers, a sentence each."""
        whole, found = self.whole, []
        if whole.narrative:
            return [whole.narrative["why"]]
        for name, words in whole.why_not.items():
            found.append(f"The {name} model was not fitted: {words}.")
        for model in (whole.binomial, whole.normal):
            if model:
                found += [f"{model.model.capitalize()} model: {note}" for note in model.notes]
        lonely = [
            f"Studies without {whom} people, which tell of {side} only: {int((totals == 0).sum())}."
            for whom, side, totals in (
                ("diseased", "specificity", self.table.diseased),
                ("healthy", "sensitivity", self.table.healthy),
            )
            if (totals == 0).any()
        ]
        if whole.pooled and whole.curve is None:
            found.append(
                "There is no summary ROC curve: a proportion that has no spread gives none."
            )
        elif whole.pooled and whole.pooled.sigma[0, 1] > 0:
            found.append(
                "Sensitivity and specificity rise together over studies, which a common curve with "
                "different thresholds does not explain: read the summary point, not the curve."
            )
        return found + lonely


def synthesise(table: AccuracyTable, settings: SynthesisSettings | None = None) -> Synthesis:
    """Pool a table of studies of diagnostic accuracy.

    Parameters
    ----------
    table : AccuracyTable
    settings : SynthesisSettings, optional

    Raises
    ------
    ParameterError
        If a column that should moderate is not there, or cannot.
    """
    settings = settings or SynthesisSettings()
    whole = pool_group(table, settings)
    chosen = _chosen(table, settings)
    subgroups = {
        one.name: {
            level: pool_group(table.take(rows), settings)
            for level, rows in table.levels(one.name).items()
        }
        for one in chosen
        if one.kind == "groups"
    }
    regressions = {}
    if whole.narrative is None:
        regressions = {
            one.name: regress(table, one, nodes=settings.nodes)
            for one in chosen
            if one.rows.sum() >= max(settings.fewest, one.design.shape[1] + 3)
        }
    influence = []
    if whole.binomial and settings.influence:
        influence = leave_one_out(table, whole.binomial)
    return Synthesis(table, settings, whole, subgroups, regressions, deeks_test(table), influence)


def pool_group(table: AccuracyTable, settings: SynthesisSettings) -> Group:
    """Pool some studies, or tell of them where they are too few."""
    informative = min((table.diseased > 0).sum(), (table.healthy > 0).sum())
    if informative < settings.fewest:
        which = "" if informative == len(table) else ", with both diseased and healthy people"
        noun = "study" if informative == 1 else "studies"
        why = (
            f"{informative} {noun}{which}: fewer than {settings.fewest} are not pooled but "
            "described."
        )
        return Group(table, narrative=narrative(table, why))
    why_not: dict[str, str] = {}
    binomial = normal = None
    try:
        binomial = fit_binomial(table, nodes=settings.nodes)
    except NotEstimable as error:
        why_not["binomial"] = str(error)
    try:
        normal = fit_normal(table, settings.correction)
    except NotEstimable as error:
        why_not["normal"] = str(error)
    outcomes = {
        "sensitivity": logits(table.tp, table.fn),
        "specificity": logits(table.tn, table.fp),
        "accuracy": logits(table.tp + table.tn, table.fp + table.fn),
        "odds_ratio": log_odds_ratios(table, "zero"),
    }
    univariate = {name: _all_methods(effects) for name, effects in outcomes.items()}
    return Group(table, binomial, normal, why_not, univariate)


def _all_methods(effects: Effects) -> dict[str, RandomEffects]:
    if effects.known.sum() < 2:
        return {}
    return {method: pool(effects, method) for method in METHODS}


def _chosen(table: AccuracyTable, settings: SynthesisSettings) -> list[Moderator]:
    if settings.columns is None:
        return moderators(table)
    found = []
    for name in settings.columns:
        if name.strip().lower() not in table.columns:
            there = ", ".join(table.columns) or "none"
            raise ParameterError(
                f"The table has no column {name!r}; those besides counts: {there}."
            )
        one = moderator(table, name.strip().lower())
        if one is None:
            raise ParameterError(
                f"The column {name!r} cannot moderate: it needs numbers that differ, or at least "
                f"two "
                "words that several studies share."
            )
        found.append(one)
    return found


def _flat(subgroups: dict[str, dict[str, Group]]) -> dict[str, Group]:
    """Subgroups under their levels' names; under column and level where these are not enough."""
    names = [level for levels in subgroups.values() for level in levels]
    return {
        level if names.count(level) == 1 and level not in _RESERVED else f"{column}={level}": group
        for column, levels in subgroups.items()
        for level, group in levels.items()
    }


def _model(group: Group, which: str) -> dict[str, Any]:
    fit = group.binomial if which == "binomial" else group.normal
    if fit is not None:
        return fit.as_dict()
    if group.narrative:
        return {"n": len(group.table), "not_pooled": group.narrative["why"]}
    return {"n": len(group.table), "not_estimable": group.why_not[which]}


def _group(group: Group) -> dict[str, Any]:
    return {
        "n": len(group.table),
        "bivariate_binomial": _model(group, "binomial"),
        "bivariate_normal": _model(group, "normal"),
        "hsroc": group.curve.as_dict() if group.curve else None,
        "univariate_logit_sensitivity": _methods(group.univariate.get("sensitivity", {})),
        "univariate_logit_specificity": _methods(group.univariate.get("specificity", {})),
        "narrative": group.narrative,
    }


def _methods(found: dict[str, RandomEffects]) -> dict[str, Any]:
    return {method: one.as_dict() for method, one in found.items()}


def _binomial_words(settings: SynthesisSettings) -> str:
    how = (
        "Laplace approximation, as lme4 with nAGQ=1"
        if settings.nodes == 1
        else f"adaptive Gauss-Hermite quadrature, {settings.nodes} x {settings.nodes} nodes"
    )
    return f"generalised linear mixed model, exact binomial, unstructured 2x2 covariance, {how}"


def _normal_words(settings: SynthesisSettings) -> str:
    added = {
        "all": "0.5 added to every cell",
        "zero": "0.5 added to cells of studies with a zero",
        "none": "nothing added to cells",
    }[settings.correction]
    return f"Reitsma 2005: logit sensitivity and logit false-positive rate, {added}, REML"
