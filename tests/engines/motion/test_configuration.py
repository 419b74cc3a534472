"""Configurations are read by the authors' names, from YAML and JSON, each value in its range."""

from __future__ import annotations

import copy
import json

import pytest

from mien.engines.motion.configuration import MotionConfig
from mien.errors import FormatError
from networks import SMALL

WRITTEN = """\
# a comment
dataset_params:
  root_dir: data/clips   # where they are
  frame_shape: [64, 64, 3]
  augmentation_params:
    flip_param:
      horizontal_flip: True

model_params:
  common_params:
    num_kp: 4
    num_channels: 3
    estimate_jacobian: True
  kp_detector_params:
     temperature: 0.1
     block_expansion: 4
     max_features: 16
     scale_factor: 0.5
     num_blocks: 2
  generator_params:
    block_expansion: 4
    max_features: 8
    num_down_blocks: 1
    num_bottleneck_blocks: 1
    estimate_occlusion_map: True
    dense_motion_params:
      block_expansion: 4
      max_features: 16
      num_blocks: 2
      scale_factor: 0.5
  discriminator_params:
    scales: [1]
    use_kp: True
train_params:
  lr_generator: 2.0e-4
visualizer_params:
  colormap: 'gist_rainbow'
"""


def test_yaml_and_json_say_the_same(tmp_path):
    yaml, plain = tmp_path / "model.yaml", tmp_path / "model.json"
    yaml.write_text(WRITTEN)
    plain.write_text(json.dumps(SMALL.to_json()))
    assert MotionConfig.open(yaml) == MotionConfig.open(plain) == SMALL


def told(*keys, value):
    """The small configuration with one value changed, or left out if it is None."""
    made = copy.deepcopy(SMALL.to_json())["model_params"]
    section = made
    for key in keys[:-1]:
        section = section[key]
    if value is None:
        del section[keys[-1]]
    else:
        section[keys[-1]] = value
    return made


@pytest.mark.parametrize(
    ("keys", "value", "words"),
    [
        (("common_params", "num_kp"), 0, "num_kp = 0: it is a whole number from 1 to 100"),
        (("common_params", "num_kp"), True, "num_kp = True: it is a whole number"),
        (("common_params", "num_kp"), 10**9, "from 1 to 100"),
        (("common_params", "num_channels"), 1, "from 3 to 3"),
        (("common_params", "estimate_jacobian"), 1, "true or false"),
        (("kp_detector_params", "temperature"), 0, "a positive number"),
        (("kp_detector_params", "scale_factor"), 0.3, "one of 1, 0.5"),
        (("kp_detector_params", "pad"), 3, "asks for .*pad"),
        (("kp_detector_params", "num_blocks"), None, "lacks num_blocks"),
        (("generator_params", "dense_motion_params"), 3, "dense_motion_params is no section"),
        (("generator_params",), None, "no section generator_params"),
        (("common_params",), None, "no section model_params"),
    ],
)
def test_what_is_out_of_range_is_named(keys, value, words):
    with pytest.raises(FormatError, match=words):
        MotionConfig.of(told(*keys, value=value), "model.yaml")


def test_a_model_without_a_word_on_occlusion_has_none():
    config = MotionConfig.of(told("generator_params", "estimate_occlusion_map", value=None), "it")
    assert not config.generator_params.estimate_occlusion_map


@pytest.mark.parametrize("content", [b"", b"[1", b"\xff\xfe", b"a: &b c", b"model_params: 3"])
@pytest.mark.parametrize("ending", ["yaml", "json"])
def test_what_is_no_configuration_is_one_sentence(tmp_path, content, ending):
    path = tmp_path / f"model.{ending}"
    path.write_bytes(content)
    with pytest.raises(FormatError) as caught:
        MotionConfig.open(path)
    assert "the configuration of a motion model" in str(caught.value)


def test_the_step_is_what_a_side_can_be_halved_by():
    assert (SMALL.step, MotionConfig().step) == (8, 128)


@pytest.mark.parametrize(
    ("shape", "words"),
    [([64, 32, 3], "draws squares"), (64, "draws squares"), ([60, 60, 3], "a multiple of 8"),
     ([8, 8, 3], "from 16 to 1024"), (["a", "a", 3], "from 16 to 1024")],
)  # fmt: skip
def test_the_size_of_the_pictures_is_read_too(shape, words):
    content = {**SMALL.to_json(), "dataset_params": {"frame_shape": shape}}
    with pytest.raises(FormatError, match=words):
        MotionConfig.of(content, "model.yaml")
