"""Two reviewers at once in a browser, by keys and by touch; the server is killed under them."""

from __future__ import annotations

import re
import signal
import zipfile

import pytest

from mien.review.living.review_folder import begin
from mien.review.living.update import Import, add
from mien.review.project.founding import Founding, begin_screening
from mien.review.project.store import ReviewStore
from mien.review.protocol.protocol import published_text
from mien.review.records.record import Record


@pytest.fixture
def review(tmp_path):
    records = [
        Record(
            title=f"<b>Deep learning</b> number {k} of words{k}",
            abstract="Neural networks look at facial images. <script>window.hurt = 1</script>",
            authors=(f"Author{k}, A",),
            doi=f"10.1000/{k}",
            source="PubMed",
        )
        for k in range(6)
    ]
    folder = tmp_path / "review"
    came = Import("PubMed", "database", "a.ris", tuple(records))
    add(begin(published_text()), [came], "2021-09-30").save(folder)
    begin_screening(folder, Founding(("Ada", "Ben"), "Cy"))
    return folder


def decisions(review):
    """By person and record, as they lie on the disk."""
    with ReviewStore(review).reading() as db:
        rows = db.execute("SELECT person, record, decision FROM decisions").fetchall()
    return {(person, record): decision for person, record, decision in rows}


def test_two_reviewers_a_kill_and_a_third(serve, chromium, expect, review):
    served = serve("--review", str(review))
    links = [f"{served.base}/screen/{one.token}/" for one in ReviewStore(review).people]
    one = chromium.new_context(viewport={"width": 1100, "height": 900}).new_page()
    said = []
    one.on("pageerror", lambda error: said.append(str(error)))
    two = chromium.new_context(viewport={"width": 390, "height": 844}, has_touch=True).new_page()
    for page, link in ((one, links[0]), (two, links[1])):
        page.goto(link)
        expect(page.locator("#heading")).to_contain_text("<b>Deep learning</b>")
    # markup is text, and the protocol's words are marked
    assert one.evaluate("window.hurt") is None and one.locator("#heading b").count() == 0
    expect(one.locator("#heading mark").first).to_have_text("Deep learning")
    expect(one.locator("#abstract mark").first).to_have_text("Neural networks")
    # a telephone shows no more than its width
    assert two.evaluate("document.documentElement.scrollWidth") <= 390
    for key in ("i", "e", "m"):
        heading = one.locator("#heading").text_content()
        one.keyboard.press(key)
        expect(one.locator("#heading")).not_to_have_text(heading)
    expect(one.locator("#far")).to_contain_text("3 of 6")
    two.locator("[data-decision=exclude]").tap()
    expect(two.locator("#far")).to_contain_text("1 of 6")
    served.stop(signal.SIGKILL)
    assert sorted(decisions(review).values()) == ["exclude", "exclude", "include", "maybe"]
    # what is decided while nobody listens is sent when somebody does
    one.keyboard.press("i")
    expect(one.locator("#trouble")).to_contain_text("not stored yet")
    again = serve("--review", str(review), data=served.data)
    assert again.base == served.base
    expect(one.locator("#trouble")).to_be_hidden()
    expect(one.locator("#far")).to_contain_text("4 of 6")
    assert len(decisions(review)) == 5
    # the same person in two windows: the second sees what the first decided and overwrites nothing
    first, second = (one.context.new_page() for _ in range(2))
    for page in (first, second):
        page.goto(links[0])
        expect(page.locator("#heading")).to_contain_text("Deep learning")
    first.keyboard.press("i")
    expect(first.locator("#far")).to_contain_text("5 of 6")
    second.keyboard.press("e")
    expect(second.locator("#trouble")).to_contain_text("another window")
    assert list(decisions(review).values()).count("exclude") == 2
    # the third sees both where they differ
    store = ReviewStore(review)
    for number in range(1, 7):
        for person in store.reviewers:
            if (person.id, number) not in decisions(review):
                store.decide(
                    person, number, "title", "include", "", seen=0, now=1.0
                )  # fmt: skip
    third = chromium.new_context().new_page()
    third.goto(links[2])
    expect(third.locator("#others tr")).to_have_count(2)
    third.keyboard.press("i")
    expect(third.locator("#said")).to_have_text("Stored")
    owner = chromium.new_context().new_page()
    owner.goto(again.address)
    owner.goto(again.base + "/review")
    expect(owner.locator("#reviews tbody tr").first).to_contain_text("6 of 6")
    expect(owner.locator("#reviews")).to_contain_text("Titles and abstracts")
    expect(owner.locator("#reviews")).to_contain_text(re.compile(r"\d\.\d %"))
    owner.locator("#language").click()
    expect(owner.locator("#reviews")).to_contain_text(re.compile(r"\d,\d %"))
    assert said == []
    for page in (one, two, third, owner):
        page.context.close()


