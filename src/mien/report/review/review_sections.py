"""What was asked, searched and chosen, and what changed: sections of a review's page."""

from __future__ import annotations

from collections.abc import Sequence

from mien.report.language import Verbatim
from mien.report.numbers import number, number_or_dash, share
from mien.report.review.words import cited, counted, joined, quoted
from mien.report.sections import Section, Table
from mien.review.bias.forms import form
from mien.review.living.decisions import EXCLUDE, Outcome, outcomes
from mien.review.living.findings import Change, Findings
from mien.review.protocol.protocol import Criterion, Protocol
from mien.review.search.strings import known_strings


def question_section(protocol: Protocol) -> Section:
    """Question, rationale, objectives, registration."""
    rows = [("Rationale", quoted(protocol.rationale))]
    rows += [(f"Objective {k}", quoted(words)) for k, words in enumerate(protocol.objectives, 1)]
    rows += [
        ("Registration", quoted(protocol.registration)),
        ("Protocol", f"version {protocol.version}, {protocol.date}. {protocol.source}"),
        *_amendments(protocol),
    ]
    shown = tuple((name, words or "–") for name, words in rows)
    meaning = quoted(protocol.question)
    return Section("question", "Question", meaning, (Table("", ("", ""), shown),))


def _amendments(protocol: Protocol) -> list[tuple[str, str]]:
    """What was changed after the first version, and why."""
    if not protocol.amendments:
        return [("Changes of the protocol", "None.")]
    return [
        (
            f"Change of the protocol, version {one.version} ({one.date})",
            f"{one.change} Because: {one.reason}",
        )
        for one in protocol.amendments
    ]


def criteria_section(protocol: Protocol) -> Section:
    """What belongs, and what does not."""
    tables = [
        Table("Included", ("Criterion", "What"), _criteria(protocol.include)),
        Table("Excluded", ("Reason", "What"), _criteria(protocol.exclude)),
    ]
    if protocol.causes:
        rows = _criteria(protocol.causes)
        tables.append(Table("Studies are sorted by cause", ("Cause", "What"), rows))
    words = (
        f"{counted(len(protocol.include), 'criterion', 'criteria')}, "
        f"{counted(len(protocol.exclude), 'reason', 'reasons')} to exclude."
    )
    return Section("criteria", "Which studies belong", words, tuple(tables))


def _criteria(criteria: Sequence[Criterion]) -> tuple[tuple[str, str], ...]:
    return tuple((quoted(one.title or one.key), quoted(one.words)) for one in criteria)


def search_section(found: Findings) -> Section:
    """Every search with its date and number of records, and the concepts."""
    review, protocol = found.review, found.review.protocol
    rows = tuple(
        (one.database, one.kind, one.date, f"{one.version}", Verbatim(one.file), f"{one.records}")
        for one in review.searches
    )
    header = ("Where", "Kind", "Date", "Version", "File", "Records")
    concepts = tuple(
        (Verbatim(one.name), Verbatim(", ".join(one.headings)), Verbatim(", ".join(one.terms)))
        for one in protocol.concepts
    )
    strings = tuple((one.database, Verbatim(one.text)) for one in known_strings(protocol))
    total, twice = sum(one.records for one in review.searches), len(review.merged)
    sources = len({one.database for one in review.searches})
    words = (
        f"{counted(total, 'record', 'records')} from {counted(sources, 'source', 'sources')}, of "
        f"which {twice} {'was a duplicate' if twice == 1 else 'were duplicates'}."
    )
    return Section(
        "search",
        "What was searched",
        words,
        (
            Table("", header, rows),
            Table("Concepts", ("Concept", "Headings", "Words"), concepts),
            Table("Search strings", ("Database", "String"), strings),
        ),
        (),
        _later(found),
    )


def _later(found: Findings) -> tuple[str, ...]:
    """What to know of strings whose last day is before the last search."""
    until = found.review.protocol.search.until
    later = [one for one in found.review.searches if until and one.date[: len(until)] > until]
    if not later:
        return ()
    return (
        f"The strings end where the protocol does ({until}); searches of a later date were asked "
        "until that date.",
    )


def selection_section(found: Findings) -> Section:
    """How reviewers agreed, and what still waits."""
    names = {"title": "title and abstract", "full": "full text"}
    rows = tuple(
        (names[stage], f"{one['n']}", share(one["share"]), number(one["kappa"]),
         number(one["pabak"]))
        for stage, one in found.agreement.items()
        if one["n"]
    )  # fmt: skip
    header = ("Stage", "Records read by two", "Same", "κ", "κ, prevalence-adjusted")
    left = sum(found.waiting.values())
    note = (
        f"{counted(left, 'decision is', 'decisions are')} missing, so numbers after them are not "
        "final.",
    )
    reviewers = len({one.reviewer for one in found.review.decisions} - {"consensus"})
    if reviewers > 1:
        words = (
            f"{reviewers} reviewers decided independently; what they saw differently was settled "
            "by consensus."
        )
    else:
        words = "One reviewer decided." if reviewers else "Nobody has decided yet."
    return Section(
        "selection", "How studies were chosen", words, (Table("", header, rows),), (),
        note if left else (),
    )  # fmt: skip


