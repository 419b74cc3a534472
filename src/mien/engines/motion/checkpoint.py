"""Both networks of a motion model, from a checkpoint of the authors' form."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch

from mien.engines.checkpoints import fill, read
from mien.engines.motion.configuration import MotionConfig
from mien.engines.motion.generator import Generator
from mien.engines.motion.keypoints import KeypointDetector

WHAT = "a motion model"
"""Whose checkpoints these are, for messages."""


@dataclass(frozen=True, eq=False)
class Networks:
    """Both networks of a motion model, for drawing."""

    config: MotionConfig
    """Their sizes."""
    detector: KeypointDetector
    """Finds keypoints."""
    generator: Generator
    """Draws."""

    @staticmethod
    def fresh(config: MotionConfig) -> Networks:
        """Networks that have learned nothing."""
        return Networks(config, KeypointDetector(config).eval(), Generator(config).eval())

    @staticmethod
    def open(
        path: str | os.PathLike[str], config: str | os.PathLike[str] | None = None
    ) -> Networks:
        """Read networks from a checkpoint of the authors' form.

        Parameters
        ----------
        path : path
            Holds `generator` and `kp_detector`; whatever else it holds is passed over.
        config : path, optional
            YAML or JSON. Without it the one in the checkpoint, as `mien train motion` writes it,
            or that of the published `vox-adv-256`.

        Raises
        ------
        ParameterError
            If there is no such file.
        FormatError
            If it is no checkpoint, or of another network than the configuration's.
        """
        sizes = None if config is None else MotionConfig.open(config)
        held = read(path, WHAT)
        if sizes is None:
            own = held.get("config")
            sizes = MotionConfig() if own is None else MotionConfig.of(own, str(path))
        return from_states(held, sizes, str(path))


def from_states(held: Mapping[str, Any], config: MotionConfig, name: str) -> Networks:
    """Networks whose values are those of a checkpoint.

    Parameters
    ----------
    held : dict
        With `generator` and `kp_detector`, each a tensor by its name.
    config : MotionConfig
        Their sizes.
    name : str
        Where they come from, for the message.

    Raises
    ------
    FormatError
        If a tensor is missing, left over, of another shape, or holds what is no number.
    """
    with torch.device("meta"):  # sizes alone: nothing is made before it is known to fit
        networks = Networks(config, KeypointDetector(config), Generator(config))
    advice = "give the configuration that belongs to it with --config"
    fill(networks.detector, held, "kp_detector", name, WHAT, advice)
    fill(networks.generator, held, "generator", name, WHAT, advice)
    return networks
