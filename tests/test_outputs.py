"""Whatever ends the program, at whatever step: only what is complete has its name."""

from __future__ import annotations

import errno
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count

import pytest

from mien import outputs
from mien.errors import OutputError
from mien.outputs import (
    OLD,
    PART,
    Aside,
    check_free,
    complete,
    complete_folder,
    hidden,
    publish,
    publish_folder,
    put_back,
)
from mien.report.folder import Staged, check_folder
from systems import without_renameat2

FINISHED, KILLED, STOPPED = "finished", "killed", "stopped"
STEPS = {  # of Python's audit hooks: everything that changes a folder
    "open", "os.link", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.scandir",
    "shutil.copyfile", "shutil.rmtree",
}  # fmt: skip
LONG = "ü" * 125 + ".mp4x"  # 255 bytes


@pytest.fixture(params=["any", "no renameat2", "no links", "neither"])
def filesystem(request, monkeypatch):
    """What a file system can do: Linux's, an older or another system's, a stick with exFAT."""

    def refuse(*_, **__):
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    if request.param in ("no renameat2", "neither"):
        without_renameat2(monkeypatch)
    if request.param in ("no links", "neither"):
        monkeypatch.setattr(os, "link", refuse)
    return request.param


class Steps:
    """What is done before each step. There is one hook, because none can be taken away again."""

    before: Callable[[], None] | None = None
    hooked = False

    @classmethod
    @contextmanager
    def each(cls, before: Callable[[], None]) -> Iterator[None]:
        if not cls.hooked:
            sys.addaudithook(cls._hook)
            cls.hooked = True
        cls.before = before
        try:
            yield
        finally:
            cls.before = None

    @classmethod
    def _hook(cls, event: str, args: object) -> None:
        if cls.before is not None and event in STEPS:
            before, cls.before = cls.before, None  # what it does itself is no step
            before()
            cls.before = before


def at_every_step(tmp_path, prepare, action, check, *, kill: bool) -> int:
    """Check a folder as the end at each step leaves it; how many steps there are."""
    return (killed if kill else interrupted)(tmp_path, prepare, action, check)


def killed(tmp_path, prepare, action, check) -> int:
    """What a process that is killed leaves is what was there before its next step."""
    folder, left = tmp_path / "whole", []
    folder.mkdir()
    prepare(folder)

    def copy() -> None:
        left.append(tmp_path / str(len(left)))
        shutil.copytree(folder, left[-1], symlinks=True)

    with Steps.each(copy):
        action(folder)
    for one in left:
        check(one, KILLED)
    check(folder, FINISHED)
    return len(left)


def interrupted(tmp_path, prepare, action, check) -> int:
    """An interruption at each step, in a fresh folder each time."""
    for step in count():
        folder, seen = tmp_path / str(step), count()
        folder.mkdir()
        prepare(folder)

        def stop(step=step, seen=seen) -> None:
            if next(seen) == step:
                raise KeyboardInterrupt

        how = FINISHED
        with Steps.each(stop):
            try:
                action(folder)
            except KeyboardInterrupt:
                how = STOPPED
        check(folder, how)
        if how == FINISHED:
            return step
    raise AssertionError


ends = pytest.mark.parametrize("kill", [True, False], ids=["killed", "interrupted"])


@ends
@pytest.mark.parametrize("overwrite", [True, False])
@pytest.mark.parametrize("before", [None, b"old"])
def test_a_file_is_whole_or_not_there(tmp_path, filesystem, before, overwrite, kill):
    def prepare(folder):
        if before is not None:
            (folder / "a").write_bytes(before)

    def action(folder):
        try:
            with complete(folder / "a", overwrite=overwrite) as part:
                part.write_bytes(b"new" * 9999)
        except OutputError:
            assert before is not None and not overwrite

    def check(folder, how):
        found = (folder / "a").read_bytes() if (folder / "a").exists() else None
        assert found in (before, b"new" * 9999)
        if before is not None and not overwrite:
            assert found == before
        elif how == FINISHED:
            assert found == b"new" * 9999 and os.listdir(folder) == ["a"]
        assert {name for name in os.listdir(folder) if not name.endswith(PART)} <= {"a"}

    assert at_every_step(tmp_path, prepare, action, check, kill=kill) >= 2


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_process_that_is_killed_leaves_what_was_there_before_its_next_step(tmp_path):
    def prepare(folder):
        (folder / "a").write_bytes(b"old")

    def action(folder):
        with complete(folder / "a") as part:
            part.write_bytes(b"new" * 9999)

    def found(folder):  # of the hidden names, half is drawn by chance
        return sorted((one.name[-5:], one.read_bytes()) for one in folder.iterdir())

    copied = []
    steps = killed(tmp_path, prepare, action, lambda folder, how: copied.append(found(folder)))
    assert steps >= 2
    for step in range(steps):
        folder, seen = tmp_path / f"fork {step}", count()
        folder.mkdir()
        prepare(folder)
        child = os.fork()
        if child == 0:
            with Steps.each(lambda step=step, seen=seen: next(seen) == step and os._exit(9)):
                action(folder)
            os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
        assert found(folder) == copied[step]


