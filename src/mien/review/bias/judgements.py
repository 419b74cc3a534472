"""What assessors judged of studies, and files of it.

A row is one judgement: a study, the tool, who judged, the domain, what of it (`judgement`,
`applicability`, or the key of a question), the answer, and what it rests on: why, a quote, a page.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from mien.errors import FormatError, MienError, ParameterError
from mien.intake.amounts import TABLE_BYTES
from mien.intake.separated import separator_of
from mien.intake.words import text
from mien.review.bias.forms import ANSWERS, OVERALL, Form, form
from mien.review.cells import shielded, unshielded

JUDGEMENT, APPLICABILITY = "judgement", "applicability"
CONSENSUS = "consensus"
"""The assessor who speaks for all."""
_SHORT = {
    "y": "yes", "py": "probably yes", "pn": "probably no", "n": "no", "ni": "no information",
    "+": "low", "-": "high", "?": "unclear", "some concerns": "unclear", "moderate": "unclear",
}  # fmt: skip
_MOST_ROWS = 200_000


@dataclass(frozen=True)
class Judgement:
    """One answer."""

    study: str
    """Which study."""
    tool: str
    """Key of the form."""
    assessor: str
    """Who judged; `consensus` speaks for all."""
    domain: str
    """Key of the domain, or `overall`."""
    item: str
    """`judgement`, `applicability`, or the key of a question."""
    answer: str
    """A level of the form, or an answer to a question; empty where nothing was said yet."""
    support: str = ""
    """Why, in words."""
    quote: str = ""
    """What the study says."""
    page: str = ""
    """Where it says so."""


COLUMNS = tuple(field.name for field in fields(Judgement))


def read_judgements(path: str | os.PathLike[str], tool: str | None = None) -> list[Judgement]:
    """Read a file of judgements.

    Parameters
    ----------
    path : path
        CSV with the columns `study`, `domain` and `answer`, or one with a column for each domain.
        `tool`, `assessor`, `item`, `support`, `quote` and `page` may be missing.
    tool : str, optional
        Key of the form, where the file does not name it.

    Raises
    ------
    FormatError
        If it cannot be read or an answer is none; the line is named.
    """
    name = Path(path).name
    try:
        written = text(path, "a table of judgements", TABLE_BYTES)
    except UnicodeDecodeError as exc:
        raise FormatError(f"{path} is no UTF-8 text: save the table as CSV in UTF-8.") from exc
    except OSError as exc:
        raise FormatError(f"{path} cannot be read: {exc.strerror or exc}.") from exc
    return parse_judgements(written, name, tool)


def parse_judgements(written: str, name: str, tool: str | None = None) -> list[Judgement]:
    """The judgements in a text; raises as `read_judgements`."""
    body = written.lstrip("\r\n")
    reader = csv.DictReader(io.StringIO(body, newline=""), delimiter=separator_of(body), restval="")
    found: list[Judgement] = []
    try:
        titles = [title.strip().lower() for title in reader.fieldnames or ()]
        reader.fieldnames = titles
        if "study" not in titles:
            raise FormatError(f"{name} lacks the column study: it must name each row's study.")
        for raw in reader:
            if None in raw:
                raise FormatError(f"{name}, line {reader.line_num}: more cells than the header.")
            row = {key: unshielded((value or "").strip()) for key, value in raw.items()}
            if any(row.values()):
                found += _of_row(row, titles, tool, f"{name}, line {reader.line_num}")
            if len(found) > _MOST_ROWS:
                raise FormatError(f"{name} holds more than {_MOST_ROWS} judgements: split it.")
    except csv.Error as exc:
        raise FormatError(f"{name}, line {reader.line_num}: it is no CSV ({exc}).") from exc
    if not found:
        raise FormatError(f"{name} holds no judgement.")
    return found


def _of_row(
    row: dict[str, str], titles: list[str], tool: str | None, where: str
) -> list[Judgement]:
    key = (row.get("tool") or tool or "").lower().replace("-", "").replace("+", "_")
    try:
        if not key:
            raise ParameterError("no tool is named, so give one with --tool")
        used = form(key)
        if not row["study"]:
            raise ParameterError("the study has no name")
        who = row.get("assessor") or CONSENSUS
        if "domain" not in titles:
            cells = [(title, row[title]) for title in titles if _is_domain(used, title)]
            if not cells:
                raise ParameterError(
                    f"there is neither a column domain nor one of {used.short}'s domains"
                )
            return [
                _judgement(used, (row["study"], who), domain, JUDGEMENT, answer, row)
                for domain, answer in cells
            ]
        item = row.get("item") or JUDGEMENT
        return [
            _judgement(used, (row["study"], who), row["domain"], item, row.get("answer", ""), row)
        ]
    except MienError as exc:
        raise FormatError(f"{where}: {str(exc).rstrip('.')}.") from exc


def _is_domain(used: Form, title: str) -> bool:
    return title == OVERALL or any(title in (one.key, one.title.lower()) for one in used.domains)


def _judgement(
    used: Form,
    whose: tuple[str, str],
    domain: str,
    item: str,
    answer: str,
    row: dict[str, str],
) -> Judgement:
    """A checked one; raises `ParameterError`."""
    study, who = whose
    key, answer = checked_judgement(used, domain, item, answer)
    notes = (row.get("support", ""), row.get("quote", ""), row.get("page", ""))
    return Judgement(study, used.key, who, key, item, answer, *notes)


def checked_judgement(used: Form, domain: str, item: str, answer: str) -> tuple[str, str]:
    """Key of a domain, and an answer in the form in which it is kept; empty stays empty.

    Raises
    ------
    ParameterError
        If the form has no such place, or that is no answer there.
    """
    key = OVERALL if domain.lower() == OVERALL else used.domain(domain).key
    answer = _SHORT.get(answer.lower(), answer.lower())
    allowed = used.levels if item in (JUDGEMENT, APPLICABILITY) else ANSWERS
    if item not in (JUDGEMENT, APPLICABILITY):
        questions = used.domain(domain).questions if key != OVERALL else {}
        if item not in questions:
            raise ParameterError(f"{used.short} has no question {item!r} in its domain {key}")
    if answer and answer not in allowed:
        raise ParameterError(f"{answer[:30]!r} is no answer: choose one of {', '.join(allowed)}")
    return key, answer


def to_csv(judgements: Iterable[Judgement]) -> str:
    """Judgements as CSV, which `parse_judgements` reads back as they are."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for one in judgements:
        writer.writerow({key: shielded(value) for key, value in asdict(one).items()})
    return out.getvalue()


def empty_form(tool: str, studies: Iterable[str], assessor: str) -> list[Judgement]:
    """All that an assessor has to answer, with empty answers."""
    used = form(tool)
    rows = []
    for study in studies:
        for domain in used.domains:
            items = [*domain.questions, JUDGEMENT, *[APPLICABILITY] * bool(domain.applicability)]
            rows += [Judgement(study, tool, assessor, domain.key, item, "") for item in items]
        rows.append(Judgement(study, tool, assessor, OVERALL, JUDGEMENT, ""))
    return rows
