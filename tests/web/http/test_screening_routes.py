"""Links of reviewers, what each of them is sent, and what the owner of the server sees."""

from __future__ import annotations

import io
import zipfile

import pytest

from mien.review.living.review_folder import begin
from mien.review.living.update import Import, add
from mien.review.project.founding import Founding, begin_screening
from mien.review.project.store import ReviewStore
from mien.review.protocol.protocol import published_text
from mien.review.records.record import Record

ODD = "<script>alert(1)</script> & deep learning"


@pytest.fixture
def review(tmp_path):
    records = [
        Record(
            title=f"{ODD} number {k} of words{k}",
            authors=(f"<i>Author{k}</i>, A",),
            abstract="Deep learning of <b>faces</b>.",
            doi=f"10.1000/{k}",
            source="PubMed",
        )
        for k in range(8)
    ]
    folder = tmp_path / "review"
    came = Import("PubMed", "database", "a.ris", tuple(records))
    add(begin(published_text()), [came], "2021-09-30").save(folder)
    begin_screening(folder, Founding(("Ada", "Ben"), "Cy"))
    return folder


@pytest.fixture
def served(make_application, review):
    return make_application(reviews=(review,))


@pytest.fixture
def links(review):
    return [f"/screen/{one.token}/" for one in ReviewStore(review).people]


def put(client, link, number, decision, **more):
    body = {"record": number, "stage": "title", "decision": decision, **more}
    return client.put(f"{link}decision", json=body)


def test_a_link_needs_no_session_and_opens_nothing_else(served, links):
    with served.client() as client:
        assert client.get(links[0]).status_code == 200
        assert client.get(links[0][:-1]).headers["location"] == links[0]
        state = client.get(f"{links[0]}state").json()
        assert (state["name"], state["settles"]) == ("Ada", False)
        assert state["counts"]["title"] == {
            **{
                "todo": 8,
                "done": 0,
                "include": 0,
                "exclude": 0,
                "maybe": 0,
                "unavailable": 0,
                "all": 8,
            }
        }
        assert "deep learning" in state["terms"] and len(state["reasons"]) == 4
        for name in ("screen.js", "screen-keys.js", "screen-marks.js", "words/screen.js"):
            assert client.get(f"/screen/static/{name}").status_code == 200
        for path in ("/review", "/api/reviews", "/static/review.js"):
            assert client.get(path).status_code == 401
        for path in ("/screen/static/review.js", "/screen/static/%2e%2e/http/app.py"):
            assert client.get(path).status_code == 404


def test_a_link_that_is_nobodys_is_refused(served):
    with served.client() as client:
        for token in ("x", "a" * 32, "%00", "é"):
            for what in ("", "state", "list", "record/1"):
                assert client.get(f"/screen/{token}/{what}").status_code == 404


def test_nothing_is_written_from_elsewhere(served, links):
    with served.client() as client:
        body = {"record": 1, "stage": "title", "decision": "include"}
        other = {"Origin": "http://example.org"}
        assert client.put(f"{links[0]}decision", json=body, headers=other).status_code == 403


def test_markup_is_sent_as_text(served, links):
    with served.client() as client:
        one = client.get(f"{links[0]}record/1")
        assert one.headers["content-type"] == "application/json"
        assert one.json()["title"].startswith(ODD)


def test_decisions_are_there_after_the_server_is_gone(make_application, review, links):
    with make_application(reviews=(review,)).client() as client:
        assert put(client, links[0], 1, "include").json()["version"] == 1
        note = {"record": 1, "text": "<b>look</b>"}
        assert client.put(f"{links[0]}note", json=note).status_code == 204
        label = {"record": 1, "label": "sleep", "on": True}
        assert client.put(f"{links[0]}label", json=label).status_code == 204
    with make_application(reviews=(review,)).client() as client:
        one = client.get(f"{links[0]}record/1").json()
        assert (one["decision"], one["note"], one["labels"]) == (
            "include",
            "<b>look</b>",
            ["sleep"],
        )


