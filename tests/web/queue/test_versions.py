"""A data folder of an older version is brought to this one, once and as a whole."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from sqlalchemy import update

from mien.errors import DatabaseError, MienError, OutputError
from mien.web.queue import versions
from mien.web.queue.jobs import Jobs

_OLD = """
CREATE TABLE projects (
    id VARCHAR NOT NULL, name VARCHAR NOT NULL, created FLOAT NOT NULL, PRIMARY KEY (id)
);
CREATE TABLE removed (id VARCHAR NOT NULL, PRIMARY KEY (id));
CREATE TABLE jobs (
    id VARCHAR NOT NULL, kind VARCHAR NOT NULL, project_id VARCHAR NOT NULL,
    number INTEGER NOT NULL, urgency INTEGER NOT NULL, name VARCHAR NOT NULL,
    created FLOAT NOT NULL, finished FLOAT, status VARCHAR NOT NULL, wanted JSON NOT NULL,
    clips JSON NOT NULL, found JSON, "after" VARCHAR, size INTEGER, width INTEGER, height INTEGER,
    frames INTEGER, seconds FLOAT, original BOOLEAN NOT NULL, stage VARCHAR, done INTEGER NOT NULL,
    total INTEGER, fps FLOAT, seconds_left FLOAT, beat FLOAT, worker VARCHAR, run VARCHAR,
    attempts INTEGER NOT NULL, cancel_asked FLOAT, error VARCHAR, code VARCHAR,
    PRIMARY KEY (id), FOREIGN KEY(project_id) REFERENCES projects (id)
);
PRAGMA user_version = 2;
INSERT INTO projects VALUES ('0123456789abcdef', 'Clips', 1000.0);
"""
CODES = {
    "NoFaceError": "no-face",
    "OutputError": "unwritable-output",
    "Withheld": "release-withheld",
    "unexpected": "unexpected",
    "stopped_twice": "stopped_twice",
    None: None,
}


@pytest.fixture
def old(tmp_path):
    """A database of version 2 with a job of each code."""
    path = tmp_path / "data" / "mien.sqlite3"
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as database, database:
        database.executescript(_OLD)
        for number, code in enumerate(CODES):
            database.execute(
                "INSERT INTO jobs (id, kind, project_id, number, urgency, name, created, status,"
                " wanted, clips, original, done, attempts, error, code)"
                " VALUES (?, 'deidentify', '0123456789abcdef', ?, 1, 'a.mp4', 1000.0, ?, '{}',"
                " '[]', 1, 0, 0, ?, ?)",
                (f"{number:032x}", number, "failed" if code else "done", code, code),
            )
    return path


def stored(path):
    """Version and codes, as SQLite has them."""
    with closing(sqlite3.connect(path)) as database:
        codes = database.execute("SELECT code FROM jobs ORDER BY number").fetchall()
        ((version,),) = database.execute("PRAGMA user_version").fetchall()
    return version, [code for (code,) in codes]


def test_names_of_classes_become_codes_when_the_folder_is_opened(old, make_application):
    application = make_application()
    assert [job.code for job in application.jobs.listing()] == list(CODES.values())
    # the sentence stays as it was said
    assert [job.error for job in application.jobs.listing()] == list(CODES)
    application.jobs.close()
    assert stored(old) == (3, list(CODES.values()))
    again = make_application()
    again.jobs.close()
    assert stored(old) == (3, list(CODES.values()))


def test_an_interrupted_change_leaves_the_old_version(old, monkeypatch):
    changed = []

    def until_interrupted(table):
        changed.append(table)
        if len(changed) > 8:
            raise KeyboardInterrupt
        return update(table)

    monkeypatch.setattr(versions, "update", until_interrupted)
    jobs = Jobs(old)
    with pytest.raises(KeyboardInterrupt):
        jobs.create()
    jobs.close()
    assert stored(old) == (2, list(CODES))  # two were changed by then
    monkeypatch.undo()
    jobs.create()
    jobs.close()
    assert stored(old) == (3, list(CODES.values()))


def test_a_damaged_list_of_an_older_version_is_left_as_it_is(old, make_application):
    with closing(sqlite3.connect(old)) as database, database:
        database.execute("UPDATE jobs SET wanted = 'no json' WHERE number = 2")
    with pytest.raises(DatabaseError, match="left as it is"):
        make_application()
    assert stored(old) == (2, list(CODES))


def test_a_newer_version_is_refused(old):
    with closing(sqlite3.connect(old)) as database, database:
        database.execute("PRAGMA user_version = 4")
    with pytest.raises(OutputError, match="another version"):
        Jobs(old).create()
    assert stored(old) == (4, list(CODES))


def test_the_names_lead_to_codes_that_errors_have():
    def below(kind):
        return {kind}.union(*(below(each) for each in kind.__subclasses__()))

    from mien.release import Withheld

    known = {error.__name__: error.code for error in below(MienError) | {Withheld}}
    assert {name: known[name] for name in versions._CLASSES} == versions._CLASSES
