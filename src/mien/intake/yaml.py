"""The plain part of YAML: sections, one value or one list a line.

That is what configurations of published networks are written in. Anchors, tags, text of several
lines and whatever else YAML can do are refused: a file that needs them is no such configuration.
"""

from __future__ import annotations

import json
import os
import re
from typing import Any

from mien.errors import FormatError
from mien.intake.words import text

_LINE = re.compile(r"( *)([A-Za-z_][\w.-]*)\s*:(?:\s+(.*))?")
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_WORD = re.compile(r"[\w./~-][\w ./~-]*")
_WORDS: dict[str, Any] = {
    **{"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False},
    **{"null": None, "Null": None, "~": None},
}
_DEEPEST = 16


def read_yaml(path: str | os.PathLike[str], what: str) -> dict[str, Any]:
    """What a file of plain YAML says.

    Raises
    ------
    OSError
        If there is no such file, or it cannot be read.
    FormatError
        If it is too large, no UTF-8, or more than plain YAML.
    """
    try:
        return parse_yaml(text(path, what), str(path), what)
    except UnicodeDecodeError as exc:
        raise FormatError(f"{path} is not {what}: it is no UTF-8 text.") from exc


def parse_yaml(written: str, name: str, what: str) -> dict[str, Any]:
    """What plain YAML says.

    Parameters
    ----------
    written : str
        The YAML.
    name, what : str
        Where it comes from and what it should be, for the message.

    Raises
    ------
    FormatError
        If it is more than plain YAML; the line is named.
    """
    top: dict[str, Any] = {}
    # sections that are open, outermost first: how far they are indented, and what they hold
    open_: list[tuple[int, dict[str, Any]]] = [(0, top)]
    waiting: tuple[dict[str, Any], str] | None = None  # a name that may be a section's

    def refuse(number: int, why: str) -> FormatError:
        return FormatError(f"{name} is not {what}: line {number} {why}.")

    for number, line in enumerate(written.splitlines(), 1):
        line = _uncommented(line)
        if not line or line == "---":
            continue
        found = _LINE.fullmatch(line)
        if found is None:
            raise refuse(number, "is no plain YAML such as `name: value`")
        indent, key, value = len(found[1]), found[2], found[3]
        if waiting is not None and indent > open_[-1][0]:
            inner: dict[str, Any] = {}
            waiting[0][waiting[1]] = inner
            open_.append((indent, inner))
            if len(open_) > _DEEPEST:
                raise refuse(number, "is nested too deeply")
        while indent < open_[-1][0]:
            open_.pop()
        if indent != open_[-1][0]:
            raise refuse(number, "is indented as no line before it")
        section = open_[-1][1]
        if key in section:
            raise refuse(number, f"says {key} again")
        try:
            section[key] = None if value is None else _value(value)
        except ValueError:
            raise refuse(number, "has a value that is no plain word, number or list") from None
        waiting = (section, key) if value is None else None
    return top


def _uncommented(line: str) -> str:
    """A line without its comment and the spaces at its end."""
    quote = ""
    for at, letter in enumerate(line):
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"":
            quote = letter
        elif letter == "#" and (at == 0 or line[at - 1] in " \t"):
            return line[:at].rstrip()
    return line.rstrip()


def _value(written: str) -> Any:
    written = written.strip()
    if written.startswith("[") and written.endswith("]"):
        inner = written[1:-1].strip()
        return [_plain(item.strip()) for item in inner.split(",")] if inner else []
    if written == "{}":
        return {}
    return _plain(written)


def _plain(written: str) -> Any:
    """A word, a number, or text in quotes."""
    if written in _WORDS:
        return _WORDS[written]
    if len(written) <= 40 and _NUMBER.fullmatch(written):
        whole = written.lstrip("+-").isdigit()
        return int(written) if whole else float(written)
    if len(written) > 1 and written[0] == written[-1] == "'" and "'" not in written[1:-1]:
        return written[1:-1]
    if written.startswith('"'):
        said = json.loads(written)
        if isinstance(said, str):
            return said
    if _WORD.fullmatch(written):
        return written
    raise ValueError(written)