def test_a_reason_a_label_a_note_and_the_way_back(serve, chromium, expect, review):
    served = serve("--review", str(review))
    page = chromium.new_context(locale="de-DE").new_page()
    page.goto(f"{served.base}/screen/{ReviewStore(review).people[0].token}/")
    expect(page.locator("#far")).to_contain_text("0 von 6")
    page.locator("#note").fill("<i>prüfen</i>")
    page.locator("#label").fill("Schlaf")
    page.keyboard.press("Enter")
    expect(page.locator("#labelled button")).to_have_text("Schlaf ×")
    page.keyboard.press("Escape")
    heading = page.locator("#heading").text_content()
    page.keyboard.press("2")  # excludes for the second reason
    expect(page.locator("#heading")).not_to_have_text(heading)
    page.keyboard.press("u")
    expect(page.locator("#heading")).to_have_text(heading)
    expect(page.locator("[data-decision=exclude]")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#reasons [aria-pressed=true]")).to_have_count(1)
    expect(page.locator("#note")).to_have_value("<i>prüfen</i>")
    page.locator("#which").select_option("all")
    two, three = [f"words{k}" for k in range(6) if f"words{k}" not in heading][:2]
    page.locator("#search").fill(two)
    page.locator("#search").press("Enter")
    expect(page.locator("#lines li")).to_have_count(1)
    page.locator("#lines button", has_text=two).click()
    expect(page.locator("#heading")).to_contain_text(two)
    page.locator("[data-decision=include]").click()
    expect(page.locator("#far")).to_contain_text("2 von 6")
    # the last record of a list stays, where another list has to be chosen to go on
    expect(page.locator("[data-decision=include]")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#range")).to_have_text("1–1 von 1")
    page.locator("#which").select_option("todo")
    page.locator("#search").fill(three)
    page.locator("#search").press("Enter")
    page.locator("#lines button", has_text=three).click()  # the list of before had one line, too
    expect(page.locator("#heading")).to_contain_text(three)
    page.locator("[data-decision=include]").click()
    expect(page.locator("#none-heading")).to_have_text("Hier ist nichts")  # of these words
    page.context.close()


def test_the_record_that_was_asked_for_last_is_shown(serve, chromium, expect, review):
    """Answers may come in another order than questions were asked."""
    served = serve("--review", str(review))
    page = chromium.new_context().new_page()
    page.goto(f"{served.base}/screen/{ReviewStore(review).people[0].token}/")
    expect(page.locator("#far")).to_contain_text("0 of 6")  # the first record is there
    expect(page.locator("#lines li")).to_have_count(6)
    slow, quick = page.locator("#lines li").nth(2), page.locator("#lines li").nth(4)
    held = []
    page.route("**/record/*", lambda route: held.append(route))
    for line in (slow, quick):
        with page.expect_request("**/record/*"):
            line.get_by_role("button").click()
    for route in reversed(held):
        with page.expect_response(route.request.url):
            route.continue_()
    page.evaluate(
        "fetch('state').then((answer) => answer.json())"
    )  # both answers were read by then
    words = quick.text_content().split()[-1]
    expect(page.locator("#heading")).to_contain_text(words)
    expect(quick.get_by_role("button")).to_have_attribute("aria-current", "true")
    page.context.close()


def test_a_key_that_is_pressed_twice_takes_nothing_back(serve, chromium, expect, review):
    served = serve("--review", str(review))
    page = chromium.new_context().new_page()
    page.goto(f"{served.base}/screen/{ReviewStore(review).people[0].token}/")
    expect(page.locator("#far")).to_contain_text("0 of 6")
    heading = page.locator("#heading").text_content()
    held, stored = [], []
    page.route("**/record/*", lambda route: held.append(route))
    page.on(
        "request",
        lambda request: stored.append(request.post_data) if request.method == "PUT" else None,
    )
    with page.expect_request("**/record/*"):
        page.keyboard.press("i")
    page.keyboard.press("i")  # the next record is not there yet
    held[0].continue_()
    expect(page.locator("#heading")).not_to_have_text(heading)
    assert len(stored) == 1
    assert list(decisions(review).values()) == ["include"]
    page.context.close()


def test_all_decisions_about_a_full_text_fit_a_telephone(serve, chromium, expect, review):
    store = ReviewStore(review)
    for person in store.reviewers:
        store.decide(person, 1, "title", "include", "", seen=0, now=1.0)
    served = serve("--review", str(review))
    page = chromium.new_context(viewport={"width": 390, "height": 844}, locale="de-DE").new_page()
    page.goto(f"{served.base}/screen/{store.people[0].token}/")
    page.get_by_role("button", name="Volltexte").click()
    expect(page.locator("#buttons button")).to_have_count(4)
    edges = page.locator("#buttons button").evaluate_all(
        "all => all.map(one => one.getBoundingClientRect()).flatMap(at => [at.left, at.right])"
    )
    assert min(edges) >= 0 and max(edges) <= 390
    page.context.close()


def test_from_exports_to_a_report_in_the_browser(serve, chromium, expect, tmp_path):
    served = serve()
    for name, words in (("pubmed", "face"), ("scopus", "knee")):
        text = "".join(
            f"TY  - JOUR\nTI  - Deep learning of the {words} in study number {k} of {k}{words}\n"
            f"AU  - Author{k}, A\nPY  - 2020\nER  - \n\n"
            for k in range(2)
        )
        (tmp_path / f"{name}.ris").write_text(text)
    page = chromium.new_context().new_page()
    page.goto(served.address)
    page.goto(served.base + "/review")
    page.locator("#files").set_input_files([tmp_path / "pubmed.ris", tmp_path / "scopus.ris"])
    expect(page.locator("#exports li")).to_have_count(2)
    expect(page.locator("#exports")).to_contain_text("2 records")
    expect(page.get_by_label("Where from").first).to_have_value("PubMed")
    page.get_by_text("What the protocol says").click()
    expect(page.locator("#protocol-says")).to_contain_text('"deep learning"[TIAB]')
    page.get_by_label("Kind").last.select_option("other")
    page.locator("#reviewers").fill("Ada, Ben")
    page.locator("#third").fill("Cy")
    page.locator("#start").click()
    expect(page.locator("#reviews tbody tr").first).to_contain_text("0 of 4")
    link = page.locator("#reviews input").first.input_value()
    other = chromium.new_context().new_page()
    other.goto(link)
    expect(other.locator("#far")).to_contain_text("0 of 4")
    other.keyboard.press("i")
    expect(other.locator("#far")).to_contain_text("1 of 4")
    page.get_by_role("button", name="Write the report").click()
    expect(page.frame_locator("#frame").locator("h1")).to_contain_text("facial image analysis")
    expect(page.frame_locator("#frame").locator("#m-search").locator("..")).to_contain_text("other")
    with page.expect_download() as saved:
        page.get_by_role("link", name="Report with figures and tables").click()
    with zipfile.ZipFile(saved.value.path()) as packed:
        assert "report/figures/prisma-flow.svg" in packed.namelist()
    page.locator("#language").click()
    page.get_by_role("button", name="Bericht schreiben").click()
    expect(page.frame_locator("#frame").locator("html")).to_have_attribute("lang", "de")
    expect(page.frame_locator("#frame").locator("#m-search")).to_have_text("Was durchsucht wurde")
    for each in (page, other):
        each.context.close()
