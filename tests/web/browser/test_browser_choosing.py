"""Choosing videos, faces and settings in a real browser; what it sends is caught on the way."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

REFUSED = {"error": "That is no video: choose another.", "code": "not_a_video"}


class Choosing:
    """The page, and the uploads that it asks for."""

    def __init__(self, page, base: str) -> None:
        self.page, self.asked, self.refuse, self.lose = page, [], set(), set()
        page.route("**/api/clips?*", self._answer)
        self.problems: list[str] = []
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        with page.expect_response("**/api/clips?*"):  # asked for once the page is ready
            page.goto(f"{base}/")

    def _answer(self, route) -> None:
        if route.request.method != "POST":
            route.continue_()
            return
        query = dict(parse_qsl(urlsplit(route.request.url).query))
        self.asked.append(query)
        if query["name"] in self.lose:
            route.abort()
        elif query["name"] in self.refuse:
            route.fulfill(status=422, body=json.dumps(REFUSED), content_type="application/json")
        else:
            route.fulfill(status=201, body="{}", content_type="application/json")

    def names(self) -> list[str]:
        """Videos on the list."""
        found = self.page.locator("#chosen .name").evaluate_all(
            "found => found.map((each) => each.firstChild.textContent)"
        )
        return [str(name) for name in found]

    def start(self) -> list[dict[str, str]]:
        """Begin, and what was asked for once all is sent."""
        self.page.click("#start")
        self.page.locator("#stop").wait_for(state="hidden")
        return self.asked


@pytest.fixture(scope="module")
def session(serve, chromium):
    """A browser with a session."""
    served = serve("--workers", "1")
    context = chromium.new_context(locale="en-GB")
    context.new_page().goto(served.address)
    yield context, served.base
    context.close()


@pytest.fixture
def choosing(session):
    context, base = session
    page = context.new_page()
    found = Choosing(page, base)
    yield found
    assert found.problems == []
    page.close()


@pytest.fixture
def videos(tmp_path) -> Path:
    """A folder with four videos, two of them called alike, and what is none."""
    for name in ("P1/rest.mp4", "P2/rest.mp4", "P2/deep/take10.MOV", "P2/deep/take9.mov"):
        path = tmp_path / "visit" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    for name in ("notes.txt", "P1/._rest.mp4", "P2/face.jpg"):
        (tmp_path / "visit" / name).write_text("no video")
    return tmp_path / "visit"


def test_of_a_folder_the_videos_are_taken_and_the_rest_is_counted(choosing, videos):
    choosing.page.set_input_files("#folder", videos)
    assert choosing.names() == ["P1 – rest.mp4", "take9.mov", "take10.MOV", "P2 – rest.mp4"]
    assert choosing.page.inner_text("#aside").startswith("3 files were left aside")
    choosing.page.set_input_files("#folder", videos)
    assert len(choosing.names()) == 4
    assert "4 videos are on the list already." in choosing.page.inner_text("#aside")


def test_what_is_chosen_before_the_server_answers_is_not_lost(session, videos):
    context, base = session
    page, held = context.new_page(), []
    page.route("**/api/surrogates", lambda route: held.append(route))
    with page.expect_request("**/api/surrogates"):
        page.goto(base)
    page.set_input_files("#folder", videos)
    assert page.is_hidden("#waiting")
    held[0].continue_()
    page.locator("#chosen li").nth(3).wait_for()
    page.close()


def test_folders_can_be_dropped(choosing, videos):
    box = choosing.page.locator("#drop").bounding_box()
    system = choosing.page.context.new_cdp_session(choosing.page)
    dropped = {"items": [], "files": [str(videos), str(videos / "P1/rest.mp4")]}
    for kind in ("dragEnter", "dragOver", "drop"):
        system.send(
            "Input.dispatchDragEvent",
            {
                **{"type": kind, "x": box["x"] + 20, "y": box["y"] + 20},
                "data": {**dropped, "dragOperationsMask": 1},
            },
        )
    choosing.page.locator("#chosen li").nth(4).wait_for()
    assert sorted(choosing.names())[:2] == ["P1 – rest.mp4", "P2 – rest.mp4"]
    assert choosing.page.inner_text("#aside").startswith("3 files were left aside")


def test_a_face_is_chosen_with_the_keyboard(choosing, videos):
    page, key = choosing.page, choosing.page.keyboard
    page.set_input_files("#files", videos / "P1/rest.mp4")
    page.locator("[data-key=surrogate]").focus()
    key.press("Enter")
    assert page.locator("#faces input:focus").get_attribute("value") == "auto"
    page.locator("#faces-filters select").nth(0).select_option("female")
    page.locator("#faces-filters select").nth(2).select_option("medium")
    assert page.inner_text("#faces-count") == "4 of 24 faces shown"
    page.locator("#faces input:checked").focus()
    key.press("ArrowDown")
    key.press("ArrowDown")
    assert page.locator("#faces input:focus").get_attribute("value") == "woman-medium-2"
    loaded = page.locator("#faces label:visible img")
    assert loaded.count() == 4
    loaded.first.evaluate("image => image.decode()")
    key.press("Enter")
    page.locator("#faces").wait_for(state="hidden")
    page.locator("[data-key=surrogate]:focus").wait_for()
    assert "woman, younger, medium skin" in page.inner_text("[data-key=surrogate]")
    key.press("Enter")
    key.press("ArrowDown")
    key.press("Escape")  # changes nothing
    assert [asked["surrogate"] for asked in choosing.start()] == ["woman-medium-2"]


def test_settings_are_those_of_all_videos_or_of_each(choosing, videos):
    page = choosing.page
    page.set_input_files("#folder", videos)
    page.locator("#shared [data-key=voice]").select_option("mute")
    page.locator("#shared summary").click()
    page.locator("#shared [data-key=subject]").fill("P07")
    page.locator("#shared [data-key=subject]").press("Enter")  # starts nothing
    page.uncheck("#same-tick")
    first = page.locator("#chosen li").first
    first.locator("[data-key=engine]").focus()
    first.locator("[data-key=engine]").select_option("blur")
    assert "Weak" in first.inner_text()
    assert first.locator("[data-key=engine]:focus").count() == 1
    one, *others = choosing.start()
    assert (one["engine"], one["voice"], "subject" in one) == ("blur", "mute", False)
    assert len(others) == 3
    for asked in others:
        assert (asked["engine"], asked["voice"], asked["subject"]) == ("mesh", "mute", "P07")
        assert (asked["surrogate"], asked["match"], asked["people"]) == ("auto", "age", "all")
        assert (asked["after"], asked["measure"]) == ("ask", "generic")
    page.set_input_files("#folder", videos)
    page.check("#same-tick")
    assert page.locator("#shared [data-key=subject]").count() == 0  # the last method has none
    assert {asked["engine"] for asked in choosing.start()[4:]} == {"blur"}


def test_what_is_not_taken_says_why_and_the_others_go_on(choosing, videos):
    page = choosing.page
    choosing.refuse, choosing.lose = {"take9.mov"}, {"take10.MOV"}
    page.set_input_files("#folder", videos)
    assert len(choosing.start()) == 4
    assert choosing.names() == ["take9.mov", "take10.MOV"]
    refused, lost = page.locator("#chosen .state").all_inner_texts()
    assert refused == REFUSED["error"]
    assert lost.startswith("The video could not be copied")
    assert page.is_hidden("#start")
    assert page.locator("#chosen button", has_text="Try again").count() == 1
    page.locator("#chosen button", has_text="Try again").click()
    choosing.lose = set()
    assert choosing.start()[-1]["name"] == "take10.MOV"
    assert choosing.names() == ["take9.mov"]
    page.locator("#chosen button").click()
    assert page.is_hidden("#waiting")


def test_copying_can_be_stopped_and_nothing_is_lost(choosing, videos):
    page, held = choosing.page, []
    page.route("**/api/clips?name=take9*", lambda route: held.append(route))
    page.set_input_files("#folder", videos)
    with page.expect_request("**/api/clips?name=take9*"):
        page.click("#start")
    assert page.inner_text("#start") == "Copying 2 of 4"
    page.click("#stop")
    page.locator("#stop").wait_for(state="hidden")
    assert choosing.names() == ["take9.mov", "take10.MOV", "P2 – rest.mp4"]
    assert page.inner_text("#start") == "De-identify 3 videos" and page.is_enabled("#start")
    assert [asked["name"] for asked in choosing.asked] == ["P1 – rest.mp4"]
