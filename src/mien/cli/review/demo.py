"""`mien review demo`: the published protocol on made-up records, to a finished report."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path
from typing import Annotated

import typer

from mien.cli import options
from mien.cli.bars import Bars
from mien.cli.failure import need
from mien.errors import OutputError, ParameterError
from mien.outputs import check_parent


def demo(
    out: Annotated[
        Path, options.out("FOLDER", "Where exports, review and report go: a new folder.")
    ] = Path("review-demo"),
    seed: Annotated[int, typer.Option(metavar="N", help="Another one makes other records.")] = 1,
    size: Annotated[
        int, typer.Option(metavar="N", help="Publications that do not belong, 40 to 5000.")
    ] = 400,
    language: options.Language = "en",
    as_json: Annotated[bool, options.as_json("all numbers")] = False,
) -> None:
    """Run a whole review by itself: records, duplicates, screening, data, bias, pooling, update.

    Publications, databases and people are made up from a seed; nothing in them is real, which the
    review and all that is made of it say.

    Example: [bold]mien review demo -o review-demo[/bold]
    """
    need("review")
    from mien.report.language import check_language
    from mien.report.review.review_page import summary, write
    from mien.review.demo.staging import stage
    from mien.review.living.findings import findings
    from mien.review.living.review_folder import MADE_UP

    check_language(language)
    if not 40 <= size <= 5000:
        raise ParameterError(f"--size is {size}: choose 40 to 5000.")
    check_parent(out)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise OutputError(f"{out} is there already and not empty: choose another name.")
    began = time.monotonic()
    there = out.is_dir()
    try:
        (out / "exports").mkdir(parents=True)
        with Bars("review") as progress:
            review = stage(out / "exports", seed=seed, size=size, progress=progress)
            review.save(out / "review")
            found, earlier = findings(review), findings(review.earlier[-1], brief=True)
            write(found, out / "report", earlier=earlier, progress=progress, language=language)
    except BaseException:  # interrupted, too
        for name in ("exports", "review", "report"):
            shutil.rmtree(out / name, ignore_errors=True)
        if not there:
            shutil.rmtree(out, ignore_errors=True)
        raise
    if as_json:
        content = summary(found, earlier) | {"seconds": round(time.monotonic() - began, 1)}
        print(json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False))
        return
    typer.echo(MADE_UP)
    flow = found.flow.as_dict()
    came = sum(one.records for one in review.searches)
    typer.echo(
        f"{came} records of {len({one.database for one in review.searches})} sources, "
        f"{len(review.merged)} duplicates, {flow['total_studies']} studies included, in "
        f"{time.monotonic() - began:.0f} s."
    )
    if found.synthesis is not None and found.synthesis.whole.pooled is not None:
        fit = found.synthesis.whole.pooled
        typer.echo(
            f"Pooled: sensitivity {fit.sensitivity[0]:.3f}, specificity {fit.specificity[0]:.3f}."
        )
    typer.echo(f"{out / 'report' / 'report.html'} has it all; {out / 'review'} is the review.")
