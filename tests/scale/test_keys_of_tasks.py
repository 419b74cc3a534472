"""What a task is known by: an update of mien does nothing again, another setting does."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mien.pipeline.settings import Settings
from mien.scale.task import key_of

_CLIP = "0" * 64


@pytest.mark.parametrize(
    ("settings", "profile", "key"),
    [
        (Settings(), None, "d6a2ceff1b334767428beab9fa116c5f7aec7116e3dbf84a48019392536616b3"),
        (
            Settings(engine="mask", crf=20, subject="s"),
            "generic",
            "3aabe29d9ba86d799af12625cf9ba58d401a2435dc2f188ea466e5b3707493c5",
        ),
    ],
)
def test_tasks_of_batches_that_are_under_way_keep_their_keys(settings, profile, key):
    # whoever changes these does every clip of every batch again at its next start
    assert key_of(_CLIP, "a", settings, profile) == key


@pytest.mark.parametrize(
    "other", [{"crf": 21}, {"voice": "mute"}, {"surrogate": "man-fair-1"}, {"hands": "cover"}]
)
def test_another_setting_is_another_task(other):
    settings = Settings()
    assert key_of(_CLIP, "a", replace(settings, **other), None) != key_of(
        _CLIP, "a", settings, None
    )
