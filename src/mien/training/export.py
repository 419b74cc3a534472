"""Writing a generator as ONNX, so that it draws where torch is not installed."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import torch

from mien.engines.gan.checkpoint import generator_of
from mien.engines.gan.exported import INPUTS, KEY
from mien.outputs import complete


def export(checkpoint: Path, path: Path, *, overwrite: bool = False) -> None:
    """Write the generator of a checkpoint as ONNX, with its sizes.

    Parameters
    ----------
    checkpoint : Path
        Of `mien train gan`.
    path : Path
        Where to.
    overwrite : bool
        Whether a file that is there is replaced.

    Raises
    ------
    ParameterError
        If there is no such checkpoint.
    FormatError
        If it is of no generator.
    OutputError
        If the file cannot be written.
    """
    from onnx import ModelProto

    generator, sizes = generator_of(str(checkpoint))
    given = (torch.zeros((1, 3, sizes.side, sizes.side)), torch.zeros((1, sizes.identity)))
    model: Any = ModelProto()
    with complete(path, overwrite=overwrite) as part:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of norms that have nothing to learn
            torch.onnx.export(
                generator,
                given,
                part,
                input_names=list(INPUTS),
                output_names=["drawn"],
                opset_version=17,
                dynamo=False,
            )
        model.ParseFromString(part.read_bytes())
        model.metadata_props.add(key=KEY, value=json.dumps(sizes.to_json()))
        part.write_bytes(model.SerializeToString())
