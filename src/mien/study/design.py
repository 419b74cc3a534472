"""A new rating study: pairs of clips become copies under names that tell nothing, with an order for
each rater."""

from __future__ import annotations

import json
import os
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from mien import __version__
from mien.errors import FormatError, OutputError, ParameterError
from mien.outputs import check_parent, complete_folder
from mien.progress import Progress
from mien.study.copies import write_copies
from mien.study.items import Item, called, shipped, to_json
from mien.study.plain_table import read_table
from mien.study.plan import plan
from mien.study.ratings import ORIGINAL, RESULT
from mien.study.shown import TRAINING, Shown
from mien.study.store import CLIPS, SETTINGS, StudyStore
from mien.video import Reader

_LONGEST_NAME = 60
_MOST_RATERS = 100


@dataclass(frozen=True)
class DesignSettings:
    """What a study is to be; validated once."""

    items: tuple[Item, ...]
    """What is asked of every clip."""
    raters: tuple[str, ...]
    """Names."""
    repeats: int = 0
    """Originals that are shown a second time."""
    washout_days: float = 14.0
    """Days between two rounds."""
    seed: int = 0
    title: str = "Rating study"
    training: Mapping[str, Path] = field(default_factory=dict)
    """Clips with reference ratings, by name."""
    reference: Mapping[tuple[str, str], float | None] = field(default_factory=dict)
    """Their scores by clip and item."""

    def __post_init__(self) -> None:
        if not self.items:
            raise ParameterError("A study asks at least one item: give --items.")
        if not 1 <= len(self.raters) <= _MOST_RATERS:
            raise ParameterError(f"{len(self.raters)} raters: give 1 to {_MOST_RATERS}.")
        for name in self.raters:
            if not name.strip() or len(name) > _LONGEST_NAME or not name.isprintable():
                raise ParameterError(
                    f"{name[:20]!r} is no name of a rater: give 1 to {_LONGEST_NAME} characters."
                )
        if not 0 <= self.washout_days <= 3650:
            raise ParameterError(f"washout is {self.washout_days:g} days: give 0 to 3650.")
        keys = [item.key for item in self.items]
        if len(set(keys)) < len(keys):
            raise ParameterError("An item is asked twice: name each once.")


def chosen_items(names: str, own: Mapping[str, Item] | None = None) -> tuple[Item, ...]:
    """Items by their names, separated by commas.

    Raises
    ------
    ParameterError
        If one is not known.
    """
    known = {**shipped(), **(own or {})}
    found = []
    for name in (part.strip() for part in names.split(",")):
        if not name:
            continue
        item = called(name, known)
        if item is None:
            raise ParameterError(f"{name} is no known item: choose from {', '.join(known)}.")
        found.append(item)
    return tuple(found)


def read_reference(
    path: Path, items: Sequence[Item]
) -> tuple[dict[str, Path], dict[tuple[str, str], float | None]]:
    """Training clips and their scores: a table with the columns clip, item, score.

    Parameters
    ----------
    path : Path
        The table; clips are named as they lie from its folder.
    items : sequence of Item
        Of the study.

    Raises
    ------
    FormatError
        If it cannot be read, or a clip or score cannot be meant; says the line.
    """
    table = read_table(path, ("clip", "item", "score"))
    known = {item.key: item for item in items}
    clips: dict[str, Path] = {}
    scores: dict[tuple[str, str], float | None] = {}
    for row in table.rows:
        name, item = row.cells.get("clip", ""), called(row.cells.get("item", ""), known)
        place = path.parent / name
        if not name or not place.is_file():
            raise table.wrong(row, f"there is no clip {name!r} beside the table.")
        if item is None:
            continue  # the table may serve other studies
        score = table.number(row, "score", item.scale)
        if score is not None and not item.allows(score):
            raise table.wrong(row, f"the score is not on the scale of {item.title}.")
        clips[name] = place
        scores[name, item.key] = score
    if not clips:
        raise FormatError(f"{path} holds no score of an item of this study.")
    return clips, scores


