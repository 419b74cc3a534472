"""A generator in ONNX format, as `mien train export` writes it: drawn with by ONNX Runtime."""

from __future__ import annotations

from typing import Any

import numpy as np

from mien.engines.gan.configuration import WHAT, Draw, GanConfig
from mien.errors import EngineError, FormatError, ParameterError
from mien.intake.networks import read_onnx
from mien.intake.words import parse_json
from mien.models.onnx_network import OnnxNetwork

INPUTS = ("picture", "identity")
"""Names of what the network takes: shapes (1, 3, side, side), 0-1, and (1, 256)."""
KEY = "mien"
"""Under which a file keeps the sizes of the generator, JSON."""


def opened(path: str) -> tuple[Draw, GanConfig]:
    """What draws, and its sizes.

    Raises
    ------
    ParameterError
        If there is no such file.
    FormatError
        If it is no such generator.
    """
    try:
        content = read_onnx(path, WHAT)
    except OSError as exc:
        raise ParameterError(f"{path} cannot be read: give {WHAT}.") from exc
    sizes = GanConfig.of(_told(content, path), path)
    try:
        network = OnnxNetwork(content, inputs=INPUTS)
    except EngineError as exc:
        raise FormatError(f"{path} is not {WHAT}: give a file of mien train export.") from exc
    wanted = (1, 3, sizes.side, sizes.side)

    def draw(picture: np.ndarray, identity: np.ndarray) -> np.ndarray:
        given = {"picture": picture.transpose(2, 0, 1)[None], "identity": identity[None]}
        made = network.run(given)[0]
        if made.shape != wanted:
            raise EngineError(f"{path} draws pictures of another size: export it again.")
        return made[0].transpose(1, 2, 0)

    return draw, sizes


def _told(content: bytes, path: str) -> Any:
    """What the file says of its sizes."""
    from onnx import ModelProto

    model: Any = ModelProto()
    model.ParseFromString(content)
    said = {entry.key: entry.value for entry in model.metadata_props}.get(KEY, "null")
    return parse_json(said, path, WHAT)
