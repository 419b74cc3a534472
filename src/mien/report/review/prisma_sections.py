"""PRISMA's flow and checklist as sections of a page."""

from __future__ import annotations

from collections.abc import Collection

from mien.report.language import Verbatim
from mien.report.review.words import joined
from mien.report.sections import Section, Table
from mien.review.prisma.checklist import located
from mien.review.prisma.flow import Flow


def flow_section(flow: Flow) -> Section:
    """The diagram, and what does not add up in it."""
    whole = flow.filled()
    total = flow.as_dict()["total_studies"]

    def both(main: int | None, other: int | None) -> str:
        """Of both columns of the diagram, and of each."""
        if not whole.otherwise:
            return f"{main}"
        return f"{(main or 0) + (other or 0)} ({main} and {other} by other methods)"

    screened = whole.other_excluded + (whole.other_sought or 0)
    first = f"Records identified{' in this version' * flow.updated}"
    parts = (
        f"{first}: {both(whole.identified, whole.otherwise)}",
        f"removed before screening: {both(whole.removed, whole.other_duplicates)}",
        f"screened: {both(whole.screened, screened)}",
        f"reports read in full: {both(whole.assessed, whole.other_assessed)}",
        f"studies included: {whole.studies}{f', {total} in all' * flow.updated}",
    )
    notes = tuple(f"This does not add up: {problem}" for problem in flow.problems())
    words = Verbatim(f"{joined(parts)}.")
    return Section("flow", "From records to studies", words, (), ("prisma-flow",), notes)


def checklist_section(sections: Collection[str]) -> Section:
    """The checklist, with links to the sections of the page that answer an item."""
    rows = located(sections)
    table = Table(
        "",
        ("Item", "Part", "What a report should say", "Where"),
        tuple(
            (item.number, item.part, item.words, f"#m-{key}" if key else "to be written")
            for item, key in rows
        ),
    )
    answered = sum(bool(key) for _, key in rows)
    have = "has its" if answered == 1 else "have their"
    return Section(
        "checklist",
        "PRISMA 2020 checklist",
        f"{answered} of {len(rows)} items {have} numbers on this page; the rest is for authors to "
        "write.",
        (table,),
        (),
        ("Items are those of PRISMA 2020 (Page et al., BMJ 2021; 372:n71), worded by mien.",),
    )
