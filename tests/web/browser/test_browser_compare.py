"""The page Compare shows exactly the frame that it says, in both halves."""

from __future__ import annotations

import json
from fractions import Fraction

import numpy as np
import pytest

from mien.video import Writer
from mien.video.frame import VideoInfo
from mien.web.queue.folders import COMPARE, FRAMES, MANIFEST, RESULT, Folders
from mien.web.queue.store import Store
from mien.web.queue.tables import Clip

WIDTH, HEIGHT, BITS = 160, 120, 7
FOUND = {"frames": 60, "ledger": {"rendered": 60}, "surrogates": ["c01"], "renderings": 1}
# the frame number that a half of the canvas shows: bright fields for ones on the left, for zeros on
# the right
_READ = """
() => {
  const canvas = document.getElementById("canvas"), context = canvas.getContext("2d");
  const half = canvas.width / 2;
  const read = (from, ones) => Array.from({ length: 7 }, (_, k) => {
    const across = from + ((k + 1.5) * half) / 9;
    const [value] = context.getImageData(across, canvas.height / 2, 1, 1).data;
    return (value > 125) === ones ? 2 ** k : 0;
  }).reduce((a, b) => a + b);
  return [Number(canvas.dataset.frame), read(0, true), read(half, false)];
}
"""

# whether the middle of each half is bright
_MIDDLES = """
() => {
  const canvas = document.getElementById("canvas"), context = canvas.getContext("2d");
  const bright = (across) => context.getImageData(across, canvas.height / 2, 1, 1).data[0] > 125;
  return [bright(canvas.width / 4), bright((3 * canvas.width) / 4)];
}
"""


# a browser whose pictures say whole seconds where microseconds belong, and that reports the time
# that was sought as that of the frame: Firefox
_UNSTAMPED = """
const Picture = window.VideoFrame;
window.VideoFrame = function (...given) {
  const picture = new Picture(...given);
  const value = Math.floor(picture.timestamp / 1e6);
  return Object.defineProperty(picture, "timestamp", { value });
};
const asked = HTMLVideoElement.prototype.requestVideoFrameCallback;
HTMLVideoElement.prototype.requestVideoFrameCallback = function (told) {
  return asked.call(this, (now, shown) => told(now, { ...shown, mediaTime: this.currentTime }));
};
"""

# a browser that draws a picture's whole where a part of it is asked for: WebKit
_UNCUT = """
const draw = CanvasRenderingContext2D.prototype.drawImage;
const whole = OffscreenCanvasRenderingContext2D.prototype.drawImage;
const uncut = (usual) => function (picture, ...given) {
  const parts = given.length === 8 && picture instanceof VideoFrame ? given.slice(4) : given;
  return usual.call(this, picture, ...parts);
};
CanvasRenderingContext2D.prototype.drawImage = uncut(draw);
OffscreenCanvasRenderingContext2D.prototype.drawImage = uncut(whole);
"""
_BROWSERS = {"usual": "", "unstamped": _UNSTAMPED, "uncut": _UNCUT}


