"""Time live video, from browser to browser and in one program, and compare it with a clip's result.

    python benchmarks/live.py call [--seconds S] [--clip CLIP] [--json OUT]
    python benchmarks/live.py native [--seconds S] [--clip CLIP] [--json OUT]
    python benchmarks/live.py fidelity [--json OUT]
    python benchmarks/live.py all [--seconds S] [--json OUT]

call      `mien serve`, a patient's and a doctor's page in Chromium on this computer, 640 × 480
          pixels, 30 pictures a second. A number is drawn into a corner of the camera's file; both
          pages read it back from what they display, so that the latency is from the patient's
          camera, as their own browser would display it, to the doctor's screen. Also: pictures a
          second that the doctor sees, how many of them are covered, the latency and the memory of
          each minute, and on how many pictures of the doctor the original's face was found: by a
          recogniser that does not choose faces, and by comparing pixels. Whether both would find it
          is tried on the camera's own pictures.
native    `mien live --replay` to no sink, at the clip's own speed.
fidelity  a phantom with a tremor of the lip, de-identified as a clip and as it comes (with
          --learn-from, so that nothing is covered for learning): r_CCA and the amplitude of the
          tremor of both, against the original.

Without --clip a phantom is drawn. A clip is scaled to 640 × 480, given forwards and backwards, and
only read. The load of the machine before the start is part of the answer.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np

from mien.models.landmarker import open_backend
from mien.phantom import Script, phantom, render_phantom
from mien.phantom.script import Tremor
from mien.phantom.timecode import CELL, CELLS, stamp
from mien.recognition.recogniser import distances
from mien.recognition.registry import recogniser
from mien.tracking.detection import Detector
from mien.tracking.measuring import Measuring
from mien.video import Reader

SIZE = (640, 480)
JUDGE = "faceres"  # has no say in the choice
ALIKE = 8.0  # grey levels by which eyes to mouth may differ from the original's and be the same
LONGEST_MS = 300_000  # until a page answers
FIRST_S = 180  # until the first picture is shown; then what is measured is covered
EVERY = 10  # pictures of the doctor of which one is looked at
MIEN = [sys.executable, "-m", "mien"]
SERVE = """
import sys
from mien.cli import main
sys.argv = ["mien", "serve", "--no-browser", "--data", sys.argv[1]]
main()
"""
READ = (
    (Path(__file__).parent / "live.js")
    .read_text()
    .replace("$CELLS", str(CELLS))
    .replace("$CELL", str(CELL))
    .replace("$EVERY", str(EVERY))
)


def frames_of(clip, seconds):
    """Pictures of a clip, or of a phantom: RGB, 640 × 480, 30 a second."""
    if clip is None:
        script = Script(width=SIZE[0], height=SIZE[1], seconds=seconds, fps=30, seed=1)
        return [frame.image for frame in phantom(script)]
    with Reader(clip) as reader:
        found = []
        for frame in reader:
            found.append(cv2.resize(frame.image, SIZE, interpolation=cv2.INTER_AREA))
            if len(found) >= 30 * seconds:
                break
    return found


def camera_file(frames, path):
    """Write a camera's file, forwards and backwards, with a number in each picture."""
    with path.open("wb") as file:
        for number, image in enumerate(frames + frames[-2:0:-1]):
            image = image.copy()
            stamp(image, number)
            bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
            file.write(cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, 92])[1].tobytes())


def memory_mb(pid):
    """Memory of a process and its children, MB."""
    total = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
            if int(stat.parent.name) == pid or int(fields[1]) == pid:
                total += int(fields[21]) * os.sysconf("SC_PAGE_SIZE")
        except (OSError, ValueError):
            continue
    return round(total / 1e6)


def quantiles(values):
    """Median, 95th percentile and mean; None of nothing."""
    if not len(values):
        return None
    at = np.percentile(values, [50, 95])
    return {
        "p50": round(at[0], 1),
        "p95": round(at[1], 1),
        "mean": round(float(np.mean(values)), 1),
    }


