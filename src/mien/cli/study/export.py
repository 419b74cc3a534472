"""`mien study export`: the answers of a study as a table."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mien.cli import options
from mien.cli.failure import need


def export(
    study: Annotated[
        Path,
        typer.Argument(metavar="STUDY", help="A folder of mien study design or lineup; only read."),
    ],
    out: Annotated[Path, options.out("TABLE.csv|.parquet", "The table, as CSV or Parquet.")],
    overwrite: Annotated[bool, options.overwrite()] = False,
    as_json: Annotated[bool, options.as_json("what was written")] = False,
) -> None:
    """Write all answers of a study, with what was original and what result, as a table.

    Example: [bold]mien study export study -o ratings.csv[/bold]
    """
    from mien.outputs import check_free, complete
    from mien.report.ratings.answers import as_csv, as_parquet
    from mien.study import lineup_export
    from mien.study.export import COLUMNS
    from mien.study.lineup_export import is_lineup
    from mien.study.lineup_store import LineupStore
    from mien.study.store import StudyStore

    columns: tuple[str, ...]
    check_free(out, overwrite, kind="a table", endings=(".csv", ".parquet"))
    if is_lineup(study):
        rows, columns = LineupStore(study).export(), lineup_export.COLUMNS
    else:
        rows, columns = StudyStore(study).export(), COLUMNS
    if out.suffix.lower() == ".parquet":
        need("reports")
        content = as_parquet(columns, rows)
    else:
        content = as_csv(columns, rows).encode()
    with complete(out, overwrite=overwrite) as part:
        part.write_bytes(content)
    content_of = {"output": str(out), "answers": len(rows), "columns": list(columns)}
    options.say(as_json, f"{out}: {len(rows)} answers", content_of)
