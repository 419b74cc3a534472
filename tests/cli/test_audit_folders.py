"""`mien audit` of folders: which result belongs to which original, one table, one exit status."""

from __future__ import annotations

import json
from pathlib import Path
from shutil import copyfile

import numpy as np
import pytest

from mien.cli.counterparts import counterparts
from mien.cli.verdicts import status
from mien.outputs import checksum
from mien.video import Reader, Writer
from phantoms import Clip


@pytest.fixture(scope="module")
def brief(make_clip) -> Clip:
    """Five frames."""
    return make_clip(seconds=1 / 3)


@pytest.fixture(scope="module")
def wall(brief, tmp_path_factory) -> Path:
    """A result that shows nobody."""
    out = tmp_path_factory.mktemp("wall") / "wall.mp4"
    with Reader(brief.path) as reader, Writer(out, reader.info) as writer:
        for frame in reader:
            writer.write(np.full_like(frame.image, 118), frame.pts)
        writer.finish()
        writer.commit()
    return out


def put(clip: Path, folder: Path, *names: str) -> None:
    """Copies of a clip under other names."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        copyfile(clip, folder / name)


def manifest(result: Path, original: Path) -> None:
    """As much of a manifest as says of what a result was made."""
    content = {"mien_manifest": 1, "input": {"sha256": checksum(original)}}
    result.with_suffix(".json").write_text(json.dumps(content))


def pairs(clips: list[Path], originals: list[Path]) -> dict[str, Path | None]:
    return {one.name: one.original for one in counterparts(clips, originals).pairs}


def test_a_folder_of_each_is_one_table_and_the_worst_status(mien, brief, wall, tmp_path):
    before, after = tmp_path / "before", tmp_path / "after"
    put(brief.path, before, "one.mp4", "P07/two.mp4", "three.mp4")
    put(wall, after, "one.mp4")
    put(brief.path, after, "P07/two.mp4")
    (after / "P07/three.mp4").write_bytes(b"no clip")
    sheets = tmp_path / "sheets"
    asked = ("audit", before, after, "--recogniser", "dlib")
    run = mien(*asked, "-o", sheets)
    assert run.exit_code == 5, run.output
    table = run.stdout.splitlines()
    assert table[0].split()[:3] == ["clip", "outcome", "people"]
    assert [line.split()[:2] for line in table[1:4]] == [
        ["one.mp4", "passed"],
        ["P07/three.mp4", "NOT"],
        ["P07/two.mp4", "FAILED"],
    ]
    assert "100.0%" in table[3] and "1 of 3 results passed. 1 could not" in run.stdout
    assert sorted(path.relative_to(sheets).as_posix() for path in sheets.rglob("*.png")) == [
        "P07/two.png",
        "one.png",
    ]
    told = [line for line in run.stderr.splitlines() if line.startswith("mien: ")]
    assert told[0] == "mien: No result is there of three.mp4: left out."
    assert "three.mp4 has no original" in told[1] and "two.mp4 should not be shared" in told[2]
    begun = {line.split(": ")[0] for line in run.stderr.splitlines() if ": measuring" in line}
    assert begun == {"one.mp4", "P07/two.mp4"}  # as in the table: each visit may be called alike
    again = mien(*asked, "-o", sheets)
    assert again.exit_code == 6 and "already exists" in again.stderr


def test_what_could_not_be_audited_is_no_pass(mien, brief, wall, tmp_path):
    """Nobody is recognised, but one result was not compared: the status is not 0."""
    put(brief.path, tmp_path / "before", "one.mp4", "two.mp4")
    put(wall, tmp_path / "after", "one.mp4")
    (tmp_path / "after" / "two.mp4").write_bytes(b"no clip")
    folders = (tmp_path / "before", tmp_path / "after")
    run = mien("audit", *folders, "--json", "--recogniser", "dlib")
    assert run.exit_code == 3, run.output
    found = json.loads(run.stdout)
    assert found["passed"] is False
    one, two = found["results"]
    assert (one["clip"], one["status"], one["error"], one["passed"]) == ("one.mp4", 0, None, True)
    assert one["people"][0]["person"] == 0 and one["sheet"] is None
    assert two["status"] == 3 and "two.mp4" in two["error"] and two["passed"] is False


def test_that_somebody_is_recognised_anywhere_is_the_status():
    for each, wanted in (((0, 0), 0), ((0, 3, 2), 3), ((3, 0, 5), 5), ((5, 2), 5)):
        assert status([{"status": one} for one in each]) == wanted


def test_results_find_their_originals_by_what_lies_beside_them(brief, wall, tmp_path):
    before, after = tmp_path / "before", tmp_path / "after"
    put(brief.path, before, "one.mp4", "P07/visit.mp4")
    (before / "P07/visit.mp4").write_bytes(b"another")
    put(wall, after, "x.mp4", "deep/one.mp4", "one.mp4", "P07/visit.mp4")
    manifest(after / "x.mp4", before / "P07/visit.mp4")
    manifest(after / "deep/one.mp4", before / "one.mp4")
    (after / "one.json").write_text("no manifest")
    wanted = {
        "x.mp4": before / "P07/visit.mp4",
        "deep/one.mp4": before / "one.mp4",
        "one.mp4": before / "one.mp4",
        "P07/visit.mp4": before / "P07/visit.mp4",
    }
    assert pairs([before, after], []) == pairs([after], [before]) == wanted
    named = [before / "one.mp4", before / "P07/visit.mp4"]
    assert pairs([after / "x.mp4", after / "one.mp4"], named) == {
        "x.mp4": before / "P07/visit.mp4",
        "one.mp4": before / "one.mp4",
    }


def test_folders_within_each_other_are_told_apart(brief, wall, tmp_path):
    put(brief.path, tmp_path, "one.mp4")
    put(wall, tmp_path / "shared", "one.mp4", "two.mp4")
    found = counterparts([tmp_path / "shared"], [tmp_path])
    one, two = found.pairs
    assert one.original == tmp_path / "one.mp4" and two.original is None
    assert found.many and not found.remarks
    assert pairs([tmp_path, tmp_path / "shared"], []) == {
        "one.mp4": tmp_path / "one.mp4",
        "two.mp4": None,
    }


def test_a_name_that_two_originals_have_is_nobodys(brief, wall, tmp_path):
    put(brief.path, tmp_path, "a/one.mp4", "b/one.mp4")
    put(wall, tmp_path / "c", "one.mp4")
    assert pairs([tmp_path / "c"], [tmp_path / "a", tmp_path / "b"]) == {"one.mp4": None}


def test_refusals_of_folders(mien, brief, wall, tmp_path):
    before, after = tmp_path / "before", tmp_path / "after"
    put(brief.path, before, "one.mp4")
    put(wall, after, "one.mp4")
    clip = before / "one.mp4"
    for words in (
        (before, after / "one.mp4"),
        (clip,),
        (clip, clip, clip),
        (before, before),
        (before, after, "-o", tmp_path / "sheet.png"),
        (before, after, "--recogniser", "nobody"),
        (after, "--original", clip, "--original", wall),
    ):
        run = mien("audit", *words)
        assert run.exit_code == 2, (words, run.output)
        assert "Traceback" not in run.output
