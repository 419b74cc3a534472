"""Ordering encounters, and what a worker says of them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import mien.web
from encounters import clip as draw
from encounters import encounter as happen
from mien.emotion.classifier import EXPRESSIONS
from mien.errors import NoFaceError
from mien.web.queue.tables import Kind
from mien.web.queue.tasks import Material, Task
from mien.web.works import encounter as encountering
from mien.web.works.encounter import LETTERS, encounter

WORDS = Path(mien.web.__file__).parent / "pages" / "words" / "encounter.js"
WANTED = {"roles": "two", "doctor_is": None, "patient_is": None, "offset": None, "language": "en"}
MADE = {"frames": 3, "ledger": {"rendered": 3}, "surrogates": [], "renderings": 1}


@pytest.fixture
def clips(browser, application):
    """Three clips, of which the last is not done."""
    made = [
        browser.post("/api/clips", params={"name": name}, content=b"video").json()["id"]
        for name in ("Doctor.mp4", "Patient.mp4", "Waiting.mp4")
    ]
    for clip in made[:2]:
        assert application.store.held.take("worker").id == clip
        assert application.store.held.finish(clip, "worker", MADE)
    return made


def order(browser, doctor, patient=None, **wanted):
    return browser.post("/api/encounters", json={"doctor": doctor, "patient": patient, **wanted})


def test_two_clips_are_an_encounter(browser, clips):
    answer = order(browser, clips[0], clips[1], offset=-1.5, language="de")
    assert answer.status_code == 201
    job = answer.json()
    assert (job["kind"], job["clips"]) == ("encounter", clips[:2])
    assert job["name"] == "Doctor.mp4 + Patient.mp4"
    assert job["wanted"] == {**WANTED, "offset": -1.5, "language": "de"}
    assert browser.get("/api/works").json() == [job]
    assert browser.delete(f"/api/clips/{clips[0]}").json()["code"] == "in_use"


def test_one_clip_that_shows_both_is_an_encounter(browser, clips):
    job = order(browser, clips[1], doctor_is="right", name=" Visit\n3 ").json()
    assert (job["name"], job["clips"]) == ("Visit3", [clips[1]])
    assert job["wanted"] == {**WANTED, "roles": "both", "doctor_is": "right"}


def test_what_is_no_encounter_is_refused(browser, application, clips):
    doctor, patient, waiting = clips
    for answer, status, code in (
        (order(browser, doctor, waiting), 409, "not_done"),
        (order(browser, doctor, "0" * 32), 404, "no_clip"),
        (order(browser, doctor, doctor), 422, "same_clip"),
        (order(browser, doctor, offset=1), 422, "one_clock"),
        (order(browser, doctor, doctor_is="left", patient_is="left"), 422, "same_side"),
        (order(browser, doctor, doctor_is="/etc/passwd"), 422, "invalid"),
        (order(browser, doctor, patient, offset=1e9), 422, "invalid"),
        (order(browser, "../x", patient), 422, "invalid"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    other = browser.post("/api/projects", params={"name": "Other"}).json()["id"]
    query = {"name": "far.mp4", "project": other}
    far = browser.post("/api/clips", params=query, content=b"video").json()["id"]
    for job in (waiting, far):
        assert application.store.held.take("worker").id == job
        application.store.held.finish(job, "worker", MADE)
    assert order(browser, doctor, far).json()["code"] == "other_project"
    assert browser.get("/api/works").json() == []


def test_a_mask_without_its_original_shows_nothing_to_read(browser, application):
    made = {}
    for engine in ("mesh", "mask", "blur"):
        query = {"name": engine, "engine": engine}
        made[engine] = browser.post("/api/clips", params=query, content=b"video").json()["id"]
        application.store.held.take("worker")
        application.store.held.finish(made[engine], "worker", MADE)
    assert order(browser, made["mask"], made["blur"]).status_code == 201  # originals are read
    job = browser.get("/api/works").json()[0]["id"]
    assert browser.post(f"/api/works/{job}/cancel").status_code == 200
    for clip in made.values():
        assert browser.delete(f"/api/clips/{clip}/original").status_code == 200
    for clips in (("mask",), ("mesh", "blur"), ("mask", "mesh")):
        answer = order(browser, *(made[name] for name in clips))
        assert (answer.status_code, answer.json()["code"]) == (409, "nothing_to_read")
    assert order(browser, made["mesh"]).status_code == 201


def material(tmp_path, name, original=True):
    """A clip with a result, the one brighter than the other."""
    run = tmp_path / f"run of {name}"
    run.mkdir()
    draw(run / "result.mp4", seconds=0.5, seed=1)
    stored = draw(tmp_path / f"{name}.mp4", seconds=0.5, seed=2) if original else None
    return Material(name, name, stored, run, {})


def task(tmp_path, clips, **wanted):
    folder = tmp_path / "made"
    folder.mkdir()
    return Task(Kind.ENCOUNTER, folder, {**WANTED, **wanted}, tuple(clips))


def test_originals_are_read_and_results_are_shown(tmp_path, monkeypatch):
    seen, shown, stages = {}, {}, set()

    def analyse(doctor, patient, *, settings, progress):
        seen.update(
            doctor=doctor.read_bytes(), patient=patient.read_bytes(), given=settings.references
        )
        return happen(
            doctor=[(10, 14, "anger")], patient=[(4, 9, "sadness")], seconds=20, missing=[(0, 2)]
        )

    def write(*given, videos, **more):
        shown.update(videos.deidentified)
        return real(*given, videos=videos, **more)

    real = encountering.write
    monkeypatch.setattr(encountering, "analyse", analyse)
    monkeypatch.setattr(encountering, "write", write)
    doctor, patient = material(tmp_path, "one"), material(tmp_path, "two", original=False)
    wanted = task(tmp_path, [doctor, patient], language="de", doctor_is="right")
    found = encounter(wanted, lambda stage, done, total: stages.add(stage))
    assert seen["doctor"] == doctor.original.read_bytes()
    assert seen["patient"] == (patient.folder / "result.mp4").read_bytes()
    assert seen["given"] == {"doctor": "right"}
    assert shown == {
        "doctor": doctor.folder / "result.mp4",
        "patient": patient.folder / "result.mp4",
    }
    assert found["analysed"] == {"doctor": "original", "patient": "result"}
    assert found["timelines"] == {"doctor": 10 * "n" + 4 * "a" + 6 * "n",
                                  "patient": "--nnsssss" + 11 * "n"}  # fmt: skip
    assert found["assessed"] == {"doctor": 1.0, "patient": pytest.approx(0.9)}
    assert found["shares"]["patient"]["sadness"] == pytest.approx(5 / 18)
    assert [(one["role"], one["expression"], one["start"]) for one in found["feedback"]] == [
        ("patient", "sadness", 4.0)  # so soon after it nothing is said about the doctor's face
    ]
    assert found["moments"] == 1
    assert "Trauer" in found["feedback"][0]["words"]
    page = (wanted.folder / "report" / "report.html").read_text()
    assert "not checked here" not in page and "SHOWS THE PEOPLE" not in page
    assert [path.name for path in wanted.folder.iterdir()] == ["report"]  # no link is left
    text = WORDS.read_text().split("\n  de: {")[0]
    assert all(re.search(rf"\b{stage}: ", text) for stage in stages)
    json.dumps(found, allow_nan=False)


def test_what_goes_wrong_is_said_by_role(tmp_path):
    clips = [material(tmp_path, "one"), material(tmp_path, "two", original=False)]
    with pytest.raises(NoFaceError, match=r"^No face was found in the doctor's recording: ") as no:
        encounter(task(tmp_path, clips, offset=0.0), lambda *_: None)
    assert str(tmp_path) not in str(no.value) and "result.mp4" not in str(no.value)


def test_a_result_that_shows_no_face_is_told_from_a_recording(tmp_path):
    only = material(tmp_path, "one", original=False)
    with pytest.raises(NoFaceError, match=r"its original was deleted.*upload the clip again\.$"):
        encounter(task(tmp_path, [only], roles="both"), lambda *_: None)


def test_letters_stand_for_expressions():
    assert len(LETTERS) == len(EXPRESSIONS)
    script = (WORDS.parent.parent / "encounter.js").read_text()
    for letter, name in zip(LETTERS, EXPRESSIONS, strict=True):
        assert f'{letter}: "{name}"' in script
