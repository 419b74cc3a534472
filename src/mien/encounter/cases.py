"""The encounters of a study: a table of pairs, or a folder of them, with who took part."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from mien.encounter.observation import ROLES
from mien.encounter.roles import SIDES
from mien.errors import FormatError, ParameterError
from mien.intake import words
from mien.intake.separated import fields_of, is_nothing

_TABLE = "encounters.csv"
_SAVED = "encounter.json"
_VIDEOS = frozenset({".mp4", ".mov", ".m4v", ".mkv", ".avi", ".webm"})
_COLUMNS = (
    "encounter", "report", "doctor_video", "patient_video", "video", "doctor", "sex", "age",
    "department", "exclude", "offset", "doctor_is", "patient_is", "published",
)  # fmt: skip
_OLDEST = 130.0
_PATH = re.compile(r"[/\\\0]|^\.")  # a folder is called so: it has to stay in its place
_MAYBE_UNKNOWN = ("sex", "age", "department", "offset")


@dataclass(frozen=True)
class Case:
    """One encounter of a study."""

    name: str
    """What it is called in tables: a pseudonym."""
    report: Path | None = None
    """A folder that `mien encounter` or `Encounter.save` wrote; None where there are recordings."""
    recordings: tuple[Path, ...] = ()
    """One recording that shows both, or the doctor's and the patient's."""
    doctor: str = ""
    """Which doctor, a pseudonym; "" where nothing is known."""
    sex: str = ""
    """The patient's, as the table has it."""
    age: float | None = None
    """The patient's, years."""
    department: str = ""
    """Where it took place."""
    exclude: str = ""
    """Why it is left out, as whoever made the table says; "" where it is not."""
    offset: float | None = None
    """Seconds that the patient's camera was started later; None to find them from the sound."""
    doctor_is: str = ""
    """Who the doctor is: `left`, `right`, a number or a picture; "" to find out."""
    patient_is: str = ""
    """Who the patient is, likewise."""
    published: Path | None = None
    """A folder that `mien encounter publish` wrote of this encounter; None where there is none."""

    @property
    def references(self) -> dict[str, str]:
        """By role, as `AnalysisSettings.references` has them."""
        given = zip(ROLES, (self.doctor_is, self.patient_is), strict=True)
        return {role: reference for role, reference in given if reference}


def read_cases(path: str | os.PathLike[str]) -> list[Case]:
    """Read the encounters of a study.

    Parameters
    ----------
    path : path
        A CSV table, its paths relative to it: `encounter`, and `report` (a folder that `mien
        encounter` wrote), or `doctor_video` and `patient_video`, or `video`; if there, `doctor`,
        `sex`, `age`, `department`, `exclude`, and for recordings `offset`, `doctor_is` and
        `patient_is`; and `published`, a folder that `mien encounter publish` wrote. Or a folder:
        with a table `encounters.csv`, or with one folder for each encounter, which is such a
        report or holds `doctor.mp4` and `patient.mp4`.

    Raises
    ------
    FormatError
        If the table or the folder is something else; the sentence names the line.
    ParameterError
        If a name, a report or a recording stands twice: it would count twice.
    """
    path = Path(path)
    if path.is_dir() and not (path / _TABLE).is_file():
        cases = [case for place in sorted(path.iterdir()) if (case := _of_folder(place))]
        if not cases:
            raise FormatError(
                f"{path} holds no encounter: put {_TABLE} there, or a folder for each encounter "
                "with doctor.mp4 and patient.mp4, or with what mien encounter wrote."
            )
    else:
        cases = _of_table(path / _TABLE if path.is_dir() else path)
    names = [case.name for case in cases]
    for name in names:
        if names.count(name) > 1:
            raise ParameterError(f"The encounter {name} stands twice: call each one differently.")
    _check_once(cases)
    return cases


def _check_once(cases: Iterable[Case]) -> None:
    """Refuse a study that counts a report or a recording twice; those left out do not count."""
    whose: dict[Path, str] = {}
    for case in cases:
        for path in (*case.recordings, case.report, case.published):
            if path is None or case.exclude:
                continue
            other = whose.setdefault(path.resolve(), case.name)
            if other != case.name:
                raise ParameterError(
                    f"{path} stands in the encounters {other} and {case.name}, and would count "
                    "twice: name each one once."
                )


def _of_folder(place: Path) -> Case | None:
    if not place.is_dir():
        return None
    if (place / _SAVED).is_file():
        return Case(place.name, report=place)
    found = {
        role: next(
            (file for file in sorted(place.glob(f"{role}.*")) if file.suffix.lower() in _VIDEOS),
            None,
        )
        for role in ("doctor", "patient")
    }
    if found["doctor"] and found["patient"]:
        return Case(place.name, recordings=(found["doctor"], found["patient"]))
    return None


