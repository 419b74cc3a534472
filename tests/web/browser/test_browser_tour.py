"""The tour on the phantom, and the help beside parts of pages, by mouse and by keyboard."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

PAGES = ("/compare", "/evidence", "/release")


@pytest.fixture(scope="module")
def served(serve_sparingly):
    return serve_sparingly()


@pytest.fixture(scope="module")
def session(chromium, served) -> list[Any]:
    """Cookies of somebody who opened the printed address."""
    context = chromium.new_context()
    context.new_page().goto(served.address)
    found = list(context.cookies())
    context.close()
    for cookie in found:
        served.api.cookies.set(cookie["name"], cookie["value"])
    return found


@pytest.fixture
def page(chromium, served, session) -> Iterator[Any]:
    """A window of somebody who comes for the first time."""
    context = chromium.new_context(locale="en-GB", viewport={"width": 1000, "height": 900})
    context.set_default_timeout(60_000)
    found = context.new_page()
    found.mistakes = []
    found.on("pageerror", lambda error: found.mistakes.append(str(error)))
    context.add_cookies(session)
    found.goto(served.base)
    yield found
    assert found.mistakes == []
    context.close()


def test_the_tour_is_offered_once_and_stays_at_hand(page, served, expect):
    expect(page.get_by_role("heading", name="New here?")).to_be_visible()
    page.get_by_role("button", name="Not now").click()
    expect(page.get_by_role("heading", name="New here?")).to_have_count(0)
    expect(page.locator("#tour-begin")).to_be_focused()
    page.reload()
    expect(page.locator("#tour-begin")).to_be_visible()
    expect(page.get_by_role("heading", name="New here?")).to_have_count(0)


def test_the_tour_is_left_with_a_key_and_nothing_was_copied(page, served, expect):
    page.locator("#tour-begin").focus()
    page.keyboard.press("Enter")
    tour = page.get_by_role("region", name="The phantom")
    expect(tour).to_be_focused()
    expect(page.locator("#chosen li")).to_contain_text("Phantom.mp4")
    page.locator("#language").click()
    expect(page.get_by_role("region", name="Das Phantom")).to_contain_text("Rundgang, 1 von 6")
    page.locator("#language").click()
    tour.get_by_role("button", name="Next").focus()
    page.keyboard.press("Escape")
    expect(tour).to_have_count(0)
    expect(page.locator("#tour-begin")).to_be_focused()
    page.reload()
    expect(page.locator("#tour-begin")).to_be_visible()
    expect(page.locator("#tour")).to_have_count(0)
    assert served.get("clips") == []


def test_the_tour_leads_through_all_pages_by_keyboard(page, served, expect):
    page.locator("#tour-begin").click()
    titles = ("The phantom", "How it is changed", "mien works", "Look at it",
              "What was kept, in figures", "Pass it on")  # fmt: skip
    addresses = ("/", "/", "/", "/compare", "/evidence", "/release")
    for number, (title, address) in enumerate(zip(titles, addresses, strict=True), 1):
        tour = page.get_by_role("region", name=title)
        expect(tour).to_be_focused()
        expect(tour).to_contain_text(f"Tour, {number} of 6")
        assert re.search(rf":\d+{address}(\?|$)", page.url), page.url
        expect(page.locator("#tour-next")).not_to_have_attribute("aria-disabled", "true")
        if number < len(titles):
            page.keyboard.press("Tab")
            expect(page.locator("#tour-next")).to_be_focused()
            page.keyboard.press("Enter")
    (clip,) = served.get("clips")
    assert clip["file"] == "Phantom.mp4" and f"clip={clip['id']}" in page.url
    page.locator("#tour-next").click()
    expect(page.locator("#empty")).to_be_visible()
    expect(page.locator("#tour")).to_have_count(0)
    assert served.get("clips") == []


def test_the_tour_waits_for_figures_and_can_go_on_without(page, served, expect):
    clip = f"{7:032x}"
    readers = [{"kind": "evaluate", "work": "w", "running": True}]
    page.route(f"**/api/clips/{clip}", lambda route: route.fulfill(json={"readers": readers}))
    page.evaluate(
        "clip => sessionStorage.setItem('tour', JSON.stringify({ stop: 4, clip, since: 0 }))", clip
    )
    page.goto(served.base + "/evidence")
    expect(page.locator("#tour-state")).to_contain_text("the phantom is being measured")
    expect(page.locator("#tour-next")).to_have_text("Go on without figures")
    readers.clear()
    expect(page.locator("#tour-next")).to_have_text("Next")
    expect(page.locator("#tour-state")).to_be_empty()


@pytest.mark.parametrize("size", [(1440, 900), (1024, 768), (390, 844)])
@pytest.mark.parametrize("path", PAGES)
def test_the_caption_covers_nothing_that_cannot_be_brought_out(page, served, expect, path, size):
    page.set_viewport_size({"width": size[0], "height": size[1]})
    stop = 3 + PAGES.index(path)
    page.evaluate(
        "stop => sessionStorage.setItem('tour', JSON.stringify({ stop, clip: '', since: 0 }))", stop
    )
    page.goto(served.base + path)
    expect(page.locator("#tour")).to_be_visible()
    page.wait_for_load_state("networkidle")
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    caption = page.locator("#tour").bounding_box()
    for part in ("main", "footer"):
        box = page.locator(part).bounding_box()
        beside = box["x"] + box["width"] <= caption["x"]
        assert beside or box["y"] + box["height"] <= caption["y"]
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]


def test_the_menu_stands_in_one_line_in_both_languages(page, expect):
    page.set_viewport_size({"width": 1440, "height": 900})
    for language in ("de", "en"):
        page.locator("#language").click()
        expect(page.locator("html")).to_have_attribute("lang", language)
        tops = page.locator("header a:visible, header select, #language").evaluate_all(
            "found => found.map((each) => Math.round(each.getBoundingClientRect().top / 30))"
        )
        assert len(tops) > 9 and len(set(tops)) == 1


@pytest.mark.parametrize("path", PAGES)
def test_help_has_a_name_and_closes_with_its_key(page, served, expect, path):
    page.goto(served.base + path)
    first = page.locator("[data-help]").first
    expect(first).to_be_visible()
    for button in [one for one in page.locator("[data-help]").all() if one.is_visible()]:
        assert re.fullmatch("Help: .+", button.get_attribute("aria-label"))
        button.focus()
        page.keyboard.press("Enter")
        shown = page.locator("#help")
        expect(shown).to_be_focused()
        expect(button).to_have_attribute("aria-expanded", "true")
        box = shown.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 1000
        page.keyboard.press("Escape")
        expect(shown).not_to_be_visible()
        expect(button).to_be_focused()
        expect(button).to_have_attribute("aria-expanded", "false")


def test_help_beside_settings_is_by_the_setting_and_changes_nothing(page, expect):
    page.locator("#tour-begin").click()
    expect(page.locator("#shared")).to_be_visible()
    method = page.get_by_role("button", name="Help: Method")
    method.click()
    expect(page.locator("#help")).to_contain_text("What takes the place of a face")
    page.get_by_role("button", name="Help: Voice").click()
    expect(page.locator("#help")).to_contain_text("as good as a name")
    expect(method).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("Escape")  # closes the help, not the tour
    expect(page.locator("#help")).not_to_be_visible()
    expect(page.locator("#tour")).to_be_visible()
    assert page.locator("#shared select").first.input_value() == "mesh"
