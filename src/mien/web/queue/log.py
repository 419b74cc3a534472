"""What nobody expected, written down where only the owner of the data folder reads it."""

from __future__ import annotations

import os
import secrets
import traceback
from contextlib import suppress
from datetime import datetime
from pathlib import Path

LOG = "mien.log"
"""In the data folder; what was before it is in ``mien.log.1``."""
_MOST = 1 << 20  # bytes of the file from which on a new one is begun
_LONGEST = 1 << 16  # bytes of one entry
_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # that nobody takes for another


class Log:
    """Entries with a number each, which is all that others are told.

    The server and its workers write to one file. Nothing that goes wrong with it stops them.

    Parameters
    ----------
    path : Path
        The file; it is made when there is something to write.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def failure(self, where: str, error: BaseException) -> str | None:
        """Write down an exception with all that led to it.

        Parameters
        ----------
        where : str
            In what it happened, without names.
        error : BaseException

        Returns
        -------
        number : str or None
            Of the entry; None if it could not be written.
        """
        return self.entry(where, "".join(traceback.format_exception(error)))

    def entry(self, where: str, text: str) -> str | None:
        """Write something down; the end of it, if it is long. Returns as `failure`."""
        number = "".join(secrets.choice(_LETTERS) for _ in range(4))
        now = datetime.now().astimezone().isoformat(timespec="seconds")
        last = text.encode("utf-8", "backslashreplace")[-_LONGEST:]
        try:
            self._begin_anew()
            file = os.open(
                self._path,
                # whoever may write to the folder must not lead entries elsewhere with a link
                os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0),
                0o600,
            )
            try:
                if hasattr(os, "fchmod"):
                    os.fchmod(file, 0o600)
                # one write, so that entries of two processes do not mix
                os.write(file, f"{number} {now} {where}\n".encode() + last.rstrip() + b"\n\n")
            finally:
                os.close(file)
        except OSError:
            return None
        return number

    def _begin_anew(self) -> None:
        """Keep two files at most, the older one under another name."""
        with suppress(OSError):
            if self._path.stat().st_size > _MOST:
                os.replace(self._path, self._path.with_name(f"{self._path.name}.1"))


def noted(sentence: str, number: str | None) -> str:
    """A sentence that says where more is written down; as it is where nothing is."""
    if number is None:
        return sentence
    return (
        f"{sentence.removesuffix('.')} (note the number {number}: the log {LOG} in the data "
        "folder says more)."
    )
