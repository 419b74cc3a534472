"""What a participant is called."""

from __future__ import annotations

import re

from mien.errors import ParameterError

_PSEUDONYM = re.compile(r"(?=.*\d)[A-Za-z0-9][A-Za-z0-9_-]{0,31}")


def pseudonym(text: str) -> str:
    """A participant's pseudonym, if it can be one.

    Raises
    ------
    ParameterError
        If it holds anything but letters, digits, ``-`` and ``_``, or no digit: it may be a name.
    """
    if not _PSEUDONYM.fullmatch(text):
        raise ParameterError(
            f"{text!r} may be somebody's name: use a pseudonym with a digit, such as P017, of "
            "letters, digits, - and _."
        )
    return text