def contents(path):
    return {
        str(one.relative_to(path)): one.read_text()
        for one in path.rglob("*")
        if one.is_file() and one.name != ".mien-files"
    }


def report(path, word, overwrite=True):
    with Staged(path, overwrite) as staged:
        staged.write("page", word)
        staged.write("figures/one", word)
        staged.commit()


@ends
@pytest.mark.parametrize("older", [True, False])
def test_a_report_is_whole_and_never_lost(tmp_path, filesystem, older, kill):
    theirs = {"notes": "mine", "figures/mine": "mine, too"}
    old = {"page": "old", "figures/one": "old", **theirs}
    new = {"page": "new", "figures/one": "new", **theirs} if older else {
        "page": "new", "figures/one": "new"
    }  # fmt: skip

    def prepare(folder):
        if older:
            report(folder / "report", "old")
            for name, words in theirs.items():
                (folder / "report" / name).write_text(words)

    def check(folder, how):
        place = folder / "report"
        if place.exists():
            assert contents(place) in (old, new)
        elif older:  # the moment that only Linux can do without
            assert filesystem in ("no renameat2", "neither")
        check_folder(place, overwrite=True)  # what the next start does first
        assert not older or contents(place) in (old, new)
        if how == FINISHED:
            assert contents(place) == new and os.listdir(folder) == ["report"]
        if how == STOPPED and older:
            assert not [name for name in os.listdir(folder) if name.endswith(OLD)]
        report(place, "new")
        assert contents(place) == new

    steps = at_every_step(
        tmp_path, prepare, lambda folder: report(folder / "report", "new"), check, kill=kill
    )
    assert steps > 5


def test_what_came_into_the_older_folder_meanwhile_is_kept(tmp_path, filesystem):
    report(tmp_path / "report", "old")
    with Staged(tmp_path / "report", True) as staged:
        staged.write("page", "new")
        (tmp_path / "report" / "notes").write_text("mine")
        staged.commit()
    assert contents(tmp_path / "report") == {"page": "new", "notes": "mine"}


def test_a_file_that_appears_meanwhile_is_left_alone(tmp_path, filesystem):
    with pytest.raises(OutputError, match="appeared meanwhile"):
        with complete(tmp_path / "a", overwrite=False) as part:
            part.write_bytes(b"new")
            (tmp_path / "a").write_bytes(b"theirs")
    assert (tmp_path / "a").read_bytes() == b"theirs" and os.listdir(tmp_path) == ["a"]


def test_a_link_that_leads_nowhere_is_left_alone(tmp_path, filesystem):
    (tmp_path / "part").write_bytes(b"new")
    (tmp_path / "a").symlink_to("nowhere")
    with pytest.raises(FileExistsError):
        publish(tmp_path / "part", tmp_path / "a", overwrite=False)
    assert (tmp_path / "a").is_symlink() and (tmp_path / "part").exists()


def test_a_failure_leaves_nothing_and_is_a_sentence(tmp_path, filesystem):
    with pytest.raises(OutputError, match=r"a cannot be written: No space left on device\."):
        with complete(tmp_path / "a") as part:
            part.write_bytes(b"half")
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    with pytest.raises(KeyError), complete(tmp_path / "a") as part:
        part.write_bytes(b"half")
        raise KeyError
    with pytest.raises(OutputError, match="none/a cannot be written"):
        with complete(tmp_path / "none" / "a") as part:
            part.write_bytes(b"new")
    assert os.listdir(tmp_path) == []


