"""The answers of a line-up as a table, and as trials to analyse."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mien.errors import FormatError
from mien.study.lineup_store import DATABASE, LineupStore

if TYPE_CHECKING:
    from mien.study.trials import Trial

COLUMNS = ("judge", "trial", "arm", "clip", "faces", "answer", "position", "said", "at")
"""Of an exported table; all but the last three are what `mien study reid` reads."""


def trials_of(store: LineupStore) -> tuple[Trial, ...]:
    """The answers so far, to be analysed.

    Raises
    ------
    FormatError
        If there are none.
    """
    from mien.study.trials import COMPARING, Trial, answer_class

    rows = store.export()
    if not rows:
        raise FormatError("Nobody has answered a trial yet: there is nothing to analyse.")
    return tuple(
        Trial(
            row["judge"],
            row["trial"],
            row["arm"],
            (answer_class(row["answer"]) or "") if row["arm"] in COMPARING else row["answer"],
            row["clip"],
            row["faces"],
        )
        for row in rows
    )


def is_lineup(path: Path) -> bool:
    """Whether a folder holds a line-up."""
    return path.is_dir() and (path / DATABASE).is_file()
