"""The answers of a study as tables, and as ratings to analyse."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from mien.counted import plural
from mien.errors import FormatError
from mien.study.items import Item, from_json
from mien.study.store import DATABASE, StudyStore

if TYPE_CHECKING:
    from mien.study.ratings import Ratings

COLUMNS = (
    "rater", "clip", "version", "item", "repeat", "score", "remark", "round", "position", "at",
)  # fmt: skip
"""Of an exported table; the first six are what `mien study analyse` reads."""


def items_of(store: StudyStore) -> Mapping[str, Item]:
    """What a study asks, by key."""
    found = [from_json(content) for content in store.settings["items"]]
    return {item.key: item for item in found}


def ratings_of(store: StudyStore) -> Ratings:
    """The answers so far, to be analysed.

    Raises
    ------
    FormatError
        If there are none.
    """
    from mien.study.ratings import Rating, Ratings

    rows = store.export()
    if not rows:
        raise FormatError("Nobody has rated a clip yet: there is nothing to analyse.")
    answers = tuple(
        Rating(row["rater"], row["clip"], row["version"], row["item"], row["repeat"], row["score"])
        for row in rows
    )
    asked = items_of(store)
    there = {one.item for one in answers}
    left = [one for one in store.progress() if one.answered < one.clips]
    notes: tuple[str, ...] = ()
    if left:
        names = ", ".join(f"{one.name} ({one.answered} of {one.clips})" for one in left)
        notes = (f"The study is not over: {names}.",)
    return Ratings(
        answers,
        {key: one for key, one in asked.items() if key in there},
        notes,
        _design(store),
        (store.settings.get("power") or {}).get("words", ""),
    )


def _design(store: StudyStore) -> str:
    """How a study was made, for a methods section."""
    settings = store.settings
    days = settings["washout_days"]
    again = settings["repeats"]
    trained = len(settings["training"])
    return " ".join(
        sentence
        for sentence in (
            f"Raters saw copies of the recordings that were alike in size, length, coding and "
            f"number of bytes, under random names, {'with' if settings['sound'] else 'without'} "
            "sound, each rater in an order of their own that was drawn from the seed "
            f"{settings['seed']}.",
            f"No recording came twice within a round; {days:g} days passed between rounds."
            if days
            else "No recording came twice within a round; rounds followed one another at once.",
            f"{plural(again, 'original')} came a second time without notice." if again else "",
            f"Before that, raters saw {plural(trained, 'recording')} with reference ratings."
            if trained
            else "",
        )
        if sentence
    )


def is_study(path: Path) -> bool:
    """Whether a folder holds a study."""
    return path.is_dir() and (path / DATABASE).is_file()
