"""The report of a study of many encounters: a page of text, tables, figures, numbers."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mien.emotion.classifier import EXPRESSIONS
from mien.encounter.clustered import FEW, Difference
from mien.encounter.cohort import NEUTRAL, Cohort
from mien.encounter.observation import ROLES
from mien.encounter.pooled import Pooled
from mien.encounter.rereading import Agreement
from mien.report.drawing import Drawing, put
from mien.report.encounter import cohort_figures as draw
from mien.report.encounter.cohort_pictures import drawings as of_videos
from mien.report.folder import Staged
from mien.report.language import DEFAULT, told, written_in
from mien.report.spreadsheet import to_csv
from mien.statistics import finite_or_none

Rows = list[list[Any]]
_METHODS = (
    "Odds ratios and p are of generalised estimating equations (binomial, independent working "
    "correlation, robust variance after Mancl and DeRouen) with encounters as clusters. What only"
    " one of the two ever showed has no odds ratio; its p is how often all of it would be on one "
    "side if encounters' signs were flipped by chance, in proportion to the time that either face"
    " was assessed. p_by says which; p_holm is corrected for the seven expressions. mixed_p is of"
    " a linear mixed model of the difference of shares of time with doctors as random effects: "
    "where doctors differ, p takes encounters for more than they are and mixed_p does not. "
    "difference_95 is of the difference of shares with whole encounters drawn again, and with all"
    " encounters of a doctor drawn together. Cohen's h: .2 small, .5 medium, .8 large. negative "
    "and positive are several of the seven together, and not corrected."
)
_AFTER = (
    "After Yang et al., How Can Research on Artificial Empathy Be Enhanced by Applying "
    "Deepfakes?, Journal of Medical Internet Research 24(3), 2022, e29506, doi:10.2196/29506. The"
    " paper gives P < .001 and names no test; these tests are ours."
)
_LABELS = "Labels before and after de-identification, published encounters as one"
_POOLED = (
    "Cohen's kappa of labels before and after is of the steps of all published encounters together;"
    " its interval is of whole encounters drawn again. Lost steps have a label before and none "
    "after, and are in no kappa. An encounter in which a face shows one expression alone has no "
    "kappa of its own."
)
_DETECTION = 0.8  # the paper's figure on real data


@dataclass(frozen=True, eq=False)
class CohortStudy:
    """What the report is about."""

    cohort: Cohort
    """As the encounters were analysed."""
    differences: Sequence[Difference] = ()
    """Doctors against patients; empty of a single encounter."""
    others: Mapping[str, Cohort] = field(default_factory=dict)
    """The same encounters by other classifiers, by their names."""
    agreement: Mapping[str, Agreement] = field(default_factory=dict)
    """How far each of these says what the first one says."""
    labels: Mapping[str, Pooled] = field(default_factory=dict)
    """Labels before and after de-identification, of encounters that were published; by whom."""


def write(
    study: CohortStudy, folder: Path, *, overwrite: bool = False, language: str = DEFAULT
) -> None:
    """Write the folder; it appears when everything in it is written. Page and figures are written
    in a language, tables and numbers are the same in all.

    Raises
    ------
    OutputError
        If the folder cannot be written, or something is in the way.
    """
    listed = list(tables(study))
    with written_in(language), Staged(folder, overwrite) as staged:
        drawings = put(_drawings(study), staged)
        for name, _, header, rows in listed:
            staged.write(f"tables/{name}.csv", to_csv(header, rows))
        staged.write("study.json", json.dumps(summary(study), indent=2, allow_nan=False) + "\n")
        staged.write("report.md", page(study, listed, list(drawings.values())))
        staged.commit()


def _drawings(study: CohortStudy) -> list[Drawing]:
    cohort = study.cohort
    made = [draw.flow(cohort), draw.workflow(cohort), *of_videos(cohort), draw.shares(cohort)]
    if (odds := draw.odds(study.differences)) is not None:
        made.append(odds)
    return made


def summary(study: CohortStudy) -> dict[str, Any]:
    """Everything as one JSON object; no encounter and no doctor is named."""
    cohort = study.cohort
    counts, shares = cohort.without_neutral()
    return {
        "recruited": cohort.recruited,
        "counted": len(cohort.tallies),
        "left_out": cohort.reasons,
        "least_s": cohort.least_s,
        "demographics": cohort.demographics(),
        "detection": dict(zip(ROLES, map(finite_or_none, cohort.detection.tolist()), strict=True)),
        "without_neutral": {
            role: {
                name: {"steps": int(counts[row, k]), "share": finite_or_none(shares[row, k])}
                for k, name in enumerate(EXPRESSIONS)
                if k != NEUTRAL
            }
            for row, role in enumerate(ROLES)
        },
        "differences": [entry.as_dict() for entry in study.differences],
        "classifiers": {
            name: {
                "steps": dict(zip(ROLES, other.counts.tolist(), strict=True)),
                "agreement": study.agreement[name].as_dict(),
            }
            for name, other in study.others.items()
        },
        "labels": {who: found.as_dict() for who, found in study.labels.items()},
        "cautions": cautions(study),
    }


def cautions(study: CohortStudy) -> list[str]:
    """What a reader has to keep in mind, a sentence each."""
    cohort, said = study.cohort, []
    if len(cohort.tallies) == 1:
        said.append("One encounter is counted: nothing is compared, and nothing known of others.")
    elif len(cohort.tallies) < FEW:
        said.append(
            f"{len(cohort.tallies)} encounters are few: intervals and p of clustered tests are "
            "rough below about 20, whatever is done for small samples."
        )
    if 1 < len(cohort.doctors) < 5:
        said.append(
            f"{len(cohort.doctors)} doctors are few: how doctors differ can hardly be told from "
            "them, and p of the mixed model may be far too small."
        )
    if len(cohort.doctors) < 2:
        said.append("Doctors are not told apart: what one doctor does counts as what doctors do.")
    for role, share in zip(ROLES, cohort.detection.tolist(), strict=True):
        if share < _DETECTION:
            said.append(
                f"Only {100 * share:.0f} % of the {role}s' time shows an expression that stands "
                "out; Yang et al. report over 80 % on real data. What was missed may be different."
            )
    return said


def tables(study: CohortStudy) -> list[tuple[str, str, list[str], Rows]]:
    """Name, title, header and rows of each table."""
    made = [_demographics(study.cohort), _pooled(study.cohort), _detection(study.cohort)]
    if study.differences:
        made.append(_differences(study.differences))
    if study.others:
        made.append(_classifiers(study))
    if study.labels:
        made.append(_labels(study))
    cohort = study.cohort
    each: Rows = [
        [
            tally.case.name, tally.case.doctor, role, round(tally.seconds, 3),
            int(tally.recorded[row]), *tally.counts[row].tolist(),
        ]
        for tally in cohort.tallies
        for row, role in enumerate(ROLES)
    ]  # fmt: skip
    head = ["encounter", "doctor", "role", "length_s", "recorded_steps", *EXPRESSIONS]
    made.append(("encounters", "Each encounter, steps", head, each))
    rows: Rows = [[name, why, cohort.same_as.get(name)] for name, why in cohort.excluded]
    head = ["encounter", "reason", "same_as"]
    made.append(("left-out", "Encounters that were left out", head, rows))
    return made


def _demographics(cohort: Cohort) -> tuple[str, str, list[str], Rows]:
    about = cohort.demographics()
    rows: Rows = [["encounters", about["encounters"]], ["doctors", about["doctors"] or "not said"]]
    for name in ("sex", "department"):
        rows += [[f"{name}: {word}", count] for word, count in sorted(about[name].items())]
    for name, unit in (("age_years", "patients' age, years"), ("length_min", "length, minutes")):
        of = about[name]
        spread = "" if of["sd"] is None else f" ± {of['sd']:.2f}"
        words = (
            "not said"
            if not of["n"]
            else f"{of['mean']:.2f}{spread} ({of['min']:.2f} to {of['max']:.2f}, n = {of['n']})"
        )
        rows.append([unit, words])
    return "demographics", "Who took part", ["", "value"], rows


def _pooled(cohort: Cohort) -> tuple[str, str, list[str], Rows]:
    counts, shares = cohort.without_neutral()
    rows: Rows = []
    for k, name in enumerate(EXPRESSIONS):
        if k != NEUTRAL:
            rows.append([name])
            for row in (0, 1):
                rows[-1] += [int(counts[row, k]), finite_or_none(shares[row, k])]
    total = counts.sum(1)
    rows.append(["all but neutral", int(total[0]), 1.0, int(total[1]), 1.0])
    neutral = cohort.counts[:, NEUTRAL]
    rows.append(["neutral", int(neutral[0]), None, int(neutral[1]), None])
    header = ["expression", "doctor_steps", "doctor_share", "patient_steps", "patient_share"]
    title = "Pooled counts; shares are of what is not neutral, as in Yang et al."
    return "pooled", title, header, rows


def _detection(cohort: Cohort) -> tuple[str, str, list[str], Rows]:
    rows: Rows = []
    for row, role in enumerate(ROLES):
        each = sorted(float(tally.detection[row]) for tally in cohort.tallies)
        middle = each[len(each) // 2] if len(each) % 2 else sum(each[len(each) // 2 - 1 :][:2]) / 2
        rows.append(
            [role, round(float(cohort.detection[row]), 4)]
            + [round(v, 4) for v in (each[0], middle, each[-1])]
        )
    header = ["role", "all", "lowest", "median", "highest"]
    return "detection", "Share of the recorded time with an expression", header, rows


def _differences(found: Sequence[Difference]) -> tuple[str, str, list[str], Rows]:
    def span(pair: tuple[float, float] | None) -> str | None:
        return None if pair is None else f"{pair[0]:.3g} to {pair[1]:.3g}"

    rows: Rows = [
        [
            one.expression, one.doctor, one.patient,
            round(one.doctor_share, 4), round(one.patient_share, 4),
            one.why_not or finite_or_none(one.odds_ratio), span(one.odds_interval),
            finite_or_none(one.p), finite_or_none(one.p_holm), one.test, round(one.cohen_h, 3),
            span(one.share_interval), span(one.by_doctor), finite_or_none(one.mixed_p),
            finite_or_none(one.mixed_p_holm),
        ]
        for one in found
    ]  # fmt: skip
    header = [
        "expression", "doctor", "patient", "doctor_share", "patient_share", "odds_ratio",
        "odds_95", "p", "p_holm", "p_by", "cohen_h", "difference_95", "difference_95_by_doctor",
        "mixed_p", "mixed_p_holm",
    ]  # fmt: skip
    return "differences", "Doctors against patients, each expression", header, rows


def _classifiers(study: CohortStudy) -> tuple[str, str, list[str], Rows]:
    rows: Rows = []
    for name, cohort in {"as analysed": study.cohort, **study.others}.items():
        agreed = study.agreement.get(name)
        kappa = None if agreed is None else finite_or_none(agreed.kappa)
        for row, role in enumerate(ROLES):
            rows.append([name, role, *cohort.counts[row].tolist(), kappa])
    header = ["classifier", "role", *EXPRESSIONS, "kappa_with_first"]
    return "classifiers", "Several classifiers side by side, steps", header, rows


def _labels(study: CohortStudy) -> tuple[str, str, list[str], Rows]:
    rows: Rows = []
    for who, found in study.labels.items():
        one = found.as_dict()
        low, high = one["interval"] or (None, None)
        rows.append(
            [
                who, one["encounters"], one["steps"], one["lost"], one["share"], one["kappa"],
                low, high, one["kappa_lowest"], one["kappa_highest"],
            ]
        )  # fmt: skip
    header = [
        "who", "encounters", "steps", "lost_steps", "same", "kappa", "kappa_95_low",
        "kappa_95_high", "kappa_lowest_encounter", "kappa_highest_encounter",
    ]  # fmt: skip
    return "labels", _LABELS, header, rows


def page(
    study: CohortStudy,
    listed: Sequence[tuple[str, str, list[str], Rows]],
    drawings: Sequence[Drawing],
) -> str:
    """The report as text in Markdown."""
    cohort = study.cohort
    lines = [
        told("# Study of encounters"),
        "",
        told(
            f"Encounters: {cohort.recruited}, left out: {len(cohort.excluded)}, "
            f"counted: {len(cohort.tallies)}. An expression is what a classifier says that a "
            "picture resembles: described as seen. Nothing here says what anybody felt, and no "
            "doctor is rated."
        ),
        "",
        *(f"**{told(sentence)}**\n" for sentence in cautions(study)),
    ]
    for name, title, header, rows in listed:
        if name in ("encounters", "left-out"):
            continue
        lines += [
            f"## {told(title)}",
            "",
            "| " + " | ".join(map(told, header)) + " |",
            "|---" * len(header) + "|",
        ]
        lines += ["| " + " | ".join(_cell(value) for value in row) + " |" for row in rows]
        lines.append("")
    lines += [
        told(_METHODS),
        "",
        *([told(_POOLED), ""] if study.labels else []),
    ]
    for drawing in drawings:
        lines += [f"![{drawing.caption}](figures/{drawing.name}.png)", ""]
        lines += [f"*{drawing.caption}*", ""]
    lines += [
        told(_AFTER),
        "",
    ]
    return "\n".join(lines)


def _cell(value: Any) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    return told(f"{value:.4g}" if isinstance(value, float) else str(value))
