"""A call in a real browser: a phantom before the patient's camera, and what the doctor sees."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from pathlib import Path

import cv2
import pytest

pytest.importorskip("aiortc", reason="aiortc is not installed: make live")

from mien.phantom import Script, phantom

SLOW_MS = 180_000  # until a call stands, on a computer that does much else
SCREENSHOTS = Path(__file__).parents[3] / "docs" / "application"
_SERVE = """
import sys
from functools import partial
from mien.cli import main
from mien.live.calls import book
from mien.live.calls.call import Call
from mien.live.calls.remote import Remote
painter = '''
import sys
import numpy as np
from mien.live.calls.wire import planes_of, receive, send
while (picture := receive(sys.stdin.buffer)) is not None:
    image = np.empty((picture.height, picture.width, 3), np.uint8)
    image[:] = (30, 30, 200)
    send(sys.stdout.buffer, planes_of(image, picture.pts, None))
'''
book.Call = partial(Call, begin=partial(Remote, command=(sys.executable, "-c", painter)))
data, *words = sys.argv[1:]
sys.argv = ["mien", "serve", "--no-browser", "--data", data, *words]
main()
"""
_MEAN = """
() => {
  const video = document.getElementById("other"), canvas = document.createElement("canvas");
  canvas.width = canvas.height = 16;
  const context = canvas.getContext("2d");
  context.drawImage(video, 0, 0, 16, 8, 0, 0, 16, 16);
  const data = context.getImageData(0, 0, 16, 16).data, sum = [0, 0, 0];
  for (let k = 0; k < data.length; k += 4) for (let c = 0; c < 3; c++) sum[c] += data[k + c] / 256;
  return video.videoWidth ? sum : null;
}
"""


@pytest.fixture(scope="module")
def filmed(chromium, tmp_path_factory):
    """A browser with a face before its camera, and a microphone that beeps."""
    path = tmp_path_factory.mktemp("camera") / "face.mjpeg"
    with path.open("wb") as file:
        for frame in phantom(Script(width=640, height=480, seconds=1, fps=30, seed=1)):
            bgr = cv2.cvtColor(frame.image, cv2.COLOR_RGB2BGR)
            file.write(cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes())
    browser = chromium.browser_type.launch(
        executable_path=shutil.which("chromium") or shutil.which("chromium-browser"),
        args=[
            "--no-sandbox",
            "--disable-dev-shm-usage",
            "--use-fake-ui-for-media-stream",
            "--use-fake-device-for-media-stream",
            f"--use-file-for-fake-video-capture={path}",
        ],
    )
    yield browser
    browser.close()


@pytest.fixture
def call(serve, filmed, expect):
    """Pages of a call: whoever made it, the patient, the doctor."""
    served = serve("--workers", "1", code=_SERVE).enter()
    expect.set_options(timeout=SLOW_MS)
    pages, problems = [], []

    def page(address, session=False):
        context = filmed.new_context(locale="en", viewport={"width": 1100, "height": 800})
        if session:
            cookies = served.api.cookies.items()
            context.add_cookies([{"name": n, "value": v, "url": served.base} for n, v in cookies])
        context.set_default_timeout(SLOW_MS)
        made = context.new_page()
        made.on("pageerror", lambda error: problems.append(str(error)))
        made.goto(address)
        pages.append(made)
        return made

    yield served, page, expect
    assert not problems
    for each in pages:
        each.context.close()


def blue(page) -> bool:
    """Whether the doctor sees what the process painted."""
    mean = page.evaluate(_MEAN)
    return mean is not None and mean[2] > 120 and mean[0] < 90


def shot(page, name: str) -> None:
    if os.environ.get("MIEN_SCREENSHOTS"):
        page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)


def named(page) -> None:
    """Whatever can be pressed or filled in has a name for whoever hears the page."""
    unnamed = page.evaluate(
        """() => [...document.querySelectorAll("button, a, input, select")].filter((each) =>
          each.offsetParent && !each.textContent.trim() && !each.labels?.length &&
          !each.getAttribute("aria-label")).map((each) => each.outerHTML)"""
    )
    assert unnamed == []
    assert page.evaluate("document.querySelectorAll('h1').length") == 1


def painters(served) -> list[int]:
    """Process ids of the processes that paint for a server."""
    listed = Path("/proc").glob("[0-9]*/stat")
    found = []
    for stat in listed:
        try:
            parent = int(stat.read_text().rsplit(")", 1)[1].split()[1])
            words = (stat.parent / "cmdline").read_text()
        except OSError:  # it is gone
            continue
        if parent == served.process.pid and "image[:] = (30, 30, 200)" in words:
            found.append(int(stat.parent.name))
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="there is no /proc")
def test_a_call_from_its_links_to_its_end(call):
    served, page, expect = call
    owner = page(f"{served.base}/live", session=True)
    expect(owner.locator("#none")).to_be_visible()
    owner.select_option("#voice", "changed")
    owner.focus("#make")
    owner.keyboard.press("Enter")
    expect(owner.locator("#calls li")).to_contain_text("link not used yet")
    expect(owner.locator("#list-heading")).to_be_focused()
    named(owner)
    links = [each.input_value() for each in owner.locator("#calls .links input").all()]

    patient = page(links[0])
    named(patient)
    shot(patient, "live-patient-before")
    patient.focus("#join")
    patient.keyboard.press("Enter")
    state = patient.locator("#state")
    expect(state).to_contain_text("The doctor is not here yet.")
    expect(state).to_contain_text("You are seen with another face.")
    expect(patient.locator("#call-heading")).to_be_focused()

    doctor = page(links[1])
    doctor.click("#join")
    expect(doctor.locator("#state")).to_contain_text("The patient waits.")
    assert not blue(doctor)
    shot(doctor, "live-doctor-waits")
    doctor.click("#admit")
    expect(doctor.locator("#state")).to_contain_text("You see the patient with another face.")
    until(doctor, lambda: blue(doctor))
    expect(patient.locator("#state")).to_contain_text("The doctor is here.")
    named(doctor)
    shot(owner, "live")

    stranger = page(links[0])
    expect(stranger.locator("body")).to_contain_text("used already")

    patient.click("#mute")
    expect(patient.locator("#mute")).to_have_attribute("aria-pressed", "true")
    expect(doctor.locator("#state")).to_contain_text("Their microphone is off.")
    patient.evaluate(
        """() => { Object.defineProperty(document, "hidden", { value: true, configurable: true });
        document.dispatchEvent(new Event("visibilitychange")); }"""
    )
    expect(doctor.locator("#state")).to_contain_text("the patient's page is not in front")
    until(doctor, lambda: not blue(doctor))
    patient.evaluate(
        """() => { Object.defineProperty(document, "hidden", { value: false, configurable: true });
        document.dispatchEvent(new Event("visibilitychange")); }"""
    )
    until(doctor, lambda: blue(doctor))

    (painter,) = painters(served)
    os.kill(painter, signal.SIGKILL)
    expect(doctor.locator("#state")).to_contain_text("has ended")
    until(doctor, lambda: not blue(doctor))
    patient.click("#again")
    until(doctor, lambda: blue(doctor))

    doctor.click("#language")
    expect(doctor.locator("h1")).to_have_text("Termin")
    for each in (owner, patient, doctor):
        each.set_viewport_size({"width": 390, "height": 800})
        assert each.evaluate("document.documentElement.scrollWidth") <= 390
    shot(patient, "live-patient-narrow")
    patient.click("#end")
    expect(patient.locator("#over-heading")).to_be_focused()
    expect(doctor.locator("#over")).to_be_visible()
    expect(owner.locator("#calls .state")).to_contain_text("Ended")
    assert not painters(served)
    assert not [name for name in served.files() if name.endswith((".mp4", ".webm", ".jpg", ".png"))]


def until(page, condition) -> None:
    """Wait for something that shall be seen."""
    for _ in range(1800):
        if condition():
            return
        page.wait_for_timeout(100)
    raise AssertionError("it was not seen")


def test_without_a_camera_it_is_said(serve, chromium, expect):
    served = serve("--workers", "1", code=_SERVE).enter()
    link = served.api.post("/api/live", json={}).json()["links"]["patient"]
    page = chromium.new_context(locale="en").new_page()
    page.goto(served.base + link)
    page.click("#join")
    expect(page.locator("#trouble")).to_contain_text("camera cannot be used")
    expect(page.locator("#join")).to_be_enabled()
    assert not served.get("live")["calls"][0]["used"]["patient"]
    page.context.close()
