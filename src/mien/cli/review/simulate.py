"""`mien review simulate`: what screening a labelled set by priority would have saved."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mien.cli import options
from mien.cli.bars import Bars
from mien.cli.failure import need, tell
from mien.cli.grouped import grouped
from mien.cli.places import keep_out

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mien.review.records.record import Record
    from mien.review.screening.simulation import Simulation


@dataclass(frozen=True)
class Screening:
    """How the set is screened."""

    label: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="The column with decisions.")
    ] = None
    model: Annotated[
        str,
        typer.Option(
            metavar="svm|logistic|naive-bayes", help="What learns; svm is as ASReview's ELAS u4."
        ),
    ] = "svm"
    included: Annotated[
        int, typer.Option(metavar="N", help="Relevant records known from the start, drawn.")
    ] = 0
    excluded: Annotated[
        int, typer.Option(metavar="N", help="Irrelevant records known from the start, drawn.")
    ] = 0
    seed: Annotated[int, typer.Option(metavar="N", help="For what is drawn.")] = 0
    recall: Annotated[
        float, typer.Option(metavar="R", help="Recall that the stopping rule is to reach.")
    ] = 0.95


@grouped
def simulate(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="Records with decisions: a column such as label_included, included or label.",
        ),
    ],
    screening: Screening,
    out: Annotated[
        Path | None, options.out("FOLDER", "Where figure and tables go: a new folder.")
    ] = None,
    language: options.Language = "en",
    overwrite: Annotated[bool, options.overwrite("an older report in that folder")] = False,
    as_json: Annotated[bool, options.as_json("all measures")] = False,
) -> None:
    """Screen a labelled set as if nobody had, likeliest records first, and measure what it saves.

    WSS@95 is the share of records that need not be screened to find 95 % of the relevant ones, less
    .05; ATD the mean share that was screened when a relevant one was found.

    Example: [bold]mien review simulate labelled.csv -o simulation[/bold]
    """
    need("review")
    from mien.report.language import check_language
    from mien.review.records.reading import read_export
    from mien.review.screening.labels import labels_of
    from mien.review.screening.simulation import Settings
    from mien.review.screening.simulation import simulate as run

    check_language(language)
    if out is not None:
        from mien.report.folder import check_folder

        keep_out(out, [file])
        check_folder(out, overwrite)
    export = read_export(file)
    for note in export.notes:
        tell(note)
    decided = [
        (record, decision)
        for record, decision in zip(
            export.records, labels_of(export.records, screening.label), strict=True
        )
        if decision is not None
    ]
    if len(decided) < len(export.records):
        tell(f"{len(export.records) - len(decided):,} records have no decision and were left out.")
    records = [record for record, _ in decided]
    settings = Settings(
        screening.model,
        screening.included,
        screening.excluded,
        screening.seed,
        target=screening.recall,
    )
    with Bars(file.name, "relevant records") as progress:
        found = run(records, [decision for _, decision in decided], settings, progress)
    said = _said(found)
    if out is not None:
        _write(out, found, records, said, overwrite, language)
    if as_json:
        print(json.dumps(said, allow_nan=False))
        return
    _show(found)
    if out is not None:
        print(f"{out} has the curve and the order.")


def _said(found: Simulation) -> dict[str, Any]:
    from dataclasses import asdict

    recall = found.recall
    step = max(len(recall) // 1000, 1)
    places = sorted({*range(0, len(recall), step), len(recall) - 1})
    return {
        "records": found.records,
        "relevant": found.relevant,
        "settings": asdict(found.settings),
        **found.measures(),
        "curve": [[place + 1, round(float(recall[place]), 6)] for place in places],
        "order": found.order.tolist(),
        "stop": None if found.stop is None else asdict(found.stop),
    }


def _write(
    out: Path,
    found: Simulation,
    records: Sequence[Record],
    said: dict[str, Any],
    overwrite: bool,
    language: str,
) -> None:
    import csv
    import io

    from mien.report.drawing import put
    from mien.report.folder import Staged
    from mien.report.language import written_in
    from mien.report.review.recall import recall_figure
    from mien.review.cells import shielded

    table = io.StringIO()
    rows = csv.writer(table, lineterminator="\n")
    rows.writerow(("screened", "line", "relevant", "recall", "title"))
    for k, (place, label, recall) in enumerate(
        zip(found.order, found.found, found.recall, strict=True)
    ):
        one = records[place]
        rows.writerow((k + 1, one.line, label, f"{recall:.4f}", shielded(one.title)))
    with written_in(language), Staged(out, overwrite) as staged:
        put([recall_figure(found)], staged)
        staged.write("order.csv", table.getvalue())
        staged.write("simulation.json", json.dumps(said, indent=1, allow_nan=False) + "\n")
        staged.commit()


def _show(found: Simulation) -> None:
    measures = found.measures()
    print(
        f"{found.records:,} records, {found.relevant:,} relevant; model {found.settings.model}\n"
        f"WSS@95 {measures['wss@95']:.3f}: 95 % found after {measures['screened@95']:,} records "
        f"({measures['screened@95'] / found.records:.1%})\n"
        f"WSS@100 {measures['wss@100']:.3f}: all found after {measures['screened@100']:,}\n"
        f"ATD {measures['atd']:.3f}, RRF@10 {measures['rrf@10']:.3f}, loss {measures['loss']:.3f}"
    )
    stop = found.stop
    if stop is None:
        print("The stopping rule would not have stopped before the end.")
        return
    print(
        f"The stopping rule would have stopped after {stop.screened:,} records, with "
        f"{stop.found:,} of {found.relevant:,} found, sure of a recall of {stop.at_least:.2f}."
    )
