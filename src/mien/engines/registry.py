"""Every engine by its name; none is loaded before it is used.

A new engine is a class of its own and one line here, or one call of `register` from outside.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mien.engines import traits as known
from mien.engines.traits import UNKNOWN, Traits
from mien.errors import ParameterError

if TYPE_CHECKING:
    from mien.engines.base import Engine


@dataclass(frozen=True)
class Kind:
    """An engine that can be chosen."""

    traits: Traits
    """What it does to a face."""
    load: Callable[[], type[Engine]]
    """Imports its class, which may take a second."""


def _mesh() -> type[Engine]:
    from mien.engines.mesh.engine import Mesh

    return Mesh


def _mask() -> type[Engine]:
    from mien.engines.obscure import Mask

    return Mask


def _blur() -> type[Engine]:
    from mien.engines.obscure import Blur

    return Blur


def _pixelate() -> type[Engine]:
    from mien.engines.obscure import Pixelate

    return Pixelate


ENGINES: dict[str, Kind] = {
    "mesh": Kind(known.MESH, _mesh),
    "mask": Kind(known.MASK, _mask),
    "blur": Kind(known.BLUR, _blur),
    "pixelate": Kind(known.PIXELATE, _pixelate),
}
"""By name, in the order in which they are offered."""


def register(engine: type[Engine]) -> None:
    """Add an engine, which can be chosen from then on wherever the others can.

    Raises
    ------
    ParameterError
        If the name is taken.
    """
    if engine.name in ENGINES:
        raise ParameterError(
            f"There is already an engine called {engine.name!r}: give it another name."
        )
    ENGINES[engine.name] = Kind(engine.traits, lambda: engine)


def traits_of(name: str) -> Traits:
    """What an engine does to a face; `UNKNOWN` of one that is not registered."""
    return ENGINES[name].traits if name in ENGINES else UNKNOWN
