"""What a link in the data folder leads to is never changed, and the link is refused."""

from __future__ import annotations

import os
import shutil

import pytest

from mien.errors import LinkError, OutputError
from mien.web.http.app import create_app
from mien.web.http.server import _alone, _remember
from mien.web.http.serving import Serving
from mien.web.queue.folders import COMPARE, RESULT, Folders
from mien.web.queue.places import IN_PROJECT, LINKED, check_all, data_folder, is_link
from mien.web.queue.removal import remove, remove_empty
from mien.web.queue.worker import Worker

OLD = "0" * 32
"""An id that no job has."""

pytestmark = pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")


@pytest.fixture
def theirs(tmp_path):
    """A folder of somebody else, with things called as if they were of the application."""
    folder = tmp_path / "theirs"
    for place in (folder, *(folder / name for name in IN_PROJECT)):
        place.mkdir()
        for name in ("holiday.mp4", OLD, "mien.sqlite3", COMPARE):
            (place / name).write_text("somebody else's")
        (place / "inner").mkdir()
        (place / "inner" / RESULT).write_text("somebody else's")
    return folder


def contents(folder):
    """Every file of a folder, and what is in it."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def used(make_application):
    """The data folder of an application that was used, and its only project."""
    application = make_application()
    with application.client() as browser:
        browser.get("/enter", params={"token": application.access.token})
        assert browser.post("/api/clips", params={"name": "a"}, content=b"video").status_code == 201
    return application.folders, application.store.projects.all()[0].id


def put_link(place, target):
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place)
    place.unlink(missing_ok=True)
    place.symlink_to(target)


@pytest.mark.parametrize(
    "where",
    [
        *(
            "projects",
            "projects/P",
            "projects/P/originals",
            "projects/P/runs",
            "projects/P/uploads",
        ),
        *("mien.sqlite3", "mien.sqlite3-wal", "server.lock", "server.port", "mien.log"),
        *(f"projects/P/originals/{OLD}", f"projects/P/runs/{OLD}", "projects/P/originals/my.mp4"),
        f"projects/P/runs/{OLD}/deep/{RESULT}",
    ],
)
def test_a_link_in_any_place_is_refused_and_named(used, theirs, make_application, where):
    folders, project = used
    place = folders.data / where.replace("P", project)
    place.parent.mkdir(parents=True, exist_ok=True)
    is_file = "." in place.name
    put_link(place, theirs / "mien.sqlite3" if is_file else theirs)
    before = contents(theirs)
    with pytest.raises(LinkError) as refused:
        make_application()
    assert str(place) in str(refused.value) and "remove the link" in str(refused.value)
    assert refused.value.exit_status == 6 and str(refused.value).count(". ") == 0
    assert contents(theirs) == before and place.is_symlink()


def test_a_start_deletes_nothing_through_a_link(queue, put, tmp_path, theirs):
    folders, project = Folders(tmp_path), queue.projects.all()[0].id
    for name in IN_PROJECT:
        put_link(tmp_path / "projects" / project / name, theirs / name)
    before = contents(theirs)
    folders.tidy([project], queue.results(), {OLD})
    folders.forget_project(project)
    assert contents(theirs) == before


@pytest.mark.parametrize(
    "level", ["projects", "projects/P", "projects/P/originals,projects/P/runs"]
)
def test_nothing_is_forgotten_through_a_link_that_came_later(queue, put, tmp_path, theirs, level):
    folders, clip = Folders(tmp_path), queue.clips.get(put("a.mp4"))
    clip.run = "inner"
    for place in level.replace("P", clip.project_id).split(","):
        moved = tmp_path / f"moved-{place.rpartition('/')[2]}"
        (tmp_path / place).rename(moved)
        (tmp_path / place).symlink_to(moved)
    stored = [path for path in tmp_path.glob("moved-*/**/*") if path.name == clip.id]
    assert len(stored) == 1
    for forget in (folders.forget_clip, folders.forget_original):
        with pytest.raises(OSError):
            forget(clip)
    folders.forget_others(clip)
    folders.drop_run(clip)
    assert stored[0].read_text() == "a.mp4"


def test_a_link_that_came_later_is_refused_on_the_pages(application, browser, theirs):
    project = browser.get("/api/projects").json()[0]["id"]
    clip = browser.post("/api/clips", params={"name": "a"}, content=b"video").json()["id"]
    application.store.jobs.ask_to_cancel(clip)
    originals = application.folders.data / "projects" / project / "originals"
    moved = originals.with_name("moved")
    originals.rename(moved)
    originals.symlink_to(theirs)
    before = contents(theirs)
    for method, path in (
        ("DELETE", f"/api/clips/{clip}"),
        ("DELETE", f"/api/clips/{clip}/original"),
        ("DELETE", "/api/originals"),
        ("DELETE", f"/api/projects/{project}"),
        ("POST", "/api/clips?name=b"),
        ("GET", "/api/clips"),
    ):
        answer = browser.request(method, path, content=b"video" if method == "POST" else None)
        assert (answer.status_code, answer.json()["code"]) == (503, "linked"), path
        assert str(originals) not in answer.text
    assert contents(theirs) == before
    originals.unlink()
    moved.rename(originals)
    assert browser.delete(f"/api/clips/{clip}").status_code == 204  # nothing was lost meanwhile


def test_a_file_that_a_link_took_the_place_of_is_refused(application, browser, theirs):
    clip = browser.post("/api/clips", params={"name": "a"}, content=b"video").json()["id"]
    job = application.store.held.take("w")
    folders = application.folders
    folders.runs(job).mkdir()
    folders.run(job).symlink_to(theirs / "inner")
    assert application.store.held.finish(clip, "w", {"frames": 1, "ledger": {}, "surrogates": []})
    answer = browser.get(f"/api/clips/{clip}/result")
    assert (answer.status_code, answer.json()["code"]) == (503, "linked")
    folders.run(job).unlink()
    folders.run(job).mkdir()
    (folders.run(job) / RESULT).symlink_to(theirs / "holiday.mp4")
    assert browser.get(f"/api/clips/{clip}/result").json()["code"] == "file_gone"


def test_a_worker_reads_and_writes_behind_no_link(queue, put, tmp_path, theirs):
    folders = Folders(tmp_path)
    before = contents(theirs)
    for place in ("originals", "runs"):
        clip = queue.jobs.get(put(f"{place}.mp4"))
        put_link((folders.original if place == "originals" else folders.runs)(clip), theirs)
        assert Worker(folders, queue, "w", lambda task, progress: 1 / 0).step()
        found = queue.jobs.get(clip.id)
        assert (found.status, found.code, found.error) == ("failed", "linked-place", LINKED)
    assert contents(theirs) == before


def test_files_of_others_in_the_folder_stay(used, make_application):
    folders, project = used
    strange = [
        folders.data / "projects" / project / place
        for place in (
            "originals/holiday.mp4",
            "uploads/holiday.mp4",
            "runs/.x/holiday.mp4",
            "notes",
        )
    ]
    for path in strange:
        path.parent.mkdir(exist_ok=True)
        path.write_text("somebody else's")
    application = make_application()
    other = application.store.projects.add("Other").id
    folders.tidy([project], application.store.results())
    folders.forget_project(project)
    assert [path.read_text() for path in strange] == ["somebody else's"] * 4
    with application.client() as browser:
        browser.get("/enter", params={"token": application.access.token})
        (folders.data / "projects" / other / "originals").mkdir(parents=True)
        (folders.data / "projects" / other / "originals" / "holiday.mp4").write_text("theirs")
        assert browser.delete(f"/api/projects/{other}").json()["code"] == "files_left"


def test_the_data_folder_itself_may_be_a_link(tmp_path):
    real, link = tmp_path / "disk" / "real", tmp_path / "link"
    real.mkdir(parents=True)
    link.symlink_to(real)
    assert data_folder(link) == real.resolve()
    folders = Folders(data_folder(link))
    folders.make()
    folders.open_project("a" * 16)
    check_all(folders.data)
    assert (real / "projects").is_dir()


def test_a_data_folder_on_a_disk_that_is_not_there_is_refused(tmp_path):
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "disk" / "real")
    for data in (link, link / "deeper"):
        with pytest.raises(OutputError, match="connect its disk"):
            data_folder(data)
    link.unlink()
    link.symlink_to(link)
    with pytest.raises(OutputError, match="--data"):
        data_folder(link)
    assert not (tmp_path / "disk").exists()


def test_the_server_is_told_of_a_link_before_it_writes(tmp_path, theirs):
    data = tmp_path / "data"
    Folders(data).make()
    (data / "server.port").symlink_to(theirs / "holiday.mp4")
    before = contents(theirs)
    with pytest.raises(LinkError):
        Folders(data).make()
    _remember(Serving(data), 8000)  # if the link came after that
    assert contents(theirs) == before


def test_a_hard_link_s_other_name_keeps_its_content(tmp_path, theirs, queue, put):
    folders, clip = Folders(tmp_path), queue.clips.get(put("a.mp4"))
    folders.original(clip).unlink()
    os.link(theirs / "holiday.mp4", folders.original(clip))
    os.link(theirs / OLD, tmp_path / "server.port")
    _remember(Serving(tmp_path), 8000)
    folders.forget_clip(clip)
    assert not folders.original(clip).exists()
    assert (theirs / "holiday.mp4").read_text() == "somebody else's"
    assert (theirs / OLD).read_text() == "somebody else's"
    assert (tmp_path / "server.port").read_text() == "8000\n"


def test_removing_takes_the_link_and_leaves_what_it_leads_to(tmp_path, theirs):
    before = contents(theirs)
    data = tmp_path / "data"
    (data / "a" / "inner").mkdir(parents=True)
    (data / "a" / "inner" / "link").symlink_to(theirs)
    (data / "a" / "link").symlink_to(theirs)
    remove(data, "a", "link")
    remove(data, "a", "inner")
    assert contents(theirs) == before and not list((data / "a").iterdir())
    (data / "b").symlink_to(theirs)
    for parts in (("b", "holiday.mp4"), ("b", "inner"), ("b", "inner", RESULT)):
        with pytest.raises(OSError):
            remove(data, *parts)
    with pytest.raises(OSError):
        remove_empty(data, "a", "..", "b", "inner")
    remove(data, "a", "nothing")
    assert contents(theirs) == before


def test_where_folders_cannot_be_opened_links_are_looked_for(tmp_path, theirs):
    before = contents(theirs)
    (tmp_path / "b").symlink_to(theirs)
    with pytest.raises(LinkError):
        remove(tmp_path, "b", "inner", RESULT, by_opening=False)
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "file").write_text("ours")
    remove(tmp_path, "c", "file", by_opening=False)
    remove(tmp_path, "c", by_opening=False)
    assert contents(theirs) == before and not (tmp_path / "c").exists()


def test_a_junction_is_a_link():
    class Status:
        st_mode, st_reparse_tag = 0o040755, 0xA0000003

    assert not is_link(os.stat("/"))
    assert is_link(Status(), 0xA0000003)  # type: ignore[arg-type]


def test_a_lock_that_is_no_lock_is_a_sentence(tmp_path):
    (tmp_path / "server.lock").write_bytes(b"something else" * 1000)
    with pytest.raises(OutputError, match="delete this file"), _alone(tmp_path):
        pass
    (tmp_path / "server.lock").unlink()
    (tmp_path / "server.lock").mkdir()
    with pytest.raises(OutputError, match="delete this file"), _alone(tmp_path):
        pass


def test_the_application_itself_follows_the_folder_s_link(tmp_path, make_application):
    application = make_application()
    (tmp_path / "link").symlink_to(tmp_path / "data")
    app = create_app(Serving(tmp_path / "link"), application.access, working=False)
    assert app.state.folders.data == (tmp_path / "data").resolve()
