"""Answers of judges who looked for the patient, read from a plain table."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass

from mien.study.plain_table import PlainTable, Row, read_table, shown

INNER, WHOLE, ACQUAINTANCES, BLANKED = "inner", "whole", "acquaintances", "blanked"
ARMS: Mapping[str, str] = {
    INNER: "six faces, inner part",
    WHOLE: "six faces, whole picture with hair and neck",
    ACQUAINTANCES: "results shown to people who know the patient",
    BLANKED: "originals with the face covered, shown to people who know the patient",
}
"""How trials are shown; in the first two faces are compared, in the others people are named."""
COMPARING = (INNER, WHOLE)
NONE, FOUND, SURROGATE, OTHER = "none", "original-result", "surrogate-result", "other"
PAIRS = (NONE, SURROGATE, OTHER, FOUND)
"""Answers to "which two of these are one person?"."""
RECOGNISED, WRONG = "recognised", "wrong"
NAMES = (NONE, WRONG, RECOGNISED)
"""Answers to "do you know who this is?": nobody, somebody else, the patient."""
_ARM = {
    "": INNER, "inner": INNER, "inner face": INNER, "whole": WHOLE, "whole picture": WHOLE,
    "acquaintances": ACQUAINTANCES, "acquaintance": ACQUAINTANCES, "blanked": BLANKED,
    "face-blanked": BLANKED, "blank": BLANKED,
}  # fmt: skip
_ROLES = {
    "original": "original", "result": "result", "de-identified": "result",
    "deidentified": "result", "surrogate": "surrogate", "source": "surrogate",
}  # fmt: skip
_BETWEEN = re.compile(r"\s*(?:[-–+/&,;|]|\band\b)\s*")
_FACES = 6
MOST_JUDGES = 100
"""That are analysed at once."""


@dataclass(frozen=True)
class Trial:
    """One judge's answer to one trial."""

    judge: str
    """Who answered."""
    trial: str
    """Which trial; judges may have had the same ones."""
    arm: str
    """Key of `ARMS`."""
    answer: str
    """One of `PAIRS` or of `NAMES`, as the arm asks."""
    clip: str
    """Which patient it is about; the trial if the table does not say."""
    faces: int
    """How many were shown at once; 1 where people are named."""

    @property
    def chance(self) -> float:
        """Of hitting original and result if any two faces are named blindly."""
        return 2 / (self.faces * (self.faces - 1))


def read_trials(path: str | os.PathLike[str]) -> tuple[Trial, ...]:
    """Read a table with the columns judge, trial, answer and, if they are there, arm, clip, faces.

    Raises
    ------
    FormatError
        If it cannot be read, an answer or arm is unknown, or a judge answered a trial twice; says
        the line.
    """
    table = read_table(path, ("judge", "trial", "answer"), ("arm", "clip", "faces"))
    lines: dict[tuple[str, str, str], int] = {}
    found = []
    for row in table.rows:
        one = _trial(table, row)
        key = (one.judge, one.trial, one.arm)
        if key in lines:
            raise table.wrong(
                row,
                f"{one.judge} answered trial {one.trial} in line {lines[key]} already: keep one "
                "of the two.",
            )
        lines[key] = row.line
        found.append(one)
    return tuple(found)


def answer_class(written: str) -> str | None:
    """The class of an answer about two faces, by their roles in either order.

    Parameters
    ----------
    written : str
        ``none``, ``other``, or two roles: original, result, surrogate, control (with a number).

    Returns
    -------
    answer : str or None
        One of `PAIRS`; None if it is none of these.
    """
    small = " ".join(written.casefold().split())
    if small in ("none", "no", "nobody"):
        return NONE
    if small in ("other", "others", "control"):
        return OTHER
    parts = _BETWEEN.split(small.replace("de-identified", "deidentified"))
    roles = [_role(part) for part in parts if part]
    if len(roles) != 2 or None in roles:
        return None
    one, two = roles
    if one == two and one != "control":
        return None
    if {one, two} == {"original", "result"}:
        return FOUND
    return SURROGATE if {one, two} == {"surrogate", "result"} else OTHER


def _role(name: str) -> str | None:
    if re.fullmatch(r"control[ _]?\d{0,2}", name):
        return "control"
    return _ROLES.get(name)


def _trial(table: PlainTable, row: Row) -> Trial:
    cells = row.cells
    judge, trial = table.word(row, "judge"), table.word(row, "trial")
    written = cells.get("arm", "")
    arm = _ARM.get(" ".join(written.casefold().split()))
    if arm is None:
        raise table.wrong(row, f"arm is {shown(written)}: write {', '.join(ARMS)}.")
    said = cells.get("answer", "")
    answer = answer_class(said) if arm in COMPARING else _named(said)
    if answer is None:
        allowed = (
            "none, original-result, surrogate-result or other"
            if arm in COMPARING
            else "none, wrong or recognised"
        )
        raise table.wrong(row, f"answer is {shown(said)}: write {allowed}.")
    faces: float | None = _FACES if arm in COMPARING else 1
    if cells.get("faces") and arm in COMPARING:
        faces = table.number(row, "faces", "how many were shown, 3 to 20", empty=str(_FACES))
    if faces is None or faces != int(faces) or (arm in COMPARING and not 3 <= faces <= 20):
        raise table.wrong(
            row, f"faces is {shown(cells['faces'])}: write how many were shown, 3 to 20."
        )
    clip = table.word(row, "clip") if cells.get("clip") else trial
    return Trial(judge, trial, arm, answer, clip, int(faces))


def _named(written: str) -> str | None:
    small = written.casefold().strip()
    if small in ("recognised", "recognized", "correct", "yes"):
        return RECOGNISED
    return {"wrong": WRONG, "none": NONE, "no": NONE, "nobody": NONE}.get(small)
