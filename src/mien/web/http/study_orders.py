"""What is ordered on the page "Study": a rating study or a line-up of clips of the application."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain, count
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mien.errors import FormatError
from mien.intake.words import parse_toml
from mien.progress import Progress
from mien.study.items import Item, made, shipped, to_json
from mien.web.http.desk import Desk
from mien.web.http.problems import Problem
from mien.web.http.study_making import Wanted
from mien.web.queue.folders import RESULT
from mien.web.queue.tables import Clip

Name = Annotated[str, Field(min_length=1, max_length=60)]
Key = Annotated[str, Field(min_length=1, max_length=60)]
Said = Annotated[str, Field(max_length=500)]
Number = Annotated[float, Field(allow_inf_nan=False)]
Anchors = Annotated[dict[Annotated[str, Field(max_length=20)], Said], Field(max_length=201)]


class WordingView(BaseModel):
    """What an item says in another language."""

    model_config = ConfigDict(extra="forbid")

    title: Said = ""
    question: Said = ""
    anchors: Anchors = {}


class ItemView(BaseModel):
    """What may be asked."""

    model_config = ConfigDict(extra="forbid")

    key: Key
    title: Annotated[str, Field(min_length=1, max_length=200)]
    question: Said = ""
    lowest: Number | None = None
    """None for that of the anchors."""
    highest: Number | None = None
    step: Number | None = None
    """0 if any number may be given; 1 if it is None."""
    anchors: Anchors = {}
    """What scores stand for, by score."""
    sound: bool = False
    """Whether it is judged by ear."""
    translations: Annotated[
        dict[Annotated[str, Field(max_length=20)], WordingView], Field(max_length=20)
    ] = {}


class Practice(BaseModel):
    """A clip that comes first, with reference ratings."""

    model_config = ConfigDict(extra="forbid")

    clip: str
    scores: dict[Key, Number | None]
    """By the key of the item; None for "not sure"."""


class StudyOrder(BaseModel):
    """A study that is to be made of clips of one project."""

    model_config = ConfigDict(extra="forbid")

    clips: Annotated[list[str], Field(min_length=1, max_length=500)]
    """Clips that are done and have their original."""
    items: Annotated[list[Key], Field(min_length=1, max_length=20)]
    """Keys of what is asked, mien's and your own."""
    own: Annotated[list[ItemView], Field(max_length=20)] = []
    """Items of your own."""
    practice: Annotated[list[Practice], Field(max_length=50)] = []
    """Clips that come first; none of those that are rated."""
    raters: Annotated[list[Name], Field(min_length=1, max_length=100)]
    title: Annotated[str, Field(max_length=200)] = "Rating study"
    repeats: Annotated[int, Field(ge=0, le=500)] = 0
    """Originals that are shown a second time."""
    washout_days: Annotated[float, Field(ge=0, le=3650, allow_inf_nan=False)] = 14.0
    seed: Annotated[int, Field(ge=0, le=2**31)] = 0


class LineupOrder(BaseModel):
    """A line-up that is to be made of clips of one project."""

    model_config = ConfigDict(extra="forbid")

    clips: Annotated[list[str], Field(min_length=1, max_length=500)]
    """Clips that are done and have their original."""
    judges: Annotated[list[Name], Field(max_length=100)] = []
    """Who compares six faces; strangers."""
    arms: Annotated[list[Literal["inner", "whole"]], Field(max_length=2)] = ["inner"]
    controls: Literal["surrogates", "cohort"] = "surrogates"
    """Who else is shown."""
    acquaintances: Annotated[list[Name], Field(max_length=100)] = []
    """Who knows the patients and is asked to name them."""
    names: dict[
        str, Annotated[list[Annotated[str, Field(max_length=200)]], Field(max_length=20)]
    ] = {}
    """By clip, how acquaintances may name who is shown."""
    title: Annotated[str, Field(max_length=200)] = "Who is who?"
    seed: Annotated[int, Field(ge=0, le=2**31)] = 0


def item_view(item: Item) -> ItemView:
    """What pages are told of an item."""
    return ItemView.model_validate(to_json(item))


def study_wanted(desk: Desk, order: StudyOrder) -> Wanted:
    """A rating study as it was ordered; a `Problem` if it cannot be made."""
    items = _items(order)
    clips = _clips(desk, order.clips)
    shown = _clips(desk, [one.clip for one in order.practice])
    if {clip.id for clip in clips} & {clip.id for clip in shown}:
        raise Problem(
            422, "practice_rated", "A clip is both for practice and rated: choose one of the two."
        )
    if order.repeats > len(clips):
        raise Problem(422, "too_many_repeats", "There are more hidden repeats than clips.")
    raters = _people(order.raters)
    names = _names([*clips, *shown])
    rated, trained = names[: len(clips)], names[len(clips) :]
    reference = {
        (name, key): score
        for name, one in zip(trained, order.practice, strict=True)
        for key, score in one.scores.items()
    }
    _check_reference(reference, items)
    title = order.title.strip() or "Rating study"
    pairs = _pairs(desk, clips)
    training = {
        name: desk.folders.original(clip) for name, clip in zip(trained, shown, strict=True)
    }

    def make(folder: Path, progress: Progress) -> None:
        from mien.study.design import DesignSettings, design
        from mien.study.power import power

        settings = DesignSettings(
            items, raters, order.repeats, order.washout_days, order.seed, title, training, reference
        )
        said = power(len(pairs), len(raters), repeats=order.repeats / len(pairs))
        design(pairs, folder, settings, names=rated, power=said.to_json(), progress=progress)

    called = [*_called(pairs, rated), *((path, name) for name, path in training.items())]
    return Wanted(title, called, make)


