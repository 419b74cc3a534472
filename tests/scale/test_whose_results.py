"""Whose a result is that lies under a name: other settings, other clips, damaged memories."""

from __future__ import annotations

import json
import os

import pytest

from batches import drive
from mien.intake.secret import Secret
from mien.pipeline.settings import Settings
from mien.scale.task import unnamed


@pytest.fixture
def plan(tmp_path):
    """Two clips, of which the first is changed by tests."""
    for name in "ab":
        (tmp_path / f"{name}.mp4").write_text(f"{name} ")
    (tmp_path / "plan.csv").write_text("path,pseudonym\na.mp4,a\nb.mp4,b\n")
    return tmp_path / "plan.csv"


def log(tmp_path):
    return sorted((tmp_path / "log").read_text().split())


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


def test_other_settings_make_another_result_and_so_do_those_of_before(plan, out, tmp_path):
    drive(plan, out)
    for settings in (Settings(crf=20), Settings(), Settings(crf=20)):
        assert drive(plan, out, base=settings).worked == 2
    assert log(tmp_path) == ["a"] * 4 + ["b"] * 4


@pytest.mark.parametrize("left", ["", '{"name": "a", "coun', "[]", "{}"])
def test_a_record_that_cannot_be_read_is_none(plan, out, tmp_path, left):
    drive(plan, out)
    record = next(
        path for path in (out / "state").glob("??/*.json")
        if json.loads(path.read_text())["name"] == "a"
    )  # fmt: skip
    record.write_text(left)
    made = drive(plan, out)
    assert made.worked == 1 and sorted(made.done) == ["a", "b"]
    assert log(tmp_path) == ["a", "b"]  # its result was whole, and its own


def test_the_result_of_another_clip_does_not_stay_under_a_name(plan, out, tmp_path):
    drive(plan, out)
    (tmp_path / "a.mp4").write_text("a no-face")
    made = drive(plan, out)
    assert [one["name"] for one in made.quarantine] == ["a"]
    assert sorted(path.name for path in (out / "results").iterdir()) == ["b.json", "b.mp4"]


@pytest.mark.parametrize("harm", ["overwritten", "no manifest"])
def test_what_was_changed_behind_its_back_is_made_again(plan, out, tmp_path, harm):
    drive(plan, out)
    if harm == "overwritten":
        (out / "results" / "a.mp4").write_text("the original itself")
    else:
        (out / "results" / "a.json").unlink()
    made = drive(plan, out)
    assert made.worked == 1 and log(tmp_path) == ["a", "a", "b"]
    assert "original" not in (out / "results" / "a.mp4").read_text()
    assert drive(plan, out).worked == 0


def test_what_is_no_file_is_put_aside(plan, out, tmp_path):
    (tmp_path / "a.mp4").unlink()
    os.mkfifo(tmp_path / "a.mp4")
    made = drive(plan, out)
    assert [one["name"] for one in made.quarantine] == ["a"] and sorted(made.done) == ["b"]


@pytest.mark.parametrize("name", ["quarantine.json", "checksums.json"])
@pytest.mark.parametrize("entry", [{}, 5, [1], None])
def test_memories_of_another_form_are_passed_over(plan, out, tmp_path, name, entry):
    drive(plan, out)
    known = json.loads((out / "state" / name).read_text())
    entries = dict.fromkeys([*known, "more"], entry)
    (out / "state" / name).write_text(json.dumps(entries))
    made = drive(plan, out)
    assert made.worked == 0 and sorted(made.done) == ["a", "b"] and made.quarantine == []


def test_a_name_is_one_however_its_accents_are_written():
    secret = Secret(bytes(range(32)))
    assert secret.code("subject", "M\u00fcller") == secret.code("subject", "Mu\u0308ller")


def test_a_sentence_without_a_path_begins_with_a_capital(tmp_path):
    clip = tmp_path / "Doe.mp4"
    assert unnamed(f"{clip} is damaged.", clip, "P1") == "The original of P1 is damaged."
