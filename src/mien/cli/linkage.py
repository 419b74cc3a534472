"""`mien linkage`: attack results as somebody would who wants to know who is in them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from mien.cli import options
from mien.cli.bars import Bars
from mien.cli.failure import tell
from mien.errors import OutputError
from mien.outputs import check_free, complete

_NAMES = {
    "reference": "original → original",
    "naive": "result → original",
    "parrot": "result → result",
    "nothing": "mean face",
    "output": "result as it is",
    "picture": "picture inverse",
    "descriptor": "descriptor inverse",
}
_RATES = ("rank 1", "AUC")


def linkage(
    originals: Annotated[
        Path, typer.Argument(metavar="ORIGINALS", help="Folder of clips; they are only read.")
    ],
    deidentified: Annotated[
        Path,
        typer.Argument(
            metavar="DEIDENTIFIED", help="Folder of their results, each with its original's name."
        ),
    ],
    people: Annotated[
        Path | None,
        typer.Option(
            metavar="CSV",
            help="Who is in which clip: columns file and person. Without it each clip shows "
            "another person.",
        ),
    ] = None,
    out: Annotated[Path | None, options.out("REPORT.json", "Write the report here.")] = None,
    landmarker: Annotated[Path | None, options.landmarker("measure")] = None,
    overwrite: Annotated[bool, options.overwrite("the report if it exists")] = False,
    as_json: Annotated[bool, options.as_json("the report")] = False,
) -> None:
    """Measure how well results can be linked to people, by face and by movement.

    Example: [bold]mien linkage clips shared --people who.csv -o linkage.json[/bold]
    """
    from mien.privacy.linkage.attacked import link
    from mien.privacy.linkage.pairs import find_pairs

    if out is not None:
        _check_free(out, originals, deidentified, overwrite)
    pairs = find_pairs(originals, deidentified, people)
    with Bars(f"{len(pairs)} clips") as progress:
        report = link(pairs, landmarker=landmarker, progress=progress).content
    if not report["reversal"] and report["reversal_missing"]:
        tell(report["reversal_missing"])
    if out is not None:
        _write(out, json.dumps(report, indent=2, ensure_ascii=False) + "\n")
    if as_json:
        print(json.dumps(report, indent=2, ensure_ascii=False))
        return
    _show(report)
    if out is not None:
        typer.echo(f"{out}: the report; it holds rates, and no name of a person or a clip")


def _show(report: dict[str, Any]) -> None:
    """Print the report as tables."""
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)

    def table(title: str, first: str, *more: str) -> Table:
        made = Table(title=title, title_justify="left", title_style="bold")
        made.add_column(first, no_wrap=True)
        for heading in more:
            made.add_column(heading, justify="right")
        return made

    typer.echo(
        f"{report['people']} people, {report['clips']} clips; gallery {report['gallery']}, probes "
        f"{report['probes']}. In brackets 95 % intervals."
    )
    for kind, title in (
        ("appearance", "Appearance"),
        ("motion", "Motion alone, no picture of the face"),
    ):
        rows = [row for row in report["attacks"] if row["kind"] == kind]
        if not rows:
            continue
        by = ["by"] if kind == "motion" else []
        shown = table(f"{title} ({_chance(rows)})", "probe → gallery", *by, *_RATES)
        for k, row in enumerate(rows):
            if by:
                by = [row["stream"].replace("expression and pose", "both")]
                if k and row["name"] != rows[k - 1]["name"]:
                    shown.add_section()
            shown.add_row(_NAMES[row["name"]], *by, *_rates(row))
        console.print(shown)
    reversal = report["reversal"]
    if reversal is not None:
        rows = reversal["guesses"]
        others = [f"among {reversal['others']} more"] if reversal["others"] else []
        shown = table(
            f"Reversal ({_chance(rows)}; two people are {reversal['apart']:.2f} apart)",
            "guess → original",
            *("distance", f"< {report['threshold']:g}", _RATES[0], *others),
        )
        for row in rows:
            shown.add_row(
                _NAMES[row["guess"]],
                f"{row['distance']:.2f}",
                f"{100 * row['matched']:.0f} %",
                _rates(row)[0],
                *([_rates(row["among_others"])[0]] if others else []),
            )
        console.print(shown)
    for note in report["notes"]:
        typer.echo(f"- {note}")


def _rates(row: dict[str, Any]) -> list[str]:
    """rank 1 and the AUC of one row."""
    return [
        f"{rate['value']:.2f} ({rate['low']:.2f}–{rate['high']:.2f})"
        for rate in (row["rank1"], row["auc"])
    ]


def _chance(rows: list[dict[str, Any]]) -> str:
    return f"by chance rank 1 is {rows[0]['rank1']['chance']:.2g}"


def _check_free(path: Path, originals: Path, results: Path, overwrite: bool) -> None:
    """Refuse a report's place before any work."""
    check_free(path, overwrite, kind="JSON", endings=(".json",))
    folder = path.absolute().parent
    for clips in (originals, results):
        if clips.is_dir() and folder.samefile(clips):  # it might be a manifest's name
            raise OutputError(f"{path} lies among the clips: put the report into another folder.")


def _write(path: Path, text: str) -> None:
    """Write a file that appears when it is complete."""
    with complete(path) as part:
        part.write_text(text, encoding="utf-8")
