"""PRISMA's flow and checklist as sections of a page."""

from __future__ import annotations

from collections.abc import Collection

from mien.report.sections import Section, Table
from mien.review.prisma.checklist import located
from mien.review.prisma.flow import Flow


def flow_section(flow: Flow) -> Section:
    """The diagram, and what does not add up in it."""
    numbers = flow.as_dict()
    total = numbers["total_studies"]
    words = (
        f"{'In this version ' * flow.updated}{numbers['identified']} records were identified, "
        f"{numbers['screened']} screened, "
        f"{numbers['assessed']} reports read in full, {numbers['studies']} studies included"
        f"{f'; {total} in all' * flow.updated}."
    )
    notes = tuple(f"This does not add up: {problem}" for problem in flow.problems())
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
    return Section(
        "checklist",
        "PRISMA 2020 checklist",
        f"{answered} of {len(rows)} items have their numbers on this page; the rest is for authors "
        "to write.",
        (table,),
        (),
        ("Items are those of PRISMA 2020 (Page et al., BMJ 2021; 372:n71), worded by mien.",),
    )
