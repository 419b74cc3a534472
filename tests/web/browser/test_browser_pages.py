"""All pages in a browser, as somebody who was given the address meets them."""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from PIL import Image
from readable import check
from served import Served

from mien.phantom import Tremor
from mien.web.http.app import PAGES
from mien.web.queue.log import noted

NAME = "Jane Doe, visit 3.mp4"
"""What the clip is called: a name that must stay here."""
DOCUMENT = Path(__file__).parents[3] / "docs" / "application.md"
PICTURES = DOCUMENT.parent / "application"
_OF_PROJECTS = sorted(set(PAGES) - {"/accounts"})  # that one is looked at where there are some

_STAGES = [
    *("", "In the queue", "Starting", "Measuring the face", "Choosing a face"),
    *("Drawing", "Improving", "Done"),
]
# what the list of clips showed, each time that something in it changed
_WATCH = """
window.seen = [];
addEventListener("DOMContentLoaded", () => new MutationObserver(() => {
  for (const item of document.querySelectorAll("#jobs > li")) {
    const now = {
      state: item.querySelector(".state")?.textContent ?? "",
      done: item.querySelector("progress")?.getAttribute("value") ?? null,
      picture: item.querySelector("img")?.getAttribute("src") ?? null,
    };
    if (JSON.stringify(now) !== JSON.stringify(window.seen.at(-1))) window.seen.push(now);
  }
}).observe(document, { subtree: true, childList: true, characterData: true, attributes: true }));
"""
# whether somebody sees where the focus is
_SHOWN = """
() => {
  const element = document.activeElement;
  return [element, ...(element.labels ?? []), element.parentElement].some((each) => {
    const style = getComputedStyle(each);
    return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1;
  });
}
"""
# resolves once what has changed is on the screen
_DRAWN = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
# counts how often packing is asked for, and packs nothing
_NO_PACKING = """
window.packed = 0;
addEventListener("submit", (event) => {
  event.preventDefault();
  event.stopImmediatePropagation();
  window.packed += 1;
}, true);
"""
# the answer to a copy waits until the test lets it go
_HOLD_COPY = """
{
  const held = new Promise((done) => (window.letGo = done));
  const { set } = Object.getOwnPropertyDescriptor(XMLHttpRequestEventTarget.prototype, "onload");
  Object.defineProperty(XMLHttpRequest.prototype, "onload", {
    set(does) { set.call(this, () => held.then(does)); },
  });
}
"""

WITHOUT_CLIPS = ("/record", "/live", "/review", "/batches")
"""Pages that ask for no clips."""


@dataclass
class Visit:
    """A browser with a session, and what it did that it should not."""

    served: Served
    context: Any
    strangers: list[str] = field(default_factory=list)
    """Addresses elsewhere that pages asked for."""
    mistakes: list[str] = field(default_factory=list)
    """What scripts did not expect, and what the pages' policy forbade."""

    def open(self, path: str, script: str = "") -> Any:
        """A new window, once the page in it knows the clips."""
        page = self.context.new_page()
        page.set_default_timeout(60_000)
        page.on("dialog", lambda dialog: dialog.accept())
        page.add_init_script(script)
        if path.partition("?")[0] in WITHOUT_CLIPS:
            page.goto(self.served.base + path, wait_until="networkidle")
            return page
        with page.expect_response(re.compile("/api/clips[?]")):
            page.goto(self.served.base + path)
        return page


@pytest.fixture(scope="module")
def served(serve_sparingly) -> Served:
    return serve_sparingly(workers=2)


@pytest.fixture(scope="module")
def visit(chromium, served) -> Iterator[Visit]:
    """A browser that opened the printed address."""
    context = chromium.new_context(locale="en-GB", viewport={"width": 1000, "height": 900})
    found = Visit(served, context)
    here = urlsplit(served.base).netloc

    def pass_on(route: Any) -> None:
        if urlsplit(route.request.url).netloc == here:
            route.continue_()
        else:
            found.strangers.append(route.request.url)
            route.abort()

    context.route("**/*", pass_on)
    context.on("weberror", lambda error: found.mistakes.append(str(error.error)))
    context.on(
        "console",
        lambda message: "Content Security" in message.text and found.mistakes.append(message.text),
    )
    page = context.new_page()
    page.goto(served.address)
    assert "token" not in page.url and page.title()
    page.close()
    for cookie in context.cookies():
        served.api.cookies.set(cookie["name"], cookie["value"])
    yield found
    context.close()


