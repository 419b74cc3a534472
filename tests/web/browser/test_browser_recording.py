"""A phantom before a browser's camera: consent, checks, a clip in De-identify."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import cv2
import pytest

from mien.phantom import Script, phantom

SCREENSHOTS = Path(__file__).parents[3] / "docs" / "application"


@pytest.fixture(scope="module")
def camera(tmp_path_factory):
    """A second of a face, which the browser shows again and again."""
    path = tmp_path_factory.mktemp("camera") / "face.mjpeg"
    with path.open("wb") as file:
        for frame in phantom(Script(width=640, height=480, seconds=1, fps=30, seed=1)):
            bgr = cv2.cvtColor(frame.image, cv2.COLOR_RGB2BGR)
            file.write(cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes())
    return path


@pytest.fixture(scope="module")
def filmed(chromium, camera):
    """A browser with that camera, and a microphone that beeps."""
    browser = chromium.browser_type.launch(
        executable_path=shutil.which("chromium") or shutil.which("chromium-browser"),
        args=[
            "--no-sandbox",
            "--disable-dev-shm-usage",
            "--use-fake-ui-for-media-stream",
            "--use-fake-device-for-media-stream",
            f"--use-file-for-fake-video-capture={camera}",
        ],
    )
    yield browser
    browser.close()


def test_a_step_is_recorded_and_goes_into_de_identify(serve, filmed, expect):
    served = serve("--workers", "1").enter()
    page = filmed.new_context(locale="en").new_page()
    page.context.add_cookies(
        [
            {"name": name, "value": value, "url": served.base}
            for name, value in served.api.cookies.items()
        ]
    )
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(f"{served.base}/record")
    page.select_option("#protocol", "facial-palsy")
    expect(page.locator("#source")).to_contain_text("Sunnybrook")
    page.fill("#participant", "Maria")
    page.check("#agreed")
    page.click("#begin")
    expect(page.locator("#trouble")).to_contain_text("may be somebody's name")
    page.fill("#participant", "P017")
    page.click("#begin")
    expect(page.locator("#asked")).to_have_text("Relax your face and look into the camera.")
    expect(page.locator("#asked")).to_be_focused()
    expect(page.locator("#point")).to_be_visible()
    expect(page.locator("#far")).to_contain_text("Step 1 of 9 – Recording")
    if os.environ.get("MIEN_SCREENSHOTS"):
        page.screenshot(path=SCREENSHOTS / "record.png", full_page=True)
    # no script of a test may wait in the page: its policy forbids eval
    expect(page.locator("#progress")).to_have_attribute("value", re.compile(r"^0\.[1-9]"))
    page.click("#keep")
    expect(page.locator("#far")).to_contain_text("Step 2 of 9")
    expect(page.locator("#takes")).to_contain_text("P017-rest")
    expect(page.locator("#takes")).to_contain_text("in De-identify")
    page.click("#stop")
    expect(page.locator("#made-heading")).to_be_focused()
    (clip,) = served.get("clips")
    assert clip["name"].startswith("P017-rest.") and clip["seconds"] > 0
    assert (clip["width"], clip["height"]) == (640, 480)
    assert served.api.post(f"/api/clips/{clip['id']}/cancel").status_code in (200, 204, 409)
    page.click("#language")
    expect(page.locator("h1")).to_have_text("Aufnehmen")
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert not problems
    page.context.close()


def test_a_clip_that_ends_slowly_is_taken_though_the_recording_was_stopped(serve, filmed, expect):
    served = serve("--workers", "1")
    page = filmed.new_context(locale="en").new_page()
    page.goto(served.address)
    page.add_init_script(
        "const stop = MediaRecorder.prototype.stop;"
        "MediaRecorder.prototype.stop = function () { setTimeout(() => stop.call(this), 1500); };"
    )
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(f"{served.base}/record")
    page.select_option("#protocol", "facial-palsy")
    page.fill("#participant", "P018")
    page.check("#agreed")
    page.click("#begin")
    expect(page.locator("#progress")).to_have_attribute("value", re.compile(r"^0\.[1-9]"))
    with page.expect_response(lambda answer: "/keep?" in answer.url):
        page.click("#keep")
    page.click("#stop")
    expect(page.locator("#takes")).to_contain_text("P018-rest")
    expect(page.locator("#takes")).to_contain_text("in De-identify")
    assert not problems
    page.context.close()


def test_without_a_camera_it_is_said(serve, chromium, expect):
    served = serve("--workers", "1")
    page = chromium.new_context(locale="en").new_page()
    page.goto(served.address)
    page.goto(f"{served.base}/record")
    page.fill("#participant", "P1")
    page.check("#agreed")
    page.click("#begin")
    expect(page.locator("#trouble")).to_contain_text("camera cannot be used")
    expect(page.locator("#who")).to_be_visible()
    assert not (served.data / "recordings").exists()
    page.context.close()