def coded(number: int, ones: int) -> np.ndarray:
    """A picture from which its number can be read."""
    picture = np.full((HEIGHT, WIDTH, 3), 125, np.uint8)
    for k in range(BITS):
        fields = slice((k + 1) * WIDTH // 9, (k + 2) * WIDTH // 9)
        picture[:, fields] = ones if number >> k & 1 else 250 - ones
    return picture


_STEPS = np.random.default_rng(7).integers(17, 67, 60)
STAMPS = {
    "even": [40 * n for n in range(60)],
    "uneven": [int(time) for time in 900 + np.cumsum(_STEPS)],  # and late
}
"""Times of 60 frames, milliseconds, by the clip's id."""


@pytest.fixture(params=STAMPS)
def clip(request) -> str:
    return str(request.param)


@pytest.fixture
def stamps(clip) -> list[int]:
    return STAMPS[clip]


@pytest.fixture(scope="module")
def session(serve, chromium, tmp_path_factory):
    """A browser with a session, and the address of a server that knows the clips."""
    data = tmp_path_factory.mktemp("compare") / "data"
    folders = Folders(data)
    folders.make()
    store = Store(folders.database)
    store.create()
    project = store.projects.first("Clips").id
    folders.open_project(project)
    for clip, stamps in STAMPS.items():
        add_done(store, folders, project, clip, stamps)
    store.close()
    served = serve("--workers", "1", data=data)
    context = chromium.new_context(locale="en-GB")
    context.new_page().goto(served.address)
    yield context, served.base
    context.close()


def add_done(store: Store, folders: Folders, project: str, clip: str, stamps: list[int]) -> None:
    """Add a clip that is done, of coded pictures at these times."""
    wanted = {"engine": "mesh", "surrogate": "auto", "match": "age", "people": "all"}
    wanted |= {"subject": None, "voice": "keep", "compare": True, "measure": None}
    columns = {"after": "ask", "size": 1, "width": WIDTH, "height": HEIGHT}
    added = Clip(id=clip, project_id=project, name=f"{clip}.mp4", **columns)
    store.clips.add(added, wanted)
    job = store.held.take("worker")
    folders.original(added).write_bytes(b"original")
    folder = folders.run(job)
    folder.mkdir(parents=True)
    for name, width in ((COMPARE, 2 * WIDTH), (RESULT, WIDTH)):
        info = VideoInfo(width, HEIGHT, Fraction(1, 1000), average_rate=Fraction(25))
        with Writer(folder / name, info, gop=12) as writer:
            for number, stamp in enumerate(stamps):
                halves = [coded(number, 230), coded(number, 20)]
                writer.write(np.concatenate(halves[-width // WIDTH :], axis=1), stamp)
            writer.commit()
    ranges = [{"entry": "rendered", "first_frame": 0, "last_frame": 59}]
    (folder / MANIFEST).write_text(json.dumps({"ledger": {"ranges": ranges}}))
    (folder / FRAMES).write_text(json.dumps({"times": [stamp / 1000 for stamp in stamps]}))
    assert store.held.finish(job.id, "worker", FOUND)


@pytest.fixture(params=_BROWSERS)
def page(session, clip, request):
    """The page of a clip, halves beside each other."""
    context, base = session
    page = context.new_page()
    page.add_init_script(_BROWSERS[request.param])
    page.goto(f"{base}/compare?clip={clip}")
    page.locator('[value="side"]').check()
    yield page
    page.close()


def test_every_step_shows_the_next_frame(page, stamps, until, request):
    def shown(number: int) -> list[int]:
        page.locator(f'#canvas[data-frame="{number}"]').wait_for()
        if "unstamped" in request.node.callspec.id:  # nothing says whether the picture is late
            until(page, f"({_READ})().every((frame) => frame === {number})")
        return page.evaluate(_READ)

    assert shown(0) == [0, 0, 0]
    for number in range(1, 60):
        page.keyboard.press(".")
        assert shown(number) == [number] * 3
    assert page.locator("#position").text_content() == f"frame 60 of 60 · {stamps[-1] / 1000:.3f} s"
    for number in range(58, 38, -1):
        page.locator("#back").click()
        assert shown(number) == [number] * 3
    page.locator("#track").focus()
    for key, number in (("Home", 0), ("End", 59)):
        page.keyboard.press(key)
        assert shown(number) == [number] * 3


def test_the_zoom_shows_one_place_in_both_halves_and_parts_are_marked_exactly(page):
    page.locator("#canvas[data-frame='0']").wait_for()
    page.keyboard.press(".")
    page.locator("#canvas[data-frame='1']").wait_for()
    assert page.evaluate(_MIDDLES) == [False, True]  # the fourth bit of 1
    page.locator("#zoom").select_option("4")
    canvas = page.locator("#canvas")
    canvas.focus()
    for arrow, shown in (("ArrowLeft", [True, False]), ("ArrowRight", [False, True])):
        for _ in range(24):
            page.keyboard.press(arrow)
            page.keyboard.press("ArrowUp")
        assert page.evaluate(_MIDDLES) == shown, arrow  # its first bit, its last
    page.locator("#to").click()
    page.locator("#part").check()
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    left, wide, high = box["x"] + box["width"] / 2, box["width"] / 4, box["height"] / 2
    page.mouse.move(left + 1, box["y"] + 1)
    page.mouse.down()
    page.mouse.move(left + wide, box["y"] + high, steps=4)
    page.mouse.up()
    # a quarter of width and height is shown, at the right and the top
    wanted = {"edgeLeft": 75, "edgeTop": 0, "edgeRight": 87.5, "edgeBottom": 12.5}
    for edge, share in wanted.items():
        assert abs(float(page.locator(f"#{edge}").input_value()) - share) < 0.3, edge
    drawn = page.locator("#box").bounding_box()
    assert abs(drawn["x"] - left) < 4 and abs(drawn["width"] - wide) < 12
    page.reload()
    assert "75 to 8" in page.locator("#marks li").inner_text()  # marks are still there
    for width, height in ((1440, 900), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        for view in ("wipe", "side", "result"):
            page.locator(f'[value="{view}"]').check()
            page.evaluate("scrollTo(0, 0)")
            play = page.locator("#play").bounding_box()
            assert play["y"] + play["height"] <= height, (width, view)
