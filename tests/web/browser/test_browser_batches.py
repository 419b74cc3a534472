"""The page Batches: it follows what happens in the folder of a batch, by itself."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from readable import check
from served import Served
from watched import FOLDER, SENTENCE, key_of, make_batch, say

from mien.scale.places import DRIVER, PLAN, QUARANTINE, STATE

PICTURES = Path(__file__).parents[3] / "docs" / "application"
_MARKUP = "<img src=x onerror=alert(1)><b>No face</b>"
_MANY = 100_000


@pytest.fixture(scope="module")
def folders(tmp_path_factory) -> tuple[Path, Path]:
    """A small batch, one of whose sentences is markup, and one of many clips."""
    home = tmp_path_factory.mktemp("batches")
    small, many = make_batch(home / "cohort"), make_batch(home / "many")
    aside = {"name": "case-2", "row": 2, "tries": 3, "sentence": _MARKUP}
    (small / STATE / QUARANTINE).write_text(json.dumps({key_of("case-2"): aside}))
    lines = (f"{k}\t{k:064x}\tclip-{k:06d}\n" for k in range(1, _MANY + 1))
    (many / STATE / PLAN).write_text("mien plan 1\n" + "".join(lines))
    return small, many


@pytest.fixture(scope="module")
def served(serve, folders) -> Served:
    words = [word for folder in folders for word in ("--batch", str(folder))]
    return serve(*words).enter()


@pytest.fixture
def page(served, chromium) -> Iterator[Any]:
    """The page, for whoever started the server."""
    (cookie,) = served.api.cookies.jar
    context = chromium.new_context(locale="en-GB", viewport={"width": 1100, "height": 900})
    context.add_cookies([{"name": cookie.name, "value": cookie.value, "url": served.base}])
    page = context.new_page()
    page.goto(f"{served.base}/batches")
    page.locator("#tasks li").first.wait_for()
    yield page
    context.close()


def test_it_says_how_a_batch_goes_on_and_follows_a_driver_by_itself(page, folders, expect):
    small = folders[0]
    expect(page.locator("#going")).to_have_text("No driver is running, and not all clips are done.")
    expect(page.locator("#command code")).to_have_text(
        f"cd '{FOLDER}' && mien batch 'my plan.csv' -o cohort"
    )
    expect(page.locator("#tasks li")).to_have_count(3)
    row = page.locator("#tasks li", has_text="case-2")
    expect(row).to_contain_text(_MARKUP)
    assert row.locator("img, b").count() == 0
    at_work = {key_of("case-3"): {"since": 1e9, "tries": 1}}
    with (small / STATE / DRIVER).open("a") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        say(small, stage="working", at_work=at_work, left_s=600.0)
        expect(page.locator("#going")).to_contain_text("A driver is at work")
        expect(page.locator("#pace")).to_contain_text("about 10 min left")
        expect(page.locator("#command")).to_be_empty()
        page.get_by_role("button", name="At work 1").click()
        expect(page.locator("#tasks li")).to_have_count(1)
        expect(page.locator("#tasks li")).to_contain_text("failed once before")
        if os.environ.get("MIEN_SCREENSHOTS"):
            picture(page, small, expect)
    expect(page.locator("#going")).to_contain_text("No driver is running")
    say(small)


def picture(page: Any, folder: Path, expect: Any) -> None:
    """The picture of the documents."""
    now, key = time.time(), key_of("case-3")
    aside = {key_of("case-2"): {"name": "case-2", "row": 2, "tries": 1, "sentence": SENTENCE}}
    (folder / STATE / QUARANTINE).write_text(json.dumps(aside))
    times = {"began": now - 400, "work_began": now - 390, "at": now}
    say(folder, stage="working", at_work={key: {"since": now - 60, "tries": 0}}, left_s=90, **times)
    page.get_by_role("button", name="All 3").click()
    expect(page.locator("#tasks li", has_text="case-2")).to_contain_text(SENTENCE)
    page.screenshot(path=PICTURES / "batches.png", full_page=True)


def test_reports_and_manifests_open(page, expect):
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Evidence: case-1").click()
    expect(opened.value.locator("h1")).to_have_text("Report")
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Report of the cohort").click()
    cohort = opened.value
    expect(cohort.locator("h1")).to_have_text("Report")
    expect(cohort.locator("a")).to_have_text("case-1")
    assert cohort.locator("a[href]").count() == 0  # the server would refuse what a report asks for
    with page.expect_download() as download:
        page.get_by_role("link", name="Manifest: case-1").click()
    assert download.value.suggested_filename == "case-1.json"


def test_a_large_plan_is_shown_a_page_at_a_time(page, expect):
    page.locator("#chosen").select_option(label="many")
    expect(page.locator("#shown")).to_have_text("1 to 50 of 100,000")
    expect(page.locator("#tasks li")).to_have_count(50)
    page.get_by_role("button", name="Later").click()
    expect(page.locator("#shown")).to_have_text("51 to 100 of 100,000")
    expect(page.locator("#tasks .name").first).to_have_text("clip-000051")
    page.get_by_label("Pseudonym contains").fill("CLIP-09999")
    expect(page.locator("#shown")).to_have_text("1 to 10 of 10")
    page.get_by_label("Pseudonym contains").fill("<b>")
    expect(page.locator("#shown")).to_have_text("No clip is like that.")


def test_controls_have_names_text_can_be_read_and_nothing_is_too_wide(page, expect):
    check(page, named=16)
    for heading in ("Batches", "Stapel"):
        expect(page.locator("h1")).to_have_text(heading)
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        assert "undefined" not in page.locator("body").inner_text()
        page.locator("#language").click()
    page.locator("#language").click()
    expect(page.locator("#tasks li").first).to_contain_text("Neues Gesicht")
