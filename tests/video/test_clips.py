"""What is a clip, and which clips of two folders belong together."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import mien
from mien.errors import ParameterError
from mien.video.clips import ENDINGS, WRITTEN, clips_in, pairs


def test_the_application_takes_the_same_files_for_clips():
    pages = Path(mien.__file__).parent / "web" / "pages"
    listed = re.search(r'ENDINGS = new Set\("([^"]*)"', (pages / "deidentify-files.js").read_text())
    assert listed is not None
    assert {f".{ending}" for ending in listed[1].split()} == ENDINGS >= {*WRITTEN}


def test_a_clip_is_a_file_that_shows_one_thing(tmp_path):
    fill(tmp_path / "a", "B.MP4", "a.mov", "a.json", ".c.mp4", "a.side-by-side.mp4", "d.mp4.part")
    (tmp_path / "a" / "e.mp4").mkdir()
    assert {stem: path.name for stem, path in clips_in(tmp_path / "a").items()} == {
        "a": "a.mov", "B": "B.MP4",
    }  # fmt: skip


def fill(folder: Path, *names: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).touch()
    return folder


def test_clips_pair_by_name_whatever_their_ending(tmp_path):
    originals = fill(tmp_path / "a", "P2.mp4", "P1.MOV", "P10.avi", "notes.txt", ".P3.mp4")
    results = fill(tmp_path / "b", "P1.mp4", "P2.mp4", "P9.mkv", "P3.mp4", "P10.mp4")
    (originals / "P4.mp4").mkdir()  # a folder is no clip
    found, alone = pairs(originals, results)
    assert [(one.name, two.name) for one, two in found] == [
        ("P1.MOV", "P1.mp4"), ("P10.avi", "P10.mp4"), ("P2.mp4", "P2.mp4"),
    ]  # fmt: skip
    assert all(one.parent == originals and two.parent == results for one, two in found)
    assert alone == ["P3.mp4", "P9.mkv"]


def test_clips_of_folders_within_pair_by_their_place(tmp_path):
    originals = fill(tmp_path / "a", "x.mp4", "x.mov")
    fill(originals / "P1", "x.mp4")
    results = fill(originals / "out", "x.mp4", "x.mov.mp4")  # within the originals
    fill(results / "P1", "x.mp4"), fill(results / "P2", "y.mp4")
    found, alone = pairs(originals, results)
    assert [two.relative_to(results).as_posix() for _, two in found] == [
        "P1/x.mp4", "x.mp4", "x.mov.mp4",
    ]  # fmt: skip
    assert [one.relative_to(originals).as_posix() for one, _ in found] == [
        "P1/x.mp4", "x.mp4", "x.mov",
    ]  # fmt: skip
    assert alone == ["P2/y.mp4"]


def test_the_lonely_of_both_folders(tmp_path):
    one, two = fill(tmp_path / "a", "x.mp4", "y.mp4"), fill(tmp_path / "b", "x.mp4", "z.mp4")
    assert pairs(one, two)[1] == ["y.mp4", "z.mp4"]


def test_refusals(tmp_path):
    folder, clip = fill(tmp_path / "a", "x.mp4"), tmp_path / "a" / "x.mp4"
    empty, other = fill(tmp_path / "b"), fill(tmp_path / "c", "y.mp4")
    twice = fill(tmp_path / "d", "x.mp4", "x.MP4")
    for one, two, says in (
        (folder, clip, "name two clips, or two folders"),
        (clip, folder, "name two clips, or two folders"),
        (folder, tmp_path / "missing", "name two clips, or two folders"),
        (folder, empty, "call each result as its original is called"),
        (folder, other, "call each result as its original is called"),
        (twice, folder, "rename one of them"),
        (folder, twice, "rename one of them"),
    ):
        with pytest.raises(ParameterError) as caught:
            pairs(one, two)
        assert says in str(caught.value) and "\n" not in str(caught.value)
