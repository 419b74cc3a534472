"""Clips and results that lie far away: fetched, put whole, and nothing left behind."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

import batches
from batches import drive
from mien.errors import EngineError, FormatError, OutputError, ParameterError, VideoError
from mien.outputs import checksum
from mien.scale import fetched
from mien.scale.far import Url, opened, place_of
from mien.scale.fetched import at_hand
from mien.scale.plan import read_plan
from mien.scale.store import Store

HERE = "local"  # a protocol of fsspec's for this machine's disk


@pytest.fixture(autouse=True)
def temporary(tmp_path, monkeypatch):
    """Where originals are fetched to, in this process and in those that it starts."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return folder


@pytest.fixture
def far(tmp_path):
    """What URLs begin with, and where that is."""
    pytest.importorskip("fsspec")
    (tmp_path / "far").mkdir()
    return f"{HERE}://{tmp_path}/far", tmp_path / "far"


def write(folder, base, clips):
    """Clips far away, and a plan of them."""
    lines = ["path,pseudonym"]
    for name, words in clips.items():
        (folder / "far" / f"Smith {name}.mp4").write_text(f"{name} {words}")
        lines.append(f"{base}/Smith {name}.mp4,{name}")
    (folder / "plan.csv").write_text("\n".join(lines) + "\n")
    return folder / "plan.csv"


def files(folder):
    return sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    )


def test_what_a_path_of_a_plan_can_be(tmp_path):
    assert place_of("a.mp4", tmp_path) == tmp_path / "a.mp4"
    assert place_of("file:///some%20clip.mp4", tmp_path) == Path("/some clip.mp4")
    url = place_of("S3://bucket/in/clip.MP4", tmp_path)
    assert (url.protocol, url.name, url.suffix) == ("s3", "clip.MP4", ".MP4")
    assert str(Url("s3://b/") / "x") == "s3://b/x"
    with pytest.raises(ParameterError, match="password"):
        place_of("sftp://me:secret@host/a.mp4")
    with pytest.raises(ParameterError, match="names no file"):
        place_of("s3://")
    (tmp_path / "plan.csv").write_text("path\nsftp://me:secret@host/a.mp4\n")
    with pytest.raises(FormatError, match=r"Row 1 .* password") as refused:
        read_plan(tmp_path / "plan.csv")
    assert "secret" not in str(refused.value)


def test_what_is_missing_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(EngineError, match=r"package fsspec, .*scale"):
        opened(Url("s3://bucket/a.mp4"))


def test_protocols_that_nobody_knows():
    pytest.importorskip("fsspec")
    with pytest.raises(ParameterError, match="no protocol"):
        opened(Url("nonsense://a/b"))
    with pytest.raises(ParameterError, match="cannot hold a batch"):
        Store(Url("http://host/cohort"))


def test_all_is_there_once_and_nothing_stays_here(far, tmp_path, temporary):
    base, there = far
    plan = write(tmp_path, base, {name: "" for name in "abc"})
    store = Store(Url(f"{base}/out"))
    made = drive(plan, tmp_path / "out", store=store)
    wanted = [f"results/{name}{end}" for name in "abc" for end in (".json", ".mp4")]
    assert made.worked == 3 and files(there / "out") == wanted
    assert not files(tmp_path / "out" / "results") and not any(temporary.iterdir())
    assert drive(plan, tmp_path / "out", store=store).worked == 0
    (there / "Smith b.mp4").write_text("b another clip")
    (there / "out" / "results" / "c.mp4").unlink()
    assert drive(plan, tmp_path / "out", store=store).worked == 2
    assert files(there / "out") == wanted
    assert "another" in (there / "out" / "results" / "b.mp4").read_text()


def test_nobody_hears_where_originals_lie(far, tmp_path):
    base, there = far
    plan = write(tmp_path, base, {"a": "no-face", "b": "odd", "c": ""})
    (there / "Smith c.mp4").unlink()
    made = drive(plan, tmp_path / "out", store=Store(Url(f"{base}/out")))
    assert [one["name"] for one in made.quarantine] == ["a", "b", "c"]
    for one in made.quarantine:
        assert not [word for word in ("Smith", "mien-original", base) if word in one["sentence"]]
    (there / "Smith c.mp4").write_text("c")
    assert drive(plan, tmp_path / "out", store=Store(Url(f"{base}/out"))).worked == 1


def test_a_killed_worker_leaves_no_original_and_nothing_half_put(far, tmp_path, temporary):
    base, there = far
    plan = write(tmp_path, base, {"a": "dies-once", "b": "dies-before-its-record"})
    store = Store(Url(f"{base}/out"))
    made = drive(plan, tmp_path / "out", 1, apart=True, store=store)
    assert made.worked == 2 and made.quarantine == []
    assert [name for name in files(there / "out") if name.endswith(".mp4")] == [
        "results/a.mp4", "results/b.mp4",
    ]  # fmt: skip
    assert (tmp_path / "log").read_text().split().count("b") == 1
    assert len(files(there / "out")) == 4
    drive(plan, tmp_path / "out", store=store)
    assert not any(temporary.iterdir())


