"""From the bytes of an export to its lines, whatever wrote them."""

from __future__ import annotations

import codecs
import re

from mien.errors import FormatError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_PAGE = re.compile(
    r"\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.I | re.S
)


def decode(data: bytes, name: str, notes: list[str] | None = None) -> str:
    """The text of a file, with newlines as line ends and without a mark of its byte order.

    UTF-8, UTF-16 and UTF-32 are told by their marks or their zeros; what is none of them is read
    as Windows-1252, which includes Latin-1. In a file that is UTF-8 for the most part, only the
    letters that are not are read so, and the first is told in `notes`.

    Raises
    ------
    FormatError
        If it is no text, or a page of the web.
    """
    text = _decoded(data, name, notes if notes is not None else [])
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\ufeff", "")
    if _PAGE.match(text[:4096]):
        raise FormatError(
            f"{name}, line 1: this is a page of the web and no export of records, so download the "
            "export again, perhaps after signing in."
        )
    control = re.search("[\0-\x08\x0e-\x1a]", text)
    if control and (text.count("\0") or _strange(text)):
        line = text.count("\n", 0, control.start()) + 1
        raise FormatError(f"{name}, line {line}: this is no text, so give an export of records.")
    return text


def _decoded(data: bytes, name: str, notes: list[str]) -> str:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            try:
                return data[len(mark) :].decode(encoding)
            except UnicodeDecodeError as exc:
                if encoding.startswith("utf-16") and exc.end >= len(data) - len(mark):
                    return data[len(mark) :].decode(encoding, "ignore")  # cut in a letter
                if encoding == "utf-8":
                    return _mixed(data[len(mark) :], name, notes)
                raise FormatError(
                    f"{name} is no text in {encoding.upper()}, as its first bytes say: export it "
                    "again as UTF-8."
                ) from exc
    start = data[:2000]
    if start.count(0) > len(start) // 4:
        encoding = "utf-16-le" if start[1::2].count(0) > start[0::2].count(0) else "utf-16-be"
        return data.decode(encoding, "ignore")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as exc:
        if exc.reason == "unexpected end of data" and len(data) - exc.start < 4:
            return data[: exc.start].decode("utf-8")  # cut in a letter
        return _mixed(data, name, notes)


def _mixed(data: bytes, name: str, notes: list[str]) -> str:
    """Text that is not all UTF-8: as UTF-8 with some letters of another kind, or of that kind."""
    bad: list[int] = []

    def other(error: UnicodeError) -> tuple[str, int]:
        assert isinstance(error, UnicodeDecodeError)
        bad.append(error.start)
        return _western(data[error.start : error.start + 1]), error.start + 1

    codecs.register_error("mien-western", other)
    text = data.decode("utf-8", "mien-western")
    letters = sum(c > "\x7f" for c in text) - len(bad)
    if letters <= len(bad):
        return _western(data)
    before = data[: bad[0]].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    notes.append(
        f"{name}, line {before.count(10) + 1}: from here on {len(bad)} letters are not UTF-8 as "
        "the others are; they were read as Windows-1252."
    )
    return text


def _western(data: bytes) -> str:
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _strange(text: str) -> bool:
    start = text[:4000]
    return sum(c < " " and c not in "\n\t\f\v" for c in start) > len(start) // 50
