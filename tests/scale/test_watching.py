"""A batch as it looks from elsewhere: what is so is shown, and what cannot be read is said."""

from __future__ import annotations

import fcntl
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from batches import Here, drive, work
from mien.errors import FormatError, NoFaceError, PrivacyError
from mien.scale.places import DRIVER, PLAN, QUARANTINE, STANDING, STATE, record_of
from mien.scale.watching import Listing, Watched, Where


@pytest.fixture
def batch(tmp_path):
    """Drives a plan of clips with what becomes of them; the batch, to be looked at."""

    def make(clips, **values):
        lines = ["path,pseudonym"]
        for name, words in clips.items():
            (tmp_path / f"{name}.mp4").write_text(f"{name} {words}")
            lines.append(f"{name}.mp4,{name}")
        (tmp_path / "plan.csv").write_text("\n".join(lines) + "\n")
        drive(tmp_path / "plan.csv", tmp_path / "out", **values)
        return Watched(tmp_path / "out")

    return make


def names(glance, where):
    return [glance.tasks.names[k] for k in Listing(glance, where).found]


class Looking(Here):
    """A pool that looks at the batch between a task's beginning and its end."""

    def __init__(self, folder: Path) -> None:
        super().__init__(2)
        self._folder, self.seen = folder, []

    def finished(self, timeout_s):
        self.seen.append(Watched(self._folder).look())
        return [work(self._waiting.pop(0))]


def test_where_everything_is_when_nobody_works(batch):
    watched = batch({"a": "", "b": "no-face", "c": ""}, command=("mien", "batch", "plan.csv"))
    glance = watched.look()
    assert not glance.running and glance.troubles == ()
    assert names(glance, Where.DONE) == ["a", "c"]
    assert names(glance, Where.QUARANTINE) == ["b"]
    assert glance.standing["stage"] == "ended" and glance.standing["worked"] == 2
    assert glance.standing["command"] == ["mien", "batch", "plan.csv"]
    assert sum(glance.standing["machines"].values()) == 2
    (key,) = glance.aside
    assert glance.aside[key]["sentence"] == "No frame of the original of b shows a face."
    assert glance.aside[key]["code"] == NoFaceError.code
    assert watched.look() is glance  # nothing changed, nothing is read again
    record_of(watched.folder, glance.tasks.keys[0].hex()).unlink()
    assert names(watched.look(), Where.WAITING) == ["a"]


def test_a_driver_is_seen_at_work_and_what_is_tried_again(batch, tmp_path, monkeypatch):
    monkeypatch.setattr("mien.scale.bulletin._EVERY_S", 0.0)
    pool = Looking(tmp_path / "out")
    batch({"a": "withheld-once", "b": "", "c": "", "d": ""}, pool=pool)
    first = pool.seen[0]
    assert first.running and first.standing["stage"] == "working"
    assert (first.standing["kind"], first.standing["workers"]) == ("processes", 2)
    assert first.count(Where.AT_WORK) == 2 and first.count(Where.WAITING) == 2
    tried = [glance for glance in pool.seen if glance.standing["again"]]
    assert tried and tried[0].standing["retried"] == 1
    (again,) = tried[0].standing["again"].values()
    assert again["tries"] == 1 and again["sentence"] == "It could still be recognised."
    assert again["code"] == PrivacyError.code
    assert not Watched(tmp_path / "out").look().running


@pytest.mark.parametrize(
    ("stage", "machine", "ago_s", "running"),
    [
        ("working", "elsewhere", 3, True),
        ("reading", "elsewhere", 3, True),
        ("working", "elsewhere", 300, False),
        ("ended", "elsewhere", 3, False),
        ("working", None, 3, False),  # on this machine its lock would be seen
    ],
)
def test_a_driver_on_a_machine_whose_locks_are_not_seen_is_known_by_what_it_said(
    batch, tmp_path, stage, machine, ago_s, running
):
    watched = batch({"a": ""})
    path = tmp_path / "out" / STATE / STANDING
    said = json.loads(path.read_text())
    said |= {"stage": stage, "at": time.time() - ago_s, "machine": machine or said["machine"]}
    path.write_text(json.dumps(said))
    assert watched.look().running == running


