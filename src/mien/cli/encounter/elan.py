"""`mien encounter elan`: timelines to ELAN, and annotations back."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from mien.cli import options
from mien.cli.encounter.options import AsJson
from mien.cli.failure import tell
from mien.cli.places import keep_input
from mien.counted import plural
from mien.errors import FormatError, ParameterError
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
    language: Annotated[
        str, typer.Option(metavar="en|de", help="Of the names of tiers and expressions in .eaf.")
    ] = "en",
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
    from mien.report.language import check_language, told, written_in
    from mien.report.spreadsheet import to_csv

    keep_input(out, source)
    check_language(language)
    if not source.exists():
        raise FormatError(f"{source} cannot be read: there is no such report and no such file.")
    if source.is_dir():
        if compare is not None:
            raise ParameterError("--compare is for a file of ELAN: give one in place of a report.")
        annotations = annotations_of(Encounter.load(source).timelines.values())
        with written_in(language):
            annotations = [
                replace(one, tier=told(one.tier), value=told(one.value)) for one in annotations
            ]
        write_eaf(out, annotations, overwrite=overwrite)
        if as_json:
            print(json.dumps({"output": str(out), "annotations": len(annotations)}, indent=2))
            return
        count = plural(len(annotations), "annotation")
        typer.echo(f"{out}: {count}; open it in ELAN and add the video.")
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
        found = {
            role: one.as_dict() | {"other_words": others[role]} for role, one in agreed.items()
        }
        print(json.dumps({"output": str(out), "rows": len(rows), "agreement": found}, indent=2))
        return
    typer.echo(f"{out}: {plural(len(rows), 'annotation')}")
    for role, one in agreed.items():
        if others[role]:
            steps = plural(others[role], "step")
            have, are = ("has", "is") if others[role] == 1 else ("have", "are")
            tell(
                f"{steps} of the {role} {have} words that are none of {', '.join(EXPRESSIONS)}, "
                f"and {are} left out."
            )
        if not one.steps:
            tell(f"no step of the {role} is named by both: is there a tier called {role}?")
            continue
        kappa = f"κ {one.kappa:.2f}" if math.isfinite(one.kappa) else "no κ of a single expression"
        steps = plural(one.steps, "step")
        typer.echo(f"  {role}: {100 * one.share:.0f} % of {steps} the same, {kappa}")
