"""Settings of the network are the published ones, are checked, and survive their file."""

from __future__ import annotations

import json

import pytest

from mien.errors import ParameterError
from mien.selfnorm.config import SelfNormConfig
from mien.selfnorm.features import Features


def test_22_layers_as_published():
    assert SelfNormConfig().layers == 22 and SelfNormConfig().epochs == 400


@pytest.mark.parametrize(
    "values",
    [
        {"widths": ()},
        {"dropout": 1.0},
        {"l2": -1},
        {"l2_layers": (11,)},
        {"learning_rate": 0},
        {"batch": 1},
        {"patience": 0},
        {"noise": 2},
    ],
)
def test_settings_out_of_range(values):
    with pytest.raises(ParameterError):
        SelfNormConfig(**values)


def test_settings_survive_json():
    config = SelfNormConfig(widths=(3, 4), l2_layers=(1,), features=Features(window=5))
    assert SelfNormConfig.from_dict(json.loads(json.dumps(config.as_dict()))) == config
    with pytest.raises(ParameterError, match="'depth'"):
        SelfNormConfig.from_dict({"depth": 3})
