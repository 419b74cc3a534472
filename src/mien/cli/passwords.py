"""Passwords from files: never from the command line, which others on a computer can read."""

from __future__ import annotations

from pathlib import Path

from mien.errors import ParameterError


def first_line(path: Path) -> str:
    """The first line of a file.

    Raises
    ------
    ParameterError
        If there is none.
    """
    try:
        return path.read_text().splitlines()[0].strip()
    except (OSError, UnicodeDecodeError, IndexError) as exc:
        raise ParameterError(
            f"{path} holds no password: give a text file with it in the first line."
        ) from exc
