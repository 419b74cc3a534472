"""Jobs in place of processes: submitit's own stand-in for a cluster runs them on this machine."""

from __future__ import annotations

import json
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

import batches
from batches import drive, work
from mien.errors import EngineError
from mien.scale import on_slurm
from mien.scale.on_slurm import Asked, OnSlurm

pytestmark = pytest.mark.skipif(
    find_spec("submitit") is None, reason="needs submitit, which mien's extra scale brings"
)


@pytest.fixture
def plan(tmp_path, monkeypatch):
    """Writes a plan; jobs find the module that says what they do."""
    monkeypatch.setenv("PYTHONPATH", str(Path(batches.__file__).parent))

    def write(clips):
        lines = ["path,pseudonym"]
        for name, words in clips.items():
            (tmp_path / f"{name}.mp4").write_text(f"{name} {words}")
            lines.append(f"{name}.mp4,{name}")
        (tmp_path / "plan.csv").write_text("\n".join(lines) + "\n")
        return tmp_path / "plan.csv"

    return write


def on_cluster(folder, size=2):
    return OnSlurm(folder, size, Asked(cluster="local", cores=1), work)


def test_all_is_done_once_and_a_killed_job_is_a_try(plan, tmp_path):
    made = drive(
        plan({"a": "threads", "b": "dies-once", "c": "dies-before-its-record", "d": "no-face"}),
        tmp_path / "out", pool=on_cluster(tmp_path / "out"),
    )  # fmt: skip
    assert sorted(made.done) == ["a", "b", "c"] and made.worked == 3
    assert [(one["name"], one["tries"]) for one in made.quarantine] == [("d", 1)]
    log = (tmp_path / "log").read_text().split()
    assert {name: log.count(name) for name in "abcd"} == {"a": 1, "b": 2, "c": 1, "d": 1}
    assert (tmp_path / "threads").read_text() == "1"
    names = sorted(path.name for path in (tmp_path / "out" / "results").iterdir())
    assert names == [f"{name}{end}" for name in "abc" for end in (".json", ".mp4")]
    assert json.loads((tmp_path / "out" / "state" / "slurm" / "jobs.json").read_text()) == {}


def test_jobs_of_a_driver_that_was_killed_are_ended_first(plan, tmp_path, monkeypatch):
    pool = on_cluster(tmp_path / "out")
    ended = []
    monkeypatch.setattr(pool._job, "cancel", lambda job, check=True: ended.append(job.job_id))
    older = tmp_path / "out" / "state" / "slurm" / "jobs.json"
    older.write_text(json.dumps({"some task": "4711"}))
    assert drive(plan({"a": ""}), tmp_path / "out", pool=pool).worked == 1
    assert ended == ["4711"] and json.loads(older.read_text()) == {}


def test_a_job_that_the_queue_forgot_is_a_try(plan, tmp_path, monkeypatch):
    """Where a cluster keeps no accounts, a killed job is neither done nor failed for submitit."""
    pool = on_cluster(tmp_path / "out", 1)
    monkeypatch.setattr(on_slurm, "_ASK_S", 0.0)
    monkeypatch.setattr(pool, "_on_this_machine", False)
    answers = [{"4711"}, None, set(), {"4711"}]  # of others; none; nothing
    monkeypatch.setattr(pool, "_queue", lambda: answers.pop(0) if answers else set())
    made = drive(plan({"a": "dies"}), tmp_path / "out", pool=pool)
    assert [(one["name"], one["tries"]) for one in made.quarantine] == [("a", 3)]
    assert "more memory or time" in made.quarantine[0]["sentence"]


def test_what_is_missing_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(EngineError, match="no sbatch"):
        OnSlurm(tmp_path, 1, Asked())
    monkeypatch.setitem(sys.modules, "submitit", None)
    with pytest.raises(EngineError, match=r"submitit: .*scale"):
        OnSlurm(tmp_path, 1, Asked())


def test_the_command(mien, tmp_path, monkeypatch):
    (tmp_path / "plan.csv").write_text("path\na.mp4\n")
    words = ("batch", tmp_path / "plan.csv", "-o", tmp_path / "out")
    both = mien(*words, "--slurm", "--ray", "local")
    assert both.exit_code == 2 and "one of them" in both.stderr
    alone = mien(*words, "--slurm-partition", "cpu")
    assert alone.exit_code == 2 and "--slurm" in alone.stderr
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert "no sbatch" in mien(*words, "--slurm").stderr
