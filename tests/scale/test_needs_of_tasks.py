"""What a task asks of a machine follows from its pictures."""

from __future__ import annotations

from pathlib import Path

import pytest

from mien.pipeline.settings import Settings
from mien.scale.far import Url
from mien.scale.on_ray import Needs
from mien.scale.task import Task

_GB = 1 << 30


def task(source):
    return Task("k", source, "s", "a", Path(), Settings(), None)


@pytest.mark.parametrize(
    ("width", "height", "cores"),
    [(320, 240, 1), (1280, 720, 1), (1920, 1080, 1), (1080, 1920, 1), (2560, 1440, 2),
     (3840, 2160, 4), (7680, 4320, 16)],
)  # fmt: skip
def test_cores_and_memory_grow_with_the_picture(width, height, cores):
    needs = Needs.of_pixels(width * height)
    assert needs.cores == cores
    assert needs.memory == pytest.approx(_GB + 700 * width * height)


def test_two_clips_of_full_hd_fit_on_a_machine_of_two_cores_and_a_larger_one_has_it_alone():
    machine = {"CPU": 2.0, "memory": 6.0 * _GB}
    both = [Needs.of_pixels(1920 * 1080).within([machine]) for _ in range(2)]
    assert sum(one.cores for one in both) <= 2
    assert sum(one.memory for one in both) <= 6 * _GB
    assert Needs.of_pixels(3840 * 2160).within([machine]) == Needs(2, 6 * _GB)


def test_nothing_is_asked_that_no_machine_has():
    large = Needs.of_pixels(7680 * 4320)
    assert large.within([{"CPU": 1.0}, {"memory": 1e12}]) == Needs(1, large.memory)
    assert large.within([]) == Needs(1, large.memory)
    assert large.within([{"CPU": 4.0, "memory": 8e9}, {"CPU": 2.0, "memory": 9e9}]).cores == 4


def test_what_nobody_has_looked_at_is_taken_for_full_hd_and_what_cannot_be_read_for_small(
    tmp_path, brief
):
    assert Needs.of(task(Url("s3://bucket/clip.mp4"))).cores == 1
    assert Needs.of(task(Url("s3://bucket/clip.mp4"))).memory > 2 * _GB
    assert Needs.of(task(tmp_path / "none.mp4")) == Needs(1, _GB)
    assert _GB < Needs.of(task(Path(brief.path))).memory < 2 * _GB
