"""Data and risk of bias in a browser: two by themselves, a third where they differ, and a kill."""

from __future__ import annotations

import signal
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
    """Two studies that both included."""
    found = tuple(
        Record(title=f"<b>Faces</b> {k} of word{k}", authors=(f"<i>Author{k}</i>, A",), year=2000)
        for k in (1, 2)
    )
    made = add(begin(published_text()), [Import("PubMed", "database", "a.ris", found)], "2021")
    said = [
        Decision(one.id, stage, who, "include")
        for one in made.records
        for stage in ("title", "full")
        for who in ("Ada", "Ben")
    ]
    replace(made, decisions=tuple(said)).save(tmp_path / "review")
    begin_screening(tmp_path / "review", Founding(("Ada", "Ben"), "Cy"))
    return tmp_path / "review"


def answers(review):
    """What lies on the disk, by person, form and item."""
    with ReviewStore(review).reading() as db:
        rows = db.execute("SELECT person, form, domain, item, answer, quote FROM answers")
        return {row[:4]: row[4:] for row in rows}


def test_two_take_data_and_a_third_settles(serve, chromium, expect, review):
    served = serve("--review", str(review))
    links = [f"{served.base}/screen/{one.token}/" for one in ReviewStore(review).people]
    said = []
    ada = chromium.new_context(viewport={"width": 1100, "height": 900}).new_page()
    ben = chromium.new_context(viewport={"width": 390, "height": 844}).new_page()
    for page, link in ((ada, links[0]), (ben, links[1])):
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(link)
        page.locator("#studies").click()
        expect(page.locator("#heading")).to_have_text("<i>Author1</i> 2000")
    assert ben.evaluate("document.documentElement.scrollWidth") <= 390
    place = ada.locator('[data-place="data  tp"]')
    place.locator("textarea").fill("-4")
    place.locator("textarea").press("Tab")
    expect(place.locator(".wrong")).to_contain_text("whole")
    place.locator("textarea").fill("40")
    place.locator("textarea").press("Tab")
    expect(place.locator(".wrong")).to_have_count(0)
    place.get_by_label("What the report says (quote)").fill("in 40 of them")
    place.get_by_label("What the report says (quote)").press("Tab")
    expect(ada.locator("#said")).to_have_text("Stored")
    ben.locator('[data-place="data  tp"] textarea').fill("41")
    ben.locator('[data-place="data  tp"] textarea').press("Tab")
    expect(ben.locator("#said")).to_have_text("Stored")
    served.stop(signal.SIGKILL)
    assert answers(review)[0, "data", "", "tp"] == ("40", "in 40 of them")
    # what is answered while nobody listens is sent when somebody does
    ada.locator("[data-form=quadas2]").click()
    ada.locator('[data-place="quadas2 patients judgement"] .low').click()
    expect(ada.locator("#trouble")).to_contain_text("not stored yet")
    serve("--review", str(review), data=served.data)
    expect(ada.locator("#trouble")).to_be_hidden()
    expect(ada.locator('[data-place="quadas2 patients judgement"] .low')).to_have_attribute(
        "aria-pressed", "true"
    )
    assert answers(review)[0, "quadas2", "patients", "judgement"] == ("low", "")
    cy = chromium.new_context().new_page()
    cy.goto(f"{links[2]}studies/")
    expect(cy.locator(".place")).to_have_count(1)
    expect(cy.locator(".said li")).to_have_count(2)
    cy.locator(".said button").first.click()
    expect(cy.locator("#said")).to_have_text("Stored")
    assert answers(review)[2, "data", "", "tp"] == ("40", "in 40 of them")
    assert said == []
    for page in (ada, ben, cy):
        page.context.close()