def latencies(sent, seen):
    """Milliseconds between the display of a number here and there, and when it was there.

    Numbers come again when the file does, so each is matched with the last time before.
    """
    by_number = {}
    for number, at in sent:
        by_number.setdefault(number, []).append(at)
    found, last = [], None
    for number, at in seen:
        before = [t for t in by_number.get(number, []) if 0 <= at - t < 10_000]
        if before and number != last:
            found.append((at, at - before[-1]))
        last = number
    return found


def looks_for_originals(pictures, frames):
    """On how many pictures the original's face is found: by a recogniser, and by pixels."""
    judge, detector, backend = recogniser(JUDGE), Detector(), open_backend(None)
    measuring, found = Measuring(backend), {"looked": 0, "recognised": 0, "same_pixels": 0}
    cycle = frames + frames[-2:0:-1]
    for number, address in pictures:
        coded = np.frombuffer(base64.b64decode(address.split(",")[1]), np.uint8)
        shown = cv2.cvtColor(cv2.imdecode(coded, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
        original = cycle[number % len(cycle)]
        sightings = detector.see(original)
        points = measuring.settle(original, sightings[0].region) if sightings else None
        if points is None or shown.shape != original.shape:
            continue
        found["looked"] += 1
        own = judge.describe_all([judge.chip(original, points)])
        other = judge.describe_all([judge.chip(shown, points)])
        found["recognised"] += bool(distances(other, own).min() < judge.threshold)
        low, high = points[:, :2].min(0).astype(int), points[:, :2].max(0).astype(int)
        middle = (low + high) // 2
        half = (high - low) // 4
        (left, top), (right, bottom) = middle - half, middle + half
        apart = np.abs(
            shown[top:bottom, left:right].astype(int) - original[top:bottom, left:right]
        ).mean()
        found["same_pixels"] += bool(apart < ALIKE)
    detector.close()
    backend.close()
    return found


def hold_call(frames, seconds, work):
    """A call of so many seconds between two pages, and what both saw."""
    from playwright.sync_api import sync_playwright

    camera = work / "camera.mjpeg"
    camera_file(frames, camera)
    server = subprocess.Popen(
        [sys.executable, "-c", SERVE, str(work / "data")], stdout=subprocess.PIPE, text=True
    )
    address = server.stdout.readline().split()[-1]
    base = address.split("/enter")[0]
    minutes = []
    try:
        with sync_playwright() as started:
            browser = started.chromium.launch(
                executable_path=shutil.which("chromium") or shutil.which("chromium-browser"),
                args=[
                    *("--no-sandbox", "--disable-dev-shm-usage", "--use-fake-ui-for-media-stream"),
                    "--use-fake-device-for-media-stream",
                    f"--use-file-for-fake-video-capture={camera}",
                ],
            )
            owner = browser.new_page()
            owner.set_default_timeout(LONGEST_MS)
            owner.goto(address)
            made = owner.request.post(f"{base}/api/live", data={}, headers={"Origin": base}).json()
            links = {who: base + link for who, link in made["links"].items()}
            patient, doctor = (browser.new_context().new_page() for _ in range(2))
            for page in (patient, doctor):
                page.set_default_timeout(LONGEST_MS)
                page.add_init_script(READ)
            patient.goto(links["patient"])
            began = time.monotonic()
            patient.click("#join")
            patient.locator("#call").wait_for(state="visible")
            doctor.goto(links["doctor"])
            doctor.click("#join")
            doctor.locator("#admit:enabled").click()

            def state():
                (call,) = owner.request.get(f"{base}/api/live").json()["calls"]
                return call

            while state()["covered"] is not None and time.monotonic() - began < FIRST_S:
                doctor.wait_for_timeout(200)
            first = round(time.monotonic() - began, 1)
            doctor.evaluate("window.__follow(document.getElementById('other'), 150)")
            start, before = time.monotonic(), state()["counts"]
            while (left := seconds - (time.monotonic() - start)) > 0:
                doctor.wait_for_timeout(min(left, 60) * 1000)
                minutes.append((time.time() * 1000, memory_mb(server.pid)))
            lasted = time.monotonic() - start
            sent, seen = (page.evaluate("window.__live") for page in (patient, doctor))
            counts = state()["counts"]
            browser.close()
    finally:
        server.terminate()
        server.wait(30)
    return first, lasted, minutes, sent, seen, before, counts


def call(frames, seconds, work):
    """Everything of one call."""
    first, lasted, minutes, sent, seen, before, counts = hold_call(frames, seconds, work)
    delays = latencies(sent["codes"], seen["codes"])
    numbers = [number for number, _ in seen["codes"]]
    changes = sum(a != b for a, b in pairwise(numbers)) + bool(numbers)
    each, since = [], 0.0
    for until, memory in minutes:
        here = [delay for at, delay in delays if since <= at < until]
        each.append({"latency_ms": quantiles(here), "memory_mb": memory})
        since = until
    because = {
        why: n - before["covered_because"].get(why, 0)
        for why, n in counts["covered_because"].items()
        if n > before["covered_because"].get(why, 0)
    }
    return {
        "seconds": round(lasted, 1),
        "first_shown_s": first,
        "camera_frames_per_second": round(len(sent["codes"]) / lasted, 1),
        "frames_per_second": round(changes / lasted, 2),
        "latency_ms": quantiles([delay for _, delay in delays]),
        "covered_or_unread": seen["none"],
        "covered_because": because,
        "server": counts,
        "minutes": each,
        "originals": looks_for_originals(seen["pictures"], frames),
        "originals_in_the_camera": looks_for_originals(sent["pictures"], frames),
    }


def native(frames, seconds, work):
    """A clip in the camera's place, to no sink."""
    clip = work / "native.mp4"
    write_clip(frames, clip)
    ran = subprocess.run(
        [*MIEN, *("live", "--replay", clip, "--loop", "--seconds", str(seconds), "--json")],
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(ran.stdout)


def write_clip(frames, path):
    """Write a clip, forwards and backwards, nearly without loss."""
    import av

    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=30, options={"crf": "12"})
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        for image in frames + frames[-2:0:-1]:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode(None))


def fidelity(work):
    """The same phantom as a clip and as it comes."""
    clip = work / "phantom.mp4"
    script = Script(seconds=12, fps=30, seed=3, tremor=Tremor(5.0, 0.03), smile=(7.0, 10.0))
    render_phantom(script, clip)
    made = {"clip": work / "clip.mp4", "live": work / "live.mp4"}
    run("deidentify", clip, "-o", made["clip"], "--subject", "P1")
    run("live", "--replay", clip, "--learn-from", clip, "--as-fast", "--record", made["live"],
        "--subject", "P1")  # fmt: skip
    found = {}
    for name, result in made.items():
        told = run("evaluate", clip, result, "-o", work / f"{name}-report", "--only", "fidelity",
                   "--json")  # fmt: skip
        metrics = json.loads(told)
        found[name] = {
            "r_cca": metrics["dynamics"]["r_cca"],
            "tremor_amplitude_ratio": metrics["tremor"]["lip"]["amplitude_ratio"],
            "tremor_frequency_error_hz": metrics["tremor"]["lip"]["frequency_error"],
        }
    return found


def run(*words):
    """What a command of mien prints; a failure ends the benchmark."""
    done = subprocess.run([*MIEN, *map(str, words)], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"live: mien {words[0]} exited with {done.returncode}\n{done.stderr[-2000:]}")
    return done.stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("call", "native", "fidelity", "all"))
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--clip", type=Path)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    found = {"load": os.getloadavg()[0], "cores": os.cpu_count()}
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        if asked.what != "fidelity":
            frames = frames_of(asked.clip, 10)
        if asked.what in ("native", "all"):
            found["native"] = native(frames, min(asked.seconds, 60), work)
        if asked.what in ("call", "all"):
            found["call"] = call(frames, asked.seconds, work)
        if asked.what in ("fidelity", "all"):
            found["fidelity"] = fidelity(work)
    text = json.dumps(found, indent=2)
    print(text)
    if asked.json:
        asked.json.write_text(text + "\n")


if __name__ == "__main__":
    main()
