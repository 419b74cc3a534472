"""Profiles: the measures that must hold for a purpose, each with a threshold and its source.

A profile is a TOML file that a person can read and change. A line names a figure of the metrics by
its dotted key and asks for ``at_least``, ``at_most`` or ``within`` two numbers.
"""

from __future__ import annotations

import os
import tomllib
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from mien.errors import ParameterError
from mien.fidelity.figures import FIGURES, look_up
from mien.intake import words

_KINDS = ("fidelity", "privacy")
_ASKS = ("at_least", "at_most", "within")
_MOST = 1e15  # a threshold beyond it is a slip of the pen, infinity too
_READABLE = 0.5  # share of the frames with a face, under which a recogniser says little
_KEYS = {"key", "says", "kind", "source", "when", "unit", *_ASKS}


@dataclass(frozen=True)
class Ask:
    """One line of a profile: what has to hold."""

    key: str
    """Dotted key of a figure in the metrics."""
    says: str
    """What it means when it holds, in words."""
    kind: str
    """``"fidelity"`` or ``"privacy"``."""
    low: float | None
    """The figure has to be at least this; None for no bound."""
    high: float | None
    """The figure has to be at most this; None for no bound."""
    source: str
    """Where the threshold comes from."""
    when: str | None = None
    """Key of a figure that has to be true for the line to apply, e.g. that there is a tremor."""
    unit: str = ""
    """Unit of the figure, as printed."""

    def holds(self, value: float) -> bool:
        """Whether a figure keeps the bounds."""
        low = -float("inf") if self.low is None else self.low
        high = float("inf") if self.high is None else self.high
        return low <= value <= high

    def shown(self, value: float) -> str:
        """A figure as it is printed, with its unit."""
        unit = f" {self.unit}" if self.unit else ""
        return f"{value:.3g}{unit}" if abs(value) < 1000 else f"{value:.0f}{unit}"

    @property
    def wanted(self) -> str:
        """The threshold in words."""
        unit = f" {self.unit}" if self.unit else ""
        if self.low is not None and self.high is not None:
            return f"between {self.low:g} and {self.high:g}{unit}"
        if self.low is not None:
            return f"at least {self.low:g}{unit}"
        return f"at most {self.high:g}{unit}"


VERDICTS = {True: "holds", False: "DOES NOT HOLD"}


@dataclass(frozen=True)
class Line:
    """A line of a profile with its answer."""

    ask: Ask
    """What was asked."""
    value: float | None
    """The figure; None if it could not be measured."""
    passed: bool | None
    """Whether it holds; None if the line does not apply, or the clip itself cannot show it."""
    words: str
    """The answer in one sentence."""

    @property
    def figures(self) -> str:
        """The same without the verdict, for lists in which that stands before it."""
        says = f"{self.ask.says}: "
        verdict = "" if self.passed is None else f"{VERDICTS[self.passed]}, "
        return says + self.words.removeprefix(says).removeprefix(verdict)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {**asdict(self.ask), "value": self.value, "passed": self.passed, "words": self.words}


@dataclass(frozen=True)
class Profile:
    """What must hold for a purpose."""

    name: str
    """Its name, e.g. ``"parkinson"``."""
    title: str
    """What it is for, in a few words."""
    asks: tuple[Ask, ...]
    """Its lines."""

    @classmethod
    def open(cls, name: str | os.PathLike[str]) -> Profile:
        """Open a profile that comes with mien, by its name, or any other, by its path.

        Raises
        ------
        ParameterError
            If there is no such profile, or something in it makes no sense.
        """
        path = Path(name)
        if str(name) in names():
            text = (files("mien") / "assets" / "profiles" / f"{name}.toml").read_text("utf-8")
        elif path.is_file():
            try:
                text = words.text(path, "a profile")
            except (OSError, UnicodeDecodeError) as exc:
                raise ParameterError(
                    f"The profile {path} cannot be read: {words.why(exc)}."
                ) from exc
        else:
            raise ParameterError(
                f"There is no profile called {str(name)!r}: choose {', '.join(names())} or name a "
                "TOML file."
            )
        try:
            content = words.parse_toml(text, f"The profile {path}")
        except tomllib.TOMLDecodeError as exc:
            raise ParameterError(f"The profile {path} is not TOML: {exc}.") from exc
        lines = content.get("line")
        if not isinstance(lines, list) or not lines:
            raise ParameterError(f"The profile {path} has no [[line]]: see docs/evidence.md.")
        asks = tuple(_ask(line, k, path) for k, line in enumerate(lines, 1))
        return cls(path.stem, str(content.get("title", path.stem)), asks)

    def check(self, metrics: dict[str, Any], only: str = "both") -> list[Line]:
        """Answer every line.

        Parameters
        ----------
        metrics : dict
            What `metrics.json` holds.
        only : {"both", "fidelity", "privacy"}
            Which lines are asked.
        """
        return [_answer(ask, metrics) for ask in self.asks if only in ("both", ask.kind)]

    def as_dict(self, lines: list[Line]) -> dict[str, Any]:
        """For JSON."""
        return {
            "name": self.name,
            "title": self.title,
            "passed": all(line.passed is not False for line in lines),
            "lines": [line.as_dict() for line in lines],
        }


