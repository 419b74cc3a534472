"""The metrics as a type: what is read of a file, and what may be told to others."""

from __future__ import annotations

import json

from mien.evidence.metrics import Metrics
from mien.fidelity.figures import FIGURES

CONTENT = {
    "mien_evaluate": 1,
    "about": {
        "original_sha256": "a" * 64, "deidentified": "anna.mp4", "frames": 9, "notes": ["anna"],
    },
    "dynamics": {"r_x": 0.5, "ceiling": {"r_x": 0.9}, "citation": "somebody"},
    "blink": None,
    "tremor": {"present": False, "lip": {"ratio": 2.0}},
    "privacy": {"share_recognised": 0, "nearest": 0.7, "notes": ["anna.mp4 is short."]},
    "profile": {"name": "generic", "passed": True, "lines": []},
    "moments": [{"frame": 3, "words": "It differs."}],
}  # fmt: skip


def test_a_file_is_read_and_written_as_it_is():
    assert json.dumps(Metrics.from_json(CONTENT).to_json()) == json.dumps(CONTENT)
    for part in ({}, {"about": {"frames": 3}}, {"privacy": None}):
        assert Metrics.from_json(part).to_json() == part


def test_what_has_no_place_in_a_file_is_left_out():
    odd = {"about": 3, "dynamics": [1], "profile": None, "moments": "x", "secret": 1}
    assert Metrics.from_json(odd).to_json() == {"dynamics": None}


def test_figures_are_numbers_that_mean_something():
    one = Metrics.from_json(CONTENT)
    assert one.value(FIGURES["dynamics.r_x"]) == 0.5
    assert one.of_ceiling(FIGURES["dynamics.r_x"]) == 0.9
    assert one.value(FIGURES["tremor.lip.ratio"]) is None  # there is no tremor
    assert one.value(FIGURES["blink.f1"]) is None
    assert one.of_ceiling(FIGURES["privacy.share_untouched"]) is None
    assert isinstance(one.value(FIGURES["privacy.share_recognised"]), float)
    odd = Metrics(measures={"dynamics": {"r_x": True, "r_y": "0.5"}})
    assert odd.value(FIGURES["dynamics.r_x"]) is odd.value(FIGURES["dynamics.r_y"]) is None


def test_only_what_is_known_is_told():
    told = Metrics.from_json({**CONTENT, "secret": "anna"}).public("clip-001.mp4").to_json()
    assert told["about"] == {"clip": "clip-001.mp4", "frames": 9}
    assert told["dynamics"] == {"r_x": 0.5, "ceiling": {"r_x": 0.9}}
    text = json.dumps(told)
    assert "anna" not in text and "a" * 64 not in text and "citation" not in text


def test_a_name_that_tells_the_original_is_taken_out():
    one = Metrics.from_json(CONTENT)
    assert one.unnamed("Anna").about["deidentified"] is None
    assert one.unnamed("bert") is one and one.unnamed("") is one
    assert one.about["deidentified"] == "anna.mp4"
