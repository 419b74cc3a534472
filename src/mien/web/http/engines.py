"""Engines as the API knows them: those that are registered, and what each does to a face."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel
from pydantic_core import core_schema

from mien.engines import ENGINES, offered


class _Registered:
    """The name of an engine that runs as it is and is registered when the routes are made."""

    def __get_pydantic_core_schema__(self, *_: Any) -> core_schema.CoreSchema:
        return core_schema.literal_schema(offered())


Engine = Annotated[str, _Registered()]


class TraitsView(BaseModel):
    """What an engine does to a face; `Traits` has the same fields."""

    keeps_motion: bool
    """Whether the result moves as the face did."""
    hides_face: bool
    """Whether such faces hide who it was; False for those that have been recognised."""
    needs_surrogate: bool
    """Whether somebody else's face is given."""
    shows_face: bool
    """Whether something of a face is seen, or only what covers it."""
    live: bool
    """Whether a frame can be drawn as it comes."""
    words: str
    """What a face becomes, in English."""


def traits() -> dict[str, TraitsView]:
    """What every engine that is offered does, by name."""
    return {
        name: TraitsView.model_validate(kind.traits, from_attributes=True)
        for name, kind in ENGINES.items()
        if name in offered()
    }
