"""The page of included studies: what its links open, what is stored, what is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mien.review.living.decisions import Decision
from mien.review.living.review_folder import begin
from mien.review.living.update import Import, add
from mien.review.project.founding import Founding, begin_screening
from mien.review.project.store import ReviewStore
from mien.review.protocol.protocol import published_text
from mien.review.records.record import Record


@pytest.fixture
def review(tmp_path):
    found = tuple(
        Record(title=f"<b>Study</b> {k} word{k}", authors=(f"<i>Author{k}</i>, A",), year=2000)
        for k in range(1, 4)
    )
    made = add(begin(published_text()), [Import("PubMed", "database", "a.ris", found)], "2021")
    said = [
        Decision(one.id, stage, who, "include")
        for one in made.records[:2]
        for stage in ("title", "full")
        for who in ("Ada", "Ben")
    ]
    replace(made, decisions=tuple(said)).save(tmp_path / "review")
    begin_screening(tmp_path / "review", Founding(("Ada", "Ben"), "Cy"))
    return tmp_path / "review"


@pytest.fixture
def served(make_application, review):
    return make_application(reviews=(review,))


@pytest.fixture
def links(review):
    return [f"/screen/{one.token}/studies" for one in ReviewStore(review).people]


def put(client, link, item, answer, **more):
    body = {"record": 1, "form": "data", "item": item, "answer": answer, **more}
    return client.put(f"{link}/answer", json=body)


def test_the_link_opens_the_page_and_its_studies(served, links):
    with served.client() as client:
        assert client.get(f"{links[0]}/").status_code == 200
        assert client.get(links[0], follow_redirects=False).headers["location"] == f"{links[0]}/"
        for name in ("studies.js", "studies-fields.js", "words/studies.js", "studies.css"):
            assert client.get(f"/screen/static/{name}").status_code == 200
        state = client.get(f"{links[0]}/state").json()
        assert [one["id"] for one in state["studies"]] == [1, 2]
        assert (state["name"], state["settles"]) == ("Ada", False)
        assert client.get(links[0].replace("studies", "state")).json()["included"] == 2
        assert client.get(f"{links[0]}/study/3").status_code == 404


def test_nobody_elses_link_opens_anything(served):
    with served.client() as client:
        for path in ("", "/", "/state", "/list", "/study/1"):
            found = client.get(f"/screen/nobody/studies{path}", follow_redirects=True)
            assert found.status_code == 404
        assert put(client, "/screen/nobody/studies", "tp", "1").status_code == 404


def test_answers_are_stored_checked_and_blind(served, links):
    with served.client() as client:
        assert put(client, links[0], "tp", " 40 ").json() == {"version": 1, "answer": "40"}
        assert put(client, links[0], "tp", "41").json()["code"] == "changed_elsewhere"
        wrong = put(client, links[0], "fp", "-2")
        assert (wrong.status_code, wrong.json()["code"]) == (409, "no_answer")
        assert "whole" in wrong.json()["error"]
        ben = client.get(f"{links[1]}/study/1").json()
        assert ben["answers"] == [] and ben["others"] == []
        assert put(client, links[2], "tp", "40").json()["code"] == "nothing_differs"
        put(client, links[1], "tp", "41")
        seen = client.get(f"{links[2]}/study/1").json()
        assert seen["differ"] == [["data", "", "tp"]]
        assert put(client, links[2], "tp", "40").status_code == 200
        assert put(client, links[0], "tp", "x" * 20_000).status_code == 422
