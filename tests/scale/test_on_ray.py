"""Ray in place of processes: whoever is killed, nothing is lost, nothing twice, nothing half."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

import batches
from batches import drive
from mien.errors import EngineError

pytestmark = pytest.mark.skipif(
    find_spec("ray") is None,
    reason="needs ray, which mien's extra scale brings",
)


def drive_on_ray(folder, clips):
    """Start a driver of its own; what it printed, and its status."""
    lines = ["path,pseudonym"]
    for name, words in clips.items():
        (folder / f"{name}.mp4").write_text(f"{name} {words}")
        lines.append(f"{name}.mp4,{name}")
    (folder / "plan.csv").write_text("\n".join(lines) + "\n")
    words = [sys.executable, batches.__file__, folder / "plan.csv", folder / "out", "ray"]
    place = Path(batches.__file__).parent
    return subprocess.run(words, cwd=place, capture_output=True, text=True, timeout=300)


def whole(folder):
    """Names of results and of hidden files, each once."""
    return sorted(path.name for path in (folder / "out" / "results").iterdir())


def worked(folder):
    return (folder / "log").read_text().split()


def test_a_killed_worker_is_a_try(tmp_path):
    clips = {"a": "threads", "b": "dies-once", "c": "dies-before-its-record", "d": "dies"}
    ran = drive_on_ray(tmp_path, clips)
    assert ran.returncode == 0, ran.stderr
    assert whole(tmp_path) == [f"{name}{end}" for name in "abc" for end in (".json", ".mp4")]
    counts = {name: worked(tmp_path).count(name) for name in "abcd"}
    assert counts == {"a": 1, "b": 2, "c": 1, "d": 3}
    assert (tmp_path / "threads").read_text() == "1"  # a core, for there is no large picture
    assert ran.stdout == ""  # results of the command are printed there
    made = drive(tmp_path / "plan.csv", tmp_path / "out")
    assert made.worked == 0 and [one["name"] for one in made.quarantine] == ["d"]


def test_a_killed_driver_is_gone_on_from(tmp_path):
    assert drive_on_ray(tmp_path, {"a": "", "b": "driver-dies", "c": ""}).returncode == -9
    made = drive(tmp_path / "plan.csv", tmp_path / "out")
    assert len(made.done) == 3 and made.quarantine == []
    assert whole(tmp_path) == [f"{name}{end}" for name in "abc" for end in (".json", ".mp4")]
    assert sorted(worked(tmp_path)) == ["a", "b", "b", "c"]


@pytest.mark.thorough
@pytest.mark.parametrize("words", ["parent-dies", "parent-dies-alone"])
def test_a_driver_whose_ray_was_killed_says_so_and_blames_no_clip(tmp_path, words):
    ran = drive_on_ray(tmp_path, {"a": "the largest", "b": words, "c": ""})
    assert ran.returncode == 1 and EngineError.__name__ in ran.stderr
    assert "what is done stays done" in ran.stderr
    made = drive(tmp_path / "plan.csv", tmp_path / "out")
    assert len(made.done) == 3 and made.quarantine == []
    assert whole(tmp_path) == [f"{name}{end}" for name in "abc" for end in (".json", ".mp4")]
    again = 1 if words == "parent-dies-alone" else 2
    assert sorted(worked(tmp_path)) == ["a", *["b"] * again, "c"]
