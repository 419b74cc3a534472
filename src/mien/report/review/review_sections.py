"""What was asked, searched and chosen, and what changed: sections of a review's page."""

from __future__ import annotations

from mien.report.numbers import number, number_or_dash, share
from mien.report.review.words import cited
from mien.report.sections import Section, Table
from mien.review.bias.forms import form
from mien.review.living.decisions import EXCLUDE, Outcome, outcomes
from mien.review.living.findings import Change, Findings
from mien.review.protocol.protocol import Protocol
from mien.review.protocol.registration import amendments
from mien.review.search.strings import known_strings


def question_section(protocol: Protocol) -> Section:
    """Question, rationale, objectives, registration."""
    rows = [("Rationale", protocol.rationale)]
    rows += [(f"Objective {k}", words) for k, words in enumerate(protocol.objectives, 1)]
    rows += [
        ("Registration", protocol.registration),
        ("Protocol", f"version {protocol.version}, {protocol.date}. {protocol.source}"),
        ("Changes of the protocol", amendments(protocol)),
    ]
    shown = tuple((name, words or "–") for name, words in rows)
    return Section("question", "Question", protocol.question, (Table("", ("", ""), shown),))


def criteria_section(protocol: Protocol) -> Section:
    """What belongs, and what does not."""
    tables = [
        Table("Included", ("Criterion", "What"),
              tuple((one.title or one.key, one.words) for one in protocol.include)),
        Table("Excluded", ("Reason", "What"),
              tuple((one.title or one.key, one.words) for one in protocol.exclude)),
    ]  # fmt: skip
    if protocol.causes:
        rows = tuple((one.title or one.key, one.words) for one in protocol.causes)
        tables.append(Table("Studies are sorted by cause", ("Cause", "What"), rows))
    words = f"{len(protocol.include)} criteria, {len(protocol.exclude)} reasons to exclude."
    return Section("criteria", "Which studies belong", words, tuple(tables))


def search_section(found: Findings) -> Section:
    """Every search with its date and number of records, and the concepts."""
    review, protocol = found.review, found.review.protocol
    rows = tuple(
        (one.database, one.kind, one.date, f"{one.version}", one.file, f"{one.records}")
        for one in review.searches
    )
    header = ("Where", "Kind", "Date", "Version", "File", "Records")
    concepts = tuple(
        (one.name, ", ".join(one.headings), ", ".join(one.terms)) for one in protocol.concepts
    )
    strings = tuple((one.database, one.text) for one in known_strings(protocol))
    total = sum(one.records for one in review.searches)
    words = (
        f"{total} records from {len({one.database for one in review.searches})} sources, of which "
        f"{len(review.merged)} were duplicates."
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
    note = (f"{left} decisions are missing, so numbers after them are not final.",) if left else ()
    reviewers = {one.reviewer for one in found.review.decisions} - {"consensus"}
    words = (
        f"{len(reviewers)} reviewers decided independently; what they saw differently was settled "
        "by consensus."
    )
    return Section(
        "selection", "How studies were chosen", words, (Table("", header, rows),), (), note
    )


def excluded_section(found: Findings) -> Section | None:
    """Each report that was read in full and excluded, with its reason; None where none was."""
    review = found.review
    full = outcomes(review.decisions, "full", review.reviewers)
    titles = {one.key: one.title or one.words.rstrip(".") for one in review.protocol.exclude}
    rows = tuple(
        (one.id, cited(one.record), titles.get(reason, reason) or "no reason given")
        for one in review.records
        if full.get(one.id, Outcome("")).decision == EXCLUDE
        for reason in [full[one.id].reason]
    )
    if not rows:
        return None
    return Section(
        "excluded",
        "Read in full and excluded",
        f"{len(rows)} reports, in all versions.",
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
            rows.append((study, number(float(system)), number(float(people)), number(gap)))
    if not rows:
        return None
    better = sum(gap > 0 for gap in gaps)
    return Section(
        "clinicians",
        "Beside clinicians",
        f"In {better} of {len(rows)} studies that compare them the network was more accurate than "
        "clinicians.",
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
        f"Since version {version}: {', '.join(figures)}."
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
    where = ", ".join(dict.fromkeys(one.database for one in review.searches))
    last = f"; the last search was on {dates[-1]}" if dates else ""
    said = [
        f"The review followed a protocol ({protocol.registration or 'not registered'}; version "
        f"{protocol.version}) and is reported after PRISMA 2020.",
        f"{where} were searched{last}. Records were put together and duplicates merged by program, "
        "certain pairs only.",
    ]
    if review.decisions:
        said.append(
            f"{review.reviewers} reviewers read titles and abstracts, then full texts, "
            f"independently; "
            "differences were settled by consensus. Agreement is given as Cohen's κ, and adjusted "
            "for "
            "prevalence (Byrt et al. 1993)."
        )
    people = len({one.extractor for one in review.values} - {"consensus"})
    if people:
        said.append(
            f"Data were taken by {people} {'people independently' if people > 1 else 'person'}, "
            "each value with its quote and page; differences were adjudicated."
        )
    tools = [form(key) for key in protocol.bias_tools]
    people = len({one.assessor for one in review.judgements} - {"consensus"})
    if tools and people:
        names = "; ".join(f"{one.short} ({one.source})" for one in tools)
        said.append(
            f"Risk of bias was judged by {people} {'people' if people > 1 else 'person'} "
            f"with {names}."
        )
    if review.version > 1:
        said.append(
            f"This is version {review.version} of a living review: decisions of earlier versions "
            "stand, and only records that are new were screened."
        )
    return said