def test_who_looks_does_not_keep_a_driver_out(batch, tmp_path):
    batch({"a": ""})
    lock = tmp_path / "out" / STATE / DRIVER
    with lock.open("rb") as stream:
        fcntl.flock(stream, fcntl.LOCK_SH)
        code = f"""
import sys, time
import mien.scale.state as state
state.time.sleep = lambda s: print("waits", flush=True) or sys.stdin.readline()
with state.State(__import__("pathlib").Path({str(tmp_path / "out")!r})).held():
    print("has it", flush=True)
"""
        driver = subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert driver.stdout.readline() == "waits\n"
    driver.stdin.write("go on\n")
    driver.stdin.flush()
    assert driver.stdout.readline() == "has it\n"
    driver.communicate()


def test_a_folder_that_is_none_is_refused(tmp_path):
    for folder, said in ((tmp_path, "holds no batch"), (Path("s3://bucket/cohort"), "far away")):
        with pytest.raises(FormatError, match=said):
            Watched(folder)
    (tmp_path / "elsewhere" / STATE).mkdir(parents=True)
    (tmp_path / "linked").mkdir()
    (tmp_path / "linked" / STATE).symlink_to(tmp_path / "elsewhere" / STATE)
    with pytest.raises(FormatError, match="holds no batch"):
        Watched(tmp_path / "linked")


@pytest.mark.parametrize("name", [PLAN, STANDING, QUARANTINE])
def test_what_is_half_written_of_another_version_or_odd_is_not_read(batch, tmp_path, name):
    watched = batch({"a": "", "b": "no-face"})
    path = tmp_path / "out" / STATE / name
    whole = path.read_bytes()
    trouble = name.partition(".")[0]
    odd = [whole[: len(whole) // 2], b"", b"\xff\xfe", b"[" * 100_000, b"null", b"[]", b'{"a": 1}']
    if name == PLAN:
        odd += [whole.replace(b"plan 1", b"plan 2"), whole.replace(b"\ta\n", b"\t<b>a</b>\n")]
        odd += [whole.replace(b"\ta\n", b"\t../a\n"), whole + b"3\tshort\tc\n"]
    else:
        said = json.loads(whole)
        odd += [json.dumps(said | {"version": 2, "x": 1}).encode()] if name == STANDING else []
        odd.append(whole.replace(b": 1", b": NaN"))
        for key in said:
            odd.append(json.dumps(said | {key: [[]]}).encode())
    for k, content in enumerate(odd):
        path.write_bytes(content + b" " * (name != PLAN) * k)  # another size, so that it is read
        assert trouble in watched.look().troubles, content[:80]
    path.unlink()
    path.symlink_to(tmp_path / "plan.csv")
    assert trouble in watched.look().troubles
    path.unlink()
    path.write_bytes(whole)
    assert watched.look().troubles == () and watched.look().count(Where.DONE) == 1


def test_what_an_earlier_version_left_is_counted_and_what_is_gone_is_said(batch, tmp_path):
    watched = batch({"a": "", "b": ""})
    for name in (PLAN, STANDING):
        (tmp_path / "out" / STATE / name).unlink()
    glance = watched.look()
    assert glance.troubles == ("older",) and glance.tasks is None and glance.records == 2
    (tmp_path / "out" / STATE).rename(tmp_path / "moved")
    assert watched.look().troubles == ("gone",)


def test_no_link_and_no_way_up_leads_out_of_the_folder(batch, tmp_path):
    watched = batch({"a": ""})
    out = tmp_path / "out"
    (tmp_path / "secret.json").write_text("secret")
    (out / "results" / "b.json").symlink_to(tmp_path / "secret.json")
    (out / "linked").symlink_to(tmp_path)
    assert watched.file("results", "a.json") == out / "results" / "a.json"
    assert watched.result("a") is not None
    for parts in (
        ("results", "b.json"),
        ("linked", "secret.json"),
        ("..", "secret.json"),
        ("results", "../../secret.json"),
        ("results", ""),
        ("results", "."),
        ("results",),
        ("results", "a\0.json"),
    ):
        assert watched.file(*parts) is None, parts
    assert watched.result("../state/checksums") is None and watched.result("b") is None


def test_a_large_plan_is_read_once(batch, tmp_path):
    watched = batch({"a": ""})
    lines = (f"{k}\t{k:064x}\tclip-{k}\n" for k in range(1, 100_001))
    (tmp_path / "out" / STATE / PLAN).write_text("mien plan 1\n" + "".join(lines))
    glance = watched.look()
    assert glance.count(Where.WAITING) == 100_000
    assert watched.look() is glance
    assert [glance.tasks.names[k] for k in Listing(glance, None, "CLIP-9999").found][-1] == (
        "clip-99999"
    )