def names() -> list[str]:
    """Profiles that come with mien."""
    folder = files("mien") / "assets" / "profiles"
    return sorted(f.name.removesuffix(".toml") for f in folder.iterdir() if f.name.endswith("toml"))


def _ask(line: Any, number: int, path: Path) -> Ask:
    where = f"Line {number} of the profile {path}"
    if not isinstance(line, dict):
        raise ParameterError(f"{where} is not a [[line]] table: see docs/evidence.md.")
    if unknown := sorted(set(line) - _KEYS):
        raise ParameterError(
            f"{where} has {unknown[0]!r}, which means nothing: use {', '.join(sorted(_KEYS))}."
        )
    for name in ("key", "says", "source"):
        if not isinstance(line.get(name), str) or not line[name].strip():
            raise ParameterError(f"{where} needs {name!r}, in quotes.")
    if line.get("kind") not in _KINDS:
        raise ParameterError(f'{where} needs kind = "fidelity" or "privacy".')
    if len(given := [name for name in _ASKS if name in line]) != 1:
        raise ParameterError(f"{where} needs one of {', '.join(_ASKS)}.")
    value = line[given[0]]
    bounds = value if given[0] == "within" else [value]
    numbers = isinstance(bounds, list) and all(
        isinstance(bound, int | float) and not isinstance(bound, bool) and -_MOST < bound < _MOST
        for bound in bounds
    )
    if not numbers or len(bounds) != (2 if given[0] == "within" else 1):
        wanted = "two numbers in brackets" if given[0] == "within" else "a number"
        raise ParameterError(f"{where}: {given[0]} needs {wanted}.")
    if bounds[0] > bounds[-1]:
        raise ParameterError(f"{where}: within needs the smaller number first.")
    for name in ("when", "unit"):
        if not isinstance(line.get(name, ""), str):
            raise ParameterError(f"{where} needs {name!r} in quotes, or leave it out.")
    return Ask(
        key=line["key"],
        says=line["says"],
        kind=line["kind"],
        low=None if given[0] == "at_most" else float(bounds[0]),
        high=None if given[0] == "at_least" else float(bounds[-1]),
        source=line["source"],
        when=line.get("when"),
        unit=line.get("unit", ""),
    )


def _answer(ask: Ask, metrics: dict[str, Any]) -> Line:
    if ask.when is not None and look_up(metrics, ask.when) is not True:
        return Line(ask, None, None, f"{ask.says}: does not apply to this clip.")
    value = _number(look_up(metrics, ask.key))
    if ask.kind == "fidelity" and (reason := _beyond(ask, value, metrics)):
        return Line(ask, value, None, f"{ask.says}: {reason}")
    if value is None:
        words = f"{ask.says}: could not be measured, {ask.wanted} asked."
        return Line(ask, None, False, words)
    passed = ask.holds(value)
    words = f"{ask.says}: {VERDICTS[passed]}, {ask.shown(value)} measured, "
    return Line(ask, value, passed, f"{words}{ask.wanted} asked{_with(ask, metrics)}.")


def _with(ask: Ask, metrics: dict[str, Any]) -> str:
    """What a share of frames that were asked about can say of all frames, and of faces unseen."""
    if ask.key != "privacy.share_recognised":
        return ""
    words = ""
    upper = _number(look_up(metrics, "privacy.share_upper"))
    if upper is not None:
        words += f"; with 95 % confidence at most {100 * upper:.2g} % of all frames"
    found = _number(look_up(metrics, "continuity.face_found"))
    if found is not None and found < _READABLE:
        words += (
            f"; no face was readable in {100 * (1 - found):.0f} % of the frames, and of a hidden "
            "or blurred face a recogniser says little"
        )
    return words


def _beyond(ask: Ask, value: float | None, metrics: dict[str, Any]) -> str | None:
    """Why even the original, encoded again, cannot hold a line; None where it can.

    What no result could show says nothing of this one. Where the original has no such figure there
    is nothing to measure; where only the result has none, it lost something.
    """
    figure = FIGURES.get(ask.key)
    if figure is None or figure.ceiling is None:
        return None
    if not isinstance(look_up(metrics, f"{figure.measure}.ceiling"), dict):
        return None  # the original was not encoded again
    ceiling = _number(look_up(metrics, figure.ceiling))
    if ceiling is None:
        return "nothing to measure in this clip." if value is None else None
    if ask.holds(ceiling) or (value is not None and ask.holds(value)):
        return None
    return (
        f"this clip cannot show it: the original encoded again has {ask.shown(ceiling)}, "
        f"{ask.wanted} asked."
    )


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, bool | int | float) else None
