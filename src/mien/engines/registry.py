"""Every engine by its name; none is loaded before it is used.

A new engine is a class of its own and one line here, or one call of `register` from outside.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mien.advice import to_get
from mien.engines import traits as known
from mien.engines.traits import UNKNOWN, Traits
from mien.engines.weights import Weights
from mien.errors import EngineError, ParameterError

if TYPE_CHECKING:
    from mien.engines.base import Engine


@dataclass(frozen=True)
class Kind:
    """An engine that can be chosen."""

    traits: Traits
    """What it does to a face."""
    load: Callable[[], type[Engine]]
    """Imports its class, which may take a second."""
    learned: Callable[[Weights], type[Engine]] | None = None
    """Of an engine that draws with a network of the user's: imports its class with that network."""

    def open(self, weights: Weights | None = None) -> type[Engine]:
        """The engine's class, ready to calibrate.

        Parameters
        ----------
        weights : Weights, optional
            The network it draws with; None for engines that need none.

        Raises
        ------
        ParameterError
            If a network is missing, cannot be read, or is given to an engine that needs none.
        FormatError
            If the network is damaged or another one.
        EngineError
            If the engine is not installed.
        """
        if self.learned is None:
            if weights is not None:
                raise ParameterError(
                    "Weights are given to an engine that draws without any: leave out --weights, "
                    f"or choose {' or '.join(_learned())}."
                )
            return self.load()
        return self.load() if weights is None else self.learned(weights)


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


def _without(name: str) -> Callable[[], type[Engine]]:
    """What is said of an engine whose network nobody has given."""

    def load() -> type[Engine]:
        raise ParameterError(
            f"The engine {name} draws with a network that does not come with mien: give its "
            "checkpoint with --weights FILE."
        )

    return load


def _motion(weights: Weights) -> type[Engine]:
    with _torch_for("motion"):
        from mien.engines.motion.engine import motion_of

        return motion_of(weights)


def _gan(weights: Weights) -> type[Engine]:
    with _torch_for("gan"):
        from mien.engines.gan.engine import gan_of

        return gan_of(weights)  # which imports torch for a checkpoint alone


@contextmanager
def _torch_for(name: str) -> Iterator[None]:
    """Say in one sentence that torch is missing."""
    try:
        yield
    except ModuleNotFoundError as exc:
        if exc.name != "torch":
            raise
        raise EngineError(f"The engine {name} needs torch: {to_get('train')}.") from exc


ENGINES: dict[str, Kind] = {
    "mesh": Kind(known.MESH, _mesh),
    "motion": Kind(known.MOTION, _without("motion"), _motion),
    "gan": Kind(known.GAN, _without("gan"), _gan),
    "mask": Kind(known.MASK, _mask),
    "blur": Kind(known.BLUR, _blur),
    "pixelate": Kind(known.PIXELATE, _pixelate),
}
"""By name, in the order in which they are offered."""


def offered() -> list[str]:
    """Names of the engines that run as they are, without a network of the user's."""
    return [name for name, kind in ENGINES.items() if kind.learned is None]


def _learned() -> list[str]:
    return [name for name, kind in ENGINES.items() if kind.learned is not None]


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
