"""Several exports that were put into one file, one after the other."""

from __future__ import annotations

import re
from collections.abc import Iterator

_STARTS = (
    ("ris", re.compile(r"\s{0,4}TY\s+-(\s|$)")),
    ("medline", re.compile(r"PMID *- ?\d")),
    ("bibtex", re.compile(r"\s*@\s*[A-Za-z]+\s*[{(]")),
    ("refer", re.compile(r"%0 \S")),
)
_END = re.compile(r"\s*ER\s*-?\s*$")


def pieces(text: str, kind: str) -> Iterator[tuple[str, str]]:
    """Parts of a text that are each of one form, and their forms.

    Another form begins only where no record is open: after the end of one of RIS, or, in forms that
    mark no end, after an empty line; so words of an abstract are not taken for one.

    Parameters
    ----------
    text : str
    kind : str
        The form that it begins with: `ris`, `medline`, `bibtex` or `refer`; others are one part.

    Returns
    -------
    parts : iterator of (str, str)
        Form and text, with an empty line for each line before it, so that lines keep their numbers.
    """
    if kind not in {name for name, _ in _STARTS}:
        yield kind, text
        return
    lines = text.split("\n")
    begun, closed = 0, False
    for number, line in enumerate(lines):
        if closed:
            other = next((name for name, sign in _STARTS if sign.match(line)), kind)
            if other != kind:
                yield kind, "\n" * begun + "\n".join(lines[begun:number]) + "\n"
                begun, kind = number, other
        if kind == "ris":
            closed = bool(_END.match(line)) or (closed and not line.strip())
        else:
            closed = not line.strip()
    yield kind, "\n" * begun + "\n".join(lines[begun:])
