"""Made-up publications with known truth: what they are about, and what they found.

Accuracy of the studies that belong comes from the bivariate model with known parameters, so that
the pooled result can be compared with the truth.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import numpy as np
from scipy.special import expit

from mien.review.demo import vocabulary as words
from mien.review.records.record import Record

MEAN = (1.9, 2.2)
"""Mean logit sensitivity and specificity of studies that were split, not validated outside."""
SPREAD = (0.6, 0.7)
"""Standard deviations between studies."""
CORRELATION = -0.4
EXTERNAL = -0.7
"""What external validation adds to the logit of sensitivity."""
_IN_FULL = 0.16  # share of irrelevant publications that only the full text gives away


@dataclass(frozen=True)
class Publication:
    """One made-up publication, and the truth about it."""

    record: Record
    """As it would stand in a database that knows everything."""
    reason: str = ""
    """Why it does not belong; empty if it does."""
    seen_in_title: bool = True
    """Whether title and abstract give that away."""
    data: dict[str, str] = field(default_factory=dict)
    """By field of the form, what a report of it says."""

    @property
    def key(self) -> str:
        """By which its records are known again."""
        return key_of(self.record)


def key_of(record: Record) -> str:
    """A title without case and punctuation."""
    return re.sub(r"[^a-z0-9]", "", record.title.lower())


def publications(seed: int, *, relevant: int, irrelevant: int, years: range) -> list[Publication]:
    """Make publications, in an order that tells nothing.

    Parameters
    ----------
    seed : int
    relevant, irrelevant : int
        How many.
    years : range
        Of publication.
    """
    random = np.random.default_rng(seed)
    found: dict[str, Publication] = {}
    while len(found) < relevant:
        one = _relevant(random, years, len(found))
        found.setdefault(one.key, one)
    while len(found) < relevant + irrelevant:
        one = _irrelevant(random, years, len(found))
        found.setdefault(one.key, one)
    made = list(found.values())
    return [made[k] for k in random.permutation(len(made))]


def _pick(random: np.random.Generator, choices: tuple[str, ...] | list[str]) -> str:
    return choices[int(random.integers(len(choices)))]


def _relevant(random: np.random.Generator, years: range, number: int) -> Publication:
    cause = _pick(random, ["gene", "gene", "neurological", "neurological", "psychiatric",
                           "medication", "other"])  # fmt: skip
    condition = _pick(random, words.CONDITIONS[cause])
    technique = _pick(random, words.TECHNIQUES)
    country = _pick(random, words.COUNTRIES)
    video = cause in ("neurological", "psychiatric") and random.random() < 0.7
    validation = _pick(random, ["split", "split", "cross-validation", "external"])
    counts = _counts(random, validation == "external")
    people = sum(counts)
    accuracy = (counts[0] + counts[3]) / people
    medium = "videos" if video else "photographs"
    title = (
        f"Detecting {condition} from facial {medium} with {technique}: "
        f"{_pick(random, words.DESIGNS)} in {country}"
    )
    abstract = (
        f"BACKGROUND: {condition[:1].upper()}{condition[1:]} changes the face. We asked whether "
        f"{technique} can recognise it from facial {medium}. METHODS: We collected {medium} of "
        f"{counts[0] + counts[2]} patients and {counts[1] + counts[3]} controls in {country}. "
        f"Networks were evaluated by {validation}. RESULTS: Accuracy was {accuracy:.1%}. "
        "CONCLUSION: Deep learning on facial images may support diagnosis."
    )
    record = _record(random, title, abstract, years, number)
    data = {
        "objective": f"To detect {condition} from facial {medium}",
        "condition": condition,
        "cause": cause,
        "country": country,
        "people": f"{people}",
        "records": f"{people * (1 if not video else int(random.integers(1, 4)))}",
        "input": "video" if video else "photograph",
        "algorithm": technique,
        "reference": _pick(random, words.REFERENCES),
        "validation": validation,
        "accuracy": f"{accuracy:.3f}",
        "code": "yes" if random.random() < 0.25 else "no",
        "data": "yes" if random.random() < 0.15 else "no",
    }
    if random.random() < 0.85:
        data |= dict(zip(("tp", "fp", "fn", "tn"), map(str, counts), strict=True))
        data["auc"] = f"{min(0.995, accuracy + random.uniform(0.01, 0.06)):.3f}"
    return Publication(record, data=data | _groups(random, people, accuracy))


def _counts(random: np.random.Generator, external: bool) -> tuple[int, int, int, int]:
    shared = CORRELATION * SPREAD[0] * SPREAD[1]
    covariance = [[SPREAD[0] ** 2, shared], [shared, SPREAD[1] ** 2]]
    mean = (MEAN[0] + EXTERNAL * external, MEAN[1])
    sensitivity, specificity = expit(random.multivariate_normal(mean, covariance))
    sick, well = (int(random.integers(25, 220)) for _ in range(2))
    tp, tn = int(random.binomial(sick, sensitivity)), int(random.binomial(well, specificity))
    return tp, well - tn, sick - tp, tn


def _groups(random: np.random.Generator, people: int, accuracy: float) -> dict[str, str]:
    """What the study says of groups of people and of clinicians; most say little."""
    data: dict[str, str] = {"clinicians": "no"}
    women = int(people * random.uniform(0.4, 0.6))
    if random.random() < 0.75:
        data["by_sex"] = f"women: {women}; men: {people - women}"
    if random.random() < 0.35:
        young = int(people * random.uniform(0.3, 0.7))
        data["by_age"] = f"under 18: {young}; 18 and over: {people - young}"
    if random.random() < 0.25:
        first = int(people * random.uniform(0.6, 0.9))
        data["by_ethnicity"] = f"majority: {first}; others: {people - first}"
        if random.random() < 0.6:
            lower = max(0.4, accuracy - random.uniform(0.02, 0.2))
            data["accuracy_by_ethnicity"] = (
                f"majority: {accuracy:.3f}/{first}; others: {lower:.3f}/{people - first}"
            )
    if "by_sex" in data and random.random() < 0.25:
        gap = random.normal(0, 0.03)
        one, two = np.clip([accuracy + gap, accuracy - gap], 0.3, 0.99)
        data["accuracy_by_sex"] = f"women: {one:.3f}/{women}; men: {two:.3f}/{people - women}"
    if random.random() < 0.3:
        data["clinicians"] = "yes"
        theirs = np.clip(accuracy - random.normal(0.04, 0.08), 0.4, 0.99)
        data["clinician_accuracy"] = f"{theirs:.3f}"
    return data


def _irrelevant(random: np.random.Generator, years: range, number: int) -> Publication:
    reason = _pick(random, list(words.IRRELEVANT))
    template, things = words.IRRELEVANT[reason]
    thing, place = _pick(random, things), _pick(random, words.COUNTRIES)
    technique = _pick(random, words.TECHNIQUES)
    title = template.format(thing=thing, place=place)
    if random.random() < 0.6:
        title = f"{title}, with {technique}"
    hidden = random.random() < _IN_FULL
    if hidden:  # reads as if it belonged
        condition = _pick(random, words.CONDITIONS[_pick(random, list(words.CONDITIONS))])
        title = f"Deep learning for facial images and {condition}: experience from {place}"
    abstract = (
        f"We describe work on {thing} in {place}. Methods were {technique}. "
        f"{int(random.integers(40, 4000))} images were used. Results are discussed."
    )
    return Publication(_record(random, title, abstract, years, number), reason, not hidden)


def _record(
    random: np.random.Generator, title: str, abstract: str, years: range, number: int
) -> Record:
    journal, _ = words.JOURNALS[int(random.integers(len(words.JOURNALS)))]
    year = int(random.integers(years.start, years.stop))
    authors = tuple(
        f"{_pick(random, words.SURNAMES)}, {_pick(random, words.INITIALS)}."
        for _ in range(int(random.integers(2, 7)))
    )
    first = int(random.integers(1, 900))
    return Record(
        title=title,
        abstract=abstract,
        authors=authors,
        year=year,
        doi=f"10.5555/mien.{year}.{number:04d}",  # a prefix for examples, which leads nowhere
        language="English",
        journal=journal,
        volume=f"{year - 1990}",
        issue=f"{int(random.integers(1, 12))}",
        pages=f"{first}-{first + int(random.integers(5, 14))}",
        kind="Journal Article",
    )
