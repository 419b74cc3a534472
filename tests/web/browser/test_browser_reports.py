"""Evidence and encounters in a browser: what is read at a glance, and the way back."""

from __future__ import annotations

import re
import secrets
from pathlib import Path
from typing import Any

import pytest
from served import Served

from mien.web.queue.folders import Folders
from mien.web.queue.store import Store
from mien.web.queue.tables import Clip, Job, Kind
from mien.web.works.figures import FIGURES

_WANTED = {
    **{"surrogate": "auto", "match": "age", "people": "all", "subject": None},
    **{"voice": "mute", "compare": False, "measure": None},
}
_LINES = [
    ("privacy", "privacy.share_recognised", 0.0, None, 0.0004),
    ("fidelity", "continuity.missing_share", 0.0, None, 0.0),
    ("fidelity", "continuity.held", 0.357, None, 0.02),
    ("fidelity", "dynamics.r_x", None, 0.58, None),
]


class Made:
    """A data folder whose clips were done and measured by nobody."""

    def __init__(self, data: Path) -> None:
        self.folders = Folders(data)
        self.folders.make()
        self.store = Store(self.folders.database)
        self.store.create()
        self.home = self.store.projects.first("Clips").id
        self.folders.open_project(self.home)

    def clip(self, name: str, engine: str = "mesh", original: bool = True) -> Clip:
        """A clip that is done."""
        found: dict[str, Any] = {"frames": 90, "ledger": {"rendered": 90, "covered": 0}}
        clip = Clip(
            id=secrets.token_hex(16), project_id=self.home, name=name, after="ask", size=1,
            width=320, height=240, frames=90, seconds=3.0,
        )  # fmt: skip
        self.store.clips.add(clip, {**_WANTED, "engine": engine})
        self.folders.original(clip).write_bytes(b"video")
        self._finish(self._taken(clip.id), {**found, "surrogates": [], "renderings": 1})
        if not original:
            self.folders.forget_original(clip)
            self.store.clips.original_deleted(clip.id)
        done = self.store.clips.get(clip.id)
        assert done is not None
        return done

    def measured(self, clip: Clip, words: str) -> None:
        """A measurement of it, whose report says so."""
        lines = [
            {
                **{"kind": kind, "key": key, "value": value, "low": low, "high": high},
                **{"says": key, "unit": "", "words": "", "source": ""},
                "passed": value is not None and (high is None or value <= high),
            }
            for kind, key, value, low, high in _LINES
        ]
        job = self._job(Kind.EVALUATE, clip.name, {"profile": "generic"}, clips=[clip.id])
        found = {
            **{"passed": False, "headline": "", "profile": "generic", "title": "", "lines": lines},
            **{"figures": dict.fromkeys(FIGURES), "ceilings": dict.fromkeys(FIGURES)},
            **{"compared": 60, "seen": 0.0, "result_run": clip.run},
        }
        self._finish(job, found, f"<!doctype html><title>.</title><p>{words}")

    def failed_encounter(self, clips: list[Clip], error: str) -> None:
        """An encounter that came to nothing."""
        wanted = {"roles": "two", "doctor_is": None, "patient_is": None, "offset": None}
        name = "Friday"
        ids = [clip.id for clip in clips]
        job = self._job(Kind.ENCOUNTER, name, {**wanted, "language": "de"}, clips=ids)
        assert self.store.held.fail(job.id, "worker", error, "bad-parameter")

    def _job(self, kind: Kind, name: str, wanted: dict[str, Any], **columns: Any) -> Job:
        job = self.store.jobs.add(
            kind, id=secrets.token_hex(16), project_id=self.home, name=name, wanted=wanted,
            **columns,
        )  # fmt: skip
        return self._taken(job.id)

    def _taken(self, job: str) -> Job:
        taken = self.store.held.take("worker")
        assert taken is not None and taken.id == job
        return taken

    def _finish(self, job: Job, found: dict[str, Any], report: str = "") -> None:
        folder = self.folders.run(job)
        folder.mkdir(parents=True)
        if report:
            (folder / "report").mkdir()
            (folder / "report" / "report.html").write_text(report)
        assert self.store.held.finish(job.id, "worker", found)