def test_two_browsers_and_a_third(served, links):
    with served.client() as client:
        assert put(client, links[0], 1, "include").status_code == 200
        other_window = put(client, links[0], 1, "exclude")
        assert other_window.status_code == 409
        assert other_window.json()["code"] == "changed_elsewhere"
        assert client.get(f"{links[1]}record/1").json()["others"] == []
        assert client.get(f"{links[2]}record/1").status_code == 404
        put(client, links[1], 1, "exclude")
        listed = client.get(f"{links[2]}list").json()
        assert [one["id"] for one in listed["records"]] == [1] and listed["total"] == 1
        shown = client.get(f"{links[2]}record/1").json()
        assert [one["decision"] for one in shown["others"]] == ["include", "exclude"]
        settled = put(client, links[2], 1, "include", seen=shown["version"])
        assert settled.status_code == 200
        assert client.get(f"{links[0]}state").json()["counts"]["full"]["todo"] == 1
        assert put(client, links[0], 1, "exclude", stage="full").json()["code"] == "reason_needed"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"record": 1, "decision": "perhaps"}, 422),
        ({"record": 0, "decision": "include"}, 422),
        ({"record": 99, "decision": "include"}, 409),
        ({"record": 1, "decision": "exclude", "reason": "none such"}, 409),
        ({"record": 1, "decision": "include", "stage": "full"}, 409),
        ({"record": 1, "decision": "include", "seen": -1}, 422),
    ],
)
def test_decisions_are_checked(served, links, body, status):
    with served.client() as client:
        answer = client.put(f"{links[0]}decision", json={"stage": "title", **body})
        assert answer.status_code == status


def test_lists_are_checked(served, links):
    with served.client() as client:
        for query in ("which=others", "limit=1000", "offset=-1", "stage=none"):
            assert client.get(f"{links[0]}list?{query}").status_code == 422
        assert client.get(f"{links[0]}list?search=words3").json()["total"] == 1


def test_what_the_owner_sees(served, links):
    with served.client() as client:
        put(client, links[0], 1, "include")
        put(client, links[1], 1, "include")
        client.get("/enter", params={"token": served.access.token})
        (review,) = client.get("/api/reviews").json()
        assert review["records"] == 8 and [one["link"] for one in review["people"]] == links
        assert review["agreement"][0]["n"] == 1 and review["people"][0]["title"]["done"] == 1
        packed = client.get(f"/api/reviews/{review['id']}/text.zip")
        with zipfile.ZipFile(io.BytesIO(packed.content)) as archive:
            assert "screening/decisions.csv" in archive.namelist()
        assert client.get("/api/reviews/none/text.zip").status_code == 404
        assert client.get("/review").status_code == 200


def test_the_report_takes_over_what_was_decided(served, review, links):
    with served.client() as client:
        for link in links[:2]:
            put(client, link, 1, "exclude")
        client.get("/enter", params={"token": served.access.token})
        (one,) = client.get("/api/reviews").json()
        place = f"/api/reviews/{one['id']}/report"
        assert one["reported"] is None and client.get(place).status_code == 404
        assert client.post(place).json()["reported"] > 0
        assert "PRISMA" in client.get(place).text
        assert client.post(f"{place}?language=de").status_code == 200
        assert "Gefundene Treffer" in client.get(place).text
        assert client.post(f"{place}?language=fr").status_code == 422
    assert (review / "decisions.csv").read_text().count("exclude") == 2


def test_a_full_text_is_saved_and_not_shown(served, review, links):
    (review / "pdf").mkdir()
    (review / "pdf" / "r00001.pdf").write_bytes(b"%PDF-1.7")
    (review / "pdf" / "r00003.pdf").symlink_to(review / "decisions.csv")
    with served.client() as client:
        assert client.get(f"{links[0]}record/1").json()["pdf"] is True
        assert client.get(f"{links[0]}record/2").json()["pdf"] is False
        sent = client.get(f"{links[0]}pdf/1")
        assert sent.content == b"%PDF-1.7"
        assert sent.headers["content-disposition"].startswith("attachment")
        assert sent.headers["content-security-policy"] == "sandbox"
        for number in (2, 3):
            assert client.get(f"{links[0]}pdf/{number}").status_code == 404


