"""Time `mien serve`: until its page can be used, under load, and when it is killed.

    python benchmarks/serving.py [--clips N] [--workers N] [--seconds S] [--engine NAME]
        [--chromium PATH] [--json OUT]

Runs on phantoms that it draws, in a folder that it removes. Three parts:

start     from the command to the first page that takes videos, in a Chromium that runs already,
          with the page's own requests; and the address alone. Without Chromium only the latter.
load      N clips queued at once. Pages are asked for five times a second each, progress is looked
          at as the page does, every 0.4 s; how long answers take, how long nothing changes in a
          clip that is worked on, and the memory of the server and of its largest worker.
killed    N clips again; the server is killed once one is done and another is worked on, and
          started anew. Everything must be done at the end, and no half file be left.

The load of the machine before the start is part of the answer: other programs on it count too.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from threading import Event, Thread

import httpx

from mien.phantom import Script, render_phantom

SERVE = """
import sys
from mien.cli import main
data, *words = sys.argv[1:]
sys.argv = ["mien", "serve", "--no-browser", "--data", data, *words]
main()
"""
ASKED = ("/", "/api/clips", "/api/works", "/static/deidentify.js", "/static/style.css")
EVERY_S = 0.2  # between two rounds of requests
LOOK_S = 0.4  # between two looks of the page at the clips
LONGEST_S = 3600.0


class Server:
    """A server in a process of its own, and a session with it."""

    def __init__(self, data, workers):
        self.data, begun = data, time.perf_counter()
        self.process = subprocess.Popen(
            [sys.executable, "-c", SERVE, str(data), "--workers", str(workers)],
            stdout=subprocess.PIPE,
            text=True,
        )
        self.address = self.process.stdout.readline().split()[-1]
        self.begun, self.start_s = begun, time.perf_counter() - begun
        self.base = self.address.split("/enter")[0]

    def enter(self):
        """A client with a session; the address works once."""
        client = self.client()
        if client.get(self.address).status_code != 303:
            sys.exit("serving: the printed address opened no session")
        self.cookies = client.cookies
        return client

    def client(self):
        return httpx.Client(
            base_url=self.base,
            headers={"Origin": self.base},
            cookies=getattr(self, "cookies", None),
            timeout=60,
        )

    def workers(self):
        """Process ids of its workers."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                words = (folder / "cmdline").read_text().split("\0")
            except OSError:  # it is gone
                continue
            if "mien.web.queue.worker" in words and str(self.data) in words:
                found.append(int(folder.name))
        return found

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        self.process.communicate(timeout=60)


def memory_mb(process, field="VmRSS"):
    """Resident memory of a process, MB; 0 if it is gone."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith(field)), 0.0)


def measure_start(folder, workers, chromium):
    """Seconds from the command to the address, and to the first page that takes videos."""
    if chromium is None:
        server = Server(folder / "start", workers)
        server.stop()
        return {"address_s": server.start_s, "page_s": None}
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        page = browser.new_page()
        server = Server(folder / "start", workers)
        try:
            with page.expect_response("**/api/clips?*"):  # the page asks once it takes videos
                page.goto(server.address)
            page.locator("#files").wait_for(state="attached")
            page_s = time.perf_counter() - server.begun
        finally:
            browser.close()
            server.stop()
    return {"address_s": server.start_s, "page_s": page_s}


def upload(client, content, clips, engine):
    """Queue a video so often; the seconds that took."""
    begun = time.perf_counter()
    for number in range(clips):
        answer = client.post(
            "/api/clips", params={"name": f"{number}.mp4", "engine": engine}, content=content
        )
        if answer.status_code != 201:
            sys.exit(f"serving: an upload was answered with {answer.status_code}: {answer.text}")
    return time.perf_counter() - begun


def counts(clips):
    """How many clips have each status."""
    statuses = [clip["status"] for clip in clips]
    return {status: statuses.count(status) for status in sorted(set(statuses))}


def follow(client, until):
    """Look at the clips as the page does; seconds between two changes in one that is worked on."""
    gaps, last, end = [], {}, time.perf_counter() + LONGEST_S
    while time.perf_counter() < end:
        now, clips = time.perf_counter(), client.get("/api/clips").json()
        for clip in clips:
            if clip["status"] != "running":
                last.pop(clip["id"], None)
                continue
            seen = (clip["stage"], clip["done"])
            before = last.get(clip["id"])
            if before is None or before[1] != seen:
                if before is not None:
                    gaps.append((now - before[0], before[1][0] or "starting"))
                last[clip["id"]] = (now, seen)
        if until(clips):
            return clips, gaps
        time.sleep(max(0.0, LOOK_S - (time.perf_counter() - now)))
    sys.exit("serving: the clips took longer than an hour")


def ask_often(server, over, took):
    """Ask for pages until it is over; seconds that each answer took."""
    with server.client() as client:
        while not over.is_set():
            begun = time.perf_counter()
            for path in ASKED:
                asked = time.perf_counter()
                status = client.get(path).status_code
                took.append((time.perf_counter() - asked, path, status))
            over.wait(max(0.0, EVERY_S - (time.perf_counter() - begun)))


def part(values, share):
    """A quantile."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def measure_load(folder, workers, content, clips, engine):
    """Queue clips at once, and ask for pages while they are worked on."""
    server = Server(folder / "load", workers)
    client = server.enter()
    over, took, most = Event(), [], [0.0]

    def weigh():
        while not over.wait(1.0):
            most[0] = max([most[0], *(memory_mb(each, "VmHWM") for each in server.workers())])

    first_mb = memory_mb(server.process.pid)
    threads = [Thread(target=ask_often, args=(server, over, took)), Thread(target=weigh)]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    try:
        upload_s = upload(client, content, clips, engine)
        ended, gaps = follow(
            client, lambda found: all(clip["status"] not in ("queued", "running") for clip in found)
        )
        all_s = time.perf_counter() - begun
    finally:
        over.set()
        for thread in threads:
            thread.join()
    last_mb = memory_mb(server.process.pid)
    server.stop()
    seconds = [one[0] for one in took]
    stages = sorted({stage for _, stage in gaps})
    return {
        "clips": counts(ended),
        "upload_s": upload_s,
        "all_s": all_s,
        "requests": len(took),
        "not_answered": sum(status != 200 for _, _, status in took),
        "p50_ms": 1e3 * part(seconds, 0.5),
        "p95_ms": 1e3 * part(seconds, 0.95),
        "max_ms": 1e3 * max(seconds),
        "p95_ms_of": {
            path: 1e3 * part([s for s, other, _ in took if other == path], 0.95) for path in ASKED
        },
        "gap_median_s": statistics.median(gap for gap, _ in gaps),
        "gap_p95_s": part([gap for gap, _ in gaps], 0.95),
        "gap_max_s": {stage: max(g for g, other in gaps if other == stage) for stage in stages},
        "server_mb": [first_mb, last_mb],
        "worker_mb": most[0],
    }


