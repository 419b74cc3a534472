"""The report of a review: a page, the numbers of every figure, tables, methods."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mien import __version__
from mien.progress import Progress
from mien.report.drawing import Drawing, put
from mien.report.folder import Staged
from mien.report.language import DEFAULT, told, told_each, written_in
from mien.report.pages import in_page, raw, render
from mien.report.review.bias_sections import bias_drawings, bias_section
from mien.report.review.extraction_page import accuracy_csv
from mien.report.review.extraction_sections import (
    agreement_section,
    characteristics_section,
    fairness_section,
)
from mien.report.review.fairness_chart import fairness_chart
from mien.report.review.prisma_flow import prisma_flow
from mien.report.review.prisma_sections import checklist_section, flow_section
from mien.report.review.review_sections import (
    changes_section,
    clinicians_section,
    criteria_section,
    excluded_section,
    question_section,
    review_methods,
    search_section,
    selection_section,
)
from mien.report.review.synthesis_page import put_tables
from mien.report.review.synthesis_sections import synthesis_drawings, synthesis_sections
from mien.report.review.words import counted, quoted
from mien.report.sections import Section
from mien.review.bias.judgements import to_csv as judgements_csv
from mien.review.extraction.values import to_csv as values_csv
from mien.review.living.findings import Findings, changes, numbers
from mien.review.living.review_folder import MADE_UP
from mien.review.synthesis.methods import methods


def write(
    found: Findings,
    folder: Path,
    *,
    earlier: Findings | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
    language: str = DEFAULT,
) -> None:
    """Write the folder; it appears when everything in it is written.

    Parameters
    ----------
    found : Findings
        The state at hand.
    folder : Path
    earlier : Findings, optional
        The state to compare it with.
    overwrite : bool
        Replace an older report in that folder.
    progress : callable, optional
        Called as ``progress("drawing", done, None)``.
    language : str
        Of the page, its figures and the methods as text; files for programs are the same in all.

    Raises
    ------
    OutputError
        If the folder cannot be written, or something is in the way.
    ParameterError
        If mien does not write that language.
    """
    with written_in(language), Staged(folder, overwrite) as staged:
        drawings = put(_drawings(found, earlier), staged, progress)
        sections = _sections(found, earlier, drawings)
        mark = MADE_UP if found.review.made_up else ""
        said = [*filter(None, [told(mark)]), *review_methods(found)]
        if found.synthesis is not None:
            said += map(told_each, methods(found.synthesis))
        put_tables(sections, staged)
        content = summary(found, earlier)
        staged.write(
            "review.json",
            json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n",
        )
        staged.write("methods.txt", "\n\n".join(said) + "\n")
        staged.write("values.csv", values_csv(found.review.values))
        staged.write("judgements.csv", judgements_csv(found.review.judgements))
        if found.synthesis is not None:
            staged.write("accuracy.csv", accuracy_csv(found.synthesis.table))
        version = found.review.version
        staged.write(
            "report.html",
            render(
                "review.html",
                style=raw("review.css"),
                title=quoted(found.review.protocol.title),
                kind=f"Systematic review, {'made up, ' * bool(mark)}version {version}",
                mark=mark,
                lead=_lead(found),
                contents=True,
                sections=sections,
                drawings=in_page(drawings),
                methods=said,
                made=f"Made by mien {__version__}. Figures as SVG and PNG, tables as CSV and all "
                "numbers as JSON lie beside this page.",
            ),
        )
        staged.commit()


def summary(found: Findings, earlier: Findings | None = None) -> dict[str, Any]:
    """Everything as one JSON object."""
    content: dict[str, Any] = {
        **({"made_up": MADE_UP} if found.review.made_up else {}),
        "title": found.review.protocol.title,
        "version": found.review.version,
        "flow": found.flow.as_dict() | {"problems": found.flow.problems()},
        "waiting": found.waiting,
        "agreement": found.agreement,
        "extraction": found.extracted.as_dict(),
        "bias": {one.form.key: one.as_dict() for one in found.assessed},
        "fairness": found.fairness.as_dict(),
        "synthesis": found.synthesis.as_dict() if found.synthesis else None,
        "numbers": numbers(found),
    }
    if earlier is not None:
        content["compared_with"] = earlier.review.version
        content["changes"] = [vars(one) for one in changes(earlier, found)]
    return content


def _lead(found: Findings) -> list[str]:
    flow = found.flow.as_dict()
    came = counted(len(found.review.records), "publication", "publications")
    said = [f"Included: {counted(flow['total_studies'])}; found: {came}."]
    if found.synthesis is not None and found.synthesis.whole.pooled is not None:
        fit = found.synthesis.whole.pooled
        (sens, low, high), (spec, low2, high2) = fit.sensitivity, fit.specificity
        said.append(
            f"Pooled over {fit.n}: sensitivity {sens:.2f} ({low:.2f} to {high:.2f}), specificity "
            f"{spec:.2f} ({low2:.2f} to {high2:.2f})."
        )
    return said


def _drawings(found: Findings, earlier: Findings | None) -> Iterator[Drawing]:
    known = set(earlier.extracted.studies) if earlier else None
    yield prisma_flow(found.flow)
    for assessed in found.assessed:
        yield from bias_drawings(assessed, known)
    if found.synthesis is not None:
        yield from synthesis_drawings(found.synthesis, earlier.synthesis if earlier else None)
    if found.fairness.studies:
        yield fairness_chart(found.fairness, known)


def _sections(
    found: Findings, earlier: Findings | None, drawings: dict[str, Drawing]
) -> list[Section]:
    protocol = found.review.protocol
    sections = [question_section(protocol)]
    if earlier is not None:
        sections.append(changes_section(changes(earlier, found), earlier.review.version))
    sections += [
        criteria_section(protocol),
        search_section(found),
        selection_section(found),
        flow_section(found.flow),
    ]
    excluded = excluded_section(found)
    if excluded is not None:
        sections.append(excluded)
    if found.extracted.studies:
        published = {name: one.record for name, one in found.review.studies().items()}
        sections += [
            characteristics_section(found.extracted, published),
            agreement_section(found.extracted),
        ]
    sections += [
        *(bias_section(one) for one in found.assessed),
    ]
    if found.synthesis is not None:
        sections += synthesis_sections(found.synthesis, drawings)
    if found.fairness.studies:
        sections.append(fairness_section(found.fairness))
    clinicians = clinicians_section(found)
    if clinicians is not None:
        sections.append(clinicians)
    sections.append(files_section())
    sections.append(checklist_section([*(one.key for one in sections), "methods"]))
    return sections


def files_section() -> Section:
    """What lies beside the page."""
    return Section(
        "files",
        "Data",
        "Beside this page lie review.json (all numbers), values.csv and judgements.csv (all that "
        "was taken and judged, with quotes and pages), accuracy.csv (what was pooled), "
        "methods.txt, "
        "and the folders figures and tables.",
    )
