"""Measuring clips, what pages are told of it, and the cohort."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from pathlib import Path

import pytest

import mien.web
from mien.errors import ParameterError
from mien.fidelity.figures import look_up
from mien.fidelity.profile import Profile, names
from mien.report.evidence import page
from mien.report.evidence.columns import COLUMNS
from mien.web.queue.tables import Kind
from mien.web.queue.tasks import Material, Task
from mien.web.works.evaluate import evaluate
from mien.web.works.figures import FIGURES

WORDS = Path(mien.web.__file__).parent / "pages" / "words" / "evidence.js"

MADE = {"frames": 3, "ledger": {"rendered": 3}, "surrogates": [], "renderings": 1}


def line(answer, kind="fidelity"):
    """An answer to a requirement; "unknown" is what could not be measured."""
    unknown = answer is None or answer == "unknown"
    passed = False if answer == "unknown" else answer
    return {"kind": kind, "passed": passed, "value": None if unknown else 1.0}


def found(run, *answers, profile="generic", private=(), **figures):
    """What a worker says, short."""
    return {
        "passed": False not in answers,
        "headline": "",
        "profile": profile,
        "title": "",
        "lines": [line(one, "privacy") for one in private] + [line(one) for one in answers],
        "figures": dict.fromkeys(FIGURES) | figures,
        "ceilings": dict.fromkeys(FIGURES),
        "result_run": run,
    }


@pytest.fixture
def clip(browser, application):
    """Uploads a clip and lets it be done; its id."""

    def make(name="a.mp4", **wanted):
        answer = browser.post("/api/clips", params={"name": name, **wanted}, content=b"video")
        finish(application, answer.json()["id"], MADE)
        return answer.json()["id"]

    return make


def finish(application, job, content, **files):
    """Let the job that waits be done, as a worker does."""
    taken = application.store.held.take("worker")
    assert taken.id == job
    folder = application.folders.run(taken)
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / "report").mkdir(exist_ok=True)
        (folder / "report" / name.replace("_", ".")).write_text(text)
    assert application.store.held.finish(job, "worker", content)


def measured(browser, application, clip, *answers, profile="generic", **more):
    """Measure a clip; the id of the job."""
    job = browser.post(f"/api/clips/{clip}/evaluate", json={"profile": profile}).json()["id"]
    run = application.store.clips.get(clip).run
    content = found(run, *answers, profile=profile, **more)
    finish(application, job, content, report_html="<p>found", metrics_json='{"a": 1}')
    return job


def test_a_clip_is_measured_once_at_a_time(browser, application, clip):
    one = clip()
    wanted = {"profile": "palsy", "language": "de"}
    answer = browser.post(f"/api/clips/{one}/evaluate", json=wanted)
    assert answer.status_code == 201
    job = answer.json()
    assert (job["kind"], job["clips"], job["wanted"]) == ("evaluate", [one], wanted)
    assert browser.post(f"/api/clips/{one}/evaluate", json={}).json()["code"] == "being_measured"
    evidence = browser.get(f"/api/clips/{one}/evidence").json()
    assert evidence == {"latest": job, "measured": None, "stale": False}


def test_what_cannot_be_measured_is_refused(browser, application, clip):
    waiting = browser.post("/api/clips", params={"name": "b"}, content=b"video").json()["id"]
    assert browser.post(f"/api/clips/{waiting}/evaluate", json={}).json()["code"] == "not_done"
    finish(application, waiting, MADE)
    one = clip()
    application.store.jobs.add(
        Kind.COVER, id="c" * 32, project_id=application.store.clips.get(one).project_id, name="a",
        clips=[one], wanted={},
    )  # fmt: skip
    assert browser.post(f"/api/clips/{one}/evaluate", json={}).json()["code"] == "being_covered"
    assert browser.delete(f"/api/clips/{waiting}/original").status_code == 200
    assert browser.post(f"/api/clips/{waiting}/evaluate", json={}).json()["code"] == "no_original"
    assert browser.post("/api/clips/none/evaluate", json={}).json()["code"] == "no_clip"
    answer = browser.post(f"/api/clips/{one}/evaluate", json={"profile": "/etc/passwd"})
    assert answer.status_code == 422


def test_the_newest_answer_is_shown_and_is_stale_once_the_result_changes(
    browser, application, clip
):
    one = clip()
    measured(browser, application, one, True, False)
    second = measured(browser, application, one, True, None, profile="palsy")
    evidence = browser.get(f"/api/clips/{one}/evidence").json()
    assert evidence["measured"]["id"] == evidence["latest"]["id"] == second
    assert evidence["measured"]["found"]["passed"] and not evidence["stale"]
    application.store.jobs.add(
        Kind.COVER, id="c" * 32, project_id=application.store.clips.get(one).project_id, name="a",
        clips=[one], wanted={},
    )  # fmt: skip
    finish(application, "c" * 32, {})
    assert browser.get(f"/api/clips/{one}/evidence").json()["stale"]
    assert browser.get("/api/cohort").json()["rows"][0]["stale"]


def test_reports_are_pages_in_a_sandbox_and_do_not_tell_the_name(browser, application, clip):
    one = clip("Anna.mp4")
    job = browser.post(f"/api/clips/{one}/evaluate", json={}).json()["id"]
    assert browser.get(f"/api/works/{job}/report").json()["code"] == "not_done"
    application.store.jobs.ask_to_cancel(job)
    job = measured(browser, application, one, True)
    answer = browser.get(f"/api/works/{job}/report")
    policy = answer.headers["Content-Security-Policy"]
    assert (answer.status_code, answer.text) == (200, "<p>found")
    assert "sandbox" in policy and "allow-same-origin" not in policy and "'self'" in policy
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
    metrics = browser.get(f"/api/works/{job}/metrics")
    assert metrics.json() == {"a": 1}
    assert "Anna" not in str(answer.headers) + str(metrics.headers)
    assert browser.get(f"/api/works/{one}/report").json()["code"] == "no_work"
    assert browser.delete(f"/api/works/{job}").status_code == 204
    assert browser.get(f"/api/works/{job}/report").json()["code"] == "no_work"
    assert browser.get("/api/cohort").json()["rows"] == []


def test_the_cohort_holds_the_newest_of_every_clip(browser, application, clip):
    clips = [clip(name) for name in ("a.mp4", "=b", "c", "d")]
    measured(browser, application, clips[0], False, r_x=0.1)
    measured(browser, application, clips[0], True, True, None, r_x=0.9, blinks=1.0)
    measured(browser, application, clips[1], True, False, profile="palsy", r_x=0.3)
    measured(browser, application, clips[2], True, r_x=0.6)
    cohort = browser.get("/api/cohort").json()
    assert cohort["figures"] == list(FIGURES)
    rows = cohort["rows"]
    assert [row["clip"] for row in rows] == clips[:3]
    assert [(row["held"], row["asked"], row["passed"]) for row in rows] == [
        (2, 2, True),
        (1, 2, False),
        (1, 1, True),
    ]
    (summary,) = cohort["summaries"]
    assert (summary["method"], summary["clips"]) == ("mesh", 3)
    assert summary["mean"]["r_x"] == pytest.approx(0.6) and summary["median"]["r_x"] == 0.6
    assert summary["mean"]["blinks"] == 1.0 and summary["mean"]["body"] is None
    answer = browser.get("/api/cohort.csv")
    table = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row["clip"] for row in table] == ["a.mp4", "'=b", "c"]  # no formula
    assert [row["r_x"] for row in table] == ["0.9", "0.3", "0.6"] and table[1]["blinks"] == ""


def test_hiding_and_keeping_are_counted_apart(browser, application, clip):
    measured(browser, application, clip(), True, False, "unknown", None, private=(True, True))
    (row,) = browser.get("/api/cohort").json()["rows"]
    assert row["hides"] == {"held": 2, "asked": 2, "unknown": 0}
    assert row["keeps"] == {"held": 1, "asked": 3, "unknown": 1}
    assert (row["held"], row["asked"]) == (3, 5)
    answer = browser.get("/api/cohort.csv").content.decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(answer))
    assert [row[key] for key in ("method", "hides_held", "keeps_held", "keeps_asked")] == [
        *("mesh", "2", "1", "3")
    ]


def test_means_are_never_of_several_methods(browser, application, clip):
    clips = [clip(engine=engine) for engine in ("mesh", "mask", "mesh", "mask")]
    for one, value in zip(clips, (0.9, 0.1, 0.7, 0.3), strict=True):
        measured(browser, application, one, True, r_x=value)
    project = application.store.clips.get(clips[3]).project_id
    application.store.jobs.add(
        Kind.COVER, id="c" * 32, project_id=project, name="a", clips=[clips[3]], wanted={},
    )  # fmt: skip
    finish(application, "c" * 32, {})
    cohort = browser.get("/api/cohort").json()
    assert [row["method"] for row in cohort["rows"]] == ["mesh", "mask", "mesh", "mask"]
    assert {one["method"]: (one["clips"], one["mean"]["r_x"]) for one in cohort["summaries"]} == {
        "mesh": (2, pytest.approx(0.8)),
        "mask": (1, pytest.approx(0.1)),  # the other was changed since
    }


def test_a_project_has_a_cohort_of_its_own(browser, application, clip):
    measured(browser, application, clip(), True)
    other = browser.post("/api/projects", params={"name": "Other"}).json()["id"]
    assert browser.get("/api/cohort", params={"project": other}).json()["rows"] == []
    assert browser.get("/api/cohort.csv", params={"project": "no"}).json()["code"] == "no_project"


def task(tmp_path, original, result=None, profile="generic"):
    run = tmp_path / "run0"
    run.mkdir()
    if result is not None:
        shutil.copy(result, run / "result.mp4")
    folder = tmp_path / "made"
    folder.mkdir()
    return Task(
        Kind.EVALUATE, folder, {"profile": profile}, (Material("id", "Anna", original, run, {}),)
    )


def test_a_result_that_is_the_original_shows_the_patient(brief, tmp_path, monkeypatch):
    monkeypatch.setattr(page, "figures", lambda *_: iter(()))  # drawn elsewhere, slowly
    wanted = task(tmp_path, brief.copy(tmp_path, "0123"), brief.path)
    stages = set()
    answer = evaluate(wanted, lambda stage, done, total: stages.add(stage))
    assert not answer["passed"] and answer["result_run"] == "run0"
    assert answer["figures"]["recognised"] == answer["figures"]["face_found"] == 1
    assert answer["ceilings"]["face_found"] == 1
    assert answer["compared"] > 0 and answer["seen"] == 1
    by_key = {line["key"]: line for line in answer["lines"]}
    assert by_key["privacy.share_recognised"]["passed"] is False
    assert by_key["continuity.missing_share"]["passed"] is True
    assert by_key["continuity.missing_share"]["value"] == by_key["continuity.missing_share"]["high"]
    metrics = json.loads((wanted.folder / "report" / "metrics.json").read_text())
    for name, figure in FIGURES.items():
        if answer["figures"][name] is not None:
            assert answer["figures"][name] == pytest.approx(look_up(metrics, figure.key), abs=1e-5)
    assert "SHOWS THE PATIENT" not in (wanted.folder / "report" / "report.html").read_text()
    text = WORDS.read_text().split("\n  de: {")[0]
    assert all(re.search(rf"\b{stage}: ", text) for stage in stages)  # each has words
    assert len(json.dumps(answer)) < 20_000  # pages ask for it often


def test_without_the_original_nothing_is_measured(tmp_path):
    for original in (None, tmp_path / "gone"):
        with pytest.raises(ParameterError, match="original was deleted"):
            evaluate(task(Path(tmp_path), original), lambda *_: None)
        shutil.rmtree(tmp_path / "run0")
        shutil.rmtree(tmp_path / "made")


def test_every_figure_is_a_column_with_words():
    assert set(FIGURES.values()) <= set(COLUMNS)
    for language in WORDS.read_text().split("\n  de: {"):
        shown = language.split("    figures: {")[1].split("\n    },")[0]
        assert re.findall(r"^      (\w+): ", shown, re.MULTILINE) == list(FIGURES)


def test_every_requirement_has_german_words():
    german = WORDS.read_text().split("\n  de: {")[1]
    for profile in names():
        for ask in Profile.open(profile).asks:
            assert f'"{ask.key}": ' in german
            assert ask.unit in ("", "ms", "Hz") or f'"{ask.unit}": ' in german
