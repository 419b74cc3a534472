"""No video lies in the data folder without being listed, whatever became of the list."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

import mien.web
from mien.cli.failure import guarded
from mien.cli.serve import serve
from mien.errors import DatabaseError, OutputError
from mien.web.http import server
from mien.web.http.serving import Serving
from mien.web.queue import damage
from mien.web.queue.folders import COMPARE, FRAMES, MANIFEST, RESULT, Folders
from mien.web.queue.supervisor import Supervisor
from mien.web.queue.tables import Kind, Status

PAGES = Path(mien.web.__file__).parent / "pages"


def manifest(**settings):
    return {
        "settings": {"engine": "mesh", "surrogate": "auto", "match": "age", "people": "all"}
        | {"voice": "keep"}
        | settings,
        "input": {"width": 320, "height": 240},
        "output": {"frames": 10, "renderings": 1},
        "people": [{"surrogate": {"id": "man-fair-1"}}, {"surrogate": None}],
        "linkable": {"subject": "P7"},
        "ledger": {"counts": {"rendered": 9, "covered": 1}},
    }


def upload(application, name, **query):
    with application.client() as browser:
        browser.cookies.set(application.access.cookie, application.access._open())
        answer = browser.post("/api/clips", params={"name": name, **query}, content=b"video " * 9)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def finish(application, clip, **settings):
    """Let a clip have a result, as a worker does."""
    job = application.store.held.take("w")
    assert job.id == clip
    write_result(application.folders.run(job), **settings)
    assert application.store.held.finish(clip, "w", {"frames": 10, "ledger": {}, "surrogates": []})


def write_result(run, **settings):
    run.mkdir(parents=True)
    for name in (RESULT, COMPARE):
        (run / name).write_text(name)
    (run / MANIFEST).write_text(json.dumps(manifest(**settings)))
    (run / FRAMES).write_text(json.dumps({"times": [k / 10 for k in range(10)]}))


def lose(application):
    """Lose the list of clips."""
    application.store.close()
    for path in application.folders.data.glob("mien.sqlite3*"):
        path.unlink()


def stored(application):
    root = application.folders.data / "projects"
    return {path.relative_to(root): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def start(make_application):
    """Start again with the same folder, up to where jobs are taken."""
    application = make_application()
    application.app.state.supervisor._over.set()  # no worker is started
    application.app.state.supervisor.start()
    application.app.state.supervisor.stop()
    return application


def test_videos_are_listed_again_when_the_list_is_lost(make_application):
    before = make_application()
    other = before.store.projects.add("Other")
    before.folders.open_project(other.id)
    done, waiting = upload(before, "Anna.mp4"), upload(before, "Bea.mp4", project=other.id)
    finish(before, done, engine="mask", surroundings="solid", hands="cover")
    files = stored(before)
    lose(before)

    after = start(make_application)
    assert stored(after) == files  # nothing was lost
    clips = {job.id: job for job in after.store.jobs.listing()}
    assert set(clips) == {done, waiting}
    assert clips[done].status == Status.DONE and clips[waiting].status == Status.FAILED
    assert clips[waiting].project_id == other.id and len(after.store.projects.all()) == 2
    assert clips[done].wanted["engine"] == "mask" and clips[done].wanted["subject"] == "P7"
    assert [clips[done].wanted[key] for key in ("surroundings", "hands")] == ["solid", "cover"]
    assert [clips[waiting].wanted[key] for key in ("surroundings", "hands")] == ["keep", "keep"]
    assert clips[done].found == {
        **{"frames": 10, "ledger": {"rendered": 9, "covered": 1}},
        **{"surrogates": ["man-fair-1"], "renderings": 1},
    }
    assert after.app.state.recovery.clips == 2
    (sentence,) = after.app.state.recovery.sentences(after.folders.data)
    assert "2 videos were" in sentence and str(after.folders.data) in sentence
    again = start(make_application)
    assert again.app.state.recovery.clips == 0 and len(again.store.jobs.listing()) == 2


def test_what_was_found_again_can_be_seen_tried_again_and_removed(make_application):
    before = make_application()
    done, waiting = upload(before, "Anna.mp4"), upload(before, "Bea.mp4")
    finish(before, done)
    lose(before)
    after = start(make_application)
    with after.client() as browser:
        browser.get("/enter", params={"token": after.access.token})
        assert browser.get("/api/recovery").json() == {"clips": 2, "unlisted": []}
        clips = {clip["id"]: clip for clip in browser.get("/api/clips").json()}
        assert clips[done]["compare"] and clips[done]["original"]
        assert (clips[done]["width"], clips[done]["seconds"]) == (320, 0.9)
        assert clips[waiting]["code"] == "recovered" and clips[waiting]["width"] is None
        assert all(clip["name"].startswith("Recovered ") for clip in clips.values())
        assert browser.get(f"/api/clips/{done}/result").content == RESULT.encode()
        assert browser.post(f"/api/clips/{waiting}/again").json()["status"] == "queued"
        assert browser.post(f"/api/clips/{waiting}/cancel").status_code == 200
        for clip in (done, waiting):
            assert browser.delete(f"/api/clips/{clip}").status_code == 204
    assert stored(after) == {}


def test_an_older_copy_of_the_list_loses_nothing(make_application):
    before = make_application()
    first = upload(before, "a.mp4")
    before.store.close()
    copy = before.folders.database.read_bytes()
    assert not before.folders.database.with_name("mien.sqlite3-wal").exists()
    before = make_application()
    second = upload(before, "b.mp4")
    finish(before, first)
    before.folders.original(before.store.clips.get(first)).unlink()
    files = stored(before)
    lose(before)
    before.folders.database.write_bytes(copy)

    after = start(make_application)
    assert stored(after) == files
    assert after.store.jobs.get(first).status == Status.DONE
    assert (after.folders.run(after.store.clips.get(first)) / RESULT).is_file()
    assert after.store.jobs.get(second).code == "recovered" and after.app.state.recovery.clips == 2


def test_what_was_removed_does_not_come_back(make_application):
    before = make_application()
    clip = upload(before, "a.mp4")
    finish(before, clip)
    found = before.store.clips.get(clip)
    assert before.store.clips.remove(clip)  # and the server was ended before it removed the files
    assert before.folders.original(found).is_file()
    after = start(make_application)
    assert (
        stored(after) == {}
        and after.store.jobs.listing() == []
        and after.app.state.recovery.clips == 0
    )
    assert after.store.removed() == set()


def test_what_cannot_be_listed_is_named_and_stays(make_application):
    before = make_application()
    project = before.store.projects.all()[0].id
    home = before.folders.data / "projects" / project
    report = home / "runs" / ("1" * 32) / ("2" * 16) / "report" / "report.html"
    broken = home / "runs" / ("3" * 32) / ("2" * 16) / RESULT
    renamed = before.folders.data / "projects" / "old project" / "originals" / ("4" * 32)
    foreign = home / "originals" / "holiday.mp4"
    for path in (report, broken, renamed, foreign, home / "originals" / ".DS_Store"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("something")
    (broken.parent / MANIFEST).write_text("{}")
    lose(before)
    after = start(make_application)
    assert sorted(after.app.state.recovery.unlisted) == sorted(
        f"projects/{place}"
        for place in (
            f"{project}/runs/{'1' * 32}",
            f"{project}/runs/{'3' * 32}",
            "old project",
            f"{project}/originals/holiday.mp4",
        )
    )
    assert all(path.is_file() for path in (report, broken, renamed, foreign))
    (sentence,) = after.app.state.recovery.sentences(after.folders.data)
    assert "and 3 more" in sentence and "may show patients" in sentence
    assert str(after.folders.data / "projects") in sentence and sentence.count(". ") == 0


def test_of_two_results_the_newer_is_the_clip_s(make_application):
    before = make_application()
    clip = upload(before, "a.mp4")
    finish(before, clip)
    runs = before.folders.runs(before.store.clips.get(clip))
    write_result(runs / ("f" * 16), engine="blur")
    written = (runs / ("f" * 16) / MANIFEST).stat().st_mtime_ns
    os.utime(runs / ("f" * 16) / MANIFEST, ns=(written, written + 10**9))
    lose(before)
    after = start(make_application)
    assert (
        after.store.clips.get(clip).run == "f" * 16
        and after.store.jobs.get(clip).wanted["engine"] == "blur"
    )


def test_a_folder_without_a_list_and_without_files_is_new(make_application):
    application = make_application()
    lose(application)
    again = start(make_application)
    assert [project.name for project in again.store.projects.all()] == ["Clips"]
    assert again.app.state.recovery.sentences(again.folders.data) == []


def ruin(database, how):
    content = bytearray(database.read_bytes())
    if how == "other":
        content = bytearray(b"this is no database " * 500)
    elif how == "middle":
        content[4096:] = b"\xff" * len(content[4096:])
    elif how == "half":
        content = content[: len(content) // 2]
    database.write_bytes(content)


@pytest.mark.parametrize("how", ["other", "middle", "half"])
def test_a_damaged_list_is_one_sentence_and_left_as_it_is(make_application, how):
    before = make_application()
    upload(before, "a.mp4")
    before.store.close()
    ruin(before.folders.database, how)
    files, content = stored(before), before.folders.database.read_bytes()
    with pytest.raises(DatabaseError) as found:
        make_application()
    assert str(before.folders.database) in str(found.value) and "left as it is" in str(found.value)
    assert found.value.exit_status == 8 and "sqlite3." not in str(found.value).lower()
    assert before.folders.database.read_bytes() == content and stored(before) == files
    before.folders.database.rename(before.folders.data / "damaged")  # as the sentence says
    for path in before.folders.data.glob("mien.sqlite3-*"):
        path.unlink()
    assert start(make_application).app.state.recovery.clips == 1


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE clips DROP COLUMN frames",
        "UPDATE jobs SET wanted = 'no json'",
        "DROP TABLE projects",
    ],
)
def test_a_list_with_other_contents_is_damaged_too(make_application, change):
    before = make_application()
    upload(before, "a.mp4")
    before.store.close()
    with sqlite3.connect(before.folders.database) as database:
        database.execute("PRAGMA foreign_keys=OFF")
        database.execute(change)
    database.close()
    if "DROP TABLE" in change:  # made anew, and the project's folder is found
        after = start(make_application)
        (clip,) = after.store.jobs.listing()
        assert [project.id for project in after.store.projects.all()] == [clip.project_id]
        return
    with pytest.raises(DatabaseError):
        make_application()


def test_changes_without_their_database_are_kept(make_application):
    before = make_application()
    upload(before, "a.mp4")
    before.store.projects.add("Other")
    database = before.folders.database
    changes = database.with_name("mien.sqlite3-wal")
    content = changes.read_bytes()
    assert content
    before.store.close()
    for emptied in (False, True):
        database.unlink(missing_ok=True)
        if emptied:
            database.touch()
        changes.write_bytes(content)
        with pytest.raises(DatabaseError, match="-wal"):
            make_application()
        assert changes.read_bytes() == content


def test_looking_through_the_list_changes_nothing(make_application):
    before = make_application()
    upload(before, "a.mp4")
    before.store.projects.add("Other")  # which stands in the file of changes only
    paths = [before.folders.data / f"mien.sqlite3{ending}" for ending in ("", "-wal")]
    contents = [path.read_bytes() for path in paths]
    damage.check(before.folders.database)
    assert [path.read_bytes() for path in paths] == contents


def test_a_list_that_cannot_be_opened_is_a_sentence(tmp_path, make_application):
    (tmp_path / "data" / "mien.sqlite3").mkdir(parents=True)
    with pytest.raises(OutputError, match="cannot be read or changed"):
        make_application()


def test_the_command_says_it_with_a_status_of_its_own(tmp_path):
    (tmp_path / "mien.sqlite3").write_bytes(b"this is no database " * 500)
    app = typer.Typer()
    app.command()(guarded(serve))
    found = CliRunner().invoke(app, ["--no-browser", "--data", str(tmp_path)])
    assert found.exit_code == 8 and found.stderr.startswith("mien: The list of clips ")
    assert found.stderr.count("\n") == 1


def test_the_command_names_what_it_found(make_application, tmp_path):
    before = make_application()
    upload(before, "a.mp4")
    lose(before)
    code = "from mien.cli import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", code, "serve", "--no-browser", "--data", str(tmp_path / "data")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None and process.stderr is not None
        assert "1 video was found" in process.stderr.readline()
        assert "mien runs at" in process.stdout.readline()
    finally:
        process.kill()
        process.communicate()


def test_damage_while_the_server_runs_is_a_sentence(application, browser):
    for path in application.folders.data.glob("mien.sqlite3*"):
        path.write_bytes(b"this is no database " * 5000)
    application.store.close()
    answer = browser.get("/api/clips")
    assert (answer.status_code, answer.json()["code"]) == (503, "damaged")
    assert "database" not in answer.json()["error"]


def test_a_start_that_fails_late_is_not_silent(tmp_path, monkeypatch):
    def fails(self):
        raise OutputError("The disk went away: connect it again.")

    monkeypatch.setattr(Supervisor, "start", fails)
    with (
        ThreadPoolExecutor(1) as apart,  # where no loop runs, as one may here
        pytest.raises(OutputError, match="connect it again"),
    ):
        apart.submit(server.serve, Serving(tmp_path), 0, print).result()


def test_the_first_page_has_words_for_it_in_both_languages():
    words = (PAGES / "words" / "deidentify.js").read_text()
    for name in ("recoveredClips:", "unlisted:"):
        assert words.count(f"    {name}") == 2
    everybody = (PAGES / "words.js").read_text()
    for code in ("recovered", "damaged", "linked", "files_left"):
        assert f"      {code}: " in everybody


def test_jobs_that_are_no_clips_are_removed_for_good_too(queue):
    job = queue.jobs.add(
        Kind.RELEASE,
        id="5" * 32,
        project_id=queue.projects.all()[0].id,
        name="r",
        clips=[],
        wanted={},
    )
    queue.jobs.ask_to_cancel(job.id)
    assert queue.jobs.remove(job.id) and queue.removed() == {job.id}
    queue.all_gone([job.id])
    assert queue.removed() == set()


@pytest.mark.parametrize("tables", ["jobs (id TEXT, status TEXT)", "projects (id TEXT)"])
@pytest.mark.parametrize("changes", [True, False])
def test_somebody_else_s_database_is_refused_and_left_as_it_is(tmp_path, tables, changes):
    path = tmp_path / "mien.sqlite3"
    with closing(sqlite3.connect(path)) as other:
        other.execute(f"PRAGMA journal_mode={'WAL' if changes else 'DELETE'}")
        with other:
            other.execute(f"CREATE TABLE {tables}")
        content = path.read_bytes()
        with pytest.raises(DatabaseError) as found:
            Folders(tmp_path).make()
        assert path.read_bytes() == content and not (tmp_path / "projects").exists()
    sentence = str(found.value)
    assert str(path) in sentence and "not made by mien" in sentence and ". " not in sentence


def test_a_database_with_nothing_in_it_is_new(tmp_path):
    with closing(sqlite3.connect(tmp_path / "mien.sqlite3")) as empty:
        empty.execute("PRAGMA journal_mode=WAL")
    Folders(tmp_path).make()


def test_mien_s_own_database_is_known_whatever_is_lost_or_added(make_application):
    before = make_application()
    before.store.close()
    with closing(sqlite3.connect(before.folders.database)) as database, database:
        database.execute("DROP TABLE jobs")
        database.execute("CREATE TABLE of_a_backup (id TEXT)")
    assert start(make_application).store.jobs.listing() == []
