"""Batches: all is done once, whatever happens in between."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

import batches
from batches import drive
from mien.errors import OutputError, ParameterError
from mien.intake.secret import Secret
from mien.pipeline.settings import Settings
from mien.scale import run, state
from mien.scale.state import State
from mien.scale.stuck import ended_when_stuck, was_stuck
from mien.scale.workers import cores, suitable


@pytest.fixture
def make(tmp_path):
    """Writes a plan: clips by name, with what becomes of them, and subjects."""

    def write(clips, subjects=()):
        lines = ["path,pseudonym,subject"]
        for name, words in clips.items():
            (tmp_path / f"{name}.mp4").write_text(f"{name} {words}")
            lines.append(f"{name}.mp4,{name},{dict(subjects).get(name, '')}")
        (tmp_path / "plan.csv").write_text("\n".join(lines) + "\n")
        return tmp_path / "plan.csv"

    return write


def log(tmp_path):
    return sorted((tmp_path / "log").read_text().split())


def whole(folder):
    """Names of results, each of them with its manifest, and nothing else."""
    names = sorted(path.name for path in (folder / "results").iterdir())
    stems = sorted({name.rsplit(".", 1)[0] for name in names})
    assert names == sorted([f"{s}.json" for s in stems] + [f"{s}.mp4" for s in stems])
    return stems


def test_reports_are_written_in_a_language_and_nothing_is_done_again_for_it(make, tmp_path):
    plan = make({"a": ""})
    seen: list[str] = []

    class Seeing(batches.Here):
        def start(self, task):
            seen.append(task.language)
            super().start(task)

    drive(plan, tmp_path / "out", pool=Seeing(1), language="de")
    drive(plan, tmp_path / "out", pool=Seeing(1), language="en")
    assert seen == ["de"]
    with pytest.raises(ParameterError, match="not written in 'fr'"):
        drive(plan, tmp_path / "out", language="fr")


@pytest.mark.parametrize("name", ["results", "evidence", "report", "state"])
def test_a_folder_that_cannot_be_written_is_refused_before_any_work(
    make, tmp_path, monkeypatch, name
):
    plan = make({"a": ""})
    drive(plan, tmp_path / "out")
    (tmp_path / "a.mp4").write_text("changed")
    touch = Path.touch

    def refused(path, *given):
        if path.parent.name == name:
            raise PermissionError(13, "Permission denied")
        touch(path, *given)

    monkeypatch.setattr(Path, "touch", refused)
    with pytest.raises(OutputError, match=rf"{name} cannot be written \(Permission denied\)"):
        drive(plan, tmp_path / "out")
    assert log(tmp_path) == ["a"]


def test_a_disk_that_becomes_read_only_ends_it_and_puts_nothing_into_quarantine(make, tmp_path):
    plan = make({"a": "read-only", "b": ""})
    with pytest.raises(OutputError, match="full or read-only"):
        drive(plan, tmp_path / "out")
    assert State(tmp_path / "out").quarantine == {}


def test_results_of_rows_that_were_taken_out_or_called_otherwise_are_named(make, tmp_path):
    plan = make({name: "" for name in "abc"})
    assert drive(plan, tmp_path / "out").left_over == []
    plan.write_text("path,pseudonym\na.mp4,a\nb.mp4,bb\n")
    made = drive(plan, tmp_path / "out")
    assert made.left_over == ["b", "c"] and sorted(made.done) == ["a", "bb"]
    plan.write_text("path,pseudonym\na.mp4,bb\nb.mp4,a\n")  # pseudonyms change places
    drive(plan, tmp_path / "out")
    results = tmp_path / "out" / "results"
    assert [results.joinpath(f"{name}.mp4").read_text()[-3] for name in ("a", "bb")] == ["b", "a"]


def test_a_plan_whose_disk_is_not_there_is_written_down_once(make, tmp_path, monkeypatch):
    plan = make({f"c{k}": "" for k in range(30)})
    for path in tmp_path.glob("c*.mp4"):
        path.unlink()
    written: list[str] = []
    write = state.write_json
    monkeypatch.setattr(
        state, "write_json", lambda path, content: written.append(path.name) or write(path, content)
    )
    made = drive(plan, tmp_path / "out")
    assert len(made.quarantine) == 30
    assert written.count("quarantine.json") == 2  # when all were read, and at the end
    assert "The original of c0 cannot be read" in made.quarantine[0]["sentence"]


def test_many_failures_are_written_down_now_and_then_and_all_at_the_end(
    make, tmp_path, monkeypatch
):
    plan = make({f"c{k}": "no-face" for k in range(20)})
    now, written = [0.0], []
    write = state.write_json

    def slow(path, content):
        if path.name == "quarantine.json":
            written.append(len(content))
            now[0] += 1.0
        write(path, content)

    monkeypatch.setattr(state, "write_json", slow)
    monkeypatch.setattr(state.time, "monotonic", lambda: now[0])
    drive(plan, tmp_path / "out")
    assert len(written) < 5 and written[-1] == 20
    assert len(State(tmp_path / "out").quarantine) == 20


def test_a_driver_that_is_killed_while_it_reads_remembers_what_it_read(make, tmp_path, monkeypatch):
    plan = make({f"c{k}": "" for k in range(8)})
    monkeypatch.setattr(run, "_KEPT_S", -1.0)
    monkeypatch.setattr(run, "_READERS", 1)

    class Killed(BaseException):
        pass

    read = State.checksum
    asked: list[str] = []

    def checksum(self, path):
        asked.append(path.name)
        if len(asked) == 6:
            raise Killed
        return read(self, path)

    monkeypatch.setattr(State, "checksum", checksum)
    monkeypatch.setattr(run.Bulletin, "close", lambda self: (_ for _ in ()).throw(Killed))
    with pytest.raises(Killed):  # and nothing is done in leaving
        drive(plan, tmp_path / "out")
    known = json.loads((tmp_path / "out" / "state" / "checksums.json").read_text())
    assert len(known) >= 4


def test_a_second_start_does_only_what_is_missing(make, tmp_path):
    plan = make({name: "" for name in "abc"})
    told = []
    made = drive(plan, tmp_path / "out", told=told.append)
    assert (made.worked, whole(tmp_path / "out"), made.quarantine) == (3, ["a", "b", "c"], [])
    assert told[0].done == 0 and told[-1].total == 3
    assert drive(plan, tmp_path / "out").worked == 0
    (tmp_path / "b.mp4").write_text("another clip")
    (tmp_path / "out" / "results" / "c.mp4").unlink()
    (tmp_path / "out" / "results" / "c.json").unlink()
    assert drive(plan, tmp_path / "out").worked == 2
    assert log(tmp_path) == ["a", "b", "b", "c", "c"]
    assert drive(plan, tmp_path / "out", base=Settings(crf=20)).worked == 3  # other settings
    assert len(State(tmp_path / "out").records()) == 3


def test_what_fails_is_tried_again_or_not_and_put_aside(make, tmp_path):
    clips = {"a": "withheld-once", "b": "withheld", "c": "no-face", "d": "odd", "e": ""}
    made = drive(make(clips), tmp_path / "out")
    assert whole(tmp_path / "out") == ["a", "e"]
    tries = {one["name"]: one["tries"] for one in made.quarantine}
    assert tries == {"b": 3, "c": 1, "d": 3}
    said = {one["name"]: one["sentence"] for one in made.quarantine}
    assert "recognised" in said["b"] and "RuntimeError" in said["d"]
    assert not [one for one in said.values() if str(tmp_path) in one]  # nothing of the originals
    assert drive(make(clips), tmp_path / "out").worked == 0
    again = drive(make(clips), tmp_path / "out", retry=True)
    assert len(again.quarantine) == 3 and log(tmp_path).count("b") == 6


def test_a_killed_worker_leaves_nothing_half_done(make, tmp_path):
    clips = {"a": "dies", "b": "dies-before-its-record"}
    made = drive(make(clips), tmp_path / "out", 1, apart=True)
    assert whole(tmp_path / "out") == ["b"] and made.worked == 1
    assert log(tmp_path) == ["a", "a", "a", "b"]  # what was whole is not done twice
    (apart,) = made.quarantine
    assert (apart["name"], apart["tries"]) == ("a", 3) and "more memory" in apart["sentence"]
    assert not list((tmp_path / "out").rglob(".mien-*"))


def test_a_worker_that_hangs_ends_itself_and_says_so(make, tmp_path):
    clips = {"a": "hangs", "b": "hangs-once", "c": ""}
    made = drive(make(clips), tmp_path / "out", 2, apart=True, patience_s=2.0)
    assert whole(tmp_path / "out") == ["b", "c"]
    (apart,) = made.quarantine
    assert (apart["name"], apart["tries"], apart["code"]) == ("a", 3, "worker_stuck")
    assert "got no further for 0.0333 minutes" in apart["sentence"]
    (notes,) = (tmp_path / "out" / "state" / "stuck").iterdir()  # none of what is done
    assert "in deidentify" in notes.read_text()


def test_a_worker_that_gets_further_is_left_alone(tmp_path):
    with ended_when_stuck(tmp_path / "notes", 1.0) as further:
        end = time.monotonic() + 2.0
        while time.monotonic() < end:
            further("rendering", 1, 2)
    assert not was_stuck(tmp_path / "notes") and not (tmp_path / "notes").exists()


def test_each_worker_computes_with_its_share_of_the_cores(make, tmp_path, monkeypatch):
    for said, number, size in (("", cores(), 1), ("", 1, cores()), ("3", 3, 1)):
        monkeypatch.setenv("MIEN_THREADS", said)
        folder = tmp_path / f"out{size}{said}"
        drive(make({f"a{size}": "threads"}), folder, size, apart=True)
        assert (tmp_path / "threads").read_text() == str(number)
        assert os.environ["MIEN_THREADS"] == said
    assert (suitable(64 << 30, 4), suitable(5 << 30, 4), suitable(1 << 30, 4)) == (4, 2, 1)


def test_a_killed_driver_is_gone_on_from(make, tmp_path):
    plan = make({"a": "", "b": "driver-dies", "c": ""})
    words = [sys.executable, batches.__file__, plan, tmp_path / "out"]
    ran = subprocess.run(words, cwd=Path(batches.__file__).parent)
    assert ran.returncode == -9
    made = drive(plan, tmp_path / "out")
    assert whole(tmp_path / "out") == ["a", "b", "c"]
    assert log(tmp_path).count("b") == 2 and made.quarantine == []
    assert not list((tmp_path / "out").rglob(".mien-*"))


def test_a_full_disk_ends_it_and_nobody_is_put_aside(make, tmp_path):
    with pytest.raises(OutputError, match="make room"):
        drive(make({"a": "the larger one", "b": "full"}), tmp_path / "out", 1)
    assert State(tmp_path / "out").quarantine == {} and whole(tmp_path / "out") == ["a"]
    made = drive(make({"a": "the larger one", "b": ""}), tmp_path / "out")
    assert made.worked == 1


def test_one_subject_has_one_face_and_others_have_others(make, tmp_path):
    subjects = {"a": "Anna", "b": "Anna", "c": "Bert", "d": "Bert", "e": "Carl", "f": "Anna"}
    plan = make({name: "" for name in subjects}, subjects)
    made = drive(plan, tmp_path / "out", 3)
    faces = {name: record["faces"][0] for name, record in made.done.items()}
    assert faces["a"] == faces["b"] == faces["f"] and faces["c"] == faces["d"]
    assert len(set(faces.values())) == 3 and not made.shared_faces
    plan = make({**{name: "" for name in subjects}, "g": "", "h": ""},
                {**subjects, "g": "Anna", "h": "Dora"})  # fmt: skip
    later = drive(plan, tmp_path / "out")  # the memory is in the folder
    assert later.worked == 2 and later.done["g"]["faces"][0] == faces["a"]
    assert later.done["h"]["faces"][0] not in faces.values()


def test_codes_of_subjects_follow_from_the_secret(make, tmp_path):
    plan = make({"a": ""}, {"a": "Anna"})
    one, two = Secret(bytes(range(32))), Secret(bytes(range(1, 33)))
    assert drive(plan, tmp_path / "out", secret=one).worked == 1
    assert drive(plan, tmp_path / "out", secret=one).worked == 0
    assert drive(plan, tmp_path / "out", secret=two).worked == 1
    for path in (tmp_path / "out").rglob("*"):
        assert not path.is_file() or "Anna" not in path.read_text(errors="replace")


def test_one_driver_at_a_time_and_no_strangers_folder(make, tmp_path):
    plan = make({"a": ""})
    state = State(tmp_path / "out")
    with state.held(), pytest.raises(OutputError, match="another mien"):
        drive(plan, tmp_path / "out")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("mine")
    with pytest.raises(OutputError, match="no folder of a batch"):
        drive(plan, tmp_path / "mine")


def test_a_missing_clip_is_put_aside_until_it_is_there(make, tmp_path):
    plan = make({"a": "", "b": ""})
    (tmp_path / "b.mp4").unlink()
    made = drive(plan, tmp_path / "out")
    assert [one["name"] for one in made.quarantine] == ["b"] and made.worked == 1
    (tmp_path / "b.mp4").write_text("b")
    made = drive(plan, tmp_path / "out")
    assert made.quarantine == [] and made.worked == 1


def test_the_command(mien, fewer_checks, brief, tmp_path):
    brief.copy(tmp_path, "a.mp4")
    (tmp_path / "b.mp4").write_text("no video")
    plan = tmp_path / "plan.csv"
    plan.write_text("path,pseudonym,settings\na.mp4,A,engine=mask\nb.mp4,=B,\n")
    assert mien("batch", plan, "-o", tmp_path / "out").exit_code == 3  # =B is no name
    plan.write_text("path,pseudonym,settings\na.mp4,A,engine=mask\nb.mp4,B,\n")
    ran = mien("batch", plan, "-o", tmp_path / "out", "--workers", 1, "--json")
    assert ran.exit_code == 1, ran.output
    told = json.loads(ran.stdout)
    assert list(told["done"]) == ["A"] and told["quarantine"][0]["name"] == "B"
    assert str(tmp_path / "b.mp4") not in told["quarantine"][0]["sentence"]
    assert "1 of 2 clips is done, 1 in quarantine" in ran.stderr
    report = (tmp_path / "out" / "report" / "batch.csv").read_text()
    assert "A,done" in report and "B,quarantine" in report
