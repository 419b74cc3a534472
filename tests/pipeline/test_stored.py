"""Manifests are read in one way, whatever version wrote them and however much of them is told."""

from __future__ import annotations

import json

import numpy as np
import pytest

from manifests import manifest_of
from mien.errors import FormatError
from mien.pipeline.ledger import Ledger
from mien.pipeline.stored import StoredManifest

OLD = {
    "label": "Synthetic",
    "versions": {"mien": "0.1.0"},
    "settings": {"engine": "mesh", "surrogate": "auto"},
    "input": {"sha256": "a" * 64, "width": 640, "height": 480},
    "output": {"sha256": "b" * 64, "frames": 3},
    "people": [
        {"person": 0, "role": "replace", "surrogate": {"id": "woman-fair-2"}},
        {"person": 1, "role": "leave", "surrogate": None},
    ],
    "linkable": {"by_surrogate": False, "subject": "P7"},
    "ledger": {
        "counts": {"rendered": 2, "covered": 1},
        "ranges": [
            {"entry": "rendered", "first_frame": 0, "last_frame": 1, "from_s": 0.5, "to_s": 0.6},
            {"entry": "covered", "first_frame": 2, "last_frame": 2, "from_s": 0.7, "to_s": 0.7},
        ],
    },
    "privacy": [{"person": 0, "passed": True, "nearest": 0.7, "threshold": 0.6}],
    "residual_faces": {"detector": "dlib's", "frames_searched": 3, "found": 0},
}
"""As version 0.1 wrote it."""


def test_what_version_0_1_wrote_is_read():
    told = StoredManifest.from_json(OLD)
    assert (told.engine, told.subject, told.leftover, told.label) == ("mesh", "P7", 0, "Synthetic")
    assert told.faces == ["woman-fair-2"] and told.left == {1}
    assert told.has("replace") and not told.has("cover")
    assert told.counts == {"rendered": 2, "covered": 1} and told.seconds == pytest.approx(0.2)
    assert told.describes("b" * 64) and not told.describes("a" * 64)
    assert told.content == OLD  # what is not known here is not lost


def test_what_is_written_now_is_read(tmp_path):
    video = tmp_path / "a.mp4"
    video.write_bytes(b"video")
    made = manifest_of(video, Ledger(np.zeros(3, int), np.arange(3) / 25))
    video.with_suffix(".json").write_text(made.text())
    told = StoredManifest.read(video.with_suffix(".json"))
    assert told.content == made.to_json()
    assert (told.engine, told.versions) == (made.settings.engine, made.versions)
    assert told.counts == made.ledger.counts and list(told.ranges) == made.ledger.ranges
    assert told.leftover == made.residual_faces.found and told.people == ()


def test_ranges_may_be_without_times():
    told = StoredManifest.from_json({"ledger": {"ranges": [{"entry": "rendered"}]}})
    assert not told.timed and StoredManifest.from_json(OLD).timed


def test_what_is_not_said_is_empty():
    told = StoredManifest.from_json({})
    assert (told.engine, told.subject, told.label, told.leftover) == ("unknown", None, None, None)
    assert (told.people, told.seconds, told.left, told.faces) == ((), 0.0, set(), [])
    assert not told.describes("b" * 64)


@pytest.mark.parametrize(
    "content",
    [
        [],
        "text",
        {"settings": "mesh"},
        {"people": "everybody"},
        {"people": [[]]},
        {"people": [{"surrogate": "woman-fair-2"}]},
        {"privacy": {"passed": True}},
        {"ledger": {"counts": {"rendered": "all"}}},
        {"ledger": {"ranges": [{"from_s": 0.0, "to_s": None}]}},
    ],
)
def test_what_is_no_manifest_is_a_sentence(tmp_path, content):
    with pytest.raises(FormatError, match="no manifest of mien"):
        StoredManifest.from_json(content)
    path = tmp_path / "a.json"
    path.write_text(json.dumps(content))
    with pytest.raises(FormatError) as told:
        StoredManifest.read(path)
    assert str(path) in str(told.value) and ". " not in str(told.value)
