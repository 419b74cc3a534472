"""Pairs that are looked at before a review begins, and exports that come to one that is there."""

from __future__ import annotations

import io
import json
import zipfile

import pytest

RIS = "TY  - JOUR\nTI  - {}\nAU  - Su, Z\nPY  - {}\nER  - \n\n"
SAME = "Faces of acromegaly and deep learning in photographs"
WANTED = {"reviewers": ["Ada", "Ben"], "arbiter": "Cy"}


@pytest.fixture
def owner(make_application):
    served = make_application()
    with served.client() as client:
        client.get("/enter", params={"token": served.access.token})
        yield client


def send(client, name, *lines):
    content = "".join(RIS.format(*line) for line in lines)
    return client.post("/api/reviews/exports", params={"name": name}, content=content).json()


def pairs(client):
    return client.get("/api/reviews/exports/duplicates").json()


def decide(client, pair, together):
    body = {"a": pair["a"], "b": pair["b"], "together": together}
    return client.put("/api/reviews/exports/duplicates", json=body)


def test_pairs_are_looked_at_and_decisions_count(owner):
    assert owner.get("/api/reviews/exports/duplicates").json()["code"] == "no_exports"
    send(owner, "pubmed.ris", (SAME, 2020), ("Knees in sport and play of youths", 2020))
    send(owner, "scopus.ris", (SAME, 2020), ("Knees in sport and play of youths", 2021))
    found = pairs(owner)
    assert (found["total"], found["unique"], found["doubtful"]) == (4, 3, 1)
    doubtful, merged = found["pairs"]
    assert (doubtful["merged"], merged["merged"]) == (False, True)
    assert merged["records"][1]["title"] == SAME and "scopus.ris" in merged["records"][1]["source"]
    assert decide(owner, merged, False).status_code == 204
    assert decide(owner, doubtful, True).status_code == 204
    assert [one["decided"] for one in pairs(owner)["pairs"]] == [True, False]
    assert decide(owner, {"a": ["no", 0], "b": ["no", 1]}, True).status_code == 404
    made = owner.post("/api/reviews", json=WANTED).json()
    assert (made["records"], made["duplicates"], made["identified"]) == (3, 1, 4)


def test_a_decision_is_taken_back_and_goes_with_its_export(owner):
    send(owner, "pubmed.ris", (SAME, 2020))
    second = send(owner, "scopus.ris", (SAME, 2020))
    (pair,) = pairs(owner)["pairs"]
    decide(owner, pair, False)
    decide(owner, pair, None)
    assert pairs(owner)["pairs"][0]["decided"] is None
    decide(owner, pair, False)
    owner.delete(f"/api/reviews/exports/{second['id']}")
    send(owner, "scopus.ris", (SAME, 2020))
    assert pairs(owner)["pairs"][0]["decided"] is None
    assert owner.post("/api/reviews", json=WANTED).json()["records"] == 1


def test_exports_come_to_a_review_that_is_there(owner):
    send(owner, "pubmed.ris", (SAME, 2020))
    made = owner.post("/api/reviews", json=WANTED).json()
    address = f"/api/reviews/{made['id']}/update"
    assert owner.post(address).json()["code"] == "no_exports"
    link = made["people"][0]["link"]
    body = {"record": 1, "stage": "title", "decision": "include"}
    assert owner.put(f"{link}decision", json=body).status_code == 200
    send(owner, "scopus.ris", (SAME, 2020), ("Knees in sport and play of youths", 2021))
    now = owner.post(address).json()
    assert (now["version"], now["records"], now["duplicates"]) == (2, 2, 1)
    assert now["people"][0]["title"] == {"done": 1, "all": 2}
    assert owner.get("/api/reviews/exports").json() == []
    assert owner.post("/api/reviews/nothing/update").status_code == 404


def test_an_export_says_where_it_is_from(owner):
    cited = send(owner, "citations.ris", (SAME, 2020))
    assert (cited["source"], cited["kind"]) == ("citations", "other")
    found = send(owner, "found.ris", ("Knees in sport and play of youths", 2021))
    assert (found["source"], found["kind"]) == ("found", "database")
    address = f"/api/reviews/exports/{found['id']}"
    said = {"source": "CINAHL", "kind": "register", "date": "2021-09-30"}
    assert owner.put(address, json=said).json()["source"] == "CINAHL"
    assert owner.put(address, json={**said, "kind": "rumour"}).status_code == 422
    assert owner.put(address, json={**said, "date": "30.9.2021"}).status_code == 422
    assert owner.put("/api/reviews/exports/none", json=said).json()["code"] == "no_export"
    made = owner.post("/api/reviews", json=WANTED).json()
    owner.post(f"/api/reviews/{made['id']}/report")
    with zipfile.ZipFile(
        io.BytesIO(owner.get(f"/api/reviews/{made['id']}/report.zip").content)
    ) as z:
        flow = json.loads(z.read("report/review.json"))["flow"]
        assert "2021-09-30" in z.read("report/report.html").decode()
        assert z.read("report/figures/prisma-flow.svg").startswith(b"<?xml")
    assert (flow["other"], flow["registers"]) == ({"citations": 1}, {"CINAHL": 1})


def test_the_protocol_is_shown_before_a_review_begins(owner):
    shown = owner.get("/api/reviews/protocol").json()
    assert "facial image analysis" in shown["title"] and len(shown["exclude"]) == 4
    assert '"deep learning"[TIAB]' in shown["strings"][0]["text"]
    text = owner.get("/api/reviews/protocol.toml")
    own = text.text.replace("Deep learning-based", "Our own", 1)
    owner.post("/api/reviews/exports", params={"name": "own.toml"}, content=own)
    assert owner.get("/api/reviews/protocol").json()["title"].startswith("Our own")