def excluded_section(found: Findings) -> Section | None:
    """Each report that was read in full and excluded, with its reason; None where none was."""
    review = found.review
    full = outcomes(review.decisions, "full", review.reviewers)
    titles = {one.key: one.title or one.words.rstrip(".") for one in review.protocol.exclude}
    rows = tuple(
        (
            one.id,
            cited(one.record),
            quoted(titles.get(reason, reason)) if reason else "no reason given",
        )
        for one in review.records
        if full.get(one.id, Outcome("")).decision == EXCLUDE
        for reason in [full[one.id].reason]
    )
    if not rows:
        return None
    return Section(
        "excluded",
        "Read in full and excluded",
        f"{counted(len(rows), 'report', 'reports')}, in all versions.",
        (Table("", ("Record", "Publication", "Reason"), rows),),
    )


def clinicians_section(found: Findings) -> Section | None:
    """Networks beside clinicians, where studies compare them; None where none does."""
    keys = {field.key for field in found.extracted.protocol.form}
    if not {"accuracy", "clinician_accuracy"} <= keys:
        return None
    rows, gaps = [], []
    for study in found.extracted.studies:
        system = found.extracted.value(study, "accuracy")
        people = found.extracted.value(study, "clinician_accuracy")
        if system and people:
            gap = float(system) - float(people)
            gaps.append(gap)
            rows.append(
                (Verbatim(study), number(float(system)), number(float(people)), number(gap))
            )
    if not rows:
        return None
    better = sum(gap > 0 for gap in gaps)
    return Section(
        "clinicians",
        "Beside clinicians",
        f"Of {counted(len(rows))} that compared both, the network was more accurate than "
        f"clinicians in {better}.",
        (Table("Accuracy", ("Study", "Network", "Clinicians", "Difference"), tuple(rows)),),
        (),
        ("Clinicians saw what the study showed them, which is rarely what they see in practice.",),
    )


def changes_section(found: list[Change], version: int) -> Section:
    """Every number that is not what it was."""
    rows = tuple(
        (
            one.figure,
            one.what,
            _shown(one.before),
            _shown(one.now),
            _shown(one.now - one.before, sign=True)
            if one.now is not None and one.before is not None
            else "–",
        )
        for one in found
    )
    figures = list(dict.fromkeys(one.figure for one in found))
    words = (
        f"Since version {version}: {joined(figures)}."
        if figures
        else f"Nothing, since version {version}."
    )
    header = ("Figure", "Number", f"Version {version}", "Now", "Difference")
    return Section("changes", "What changed", words, (Table("", header, rows),))


def _shown(value: float | None, *, sign: bool = False) -> str:
    if value is None:
        return "–"
    plus = "+" if sign and value > 0 else ""
    if float(value).is_integer():
        return f"{plus}{int(value)}".replace("-", "−")
    return plus + number_or_dash(value)


def review_methods(found: Findings) -> list[str]:
    """What was done before the synthesis, as sentences for a paper."""
    protocol, review = found.review.protocol, found.review
    dates = sorted({one.date for one in review.searches if one.date})
    where = joined(dict.fromkeys(one.database for one in review.searches), ", ")
    last = f"; the last search was on {dates[-1]}" if dates else ""
    were = "were" if len({one.database for one in review.searches}) > 1 else "was"
    said = [
        [
            f"The review followed a protocol ({protocol.registration or 'not registered'}; version "
            f"{protocol.version}) and is reported after PRISMA 2020."
        ],
        [
            *([f"{where} {were} searched{last}."] if where else []),
            "Records were put together and duplicates merged by program, certain pairs only.",
        ],
    ]
    if review.decisions:
        said.append(_who_decided(review.reviewers))
    people = len({one.extractor for one in review.values} - {"consensus"})
    if people:
        who = f"{people} people independently" if people > 1 else "1 person"
        said.append(
            [
                f"Data were taken by {who}, each value with its quote and page; differences were "
                "adjudicated."
            ]
        )
    tools = [form(key) for key in protocol.bias_tools]
    people = len({one.assessor for one in review.judgements} - {"consensus"})
    if tools and people:
        names = "; ".join(f"{one.short} ({one.source})" for one in tools)
        who = counted(people, "person", "people")
        said.append([f"Risk of bias was judged by {who} with {names}."])
    if review.version > 1:
        said.append(
            [
                f"This is version {review.version} of a living review: decisions of earlier "
                "versions stand, and only records that are new were screened."
            ]
        )
    return [joined(sentences, " ") for sentences in said]


def _who_decided(reviewers: int) -> list[str]:
    """How records were screened, a sentence each."""
    if reviewers == 1:
        return ["One reviewer read titles and abstracts, then full texts."]
    return [
        f"{reviewers} reviewers read titles and abstracts, then full texts, independently; "
        "differences were settled by consensus.",
        "Agreement is given as Cohen's κ, and adjusted for prevalence (Byrt et al. 1993).",
    ]
