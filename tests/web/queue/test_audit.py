"""The log of who saw what: what is changed in it is found out."""

from __future__ import annotations

import hashlib
import json
import os
from multiprocessing import get_context
from pathlib import Path

import pytest

from mien.web.queue.audit import AUDIT, _text
from mien.web.queue.store import Store


@pytest.fixture
def log(queue, tmp_path):
    """A log of five lines, and its file."""
    for number in range(5):
        queue.audit.write("compare seen", account="a", name="Ann", on=[f"{number:032x}"])
    return queue.audit, tmp_path / AUDIT


def test_lines_follow_each_other(log):
    audit, path = log
    assert [line.number for line in audit.lines()] == [1, 2, 3, 4, 5]
    assert [line.number for line in audit.latest(2)] == [5, 4]
    assert [line.number for line in audit.latest(2, before=3)] == [2, 1]
    checked = audit.check()
    assert (checked.lines, checked.problem) == (5, None)
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("number", range(5))
@pytest.mark.parametrize("how", ["changed", "rehashed", "taken out", "doubled", "swapped"])
def test_what_is_done_to_a_line_is_noticed(log, number, how):
    audit, path = log
    lines = path.read_text().splitlines(keepends=True)
    if how == "changed":
        lines[number] = lines[number].replace("Ann", "Bob")
    elif how == "rehashed":
        from mien.web.queue.audit import _sum, _text

        line = json.loads(lines[number]) | {"name": "Bob"}
        lines[number] = _text(line | {"sha256": _sum(line)}).decode() + "\n"
    elif how == "taken out":
        del lines[number]
    elif how == "doubled":
        lines.insert(number, lines[number])
    else:
        other = (number + 1) % 5
        lines[number], lines[other] = lines[other], lines[number]
    path.write_text("".join(lines))
    assert audit.check().problem is not None


@pytest.mark.parametrize("left", range(5))
def test_an_end_that_is_cut_off_is_noticed(log, left):
    audit, path = log
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:left]))
    assert "cut off" in audit.check().problem
    audit.write("login")
    assert audit.check().problem is not None  # a line more hides nothing


def test_lines_that_are_put_behind_the_last_are_noticed(log):
    audit, path = log
    last = json.loads(path.read_text().splitlines()[-1])
    for number in (6, 7):
        told = {**last, "number": number, "before": last["sha256"]}
        del told["sha256"]
        told["sha256"] = hashlib.sha256(_text(told)).hexdigest()
        with path.open("ab") as file:
            file.write(_text(told) + b"\n")
        last = told
    assert "put in after line 5" in audit.check().problem


def test_lines_that_are_written_while_it_is_checked_are_no_fault(log, monkeypatch):
    audit, _ = log
    raw = audit._raw

    def busy():
        for number, line in enumerate(raw()):
            if not number:
                for _ in range(3):
                    audit.write("compare seen")
            yield line

    monkeypatch.setattr(audit, "_raw", busy)
    checked = audit.check()
    assert (checked.lines, checked.problem) == (8, None)


def test_text_that_says_the_same_twice_is_noticed(log):
    audit, path = log
    path.write_text(path.read_text().replace('"name":"Ann"', '"name":"Bob","name":"Ann"', 1))
    assert audit.check().problem == "Line 1 was changed."


def test_half_a_line_on_a_full_disk_is_an_error(log, monkeypatch):
    audit, _ = log
    write = os.write
    monkeypatch.setattr(os, "write", lambda file, content: write(file, content[:20]))
    with pytest.raises(OSError, match="could not be written"):
        audit.write("compare seen")
    monkeypatch.undo()
    audit.write("compare seen")
    assert (audit.check().lines, audit.check().problem) == (6, None)


def test_a_file_that_is_gone_is_noticed(log):
    audit, path = log
    path.unlink()
    assert audit.check().problem is not None


def test_a_log_that_was_written_anew_is_found_out_by_a_line_noted_elsewhere(log, tmp_path):
    audit, _ = log
    noted = audit.check()
    (tmp_path / "other").mkdir()
    other = Store(tmp_path / "other" / "mien.sqlite3")
    other.create()
    for _ in range(6):
        other.audit.write("login")
    assert other.audit.check().problem is None
    assert "another one" in other.audit.check((noted.lines, noted.last)).problem
    assert audit.check((noted.lines, noted.last)).problem is None
    audit.write("login")
    assert audit.check((noted.lines, noted.last)).problem is None


def test_half_a_line_is_mended_and_a_line_that_nobody_was_told_of_stays(log):
    audit, path = log
    with path.open("ab") as file:
        file.write(b'{"number":6,"ti')
    audit.write("login")
    assert audit.check().problem is None
    assert [line.what for line in audit.latest(2)] == ["login", "compare seen"]
    head = audit._database
    with head.writing() as session:  # the file was written, the database was not
        from mien.web.queue.tables import Head

        found = session.get_one(Head, 1)
        found.number, found.sha256 = 5, list(audit.lines())[4].sha256
    audit.write("logout")
    assert audit.check().problem is None and audit.check().lines == 7


def write(path: str) -> None:
    store = Store(Path(path))
    for _ in range(10):
        store.audit.write("login")
    store.close()


def test_two_processes_write_one_chain(queue, tmp_path):
    context = get_context("spawn")
    both = [context.Process(target=write, args=(str(tmp_path / "mien.sqlite3"),)) for _ in range(2)]
    for process in both:
        process.start()
    for process in both:
        process.join()
        assert process.exitcode == 0
    checked = queue.audit.check()
    assert (checked.lines, checked.problem) == (20, None)


def test_a_link_in_its_place_leads_nothing_elsewhere(queue, tmp_path):
    (tmp_path / AUDIT).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError):
        queue.audit.write("login")
    assert not (tmp_path / "elsewhere").exists()


def test_a_table_holds_no_formula(queue):
    queue.audit.write("login", name="=1+1")
    assert '"\'=1+1"' in queue.audit.table()
