"""`mien deidentify`: arguments, results, statuses and sentences."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import av
import pytest

from mien.cli.told import judges
from mien.pipeline import deidentify as pipeline
from mien.pipeline.withholding import RECOGNISED
from mien.recognition.dlib_resnet import Dlib
from mien.video import Reader, writer

MASK = ("--engine", "mask")
COMMAND = [sys.executable, "-c", "from mien.cli import main; main()"]


def told(result, status: int) -> str:
    """The one sentence of a run that failed."""
    assert result.exit_code == status, result.output
    lines = [line for line in result.stderr.splitlines() if line.startswith("mien: ")]
    assert len(lines) == 1 and "Traceback" not in result.output
    return lines[0]


def test_one_clip(mien, brief, tmp_path, fewer_checks):
    result = mien("deidentify", brief.path, "-o", tmp_path / "out.mp4", *MASK)
    assert result.exit_code == 0
    assert result.stderr.splitlines() == [
        "clip.mp4: measuring, 8 frames",
        "clip.mp4: choosing",
        "clip.mp4: rendering, 8 frames",
    ]
    assert "8 rendered" in result.stdout
    assert (tmp_path / "out.mp4").exists() and (tmp_path / "out.json").exists()


def test_json_from_a_process(brief, tmp_path):
    """Stdout is for programs alone, and no library writes on stderr."""
    done = subprocess.run(
        [*COMMAND, "deidentify", brief.path, "-o", tmp_path, *MASK, "--json"],
        capture_output=True,
        text=True,
    )
    (entry,) = json.loads(done.stdout)["results"]
    assert done.returncode == entry["status"] == 0
    assert entry["output"] == str(tmp_path / "clip.mp4")
    assert json.loads(Path(entry["manifest"]).read_text())["settings"]["engine"] == "mask"
    assert entry["counts"] == {"rendered": 8, "interpolated": 0, "covered": 0}
    assert entry["surrogate"] == [] and [p["passed"] for p in entry["privacy"]] == [True]
    assert {line.split(":")[0] for line in done.stderr.splitlines()} == {"clip.mp4"}


def test_several_clips_go_on_after_a_failure(mien, brief, tmp_path, fewer_checks):
    empty = tmp_path / "empty.mp4"
    empty.touch()
    out = tmp_path / "out"
    out.mkdir()
    sources = [empty, brief.copy(tmp_path, "a.mp4"), tmp_path / "missing.mov"]
    result = mien("deidentify", *sources, "-o", out, *MASK, "--side-by-side", "--json")
    entries = json.loads(result.stdout)["results"]
    assert result.exit_code == 3
    assert [entry["status"] for entry in entries] == [3, 0, 3]
    assert [bool(entry["error"]) for entry in entries] == [True, False, True]
    assert sorted(path.name for path in out.iterdir()) == ["a.json", "a.mp4", "a.side-by-side.mp4"]
    assert "2 of 3 clips failed" in result.stderr
    with Reader(out / "a.side-by-side.mp4") as beside:
        assert beside.info.width == 640


def test_same_stem_is_refused_before_anything_starts(mien, brief, tmp_path):
    for name in ("one", "two", "out"):
        (tmp_path / name).mkdir()
    first = brief.copy(tmp_path / "one", "visit.mp4")
    second = brief.copy(tmp_path / "two", "Visit.mov")
    sentence = told(mien("deidentify", first, second, "-o", tmp_path / "out"), 2)
    assert "visit.mp4" in sentence and "Visit.mov" in sentence
    assert not list((tmp_path / "out").iterdir())


@pytest.mark.parametrize(
    ("out", "count", "status"),
    [
        ("nowhere", 1, 6),
        ("nowhere/deeper", 2, 6),
        ("nowhere/out.mp4", 1, 6),
        ("out.mp4", 2, 2),
        ("clip.txt", 1, 2),
    ],
)
def test_places_that_cannot_be_written(mien, brief, tmp_path, out, count, status):
    (tmp_path / "clip.txt").write_text("mine")
    sources = [brief.copy(tmp_path, f"{k}.mp4") for k in range(count)]
    before = sorted(tmp_path.iterdir())
    told(mien("deidentify", *sources, "-o", tmp_path / out, *MASK), status)
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("out", ["clip.mp4", "."])
def test_inputs_are_never_overwritten(mien, brief, tmp_path, out):
    source = brief.copy(tmp_path)
    before = source.read_bytes()
    told(mien("deidentify", source, "-o", tmp_path / out, "--overwrite"), 6)
    assert source.read_bytes() == before


def test_manifest_never_overwrites_the_input(mien, brief, tmp_path):
    source = brief.copy(tmp_path, "clip.json")
    told(mien("deidentify", source, "-o", tmp_path / "clip.mp4", "--overwrite"), 6)
    assert source.read_bytes() == brief.path.read_bytes()


def test_existing_output(mien, brief, tmp_path):
    (tmp_path / "out.mp4").write_text("mine")
    sentence = told(mien("deidentify", brief.path, "-o", tmp_path / "out.mp4"), 6)
    assert "already exists" in sentence
    assert "--skip-existing" in sentence and "--overwrite" in sentence
    assert (tmp_path / "out.mp4").read_text() == "mine"


@pytest.mark.parametrize(
    "options",
    [
        ("--engine", "gold"),
        ("--surrogate", "nobody"),
        ("--voice", "higher"),
        ("--landmarker", "no.task"),
        ("--surrogate", __file__),
    ],
)
def test_wrong_options(mien, brief, tmp_path, options):
    told(mien("deidentify", brief.path, "-o", tmp_path / "out.mp4", *options), 2)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("words", [(), ("x.mp4",), ("x.mp4", "-o", "y.mp4", "--crf", "99")])
def test_wrong_usage(mien, words):
    assert mien("deidentify", *words).exit_code == 2


def test_recognisable(mien, brief, tmp_path, fewer_checks, monkeypatch):
    monkeypatch.setattr(Dlib, "threshold", 3.0)
    told(mien("deidentify", brief.path, "-o", tmp_path / "out.mp4", "--engine", "blur"), 5)
    assert not list(tmp_path.iterdir())


def test_disk_is_full(mien, brief, tmp_path, monkeypatch):
    def full(path):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writer, "create", full)
    result = mien("deidentify", brief.path, "-o", tmp_path / "out.mp4", *MASK)
    assert "disk is full" in told(result, 6)


def test_interrupted(mien, brief, tmp_path, monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(pipeline, "survey", stop)
    told(mien("deidentify", brief.path, "-o", tmp_path / "out.mp4"), 130)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("signals", [1, 2])
def test_interrupted_while_a_module_is_imported(brief, tmp_path, signals):
    """The import ends first, then the run does, unless a second signal comes: it does not wait."""
    (tmp_path / "slow_module.py").write_text(
        "import os, signal\n" + "os.kill(os.getpid(), signal.SIGINT)\n" * signals + "ended = True\n"
    )
    script = (
        "import signal\nfrom mien.cli.failure import stop\nsignal.signal(signal.SIGINT, stop)\n"
        "import slow_module\nfrom mien.cli.app import run\nrun()\n"
    )
    words = ["deidentify", str(brief.path), "-o", str(tmp_path / "out.mp4")]
    ran = subprocess.run(
        [sys.executable, "-c", script, *words], cwd=tmp_path, capture_output=True, text=True
    )
    if signals == 1:
        assert ran.returncode == 130 and ran.stderr.count("\n") == 1, ran.stderr
        assert ran.stderr.startswith("mien: interrupted")
    else:
        assert "slow_module.py" in ran.stderr and ran.stderr.rstrip().endswith("KeyboardInterrupt")
    assert not list(tmp_path.glob("out*"))


def test_unexpected(mien, brief, tmp_path, monkeypatch):
    def fail(*_):
        raise RuntimeError("two\nlines")

    monkeypatch.setattr(pipeline, "survey", fail)
    words = ("deidentify", brief.path, "-o", tmp_path / "out.mp4")
    assert "MIEN_TRACEBACK=1" in told(mien(*words), 1)
    monkeypatch.setenv("MIEN_TRACEBACK", "1")
    assert isinstance(mien(*words).exception, RuntimeError)
    assert not list(tmp_path.iterdir())


def cut(clip, folder: Path) -> Path:
    """The first half of a file, as of a download that broke off."""
    whole, path = folder / "whole.mp4", folder / "cut.mp4"
    with av.open(str(clip.path)) as old:
        with av.open(str(whole), "w", options={"movflags": "faststart"}) as new:
            track = new.add_stream_from_template(old.streams.video[0])
            for packet in old.demux(video=0):
                if packet.size:
                    packet.stream = track
                    new.mux(packet)
    data = whole.read_bytes()
    path.write_bytes(data[: 2 * len(data) // 3])
    whole.unlink()
    return path


def test_half_a_clip_is_said_first(mien, patient, brief, tmp_path, fewer_checks):
    source = cut(patient, tmp_path)
    (tmp_path / "out").mkdir()
    result = mien("deidentify", source, brief.path, "-o", tmp_path / "out", *MASK)
    assert result.exit_code == 7
    assert result.stdout.startswith(f"{source} is incomplete: ")
    assert "1 of 2 clips are incomplete" in result.stderr and "failed" not in result.stderr
    assert (tmp_path / "out" / "cut.mp4").exists()
    missing = json.loads((tmp_path / "out" / "cut.json").read_text())["input"]["missing"]
    assert missing["much"] and missing["of"] == len(patient.truth.pts)
    whole = json.loads((tmp_path / "out" / "clip.json").read_text())["input"]["missing"]
    assert not whole.pop("much")
    assert whole == {"frames": 0, "of": 8, "share": 0, "cut_short_s": 0, "same_time": 0}


def test_half_a_clip_in_json(mien, patient, tmp_path, fewer_checks):
    result = mien("deidentify", cut(patient, tmp_path), "-o", tmp_path / "a.mp4", *MASK, "--json")
    (entry,) = json.loads(result.stdout)["results"]
    assert result.exit_code == entry["status"] == 7
    assert entry["missing"]["much"] and entry["error"] is None and entry["output"]


@pytest.mark.parametrize("command", ["people", "blendshapes"])
def test_half_a_clip_in_other_commands(mien, patient, tmp_path, command):
    source = cut(patient, tmp_path)
    extra = ("-o", tmp_path / "a.csv") if command == "blendshapes" else ()
    result = mien(command, source, *extra)
    assert result.exit_code == 7
    assert "is incomplete" in told(result, 7)


def test_half_a_clip_is_said_with_its_scores(mien, patient, tmp_path):
    source, table = cut(patient, tmp_path), tmp_path / "a.csv"
    result = mien("blendshapes", source, "-o", table)
    first, second = result.stdout.splitlines()
    assert first.startswith(f"{source} is incomplete: ") and second.startswith(f"{table}: ")
    missing = json.loads((tmp_path / "a.scores.json").read_text())["missing"]
    assert missing["much"] and missing["of"] == len(patient.truth.pts)
    result = mien("blendshapes", source, "-o", table, "--json", "--overwrite")
    assert result.exit_code == 7 and json.loads(result.stdout)["missing"] == missing


@pytest.mark.parametrize("by", [[], ["dlib"], ["human_faceres"]])
def test_who_decided_what_is_covered_is_not_presented_as_its_proof(by):
    judge = {
        "person": 0, "recogniser": "human_faceres", "steered": False, "share_under": 0.0,
        "frames": 9, "nearest": 0.9, "threshold": 0.81, "rank1": None, "others": 0,
    }  # fmt: skip
    covered = SimpleNamespace(moments=[{"person": 0, "reason": RECOGNISED, "by": by}])
    told = SimpleNamespace(judges=[judge], covered_to_deliver=covered)
    (line,) = judges(SimpleNamespace(told=told))
    assert "had no say in the face" in line
    assert ("on whose account" in line) == ("human_faceres" in by)
