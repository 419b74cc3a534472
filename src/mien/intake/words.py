"""Text, JSON and TOML that somebody gave."""

from __future__ import annotations

import json
import math
import os
import re
import tomllib
from typing import Any

from mien.errors import FormatError
from mien.intake.amounts import JSON_BYTES, SETTINGS_BYTES, content

_CHAIN = re.compile(r"""(?:[\w"'-]{1,100}[ \t]*\.[ \t]*){64}""")  # a dotted key of many parts


def text(path: str | os.PathLike[str], what: str, most: int = SETTINGS_BYTES) -> str:
    """The text of a file, without a mark of its byte order.

    Parameters
    ----------
    path : path
        The file, UTF-8.
    what : str
        What it should be, as in "the profile".
    most : int
        Bytes at most.

    Raises
    ------
    OSError
        If there is no such file, or it cannot be read.
    UnicodeDecodeError
        If it is no UTF-8.
    FormatError
        If it is too large.
    """
    return content(path, most, what).decode("utf-8-sig")


def why(error: Exception) -> str:
    """Why a text cannot be read, in words that follow a colon: no number of an error, no path."""
    if isinstance(error, OSError):
        return error.strerror or "it is damaged"
    if isinstance(error, UnicodeDecodeError):
        return "this is no UTF-8 text, so save it as UTF-8"
    if isinstance(error, TypeError | AttributeError):
        return "it holds something else"
    return f"{error} is missing" if isinstance(error, KeyError) else str(error)


def read_json(path: str | os.PathLike[str], what: str, most: int = JSON_BYTES) -> Any:
    """What a file of JSON holds.

    Raises
    ------
    OSError
        If there is no such file, or it cannot be read.
    FormatError
        As `parse_json`; if it is too large, or no UTF-8.
    """
    try:
        return parse_json(text(path, what, most), str(path), what)
    except UnicodeDecodeError as exc:
        raise FormatError(f"{path} is not {what}: it is no UTF-8 text.") from exc


def parse_json(written: str, name: str, what: str) -> Any:
    """What JSON says.

    Parameters
    ----------
    written : str
        The JSON.
    name : str
        Where it comes from, for the message.
    what : str
        What it should be.

    Raises
    ------
    FormatError
        If it is no JSON, is nested too deeply, or holds numbers that are none: NaN, infinity.
    """
    try:
        return json.loads(written, parse_constant=_no_number, parse_float=_finite)
    except RecursionError as exc:
        raise FormatError(f"{name} is not {what}: it is nested too deeply.") from exc
    except ValueError as exc:
        raise FormatError(f"{name} is not {what}: it is no JSON ({exc}).") from exc


def parse_toml(written: str, name: str) -> dict[str, Any]:
    """What TOML says.

    Raises
    ------
    ValueError
        If it is no TOML or is nested too deeply, in words that follow "because" or a colon.
    """
    if _CHAIN.search(written):  # each part is a table in the one before it, which takes for ever
        raise FormatError(f"{name} is nested too deeply: write it flat.")
    try:
        return tomllib.loads(written)
    except RecursionError as exc:
        raise FormatError(f"{name} is nested too deeply: write it flat.") from exc


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number")


def _finite(written: str) -> float:
    number = float(written)
    if not math.isfinite(number):
        raise ValueError(f"{written[:20]} is no number")
    return number
