"""A generator from a checkpoint of torch."""

from __future__ import annotations

import numpy as np
import torch

from mien.engines.checkpoints import fill, read
from mien.engines.gan.configuration import WHAT, Draw, GanConfig
from mien.engines.gan.generator import Generator


def opened(path: str) -> tuple[Draw, GanConfig]:
    """What draws, and its sizes.

    Raises
    ------
    ParameterError
        If there is no such file.
    FormatError
        If it is no checkpoint of a generator.
    """
    generator, sizes = generator_of(path)
    return drawing(generator), sizes


def generator_of(path: str) -> tuple[Generator, GanConfig]:
    """The network itself; errors as of `opened`."""
    held = read(path, WHAT)
    sizes = GanConfig.of(held.get("config"), path)
    with torch.device("meta"):
        made = Generator(sizes)
    fill(made, held, "generator", path, WHAT, "give a checkpoint of mien train gan")
    return made, sizes


def drawing(generator: Generator) -> Draw:
    """A generator that no longer learns, as something that draws one face."""

    def draw(picture: np.ndarray, identity: np.ndarray) -> np.ndarray:
        seen = torch.from_numpy(picture).permute(2, 0, 1)[None]
        with torch.inference_mode():
            made = generator(seen, torch.from_numpy(identity)[None])[0]
        drawn: np.ndarray = made.permute(1, 2, 0).numpy()
        return drawn

    return draw
