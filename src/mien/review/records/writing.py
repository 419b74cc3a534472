"""Writing records as RIS, BibTeX, CSV or JSON, with every field that their source gave."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields as fields_of
from pathlib import Path

from mien.outputs import check_free, complete
from mien.review.cells import shielded
from mien.review.records import meaning
from mien.review.records.bibtex import Entry, bibtex
from mien.review.records.latex import to_latex
from mien.review.records.record import Raw, Record, plain
from mien.review.records.tables import RAW_COLUMN

_TAG = re.compile(r"^\s*[A-Z][A-Z0-9]\s+-|^\s*ER\s*-?\s*$")
_RIS_TYPES = re.compile(r"[A-Z]{3,10}")
_COLUMNS = (
    "title",
    "authors",
    "year",
    "journal",
    "volume",
    "issue",
    "pages",
    "doi",
    "pmid",
    "abstract",
    "keywords",
    "language",
    "database",
    "url",
    "type",
)


def write_records(path: Path, records: Sequence[Record], *, overwrite: bool = False) -> None:
    """Write records in the form that the file's ending says.

    Parameters
    ----------
    path : Path
        Ends in ``.ris``, ``.bib``, ``.csv`` or ``.json``.
    records : sequence of Record
        What to write.
    overwrite : bool
        Whether a file that is there is replaced.

    Raises
    ------
    OutputError
        If the name ends otherwise, something is in the way, or it cannot be written.
    """
    check_free(path, overwrite, kind="a file of records", endings=ENDINGS)
    with complete(path, overwrite=overwrite) as part:
        part.write_text(_WRITERS[path.suffix.lower()](records), encoding="utf-8", newline="")


def ris_text(records: Sequence[Record]) -> str:
    """Records as RIS.

    What comes from RIS stands as it stood there, but with two spaces before each dash; of other
    records what RIS has no tag for is kept in notes, ``N1  - name: value``.
    """
    return "".join("".join(_ris_lines(record)) + "ER  - \n\n" for record in records)


def _ris_lines(record: Record) -> Iterator[str]:
    if record.form == "ris" and _unchanged(record, meaning.ris):
        if not any(tag == "TY" for tag, _ in record.raw):
            yield "TY  - GEN\n"
        for tag, value in record.raw:
            yield _ris_line(tag, value)
        if "DB" not in {tag for tag, _ in record.raw} and record.source:
            yield _ris_line("DB", record.source)
        return
    kind = record.kind if _RIS_TYPES.fullmatch(record.kind) else "JOUR" if record.kind else "GEN"
    yield _ris_line("TY", kind)
    first, _, last = record.pages.partition("-")
    fields = [
        ("TI", record.title),
        *(("AU", name) for name in record.authors),
        ("PY", "" if record.year is None else str(record.year)),
        ("JF", record.journal),
        ("VL", record.volume),
        ("IS", record.issue),
        *((("SP", first), ("EP", last)) if last else (("SP", record.pages),)),
        ("DO", record.doi),
        ("C5", record.pmid),
        ("AB", record.abstract),
        *(("KW", word) for word in record.keywords),
        ("LA", record.language),
        ("DB", record.source),
        ("UR", record.url),
        ("M3", record.kind if kind != record.kind else ""),
    ]
    for tag, value in fields:
        if value:
            yield _ris_line(tag, value)
    for name, value in _left(record):
        yield _ris_line("N1", f"{name}: {value}")


def _ris_line(tag: str, value: str) -> str:
    lines = value.split("\n")
    if any(_TAG.match(line) or not line.strip() for line in lines[1:]):
        lines = [plain(value)]
    return f"{tag}  - " + "\n".join(lines) + "\n"


def bibtex_text(records: Sequence[Record]) -> str:
    """Records as BibTeX, in UTF-8; what they have beside its usual fields is called ``mien_…``."""
    keys: dict[str, int] = {}
    return "\n".join(_entry(record, keys) for record in records)


def _entry(record: Record, keys: dict[str, int]) -> str:
    own = record.form == "bibtex" and _unchanged(record, _of_bibtex)
    raw = dict(reversed(record.raw)) if own else {}
    kind = raw.get("ENTRYTYPE", "article" if record.kind else "misc").lower()
    fields: list[tuple[str, str]] = []
    if own:
        fields = [(name, value) for name, value in record.raw if name not in ("ENTRYTYPE", "ID")]
        if record.source and "mien_source" not in dict(fields):
            fields.append(("mien_source", to_latex(record.source)))
    else:
        fields = [(name, to_latex(value)) for name, value in _plain_fields(record) if value]
        if record.authors:
            names = " and ".join(
                f"{{{to_latex(name)}}}" if re.search(r"\band\b", name, re.I) else to_latex(name)
                for name in record.authors
            )
            fields.insert(1, ("author", names))
        seen: dict[str, int] = {}
        for name, value in _left(record):
            called = "mien_" + (re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") or "field")
            seen[called] = seen.get(called, 0) + 1
            if seen[called] > 1:
                called = f"{called}_{seen[called]}"
            fields.append((called, to_latex(value)))
    lines = "".join(f"  {name} = {{{value}}},\n" for name, value in fields)
    return f"@{kind}{{{_key(record, raw.get('ID', ''), keys)},\n{lines}}}\n"


def _plain_fields(record: Record) -> list[tuple[str, str]]:
    return [
        ("title", record.title),
        ("year", "" if record.year is None else str(record.year)),
        ("journal", record.journal),
        ("volume", record.volume),
        ("number", record.issue),
        ("pages", record.pages),
        ("doi", record.doi),
        ("pmid", record.pmid),
        ("abstract", record.abstract),
        ("keywords", "; ".join(record.keywords) + (";" if len(record.keywords) == 1 else "")),
        ("language", record.language),
        ("url", record.url),
        ("mien_source", record.source),
        ("mien_kind", record.kind),
    ]


def _key(record: Record, said: str, keys: dict[str, int]) -> str:
    if not said:
        surname = re.sub(r"[^A-Za-z]", "", (record.authors or ("record",))[0].split(",")[0])
        said = f"{surname or 'record'}{record.year or ''}"
    keys[said] = keys.get(said, 0) + 1
    return said if keys[said] == 1 else f"{said}-{keys[said]}"


def csv_text(records: Sequence[Record]) -> str:
    """Records as CSV: a column for each field, and one with all that the source gave as JSON."""
    written = io.StringIO()
    table = csv.writer(written, lineterminator="\r\n")
    table.writerow((*_COLUMNS, RAW_COLUMN))
    for record in records:
        said = json.dumps(record.to_json(), ensure_ascii=False, separators=(",", ":"))
        values = (
            record.title,
            "; ".join(record.authors),
            "" if record.year is None else record.year,
            record.journal,
            record.volume,
            record.issue,
            record.pages,
            record.doi,
            record.pmid,
            record.abstract,
            "; ".join(record.keywords),
            record.language,
            record.source,
            record.url,
            record.kind,
        )
        table.writerow((*(shielded(str(value)) for value in values), said))
    return "\ufeff" + written.getvalue()


def json_text(records: Sequence[Record]) -> str:
    """Records as JSON that `read_export` reads again."""
    return json.dumps({"records": [one.to_json() for one in records]}, ensure_ascii=False) + "\n"


def _unchanged(record: Record, read: Callable[[Raw], Record]) -> bool:
    """Whether a record is still what its fields say, but for its source."""
    said = read(record.raw)
    return bool(record.raw) and all(
        getattr(record, one.name) == getattr(said, one.name)
        for one in fields_of(Record)
        if one.name not in ("source", "form", "file", "line", "raw")
    )


def _of_bibtex(raw: Raw) -> Record:
    first = dict(reversed(raw))
    fields = tuple(pair for pair in raw if pair[0] not in ("ENTRYTYPE", "ID"))
    return bibtex(Entry(first.get("ENTRYTYPE", ""), first.get("ID", ""), 0, fields))


def _left(record: Record) -> list[tuple[str, str]]:
    """Fields of the source whose values do not stand in the record's own."""
    own = {
        plain(value)
        for value in (
            *(record.title, record.abstract, *record.authors, *record.keywords, record.doi),
            *("" if record.year is None else str(record.year), record.journal, record.volume),
            *(record.issue, record.pages, *record.pages.split("-"), record.language, record.url),
            *(record.source, record.kind, record.pmid),
        )
    }
    return [(name, value) for name, value in record.raw if plain(value) not in own]


_WRITERS: dict[str, Callable[[Sequence[Record]], str]] = {
    ".ris": ris_text,
    ".bib": bibtex_text,
    ".csv": csv_text,
    ".json": json_text,
}
ENDINGS = tuple(_WRITERS)
"""Of the files that are written."""