def measure_killed(folder, workers, content, clips, engine):
    """Kill the server while it works, start it anew, and see whether everything gets done."""
    server = Server(folder / "killed", workers)
    client = server.enter()
    upload(client, content, clips, engine)

    def amid(found):
        under_way = any(clip["status"] == "running" and clip["stage"] for clip in found)
        return under_way and any(clip["status"] == "done" for clip in found)

    before, _ = follow(client, amid)
    server.stop(signal.SIGKILL)
    again = Server(server.data, workers)
    client = again.enter()
    ended, _ = follow(
        client, lambda found: all(clip["status"] not in ("queued", "running") for clip in found)
    )
    again.stop()
    files = [path.name for path in server.data.rglob("*") if path.is_file()]
    return {
        "when_killed": counts(before),
        "at_the_end": counts(ended),
        "lost": len({clip["id"] for clip in before} - {clip["id"] for clip in ended}),
        "half_files": sum(name.endswith(".part") for name in files),
        "restart_s": again.start_s,
    }


def show(found):
    """Print what was measured."""
    start, load, killed = found["start"], found["load"], found["killed"]
    page = "no Chromium" if start["page_s"] is None else f"{start['page_s']:.2f} s"
    rows = [
        ("load of the machine before", f"{found['machine_load']:.1f} on {found['cores']} cores"),
        ("address printed", f"{start['address_s']:.2f} s"),
        ("first page takes videos", page),
        (f"{found['clips']} clips of {found['frames']} frames at once", f"{load['clips']}"),
        ("copied / all done", f"{load['upload_s']:.1f} s / {load['all_s']:.0f} s"),
        (
            f"{load['requests']} requests, p50 / p95 / max",
            f"{load['p50_ms']:.0f} / {load['p95_ms']:.0f} / {load['max_ms']:.0f} ms",
        ),
        ("requests not answered", f"{load['not_answered']}"),
        (
            "between changes of progress, median / p95",
            f"{load['gap_median_s']:.2f} / {load['gap_p95_s']:.2f} s",
        ),
        *((f"  longest while {k}", f"{v:.2f} s") for k, v in load["gap_max_s"].items()),
        ("server's memory before / after", "{:.0f} / {:.0f} MB".format(*load["server_mb"])),
        ("largest worker's memory", f"{load['worker_mb']:.0f} MB"),
        ("when the server was killed", f"{killed['when_killed']}"),
        ("at the end", f"{killed['at_the_end']}"),
        ("clips lost / half files", f"{killed['lost']} / {killed['half_files']}"),
    ]
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        print(f"{name:<{width}}  {value}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=int, default=20)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=2.0, help="length of a clip")
    parser.add_argument("--engine", default="mask")
    parser.add_argument("--chromium", default=shutil.which("chromium"))
    parser.add_argument("--json", type=Path)
    words = parser.parse_args()
    machine_load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        clip = folder / "clip.mp4"
        truth = render_phantom(
            Script(width=320, height=320, fps=15, seed=1, seconds=words.seconds), clip
        )
        given = (folder, words.workers, clip.read_bytes(), words.clips, words.engine)
        found = {
            "clips": words.clips,
            "frames": len(truth.pts),
            "engine": words.engine,
            "workers": words.workers,
            "cores": os.cpu_count(),
            "machine_load": machine_load,
            "start": measure_start(folder, words.workers, words.chromium),
            "load": measure_load(*given),
            "killed": measure_killed(*given),
        }
    show(found)
    if words.json:
        words.json.write_text(json.dumps(found, indent=2) + "\n")
    else:
        print(json.dumps(found))


if __name__ == "__main__":
    main()