@pytest.fixture(scope="module")
def served(serve, tmp_path_factory) -> Served:
    """A server whose folder knows clips of several methods, some of the same name."""
    data = tmp_path_factory.mktemp("reports") / "data"
    made = Made(data)
    first = made.clip("visit 1.mp4")
    second = made.clip("visit 2.mp4")
    masked = made.clip("visit 1.mp4", "mask", original=False)
    made.clip("blurred.mp4", "blur")
    for clip, words in ((first, "first"), (second, "second"), (masked, "masked")):
        made.measured(clip, f"The report of the {words} clip")
    made.failed_encounter([first, second], "Give the offset of the recordings in seconds.")
    made.store.close()
    return serve("--workers", "1", data=data).enter()


@pytest.fixture
def visit(served, chromium):
    """Opens pages with a session, in English."""
    context = chromium.new_context(locale="en-GB")
    context.add_cookies([{"name": name, "value": value, "url": served.base}
                         for name, value in served.api.cookies.items()])  # fmt: skip

    def look(path: str) -> Any:
        page = context.new_page()
        with page.expect_response(re.compile("/api/clips[?]")):
            page.goto(served.base + path)
        return page

    yield look
    context.close()


def test_one_step_back_shows_the_clip_before_with_its_own_report(visit, expect):
    page = visit("/evidence")

    def sees(name: str, words: str) -> None:
        expect(page.locator("#one-name")).to_have_text(re.compile(f"^{name}"))
        page.locator("#frame").scroll_into_view_if_needed()
        expect(page.frame_locator("#frame").locator("p")).to_have_text(words)

    entries = page.evaluate("history.length")
    page.locator("#clips a", has_text="visit 1.mp4 (New face").click()
    sees("visit 1.mp4", "The report of the first clip")
    page.locator("#clips a", has_text="visit 2").click()
    sees("visit 2.mp4", "The report of the second clip")
    assert page.evaluate("history.length") == entries + 2
    page.go_back()
    sees("visit 1.mp4", "The report of the first clip")
    page.go_forward()
    sees("visit 2.mp4", "The report of the second clip")


def test_hiding_and_keeping_are_two_answers(visit, expect):
    page = visit("/evidence")
    page.locator("#clips a", has_text="visit 2").click()
    both = page.locator("#verdict .headline")
    expect(both.nth(0)).to_contain_text("it does not know the person (1 of 1")
    expect(both.nth(1)).to_contain_text("Movements kept: 1 of 3")
    expect(both.nth(1)).to_contain_text("1 could not be measured")
    lines = page.locator("#answers .lines li")
    expect(lines.filter(has_text="continuity.held")).to_contain_text("35.7 % · asked at most 2 %")
    expect(lines.filter(has_text="dynamics.r_x")).to_have_class("none")
    page.locator("#clips a", has_text="visit 1.mp4 (Mask").click()
    expect(both.nth(0)).to_contain_text("it does not know the person")
    expect(both.nth(1)).to_contain_text("a mask keeps none")
    expect(page.locator("#answers .lines .fail, #verdict .fail")).to_have_count(0)
    expect(page.locator("#verdict")).to_contain_text("shows no face: in the 60 frames compared")
    expect(page.locator("#downloads")).to_contain_text("Look at the result")


def test_the_table_does_not_mix_methods(visit, expect):
    page = visit("/evidence")
    rows = page.locator("#table tbody tr")
    expect(rows).to_have_count(3)
    expect(rows.filter(has_text="Mask").locator("td.answer").nth(1)).to_contain_text("none")
    expect(page.locator("#table tfoot tr").filter(has_text="Mask")).to_have_count(0)
    expect(page.locator("#table tfoot tr").filter(has_text="Mean of 2")).to_have_count(1)


def test_an_encounter_is_tried_again_with_the_form_filled(visit, expect):
    page = visit("/encounter")
    expect(page.locator("#begin-heading + div + form")).to_contain_text("One clip is left out")
    names = page.locator("#doctor option").all_inner_texts()
    assert not any("Mask" in name for name in names) and "visit 2.mp4" in names
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("#offset")).to_be_focused()
    chosen = "select => select.selectedOptions[0].textContent"
    assert page.locator("#doctor").evaluate(chosen).startswith("visit 1.mp4")
    assert page.locator("#patient").evaluate(chosen) == "visit 2.mp4"
    expect(page.locator("#form input[type=text]")).to_have_value("Friday")
