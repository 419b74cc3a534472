"""What `mien batch` adds to de-identifying, and what a second worker brings.

    python benchmarks/batch.py [--clips 24] [--frames 30] [--engine mask] [--rounds 3]

The same phantoms are de-identified by one process that does one after the other, by `mien batch`
with one worker, and with two; one thread for each of them. The three take turns, so that whatever
else runs beside them runs beside all. Times of the clock are worth something on a quiet machine
only; processor time says more on others: what two workers need for a clip, against what one does,
is how far they are in each other's way.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from mien.phantom import Script, render_phantom
from mien.workers import with_threads

_LOOP = """
import sys
from pathlib import Path
from mien import deidentify
from mien.pipeline.settings import Settings
for source in sys.argv[3:]:
    deidentify(source, Path(sys.argv[1]) / Path(source).name, Settings(engine=sys.argv[2]))
"""


def timed(words: list[str]) -> tuple[float, float]:
    """Seconds of the clock and of the processor, children included, of a process."""
    began = time.monotonic()
    process = subprocess.Popen(
        words, env=os.environ | with_threads(1), stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{words[1:4]} ended with {process.returncode}")
    return time.monotonic() - began, used.ru_utime + used.ru_stime


def films(folder: Path, number: int, frames: int) -> list[Path]:
    """Phantoms of as many frames each."""
    made = []
    for seed in range(number):
        script = Script(seconds=frames / 30, width=320, height=320, seed=seed)
        made.append(folder / f"{seed:02d}.mp4")
        render_phantom(script, made[-1])
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--clips", type=int, default=24)
    parser.add_argument("--frames", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--engine", default="mask")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        clips = films(folder, asked.clips, asked.frames)
        plan = folder / "plan.csv"
        plan.write_text("path\n" + "".join(f"{clip}\n" for clip in clips))
        ways = {
            "one process": [sys.executable, "-c", _LOOP, "OUT", asked.engine, *map(str, clips)],
        }
        for workers in (1, 2):
            ways[f"workers: {workers}"] = [
                sys.executable, "-m", "mien", "batch", str(plan), "-o", "OUT", "--engine",
                asked.engine, "--workers", str(workers),
            ]  # fmt: skip
        told: dict[str, list[tuple[float, float]]] = {way: [] for way in ways}
        loads = []
        for turn in range(asked.rounds):
            order = list(ways) if turn % 2 == 0 else list(ways)[::-1]
            for way in order:
                out = folder / "out"
                out.mkdir()
                told[way].append(timed([str(out) if word == "OUT" else word for word in ways[way]]))
                loads.append(os.getloadavg()[0])
                shutil.rmtree(out)
    say(told, loads)


def say(told: dict[str, list[tuple[float, float]]], loads: list[float]) -> None:
    """Print the figures, ratios of runs of one turn."""

    def ratio(over: str, under: str, which: int) -> list[float]:
        pairs = zip(told[over], told[under], strict=True)
        return sorted(round(a[which] / b[which], 3) for a, b in pairs)

    one, single, double = told
    print(json.dumps({
        "seconds (clock, processor)": {
            way: [[round(value, 1) for value in run] for run in runs] for way, runs in told.items()
        },
        "a batch with one worker over one process, processor": ratio(single, one, 1),
        "the same, clock": ratio(single, one, 0),
        "two workers over one, processor": ratio(double, single, 1),
        "throughput of two over one, clock": ratio(single, double, 0),
        "throughput of two over one if nothing else ran (2 / processor)": round(
            2 / median(ratio(double, single, 1)), 3
        ),
        "load beside it": [round(load, 1) for load in loads],
    }, indent=1))  # fmt: skip


if __name__ == "__main__":
    main()