def test_names_may_be_as_long_as_the_system_allows(tmp_path, filesystem, monkeypatch):
    with complete(tmp_path / LONG, overwrite=False) as part:
        part.write_bytes(b"new")
    assert os.listdir(tmp_path) == [LONG]
    report(tmp_path / LONG.replace("x", "y"), "old")
    report(tmp_path / LONG.replace("x", "y"), "new")
    assert contents(tmp_path / LONG.replace("x", "y"))["page"] == "new"
    monkeypatch.chdir(tmp_path)
    assert hidden(outputs.Path("a")).parent == tmp_path


def test_hidden_names_are_of_one_place(tmp_path):
    one, other = hidden(tmp_path / "a"), hidden(tmp_path / "a")
    assert one != other and one.parent == tmp_path
    assert one.name.startswith(".mien-") and one.name.endswith(PART) and len(one.name) < 32


def test_only_the_folder_whose_name_is_free_comes_back(tmp_path):
    left = hidden(tmp_path / "report", OLD)
    left.mkdir()
    (left / "page").write_text("old")
    put_back(tmp_path / "another")
    assert left.exists()
    (tmp_path / "report").mkdir()
    put_back(tmp_path / "report")
    assert left.exists()
    (tmp_path / "report").rmdir()
    put_back(tmp_path / "report")
    assert contents(tmp_path) == {"report/page": "old"}


def test_an_older_folder_stays_where_the_new_one_cannot_come(tmp_path, filesystem):
    report(tmp_path / "report", "old")
    with pytest.raises(FileNotFoundError):
        publish_folder(hidden(tmp_path / "report"), tmp_path / "report")
    assert contents(tmp_path / "report")["page"] == "old"
    assert os.listdir(tmp_path) == ["report"]


@pytest.mark.parametrize("replaceable", [True, False])
def test_a_folder_replaces_only_what_may_go(tmp_path, filesystem, replaceable):
    place = tmp_path / "bank"
    place.mkdir()
    (place / "old").touch()
    try:
        with complete_folder(place, lambda there: replaceable) as part:
            (part / "new").touch()
    except OutputError as exc:
        assert not replaceable and "appeared meanwhile" in str(exc)
    assert os.listdir(place) == ["new" if replaceable else "old"]
    assert os.listdir(tmp_path) == ["bank"]


def test_what_is_written_aside_is_named_later_or_goes(tmp_path):
    with Aside(tmp_path / "a", "text") as aside:
        assert not (tmp_path / "a").exists()
        aside.commit()
    with Aside(tmp_path / "b", "text"):
        pass
    assert os.listdir(tmp_path) == ["a"] and (tmp_path / "a").read_text() == "text"


@pytest.mark.parametrize(
    ("name", "overwrite", "words"),
    [
        ("a.txt", True, r"a\.txt would be a table: .* ends in \.csv or \.parquet\."),
        ("none/a.csv", True, "does not exist"),
        ("old.csv/a.csv", True, "is not a folder"),
        ("folder.csv", True, "is a folder"),
        ("old.csv", False, "already exists"),
        ("dangling.csv", False, "already exists"),
    ],
)
def test_a_place_is_refused_early(tmp_path, name, overwrite, words):
    (tmp_path / "old.csv").touch()
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "dangling.csv").symlink_to(tmp_path / "nothing")
    with pytest.raises(OutputError, match=words):
        check_free(tmp_path / name, overwrite, kind="a table", endings=(".csv", ".parquet"))
    check_free(tmp_path / "old.csv", True)
    check_free(tmp_path / "new.csv")


@pytest.mark.parametrize("name", ["a" * 300 + ".mp4", "ビ" * 90 + ".mp4"])
def test_a_name_that_no_disk_stores_is_refused_early(tmp_path, name):
    with pytest.raises(OutputError, match="too long"):
        check_free(tmp_path / name)
    with pytest.raises(OutputError):
        check_free(tmp_path / name / "out.mp4")


def test_a_folder_of_somebody_else_is_refused_early(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda place, mode: place != tmp_path)  # root may always
    for check in (check_free, check_folder):
        with pytest.raises(OutputError, match="cannot be written to"):
            check(tmp_path / "a")
