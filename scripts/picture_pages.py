"""Make the pictures of the application's pages in docs/application, of phantoms alone.

    python scripts/picture_pages.py [-o docs/application]

A server of its own works on phantoms as it would on clips of patients, with everything that is
asked by default, so that the pages show what people see. Chromium (Debian's package `chromium`) is
driven without a window. Record, Live, batches and accounts have a camera, several people or a
cluster to show, which their tests have: `MIEN_SCREENSHOTS=1` makes those (CONTRIBUTING.md), and
this script, run after them, makes all pictures small.
"""

from __future__ import annotations

import argparse
import io
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import sync_playwright

from mien.phantom import Script, Tremor, render_phantom

WIDTH, HIGHEST = 1200, 1500  # pixels of a picture
OF_CHECKS = 3000  # of the one of Release, whose checks come last
LARGEST = 200_000  # bytes of one
LONGEST_S = 900
CLIPS = {
    "P01": Script(seconds=4, seed=11, smile=(1.0, 3.0), blinks=(0.7, 3.4)),
    "P02": Script(seconds=4, seed=4, tremor=Tremor(5.0), blinks=(2.0,)),
    "P03": Script(seconds=12, seed=7, speech=(1.0, 5.0), smile=(7.0, 10.0), width=400, height=300),
    "P04": Script(seconds=12, seed=15, blinks=(1.0, 5.0), width=400, height=300),
    "Doctor": Script(seconds=12, seed=21, smile=(6.0, 9.0), width=400, height=300),
}
ROOT = Path(__file__).parents[1]


class Application:
    """A server, and a browser that may use it."""

    def __init__(self, browser: Any, address: str) -> None:
        self.base = address.split("/enter")[0]
        self.context = browser.new_context(locale="en-GB", viewport={"width": WIDTH, "height": 900})
        self.page = self.context.new_page()
        self.page.goto(address)
        self.page.evaluate("localStorage.setItem('tour-offered', 'yes')")

    def post(self, path: str, **words: Any) -> Any:
        """What the API answers."""
        answer = self.context.request.post(
            f"{self.base}/api/{path}", headers={"Origin": self.base}, timeout=120_000, **words
        )
        if not answer.ok:
            raise SystemExit(f"{path}: {answer.status} {answer.text()}")
        return answer.json()

    def until(self, path: str, so: Callable[[Any], bool]) -> Any:
        """What the API answers once it is so."""
        end = time.monotonic() + LONGEST_S
        while not so(found := self.context.request.get(f"{self.base}/api/{path}").json()):
            if time.monotonic() > end:
                raise SystemExit(f"{path}: {found}")
            time.sleep(0.2)
        return found

    def upload(self, path: Path, **settings: str) -> str:
        """A clip's id."""
        query = "&".join(f"{key}={value}" for key, value in settings.items())
        return str(self.post(f"clips?name={path.name}&{query}", data=path.read_bytes())["id"])

    def take(self, picture: Path, path: str, ready: str, *, dark: bool = False) -> None:
        """Write a picture of a page, once what `ready` names is to be seen."""
        self.page.emulate_media(color_scheme="dark" if dark else "light")
        self.page.goto(f"{self.base}{path}")
        self.page.locator(ready).first.wait_for(timeout=1000 * LONGEST_S)
        self.shoot(picture)

    def shoot(self, picture: Path, highest: int = HIGHEST) -> None:
        """Write a picture of what is shown."""
        tall = self.page.evaluate("document.documentElement.scrollHeight")
        self.page.set_viewport_size({"width": WIDTH, "height": min(tall, highest)})
        self.page.evaluate("scrollTo(0, 0)")
        self.page.wait_for_timeout(500)
        few(Image.open(io.BytesIO(self.page.screenshot(animations="disabled"))), picture)
        self.page.set_viewport_size({"width": WIDTH, "height": 900})


def few(image: Image.Image, picture: Path) -> None:
    """Write an image in few colours, so that it stays small; no rare colour is lost."""
    method = Image.Quantize.MAXCOVERAGE
    image.convert("RGB").quantize(256, method, dither=Image.Dither.NONE).save(
        picture, optimize=True
    )


def pictures(app: Application, phantoms: dict[str, Path], out: Path) -> None:
    """Have everything made that pages show, and take their pictures."""
    ids = {
        name: app.upload(phantoms[name], subject=name, visit="3", measure="generic")
        for name in ("P01", "P02")
    }
    ids["P03"] = app.upload(phantoms["P03"], subject="P03", visit="3")
    ids["Doctor"] = app.upload(phantoms["Doctor"], subject="Doctor", engine="mask")
    for clip in ids.values():
        app.until(f"clips/{clip}", lambda one: one["status"] == "done" and not one["readers"])
    met = {"doctor": ids["Doctor"], "patient": ids["P03"], "offset": 0.0, "name": "Visit 3"}
    for path, order in (
        ("encounters", met),
        ("releases", {"clips": [ids["P02"], ids["P03"]], "title": "Tremor and speech",
                      "consent": "Nobody had to be asked: these are phantoms."}),
    ):  # fmt: skip
        work = app.post(path, data=order)["id"]
        app.until(f"works/{work}", lambda one: one["status"] == "done")
    app.take(out / "evidence.png", f"/evidence?clip={ids['P01']}", "text=Did it keep")
    app.take(out / "encounter.png", "/encounter", "#encounters a")
    app.page.locator("#encounters a").first.click()
    app.page.locator("#timelines svg").first.wait_for()
    app.shoot(out / "encounter.png")
    app.take(out / "release.png", "/release", "#releases .done summary")
    app.page.locator("#releases .done summary").first.click()
    app.shoot(out / "release.png", OF_CHECKS)
    app.take(out / "compare.png", f"/compare?clip={ids['P01']}", "#curves svg")
    app.page.locator("#language").click()
    app.page.locator("#modes [value=side]").check()
    app.shoot(out / "compare-german.png")
    app.page.locator("#language").click()
    clip = app.upload(phantoms["P04"], subject="P04", visit="3")
    for name in ("deidentify", "deidentify-dark"):
        app.take(out / f"{name}.png", "/", "#jobs > li.running img", dark=name.endswith("dark"))
    app.post(f"clips/{clip}/cancel")


def main() -> None:
    """Start a server, take pictures, and make those of others small."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-o", "--out", type=Path, default=ROOT / "docs" / "application")
    out = parser.parse_args().out
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        raise SystemExit("There is no Chromium: install Debian's package chromium.")
    with tempfile.TemporaryDirectory() as folder:
        phantoms = {name: Path(folder, f"{name}-visit3.mp4") for name in CLIPS}
        for name, script in CLIPS.items():
            render_phantom(script, phantoms[name])
        command = [sys.executable, "-m", "mien", "serve", "--no-browser", "--data"]
        server = subprocess.Popen(
            [*command, str(Path(folder, "data"))], stdout=subprocess.PIPE, text=True
        )
        try:
            assert server.stdout is not None
            address = re.search(r"https?://\S+", server.stdout.readline())
            assert address is not None
            with sync_playwright() as started:
                browser = started.chromium.launch(
                    executable_path=chromium, args=["--no-sandbox", "--disable-dev-shm-usage"]
                )
                pictures(Application(browser, address[0]), phantoms, out)
                browser.close()
        finally:
            server.terminate()
            server.wait()
    for picture in sorted(out.glob("*.png")):
        if picture.stat().st_size > LARGEST:
            with Image.open(picture) as image:
                few(image.copy(), picture)
        print(picture.name, picture.stat().st_size)


if __name__ == "__main__":
    main()