@pytest.fixture(autouse=True)
def tidy(visit) -> Iterator[None]:
    """Close windows, also those of tests that fail: those behind others do not take keys."""
    yield
    for page in visit.context.pages:
        page.evaluate("localStorage.clear()")  # language, project
        page.close()


@pytest.fixture(scope="module")
def recording(make_clip) -> Path:
    """Two seconds of somebody who blinks, smiles and trembles; 30 frames."""
    settings = {"smile": (0.4, 1.8), "blinks": (0.5, 1.3), "tremor": Tremor(hertz=5)}
    return Path(make_clip(seconds=2, **settings).path)


@pytest.fixture(scope="module")
def watched(visit, recording, expect) -> list[dict[str, Any]]:
    """What somebody saw who gave the page a video and waited for its result."""
    page = visit.open("/", _WATCH)
    page.locator("#files").set_input_files(
        {"name": NAME, "mimeType": "video/mp4", "buffer": recording.read_bytes()}
    )
    page.get_by_role("button", name="De-identify 1 video").click()
    expect(page.locator("#jobs > li.done")).to_be_visible()
    expect(page.locator("#jobs > li.done img")).to_be_visible()
    seen = page.evaluate("window.seen")
    page.close()
    return list(seen)


@pytest.fixture(scope="module")
def clip(watched, visit) -> str:
    """Id of the clip that is done."""
    return str(visit.served.get("clips")[0]["id"])


@pytest.fixture(scope="module")
def measured(clip, visit) -> str:
    """Id of the clip, once it is measured too, as the page orders unless told otherwise."""
    works = visit.served.until("works", lambda found: found and found[0]["status"] == "done")
    assert works[0]["kind"] == "evaluate"
    return clip


def test_progress_is_shown_and_the_picture_is_of_the_result_only(watched):
    stages, counts = [], []
    for one in watched:
        stage = re.split(" · |: ", one["state"])[0]
        stages.append(_STAGES.index(stage))
        if one["done"] is not None:
            counts.append((stages[-1], int(one["done"])))
        if one["picture"]:
            assert stage in ("Drawing", "Improving", "Done"), one
    assert stages == sorted(stages) and stages[-1] == _STAGES.index("Done")
    assert counts == sorted(counts) and len(set(counts)) >= 2
    assert watched[-1]["picture"]


def test_another_browser_without_the_token_gets_nothing(visit, chromium, clip):
    other = chromium.new_context()
    page = other.new_page()
    for address in (visit.served.address, visit.served.base, f"{visit.served.base}/compare"):
        assert page.goto(address).status == 401
        assert page.locator("main").count() == 0 and NAME not in page.content()
    for path in ("result", "compare", "preview"):
        assert page.goto(f"{visit.served.base}/api/clips/{clip}/{path}").status == 401
    other.close()


def test_a_text_file_is_refused_in_one_sentence(visit, expect):
    page = visit.open("/")
    before = visit.served.files()
    page.locator("#files").set_input_files(
        {"name": "notes.mp4", "mimeType": "video/mp4", "buffer": b"words only"}
    )
    page.get_by_role("button", name="De-identify 1 video").click()
    said = page.locator("#chosen li.failed .state")
    expect(said).to_contain_text("notes.mp4")
    assert re.fullmatch(r"[^.]*notes\.mp4[^.]*\.?", said.inner_text())
    assert visit.served.files() == before


def test_original_and_result_are_compared_frame_by_frame(visit, clip, expect, until):
    page = visit.open(f"/compare?clip={clip}")
    position, wipe = page.locator("#position"), page.locator("#wipe")
    expect(position).to_contain_text("frame 1 of 30")
    drawn = "document.getElementById('canvas').toDataURL()"
    before = page.evaluate(drawn), int(wipe.get_attribute("aria-valuenow"))
    wipe.focus()
    page.keyboard.press("ArrowRight")
    expect(wipe).not_to_have_attribute("aria-valuenow", str(before[1]))
    assert int(wipe.get_attribute("aria-valuenow")) > before[1]
    until(page, f"{drawn} !== {json.dumps(before[0])}")
    for frame in (2, 3):
        page.locator("#on").click()
        expect(position).to_contain_text(f"frame {frame} of 30")
    page.locator("#back").click()
    expect(position).to_contain_text("frame 2 of 30")


