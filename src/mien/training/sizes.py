"""Sizes of networks that a laptop can teach."""

from __future__ import annotations

from mien.engines.gan.configuration import GanConfig
from mien.engines.motion.configuration import (
    CommonSize,
    DetectorSize,
    GeneratorSize,
    HourglassSize,
    MotionConfig,
)

LAPTOP = MotionConfig(
    CommonSize(num_kp=10),
    DetectorSize(block_expansion=16, max_features=128, num_blocks=4, scale_factor=0.5),
    GeneratorSize(
        block_expansion=16,
        max_features=64,
        num_down_blocks=2,
        num_bottleneck_blocks=3,
        dense_motion_params=HourglassSize(16, 128, 4, 0.5),
    ),
    side=96,
)
"""1.5 million numbers, pictures of 96 pixels."""
LAPTOP_GAN = GanConfig(side=64, width=16, halvings=2, blocks=4)
"""0.8 million numbers, pictures of 64 pixels."""
