"""Networks small enough for tests, and their checkpoints."""

from __future__ import annotations

from mien.engines.gan.configuration import GanConfig
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


SMALL_GAN = GanConfig(side=32, width=4, halvings=1, blocks=1)


def saved_gan(path, seed=0, **changes):
    """A checkpoint of a fresh generator of identities."""
    import torch

    from mien.engines.gan.generator import Generator

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        made = Generator(SMALL_GAN)
    held = {"generator": made.state_dict(), "config": SMALL_GAN.to_json()}
    torch.save({**held, **changes}, path)
    return path


def same(one, other):
    """Fail unless both are equal to the last bit, whatever they hold."""
    import torch

    if isinstance(one, torch.Tensor):
        assert torch.equal(one, other)
    elif isinstance(one, dict):
        assert list(one) == list(other)
        for key in one:
            same(one[key], other[key])
    elif isinstance(one, list | tuple):
        assert len(one) == len(other)
        for a, b in zip(one, other, strict=True):
            same(a, b)
    else:
        assert one == other
