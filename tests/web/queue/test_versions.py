"""A data folder of an older version is brought to this one, once and as a whole."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

import pytest

from mien.errors import DatabaseError, MienError, OutputError
from mien.web.queue import versions
from mien.web.queue.damage import understood
from mien.web.queue.store import Store

_OLD = """
CREATE TABLE projects (
    id VARCHAR NOT NULL, name VARCHAR NOT NULL, created DOUBLE NOT NULL, PRIMARY KEY (id)
);
CREATE TABLE removed (id VARCHAR NOT NULL, PRIMARY KEY (id));
CREATE TABLE jobs (
    id VARCHAR NOT NULL, kind VARCHAR NOT NULL, project_id VARCHAR NOT NULL,
    number INTEGER NOT NULL, urgency INTEGER NOT NULL, name VARCHAR NOT NULL,
    created DOUBLE NOT NULL, finished DOUBLE, status VARCHAR NOT NULL, wanted JSON NOT NULL,
    clips JSON NOT NULL, found JSON, "after" VARCHAR, size INTEGER, width INTEGER, height INTEGER,
    frames INTEGER, seconds DOUBLE, original BOOLEAN NOT NULL, stage VARCHAR, done INTEGER NOT NULL,
    total INTEGER, fps DOUBLE, seconds_left DOUBLE, beat DOUBLE, worker VARCHAR, run VARCHAR,
    attempts INTEGER NOT NULL, cancel_asked DOUBLE, error VARCHAR, code VARCHAR,
    PRIMARY KEY (id), FOREIGN KEY(project_id) REFERENCES projects (id)
);
CREATE INDEX ix_jobs_worker ON jobs (worker);
CREATE INDEX ix_jobs_number ON jobs (number);
CREATE INDEX ix_jobs_status ON jobs (status);
CREATE INDEX ix_jobs_project_id ON jobs (project_id);
CREATE INDEX ix_jobs_kind ON jobs (kind);
INSERT INTO projects VALUES ('0123456789abcdef', 'Clips', 1000.0);
"""
"""As versions 2 and 3 made it."""
CODES = {
    "NoFaceError": "no-face",
    "OutputError": "unwritable-output",
    "Withheld": "release-withheld",
    "unexpected": "unexpected",
    "stopped_twice": "stopped_twice",
    None: None,
}


PROJECT = "0123456789abcdef"
WANTED = {
    **{"engine": "mesh", "surrogate": "auto", "match": "age", "people": "all", "subject": None},
    **{"voice": "mute", "compare": True, "measure": None},
}
DONE, COVER, MEASURED, FAILED, WAITS, RELEASE = (f"{number:032x}" for number in range(1, 7))
FIRST, COVERED = "1" * 16, "2" * 16
FOUND = {"frames": 10, "ledger": {"covered": 3}, "surrogates": ["man-fair-1"], "renderings": 1}


def insert(database, id, kind, **columns):
    """A row of the one table, as its version wrote it."""
    values = {
        **{"id": id, "kind": kind, "project_id": PROJECT, "urgency": 1, "name": "a.mp4"},
        **{"created": 1000.0, "status": "done", "wanted": {}, "clips": []},
        **{"done": 0, "attempts": 0, "number": int(id, 16)},
        **columns,
    }
    held = {row[1] for row in database.execute("PRAGMA table_info(jobs)")}
    if "original" in held:  # of clips and jobs in one table
        values.setdefault("original", 0)
    cells = [json.dumps(v) if isinstance(v, dict | list) else v for v in values.values()]
    names = ", ".join(f'"{name}"' for name in values)
    marks = ", ".join("?" * len(values))
    database.execute(f"INSERT INTO jobs ({names}) VALUES ({marks})", cells)


@pytest.fixture
def place(tmp_path):
    path = tmp_path / "data" / "mien.sqlite3"
    path.parent.mkdir()
    return path


@pytest.fixture
def old(place):
    """A database of version 2 with a job of each code."""
    with closing(sqlite3.connect(place)) as database, database:
        database.executescript(_OLD + "PRAGMA user_version = 2;")
        for number, code in enumerate(CODES):
            status = "failed" if code else "done"
            run = None if code else FIRST
            insert(
                *(database, f"{number:032x}", "deidentify"), status=status, error=code, code=code,
                run=run, original=1,
            )  # fmt: skip
    return place


@pytest.fixture
def third(place):
    """A database of version 3 with a job of every kind."""
    video = {"after": "delete", "size": 5, "width": 320, "height": 240, "frames": 10}
    video |= {"seconds": 1.5, "wanted": WANTED}
    with closing(sqlite3.connect(place)) as database, database:
        mien = int.from_bytes(b"mien")
        database.executescript(_OLD + f"PRAGMA user_version = 3; PRAGMA application_id = {mien};")
        insert(
            *(database, DONE, "deidentify"), **video, original=1, run=COVERED, found=FOUND,
            finished=1009.0,
        )  # fmt: skip
        insert(
            database, COVER, "cover", clips=[DONE], run=COVERED, found={"ledger": {"covered": 3}}
        )
        insert(
            *(database, MEASURED, "evaluate"), clips=[DONE], run=FIRST,
            found={"result_run": FIRST}, wanted={"profile": "generic"},
        )  # fmt: skip
        insert(
            *(database, FAILED, "deidentify"), **{**video, "after": "ask"}, status="failed",
            error="No face.", code="no-face", name="b.mp4",
        )  # fmt: skip
        insert(
            *(database, WAITS, "deidentify"), **video, status="running", original=1, run=FIRST,
            worker="w", stage="rendering", done=3, total=10, fps=2.5, beat=1010.0, attempts=1,
        )  # fmt: skip
        insert(
            *(database, RELEASE, "release"), clips=[DONE], run=FIRST, name="Two clips",
            found={"passed": True, "runs": {DONE: COVERED}},
        )  # fmt: skip
        database.execute("INSERT INTO removed VALUES ('gone')")
    return place


def stored(path):
    """Version and codes, as SQLite has them."""
    with closing(sqlite3.connect(path)) as database:
        codes = database.execute("SELECT code FROM jobs ORDER BY number").fetchall()
        ((version,),) = database.execute("PRAGMA user_version").fetchall()
    return version, [code for (code,) in codes]


def contents(path):
    """Everything that a database holds."""
    with closing(sqlite3.connect(path)) as database:
        return list(database.iterdump())


def columns_of(path):
    """Tables with their columns and indices, however they are written."""
    with closing(sqlite3.connect(path)) as database:
        tables = [
            name
            for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        return {
            name: [
                sorted(database.execute(f"PRAGMA {what}({name})").fetchall())
                for what in ("table_info", "foreign_key_list")
            ]
            + [sorted(row[1] for row in database.execute(f"PRAGMA index_list({name})"))]
            for name in tables
        }


def test_names_of_classes_become_codes_when_the_folder_is_opened(old, make_application):
    application = make_application()
    assert [job.code for job in application.store.jobs.listing()] == list(CODES.values())
    # the sentence stays as it was said
    assert [job.error for job in application.store.jobs.listing()] == list(CODES)
    application.store.close()
    assert stored(old) == (6, list(CODES.values()))
    again = make_application()
    again.store.close()
    assert stored(old) == (6, list(CODES.values()))


def test_clips_are_parted_from_the_jobs_that_are_done_with_them(third):
    store = Store(third)
    store.create()
    clips = {clip.id: clip for clip in store.clips.listing()}
    assert list(clips) == [DONE, FAILED, WAITS]
    done = clips[DONE]
    assert (done.project_id, done.name, done.created) == (PROJECT, "a.mp4", 1000.0)
    assert (done.after, done.original, done.size) == ("delete", True, 5)
    assert (done.width, done.height, done.frames, done.seconds) == (320, 240, 10, 1.5)
    assert (done.run, done.found) == (COVERED, FOUND)
    assert (done.job.status, done.job.finished, done.job.wanted) == ("done", 1009.0, WANTED)
    assert clips[FAILED].run is None and not clips[FAILED].original
    assert (clips[FAILED].job.code, clips[FAILED].after) == ("no-face", "ask")
    running = clips[WAITS]
    assert running.run is None and running.job.run == FIRST  # an attempt is no result yet
    assert (running.job.stage, running.job.done, running.job.total) == ("rendering", 3, 10)
    assert store.held.note(WAITS, "w", done=4)  # the worker has it still

    works = {job.id: job for job in store.jobs.listing() if job.id not in clips}
    assert list(works) == [COVER, MEASURED, RELEASE]
    assert all(job.clips == [DONE] for job in works.values())
    assert works[RELEASE].name == "Two clips" and works[RELEASE].found["runs"] == {DONE: COVERED}
    assert works[MEASURED].wanted == {"profile": "generic"}
    assert store.removed() == {"gone"}
    assert [job.id for job in store.jobs.of_clip(DONE)] == [COVER, MEASURED, RELEASE]
    assert store.results()[DONE] == COVERED and store.results()[RELEASE] == FIRST
    store.close()


def test_the_name_of_a_clip_is_at_one_place(third):
    Store(third).create()
    with closing(sqlite3.connect(third)) as database:
        assert database.execute("SELECT id FROM jobs WHERE name = 'b.mp4'").fetchall() == []
        assert database.execute("SELECT id FROM clips WHERE name = 'b.mp4'").fetchall() == [
            (FAILED,)
        ]


def test_what_was_changed_is_built_as_what_is_new(third, tmp_path):
    for path in (third, tmp_path / "new"):
        Store(path).create()
    assert columns_of(third) == columns_of(tmp_path / "new")


@pytest.fixture
def fourth(place):
    """A database of version 4 with a clip that is done and a job that read it."""
    added = versions._NEW
    Store(place).create()
    with closing(sqlite3.connect(place)) as database, database:
        database.execute("DROP INDEX ix_clips_digest")
        database.execute("DROP INDEX ix_projects_owner")
        for table, names in added.items():
            for name in names:
                database.execute(f'ALTER TABLE {table} DROP COLUMN "{name}"')
        database.execute("PRAGMA user_version = 4")
        database.execute(f"INSERT INTO projects VALUES ('{PROJECT}', 'Clips', 1000.0)")
        insert(database, DONE, "deidentify", clips=[DONE], wanted=WANTED, name=None, run=FIRST)
        insert(database, MEASURED, "evaluate", clips=[DONE], run=FIRST)
        database.execute(
            'INSERT INTO clips (id, project_id, name, created, "after", size, original, run) '
            "VALUES (?, ?, 'a.mp4', 1000.0, 'ask', 5, 1, ?)",
            (DONE, PROJECT, FIRST),
        )
    return place


def test_clips_of_version_4_are_kept_and_have_no_pseudonym_yet(fourth, tmp_path):
    before = contents(fourth)
    store = Store(fourth)
    store.create()
    (clip,) = store.clips.listing()
    assert (clip.called, clip.run, clip.original) == ("a.mp4", FIRST, True)
    assert (clip.digest, clip.subject, clip.family, clip.before, clip.leaves) == (None,) * 5
    assert clip.job.started is None
    store.clips.describe(DONE, subject="P07", visit="2")
    assert store.clips.get(DONE).called == "P07 · 2"
    assert store.jobs.get(MEASURED).name == "P07 · 2"  # it was called as the clip was
    store.close()
    assert contents(fourth) != before and stored(fourth)[0] == 6
    Store(tmp_path / "new").create()
    assert columns_of(fourth) == columns_of(tmp_path / "new")


def test_projects_of_version_5_are_nobodys_yet(place, tmp_path):
    Store(place).create()
    with closing(sqlite3.connect(place)) as database, database:
        database.execute("DROP INDEX ix_projects_owner")
        database.execute("ALTER TABLE projects DROP COLUMN owner")
        database.execute("ALTER TABLE clips DROP COLUMN came")
        for table in ("shares", "belongings", "audit_head", "accounts"):
            database.execute(f"DROP TABLE {table}")
        database.execute("PRAGMA user_version = 5")
        database.execute(f"INSERT INTO projects VALUES ('{PROJECT}', 'Clips', 1000.0)")
    store = Store(place)
    store.create()
    (project,) = store.projects.all()
    assert (project.id, project.owner) == (PROJECT, None)
    assert not store.accounts.any()
    Store(tmp_path / "new").create()
    assert columns_of(place) == columns_of(tmp_path / "new")


def interrupted(path, by, undo):
    """Whether a change that cannot be finished leaves what was there, and can be tried again."""
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(by)
    before = contents(path)
    store = Store(path)
    with pytest.raises(DatabaseError), understood(path):
        store.create()
    store.close()
    left = contents(path) == before
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(undo)
    Store(path).create()
    return left


def test_an_interrupted_change_leaves_the_old_version(old):
    assert interrupted(
        old,
        "CREATE TRIGGER last BEFORE UPDATE ON jobs WHEN NEW.code = 'release-withheld'"
        " BEGIN SELECT no_such_function(); END",  # two codes were changed by then
        "DROP TRIGGER last",
    )
    assert stored(old) == (6, list(CODES.values()))


def test_an_interrupted_parting_leaves_the_old_version(third):
    # the jobs are in their new table by then, and the clips do not fit into theirs
    assert interrupted(third, "CREATE TABLE clips (id TEXT)", "DROP TABLE clips")
    assert [clip.id for clip in Store(third).clips.listing()] == [DONE, FAILED, WAITS]


def test_a_damaged_list_of_an_older_version_is_left_as_it_is(old, make_application):
    with closing(sqlite3.connect(old)) as database, database:
        database.execute("UPDATE jobs SET wanted = 'no json' WHERE number = 2")
    with pytest.raises(DatabaseError, match="left as it is"):
        make_application()
    assert stored(old) == (2, list(CODES))


def test_a_newer_version_is_refused(third):
    Store(third).create()
    with closing(sqlite3.connect(third)) as database, database:
        database.execute("PRAGMA user_version = 7")
    before = contents(third)
    with pytest.raises(OutputError, match="another version"):
        Store(third).create()
    assert contents(third) == before


def test_the_names_lead_to_codes_that_errors_have():
    def below(kind):
        return {kind}.union(*(below(each) for each in kind.__subclasses__()))

    from mien.release import Withheld

    known = {error.__name__: error.code for error in below(MienError) | {Withheld}}
    assert {name: known[name] for name in versions._CLASSES} == versions._CLASSES
