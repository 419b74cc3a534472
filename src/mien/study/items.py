"""What raters are asked: items, their scales and what each score stands for."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from mien.errors import FormatError
from mien.intake.words import parse_toml, text

if TYPE_CHECKING:
    import numpy as np

HYPOMIMIA, TREMOR, SPEECH = "mds-updrs-3-2", "mds-updrs-3-17", "mds-updrs-3-1"
"""Keys of the items that the comparison study rated."""
_WORDED = {"title", "question", "anchors"}
_FIELDS = _WORDED | {"also", "sound", "lowest", "highest", "step", "translations"}
LARGEST = 1e4
"""The size of the largest score that any scale may have."""
_MOST_SCORES = 201


@dataclass(frozen=True)
class Wording:
    """What an item says in another language; what is empty is said as the item says it."""

    title: str = ""
    question: str = ""
    anchors: Mapping[float, str] = field(default_factory=dict)
    """By score."""


@dataclass(frozen=True)
class Item:
    """One question, answered by a score."""

    key: str
    """Its name in tables."""
    title: str
    """What people call it."""
    lowest: float
    """Smallest score."""
    highest: float
    """Largest score."""
    step: float = 1.0
    """Between neighbouring scores; 0 if any number may be given."""
    question: str = ""
    """What the rater is asked."""
    anchors: Mapping[float, str] = field(default_factory=dict)
    """What scores stand for, in words."""
    also: tuple[str, ...] = ()
    """Other names under which tables have it, in small letters."""
    sound: bool = False
    """Whether it is judged by ear."""
    translations: Mapping[str, Wording] = field(default_factory=dict)
    """The same in other languages, by their codes, as `de`."""

    @property
    def scores(self) -> np.ndarray:
        """All scores that can be given, ascending; empty if any number may be given."""
        import numpy as np  # which the server of the pages does without

        if not self.step:
            return np.empty(0)
        return self.lowest + self.step * np.arange(
            round((self.highest - self.lowest) / self.step) + 1
        )

    def allows(self, score: float) -> bool:
        """Whether it is on the scale."""
        if not self.lowest <= score <= self.highest:
            return False
        return not self.step or abs((score - self.lowest) / self.step % 1.0) < 1e-9

    @property
    def scale(self) -> str:
        """The scale in words."""
        steps = "" if self.step in (0.0, 1.0) else f" in steps of {self.step:g}"
        whole = "a whole number from " if self.step == 1 else "a number from "
        return f"{whole}{self.lowest:g} to {self.highest:g}{steps}"


@cache
def shipped() -> Mapping[str, Item]:
    """The items that come with mien, by key."""
    written = (files("mien") / "assets" / "study" / "items.toml").read_text("utf-8")
    return _items(parse_toml(written, "items.toml"), "items.toml")


def read_items(path: str | os.PathLike[str]) -> Mapping[str, Item]:
    """Items of a TOML file: a table for each, as in mien's own.

    Raises
    ------
    FormatError
        If it is no such file, or an item in it cannot be asked.
    """
    try:
        content = parse_toml(text(path, "a list of items"), str(path))
    except FormatError:
        raise
    except OSError as exc:
        raise FormatError(f"{path} cannot be read: {exc.strerror or exc}.") from exc
    except ValueError as exc:  # no UTF-8, no TOML
        raise FormatError(f"{path} is not a list of items in TOML: {exc}.") from exc
    if not content:
        raise FormatError(f"{path} holds no item: write a table such as [smile] with a title.")
    return _items(content, str(path))


def made(content: Mapping[str, Any], name: str) -> Mapping[str, Item]:
    """Items of which each is told as a table of an items file tells it, by key; `name` is where.

    Raises
    ------
    FormatError
        If one cannot be asked.
    """
    return _items(content, name)


def called(name: str, items: Mapping[str, Item]) -> Item | None:
    """The item that a table means by a name; None if there is none."""
    small = " ".join(name.casefold().split())
    for item in items.values():
        if small in (item.key.casefold(), item.title.casefold(), *item.also):
            return item
    return None


def seen(name: str, scores: np.ndarray) -> Item:
    """An item of which only scores are known: its scale is what occurs.

    Parameters
    ----------
    name : str
        As the table has it.
    scores : np.ndarray [shape=(n,)]
        Finite.
    """
    import numpy as np

    low, high = (float(scores.min()), float(scores.max())) if len(scores) else (0.0, 1.0)
    for step in (1.0, 0.5):
        fits = np.allclose(scores / step, np.round(scores / step), atol=1e-9)
        if fits and (high - low) / step < _MOST_SCORES:
            return Item(name, name, low, max(high, low + step), step)
    return Item(name, name, low, max(high, low + 1.0), 0.0)


def to_json(item: Item) -> dict[str, Any]:
    """An item for JSON."""
    return {
        "key": item.key,
        "title": item.title,
        "question": item.question,
        "lowest": item.lowest,
        "highest": item.highest,
        "step": item.step,
        "anchors": _anchors_to_json(item.anchors),
        "sound": item.sound,
        "translations": {
            language: {
                "title": one.title,
                "question": one.question,
                "anchors": _anchors_to_json(one.anchors),
            }
            for language, one in item.translations.items()
        },
    }


def from_json(content: Mapping[str, Any]) -> Item:
    """The item that `to_json` wrote."""
    return Item(
        content["key"], content["title"], content["lowest"], content["highest"], content["step"],
        content["question"], {float(k): v for k, v in content["anchors"].items()},
        sound=content["sound"],
        translations={
            language: Wording(one["title"], one["question"],
                              {float(k): v for k, v in one["anchors"].items()})
            for language, one in content.get("translations", {}).items()  # of 0.1.0 there is none
        },
    )  # fmt: skip


def _anchors_to_json(anchors: Mapping[float, str]) -> dict[str, str]:
    return {f"{score:g}": words for score, words in anchors.items()}


def _items(content: Mapping[str, Any], name: str) -> dict[str, Item]:
    return {key: _item(key, value, f"The item {key} of {name}") for key, value in content.items()}


def _item(key: str, content: Any, where: str) -> Item:
    if not isinstance(content, dict):
        raise FormatError(f"{where} is no table: write [{key}] and a title below it.")
    _only(content, _FIELDS, where)
    named = _anchors(content, where)
    try:
        lowest = float(content.get("lowest", min(named, default=0.0)))
        highest = float(content.get("highest", max(named, default=4.0)))
        step = float(content.get("step", 1.0))
        also = tuple(" ".join(str(one).casefold().split()) for one in content.get("also", ()))
    except (TypeError, ValueError) as exc:
        raise FormatError(f"{where} has a score that is no number: {exc}.") from exc
    item = Item(
        key,
        str(content.get("title", key)),
        lowest,
        highest,
        step,
        str(content.get("question", "")),
        named,
        also,
        bool(content.get("sound", False)),
        _translations(content, where),
    )
    if not (all(map(math.isfinite, (lowest, highest, step))) and lowest < highest and step >= 0):
        raise FormatError(f"{where} has no scale: lowest has to be below highest.")
    if max(abs(lowest), abs(highest)) > LARGEST:
        raise FormatError(f"{where} has a scale that goes beyond {LARGEST:g}: make it smaller.")
    if step and (highest - lowest) / step >= _MOST_SCORES:
        raise FormatError(f"{where} has over {_MOST_SCORES - 1} steps: make step larger, or 0.")
    for score in (*named, *(s for one in item.translations.values() for s in one.anchors)):
        if not item.allows(score):
            raise FormatError(f"{where} has an anchor for {score:g}, which is not on its scale.")
    return item


def _translations(content: Mapping[str, Any], where: str) -> dict[str, Wording]:
    given = content.get("translations", {})
    if not isinstance(given, dict) or not all(isinstance(one, dict) for one in given.values()):
        raise FormatError(f"{where} has translations that are no tables: write one for each.")
    found = {}
    for language, one in given.items():
        place = f"{where}, its translation {language!r},"
        _only(one, _WORDED, place)
        found[language] = Wording(
            str(one.get("title", "")), str(one.get("question", "")), _anchors(one, place)
        )
    return found


def _anchors(content: Mapping[str, Any], where: str) -> dict[float, str]:
    try:
        return dict(sorted((float(k), str(v)) for k, v in content.get("anchors", {}).items()))
    except (AttributeError, TypeError, ValueError) as exc:
        raise FormatError(f"{where} has a score that is no number: {exc}.") from exc


def _only(content: Mapping[str, Any], fields: set[str], where: str) -> None:
    unknown = sorted(set(content) - fields)
    if unknown:
        raise FormatError(f"{where} has {unknown[0]!r}, which is not known: leave it out.")
