"""Two reviewers, two extractors and two assessors who make mistakes, and agree in the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from mien.review.bias.forms import form
from mien.review.bias.judgements import APPLICABILITY, JUDGEMENT, Judgement
from mien.review.demo.publications import Publication, key_of
from mien.review.extraction.values import CONSENSUS, Value, checked
from mien.review.living.decisions import EXCLUDE, INCLUDE, MAYBE, UNAVAILABLE, Decision
from mien.review.living.review_folder import Review, Stored
from mien.review.protocol.protocol import Field, Protocol

PEOPLE = ("reviewer A", "reviewer B")
_MISSES = 0.03  # share of relevant titles that somebody excludes
_KEEPS = 0.04  # share of irrelevant titles that somebody includes
_ERRS = 0.05  # share of full texts that somebody misjudges
_SLIPS = 0.03  # share of values that somebody takes wrongly
_AWAY = 0.03  # share of full texts that cannot be had


def screen(review: Review, truth: Mapping[str, Publication], seed: int) -> Review:
    """Decide about every record of the version at hand, title and full text."""
    random = np.random.default_rng(seed)
    made: list[Decision] = []
    for one in review.records:
        if one.version != review.version:
            continue
        about = truth[key_of(one.record)]
        said = _by_title(one, about, random)
        made += said
        if said[-1].decision != EXCLUDE:  # where they differ, the last word is the consensus
            made += _by_text(one, about, random)
    return replace(review, decisions=(*review.decisions, *made))


def _by_title(one: Stored, about: Publication, random: np.random.Generator) -> list[Decision]:
    wanted = not about.reason or not about.seen_in_title
    said = []
    for who in PEOPLE:
        slip = random.random() < (_MISSES if wanted else _KEEPS)
        keep = wanted != slip
        unsure = keep and random.random() < (0.05 if not about.reason else 0.25)
        decision = MAYBE if unsure else INCLUDE if keep else EXCLUDE
        said.append(Decision(one.id, "title", who, decision, "" if keep else about.reason))
    if len({decision.decision == EXCLUDE for decision in said}) > 1:
        last = INCLUDE if wanted else EXCLUDE
        said.append(Decision(one.id, "title", CONSENSUS, last, "" if wanted else about.reason))
    return said


def _by_text(one: Stored, about: Publication, random: np.random.Generator) -> list[Decision]:
    if random.random() < _AWAY:
        return [Decision(one.id, "full", who, UNAVAILABLE) for who in PEOPLE]
    right = Decision(one.id, "full", "", EXCLUDE if about.reason else INCLUDE, about.reason)
    said = []
    for who in PEOPLE:
        if random.random() < _ERRS:
            wrong = INCLUDE if about.reason else EXCLUDE
            said.append(replace(right, reviewer=who, decision=wrong,
                                reason="" if about.reason else "not_medical"))  # fmt: skip
        else:
            said.append(replace(right, reviewer=who))
    if len({decision.decision for decision in said}) > 1 or said[0].decision != right.decision:
        said.append(replace(right, reviewer=CONSENSUS, note="settled by discussion"))
    return said


def extract(review: Review, truth: Mapping[str, Publication], seed: int) -> Review:
    """Take the data of every included study that has none yet."""
    random = np.random.default_rng(seed)
    known = {value.study for value in review.values}
    values = list(review.values)
    for study, one in review.studies().items():
        if study not in known:
            about = truth[key_of(one.record)]
            for field in review.protocol.form:
                values += _taken(study, field, about.data.get(field.key, ""), random)
    return replace(review, values=tuple(values))


def _taken(study: str, field: Field, right: str, random: np.random.Generator) -> list[Value]:
    right = checked(field, right)
    page = f"{int(random.integers(2, 11))}" if right else ""
    quote = f"… {field.title.lower()}: {right} …" if right else ""
    said = [
        Value(study, who, field.key, _slip(field, right, random), quote, page) for who in PEOPLE
    ]
    if said[0].value != said[1].value or said[0].value != right:
        said.append(Value(study, CONSENSUS, field.key, right, quote, page))
    return said


def _slip(field: Field, right: str, random: np.random.Generator) -> str:
    if not right or random.random() >= _SLIPS:
        return right
    if field.kind == "count":
        return f"{int(right) + int(random.integers(1, 10))}"
    if field.kind == "choice":
        return field.options[int(random.integers(len(field.options)))]
    if field.kind == "yesno":
        return "no" if right == "yes" else "yes"
    return "" if field.kind != "text" else f"{right}, as stated"


def assess(review: Review, seed: int) -> Review:
    """Judge risk of bias of every included study that was not judged yet."""
    random = np.random.default_rng(seed)
    known = {one.study for one in review.judgements}
    made = list(review.judgements)
    for study in review.studies():
        if study not in known:
            made += _judged(study, review.protocol, random)
    return replace(review, judgements=tuple(made))


def _judged(study: str, protocol: Protocol, random: np.random.Generator) -> Sequence[Judgement]:
    said: list[Judgement] = []
    for tool in protocol.bias_tools:
        used = form(tool)
        for domain in used.domains:
            for item in (JUDGEMENT, *[APPLICABILITY] * bool(domain.applicability)):
                chances = (0.55, 0.25, 0.2) if item == JUDGEMENT else (0.8, 0.12, 0.08)
                right = used.levels[int(random.choice(3, p=chances))]
                answers = [
                    right if random.random() > 0.12 else used.levels[int(random.integers(3))]
                    for _ in PEOPLE
                ]
                for who, answer in zip(PEOPLE, answers, strict=True):
                    said.append(Judgement(study, tool, who, domain.key, item, answer,
                                          "simulated", "", ""))  # fmt: skip
                if answers[0] != answers[1]:
                    said.append(Judgement(study, tool, CONSENSUS, domain.key, item, right))
    return said