def test_curves_lead_to_their_frames(visit, measured, expect):
    page = visit.open(f"/compare?clip={measured}")
    curve = page.locator("#curves svg").last
    expect(curve).to_be_visible()
    assert page.locator("#curves svg").count() == 3
    curve.click(position={"x": curve.bounding_box()["width"] / 2, "y": 10})
    expect(page.locator("#position")).to_contain_text(re.compile("frame 1[3-7] of 30"))


def test_the_evidence_is_read_in_words(visit, measured, expect):
    page = visit.open(f"/evidence?clip={measured}")
    expect(page.locator("#verdict")).to_contain_text(re.compile("requirement"))
    answers = page.locator("#answers").get_by_text(re.compile("^.*(holds|does not hold).*$"))
    assert answers.count() > 3
    page.locator("#frame").scroll_into_view_if_needed()
    report = page.frame_locator("#frame")
    expect(report.locator("h1").first).to_be_visible()
    assert NAME not in report.locator("body").inner_text()
    expect(page.locator("#table tbody tr").first).to_contain_text(NAME)


def test_a_release_holds_what_it_says_and_no_name(visit, measured, expect):
    page = visit.open(f"/release?clip={measured}")
    page.get_by_label("Title of the data card").fill("Blinks after surgery")
    page.locator("#start").click()
    ready = page.locator("#releases .release.done a[download]")
    expect(ready).to_be_visible()
    with page.expect_download() as waiting:
        ready.click()
    packed = Path(waiting.value.path()).read_bytes()
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    assert set(files) == {
        *("clip-001.mp4", "clip-001.json", "clip-001-metrics.json"),
        *("DATA_CARD.md", "README.txt", "manifest.json"),
    }
    listed = json.loads(files["manifest.json"])["files"]
    assert set(listed) == set(files) - {"manifest.json"}
    for name, content in files.items():
        assert b"Jane" not in content and b"visit 3" not in content, name
    for name, facts in listed.items():
        assert len(files[name]) == facts["bytes"]
        assert hashlib.sha256(files[name]).hexdigest() == facts["sha256"]
    assert "Blinks after surgery" in files["DATA_CARD.md"].decode()
    assert waiting.value.suggested_filename.endswith(".zip")


def test_packing_begins_while_the_contents_are_on_their_way(visit, measured, expect):
    page = visit.open("/release", _NO_PACKING)
    held: list[Any] = []
    page.route("**/api/releases/contents?*", lambda route: held.append(route))
    with page.expect_request(re.compile("/api/releases/contents[?]")):
        page.locator("#clips input").first.check()
    page.get_by_label("Title of the data card").fill("Blinks")
    page.locator("#start").click()  # leaves the title, which has changed
    assert page.evaluate("window.packed") == 1
    page.get_by_label("Title of the data card").focus()  # which loses the focus by the press
    page.locator("#start").hover()
    page.mouse.down()
    with page.expect_response(re.compile("/api/releases/contents[?]")) as answer:
        held[0].continue_()
    answer.value.finished()
    page.evaluate(_DRAWN)
    page.mouse.up()
    assert page.evaluate("window.packed") == 2
    expect(page.locator("#contents table")).to_be_visible()


def test_the_focus_is_seen_while_a_video_is_copied_and_afterwards(visit, recording, expect):
    home = visit.served.api.post("/api/projects?name=focus").json()["id"]
    page = visit.open("/", _HOLD_COPY + f"localStorage.setItem('project', '{home}');")
    page.on("filechooser", lambda chooser: chooser.set_files(str(recording)))
    expect(page.locator("#empty")).to_be_visible()
    page.locator("#files").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#start")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#stop")).to_be_visible()
    page.evaluate(_DRAWN)
    assert page.evaluate(_SHOWN)
    expect(page.locator("#jobs > li")).to_be_visible()
    page.evaluate("window.letGo()")
    expect(page.locator("#queue-heading")).to_be_focused()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert page.evaluate(_SHOWN), scheme
    for clip in visit.served.get(f"clips?project={home}"):
        visit.served.api.post(f"/api/clips/{clip['id']}/cancel")