def lineup_wanted(desk: Desk, order: LineupOrder) -> Wanted:
    """A line-up as it was ordered; a `Problem` if it cannot be made."""
    clips = _clips(desk, order.clips)
    judges, acquaintances = (
        _people(order.judges, none=True),
        _people(order.acquaintances, none=True),
    )
    if not judges and not acquaintances:
        raise Problem(
            422, "no_judge", "Nobody looks at the faces: name a judge or an acquaintance."
        )
    if judges and not order.arms:
        raise Problem(422, "no_arm", "Judges see nothing: choose what they see.")
    if judges and "whole" in order.arms and order.controls == "surrogates":
        raise Problem(
            422,
            "no_hair",
            "mien's surrogates have no hair, so whoever has some would be the patient: let the "
            "other patients be shown, or the inner face only.",
        )
    if set(judges) & set(acquaintances):
        raise Problem(422, "judge_twice", "Somebody is judge and acquaintance: name them once.")
    names = _names(clips)
    known = {}
    for clip, name in zip(clips, names, strict=True):
        given = [" ".join(one.split()) for one in order.names.get(clip.id, [])]
        known[name] = tuple(one for one in given if one)
    if acquaintances and not all(known.values()):
        raise Problem(422, "no_name", "Acquaintances name people: write a name for each clip.")
    pairs = _pairs(desk, clips)
    title = order.title.strip() or "Who is who?"

    def make(folder: Path, progress: Progress) -> None:
        from mien.study.lineup import LineupSettings, lineup

        settings = LineupSettings(
            judges, acquaintances, tuple(dict.fromkeys(order.arms)), order.controls,
            known if acquaintances else {}, order.seed, title,
        )  # fmt: skip
        lineup(pairs, folder, settings, names=names, progress=progress)

    return Wanted(title, _called(pairs, names), make)


def read_own(own: Sequence[ItemView]) -> Mapping[str, Item]:
    """Items of one's own by key; a `Problem` if one cannot be asked."""
    if len({one.key for one in own}) < len(own):
        raise Problem(422, "item_twice", "Two questions have the same name: rename one.")
    content = {one.key: one.model_dump(exclude={"key"}, exclude_none=True) for one in own}
    try:
        return made(content, "your own")
    except FormatError as error:
        raise Problem(422, "bad_item", str(error)) from error


def read_file(name: str, text: str) -> Mapping[str, Item]:
    """What a file of items holds; a `Problem` if it cannot be asked."""
    try:
        found = made(parse_toml(text, name), name)
        for item in found.values():
            item_view(item)
    except ValidationError as error:
        said = f"{name} has an item with a name or words that are too long: make them shorter."
        raise Problem(422, "bad_item", said) from error
    except ValueError as error:  # no TOML, or not of this kind
        said = str(error) if isinstance(error, FormatError) else f"{name} is no TOML: {error}."
        raise Problem(422, "bad_item", said) from error
    if not found:
        raise Problem(
            422, "bad_item", f"{name} holds no item: write a table such as [smile] with a title."
        )
    return found


def _items(order: StudyOrder) -> tuple[Item, ...]:
    known = {**shipped(), **read_own(order.own)}
    if any(key not in known for key in order.items):
        raise Problem(422, "no_item", "There is no such item: choose from the list.")
    return tuple(known[key] for key in dict.fromkeys(order.items))


def _check_reference(
    reference: Mapping[tuple[str, str], float | None], items: Sequence[Item]
) -> None:
    asked = {item.key: item for item in items}
    for (name, key), score in reference.items():
        if key not in asked or (score is not None and not asked[key].allows(score)):
            title = asked[key].title if key in asked else key
            raise Problem(
                422,
                "bad_reference",
                f"The reference rating of {name} is not on the scale of {title}.",
            )


def _clips(desk: Desk, ids: Sequence[str]) -> list[Clip]:
    clips = [desk.done(clip) for clip in dict.fromkeys(ids)]
    if any(not clip.original for clip in clips):
        raise Problem(
            409, "no_original", "The original of a clip was deleted: upload the clip again."
        )
    return clips


def _people(names: Sequence[str], *, none: bool = False) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(" ".join(name.split()) for name in names))
    if not all(found) or not (found or none):
        raise Problem(422, "no_rater", "Somebody has no name: give each one.")
    return found


def _names(clips: Sequence[Clip]) -> list[str]:
    """What clips are called in tables: each by a name of its own."""
    names: list[str] = []
    for clip in clips:
        stem = Path(clip.name).stem or "clip"
        numbered = (f"{stem} ({number})" for number in count(2))
        names.append(next(name for name in chain([stem], numbered) if name not in names))
    return names


def _pairs(desk: Desk, clips: Sequence[Clip]) -> list[tuple[Path, Path]]:
    return [(desk.folders.original(clip), desk.file(clip, RESULT)) for clip in clips]


def _called(pairs: Sequence[tuple[Path, Path]], names: Sequence[str]) -> list[tuple[Path, str]]:
    return [(path, name) for pair, name in zip(pairs, names, strict=True) for path in pair]