def test_a_killed_driver_is_gone_on_from(far, tmp_path, temporary):
    base, there = far
    plan = write(tmp_path, base, {"a": "", "b": "driver-dies", "c": ""})
    words = [sys.executable, batches.__file__, plan, tmp_path / "out", f"{base}/out"]
    assert subprocess.run(words, cwd=Path(batches.__file__).parent).returncode == -9
    made = drive(plan, tmp_path / "out", store=Store(Url(f"{base}/out")))
    assert len(made.done) == 3 and made.quarantine == [] and not any(temporary.iterdir())
    assert len(files(there / "out")) == 6


def test_an_upload_that_is_cut_off_is_done_again(far, tmp_path, monkeypatch):
    base, there = far
    plan = write(tmp_path, base, {"a": ""})
    store = Store(Url(f"{base}/out"))
    kind = type(opened(store.url)[0])
    put, tries = kind.put_file, []

    def cut_off(self, source, place, **rest):
        tries.append(place)
        if len(tries) == 2:  # of the clip, after its manifest
            Path(place).parent.joinpath(Path(place).name).write_text("half")
            raise ConnectionResetError("cut off")
        put(self, source, place, **rest)

    monkeypatch.setattr(kind, "put_file", cut_off)
    made = drive(plan, tmp_path / "out", store=store)
    assert made.worked == 1 and made.quarantine == []
    assert (tmp_path / "log").read_text().split() == ["a"]  # de-identified once
    assert "half" not in (there / "out" / "results" / "a.mp4").read_text()
    drive(plan, tmp_path / "out", store=store)
    assert files(there / "out") == ["results/a.json", "results/a.mp4"]


def test_a_place_of_others_and_another_place_are_refused(far, tmp_path):
    base, _ = far
    plan = write(tmp_path, base, {"a": ""})
    with pytest.raises(OutputError, match="not empty"):
        drive(plan, tmp_path / "out", store=Store(Url(base)))
    drive(plan, tmp_path / "out", store=Store(Url(f"{base}/out")))
    for other in (Store(Url(f"{base}/elsewhere")), None):
        with pytest.raises(OutputError, match="belongs to a batch"):
            drive(plan, tmp_path / "out", store=other)
    with pytest.raises(OutputError, match="not empty"):
        drive(plan, tmp_path / "out2", store=Store(Url(f"{base}/out")))


def test_an_original_is_fetched_where_nobody_else_can_look(far, tmp_path, temporary):
    base, there = far
    (there / "a.mp4").write_text("a clip")
    url, content = Url(f"{base}/a.mp4"), checksum(there / "a.mp4")
    left = Path(tempfile.mkdtemp(prefix="mien-original-"))  # of somebody who was killed
    (left / "original.mp4").write_text("somebody")
    with at_hand(url, content) as path:
        assert path.read_text() == "a clip" and not left.exists()
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        fetched.sweep()
        assert path.exists()  # it is held
    assert not any(temporary.iterdir())
    with pytest.raises(VideoError, match="changed"), at_hand(url, "0" * 64):
        pass
    assert not any(temporary.iterdir())


def test_the_command(mien, tmp_path):
    (tmp_path / "plan.csv").write_text("path\na.mp4\n")
    ran = mien("batch", tmp_path / "plan.csv", "-o", "s3://bucket/out")
    assert ran.exit_code == 2 and "--state FOLDER" in ran.stderr
    ran = mien("batch", tmp_path / "plan.csv", "-o", tmp_path / "o", "--state", tmp_path / "s")
    assert ran.exit_code == 2 and "far away" in ran.stderr
    assert not (tmp_path / "o").exists() and not (tmp_path / "s").exists()


@pytest.fixture
def s3(monkeypatch):
    """A bucket of an object store in a process of its own, which AWS's variables lead to."""
    pytest.importorskip("s3fs", reason="needs s3fs")
    pytest.importorskip("moto", reason="needs moto[server], an object store to try")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    for line in server.stderr:
        if "Running on" in line:
            break
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "tests")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "tests")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    try:
        files, _ = opened(Url("s3://clinic/x"))
        files.mkdir("clinic")
        yield files
    finally:
        server.kill()
        server.wait()
        server.stderr.close()
        type(files).clear_instance_cache()


def test_in_an_object_store(s3, tmp_path, temporary):
    lines = ["path,pseudonym"]
    for name, words in {"a": "", "b": "dies-once", "c": "no-face"}.items():
        s3.pipe_file(f"clinic/in/{name}.mp4", f"{name} {words}".encode())
        lines.append(f"s3://clinic/in/{name}.mp4,{name}")
    plan = tmp_path / "plan.csv"
    plan.write_text("\n".join(lines) + "\n")
    store = Store(Url("s3://clinic/out"))
    made = drive(plan, tmp_path / "out", apart=True, store=store)
    assert made.worked == 2 and [one["name"] for one in made.quarantine] == ["c"]
    wanted = {f"results/{name}{end}" for name in "ab" for end in (".json", ".mp4")}
    assert store.names() == wanted
    assert drive(plan, tmp_path / "out", store=store).worked == 0
    s3.pipe_file("clinic/in/a.mp4", b"a another clip")
    assert drive(plan, tmp_path / "out", store=store).worked == 1 and store.names() == wanted
    assert b"another" in s3.cat_file("clinic/out/results/a.mp4")
    assert not any(temporary.iterdir()) and not os.listdir(tmp_path / "out" / "results")
    with pytest.raises(VideoError, match="nothing of this name"):
        Url("s3://clinic/in/none.mp4").stamp()
