"""Judges' links: what they open, and what they do not."""

from __future__ import annotations

import pytest

from mien.study.lineup_store import LineupStore, LineupTrial


@pytest.fixture
def lineup(tmp_path):
    """A line-up of two judges whose pictures are not looked at."""
    folder = tmp_path / "lineup"
    (folder / "faces").mkdir(parents=True)
    (folder / "lineup.json").write_text(
        '{"title": "Who?", "clips": ["p"], "controls": "cohort", "seed": 1, "names": {}}'
    )
    faces = tuple((f"{k}.jpg", role) for k, role in enumerate(("original", "result", "control1")))
    for name, _ in faces:
        (folder / "faces" / name).write_bytes(b"picture")
    trials = [LineupTrial(judge, 0, "inner", "p", faces) for judge in ("Ada", "Ben")]
    LineupStore.create(folder, trials)
    return folder


def test_a_judges_link_and_the_owners_page(make_application, lineup):
    application = make_application(studies=(lineup,))
    link, other = (f"/judge/{one.token}/" for one in LineupStore(lineup).progress())
    with application.client() as client:
        assert client.get(link).status_code == 200
        assert client.get(link[:-1]).headers["location"] == link
        state = client.get(f"{link}state")
        trial = state.json()["trials"][0]
        assert trial == {"id": trial["id"], "asks": "pair", "faces": 3, "answer": None}
        assert "original" not in state.text
        picture = client.get(f"{link}face/{trial['id']}/2")
        assert picture.content == b"picture" and "etag" not in picture.headers
        assert client.get(f"{link}face/{trial['id']}/3").status_code == 404
        assert client.get(f"{other}face/{trial['id']}/0").status_code == 404
        for answer, status in (([0, 3], 409), ([0], 409), ("x", 409), (7, 422), ([1, 0], 204)):
            body = {"trial": trial["id"], "answer": answer}
            assert client.put(f"{link}answer", json=body).status_code == status
        foreign = {"Origin": "http://example.org"}
        body = {"trial": trial["id"], "answer": []}
        assert client.put(f"{link}answer", json=body, headers=foreign).status_code == 403
        assert client.get("/judge/nobody/state").status_code == 404
        assert client.get("/api/lineups").status_code == 401
        for name in ("judge.js", "judge.css", "words/judge.js"):
            assert client.get(f"/rate/static/{name}").status_code == 200
        client.get("/enter", params={"token": application.access.token})
        (one,) = client.get("/api/lineups").json()
        assert [(j["link"], j["answered"]) for j in one["judges"]] == [(link, 1), (other, 0)]
        assert client.get("/api/studies").json() == []
        assert "original-result" in client.get(f"/api/lineups/{one['id']}/trials.csv").text
        assert client.get(f"/api/lineups/{one['id']}/report").status_code == 404
        assert client.post(f"/api/lineups/{one['id']}/report").json()["reported"]
        assert "The patient was found" in client.get(f"/api/lineups/{one['id']}/report").text
        assert client.post("/api/lineups/0/report").status_code == 404
