"""What assessors agree on: consensus, differences, and how large agreement is beyond chance."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from mien.review.bias.forms import OVERALL, Form
from mien.review.bias.judgements import APPLICABILITY, CONSENSUS, JUDGEMENT, Judgement
from mien.statistics import cohen, finite_or_none

OPEN = "open"
"""What stands where assessors differ and nobody has decided yet."""


@dataclass(frozen=True)
class Difference:
    """One thing that assessors see differently."""

    study: str
    """Which study."""
    domain: str
    """Key of the domain."""
    item: str
    """`judgement` or `applicability`."""
    answers: dict[str, str]
    """By assessor."""
    decided: str
    """What the consensus is; empty where there is none yet."""


@dataclass(frozen=True)
class Assessed:
    """What is settled of all studies, by one form."""

    form: Form
    """The tool."""
    studies: tuple[str, ...]
    """In the order in which they came."""
    assessors: tuple[str, ...]
    """Without the consensus."""
    judgements: dict[tuple[str, str], str]
    """By study and domain (`overall` too): a level, `open` where assessors differ; absent where
    nobody judged."""
    applicability: dict[tuple[str, str], str]
    """The same for whether a study fits the review."""
    differences: tuple[Difference, ...]
    """Everything that assessors saw differently, decided or not."""
    agreement: dict[str, Any]
    """Of judgements: `n` pairs, `share` that are the same, Cohen's `kappa`, `pabak`, which is
    adjusted for prevalence and bias; by domain in `domains`."""

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "tool": self.form.key,
            "studies": {
                study: {
                    "judgement": _of_study(self.judgements, study),
                    "applicability": _of_study(self.applicability, study),
                }
                for study in self.studies
            },
            "assessors": list(self.assessors),
            "differences": [vars(one) for one in self.differences],
            "agreement": self.agreement,
            "summary": self.summary(),
        }

    def summary(self) -> dict[str, dict[str, int]]:
        """Studies at each level, by domain."""
        keys = [domain.key for domain in self.form.domains] + [OVERALL]
        levels = (*self.form.levels, OPEN)
        return {
            key: {
                level: sum(self.judgements.get((study, key)) == level for study in self.studies)
                for level in levels
            }
            for key in keys
        }


def _of_study(found: dict[tuple[str, str], str], study: str) -> dict[str, str]:
    return {domain: level for (one, domain), level in found.items() if one == study}


def settle(judgements: list[Judgement], form: Form) -> Assessed:
    """Put the judgements of a form together.

    What `consensus` says counts; without it, what all assessors say alike. A study that nobody
    judged as a whole is as bad as its worst domain.
    """
    mine = [
        one
        for one in judgements
        if one.tool == form.key and one.item in (JUDGEMENT, APPLICABILITY) and one.answer
    ]
    said: dict[tuple[str, str, str], dict[str, str]] = defaultdict(dict)
    for one in mine:
        said[one.study, one.domain, one.item][one.assessor] = one.answer
    found: dict[str, dict[tuple[str, str], str]] = {JUDGEMENT: {}, APPLICABILITY: {}}
    differences = []
    for (study, domain, item), answers in said.items():
        others = {who: answer for who, answer in answers.items() if who != CONSENSUS}
        decided = answers.get(CONSENSUS, "")
        if len(set(others.values())) > 1:
            differences.append(Difference(study, domain, item, others, decided))
        alike = next(iter(others.values())) if len(set(others.values())) == 1 else OPEN
        found[item][study, domain] = decided or alike
    studies = tuple(dict.fromkeys(one.study for one in mine))
    for study in studies:
        found[JUDGEMENT].setdefault((study, OVERALL), _worst(found[JUDGEMENT], study, form))
    assessors = sorted({one.assessor for one in mine} - {CONSENSUS})
    return Assessed(
        form=form,
        studies=studies,
        assessors=tuple(assessors),
        judgements=found[JUDGEMENT],
        applicability=found[APPLICABILITY],
        differences=tuple(differences),
        agreement=_agreement(said, form),
    )


def _worst(found: dict[tuple[str, str], str], study: str, form: Form) -> str:
    levels = [found.get((study, domain.key), OPEN) for domain in form.domains]
    known = [form.levels.index(level) for level in levels if level != OPEN]
    worst = max(known, default=-1)
    if worst == len(form.levels) - 1:  # nothing that is open can make it worse
        return form.levels[worst]
    return OPEN if OPEN in levels else form.levels[worst]


def _agreement(said: dict[tuple[str, str, str], dict[str, str]], form: Form) -> dict[str, Any]:
    tables: dict[str, np.ndarray] = defaultdict(lambda: np.zeros((len(form.levels),) * 2))
    for (_, domain, item), answers in said.items():
        if item != JUDGEMENT or domain == OVERALL:
            continue
        others = sorted(who for who in answers if who != CONSENSUS)
        for one, two in combinations(others, 2):
            cell = form.levels.index(answers[one]), form.levels.index(answers[two])
            tables[domain][cell] += 1
            tables[""][cell] += 1
    whole = _of_table(tables[""])
    domains = {key: _of_table(table) for key, table in tables.items() if key}
    return whole | {"domains": domains}


def _of_table(table: np.ndarray) -> dict[str, Any]:
    """Share of pairs that agree, kappa, and kappa adjusted for prevalence (Byrt et al. 1993)."""
    n = int(table.sum())
    if not n:
        return {"n": 0, "share": None, "kappa": None, "pabak": None}
    share = float(np.trace(table) / n)
    k = len(table)
    return {
        "n": n,
        "share": share,
        "kappa": finite_or_none(float(cohen(table[None])[0])),
        "pabak": (k * share - 1) / (k - 1),
    }
