"""`mien review dedupe`: records of the same publication, merged or shown side by side."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from mien.cli import options
from mien.cli.failure import tell
from mien.cli.review.options import Apart, Files, Together, numbers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mien.review.duplicates.finding import Duplicates
    from mien.review.records.record import Record

_SHOWN = 20


def dedupe(
    files: Files,
    out: Annotated[
        Path | None,
        options.out(
            "FILE",
            "Write the records without duplicates here, as .ris, .bib, .csv or .json, and beside "
            "it what was merged, as .duplicates.json.",
        ),
    ] = None,
    apart: Apart = None,
    together: Together = None,
    overwrite: Annotated[bool, options.overwrite("the files if they exist")] = False,
    as_json: Annotated[bool, options.as_json("groups and pairs")] = False,
) -> None:
    """Find records of the same publication; merge what is certain, list what is doubtful.

    Records have numbers from 0 in the order in which they are read. Nothing is lost: a merged
    record keeps every source and the fullest of each field.

    Example: [bold]mien review dedupe pubmed.nbib scopus.csv -o unique.ris[/bold]
    """
    from mien.outputs import Aside, check_free
    from mien.review.duplicates.finding import find_duplicates
    from mien.review.duplicates.merging import without_duplicates
    from mien.review.records.reading import read_exports
    from mien.review.records.writing import ENDINGS, write_records

    beside = None if out is None else out.with_suffix(".duplicates.json")
    if out is not None and beside is not None:
        check_free(out, overwrite, kind="a file of records", endings=ENDINGS)
        check_free(beside, overwrite)
    exports = read_exports(files)
    for export in exports:
        for note in export.notes:
            tell(note)
    records = [record for export in exports for record in export.records]
    found = find_duplicates(records, together=numbers(together), apart=numbers(apart))
    said = _said(found, records)
    if out is not None and beside is not None:
        with Aside(beside, json.dumps(said, ensure_ascii=False, indent=1) + "\n") as aside:
            write_records(out, without_duplicates(records, found), overwrite=overwrite)
            aside.commit()
    if as_json:
        print(json.dumps(said, ensure_ascii=False))
        return
    _show(found, records)
    if out is not None:
        print(f"{found.unique:,} records written to {out}, what was merged to {beside}")


def _said(found: Duplicates, records: Sequence[Record]) -> dict[str, Any]:
    return {
        "total": found.total,
        "unique": found.unique,
        "groups": [list(group) for group in found.groups],
        "pairs": [
            {
                "a": pair.a,
                "b": pair.b,
                "score": pair.score,
                "reasons": list(pair.reasons),
                "merged": pair.merged,
            }
            for pair in found.pairs
        ],
        "doubtful": [[pair.a, pair.b] for pair in found.doubtful],
        "records": [
            {
                "number": k,
                "title": record.title,
                "year": record.year,
                "doi": record.doi,
                "source": record.source,
                "file": record.file,
                "line": record.line,
            }
            for k, record in enumerate(records)
        ],
    }


def _show(found: Duplicates, records: Sequence[Record]) -> None:
    print(
        f"{found.total:,} records: {found.unique:,} publications, "
        f"{found.total - found.unique:,} duplicates in {len(found.groups):,} groups, "
        f"{len(found.doubtful):,} doubtful pairs"
    )
    for pair in found.doubtful[:_SHOWN]:
        print(f"\n? {pair.score:.2f} {', '.join(pair.reasons)}")
        for k in (pair.a, pair.b):
            one = records[k]
            names = ", ".join(one.authors[:2]) + (" …" if len(one.authors) > 2 else "")
            print(f"  {k:>6} {one.title}")
            print(f"         {names} {one.year or ''} {one.journal} {one.volume} {one.pages}")
            print(f"         {one.doi or 'no DOI'}; {one.source}, {one.file} line {one.line}")
    if len(found.doubtful) > _SHOWN:
        print(f"\n… and {len(found.doubtful) - _SHOWN:,} more; --json and -o list them all")
    if found.doubtful:
        print("\nmerge a doubtful pair with --together N,N; undo a merge with --apart N,N")
