"""What a guided recording asks for: a TOML file of steps, in German and English."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from mien.errors import FormatError, ParameterError
from mien.recording.checks.fault import Fault
from mien.recording.texts import LANGUAGES

FORMAT = "mien recording protocol 1"
_LARGEST = 200_000  # bytes of a file
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_STEP_KEYS = {"id", "seconds", "repeats", "voice", "point", "allows", "text"}


@dataclass(frozen=True)
class Step:
    """One thing that is asked for."""

    id: str
    """Of small letters, digits and dashes; part of the clip's name."""
    seconds: float
    """How long it is recorded."""
    text: dict[str, str]
    """What is asked, by language."""
    repeats: int = 2
    """How often it is asked again where something was wrong."""
    voice: bool = False
    """Whether somebody is to speak, so that the sound has to be loud enough."""
    point: bool = False
    """Whether a point to look at is shown."""
    allows: tuple[Fault, ...] = ()
    """What is no fault in this step."""


@dataclass(frozen=True)
class GuidedProtocol:
    """A protocol."""

    name: str
    """Its file's name without the ending."""
    title: dict[str, str]
    """By language."""
    source: str
    """Where it comes from, one line."""
    steps: tuple[Step, ...]
    """In order."""

    @property
    def seconds(self) -> float:
        """How long it takes if nothing is repeated, without the pauses."""
        return sum(step.seconds for step in self.steps)


def shipped() -> list[str]:
    """Names of the protocols that come with mien."""
    places = (files("mien") / "assets" / "protocols").iterdir()
    return sorted(place.name[:-5] for place in places if place.name.endswith(".toml"))


def open_protocol(name: str) -> GuidedProtocol:
    """Read a protocol by its name, or from a file.

    Parameters
    ----------
    name : str
        One of `shipped`, or the path of a TOML file.

    Raises
    ------
    ParameterError
        If there is none of that name.
    FormatError
        If the file is no protocol: the sentence names the place.
    """
    path = Path(name)
    if name in shipped():
        text = (files("mien") / "assets" / "protocols" / f"{name}.toml").read_text("utf-8")
    elif path.suffix == ".toml" and path.is_file():
        if path.stat().st_size > _LARGEST:
            raise FormatError(f"{path} is too large for a protocol: give one of up to 200 kB.")
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError as exc:
            raise FormatError(f"{path} is no text: give a protocol in TOML.") from exc
    else:
        raise ParameterError(
            f"There is no protocol called {name!r}: choose {', '.join(shipped())}, or a .toml file."
        )
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        raise FormatError(f"{name} is no TOML: {exc}.") from exc
    return _read(path.stem if path.suffix == ".toml" else name, content)


def _read(name: str, content: dict[str, Any]) -> GuidedProtocol:
    if content.get("format") != FORMAT:
        raise FormatError(f"{name} is no recording protocol: it begins with format = {FORMAT!r}.")
    unknown = set(content) - {"format", "title", "source", "steps"}
    if unknown:
        raise FormatError(f"{name} has {', '.join(sorted(unknown))}, which no protocol has.")
    steps = content.get("steps")
    if not isinstance(steps, list) or not 1 <= len(steps) <= 60:
        raise FormatError(f"{name} has no steps: give 1 to 60 as [[steps]].")
    read = tuple(_step(name, number, entry) for number, entry in enumerate(steps, 1))
    if len({step.id for step in read}) < len(read):
        raise FormatError(f"{name} has two steps of one id: give each its own.")
    title = _texts(f"the title of {name}", content.get("title"))
    return GuidedProtocol(name, title, str(content.get("source", "")), read)


def _step(name: str, number: int, entry: Any) -> Step:
    where = f"step {number} of {name}"
    if not isinstance(entry, dict) or set(entry) - _STEP_KEYS:
        raise FormatError(f"{where} has other keys than {', '.join(sorted(_STEP_KEYS))}.")
    if not isinstance(entry.get("id"), str) or not _ID.fullmatch(entry["id"]):
        raise FormatError(f"{where} has no id of small letters, digits and dashes.")
    seconds: Any = entry.get("seconds")
    repeats = entry.get("repeats", 2)
    number_like = isinstance(seconds, int | float) and not isinstance(seconds, bool)
    if not number_like or not 1 <= seconds <= 600:
        raise FormatError(f"{where} has no seconds from 1 to 600.")
    if not isinstance(repeats, int) or isinstance(repeats, bool) or not 0 <= repeats <= 9:
        raise FormatError(f"{where} has no repeats from 0 to 9.")
    for key in ("voice", "point"):
        if not isinstance(entry.get(key, False), bool):
            raise FormatError(f"{where}: {key} is true or false.")
    try:
        allows = tuple(Fault(word) for word in entry.get("allows", ()))
    except (ValueError, TypeError) as exc:
        known = ", ".join(fault.value for fault in Fault)
        raise FormatError(f"{where} allows something else than {known}.") from exc
    return Step(
        entry["id"],
        float(seconds),
        _texts(where, entry.get("text")),
        repeats,
        entry.get("voice", False),
        entry.get("point", False),
        allows,
    )


def _texts(where: str, texts: Any) -> dict[str, str]:
    good = isinstance(texts, dict) and set(texts) == set(LANGUAGES)
    if not good or not all(isinstance(t, str) and 0 < len(t) <= 500 for t in texts.values()):
        raise FormatError(f"{where} needs a text of up to 500 letters in each of de and en.")
    return {language: str(text) for language, text in texts.items()}
