"""A synthesis as sections of a page: words, tables, figures."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mien.report.drawing import Drawing
from mien.report.language import Verbatim, told
from mien.report.numbers import between, number, number_or_dash, p_value
from mien.report.review.forest import forest
from mien.report.review.funnel import funnel, influence
from mien.report.review.sroc import sroc
from mien.report.review.words import counted, grouped, joined, quoted
from mien.report.sections import Section, Table
from mien.review.synthesis.bivariate import NO_SPREAD, Bivariate
from mien.review.synthesis.narrative import study_rows
from mien.review.synthesis.synthesis import ALL, Group, Synthesis


def synthesis_drawings(synthesis: Synthesis, earlier: Synthesis | None = None) -> Iterator[Drawing]:
    """All figures of a synthesis; an earlier state of it is shown in grey."""
    yield forest(synthesis, earlier=earlier)
    yield sroc(synthesis, earlier=earlier)
    for column in synthesis.subgroups:
        yield forest(synthesis, column)
        yield sroc(synthesis, column)
    for made in (funnel(synthesis), influence(synthesis)):
        if made is not None:
            yield made


def synthesis_sections(synthesis: Synthesis, drawings: dict[str, Drawing]) -> list[Section]:
    """The sections of a synthesis, in the order of a page."""
    found = [_whole(synthesis)]
    if synthesis.subgroups:
        names = tuple(name for name in drawings if name.startswith(("forest-", "sroc-")))
        found.append(
            Section(
                "subgroups",
                "Subgroups",
                "The same models for studies that have something in common.",
                (_pooled_table(synthesis),),
                names,
                _notes_of_groups(synthesis),
            )
        )
    if synthesis.regressions:
        found.append(_regressions(synthesis))
    if synthesis.whole.univariate:
        found.append(_univariate(synthesis.whole))
    if synthesis.deeks:
        found.append(_deeks(synthesis))
    if synthesis.influence:
        found.append(
            Section(
                "influence",
                "Each study left out",
                "What the summary would be without each study in turn.",
                (),
                ("leave-one-out",),
            )
        )
    if synthesis.whole.narrative:
        found.append(_swim(synthesis.whole.narrative))
    words = f"What {counted(len(synthesis.table))} found."
    found.append(Section("studies", "Studies", words, (study_table(synthesis),)))
    return found


def _whole(synthesis: Synthesis) -> Section:
    fit = synthesis.whole.pooled
    if fit is None:
        said = synthesis.whole.narrative or {}
        words = said.get("why") or "Neither model can be fitted to these studies."
        tables: tuple[Table, ...] = (_medians(said),) if said else ()
    else:
        (sens, *sens_ci), (spec, *spec_ci) = fit.sensitivity, fit.specificity
        words = (
            f"{counted(fit.n)}: summary sensitivity {number(sens)} ({between(sens_ci)}), "
            f"specificity {number(spec)} ({between(spec_ci)}); a new study would be expected to "
            f"have a sensitivity of {between(fit.predicted(0))} and a specificity of "
            f"{between(fit.predicted(1))}."
        )
        tables = (_models(synthesis.whole),)
    return Section(
        "synthesis",
        "Accuracy",
        words,
        tables,
        ("sroc", "forest"),
        tuple(synthesis.notes()),
    )


def study_table(synthesis: Synthesis) -> Table:
    """Every study with its counts."""
    rows = tuple(
        (
            Verbatim(row["study"]),
            *(f"{row[cell]}" for cell in ("tp", "fp", "fn", "tn")),
            *(
                f"{number_or_dash(row[side])} ({between(row[f'{side}_ci'])})"
                for side in ("sensitivity", "specificity")
            ),
        )
        for row in study_rows(synthesis.table)
    )
    return Table(
        "With exact 95 % intervals",
        ("Study", "TP", "FP", "FN", "TN", "Sensitivity", "Specificity"),
        rows,
    )


def _models(group: Group) -> Table:
    rows: list[tuple[str, ...]] = []
    for name, fit in (("binomial", group.binomial), ("normal", group.normal)):
        if fit is None:
            rows.append((name, group.why_not.get(name, ""), "–", "–", "–", "–", "–"))
            continue
        rows.append((name, *_cells(fit)))
    return Table("Bivariate models, with 95 % intervals", ("Model", *_HEADER), tuple(rows))


_HEADER = (
    "Sensitivity",
    "Specificity",
    "Diagnostic odds ratio",
    "Variances of logits",
    "Correlation",
    "Log-likelihood",
)


def _cells(fit: Bivariate) -> tuple[str, ...]:
    (sens, *sens_ci), (spec, *spec_ci) = fit.sensitivity, fit.specificity
    odds = fit.ratios()["dor"]
    rho = None if fit.rho != fit.rho else fit.rho
    return (
        f"{number(sens)} ({between(sens_ci)})",
        f"{number(spec)} ({between(spec_ci)})",
        f"{number(odds['value'])} ({between(odds['ci'])})",
        f"{_variance(fit.sigma[0, 0].item())}; {_variance(fit.sigma[1, 1].item())}",
        number_or_dash(rho),
        number(fit.loglik),
    )


def _variance(value: float) -> str:
    """A variance between studies as printed: 0 where it is only what rounding left."""
    return "0" if value < NO_SPREAD else number(value)


def _pooled_table(synthesis: Synthesis) -> Table:
    rows = []
    groups = [(ALL, synthesis.whole)] + [
        (grouped(column, level), group)
        for column, levels in synthesis.subgroups.items()
        for level, group in levels.items()
    ]
    for name, group in groups:
        fit = group.pooled
        cells = _cells(fit)[:5] if fit else ("not pooled", *("–",) * 4)
        rows.append((name, f"{len(group.table)}", *cells))
    return Table("", ("Group", "Studies", *_HEADER[:5]), tuple(rows))


def _notes_of_groups(synthesis: Synthesis) -> tuple[str, ...]:
    """What limits the models of subgroups, each sentence once, after the groups that it is of."""
    said: dict[str, list[str]] = {}
    for column, levels in synthesis.subgroups.items():
        for level, group in levels.items():
            for note in group.pooled.notes if group.pooled else ():
                said.setdefault(note, []).append(grouped(column, level))
    return tuple(
        Verbatim(f"{joined(names)} \N{EN DASH} {told(note)}") for note, names in said.items()
    )


def _regressions(synthesis: Synthesis) -> Section:
    rows: list[tuple[str, ...]] = []
    for column, found in synthesis.regressions.items():
        model = found["bivariate_binomial"]
        if "not_estimable" in model:
            rows.append((quoted(column), model["not_estimable"], "–", "–", "–"))
            continue
        test = f"χ² {number(model['lr'], 2)}, df {model['df']}, {p_value(model['p'])}"
        for k, term in enumerate(found["terms"]):
            cells = [
                f"{number(one['value'])} ({between(one['ci'])})"
                for one in (model["coefficients"][side][k] for side in _SIDES)
            ]
            said = quoted(term) if term == column else term
            rows.append((quoted(column), said, *cells, test if k == 0 else ""))
    return Section(
        "regression",
        "What differs with what",
        "Change of the logits with what the table says of each study; the test is of both at once.",
        (Table("", ("Column", "Term", "Logit sensitivity", "Logit specificity", "Test"),
               tuple(rows)),),
        (),
        ("Studies differ in more than one thing: an association is no cause.",),
    )  # fmt: skip


_SIDES = ("sensitivity", "specificity")


def _univariate(group: Group) -> Section:
    titles = {
        "sensitivity": "logit sensitivity",
        "specificity": "logit specificity",
        "accuracy": "logit accuracy",
        "odds_ratio": "log diagnostic odds ratio",
    }
    rows = []
    for outcome, methods in group.univariate.items():
        for method, one in methods.items():
            rows.append(
                (
                    f"{titles[outcome]}, {method}",
                    f"{number(one.mu)} ({between(one.interval())})",
                    between(one.interval(True)),
                    between(one.prediction()),
                    _variance(one.tau2),
                    f"{one.I2:.1f} %",
                )
            )
    header = ("Measure", "Mean (95 %)", "Knapp–Hartung", "Prediction", "τ²", "I²")
    return Section(
        "univariate",
        "One number at a time",
        "Random effects of each logit by itself, by three estimators of the variance between "
        "studies.",
        (Table("", header, tuple(rows)),),
        (),
        (
            "Prediction is where a new study would lie: by t, with the larger of the mean's two "
            "standard errors, so that it is never narrower than either interval of the mean.",
        ),
    )


def _deeks(synthesis: Synthesis) -> Section:
    test = synthesis.deeks
    assert test is not None
    verdict = "the funnel is asymmetric" if test.p < 0.1 else "no asymmetry was found"
    return Section(
        "deeks",
        "Small studies",
        f"Deeks' test: slope {number(test.slope, 2)}, {p_value(test.p)}: {verdict} (limit .10).",
        (),
        ("funnel",),
        (
            "Missing studies are one reason of asymmetry; different patients and methods are "
            "others.",
        ),
    )


def _medians(said: dict[str, Any]) -> Table:
    rows = tuple(
        (
            side,
            f"{found['n']}",
            number(found["median"]),
            between(found["quartiles"]),
            between(found["range"]),
        )
        for side, found in said["summary"].items()
    )
    return Table("Without pooling", ("", "Studies", "Median", "Quartiles", "Range"), rows)


def _swim(said: dict[str, Any]) -> Section:
    direction = said["direction"]
    rows = tuple((entry["item"], entry["answer"]) for entry in said["swim"])
    words = (
        f"In {direction['better_than_chance']} of {counted(direction['n'])} sensitivity plus "
        f"specificity exceeds 1 (sign test: {p_value(direction['sign_test_p'])})."
    )
    return Section(
        "swim", "Synthesis without pooling", words, (Table("", ("SWiM item", "Answer"), rows),)
    )