RIS = "TY  - JOUR\nTI  - Faces of acromegaly and deep learning\nAU  - Su, Z\nPY  - 2020\nER  - \n\n"


@pytest.fixture
def owner(make_application):
    served = make_application()
    with served.client() as client:
        client.get("/enter", params={"token": served.access.token})
        yield client


def send(client, name, content):
    return client.post("/api/reviews/exports", params={"name": name}, content=content)


def test_a_review_is_begun_on_the_page(owner, make_application):
    one = send(owner, "../pubmed.ris", RIS).json()
    assert (one["name"], one["records"], one["sources"]) == ("pubmed.ris", 1, ["PubMed"])
    send(owner, "scopus.csv", "Title,Authors,Year\nKnees,B,2021\nElbows,C,2021\n")
    gone = send(owner, "wrong.ris", RIS).json()["id"]
    assert owner.delete(f"/api/reviews/exports/{gone}").status_code == 204
    assert [one["records"] for one in owner.get("/api/reviews/exports").json()] == [1, 2]
    wanted = {"reviewers": ["Ada", "Ben"], "arbiter": "Cy", "pilot": 1}
    made = owner.post("/api/reviews", json=wanted)
    assert made.status_code == 201, made.text
    assert made.json()["records"] == 3 and len(made.json()["people"]) == 3
    assert owner.get("/api/reviews/exports").json() == []
    link = made.json()["people"][0]["link"]
    assert owner.get(f"{link}list").json()["total"] == 3
    # it is there again after the server was started anew
    again = make_application()
    with again.client() as client:
        client.get("/enter", params={"token": again.access.token})
        assert [one["id"] for one in client.get("/api/reviews").json()] == [made.json()["id"]]


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.ris", "", "empty"),
        ("a.ris", "<!DOCTYPE html>", "unreadable-file"),
        ("a.toml", "title = ", "unreadable-file"),
        ("..", "no records", "unreadable-file"),
    ],
)
def test_exports_that_cannot_be_read_are_gone(owner, tmp_path, name, content, code):
    answer = send(owner, name, content)
    assert answer.status_code == 422 and answer.json()["code"] == code
    assert str(tmp_path) not in answer.text
    assert owner.get("/api/reviews/exports").json() == []
    assert not list((tmp_path / "data" / "reviews").rglob("*.*"))


def test_nothing_begins_without_exports_or_people(owner, tmp_path):
    wanted = {"reviewers": ["Ada", "Ben"], "arbiter": "Cy"}
    assert owner.post("/api/reviews", json=wanted).json()["code"] == "no_exports"
    send(owner, "pubmed.ris", RIS)
    for people in (["Ada"], ["Ada", "Ada"], []):
        answer = owner.post("/api/reviews", json={"reviewers": people, "arbiter": "Cy"})
        assert answer.status_code == 422
    assert owner.post("/api/reviews", json={"reviewers": ["Ada", "Ben"]}).status_code == 422
    assert owner.get("/api/reviews").json() == []
    assert owner.post("/api/reviews", json=wanted).status_code == 201


def test_a_full_text_is_attached_and_stays_here(served, links, review):
    with served.client() as client:
        address = f"{links[0]}pdf/1"
        assert client.put(address, content=b"<script>").json()["code"] == "no_pdf"
        assert not (review / "pdf" / "r00001.pdf").exists()
        assert client.put(f"{links[0]}pdf/99", content=b"%PDF-1.7").status_code == 404
        assert client.put(address, content=b"%PDF-1.7 one").status_code == 204
        assert client.put(address, content=b"%PDF-1.7 two").status_code == 204
        got = client.get(address)
        assert got.content == b"%PDF-1.7 two" and "attachment" in got.headers["content-disposition"]
        assert client.get(f"{links[1]}record/1").json()["pdf"] is True
        assert [one.name for one in (review / "pdf").iterdir()] == ["r00001.pdf"]
        assert len(client.get(f"{links[0]}state").json()["criteria"]) == 6
