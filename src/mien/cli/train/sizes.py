"""The sizes of a generator as options."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from mien.engines.gan.configuration import GanConfig


@dataclass(frozen=True)
class Sizes:
    """How large a generator is."""

    side: Annotated[int, typer.Option(help="Pixels of a picture's side; 224 as published.")] = 64
    width: Annotated[int, typer.Option(help="Features at full size; 64 as published.")] = 16
    halvings: Annotated[int, typer.Option(help="Of the resolution; 3 at 224 pixels.")] = 2
    blocks: Annotated[int, typer.Option(help="Identity blocks; 9 as published.")] = 4

    def config(self) -> GanConfig:
        """Raises `FormatError` if one is out of range."""
        from mien.engines.gan.configuration import IDENTITY, GanConfig

        return GanConfig.of({**asdict(self), "identity": IDENTITY}, "The command line")
