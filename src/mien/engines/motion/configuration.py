"""The sizes of a first-order motion model, by the names of the authors' configuration files."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, get_type_hints

from mien.errors import FormatError, ParameterError
from mien.intake.words import read_json
from mien.intake.yaml import read_yaml

_WHAT = "the configuration of a motion model"
_LARGEST = {
    **{"num_kp": 100, "num_channels": 3, "block_expansion": 512, "max_features": 4096},
    **{"num_blocks": 7, "num_down_blocks": 5, "num_bottleneck_blocks": 32, "side": 1024},
}
_LEAST = {"side": 16, "num_channels": 3, "num_down_blocks": 0, "num_bottleneck_blocks": 0}
_SCALES = (1.0, 0.5, 0.25, 0.125)


@dataclass(frozen=True)
class HourglassSize:
    """How large an hourglass network is."""

    block_expansion: int = 64
    """Features of its outermost level."""
    max_features: int = 1024
    """Features of a level at most; each level inwards has twice as many."""
    num_blocks: int = 5
    """Levels."""
    scale_factor: float = 0.25
    """By how much its picture is made smaller first: 1, 0.5, 0.25 or 0.125."""


@dataclass(frozen=True)
class DetectorSize(HourglassSize):
    """How large the keypoint detector is."""

    block_expansion: int = 32
    """See `HourglassSize`."""
    temperature: float = 0.1
    """Of the softmax over places: lower is more peaked."""


@dataclass(frozen=True)
class GeneratorSize:
    """How large the generator is."""

    block_expansion: int = 64
    """Features at full resolution."""
    max_features: int = 512
    """Features at most; each halving of the resolution doubles them."""
    num_down_blocks: int = 2
    """How often the resolution is halved."""
    num_bottleneck_blocks: int = 6
    """Residual blocks at the lowest resolution."""
    estimate_occlusion_map: bool = True
    """Whether what the portrait does not show is painted anew."""
    dense_motion_params: HourglassSize = field(default_factory=HourglassSize)
    """The network that finds the dense motion."""


@dataclass(frozen=True)
class CommonSize:
    """What both networks share."""

    num_kp: int = 10
    """Keypoints."""
    num_channels: int = 3
    """Of a picture: RGB."""
    estimate_jacobian: bool = True
    """Whether motion near a keypoint is affine, or only a shift."""


@dataclass(frozen=True)
class MotionConfig:
    """A first-order motion model; the defaults are those of the published `vox-adv-256`."""

    common_params: CommonSize = field(default_factory=CommonSize)
    """What both networks share."""
    kp_detector_params: DetectorSize = field(default_factory=DetectorSize)
    """The keypoint detector."""
    generator_params: GeneratorSize = field(default_factory=GeneratorSize)
    """The generator."""
    side: int = 256
    """Pixels along a side of the pictures it has learned from, as `dataset_params.frame_shape`
    says."""

    @staticmethod
    def open(path: str | os.PathLike[str]) -> MotionConfig:
        """Read a configuration as the authors publish them: YAML, or the same in JSON.

        Sections that are about training are passed over.

        Raises
        ------
        ParameterError
            If there is no such file.
        FormatError
            If it is no configuration, or a size in it is out of range.
        """
        path = Path(path)
        read = read_json if path.suffix.lower() == ".json" else read_yaml
        try:
            return MotionConfig.of(read(path, _WHAT), str(path))
        except OSError as exc:
            raise ParameterError(
                f"{path} cannot be read: give the configuration of a motion model, YAML or JSON."
            ) from exc

    @staticmethod
    def of(told: Any, name: str) -> MotionConfig:
        """A configuration from what a file says.

        Parameters
        ----------
        told : dict
            With a section `model_params` and perhaps `dataset_params`, or the former itself.
        name : str
            Where it comes from, for the message.

        Raises
        ------
        FormatError
            If it is no configuration, or a size in it is out of range.
        """
        data: Any = None
        if isinstance(told, Mapping):
            data, told = told.get("dataset_params"), told.get("model_params", told)
        if not isinstance(told, Mapping) or "common_params" not in told:
            raise FormatError(
                f"{name} is not {_WHAT}: it has no section model_params with common_params."
            )
        parts = {"side": _side(data, name)}
        for key in ("common_params", "kp_detector_params", "generator_params"):
            if key not in told:
                raise FormatError(f"{name} is not {_WHAT}: it has no section {key}.")
            parts[key] = told[key]
        made: MotionConfig = _section(MotionConfig, parts, name, "model_params")
        if made.side % made.step:
            raise FormatError(
                f"{name} asks for pictures of {made.side} pixels, which this model cannot halve as "
                f"often as it has levels: their side is a multiple of {made.step}."
            )
        return made

    def to_json(self) -> dict[str, Any]:
        """The same as a file says it."""
        model = asdict(self)
        side = model.pop("side")
        return {"dataset_params": {"frame_shape": [side, side, 3]}, "model_params": model}

    @property
    def step(self) -> int:
        """What the sides of a picture have to be divided by, pixels."""
        sizes = (self.kp_detector_params, self.generator_params.dense_motion_params)
        inner = (round(2**one.num_blocks / one.scale_factor) for one in sizes)
        return max(*inner, 2**self.generator_params.num_down_blocks)


def _side(data: Any, name: str) -> int:
    """Pixels along a side of the pictures that a configuration tells of."""
    shape = data.get("frame_shape") if isinstance(data, Mapping) else None
    if shape is None:
        return MotionConfig.side
    if not isinstance(shape, list) or len(shape) != 3 or shape[0] != shape[1]:
        raise FormatError(
            f"{name} says dataset_params.frame_shape = {shape!r}: this motion model draws squares, "
            "such as [256, 256, 3]."
        )
    side: int = shape[0]
    return side


def _section(kind: type[Any], told: Any, name: str, where: str) -> Any:
    """One section of a configuration, each value of its kind and in its range."""
    if not isinstance(told, Mapping):
        raise FormatError(f"{name} is not {_WHAT}: {where} is no section.")
    known = get_type_hints(kind)
    given: dict[str, Any] = {}
    for key, value in told.items():
        if key not in known:
            raise FormatError(
                f"{name} asks for {where}.{key}, which this motion model does not have: leave it "
                "out, or give another configuration."
            )
        wanted = known[key]
        if wanted in (int, float, bool):
            given[key] = _value(wanted, key, value, f"{name} says {where}.{key} = {value!r}")
        else:
            given[key] = _section(wanted, value, name, f"{where}.{key}")
    lacking = [one.name for one in fields(kind) if one.name not in given]
    if lacking and lacking != ["estimate_occlusion_map"]:
        raise FormatError(f"{name} is not {_WHAT}: {where} lacks {', '.join(lacking)}.")
    if lacking:  # as the authors' model does without a word
        given["estimate_occlusion_map"] = False
    return kind(**given)


def _value(wanted: type[Any], key: str, value: Any, said: str) -> Any:
    """A number or a yes of a configuration."""
    if wanted is bool:
        if not isinstance(value, bool):
            raise FormatError(f"{said}: it is true or false.")
        return value
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if key == "scale_factor":
        if not number or value not in _SCALES:
            raise FormatError(f"{said}: it is one of 1, 0.5, 0.25 and 0.125.")
        return float(value)
    if key == "temperature":
        if not number or not 1e-3 <= value <= 1e3:
            raise FormatError(f"{said}: it is a positive number such as 0.1.")
        return float(value)
    least, most = _LEAST.get(key, 1), _LARGEST[key]
    if not number or not isinstance(value, int) or not least <= value <= most:
        raise FormatError(f"{said}: it is a whole number from {least} to {most}.")
    return value
