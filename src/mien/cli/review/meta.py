"""`mien review meta`: pool studies of diagnostic accuracy."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli import options
from mien.cli.bars import Bars
from mien.cli.failure import need
from mien.cli.grouped import grouped
from mien.cli.places import keep_out
from mien.errors import ParameterError

if TYPE_CHECKING:
    from mien.review.synthesis.synthesis import Synthesis


@dataclass(frozen=True)
class Pooling:
    """What is pooled, and how."""

    moderator: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN",
            help="A column to make subgroups of or to regress on; may be repeated. Every "
            "column that can if none is given.",
        ),
    ] = None
    fewest: Annotated[
        int, typer.Option(metavar="N", help="Studies below which nothing is pooled.")
    ] = 4
    nodes: Annotated[
        int,
        typer.Option(
            metavar="N",
            help="Nodes of the quadrature of the binomial model, 1 to 31; 1 is Laplace, as lme4.",
        ),
    ] = 1


@grouped
def meta(
    table: Annotated[
        Path,
        typer.Argument(
            metavar="TABLE.csv",
            help="Studies: columns study, tp, fp, fn, tn; others may be moderators.",
        ),
    ],
    pooling: Pooling,
    out: Annotated[
        Path | None, options.out("FOLDER", "Where page, tables and figures go: a new folder.")
    ] = None,
    correction: Annotated[
        str,
        typer.Option(
            metavar="all|zero|none",
            help="What 0.5 is added to in the normal model: all studies, those with a zero, none.",
        ),
    ] = "all",
    language: options.Language = "en",
    overwrite: Annotated[bool, options.overwrite("an older report in that folder")] = False,
    as_json: Annotated[bool, options.as_json("all numbers")] = False,
) -> None:
    """Pool studies of diagnostic accuracy: bivariate models, HSROC curve, forest plots, a page.

    Few studies are described instead of pooled. Without --out nothing is written.

    Example: [bold]mien review meta studies.csv -o synthesis[/bold]
    """
    need("review")
    from mien.report.language import check_language
    from mien.review.synthesis.accuracy_table import AccuracyTable
    from mien.review.synthesis.proportions import CORRECTIONS
    from mien.review.synthesis.synthesis import SynthesisSettings, synthesise

    if correction not in CORRECTIONS:
        raise ParameterError(f"--correction is {correction!r}: choose {', '.join(CORRECTIONS)}.")
    check_language(language)
    columns = tuple(pooling.moderator) if pooling.moderator else None
    settings = SynthesisSettings(pooling.fewest, pooling.nodes, correction, columns)  # type: ignore[arg-type]
    if out is not None:
        from mien.report.folder import check_folder

        keep_out(out, [table])
        check_folder(out, overwrite)
    found = synthesise(AccuracyTable.open(table), settings)
    if out is not None:
        from mien.report.review.synthesis_page import write
        from mien.review.living.review_folder import mark_of

        with Bars("meta") as progress:
            title = f"Diagnostic accuracy: {table.stem}"
            mark = mark_of(table)
            write(
                found, out, title=title, mark=mark, overwrite=overwrite, progress=progress,
                language=language,
            )  # fmt: skip
    if as_json:
        print(json.dumps(found.as_dict(), indent=2, ensure_ascii=False, allow_nan=False))
        return
    _print(found)
    if out is not None:
        typer.echo(f"{out / 'report.html'} has it all.")


def _print(found: Synthesis) -> None:
    from mien.report.numbers import between, chance, number

    groups = {"all studies": found.whole} | {
        f"{column}: {level}": group
        for column, levels in found.subgroups.items()
        for level, group in levels.items()
    }
    for name, group in groups.items():
        fit = group.pooled
        if fit is None:
            typer.echo(f"{name} ({len(group.table)}): not pooled.")
            continue
        (sens, *sens_ci), (spec, *spec_ci) = fit.sensitivity, fit.specificity
        typer.echo(
            f"{name} ({fit.n}): sensitivity {number(sens)} ({between(sens_ci)}), specificity "
            f"{number(spec)} ({between(spec_ci)}); bivariate {fit.model} model."
        )
    for column, one in found.regressions.items():
        model = one["bivariate_binomial"]
        if "p" in model:
            typer.echo(
                f"{column}: likelihood-ratio test of both proportions, p {chance(model['p'])}."
            )
    if found.deeks:
        typer.echo(f"Deeks' test: slope {number(found.deeks.slope, 2)}, p {chance(found.deeks.p)}.")
    for note in found.notes():
        typer.echo(f"Note: {note}")
