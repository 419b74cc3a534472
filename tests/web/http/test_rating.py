"""Raters' links, and what of a study a browser is sent: nothing that tells original from result."""

from __future__ import annotations

import json
import sqlite3
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "study"))
from clips_of_studies import folders

from mien.study.design import DesignSettings, chosen_items, design
from mien.study.store import DATABASE, StudyStore
from mien.video import clips


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A study of three pairs without a break, as it lies on a disk."""
    home = tmp_path_factory.mktemp("study")
    pairs, _ = clips.pairs(*folders(home, 3))
    items = chosen_items("3.2, sunnybrook")
    design(pairs, home / "study", DesignSettings(items, ("Ada", "Ben"), 1, 0.0, seed=1))
    return home / "study"


@pytest.fixture
def study(made, tmp_path):
    import shutil

    shutil.copytree(made, tmp_path / "study")
    return tmp_path / "study"


@pytest.fixture
def served(make_application, study):
    return make_application(studies=(study,))


@pytest.fixture
def links(study):
    return [f"/rate/{one.token}/" for one in StudyStore(study).progress()]


def rate_all(client, link, score=1):
    state = client.get(f"{link}state").json()
    for show in state["shows"]:
        for item in state["items"]:
            body = {"show": show["id"], "item": item["key"], "score": score}
            assert client.put(f"{link}answer", json=body).status_code == 204
    assert client.post(f"{link}submit", json={"round": state["round"]}).status_code == 204
    return state


def test_a_link_needs_no_session_and_opens_nothing_else(served, links):
    with served.client() as client:
        assert client.get(links[0]).status_code == 200
        assert client.get(links[0][:-1]).headers["location"] == links[0]
        assert client.get(f"{links[0]}state").json()["rater"] == "Ada"
        for name in ("rate.js", "words/rate.js", "style.css", "icon.svg"):
            assert client.get(f"/rate/static/{name}").status_code == 200
        for path in ("/study", "/api/studies", "/api/projects", "/static/study.js", "/"):
            assert client.get(path).status_code == 401
        for path in ("/rate/static/study.js", "/rate/static/",
                     "/rate/static/%2e%2e/http/app.py"):  # fmt: skip
            assert client.get(path).status_code == 404


def test_a_link_that_is_nobodys_is_refused(served):
    with served.client() as client:
        for token in ("x", "a" * 32, "%00", "é"):
            for what in ("", "state", f"clip/{'0' * 32}"):
                assert client.get(f"/rate/{token}/{what}").status_code == 404


def test_a_link_is_opened_from_a_mail_and_nothing_is_written_from_elsewhere(served, links):
    elsewhere = {"Sec-Fetch-Site": "cross-site"}
    with served.client() as client:
        assert client.get(links[0], headers=elsewhere).status_code == 200
        assert client.get(f"{links[0]}state", headers=elsewhere).status_code == 403
        body = {"round": 0}
        other = {"Origin": "http://example.org"}
        assert client.post(f"{links[0]}submit", json=body, headers=other).status_code == 403


def test_answers_are_there_after_the_server_is_gone(make_application, study, links):
    with make_application(studies=(study,)).client() as client:
        state = client.get(f"{links[0]}state").json()
        show = state["shows"][1]["id"]
        for score in (3, None):
            body = {"show": show, "item": "mds-updrs-3-2", "score": score}
            assert client.put(f"{links[0]}answer", json=body).status_code == 204
        remark = {"show": show, "text": "glasses"}
        assert client.put(f"{links[0]}remark", json=remark).status_code == 204
    with make_application(studies=(study,)).client() as client:
        again = client.get(f"{links[0]}state").json()
        assert again["shows"][1]["answers"] == {"mds-updrs-3-2": None}
        assert again["shows"][1]["remark"] == "glasses"


@pytest.mark.parametrize(
    ("item", "score", "status"),
    [("mds-updrs-3-2", 5, 409), ("other", 1, 409), ("mds-updrs-3-2", "x", 422),
     ("sunnybrook", 101, 409), ("sunnybrook", 77, 204)],
)  # fmt: skip
def test_answers_are_checked(served, links, item, score, status):
    with served.client() as client:
        show = client.get(f"{links[0]}state").json()["shows"][0]["id"]
        body = {"show": show, "item": item, "score": score}
        assert client.put(f"{links[0]}answer", json=body).status_code == status
        # of somebody else it is nobody's
        assert client.put(f"{links[1]}answer", json=body).status_code in (409, 422)


def test_what_is_sent_does_not_tell_original_from_result(served, study, links):
    """Headers and sizes are the same for all clips of a recording, and nothing names a version."""
    with served.client() as client:
        heads: dict[str, set[str]] = {}
        seen = []
        for _ in range(3):
            state = client.get(f"{links[0]}state")
            seen.append(state.text)
            for show in state.json()["shows"]:
                clip = client.get(f"{links[0]}clip/{show['id']}")
                assert clip.status_code == 200
                part = client.get(f"{links[0]}clip/{show['id']}", headers={"Range": "bytes=0-9"})
                assert part.status_code == 206 and len(part.content) == 10
                kept = {k: v for k, v in clip.headers.items() if k not in ("date",)}
                with sqlite3.connect(study / DATABASE) as db:
                    row = db.execute("SELECT clip FROM shows WHERE id = ?", (show["id"],))
                    name = row.fetchone()[0]
                heads.setdefault(name, set()).add(json.dumps([kept, part.headers["content-range"]]))
            rate_all(client, links[0])
        page = client.get(links[0]).text
    assert {len(found) for found in heads.values()} == {1} and len(heads) == 3
    for word in ("original", "result", "repeat", "etag", "last-modified", "p0", "p1"):
        assert not any(word in text for text in (*seen, *(h for f in heads.values() for h in f)))
    assert "original" not in page


def test_the_owner_sees_links_progress_tables_and_report(served, study, links):
    with served.client() as client:
        rate_all(client, links[0])
        assert client.get("/enter", params={"token": served.access.token}).status_code == 303
        page = client.get("/study")
        assert page.status_code == 200 and 'href="/" data-word="toDeidentify"' in page.text
        (one,) = client.get("/api/studies").json()
        assert [rater["link"] for rater in one["raters"]] == links
        assert one["raters"][0]["answered"] in (2, 3) and one["raters"][1]["answered"] == 0
        assert one["reported"] is None and one["pairs"] == 3
        table = client.get(f"/api/studies/{one['id']}/ratings.csv")
        assert table.content.startswith(b"\xef\xbb\xbfrater,clip,version,item,repeat,score")
        assert client.get(f"/api/studies/{one['id']}/ratings.parquet").content[:4] == b"PAR1"
        assert client.get(f"/api/studies/{one['id']}/report").status_code == 404
        done = client.post(f"/api/studies/{one['id']}/report")
        assert done.status_code == 200 and done.json()["reported"]
        report = client.get(f"/api/studies/{one['id']}/report")
        assert "drawn from the seed 1" in report.text
        assert "The study is not over" in report.text and "Ben (0 of 7)" in report.text
        assert client.get("/api/studies/0000/report").status_code == 404


def test_nothing_to_analyse_is_said(served):
    with served.client() as client:
        client.get("/enter", params={"token": served.access.token})
        (one,) = client.get("/api/studies").json()
        refused = client.post(f"/api/studies/{one['id']}/report")
        assert refused.status_code == 409 and refused.json()["code"] == "nothing_rated"


def test_an_exported_table_is_analysed_like_the_study(served, study, links, mien, tmp_path):
    with served.client() as client:
        for _ in range(3):
            rate_all(client, links[1], 2)
    done = mien("study", "export", study, "-o", tmp_path / "r.csv")
    assert done.exit_code == 0 and "14 answers" in done.stdout
    one = mien("study", "analyse", tmp_path / "r.csv", "-o", tmp_path / "one", "--json")
    two = mien("study", "analyse", study, "-o", tmp_path / "two", "--json")
    assert json.loads(one.stdout)["items"] == json.loads(two.stdout)["items"]
    assert mien("study", "export", study, "-o", tmp_path / "r.parquet").exit_code == 0
    assert mien("study", "export", tmp_path, "-o", tmp_path / "x.csv").exit_code == 3


def test_a_folder_without_a_study_is_refused(mien, tmp_path):
    refused = mien("serve", "--no-browser", "--data", tmp_path / "data", "--study", tmp_path)
    assert refused.exit_code == 3 and "holds no study" in refused.stderr