def test_the_first_page_needs_no_mouse(visit, recording, expect):
    home = visit.served.api.post("/api/projects?name=keyboard").json()["id"]
    page = visit.open("/")
    page.on("filechooser", lambda chooser: chooser.set_files(str(recording)))
    expect(page.locator("#project option").filter(has_text="keyboard")).to_have_count(1)
    page.locator("#project").select_option(home)
    expect(page.locator("#empty")).to_be_visible()
    expect(page.locator("#jobs > li")).to_have_count(0)
    page.evaluate("document.activeElement.blur()")

    def tab_to(selector: str) -> None:
        for _ in range(60):
            page.keyboard.press("Tab")
            assert page.evaluate(_SHOWN), page.evaluate("document.activeElement.outerHTML")
            if page.evaluate("(asked) => document.activeElement.matches(asked)", selector):
                return
        raise AssertionError(f"no way leads to {selector}")

    tab_to("nav a[aria-current]")
    tab_to("#files")
    page.keyboard.press("Enter")  # the dialog that opens is answered as said above
    expect(page.locator("#start")).to_be_focused()
    tab_to("#chosen button")
    page.locator("#start").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#jobs > li")).to_be_visible()
    tab_to("#jobs button")  # cancel
    page.keyboard.press("Enter")
    expect(page.locator("#jobs > li.cancelled")).to_be_visible()
    page.locator("#queue-heading").focus()
    tab_to("#jobs button:last-child")  # remove
    page.keyboard.press("Enter")
    expect(page.locator("#jobs > li.leaving")).to_be_focused()
    tab_to("#jobs button")  # undo
    page.keyboard.press("Enter")
    expect(page.locator("#jobs > li.cancelled:not(.leaving)")).to_be_visible()
    (clip,) = visit.served.get(f"clips?project={home}")
    assert visit.served.api.delete(f"/api/clips/{clip['id']}").status_code == 204
    expect(page.locator("#empty")).to_be_visible()


@pytest.mark.parametrize("path", _OF_PROJECTS)
def test_controls_have_names_and_text_can_be_read(visit, measured, expect, path):
    page = visit.open(f"{path}?clip={measured}")
    settle(page, expect)
    check(page, named=9)


@pytest.mark.parametrize("path", _OF_PROJECTS)
def test_pages_speak_german(visit, measured, expect, path):
    page = visit.open(f"{path}?clip={measured}")
    settle(page, expect)
    heading = page.locator("h1").inner_text()
    assert "undefined" not in page.locator("body").inner_text()
    page.locator("#language").click()
    expect(page.locator("html")).to_have_attribute("lang", "de")
    assert page.locator("h1").inner_text() != heading
    assert "undefined" not in page.locator("body").inner_text()
    page.locator("#language").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_the_number_of_an_entry_in_the_log_is_said_in_both_languages(visit, expect):
    page = visit.open("/")
    explain = """async ([code, error]) =>
        (await import("/static/words.js")).explain({ code, error })"""
    sentence = noted("Something unexpected went wrong: try again.", "K7Q2")
    for code in ("unexpected", "unexpected_here", "stopped_twice", "no_worker"):
        assert page.evaluate(explain, [code, sentence]) == sentence
    page.locator("#language").click()
    expect(page.locator("html")).to_have_attribute("lang", "de")
    for code in ("unexpected", "unexpected_here", "stopped_twice", "no_worker"):
        said = page.evaluate(explain, [code, sentence])
        assert said.endswith(
            " (notieren Sie die Nummer K7Q2: Das Protokoll mien.log im Datenordner sagt mehr)."
        )
        assert "unexpected" not in said and "undefined" not in said
        assert "K7Q2" not in page.evaluate(explain, [code, "It failed: try again."])
    page.locator("#language").click()


def test_pictures_of_the_documentation_are_there_and_small():
    shown = re.findall(r"!\[[^]]*\]\(application/([^)]+)\)", DOCUMENT.read_text("utf-8"))
    assert {f"{name}.png" for name in ("deidentify", "compare", "evidence", "release")} <= {*shown}
    for name in shown:
        with Image.open(PICTURES / name) as image:
            assert image.width >= 720 and image.height > 400
    for picture in PICTURES.glob("*.png"):
        assert picture.stat().st_size < 200_000, "python scripts/picture_pages.py makes it small"


def test_nothing_was_asked_for_elsewhere(visit, measured):
    assert visit.strangers == [] and visit.mistakes == []


def settle(page: Any, expect: Any) -> None:
    """Wait until a page has shown what it knows."""
    expect(page.locator("#project option").first).to_be_attached()
    page.wait_for_load_state("networkidle")