def design(
    pairs: Sequence[tuple[Path, Path]],
    folder: Path,
    settings: DesignSettings,
    *,
    names: Sequence[str] | None = None,
    power: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
) -> None:
    """Make the folder of a study, which SHOWS THE PATIENTS; it appears when it is complete.

    Parameters
    ----------
    pairs : sequence of (Path, Path)
        Original and result.
    folder : Path
        A new place.
    settings : DesignSettings
    names : sequence of str, optional
        What each pair is called in tables; as its original if not given.
    power : mapping, optional
        Put down with the rest.
    progress : callable, optional
        Called as ``progress("copying", done, None)``.

    Raises
    ------
    OutputError
        If something is there already, or the folder cannot be written.
    VideoError
        If a clip cannot be read.
    ParameterError
        If an item is judged by ear and not every clip has sound.
    """
    check_parent(folder)
    if os.path.lexists(folder):
        raise OutputError(f"{folder} already exists: choose another name.")
    called_so = [original.stem for original, _ in pairs] if names is None else list(names)
    shown = plan(
        called_so, settings.raters, repeats=settings.repeats, seed=settings.seed,
        training=tuple(settings.training),
    )  # fmt: skip
    sound = _sound(pairs, settings)
    with complete_folder(folder, lambda _: False) as part:
        part.chmod(0o700)
        (part / CLIPS).mkdir()
        by_name = dict(zip(called_so, pairs, strict=True))
        files = _copies(by_name, part / CLIPS, shown, settings, sound, progress)
        record = _record(settings, called_so, sound) | {"power": power}
        (part / SETTINGS).write_text(
            json.dumps(record, indent=2, ensure_ascii=False, allow_nan=False) + "\n", "utf-8"
        )
        StudyStore.create(part, [(one, files[_key(one)]) for one in shown], settings.reference)


def _key(one: Shown) -> tuple[str, str, int]:
    return ("training" if one.round == TRAINING else one.version, one.clip, one.repeat)


def _copies(
    pairs: Mapping[str, tuple[Path, Path]],
    folder: Path,
    shown: Sequence[Shown],
    settings: DesignSettings,
    sound: bool,
    progress: Progress | None,
) -> dict[tuple[str, str, int], str]:
    """Write all copies, in an order that says nothing; their names by version, clip, repeat."""
    rng = np.random.default_rng(settings.seed)
    wanted = dict.fromkeys(_key(one) for one in shown)
    files = {key: f"{secrets.token_hex(16)}.mp4" for key in wanted}
    for name, (original, result) in pairs.items():
        both = {ORIGINAL: original, RESULT: result}
        places: dict[Path, list[Path]] = {original: [], result: []}
        for version, repeat in ((ORIGINAL, 0), (ORIGINAL, 1), (RESULT, 0)):
            file = files.get((version, name, repeat))
            if file is not None:
                places[both[version]].append(folder / file)
        order = [original, result] if rng.random() < 0.5 else [result, original]
        write_copies(order, places, sound=sound, rng=rng, progress=progress)
    for name, place in settings.training.items():
        at = folder / files["training", name, 0]
        with Reader(place) as reader:
            heard = sound and reader.info.has_audio
        write_copies([place], {place: [at]}, sound=heard, rng=rng, progress=progress)
    return files


def _sound(pairs: Sequence[tuple[Path, Path]], settings: DesignSettings) -> bool:
    """Whether copies have sound: if an item is judged by ear; then all of them have it."""
    if not any(item.sound for item in settings.items):
        return False
    for path in (path for pair in pairs for path in pair):
        with Reader(path) as reader:
            if not reader.info.has_audio:
                raise ParameterError(
                    f"{path} has no sound, by which it could be told from the others: leave out "
                    "what is judged by ear, or give clips with sound."
                )
    return True


def _record(settings: DesignSettings, names: Sequence[str], sound: bool) -> dict[str, Any]:
    return {
        "mien": __version__,
        "created": round(time.time()),
        "title": settings.title,
        "seed": settings.seed,
        "washout_days": settings.washout_days,
        "repeats": settings.repeats,
        "raters": list(settings.raters),
        "clips": list(names),
        "training": list(settings.training),
        "sound": sound,
        "items": [to_json(item) for item in settings.items],
    }
