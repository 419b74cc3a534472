"""`mien deidentify FOLDER -o FOLDER`: what of a folder is taken, and what is left as it is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mien.cli.inputs import gather
from mien.cli.jobs import plan
from mien.cli.release import sources_of
from mien.errors import MienError, ParameterError
from mien.outputs import checksum
from mien.pipeline.deidentify import deidentify
from mien.pipeline.existing import Standing, existing
from mien.pipeline.settings import Settings
from mien.pipeline.stored import StoredManifest
from mien.tracking.selection import Selection
from thoroughness import FEWER

MASK = ("--engine", "mask")


@pytest.fixture(scope="module")
def done(brief, tmp_path_factory) -> Path:
    """A result of `brief`, with its manifest; not to be written to."""
    folder = tmp_path_factory.mktemp("done")
    settings = Settings(engine="mask", thoroughness=FEWER)
    return deidentify(brief.path, folder / "visit.mp4", settings).output


@pytest.fixture
def folders(brief, done, tmp_path) -> tuple[Path, Path]:
    """A folder of one clip, and one that holds its result."""
    before, after = tmp_path / "before", tmp_path / "after"
    before.mkdir(), after.mkdir()
    brief.copy(before, "visit.mp4")
    for part in (done, done.with_suffix(".json")):
        (after / part.name).write_bytes(part.read_bytes())
    return before, after


def results(run) -> list[dict]:
    return json.loads(run.stdout)["results"]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_folder_becomes_a_folder(mien, brief, tmp_path, fewer_checks):
    before = tmp_path / "before"
    (before / "later").mkdir(parents=True)
    brief.copy(before, "-b [bold].MP4")
    brief.copy(before / "later", "deep.mp4")
    brief.copy(before, ".hidden.mp4")
    brief.copy(before, "seen.side-by-side.mp4")
    (before / "notes.txt").write_text("mine")
    (before / "nowhere.mp4").symlink_to("gone.mp4")
    (before / "link.mkv").symlink_to(brief.path)
    run = mien("deidentify", before, "-o", tmp_path / "after", *MASK)
    assert run.exit_code == 0, run.output
    assert below(tmp_path / "after") == [
        "-b [bold].json", "-b [bold].mp4", "later/deep.json", "later/deep.mp4", "link.json",
        "link.mp4",
    ]  # fmt: skip
    assert "2 files are left out" in run.stderr
    table = run.stdout.split("\n\n")[-2].splitlines()
    assert table[0].split() == ["clip", "outcome", "face", "frames", "covered", "nearest"]
    clips = [line.split("  ")[0] for line in table[1:]]
    assert clips == ["-b [bold].MP4", "link.mkv", "later/deep.mp4"]
    assert run.stdout.endswith("3 of 3 clips are de-identified.\n")
    again = mien("deidentify", before, "-o", tmp_path / "after", *MASK, "--skip-existing")
    assert again.exit_code == 0, again.output
    assert again.stdout.endswith(
        "Every clip (3) was de-identified before: there was nothing to do.\n"
    )
    plain = mien("deidentify", before, "-o", tmp_path / "after", *MASK)
    assert plain.exit_code == 6 and "FAILED" not in plain.stdout
    assert plain.stdout.count("already there") == 4 and "failed" not in plain.stderr
    assert "3 of 3 results were already there" in plain.stderr


def below(folder: Path) -> list[str]:
    return sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    )


def test_what_failed_counts_before_what_was_there(mien, folders):
    before, after = folders
    (before / "broken.mp4").write_text("no clip")
    run = mien("deidentify", before, "-o", after, *MASK, "--json")
    assert run.exit_code == 3
    assert [(entry["status"], entry["there"]) for entry in results(run)] == [(3, False), (6, True)]
    assert "1 of 2 clips failed" in run.stderr and "1 of 2 results were already" in run.stderr


def test_several_folders_keep_their_names(brief, tmp_path):
    for name in ("monday", "tuesday"):
        (tmp_path / name / "later").mkdir(parents=True)
        brief.copy(tmp_path / name, "visit.mp4")
        brief.copy(tmp_path / name / "later", "visit.mp4")
    found = plan([tmp_path / "monday", tmp_path / "tuesday"], tmp_path / "out", False)
    assert [job.output.relative_to(tmp_path / "out").as_posix() for job in found.jobs] == [
        "monday/visit.mp4", "monday/later/visit.mp4",
        "tuesday/visit.mp4", "tuesday/later/visit.mp4",
    ]  # fmt: skip


def test_clips_that_differ_in_their_endings_become_two(brief, tmp_path):
    for name in ("visit.mp4", "visit.mov", "other.avi"):
        brief.copy(tmp_path, name)
    found = plan([tmp_path], tmp_path / "out", False)
    assert sorted(job.output.name for job in found.jobs) == [
        "other.mp4", "visit.mov.mp4", "visit.mp4",
    ]  # fmt: skip


def test_results_within_are_no_originals(brief, done, tmp_path):
    brief.copy(tmp_path, "visit.mp4")
    for name in ("one", "two", ".hidden"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "visit.mp4").write_bytes(done.read_bytes())
    brief.copy(tmp_path / "two", "mine.mp4")
    found = plan([tmp_path], tmp_path / "two", False)
    assert [job.name for job in found.jobs] == ["visit.mp4"]
    said = " ".join(found.remarks)
    assert "Results of mien" in said and "one/visit.mp4" in said
    assert "mine.mp4; if they are originals" in said
    with pytest.raises(ParameterError, match="but results of mien"):
        plan([tmp_path / "one"], tmp_path / "three", False)


def test_folders_are_released(brief, done, tmp_path):
    for name in ("shared/P1", "shared/P2", "visits/P1", "visits/P2", "reports/P1/visit"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("P1", "P2"):  # two results of one original
        for part in (done, done.with_suffix(".json")):
            (tmp_path / "shared" / name / part.name).write_bytes(part.read_bytes())
        brief.copy(tmp_path / "visits" / name)
    brief.copy(tmp_path / "shared", "not-mine.mp4")
    about = {"about": {"deidentified_sha256": checksum(done)}}
    (tmp_path / "reports/P1/visit/metrics.json").write_text(json.dumps(about))
    named = [[tmp_path / name] for name in ("shared", "visits", "reports")]
    found = sources_of(*named)
    assert [one.result.parent.name for one in found] == ["P1", "P2"]
    assert all(one.original is not None and one.metrics is not None for one in found)
    with pytest.raises(ParameterError, match="no result of mien"):
        sources_of([tmp_path / "visits"], [], [])
    other = brief.copy(tmp_path, "other.mp4")
    with other.open("ab") as stream:
        stream.write(b"more")
    sources_of(named[0], [tmp_path], [])  # a folder may hold more
    with pytest.raises(ParameterError, match="belongs to none"):
        sources_of(named[0], [other], [])


def test_links_to_folders_are_said(brief, tmp_path):
    (tmp_path / "in").mkdir()
    brief.copy(tmp_path / "in", "visit.mp4")
    (tmp_path / "in" / "round").symlink_to(tmp_path)
    found = gather([tmp_path / "in"])
    assert found.places == ["visit"] and "Links to folders" in " ".join(found.remarks)


def test_results_among_originals_are_refused(mien, brief, tmp_path):
    brief.copy(tmp_path, "visit.mov")
    (tmp_path / "link").symlink_to(tmp_path)
    for out in (tmp_path, tmp_path / "link", tmp_path / "."):
        run = mien("deidentify", tmp_path, "-o", out, *MASK)
        assert run.exit_code == 6 and "holds the originals" in run.stderr
    assert names(tmp_path) == ["link", "visit.mov"]


def test_a_folder_within_holds_results_and_is_no_input(mien, brief, tmp_path, fewer_checks):
    brief.copy(tmp_path, "visit.mp4")
    for _ in range(2):
        words = ("deidentify", tmp_path, "-o", tmp_path / "out", *MASK, "--skip-existing", "--json")
        run = mien(*words)
        assert run.exit_code == 0 and len(results(run)) == 1
    assert results(run)[0]["skipped"]


def test_one_name_twice_is_refused(mien, brief, tmp_path):
    for name in ("monday", "tuesday"):
        (tmp_path / name / "visits").mkdir(parents=True)
        brief.copy(tmp_path / name / "visits", "visit.mp4")
    words = (tmp_path / "monday/visits", tmp_path / "tuesday/visits", "-o", tmp_path / "out")
    run = mien("deidentify", *words)
    assert run.exit_code == 2 and "both be written" in run.stderr
    assert not (tmp_path / "out").exists()


def test_a_clip_named_twice_is_one(brief, tmp_path):
    clip = brief.copy(tmp_path, "visit.mp4")
    assert gather([tmp_path, clip, clip]).clips == [clip]


def test_a_folder_without_clips(mien, brief, tmp_path):
    (tmp_path / "in" / "deep").mkdir(parents=True)
    with pytest.raises(ParameterError, match=r"no clip in .*: name"):
        gather([tmp_path / "in"])
    run = mien("deidentify", tmp_path / "in", "-o", tmp_path / "out")
    assert run.exit_code == 2 and not (tmp_path / "out").exists()


def test_nothing_is_left_of_a_folder_in_which_all_fail(mien, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "bad.mp4").write_text("no clip")
    run = mien("deidentify", tmp_path / "in", "-o", tmp_path / "out", *MASK)
    assert run.exit_code == 3 and "FAILED" in run.stdout
    assert names(tmp_path) == ["in"]


@pytest.mark.parametrize("name", ["x.mov", "x.MKV", "x.avi"])
def test_another_ending_is_told_what_is_written(mien, brief, tmp_path, name):
    run = mien("deidentify", brief.path, "-o", tmp_path / name)
    assert run.exit_code == 2 and "MP4" in run.stderr and "name it x.mp4" in run.stderr


def test_a_place_that_cannot_be_made(mien, brief, tmp_path):
    (tmp_path / "in").mkdir()
    brief.copy(tmp_path / "in", "visit.mp4")
    (tmp_path / "file").write_text("mine")
    for out, status in (("file", 2), ("file/out", 6), ("gone/out", 6), ("o" * 300, 6)):
        run = mien("deidentify", tmp_path / "in", "-o", tmp_path / out, *MASK)
        assert run.exit_code == status, run.output
        assert run.stderr.count("mien: ") == 1
    assert (tmp_path / "file").read_text() == "mine"


def test_what_is_done_is_left_alone(mien, folders):
    before, after = folders
    stamp = {path: path.stat().st_mtime_ns for path in after.iterdir()}
    run = mien("deidentify", before, "-o", after, *MASK, "--skip-existing")
    assert run.exit_code == 0 and "was there already" in run.stdout
    assert "Every clip (1) was de-identified before" in run.stdout
    assert {path: path.stat().st_mtime_ns for path in after.iterdir()} == stamp


def test_without_the_option_what_is_there_is_in_the_way(mien, folders):
    run = mien("deidentify", *folders[:1], "-o", folders[1], *MASK)
    assert run.exit_code == 6 and "already there" in run.stderr and "--overwrite" in run.stderr


def test_a_result_of_other_settings_is_said(mien, folders):
    before, after = folders
    run = mien("deidentify", before, "-o", after, "--engine", "blur", "--skip-existing")
    assert run.exit_code == 6
    assert "engine mask, now blur" in run.stderr and "--overwrite" in run.stderr
    assert StoredManifest.read(after / "visit.json").engine == "mask"


def test_the_rest_of_a_run_is_made_anew(mien, folders, fewer_checks):
    before, after = folders
    (after / "visit.json").unlink()  # as if killed between the two names
    run = mien("deidentify", before, "-o", after, *MASK, "--skip-existing", "--json")
    (entry,) = results(run)
    assert entry["status"] == 0 and not entry["skipped"]
    assert StoredManifest.read(after / "visit.json").engine == "mask"


def test_how_far_a_result_is(brief, done, tmp_path):
    settings = Settings(engine="mask")

    def standing(change, settings=settings, source=brief.path, beside=None):
        for part in (done, done.with_suffix(".json")):
            (tmp_path / part.name).write_bytes(part.read_bytes())
        change(tmp_path / "visit.mp4", tmp_path / "visit.json")
        return existing(source, tmp_path / "visit.mp4", settings, beside)

    def nothing(clip, manifest):
        pass

    def changed(clip, manifest):
        with clip.open("ab") as stream:
            stream.write(b"more")

    def somebodys(clip, manifest):
        clip.write_text("mine")
        manifest.unlink()

    def no_manifest(clip, manifest):
        manifest.write_text("{}")

    assert standing(nothing).standing == Standing.DONE
    assert standing(lambda clip, manifest: manifest.unlink()).standing == Standing.UNFINISHED
    assert standing(lambda clip, manifest: clip.unlink()).standing == Standing.UNFINISHED
    for change in (changed, somebodys, no_manifest):
        assert standing(change).standing == Standing.OTHER
    assert standing(nothing, beside=tmp_path / "beside.mp4").standing == Standing.UNFINISHED
    longer = tmp_path / "longer.mp4"
    longer.write_bytes(brief.path.read_bytes() + b"more")
    assert "another original" in standing(nothing, source=longer).words
    for other, word in (
        (Settings(engine="blur"), "engine"),
        (Settings(engine="mask", crf=20), "crf 17, now 20"),
        (Settings(engine="mask", subject="P1"), "subject none, now P1"),
        (Settings(engine="mask", voice="mute"), "voice"),
        (Settings(engine="mask", selection=Selection("main")), "people all, now main"),
        (Settings(engine="mask", judges=()), "judges"),
    ):
        found = standing(nothing, other)
        assert found.standing == Standing.OTHER and word in found.words
    (tmp_path / "visit.mp4").unlink()
    (tmp_path / "visit.mp4").mkdir()
    assert existing(brief.path, tmp_path / "visit.mp4", settings).standing == Standing.OTHER


@pytest.mark.skipif(os.name == "nt", reason="names of bytes")
def test_names_that_are_no_text(brief, tmp_path):
    odd = Path(os.fsdecode(bytes(tmp_path) + b"/v\xff\n.mp4"))
    try:
        odd.write_bytes(brief.path.read_bytes())
    except OSError:
        pytest.skip("this disk stores text alone")
    command = [sys.executable, "-c", "from mien.cli import main; main()", "deidentify"]
    run = subprocess.run([*command, tmp_path, "-o", tmp_path / "out", *MASK], capture_output=True)
    assert run.returncode == 0, run.stderr
    assert len(names(tmp_path / "out")) == 2


def test_a_dry_run_says_all_and_writes_nothing(mien, brief, tmp_path, fewer_checks):
    brief.copy(tmp_path, "visit.mp4")
    before = names(tmp_path)
    out = tmp_path / "out"
    run = mien("deidentify", tmp_path, "-o", out, "--subject", "P1", "--dry-run", "--json")
    (entry,) = results(run)
    assert run.exit_code == 0 and names(tmp_path) == before
    assert entry["frames"] == 8 and entry["takes_s"] > entry["took_s"] > 0
    (person,) = entry["people"]
    assert person["face"] is not None and not entry["drawn"] and person["frames"] == 8
    run = mien("deidentify", tmp_path, "-o", out, *MASK, "--dry-run")
    assert "a new face" in run.stdout and "Nothing was written" in run.stdout


def test_a_dry_run_says_what_would_fail(mien, folders):
    before, after = folders
    run = mien("deidentify", before, "-o", after, *MASK, "--dry-run", "--json")
    assert run.exit_code == 6 and "already exists" in results(run)[0]["error"]
    run = mien("deidentify", before, "-o", after, *MASK, "--dry-run", "--skip-existing", "--json")
    assert run.exit_code == 0 and results(run)[0]["skipped"]


def test_people_and_scores_of_many(mien, brief, tmp_path):
    before, bad = tmp_path / "in", tmp_path / "bad.mp4"
    before.mkdir()
    brief.copy(before, "a.mp4"), brief.copy(before, "b.mp4")
    bad.write_text("no clip")
    run = mien("people", before, "-o", tmp_path / "who", "--json")
    assert run.exit_code == 0, run.output
    assert [len(entry["people"]) for entry in results(run)] == [1, 1]
    assert f"{before / 'b.mp4'}: measuring" in run.stderr  # every folder may hold a b.mp4
    assert names(tmp_path / "who") == ["a.people.png", "b.people.png"]
    assert mien("people", before, "-o", tmp_path / "who").exit_code == 6
    run = mien("blendshapes", before, bad, "-o", tmp_path / "scores", "--json")
    assert run.exit_code == 3 and names(tmp_path / "scores") == [
        "a.csv", "a.scores.json", "b.csv", "b.scores.json",
    ]  # fmt: skip
    assert [entry.get("scored") for entry in results(run)] == [8, 8, None]
    assert f"{before / 'b.mp4'}: scoring" in run.stderr
    assert mien("blendshapes", before, "-o", tmp_path / "x.csv").exit_code == 2


def test_gather_refuses_what_it_cannot_read(monkeypatch, brief, tmp_path):
    brief.copy(tmp_path, "visit.mp4")

    def refuse(folder):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "listdir", refuse)
    with pytest.raises(MienError, match="cannot be read: Permission denied"):
        gather([tmp_path])


@pytest.mark.parametrize("written", ["MediaPipe face mesh", "mediapipe 0.10.21 face mesh"])
def test_a_tracker_is_known_whatever_version_wrote_it(brief, done, tmp_path, written):
    (tmp_path / "visit.mp4").write_bytes(done.read_bytes())
    manifest = json.loads(done.with_suffix(".json").read_text())
    manifest["settings"]["landmarks"] = written
    (tmp_path / "visit.json").write_text(json.dumps(manifest))
    found = existing(brief.path, tmp_path / "visit.mp4", Settings(engine="mask"))
    assert found.standing == Standing.DONE, found.words
