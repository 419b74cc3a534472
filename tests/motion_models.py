"""A motion model small enough for tests, and its checkpoint."""

from __future__ import annotations

from mien.engines.motion.configuration import (
    CommonSize,
    DetectorSize,
    GeneratorSize,
    HourglassSize,
    MotionConfig,
)

SMALL = MotionConfig(
    CommonSize(num_kp=4),
    DetectorSize(block_expansion=4, max_features=16, num_blocks=2, scale_factor=0.5),
    GeneratorSize(
        block_expansion=4,
        max_features=8,
        num_down_blocks=1,
        num_bottleneck_blocks=1,
        dense_motion_params=HourglassSize(4, 16, 2, 0.5),
    ),
    side=64,
)


def fresh(seed=0):
    """Networks that have learned nothing; the same for a seed."""
    import torch

    from mien.engines.motion.checkpoint import Networks

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return Networks.fresh(SMALL)


def held(networks):
    """What a checkpoint of networks holds."""
    return {
        "generator": networks.generator.state_dict(),
        "kp_detector": networks.detector.state_dict(),
        "config": networks.config.to_json(),
        "epoch": 3,
    }


def saved(path, seed=0, **changes):
    """A checkpoint of fresh networks."""
    import torch

    torch.save({**held(fresh(seed)), **changes}, path)
    return path
