"""What nobody expected is kept for the owner of the data folder, and for nobody else."""

from __future__ import annotations

import os

import pytest

from mien.web.queue.folders import Folders
from mien.web.queue.log import Log, noted

posix = pytest.mark.skipif(os.name == "nt", reason="files have no such modes on Windows")


def raised(message: str) -> Exception:
    try:
        raise RuntimeError(message)
    except RuntimeError as error:
        return error


def test_an_entry_has_a_number_and_says_where_it_happened(tmp_path):
    log = Log(tmp_path / "mien.log")
    numbers = [log.failure("a test", raised(f"trouble {k}")) for k in range(3)]
    entries = (tmp_path / "mien.log").read_text().strip().split("\n\n")
    assert [entry[:4] for entry in entries] == numbers and len(set(numbers)) == 3
    for k, entry in enumerate(entries):
        assert "a test" in entry and f"trouble {k}" in entry and "in raised" in entry


@posix
def test_only_the_owner_reads_it(tmp_path):
    path = tmp_path / "mien.log"
    path.write_text("from an older version\n")
    path.chmod(0o644)
    Log(path).entry("a test", "something")
    assert path.stat().st_mode & 0o777 == 0o600
    (tmp_path / "new").mkdir()
    Log(tmp_path / "new" / "mien.log").entry("a test", "something")
    assert (tmp_path / "new" / "mien.log").stat().st_mode & 0o777 == 0o600


def test_it_does_not_grow_without_end(tmp_path):
    log = Log(tmp_path / "mien.log")
    for _ in range(40):
        assert log.entry("a test", "x" * (1 << 18) + " the end")
    files = sorted(tmp_path.iterdir())
    assert [path.name for path in files] == ["mien.log", "mien.log.1"]
    for path in files:
        assert path.stat().st_size < 1.2 * (1 << 20) and path.read_text().endswith("the end\n\n")


@posix
def test_a_link_leads_no_entry_elsewhere(tmp_path):
    (tmp_path / "theirs").write_text("")
    (tmp_path / "mien.log").symlink_to(tmp_path / "theirs")
    assert Log(tmp_path / "mien.log").entry("a test", "something") is None
    assert (tmp_path / "theirs").read_text() == ""


def test_what_is_no_text_is_written_as_well_as_it_can_be(tmp_path):
    Log(tmp_path / "mien.log").entry("a test", "a file called \udcff")
    assert "\\udcff" in (tmp_path / "mien.log").read_text()


def test_a_sentence_leads_to_the_entry():
    sentence = noted("It failed: try again.", "K7Q2")
    assert sentence.startswith("It failed: try again (note the number K7Q2")
    assert "mien.log" in sentence and sentence.count(".") == 2 and sentence.endswith(".")
    assert noted("It failed: try again.", None) == "It failed: try again."


def test_the_server_s_own_failures_are_in_it_and_never_sent(application, browser):
    @application.app.get("/api/broken/{name}")
    def broken(name: str):
        raise RuntimeError("the reason")

    answer = browser.get("/api/broken/anna")
    content = answer.json()
    assert answer.status_code == 500 and content["code"] == "unexpected_here"
    assert "the reason" not in content["error"]
    log = application.folders.log.read_text()
    number = content["error"].partition("note the number ")[2][:4]
    assert log.startswith(f"{number} ") and "the reason" in log and "anna" not in log
    for address in ("/mien.log", "/static/mien.log", "/static/../mien.log", "/api/mien.log"):
        assert browser.get(address).status_code == 404


def test_tidying_leaves_it(tmp_path):
    folders = Folders(tmp_path)
    folders.make()
    Log(folders.log).entry("a test", "something")
    folders.tidy([], [])
    folders.make()
    assert "something" in folders.log.read_text()
