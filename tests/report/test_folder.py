"""A report's folder is replaced as a whole, and what is not the report's stays."""

from __future__ import annotations

import os

import pytest

from mien import outputs
from mien.errors import OutputError
from mien.report.folder import Staged, check_folder, write_files
from systems import without_renameat2


def report(path, overwrite=False, **files):
    with Staged(path, overwrite) as staged:
        for name, content in files.items():
            staged.write(name.replace("__", "/"), content)
        staged.commit()


def contents(path):
    return {
        str(one.relative_to(path)): one.read_text()
        for one in path.rglob("*")
        if one.is_file() and one.name != ".mien-files"
    }


def test_what_others_put_there_stays(tmp_path):
    path = tmp_path / "report"
    report(path, page="old", figures__one="old", figures__two="old")
    (path / "notes").write_text("mine")
    (path / "figures" / "mine").write_text("mine too")
    (path / "seen" / "by").mkdir(parents=True)
    (path / "seen" / "by" / "me").write_text("mine as well")
    report(path, overwrite=True, page="new", figures__one="new", notes="new")
    assert contents(path) == {
        "page": "new",
        "figures/one": "new",
        "notes": "new",
        "notes.old": "mine",
        "figures/mine": "mine too",
        "seen/by/me": "mine as well",
    }
    assert [one.name for one in tmp_path.iterdir()] == ["report"]


def test_a_folder_of_somebody_else_is_left_alone(tmp_path):
    path = tmp_path / "thesis"
    path.mkdir()
    (path / "report.html").write_text("mine")
    with pytest.raises(OutputError, match="holds no report"):
        check_folder(path, overwrite=True)
    with pytest.raises(OutputError, match="holds no report"):
        report(path, overwrite=True, page="new")
    assert contents(tmp_path) == {"thesis/report.html": "mine"}


def test_a_list_of_files_grows(tmp_path):
    path = tmp_path / "cohort"
    write_files(path, {"cohort": "1"})
    write_files(path, {"table": "2"})
    assert (path / ".mien-files").read_text() == "cohort\ntable\n"
    report(path, overwrite=True, page="new")
    assert contents(path) == {"page": "new"}


def test_the_old_report_stays_where_the_new_one_cannot_come(tmp_path, monkeypatch):
    path = tmp_path / "report"
    report(path, page="old")
    real = os.rename

    def fails(source, target):
        if source.name.endswith(outputs.PART):
            raise OSError(28, "No space left on device")
        return real(source, target)

    without_renameat2(monkeypatch)
    monkeypatch.setattr(os, "rename", fails)
    with pytest.raises(OutputError, match="No space left"):
        report(path, overwrite=True, page="new")
    assert contents(tmp_path) == {"report/page": "old"}


@pytest.mark.parametrize("name", ["../outside", "figures/../../outside", "{root}/outside"])
def test_nothing_is_written_outside_of_the_folder(tmp_path, name):
    with pytest.raises(OutputError, match="leads out of"):
        report(tmp_path / "report", **{name.format(root=tmp_path): "x"})
    assert list(tmp_path.iterdir()) == []
