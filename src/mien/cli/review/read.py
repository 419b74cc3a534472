"""`mien review read`: records of exports, told, shown to programs, or written in another form."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from mien.cli import options
from mien.cli.failure import tell
from mien.cli.review.options import Files

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mien.review.records.reading import Export

_COUNTED = ("title", "abstract", "authors", "year", "doi", "language", "source")


def read(
    files: Files,
    out: Annotated[
        Path | None,
        options.out("FILE", "Write all records here, as .ris, .bib, .csv or .json."),
    ] = None,
    overwrite: Annotated[bool, options.overwrite("the file if it exists")] = False,
    as_json: Annotated[bool, options.as_json("the records")] = False,
) -> None:
    """Read records of databases and tools, and say what is in them.

    RIS in any dialect, MEDLINE (nbib), BibTeX, EndNote (XML, enw), Web of Science, CSV, TSV, XLSX;
    the form is told by what stands in a file, not by its name.

    Example: [bold]mien review read pubmed.nbib scopus.csv -o all.ris[/bold]
    """
    from mien.outputs import check_free
    from mien.review.records.reading import read_exports
    from mien.review.records.writing import ENDINGS, write_records

    if out is not None:
        check_free(out, overwrite, kind="a file of records", endings=ENDINGS)
    exports = read_exports(files)
    for export in exports:
        for note in export.notes:
            tell(note)
    records = [record for export in exports for record in export.records]
    if out is not None:
        write_records(out, records, overwrite=overwrite)
    if as_json:
        said = {
            "records": [record.to_json() for record in records],
            "files": [
                {
                    "file": str(export.path),
                    "form": export.form,
                    "records": len(export.records),
                    "notes": list(export.notes),
                }
                for export in exports
            ],
        }
        print(json.dumps(said, ensure_ascii=False))
        return
    _show(exports)
    if out is not None:
        print(f"{len(records):,} records written to {out}")


def _show(exports: Sequence[Export]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table()
    table.add_column("file", overflow="fold", min_width=24)
    table.add_column("form")
    table.add_column("records", justify="right")
    for name in _COUNTED:
        table.add_column(name, justify="right")
    for export in exports:
        counts = (sum(bool(getattr(one, name)) for one in export.records) for name in _COUNTED)
        table.add_row(
            Text(export.path.name),
            export.form,
            f"{len(export.records):,}",
            *(f"{count:,}" for count in counts),
        )
    Console(width=max(120, Console().width)).print(table)
