"""Live calls over HTTP: made with a session, joined by one-time links."""

from __future__ import annotations

import pytest

pytest.importorskip("aiortc", reason="aiortc is not installed: make live")

from mien.errors import ParameterError
from mien.live.calls.call import Role
from mien.web.http.certificate import self_signed
from mien.web.http.serving import Serving


@pytest.fixture
def made(browser):
    return browser.post("/api/live", json={}).json()


@pytest.fixture
def stranger(application):
    """A browser without a session."""
    return application.client()


def test_calls_are_made_with_a_session_and_joined_without(browser, stranger, made):
    assert stranger.get("/api/live").status_code == 401
    assert set(made["links"]) == {"patient", "doctor"} and made["voice"] == "changed"
    for who, link in made["links"].items():
        page = stranger.get(link)
        assert page.status_code == 200 and f"call-{who}.js" in page.text
        assert "camera=(self)" in page.headers["permissions-policy"]
        assert page.headers["x-robots-tag"] == "noindex"
    assert not any(browser.get("/api/live").json()["calls"][0]["used"].values())


def test_pages_of_a_call_are_made_of_what_can_be_had_without_a_session(stranger, made):
    page = stranger.get(made["links"]["patient"]).text
    for name in [part.split('"')[0] for part in page.split("/live/static/")[1:]]:
        assert stranger.get(f"/live/static/{name}").status_code == 200, name
    assert stranger.get("/live/static/live.js").status_code == 404


def test_a_link_that_somebody_has_is_nobody_else_s(application, stranger, made):
    token = made["links"]["doctor"].split("/")[2]
    (call,) = application.app.state.calls.calls.listing()
    secret = call.links[Role.DOCTOR].take(None)
    answer = stranger.get(f"/live/{token}/")
    assert answer.status_code == 403 and "used already" in answer.text
    for method, what in (("POST", "join"), ("PUT", "say"), ("POST", "admit"), ("POST", "end")):
        body = {"sdp": "v=0"} if what == "join" else {}
        answer = stranger.request(method, f"/live/{token}/{what}", json=body)
        assert answer.status_code == 403 and answer.json()["code"] == "link_used", what
    assert not call.ended and not call.admitted
    holder = application.client()
    holder.cookies.set("mien_call", secret)
    assert holder.get(f"/live/{token}/").status_code == 200
    assert holder.post(f"/live/{token}/admit").json()["admitted"]
    assert holder.put(f"/live/{token}/say", json={"muted": True}).json()["muted"]["doctor"]
    assert holder.post(f"/live/{token}/end").json()["ended"]
    assert stranger.get(f"/live/{token}/").status_code == 410


def test_a_patient_lets_nobody_in(application, made):
    token = made["links"]["patient"].split("/")[2]
    (call,) = application.app.state.calls.calls.listing()
    patient = application.client()
    patient.cookies.set("mien_call", call.links[Role.PATIENT].take(None))
    assert patient.post(f"/live/{token}/admit").status_code == 404
    assert not call.admitted


def test_what_is_no_offer_leaves_the_link_unused(browser, stranger, made):
    answer = stranger.post(f"{made['links']['patient']}join", json={"sdp": "v=0\r\n"})
    assert answer.status_code == 422 and answer.json()["code"] == "invalid"
    (call,) = browser.get("/api/live").json()["calls"]
    assert not call["used"]["patient"] and call["counts"]["in"] == 0


def test_a_link_that_is_none(stranger):
    assert stranger.get("/live/nothing/").status_code == 404
    assert stranger.put("/live/nothing/say", json={}).json()["code"] == "no_call"


def test_an_ended_call_is_over(browser, stranger, made):
    assert browser.delete(f"/api/live/{made['id']}").json()["ended"]
    assert browser.delete("/api/live/none").status_code == 404
    assert stranger.get(made["links"]["patient"]).status_code == 410


def test_there_are_not_more_calls_than_anybody_needs(browser):
    answers = [browser.post("/api/live", json={}).status_code for _ in range(22)]
    assert answers[:20] == [201] * 20 and answers[20:] == [429] * 2
    assert browser.post("/api/live", json={"voice": "loud"}).status_code == 422


def test_without_the_packages_it_is_said(browser, stranger, monkeypatch):
    monkeypatch.setattr("mien.web.http.calling.find_spec", lambda name: None)
    assert browser.get("/api/live").json() == {"available": False, "calls": []}
    answer = browser.post("/api/live", json={})
    assert answer.status_code == 503 and "make live" in answer.json()["error"]
    assert stranger.get("/live/abc/").status_code == 404


def test_a_certificate_of_its_own_is_for_its_names_and_is_kept(tmp_path):
    names = ("192.168.1.5", "clinic.local")
    certificate, key, fingerprint = self_signed(tmp_path, names)
    assert key.stat().st_mode & 0o077 == 0 and len(fingerprint) == 95
    assert self_signed(tmp_path, names)[2] == fingerprint
    assert self_signed(tmp_path, ("other",))[2] != fingerprint
    certificate.write_text("no certificate")
    assert self_signed(tmp_path, names)[2] != fingerprint
    assert sorted(path.name for path in tmp_path.iterdir()) == [key.name, certificate.name]


def test_a_certificate_of_its_own_is_enough_for_other_computers(tmp_path):
    settings = {"data": tmp_path, "host": "192.168.1.5", "password": "long enough!"}
    assert Serving(**settings, self_signed=True).scheme == "https"
    with pytest.raises(ParameterError, match="--tls-self-signed"):
        Serving(**settings)
    with pytest.raises(ParameterError, match="not both"):
        Serving(**settings, self_signed=True, certificate=tmp_path, key=tmp_path)
