"""Risk of bias as a section of a page."""

from __future__ import annotations

from collections.abc import Collection

from mien.report.drawing import Drawing
from mien.report.language import Verbatim
from mien.report.numbers import number, share
from mien.report.review.traffic_lights import bias_summary, traffic_lights
from mien.report.review.words import counted
from mien.report.sections import Section, Table
from mien.review.bias.consensus import Assessed
from mien.review.bias.forms import OVERALL


def bias_drawings(found: Assessed, known: Collection[str] | None = None) -> list[Drawing]:
    """Both figures; studies that are not `known` from an earlier state are marked as new."""
    return [bias_summary(found), traffic_lights(found, known)]


def bias_section(found: Assessed) -> Section:
    """Figures, agreement, and what is still open."""
    form, agreement = found.form, found.agreement
    titles = {"": "All domains", OVERALL: "Overall"}
    titles |= {domain.key: domain.title for domain in form.domains}
    rows = [
        (
            titles[key],
            f"{one['n']}",
            share(one["share"]),
            number(one["kappa"]),
            number(one["pabak"]),
        )
        for key, one in [("", agreement), *agreement["domains"].items()]
        if one["n"]
    ]
    tables = []
    if rows:
        header = ("Domain", "Pairs", "Same", "κ", "κ, prevalence-adjusted")
        tables.append(Table("Agreement of assessors before they talked", header, tuple(rows)))
    still = [one for one in found.differences if not one.decided]
    if still:
        lines = tuple(
            (Verbatim(one.study), titles[one.domain], Verbatim(who), answer)
            for one in still
            for who, answer in one.answers.items()
        )
        tables.append(Table("Not agreed yet", ("Study", "Domain", "Assessor", "Judgement"), lines))
    low, count = found.summary()[OVERALL].get(form.levels[0], 0), len(found.studies)
    words = (
        f"{low} of {counted(count)} {'is' if 1 in (low, count) else 'are'} at low risk of bias in "
        f"every domain by {form.title}."
    )
    names = (f"bias-{form.key}-summary", f"bias-{form.key}-studies")
    note = "Domains are those of the tool, its questions are worded by mien."
    return Section(
        f"bias-{form.key}", f"Risk of bias: {form.short}", words, tuple(tables), names, (note,),
        form.source,
    )  # fmt: skip
