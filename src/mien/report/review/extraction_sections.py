"""What was extracted as sections of a page."""

from __future__ import annotations

from collections.abc import Mapping

from mien.report.language import Verbatim
from mien.report.numbers import number_or_dash, share
from mien.report.review.words import cited, counted, joined, quoted
from mien.report.sections import Section, Table
from mien.review.extraction.adjudication import Extracted, check_counts
from mien.review.extraction.fairness import Fairness
from mien.review.protocol.protocol import Field
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
            (Verbatim(study), *(_shown(field, found.value(study, field.key)) for field in part))
            for study in found.studies
        )
        tables.append(Table("", ("Study", *(quoted(field.title) for field in part)), rows))
    missing = counted(len(found.missing), "required value is", "required values are")
    words = f"{counted(len(found.studies))}; {missing} missing."
    notes = (
        "Words stand as they were taken from publications.",
        *_withdrawn(publications or {}),
        *(f"Numbers that contradict each other: {one}" for one in check_counts(found)),
    )
    return Section("characteristics", "What the studies are like", words, tuple(tables), (), notes)


def _published(publications: Mapping[str, Record]) -> Table:
    rows = tuple(
        (Verbatim(study), cited(one), Verbatim(one.doi or "–"))
        for study, one in publications.items()
    )
    return Table("Publications", ("Study", "Publication", "DOI"), rows)


def _withdrawn(publications: Mapping[str, Record]) -> tuple[str, ...]:
    names = [study for study, one in publications.items() if retracted(one)]
    if not names:
        return ()
    return (
        f"A database says that this was retracted: {'; '.join(names)}. Decide whether it still "
        "belongs; here it is counted.",
    )


def _shown(field: Field, value: str) -> str:
    """A value as a cell; words as they were taken, numbers and yes and no as the page says them."""
    if len(value) > _LONGEST:
        value = value[:_LONGEST].rstrip() + "…"
    if field.kind in ("text", "groups"):
        return Verbatim(value or "–")
    return (quoted(value) if field.kind == "choice" else value) or "–"


def agreement_section(found: Extracted) -> Section:
    """How far extractors took the same, and what is still open."""
    titles = {field.key: quoted(field.title) for field in found.protocol.form}
    rows = tuple(
        (titles[key], f"{both}", share(same / both))
        for key, (same, both) in found.agreement.items()
        if both
    )
    tables = [Table("Values taken by both", ("Field", "Studies", "Same"), rows)] if rows else []
    still = [one for one in found.disagreements if one.decided is None]
    if still:
        fields = {field.key: field for field in found.protocol.form}
        lines = tuple(
            (
                Verbatim(one.study),
                titles[one.field],
                Verbatim(who),
                _shown(fields[one.field], value.value) if value.value else "nothing",
                Verbatim(value.page or "–"),
            )
            for one in still
            for who, value in one.values.items()
        )
        header = ("Study", "Field", "Extractor", "Value", "Page")
        tables.append(Table("Not decided yet", header, lines))
    same = sum(one for one, _ in found.agreement.values())
    both = sum(two for _, two in found.agreement.values())
    parts = (
        f"Values that two extractors took: {both}",
        f"the same: {same}",
        f"differences decided: {len(found.disagreements) - len(still)}",
        f"open: {len(still)}",
    )
    words = Verbatim(f"{joined(parts)}.")
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
    given = [name for name, counts in found.reported.items() if counts["accuracy"]]
    words = (
        f"Accuracy by group is given by {joined(given, ', ')} in at least one study."
        if given
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
