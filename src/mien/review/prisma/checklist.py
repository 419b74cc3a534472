"""The PRISMA 2020 checklist: what a report should say, and where it does."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from importlib.resources import files

from mien.intake.words import parse_toml


@dataclass(frozen=True)
class Item:
    """One item of the checklist."""

    number: str
    """As in the statement, such as ``13a``."""
    part: str
    """Of the report: Title, Methods, Results and so on."""
    words: str
    """What it asks, in mien's words."""
    section: str
    """Key of the section of mien's page that answers it; empty where authors have to write."""


def checklist() -> tuple[Item, ...]:
    """All items, in order."""
    place = files("mien") / "assets" / "review" / "prisma_checklist.toml"
    content = parse_toml(place.read_text("utf-8"), "prisma_checklist.toml")
    return tuple(Item(**one) for one in content["items"])


def located(sections: Collection[str]) -> list[tuple[Item, str]]:
    """Every item with the section of a page that answers it; empty where none does.

    Parameters
    ----------
    sections : collection of str
        Keys of the sections that the page has. One that begins with an item's key counts, such as
        ``bias-quadas2`` for ``bias``.
    """
    found = []
    for item in checklist():
        there = [
            key
            for key in sections
            if item.section and (key == item.section or key.startswith(f"{item.section}-"))
        ]
        found.append((item, there[0] if there else ""))
    return found
