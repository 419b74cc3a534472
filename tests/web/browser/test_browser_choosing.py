"""Choosing videos, faces and settings in a real browser; what it sends is caught on the way."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from listing import listed

from mien.surrogates.bank import cards

REFUSED = {"error": "That is no video: choose another.", "code": "not_a_video"}
UNFIT = {"error": "The sound of it cannot be kept: leave the voice out.", "code": "sound_unfit"}


class Choosing:
    """The page, and the uploads that it asks for."""

    def __init__(self, page, base: str) -> None:
        self.page, self.asked = page, []
        self.refuse, self.lose, self.unfit = set(), set(), set()  # names
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
        elif query["name"] in self.unfit and query["voice"] == "keep":
            route.fulfill(status=422, body=json.dumps(UNFIT), content_type="application/json")
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
    aside = choosing.page.inner_text("#aside")
    assert aside.startswith("3 files were left aside")
    assert all(name in aside for name in ("notes.txt", "._rest.mp4", "face.jpg"))
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
    looks = ("female", "medium")
    shown = [n for n, c in cards().items() if (c["apparent_sex"], c["apparent_tone"]) == looks]
    assert page.inner_text("#faces-count") == f"{len(shown)} of {len(cards())} faces shown"
    page.locator("#faces input:checked").focus()
    key.press("ArrowDown")
    key.press("ArrowDown")
    assert page.locator("#faces input:focus").get_attribute("value") == shown[1]
    loaded = page.locator("#faces label:visible img")
    assert loaded.count() == len(shown)
    loaded.first.evaluate("image => image.decode()")
    key.press("Enter")
    page.locator("#faces").wait_for(state="hidden")
    page.locator("[data-key=surrogate]:focus").wait_for()
    assert f"woman, younger, medium skin, {shown[1]}" in page.inner_text("[data-key=surrogate]")
    key.press("Enter")
    key.press("ArrowDown")
    key.press("Escape")  # changes nothing
    assert [asked["surrogate"] for asked in choosing.start()] == [shown[1]]


def test_settings_are_those_of_all_videos_or_of_each(choosing, videos):
    page = choosing.page
    page.set_input_files("#folder", videos)
    assert page.locator("#shared [data-key=voice]").input_value() == "mute"
    page.locator("#shared [data-key=voice]").select_option("keep")
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
    assert (one["engine"], one["voice"], "subject" in one) == ("blur", "keep", True)  # whose it is
    assert len(others) == 3
    for asked in others:
        assert (asked["engine"], asked["voice"], asked["subject"]) == ("mesh", "keep", "P07")
        assert (asked["surrogate"], asked["match"], asked["people"]) == ("auto", "age", "all")
        assert (asked["after"], asked["measure"]) == ("ask", "generic")
    page.set_input_files("#folder", videos)
    page.check("#same-tick")
    # whose they are is asked with each method, and not kept for those that come after
    assert page.locator("#shared [data-key=subject]").input_value() == ""
    assert {asked["engine"] for asked in choosing.start()[4:]} == {"blur"}


SILENT = b"".join(
    len(body).to_bytes(4, "big") + kind + body[8:]
    for kind, body in ((b"ftyp", bytes(16)), (b"moov", bytes(24)))
)
"""The boxes of an MP4 that has no sound track; no browser plays it."""


def test_what_is_to_be_said_of_several_videos_is_said_once(choosing, tmp_path):
    page, wrong = choosing.page, choosing.page.locator("#warned .warns, #chosen .warns")
    for number in range(3):
        (tmp_path / f"take{number}.mp4").write_bytes(SILENT + bytes(number))
    page.set_input_files("#files", sorted(tmp_path.glob("take*"))[:1])
    page.locator("#chosen li .warns", has_text="It has no sound").wait_for()
    page.set_input_files("#files", sorted(tmp_path.glob("take*")))
    page.locator("#warned .warns", has_text="3 videos have no sound").wait_for()
    assert wrong.count() == 1
    assert "(take0.mp4, take1.mp4, take2.mp4)" in wrong.inner_text()
    page.locator("#shared [data-key=voice]").select_option("keep")
    assert "no voice in them" in wrong.inner_text()
    for _ in range(2):
        page.locator("#chosen button", has_text="Take off").first.click()
    assert page.locator("#warned .warns").count() == 0
    assert "no voice to keep" in page.inner_text("#chosen .warns")


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


def test_a_video_whose_sound_does_not_fit_starts_again_without_it(choosing, videos):
    page = choosing.page
    choosing.unfit = {"take9.mov"}
    page.set_input_files("#folder", videos)
    page.uncheck("#same-tick")
    own = page.locator("#chosen li", has_text="take9.mov")
    own.locator("[data-key=engine]").select_option("mask")
    own.locator("[data-key=voice]").select_option("keep")
    assert len(choosing.start()) == 4
    assert choosing.names() == ["take9.mov"]
    assert "sound of this video" in page.inner_text("#chosen .state")
    page.locator("#shared [data-key=voice]").select_option("mute")
    last = choosing.start()[-1]
    assert (last["name"], last["engine"], last["voice"]) == ("take9.mov", "mask", "mute")
    assert page.is_hidden("#waiting")


def test_filters_that_no_face_fits_say_so(choosing, videos):
    page = choosing.page
    page.set_input_files("#files", videos / "P1/rest.mp4")
    page.click("[data-key=surrogate]")
    take = page.locator("#faces [value=take]")
    assert take.inner_text() == "Choose by measuring" and page.is_hidden("#faces-none")
    page.locator("#faces-list input").nth(1).check()
    assert take.inner_text() == "Take this face"
    page.locator("#faces-list input").first.check()
    page.evaluate(
        """document.querySelectorAll("#faces-filters select").forEach((select) =>
             select.append(new Option("nobody's", "nobody's")))"""
    )
    page.locator("#faces-filters select").first.select_option("nobody's")
    assert page.is_visible("#faces-none")
    assert page.inner_text("#faces-count").startswith("No such face")
    page.click("#faces-back")


def clip(name, status, after="ask", readers=(), engine="mesh", **more):
    """A clip as the API tells of it."""
    wanted = {"engine": engine, "surrogate": "auto", "match": "age", "people": "all"}
    wanted |= {"subject": None, "voice": "mute", "compare": after == "ask", "measure": "generic"}
    found = {"frames": 9, "ledger": {"covered": 2}, "surrogates": ["c01"], "renderings": 1}
    return {
        **{"id": name, "name": name, "status": status, "after": after, "wanted": wanted},
        **{"created": 1.0, "finished": 2.0, "cancelling": False, "readers": list(readers)},
        **{"found": found if status == "done" else None, "preview": False, "original": True},
        **{"compare": False, "stage": None, "done": 0, "total": None, "fps": None},
        **{"seconds_left": None, "width": 1, "height": 1, "error": None, "code": None, **more},
    }


def test_cards_say_what_is_still_to_be_done_and_what_becomes_of_originals(session):
    context, base = session
    page = context.new_page()
    waits, runs = ({"work": "w", "kind": "evaluate", "running": each} for each in (False, True))
    judge = {"person": 0, "recogniser": "another", "frames": 60}
    judges = [judge | {"share_under": 0.85}, judge | {"share_under": 0.0}]
    clips = [
        clip("waits", "done", "delete", [waits]),
        clip("runs", "done", "ask", [runs]),
        clip("gone", "done", engine="blur", original=False),
        clip("failed", "failed"),
    ]
    rows = [{"clip": "runs", "stale": False, "hides": {"held": 3, "asked": 3}}]
    rows[0]["keeps"] = {"held": 5, "asked": 7, "unknown": 1}
    clips[1]["found"] |= {"judges": judges}
    rows.append({**rows[0], "clip": "gone", "stale": True})
    page.route("**/api/clips?*", lambda route: route.fulfill(json=clips))
    page.route("**/api/cohort?*", lambda route: route.fulfill(json={"rows": rows}))
    asked: list[str] = []

    def over(route):
        asked.append(f"{route.request.method} {urlsplit(route.request.url).path}")
        route.fulfill(json={"deleted": 1, "kept": 2})

    page.route("**/api/originals?*", over)
    page.route("**/api/works/**", over)
    page.goto(f"{base}/")
    cards = {name: page.locator("#jobs > li", has_text=name) for name in ("waits", "runs", "gone")}
    cards["runs"].wait_for()
    assert "1 being measured · 1 to be measured" in page.inner_text("#summary")
    said = {name: card.inner_text() for name, card in cards.items()}
    assert "waits to be measured" in said["waits"] and "is being measured" in said["runs"]
    assert "will be deleted after measuring" in said["waits"]
    assert "something is covered by a solid area" in said["runs"]
    assert "does not know the person (3 of 3" in said["runs"]
    assert "Movements kept: 5 of 7 requirements hold, 1 could not be" in said["runs"]
    assert "(another) still recognises person 1 in 85 % of 60 frames" in said["runs"]
    assert "(another) recognises person 1 in none of 60 frames" in said["runs"]
    assert "before something was covered" in said["gone"]
    assert "hidden" not in said["gone"] and "again" not in said["gone"]
    assert "All 9 frames are blurred" in said["gone"] and "Weak" in said["gone"]
    assert "The stored original was deleted." in said["gone"]
    looks = cards["gone"].get_by_text("Look at the result").get_attribute("href")
    assert looks == "/compare?clip=gone"
    cards["runs"].get_by_text("Cancel measuring").click()
    questions: list[str] = []

    def agree(dialog):
        questions.append(dialog.message)
        dialog.accept()

    page.on("dialog", agree)
    page.click("#delete-originals")
    page.locator("#deleted", has_text="1 stored original was deleted. 2 stayed").wait_for()
    assert questions[0].startswith("Delete 1 stored original?")
    assert "1 of them is of a clip that failed" in questions[0] and "2 others stay" in questions[0]
    assert asked == ["POST /api/works/w/cancel", "DELETE /api/originals"]
    page.close()


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


@pytest.mark.parametrize(("language", "words"), [("en", "is incomplete"), ("de", "unvollständig")])
def test_half_a_clip_is_said_with_it(session, language, words):
    shared, base = session
    # a browser of its own: the language stays with it
    context = shared.browser.new_context(locale="en-GB", storage_state=shared.storage_state())
    page = context.new_page()
    wanted = {"engine": "mesh", "surrogate": "auto", "match": "age", "people": "all"}
    done = {"stage": None, "done": 36, "total": 36, "fps": None, "seconds_left": None}
    clip = {
        "id": "0" * 32,
        "name": "visit.mp4",
        "project_id": "0" * 32,
        "status": "done",
        "cancelling": False,
        "wanted": {**wanted, "subject": None, "voice": "keep", "compare": False, "measure": None},
        "found": {
            "frames": 2,
            "ledger": {"rendered": 2},
            "surrogates": [],
            "renderings": 1,
            "missing": {"frames": 34, "of": 36},
        },
        **{"after": "ask", "size": 9, "width": 320, "height": 240, "frames": 36, "seconds": 1.4},
        **{"original": True, "preview": False, "compare": False, "readers": [], "error": None},
        **done,
    }
    page.route("**/api/clips?*", lambda route: route.fulfill(json=[clip]))
    page.add_init_script(f"localStorage.setItem('language', '{language}')")
    page.goto(f"{base}/")
    said = page.locator("#jobs .warns")
    said.wait_for()
    assert words in said.inner_text() and "34" in said.inner_text() and "36" in said.inner_text()
    context.close()


_MARKUP = "<img src=x onerror=window.hurt=1>"


@pytest.fixture
def many(session):
    """The page with a list of clips, and what it asks for about them."""
    context, base = session
    page = context.new_page()
    page.on("dialog", lambda dialog: dialog.accept())
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    asked: list[str] = []

    def show(clips, refuse=()):
        def answer(route):
            url = urlsplit(route.request.url)
            asked.append(f"{route.request.method} {url.path.removeprefix('/api/')}")
            if any(part in url.path for part in refuse):
                gone = {"error": "There is no such clip.", "code": "no_clip"}
                route.fulfill(status=404, json=gone)
            else:
                route.fulfill(json={"people": None, "tried": None, "portrait": False})

        page.route("**/api/clips/*/**", answer)
        page.route("**/api/clips?*", lambda route: route.fulfill(json=clips))
        page.route("**/api/cohort?*", lambda route: route.fulfill(json={"rows": []}))
        left = {"seconds_left": 125.0, "jobs": 2, "workers": 1}
        page.route("**/api/queue", lambda route: route.fulfill(json=left))
        page.goto(f"{base}/")
        page.locator("#jobs > li").first.wait_for()
        return page, asked

    yield show
    assert problems == []
    page.close()


def shown(page) -> list[str]:
    """Names of the clips that are shown, in their order."""
    return [str(name) for name in page.locator("#jobs .name").all_inner_texts()]


def test_many_clips_fit_a_page_are_found_and_put_in_order(many):
    states = ["done"] * 20 + ["queued", "queued", "failed", "held", "running"]
    page, _ = many([listed(number, status) for number, status in enumerate(states)])
    assert page.evaluate("document.documentElement.scrollHeight") < 3000
    assert "all done in about 2 min" in page.inner_text("#summary")
    assert shown(page)[:4] == ["P24", "P20", "P21", "P23"]
    page.locator("#find-text").fill("doe 7")
    assert shown(page) == ["P07"]
    page.locator("#find-text").fill("")
    page.locator("#find-state").select_option("failed")
    assert shown(page) == ["P22"]
    page.locator("#find-state").select_option("busy")
    page.locator("#find-sort").select_option("came")
    assert shown(page) == ["P24", "P21", "P20"]
    page.locator("#find-text").fill("nobody")
    assert page.locator("#none").is_visible() and shown(page) == []


def test_what_is_picked_is_done_together_and_what_another_window_took_is_counted(many):
    clips = [listed(number, "done") for number in range(6)]
    page, asked = many(clips, refuse=[f"{2:032x}/remove"])
    page.locator("#find-text").fill("P0")
    page.locator("#pick-all").check()
    page.locator("#jobs .pick").nth(0).uncheck()
    names = page.locator("#picked-does > *").all_inner_texts()
    assert names[0] == "5 picked:" and "Measure (5)" in names
    href = page.get_by_role("link", name="Download (5)").get_attribute("href")
    assert href.startswith("/api/results.zip?clip=") and href.count("clip=") == 5
    page.get_by_role("button", name="Remove (5)").click()
    page.locator("#picked-said", has_text="Done with 4 of 5").wait_for()
    assert len([each for each in asked if each.endswith("/remove")]) == 5
    assert "There is no such clip" in page.inner_text("#trouble")
    assert page.locator("#jobs .pick:checked").count() == 0


def test_places_in_the_queue_are_changed_without_opening_or_picking(many):
    page, asked = many([listed(number, "queued") for number in range(6)])
    rows = page.locator("#jobs > li")
    assert rows.count() == 6 and page.locator("#jobs .brief").count() == 6
    first, last = rows.first, rows.last
    assert first.get_by_role("button", name="Earlier").is_disabled()
    assert last.get_by_role("button", name="Later").is_disabled()
    last.get_by_role("button", name="To the front").click()
    assert asked.count(f"POST clips/{5:032x}/move") == 1


def test_the_first_clip_can_be_picked_as_soon_as_there_is_another(many):
    clips = [listed(0, "running")]
    page, _ = many(clips)
    assert page.locator("#jobs .pick").count() == 0
    clips.append(listed(1, "queued"))
    page.locator("#jobs .pick").nth(1).wait_for()
    assert page.locator("#jobs .pick").count() == 2


def test_picks_are_gone_after_a_download_and_cancelling_says_what_it_did(many):
    page, _ = many([listed(number, "done" if number < 2 else "queued") for number in range(4)])
    page.locator("#pick-all").check()
    page.get_by_role("link", name="Download (2)").evaluate(
        "a => a.addEventListener('click', e => e.preventDefault())"
    )
    page.get_by_role("link", name="Download (2)").click()
    page.locator("#picked").wait_for(state="hidden")
    assert page.locator("#jobs .pick:checked").count() == 0
    page.locator("#pick-all").check()
    page.get_by_role("button", name="Cancel (2)").click()
    page.locator("#picked-said", has_text="2 clips cancelled.").wait_for()
    assert page.locator("#picked").is_hidden()


def test_what_was_removed_together_comes_back_together(many):
    clips = [listed(number, "done") for number in range(3)]
    page, asked = many(clips)
    assert page.locator("#undo-all").is_hidden()
    page.locator("#pick-all").check()
    for clip in clips:
        clip["leaves"] = 50
    page.get_by_role("button", name="Remove (3)").click()
    page.locator("#picked-said", has_text="3 clips removed.").wait_for()
    page.locator("#undo-all").click()
    page.locator("#picked-said", has_text="3 clips are back.").wait_for()
    assert len([each for each in asked if each.endswith("/restore")]) == 3


def test_a_clip_that_failed_offers_another_try_only_where_that_can_help(many):
    lost = listed(0, "failed", code="no-face")
    stopped = listed(1, "failed", code="stopped_twice")
    page, _ = many([lost, stopped])
    first, second = (page.locator("#jobs > li", has_text=name) for name in ("P00", "P01"))
    assert first.locator("button").first.inner_text() == "Edit"
    assert first.get_by_role("button", name="Try again").count() == 0
    assert second.locator("button").first.inner_text() == "Edit"
    assert second.get_by_role("button", name="Try again").count() == 1


def test_results_of_one_original_are_told_apart_in_one_line(many):
    clips = [listed(number, "done") for number in range(6)]
    for clip, engine in zip(clips[:2], ("mesh", "mask"), strict=True):
        clip |= {"family": "f", "wanted": clip["wanted"] | {"engine": engine}}
    page, _ = many(clips)
    first, second, third = (
        page.locator("#jobs > li", has_text=name).locator(".verdict").inner_text()
        for name in ("P00", "P01", "P02")
    )
    assert "New face" in first and "Mask" in second
    assert "Method" not in third


def test_markup_in_names_and_notes_is_text(many):
    odd = {"name": _MARKUP, "file": _MARKUP, "note": _MARKUP, "subject": _MARKUP}
    people = {"alike": [f"{1:032x}"]}
    page, _ = many([listed(0, "done", **odd, **people), listed(1, "done", **odd)])
    assert _MARKUP in page.locator("#jobs > li").first.inner_text()
    page.get_by_role("button", name="Make once more, otherwise").first.click()
    page.locator("#edit[open]").wait_for()
    assert _MARKUP in page.inner_text("#edit-heading")
    assert page.evaluate("window.hurt") is None
    page.locator("#edit-back").click()


def test_a_finished_clip_is_made_once_more_with_other_settings(many):
    page, asked = many([listed(0, "done")])
    page.get_by_role("button", name="Make once more, otherwise").click()
    page.locator("#edit-settings [data-key=engine]").select_option("mask")
    with page.expect_request("**/redo") as sent:
        page.locator("#edit-do").click()
    body = json.loads(sent.value.post_data)
    assert (body["engine"], body["surrogate"], body["people"]) == ("mask", "auto", "all")
    assert (body["leave"], body["cover"], body["measure"]) == ([], [], "generic")
    page.locator("#edit").wait_for(state="hidden")
    assert asked[-1].startswith("POST clips/") and asked[-1].endswith("/redo")


def test_hands_and_every_frame_are_kept_when_a_clip_is_made_once_more(many):
    clip = listed(0, "done")
    clip["wanted"] |= {"hands": "cover", "audit": "all"}
    page, _ = many([clip])
    said = page.locator("#jobs > li").inner_text()
    assert "Hands over the face: Cover the face meanwhile" in said
    assert "Checked for recognition: Every frame" in said
    page.get_by_role("button", name="Make once more, otherwise").click()
    edit = page.locator("#edit-settings")
    edit.locator("summary").click()
    hands, audit = (edit.locator(f"[data-key={key}]") for key in ("hands", "audit"))
    assert (hands.input_value(), audit.input_value()) == ("cover", "all")
    assert "that face is covered" in edit.inner_text()
    edit.locator("[data-key=engine]").select_option("mask")
    assert hands.count() == 0  # nothing of a face is seen, with or without a hand
    edit.locator("[data-key=engine]").select_option("mesh")
    audit.select_option("sample")
    with page.expect_request("**/redo") as sent:
        page.locator("#edit-do").click()
    body = json.loads(sent.value.post_data)
    assert (body["hands"], body["audit"]) == ("cover", "sample")
    page.locator("#edit").wait_for(state="hidden")


def test_a_judge_that_decided_what_is_covered_is_no_proof(many):
    judge = {"person": 0, "recogniser": "faceres", "frames": 60, "share_under": 0.0}
    moment = {"reason": "recognised", "person": 0, "by": ["faceres"], "from_s": 0.0, "to_s": 1.0}
    conceded = {"frames": 3, "share": 0.1, "moments": [moment]}
    found = {"frames": 9, "ledger": {}, "surrogates": [], "renderings": 1, "conceded": conceded}
    both = {**found, "judges": [{**judge, "decided": True}, {**judge, "recogniser": "other"}]}
    page, _ = many([listed(0, "done", found=both)])
    said = page.locator("#jobs > li").inner_text()
    assert "recognised by faceres" in said
    assert said.count("proves nothing about those frames") == 1


def failing(clip: dict) -> dict:
    """A row of what was measured of a clip whose person a recogniser still knows."""
    tally = {"held": 7, "asked": 7, "unknown": 0}
    row = {"clip": clip["id"], "name": clip["name"], "work": "w", "finished": 3000.0}
    row |= {"stale": False, "method": "mesh", "profile": "generic", "passed": False}
    return row | {"hides": {**tally, "held": 2, "asked": 3}, "keeps": tally, "held": 9, "asked": 10}


def test_whoever_may_be_recognised_is_said_in_a_line_too(many):
    clips = [listed(number, "done") for number in range(6)]
    page, _ = many(clips)
    page.route("**/api/cohort?*", lambda route: route.fulfill(json={"rows": [failing(clips[2])]}))
    page.goto(page.url)
    said = page.locator("#jobs .verdict.fails")
    said.wait_for()
    assert said.count() == 1
    assert said.inner_text().startswith("✗ may be recognised · 9 of 10")


def test_release_says_before_packing_who_may_be_recognised(many):
    clips = [listed(number, "done") for number in range(3)]
    page, _ = many(clips)
    page.route("**/api/works?*", lambda route: route.fulfill(json=[]))
    page.route("**/api/cohort?*", lambda route: route.fulfill(json={"rows": [failing(clips[1])]}))
    page.goto(page.url + "release")
    said = page.locator("#clips .fails")
    said.wait_for()
    assert said.count() == 1 and "not shown that the person is not recognised" in said.inner_text()
    assert "P01" in page.locator("#clips li", has=page.locator(".fails")).inner_text()
