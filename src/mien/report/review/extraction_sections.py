"""What was extracted as sections of a page."""

from __future__ import annotations

from collections.abc import Mapping

from mien.report.numbers import number_or_dash, share
from mien.report.review.words import cited
from mien.report.sections import Section, Table
from mien.review.extraction.adjudication import Extracted, check_counts
from mien.review.extraction.fairness import Fairness
from mien.review.records.record import Record
from mien.review.records.retraction import retracted

_SHOWN = 5  # columns of a page
_LONGEST = 90


def characteristics_section(
    found: Extracted, publications: Mapping[str, Record] | None = None
) -> Section:
    """Every study with what was settled of it, and where it was published."""
    form = [field for field in found.protocol.form if field.kind != "groups"]
    tables = [_published(publications)] if publications else []
    for first in range(0, len(form), _SHOWN):
        part = form[first : first + _SHOWN]
        rows = tuple(
            (study, *(_short(found.value(study, field.key)) for field in part))
            for study in found.studies
        )
        tables.append(Table("", ("Study", *(field.title for field in part)), rows))
    words = f"{len(found.studies)} studies; {len(found.missing)} required values are missing."
    notes = _withdrawn(publications or {})
    notes += tuple(f"Numbers that contradict each other: {one}" for one in check_counts(found))
    return Section("characteristics", "What the studies are like", words, tuple(tables), (), notes)


def _published(publications: Mapping[str, Record]) -> Table:
    rows = tuple((study, cited(one), one.doi or "–") for study, one in publications.items())
    return Table("Publications", ("Study", "Publication", "DOI"), rows)


def _withdrawn(publications: Mapping[str, Record]) -> tuple[str, ...]:
    names = [study for study, one in publications.items() if retracted(one)]
    if not names:
        return ()
    return (
        f"A database says that this was retracted: {'; '.join(names)}. Decide whether it still "
        "belongs; here it is counted.",
    )


def _short(value: str) -> str:
    if len(value) > _LONGEST:
        value = value[:_LONGEST].rstrip() + "…"
    return value or "–"


def agreement_section(found: Extracted) -> Section:
    """How far extractors took the same, and what is still open."""
    titles = {field.key: field.title for field in found.protocol.form}
    rows = tuple(
        (titles[key], f"{both}", share(same / both))
        for key, (same, both) in found.agreement.items()
        if both
    )
    tables = [Table("Values taken by both", ("Field", "Studies", "Same"), rows)] if rows else []
    still = [one for one in found.disagreements if one.decided is None]
    if still:
        lines = tuple(
            (
                one.study,
                titles[one.field],
                "; ".join(
                    f"{who}: {value.value or 'nothing'}"
                    + (f" (p. {value.page})" * bool(value.page))
                    for who, value in one.values.items()
                ),
            )
            for one in still
        )
        tables.append(Table("Not decided yet", ("Study", "Field", "Values"), lines))
    same = sum(one for one, _ in found.agreement.values())
    both = sum(two for _, two in found.agreement.values())
    words = (
        f"Of {both} values that two extractors took, {same} were the same; "
        f"{len(found.disagreements) - len(still)} differences were decided, {len(still)} are open."
    )
    return Section("extraction", "How data were taken", words, tuple(tables))


def fairness_section(found: Fairness) -> Section:
    """What is reported of groups of people."""
    rows = []
    for attribute, counts in found.reported.items():
        summary = found.as_dict()["summary"][attribute]
        rows.append(
            (
                attribute,
                f"{counts['accuracy']}",
                f"{counts['people']}",
                f"{counts['nothing']}",
                number_or_dash(summary["median_difference"]),
                number_or_dash(summary["largest_difference"]),
            )
        )
    header = ("By", "Accuracy given", "People only", "Nothing", "Median gap", "Largest gap")
    told = [name for name, counts in found.reported.items() if counts["accuracy"]]
    words = (
        f"Accuracy by group is given by {', '.join(told)} in at least one study."
        if told
        else "No study gives accuracy by group."
    )
    return Section(
        "fairness",
        "For whom it works",
        words,
        (Table("", header, tuple(rows)),),
        ("fairness",),
        (
            "A gap is that between the best and the worst group of a study: with several groups, "
            "or "
            "few people, there is one by chance alone.",
        ),
    )
