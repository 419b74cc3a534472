"""Reading a checkpoint that somebody gave: tensors and plain values, and nothing that runs.

torch's legacy files and its newer archives are both pickles at heart, which can name any function
of the machine. They are read by torch's restricted reader, which knows tensors and plain
containers alone, and what it gives is compared with the network by name and shape before any of it
is taken.
"""

from __future__ import annotations

import os
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from mien.errors import EngineError, FormatError, ParameterError

MOST_BYTES = 4 << 30
"""Of a checkpoint: the published ones, with what their training needs, have 0.7 GB."""


def read(path: str | os.PathLike[str], what: str) -> dict[str, Any]:
    """What a checkpoint holds.

    Parameters
    ----------
    path : path
        A file of torch, legacy or archive.
    what : str
        Whose it should be, as in "a motion model".

    Raises
    ------
    ParameterError
        If there is no such file.
    FormatError
        If it is too large, damaged, or holds anything but tensors and plain values.
    """
    path = Path(path)
    try:
        size = path.stat().st_size
        readable = path.is_file() and os.access(path, os.R_OK)
    except OSError:
        readable = False
    if not readable:
        raise ParameterError(f"{path} cannot be read: give the checkpoint of {what}.")
    if max(size, _unpacked(path)) > MOST_BYTES:
        raise FormatError(f"{path} is too large for a checkpoint: it has more than 4 GB.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of pickles that are newer than torch's own
            held = torch.load(path, map_location="cpu", weights_only=True)
    except MemoryError as exc:
        raise EngineError(f"{path} needs more memory than there is: close other programs.") from exc
    except Exception as exc:  # a damaged file raises as many errors as there are kinds of damage
        raise FormatError(
            f"{path} is not a checkpoint that can be read: it is damaged, or holds more than "
            "tensors, so give another file."
        ) from exc
    if not isinstance(held, dict):
        raise FormatError(f"{path} is not a checkpoint of {what}: it holds no networks.")
    return held


def _unpacked(path: Path) -> int:
    """Bytes of what an archive holds, which may be packed; 0 of what is none."""
    try:
        with zipfile.ZipFile(path) as archive:
            return sum(entry.file_size for entry in archive.infolist())
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError):
        return 0


def fill(
    network: nn.Module, held: Mapping[str, Any], key: str, name: str, what: str, advice: str
) -> None:
    """Give a network the values that a checkpoint holds, for drawing.

    Parameters
    ----------
    network : torch.nn.Module
        Made on torch's device `meta`: sizes alone, so that nothing is made before it fits.
    held : dict
        The checkpoint: `key` names tensors by their names.
    key, name, what : str
        The part of it, the file, and whose it should be, for messages.
    advice : str
        What to do if it is of another network.

    Raises
    ------
    FormatError
        If a tensor is missing, left over, of another shape, or holds what is no number.
    """
    state = held.get(key)
    if not isinstance(state, Mapping):
        raise FormatError(f"{name} is not a checkpoint of {what}: it has no {key}.")
    network.load_state_dict(_fitting(network, state, f"{name}: its {key}", advice), assign=True)
    network.requires_grad_(False).eval()


def _fitting(
    network: nn.Module, state: Mapping[str, Any], said: str, advice: str
) -> dict[str, Tensor]:
    """The tensors of a network, each as its network wants it."""
    wanted = network.state_dict()
    missing = [key for key in wanted if key not in state]
    if missing:
        raise FormatError(f"{said} lacks {_some(missing)}: {advice}.")
    more = [str(key) for key in state if key not in wanted]
    if more:
        raise FormatError(f"{said} has {_some(more)}, which the model does not: {advice}.")
    made = {}
    for key, like in wanted.items():
        value = state[key]
        if not isinstance(value, Tensor) or value.layout != torch.strided or value.is_quantized:
            raise FormatError(f"{said} holds no tensor called {key}: give another checkpoint.")
        if value.shape != like.shape:
            raise FormatError(
                f"{said} has {key} of shape {tuple(value.shape)} where {tuple(like.shape)} is "
                f"wanted: {advice}."
            )
        if value.is_floating_point() != like.is_floating_point() or value.is_complex():
            raise FormatError(f"{said} has {key} of another kind: give another checkpoint.")
        if not torch.isfinite(value).all():
            raise FormatError(f"{said} has {key} with values that are no numbers: train it again.")
        made[key] = value.detach().to(like.dtype).contiguous()
    return made


def _some(keys: list[str]) -> str:
    """The first of some tensors, and how many more there are."""
    named = keys[0][:100]
    return f"{named} and {len(keys) - 1} more tensors" if len(keys) > 1 else named
