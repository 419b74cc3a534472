"""Files of a flow's numbers: JSON, TOML, or CSV with a name and a number a line."""

from __future__ import annotations

import csv
import io
import os
from dataclasses import fields
from pathlib import Path
from typing import Any

from mien.errors import FormatError, MienError
from mien.intake.words import parse_json, parse_toml, text
from mien.review.prisma.flow import Flow

ENDINGS = (".json", ".toml", ".csv")
EXAMPLE = """\
# Numbers of a PRISMA 2020 flow. What follows from others may be left out.
duplicates = 312
excluded = 1480
not_retrieved = 4
studies = 41          # new studies; reports are counted from the rest
# previous_studies = 30   # of an updated review
# pooled = 20

[databases]
PubMed = 812
Scopus = 640
"IEEE Xplore" = 431

[excluded_full_text]
"not a full face" = 22
"no medical question" = 17

[other]
"Citation searching" = 9
"""


def read_flow(path: str | os.PathLike[str]) -> Flow:
    """Read a file of numbers.

    Parameters
    ----------
    path : path
        Ending in ``.json``, ``.toml`` or ``.csv``. In CSV a line is ``name,number`` or, of numbers
        that have names of their own, ``databases,PubMed,812``; a header is not needed.

    Raises
    ------
    FormatError
        If it cannot be read, a name is not known or a number is none.
    """
    place = Path(path)
    ending = place.suffix.lower()
    if ending not in ENDINGS:
        raise FormatError(
            f"{path} is no file of numbers: give one that ends in .json, .toml, .csv."
        )
    try:
        written = text(place, "the numbers of a flow")
    except UnicodeDecodeError as exc:
        raise FormatError(f"{path} is no UTF-8 text: save it as UTF-8.") from exc
    except OSError as exc:
        raise FormatError(f"{path} cannot be read: {exc.strerror or exc}.") from exc
    return parse_flow(written, place.name, ending)


def parse_flow(written: str, name: str, ending: str) -> Flow:
    """The flow in a text of the given kind; raises as `read_flow`."""
    try:
        if ending == ".json":
            content: Any = parse_json(written, name, "the numbers of a flow")
        elif ending == ".toml":
            content = parse_toml(written, name)
        else:
            content = _of_csv(written, name)
        if not isinstance(content, dict):
            raise FormatError(f"{name} holds no names with numbers.")
        flow = Flow.of(content)
        flow.filled()
        return flow
    except FormatError:
        raise
    except MienError as exc:
        raise FormatError(f"{name}: {exc}") from exc
    except ValueError as exc:
        raise FormatError(f"{name} cannot be read: {exc}.") from exc


def _of_csv(written: str, name: str) -> dict[str, Any]:
    grouped = {one.name for one in fields(Flow) if "dict" in str(one.type)}
    found: dict[str, Any] = {}
    reader = csv.reader(io.StringIO(written, newline=""))
    for cells in reader:
        row = [cell.strip() for cell in cells]
        while row and not row[-1]:
            row.pop()
        where = f"{name}, line {reader.line_num}"
        if not row or (reader.line_num == 1 and not row[-1].isdigit()):  # a header
            continue
        if len(row) == 2 and row[0].lower() == "made_up":
            found["made_up"] = {"true": True, "false": False}.get(row[1].lower(), row[1])
            continue
        if len(row) not in (2, 3) or not row[-1].isdigit():
            raise FormatError(f"{where}: write a name and a whole number.")
        key, value = row[0].lower(), int(row[-1])
        if key in grouped:
            found.setdefault(key, {})[row[1] if len(row) == 3 else "all"] = value
        else:
            found[key] = value
    return found
