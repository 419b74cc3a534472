"""Time `mien serve` with accounts: 20 clinicians at once, while their clips are worked on.

    python benchmarks/department.py [--people N] [--workers N] [--seconds S] [--engine NAME]
        [--json OUT]

Runs on phantoms that it draws, in a folder that it removes. Everybody logs in at the same moment,
uploads a clip into a project of their own, and then does what the pages do until all clips are
done: follows progress every 0.4 s, and every few seconds lists a shared project, opens a result
there and streams its `compare.mp4` in pieces as a player does. The log of who saw what is written
meanwhile, and checked at the end. Clients and server share the machine; its load before the start
is part of the answer.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from threading import Barrier, Event, Thread

import httpx
from serving import SERVE, memory_mb, part

from mien.phantom import Script, render_phantom

PASSWORD = "a password of a benchmark"
LOOK_S = 0.4  # between two looks at the progress
OFTEN = 6  # looks between two visits to the shared project
PIECE = 1 << 16  # bytes that a player asks for at once
LONGEST_S = 1800.0
USERS = "import sys; from mien.cli import main; sys.argv[0] = 'mien'; main()"


def mien(*words):
    """Run a command."""
    subprocess.run([sys.executable, "-c", USERS, *words], check=True, stdout=subprocess.DEVNULL)


class Person:
    """Somebody at a browser; what they ask for is timed."""

    def __init__(self, name, base, took):
        self.name, self.took = name, took
        self.client = httpx.Client(base_url=base, headers={"Origin": base}, timeout=120)

    def ask(self, kind, path, method="GET", good=(200, 201, 206), **given):
        asked = time.perf_counter()
        answer = self.client.request(method, path, **given)
        self.took.append((kind, time.perf_counter() - asked, answer.status_code in good))
        return answer

    def log_in(self):
        said = {"name": self.name, "password": PASSWORD}
        self.ask("log in", "/login", "POST", good=(303,), data=said)

    def upload(self, content, engine):
        self.home = self.client.get("/api/projects").json()[-1]["id"]
        query = {"name": f"{self.name}.mp4", "engine": engine, "project": self.home}
        self.ask("upload", "/api/clips", "POST", params=query, content=content)

    def follow(self):
        """What the page asks every 0.4 s; whether all own clips are over."""
        query = {"project": self.home, "leaving": "true"}
        clips = self.ask("follow progress", "/api/clips", params=query).json()
        self.ask("the queue", "/api/queue")
        return all(clip["status"] not in ("queued", "running") for clip in clips)

    def visit(self, project, clip):
        """A look at a result that a colleague shares."""
        self.ask("a page", "/compare")
        self.ask("list a shared project", "/api/clips", params={"project": project})
        self.ask("open a result", f"/api/clips/{clip}/result")
        self.ask("frames of a result", f"/api/clips/{clip}/frames")
        begin, size = 0, 1
        while begin < size:
            piece = {"Range": f"bytes={begin}-{begin + PIECE - 1}"}
            answer = self.ask("a piece of compare.mp4", f"/api/clips/{clip}/compare", headers=piece)
            if answer.status_code != 206:
                return
            begin, size = begin + PIECE, int(answer.headers["content-range"].rpartition("/")[2])


def work_day(person, together, content, engine, shared, over):
    """Log in with all others, upload, and look until nothing happens any more."""
    together.wait()
    person.log_in()
    person.upload(content, engine)
    together.wait()
    looks, done = 0, False
    while not over.is_set():
        now = time.perf_counter()
        done = person.follow()
        if looks % OFTEN == 0:
            person.visit(*shared)
        person.done = done
        looks += 1
        over.wait(max(0.0, LOOK_S - (time.perf_counter() - now)))


def measure(folder, people, workers, content, engine):
    """What 20 people at once feel."""
    data, password = folder / "data", folder / "password"
    password.write_text(f"{PASSWORD}\n")
    names = [f"clinician {number}" for number in range(people)]
    for name, role in (("head", "admin"), *((each, "worker") for each in names)):
        words = ("--role", role, "--data", str(data), "--password-file", str(password))
        mien("users", "add", name, *words)
    options = ("--accounts", "--workers", str(workers), "--keep-originals", "30", "--quota", "50")
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE, str(data), *options], stdout=subprocess.PIPE, text=True
    )
    base = process.stdout.readline().split()[-1].removesuffix("/login")
    took, alone, over = [], [], Event()
    try:
        head = Person("head", base, alone)
        head.log_in()
        head.upload(content, engine)
        until(head.follow)
        clip = head.client.get("/api/clips", params={"project": head.home}).json()[0]["id"]
        for colleague in head.client.get("/api/colleagues").json():
            path = f"/api/projects/{head.home}/shares/{colleague['id']}"
            assert head.client.put(path, json={"right": "work"}).status_code == 200
        crowd = [Person(name, base, took) for name in names]
        for person in crowd:
            person.done = False
        together = Barrier(people)
        given = (together, content, engine, (head.home, clip), over)
        threads = [Thread(target=work_day, args=(person, *given)) for person in crowd]
        first_mb, begun = memory_mb(process.pid), time.perf_counter()
        for thread in threads:
            thread.start()
        until(lambda: all(person.done for person in crowd))
        all_s = time.perf_counter() - begun
        over.set()
        for thread in threads:
            thread.join()
        log = head.client.get("/api/log").json()
        last_mb = memory_mb(process.pid)
    finally:
        over.set()
        process.terminate()
        process.communicate(timeout=60)
    return {
        "all_s": all_s,
        "log": {"lines": log["total"], "problem": log["problem"]},
        "server_mb": [first_mb, last_mb],
        "asked": {kind: figures(took, kind) for kind in dict.fromkeys(kind for kind, *_ in took)},
        "all": figures([one for one in took if one[0] != "log in"]),
    }


def until(condition):
    """Wait for something."""
    end, pause = time.perf_counter() + LONGEST_S, Event()
    while not condition():
        if time.perf_counter() > end:
            sys.exit("department: the clips took longer than half an hour")
        pause.wait(LOOK_S)


def figures(took, kind=None):
    """Quantiles of how long answers took, and how many were none."""
    seconds = [one for each, one, _ in took if kind in (None, each)]
    return {
        "requests": len(seconds),
        "errors": sum(not good for each, _, good in took if kind in (None, each)),
        "p50_ms": 1e3 * part(seconds, 0.5),
        "p95_ms": 1e3 * part(seconds, 0.95),
        "max_ms": 1e3 * max(seconds),
    }


def show(found):
    """Print what was measured."""
    print(f"load of the machine before   {found['machine_load']:.1f} on {found['cores']} cores")
    print(f"all clips done after         {found['all_s']:.0f} s")
    print("server's memory              {:.0f} to {:.0f} MB".format(*found["server_mb"]))
    print(f"log of who saw what          {found['log']}")
    for kind, each in {**found["asked"], "all but logging in": found["all"]}.items():
        print(
            f"{kind:<28} {each['requests']:>5} requests, {each['errors']} errors, p50 / p95 / max "
            f"{each['p50_ms']:.0f} / {each['p95_ms']:.0f} / {each['max_ms']:.0f} ms"
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=2.0, help="length of a clip")
    parser.add_argument("--engine", default="mask")
    parser.add_argument("--json", type=Path)
    words = parser.parse_args()
    machine_load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as place:
        clip = Path(place) / "clip.mp4"
        render_phantom(Script(width=320, height=320, fps=15, seed=1, seconds=words.seconds), clip)
        given = (Path(place), words.people, words.workers, clip.read_bytes(), words.engine)
        found = {
            **{"people": words.people, "workers": words.workers, "engine": words.engine},
            **{"cores": os.cpu_count(), "machine_load": machine_load, **measure(*given)},
        }
    show(found)
    if words.json:
        words.json.write_text(json.dumps(found, indent=2) + "\n")
    else:
        print(json.dumps(found))


if __name__ == "__main__":
    main()
