"""Pseudonyms, and the table that says which file shows whom."""

from __future__ import annotations

import csv
import io

import pytest

from mien.web.queue.tables import Kind


def upload(browser, name, **query):
    content = f"video {name}".encode()
    answer = browser.post("/api/clips", params={"name": name, **query}, content=content)
    assert answer.status_code == 201, answer.text
    return answer.json()


@pytest.fixture
def clips(browser):
    return [upload(browser, f"Jane Doe {number}.mp4") for number in range(3)]


def take(browser, *rows, head="id,file,subject,visit,note"):
    return browser.post("/api/keys", content="\n".join([head, *rows]).encode())


def subjects(browser):
    return [clip["subject"] for clip in browser.get("/api/clips").json()]


def test_a_clip_is_called_by_its_pseudonym_everywhere(application, browser, clips):
    path = f"/api/clips/{clips[0]['id']}"
    found = browser.put(
        f"{path}/description", json={"subject": "P07\u202e", "visit": " 2 ", "note": "left\nside"}
    ).json()
    assert (found["name"], found["file"]) == ("P07 · 2", "Jane Doe 0.mp4")
    assert found["note"] == "left\nside" and found["wanted"]["subject"] == "P07"
    # what is left out stays
    assert browser.put(f"{path}/description", json={"visit": "3"}).json()["name"] == "P07 · 3"
    assert browser.put(f"{path}/description", json={"file": "x"}).status_code == 422
    assert browser.put(f"{path}/description", json={"subject": ""}).json()["subject"] is None


def test_jobs_about_a_clip_are_renamed_with_it(application, browser, clips):
    store, clip = application.store, application.store.clips.get(clips[0]["id"])
    store.jobs.add(
        Kind.ENCOUNTER, id="e" * 32, project_id=clip.project_id, wanted={}, clips=[clip.id],
        name="Jane Doe 0.mp4 + Jane Doe 1.mp4",
    )  # fmt: skip
    browser.put(f"/api/clips/{clip.id}/description", json={"subject": "P07"})
    assert store.jobs.get("e" * 32).name == "P07 + Jane Doe 1.mp4"


def test_the_table_comes_back_as_it_went(application, browser, clips):
    ids = [clip["id"] for clip in clips]
    browser.put(
        f"/api/clips/{ids[0]}/description",
        json={"subject": "=P07", "visit": 'a, "b"', "note": "two\nlines"},
    )
    answer = browser.get("/api/keys.csv")
    assert "keys" in answer.headers["content-disposition"]
    assert "Jane" not in answer.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row["id"] for row in rows] == ids
    assert rows[0]["subject"] == "'=P07"  # no formula to spreadsheets
    browser.put(f"/api/clips/{ids[0]}/description", json={"subject": "X", "visit": "", "note": ""})
    found = browser.post("/api/keys", content=answer.content).json()
    assert (found["taken"], found["changed"], found["unknown"]) == (3, 1, [])
    back = browser.get(f"/api/clips/{ids[0]}").json()
    assert (back["subject"], back["visit"], back["note"]) == ("=P07", 'a, "b"', "two\nlines")


def test_rows_are_found_by_file_and_semicolons_are_read(browser, clips):
    answer = take(browser, "Jane Doe 1.mp4;P2", "stranger.mp4;P9", head="File;Subject")
    assert answer.json() == {
        **{"taken": 1, "changed": 1, "unknown": ["stranger.mp4"], "unknown_count": 1}
    }
    assert subjects(browser) == [None, "P2", None]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe\x00",
        b"name,who\nJane Doe 0.mp4,P1",
        b"file,subject,subject\nJane Doe 0.mp4,P1,P2",
        b"file,subject\nJane Doe 0.mp4,P1\nJane Doe 0.mp4,P2",
        b"file,subject\nJane Doe 0.mp4,P1,more",
        b"file,subject\nJane Doe 0.mp4,P1\x00",
    ],
    ids=range(7),
)
def test_what_is_no_table_changes_nothing(browser, clips, content):
    answer = browser.post("/api/keys", content=content)
    assert (answer.status_code, answer.json()["code"]) == (422, "no_key_table")
    assert subjects(browser) == [None] * 3


def test_a_table_of_another_project_changes_nothing_here(browser, clips):
    other = browser.post("/api/projects", params={"name": "Other"}).json()["id"]
    table = browser.get("/api/keys.csv").content.replace(b'"",', b'"P1",', 1)
    found = browser.post("/api/keys", params={"project": other}, content=table).json()
    assert (found["taken"], found["unknown_count"]) == (0, 3)
    assert subjects(browser) == [None] * 3
    assert browser.get("/api/keys.csv", params={"project": "../x"}).status_code == 404


def test_markup_is_text(browser, clips):
    text = "<img src=x onerror=alert(1)>"
    found = browser.put(
        f"/api/clips/{clips[0]['id']}/description", json={"subject": text, "note": text}
    )
    assert found.headers["content-type"] == "application/json"
    assert found.json()["subject"] == text


def test_only_the_pages_may_change_it(application, browser, clips):
    path = f"/api/clips/{clips[0]['id']}"
    for headers in ({"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        for method, place in (
            ("PUT", f"{path}/description"),
            ("PUT", f"{path}/making"),
            ("POST", f"{path}/redo"),
            ("POST", f"{path}/remove"),
            ("POST", f"{path}/people"),
            ("POST", f"{path}/portrait"),
            ("POST", "/api/keys"),
            ("POST", "/api/glance?width=64"),
        ):
            answer = browser.request(method, place, headers=headers, content=b"{}")
            assert answer.status_code == 403, place
    with application.client() as stranger:
        assert stranger.get("/api/keys.csv").status_code == 401
        assert stranger.get(f"{path}/people/1").status_code == 401
