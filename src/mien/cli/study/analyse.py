"""`mien study analyse`: a plain table of ratings, analysed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli import options
from mien.cli.bars import Bars
from mien.cli.failure import need, tell
from mien.cli.places import keep_out

if TYPE_CHECKING:
    from mien.study.analysis import Analysis


def analyse(
    ratings: Annotated[
        Path,
        typer.Argument(
            metavar="RATINGS.csv",
            help="A line for each answer: rater, clip, version (original or result), item, score; "
            "repeat for hidden repeats. An empty score is “not sure”. Or a study of mien study "
            "design. Only read.",
        ),
    ],
    out: Annotated[Path, options.out("FOLDER", "Where the report goes: a new folder.")],
    items: Annotated[
        Path | None,
        typer.Option(metavar="TOML", help="Items of your own, with their scales and anchors."),
    ] = None,
    margin: Annotated[
        float | None,
        typer.Option(
            metavar="POINTS",
            help="Mean deviation that counts as none; by default what hidden repeats give.",
        ),
    ] = None,
    language: options.Language = "en",
    overwrite: Annotated[bool, options.overwrite("an older report in that folder")] = False,
    as_json: Annotated[bool, options.as_json("the statistics")] = False,
) -> None:
    """Analyse ratings of originals and results, whoever collected them.

    The folder holds report.html, to be read, and statistics.json, for programs.

    Example: [bold]mien study analyse ratings.csv -o report[/bold]
    """
    from mien.report.folder import check_folder
    from mien.report.language import check_language
    from mien.study.export import is_study, ratings_of
    from mien.study.items import read_items
    from mien.study.ratings import read_ratings
    from mien.study.store import StudyStore

    keep_out(out, [ratings])
    need("study")
    check_folder(out, overwrite)
    check_language(language)
    if is_study(ratings):
        table = ratings_of(StudyStore(ratings))
    else:
        table = read_ratings(ratings, None if items is None else read_items(items))
    from mien.report.ratings import page
    from mien.study.analysis import analyse as compute

    with Bars("study") as progress:
        found = compute(table, margin=margin, progress=progress)
        page.write(found, table, out, overwrite=overwrite, progress=progress, language=language)
    if as_json:
        content = found.to_json() | {"report": str(out)}
        print(json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False))
        return
    for note in found.notes:
        tell(note[:1].lower() + note[1:])
    _print(found)
    typer.echo(f"{out / 'report.html'} has it all.")


def _print(found: Analysis) -> None:
    from mien.counted import plural
    from mien.report.ratings.words import short

    for item in found.items.values():
        of = item.preserved.together.deviation
        if of.mean.value is None:
            typer.echo(f"{item.item.title}: {of.mean.why}")
            continue
        typer.echo(
            f"{item.item.title}: mean deviation {short(of.mean)} over {plural(of.mean.n, 'pair')}, "
            f"{short(of.within_one, as_share=True)} within one point."
        )
        typer.echo(f"  {item.equivalence.words}")
        for check in item.checks.values():
            if check.words:
                tell(check.words)