def _of_table(path: Path) -> list[Case]:
    try:
        text = words.text(path, "a table of encounters")
    except (OSError, UnicodeDecodeError) as exc:
        raise FormatError(f"{path} cannot be read: {words.why(exc)}.") from exc
    try:
        lines = fields_of(text)
    except FormatError as exc:
        raise FormatError(f"{path} is no table of encounters: {exc}") from exc
    header = [name.lower() for name in lines[0][1]] if lines else []
    while header and not header[-1]:  # columns of a spreadsheet that hold nothing
        header.pop()
    strange = [name for name in header if name not in _COLUMNS or header.count(name) > 1]
    if "encounter" not in header or strange:
        what = f"its column {strange[0]!r} is none of them" if strange else "it has no encounter"
        if strange and strange[0] in _COLUMNS:
            what = f"its column {strange[0]!r} is there twice"
        raise FormatError(
            f"{path} is no table of encounters: {what}; the columns are {', '.join(_COLUMNS)}."
        )
    cases = [_of_row(header, row, path, line) for line, row in lines[1:]]
    if not cases:
        raise FormatError(f"{path} has a head and no encounter.")
    return cases


def _of_row(header: list[str], row: list[str], path: Path, line: int) -> Case:
    held = dict.fromkeys(_COLUMNS, "") | dict(zip(header, row, strict=False))
    where = f"{path}, line {line}"
    if any(row[len(header) :]) or not held["encounter"]:
        raise FormatError(f"{where}: an encounter needs a name, and no more fields than the head.")
    if _PATH.search(held["encounter"]):
        raise FormatError(
            f"{where}: {held['encounter']!r} is a path: name an encounter by a word, a pseudonym."
        )
    for name in _MAYBE_UNKNOWN:
        if is_nothing(held[name]):
            held[name] = ""
    given = {name for name in ("report", "doctor_video", "patient_video", "video") if held[name]}
    if given not in ({"report"}, {"video"}, {"doctor_video", "patient_video"}):
        if not (held["exclude"] and not given):
            raise FormatError(f"{where}: give report, or video, or doctor_video and patient_video.")
    age, offset = _number(held["age"]), _number(held["offset"])
    if age is not None and not 0 <= age <= _OLDEST:
        raise FormatError(f"{where}: {held['age']!r} is no age in years.")
    if offset is not None and not math.isfinite(offset):
        raise FormatError(f"{where}: {held['offset']!r} is no offset in seconds.")
    _check_reading(held, given, where)
    place = path.parent
    order = ("video",) if "video" in given else ("doctor_video", "patient_video")
    return Case(
        name=held["encounter"],
        report=place / held["report"] if "report" in given else None,
        recordings=tuple(place / held[name] for name in order if held[name]),
        doctor=held["doctor"],
        sex=held["sex"],
        age=age,
        department=held["department"],
        exclude=held["exclude"],
        offset=offset,
        doctor_is=_reference(held["doctor_is"], place, where),
        patient_is=_reference(held["patient_is"], place, where),
        published=place / held["published"] if held["published"] else None,
    )


def _number(word: str) -> float | None:
    """A number with a point or a comma; None where there is none, NaN of anything else."""
    try:
        return float(word.replace(",", ".")) if word else None
    except ValueError:
        return math.nan


def _check_reading(held: Mapping[str, str], given: set[str], where: str) -> None:
    """Refuse columns on how to read recordings that a row has no use for."""
    for name in ("offset", "doctor_is", "patient_is"):
        if held[name] and "report" in given:
            raise FormatError(f"{where}: {name} is for recordings, and a report was read already.")
    if held["offset"] and "video" in given:
        raise FormatError(f"{where}: one recording has one clock: leave the offset out.")
    sides = [held[name].lower() for name in ("doctor_is", "patient_is")]
    if sides[0] == sides[1] and sides[0] in SIDES:
        raise FormatError(f"{where}: doctor and patient cannot both be on the {sides[0]}.")


def _reference(word: str, place: Path, where: str) -> str:
    """A side or a number as it is, the path of a picture from the table's folder."""
    if not word or word.isdigit():
        return word
    if word.lower() in SIDES:
        return word.lower()
    if not (place / word).is_file():
        raise FormatError(
            f"{where}: {word!r} is neither left, right nor a person's number, and there is no such "
            "picture."
        )
    return str(place / word)
