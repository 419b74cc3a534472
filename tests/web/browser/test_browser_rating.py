"""Two raters at once in a browser; the server is killed under them and both go on."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "study"))
from clips_of_studies import folders

from mien.study.design import DesignSettings, chosen_items, design
from mien.study.lineup_store import LineupStore, LineupTrial
from mien.study.store import StudyStore
from mien.video import clips


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    home = tmp_path_factory.mktemp("study")
    pairs, _ = clips.pairs(*folders(home, 3))
    items = chosen_items("3.2, 3.17")
    design(pairs, home / "study", DesignSettings(items, ("Ada", "Ben"), 1, 0.0, seed=1))
    return home / "study"


def rated(study):
    """Scores by rater and item, as they lie on the disk."""
    rows = StudyStore(study).export()
    return [(row["rater"], row["item"], row["score"]) for row in rows]


def test_two_raters_a_kill_and_the_report(serve, chromium, expect, until, study, tmp_path):
    served = serve("--study", str(study))
    links = [f"/rate/{one.token}/" for one in StudyStore(study).progress()]
    pages = []
    for link in links:
        context = chromium.new_context(viewport={"width": 820, "height": 1180}, has_touch=True)
        page = context.new_page()
        page.goto(served.base + link)
        expect(page.locator("#which")).to_contain_text("Clip 1 of")
        pages.append(page)
    one, two = pages
    # the first by keys alone, the second by touching
    one.keyboard.press("3")
    expect(one.locator("fieldset.now legend")).to_contain_text("3.17")
    one.keyboard.press("n")
    expect(one.locator("#clips .complete")).to_have_count(1)
    two.locator("fieldset").first.locator("label").nth(1).tap()
    two.locator("#remark").fill("<b>light</b>")
    two.locator("#which").click()
    expect(two.locator("#said")).to_have_text("Stored")
    expect(one.locator("#said")).to_have_text("Stored")
    served.stop(signal.SIGKILL)
    assert sorted(rated(study), key=str) == sorted(
        [("Ada", "mds-updrs-3-2", 3.0), ("Ada", "mds-updrs-3-17", None),
         ("Ben", "mds-updrs-3-2", 1.0)], key=str,
    )  # fmt: skip
    # what is answered while nobody listens is sent when somebody does
    one.keyboard.press("Enter")
    one.keyboard.press("2")
    expect(one.locator("#trouble")).to_contain_text("not stored yet")
    again = serve("--study", str(study), data=served.data)
    assert again.base == served.base
    expect(one.locator("#trouble")).to_be_hidden()
    expect(one.locator("#said")).to_have_text("Stored")
    until(one, "document.getElementById('video').readyState >= 2")  # the clip, too, comes again
    two.reload()
    expect(two.locator("#which")).to_contain_text("Clip 1 of")
    expect(two.locator("fieldset").first.locator("input").nth(1)).to_be_checked()
    expect(two.locator("#remark")).to_have_value("<b>light</b>")
    one.on("dialog", lambda dialog: dialog.accept())
    for _ in range(3):
        expect(one.locator("#which")).to_contain_text("Clip")
        count = one.locator("#clips button").count()
        for k in range(count):
            one.locator("#clips button").nth(k).click()
            one.keyboard.press("1")
            one.locator("fieldset").nth(1).locator("input").first.focus()
            one.keyboard.press("2")
        heading = one.locator("#place").text_content()
        one.locator("#submit").click()
        expect(one.locator("#place")).not_to_have_text(heading)
    expect(one.locator("#other-heading")).to_have_text("Thank you")
    assert len([row for row in rated(study) if row[0] == "Ada"]) == 14
    owner = chromium.new_context().new_page()
    owner.goto(again.address)
    owner.goto(again.base + "/study")
    expect(owner.locator("#studies tbody tr").first).to_contain_text("7 of 7")
    owner.get_by_role("button", name="Analyse").click()
    report = owner.frame_locator("#frame")
    expect(report.locator("h1")).to_be_visible()
    expect(report.locator("body")).to_contain_text("The study is not over: Ben")
    for page in (one, two, owner):
        page.context.close()


def test_the_player_steps_slows_and_offers_no_download(serve, chromium, expect, until, study):
    served = serve("--study", str(study))
    link = f"/rate/{StudyStore(study).progress()[1].token}/"
    page = chromium.new_context(locale="de-DE").new_page()
    said = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(served.base + link)
    expect(page.locator("#which")).to_contain_text("Clip 1 von")
    expect(page.locator("fieldset").first.locator("label").last).to_contain_text("Nicht sicher")
    expect(page.locator("fieldset").first).to_contain_text("seltenerer Lidschlag")
    until(page, "document.getElementById('video').readyState >= 2")
    assert page.evaluate("document.getElementById('video').loop")
    assert "nodownload" in page.locator("video").get_attribute("controlslist")
    page.keyboard.press("s")
    assert page.evaluate("document.getElementById('video').playbackRate") == 0.5
    page.evaluate("document.getElementById('video').pause()")
    page.evaluate("document.getElementById('video').currentTime = 0.1")
    page.keyboard.press(".")
    until(page, "document.getElementById('video').currentTime > 0.13")
    page.keyboard.press(",")
    until(page, "document.getElementById('video').currentTime < 0.12")
    page.keyboard.press(" ")
    until(page, "!document.getElementById('video').paused")
    assert said == [] and json.dumps(page.content()).count("original") == 0
    page.context.close()


def test_a_judge_answers_by_keys_and_comes_back(serve, chromium, expect, tmp_path):
    folder = tmp_path / "lineup"
    (folder / "faces").mkdir(parents=True)
    settings = {"title": "Who?", "clips": ["p", "q"], "controls": "cohort", "seed": 1, "names": {}}
    (folder / "lineup.json").write_text(json.dumps(settings))
    faces = tuple((f"{k}.jpg", role) for k, role in enumerate(("original", "result", "control1")))
    for name, _ in faces:
        (folder / "faces" / name).write_bytes(b"no picture is needed")
    LineupStore.create(
        folder, [LineupTrial("Ada", k, "inner", c, faces) for k, c in enumerate("pq")]
    )
    served = serve("--study", str(folder))
    page = chromium.new_context().new_page()
    page.goto(f"{served.base}/judge/{LineupStore(folder).progress()[0].token}/")
    expect(page.locator("#which")).to_have_text("Trial 1 of 2")
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    expect(page.locator("#said")).to_contain_text("Choose one more face")
    page.keyboard.press("2")
    expect(page.locator("#said")).to_have_text("Stored")
    assert [row["answer"] for row in LineupStore(folder).export()] == ["original-result"]
    page.keyboard.press("Enter")
    expect(page.locator("#which")).to_have_text("Trial 2 of 2")
    page.reload()
    expect(page.locator("#which")).to_have_text("Trial 2 of 2")
    page.keyboard.press("0")
    expect(page.locator("#end-heading")).to_have_text("Thank you")
    page.locator("#look").click()
    expect(page.locator("#faces [aria-pressed=true]")).to_have_count(2)
    assert [row["answer"] for row in LineupStore(folder).export()] == ["original-result", "none"]
    page.context.close()
