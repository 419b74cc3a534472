"""`mien encounter elan`: timelines to ELAN, and annotations back."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Annotated

import typer

from mien.cli import options
from mien.cli.encounter.options import AsJson
from mien.cli.failure import tell
from mien.cli.places import keep_input
from mien.errors import ParameterError
from mien.outputs import check_free, complete


def elan(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="REPORT|FILE.eaf", help="What mien encounter wrote, or a file of ELAN."
        ),
    ],
    out: Annotated[Path, options.out("OUT.eaf|.csv", ".eaf of a report, .csv of a file of ELAN.")],
    compare: Annotated[
        Path | None,
        typer.Option(
            metavar="REPORT",
            help="Also say how far the tiers doctor and patient agree with this report.",
        ),
    ] = None,
    overwrite: Annotated[bool, options.overwrite("the file if it exists")] = False,
    as_json: AsJson = False,
) -> None:
    """Write timelines for ELAN, or read annotations of ELAN.

    A tier for each face, an annotation for each run of one expression, as described by a
    classifier. Back, every annotation is a row: tier, start, end, value.

    Example: [bold]mien encounter elan report -o visit.eaf[/bold]
    """
    from mien.emotion.classifier import EXPRESSIONS
    from mien.encounter.elan import OTHER, annotations_of, labels_on, read_eaf, write_eaf
    from mien.encounter.observation import ROLES
    from mien.encounter.rereading import Agreement, agreement_of
    from mien.encounter.result import Encounter
    from mien.report.spreadsheet import to_csv

    keep_input(out, source)
    if source.is_dir():
        if compare is not None:
            raise ParameterError("--compare is for a file of ELAN: give one in place of a report.")
        annotations = annotations_of(Encounter.load(source).timelines.values())
        write_eaf(out, annotations, overwrite=overwrite)
        typer.echo(f"{out}: {len(annotations)} annotations; open it in ELAN and add the video.")
        return
    check_free(out, overwrite, kind="a table of annotations", endings=(".csv",))
    annotations = read_eaf(source)
    agreed: dict[str, Agreement] = {}
    others: dict[str, int] = {}
    if compare is not None:
        lines = Encounter.load(compare).timelines
        for role in ROLES:
            labels = labels_on(annotations, role, lines[role])
            others[role] = int((labels == OTHER).sum())
            agreed[role] = agreement_of({role: (labels, lines[role].dominant)})
    rows = [[one.tier, round(one.start, 3), round(one.end, 3), one.value] for one in annotations]
    with complete(out, overwrite=overwrite) as part:
        text = to_csv(["tier", "start_s", "end_s", "value"], rows)
        part.write_text(text, encoding="utf-8", newline="")
    if as_json:
        told = {role: one.as_dict() | {"other_words": others[role]} for role, one in agreed.items()}
        print(json.dumps({"output": str(out), "rows": len(rows), "agreement": told}, indent=2))
        return
    typer.echo(f"{out}: {len(rows)} annotations")
    for role, one in agreed.items():
        if others[role]:
            tell(
                f"{others[role]} steps of the {role} have words that are none of "
                f"{', '.join(EXPRESSIONS)}: they are left out."
            )
        if not one.steps:
            tell(f"no step of the {role} is named by both: is there a tier called {role}?")
            continue
        kappa = f"κ {one.kappa:.2f}" if math.isfinite(one.kappa) else "no κ of a single expression"
        typer.echo(f"  {role}: {100 * one.share:.0f} % of {one.steps} steps the same, {kappa}")
