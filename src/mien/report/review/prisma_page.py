"""The folder that `mien review prisma` writes."""

from __future__ import annotations

import json
from pathlib import Path

from mien import __version__
from mien.report.drawing import put
from mien.report.folder import Staged
from mien.report.language import DEFAULT, written_in
from mien.report.pages import in_page, raw, render
from mien.report.review.prisma_flow import prisma_flow
from mien.report.review.prisma_sections import checklist_section, flow_section
from mien.report.review.synthesis_page import put_tables
from mien.review.living.review_folder import MADE_UP
from mien.review.prisma.flow import Flow


def write(flow: Flow, folder: Path, *, overwrite: bool = False, language: str = DEFAULT) -> None:
    """Write diagram, numbers, checklist and a page, in a language; raises `OutputError` as
    `Staged`, and `ParameterError` of a language that mien does not write."""
    with written_in(language), Staged(folder, overwrite) as staged:
        drawings = put([prisma_flow(flow)], staged)
        sections = [flow_section(flow), checklist_section(["flow"])]
        staged.write("flow.json", json.dumps(flow.as_dict(), indent=2, ensure_ascii=False) + "\n")
        put_tables(sections, staged)
        staged.write(
            "report.html",
            render(
                "review.html",
                style=raw("review.css"),
                title="PRISMA 2020",
                kind="Systematic review",
                mark=MADE_UP if flow.made_up else "",
                lead=[],
                contents=False,
                sections=sections,
                drawings=in_page(drawings),
                methods=[],
                made=f"Made by mien {__version__}.",
            ),
        )
        staged.commit()
