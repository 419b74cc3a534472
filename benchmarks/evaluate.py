"""Time `mien evaluate` against the codec floor: decoding both clips and encoding one again.

    python benchmarks/evaluate.py ORIGINAL DEIDENTIFIED [--mien PATH] [--repeat N] [--json OUT]

Wall-clock and processor time of the whole command with its report, start-up included; mien runs
once unmeasured before, so that kernels are compiled and caches filled. The best of the repeats
counts. No measure can be had for less than the floor, because every frame of both clips is looked
at and the ceiling needs the original encoded again.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from speed import count_frames, find_mien, transcode


def timed(action):
    """Wall-clock and processor seconds of an action and what it starts."""

    def processor():
        used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return sum(one.ru_utime + one.ru_stime for one in used)

    wall, before = time.perf_counter(), processor()
    action()
    return time.perf_counter() - wall, processor() - before


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("original", type=Path)
    parser.add_argument("deidentified", type=Path)
    parser.add_argument("--mien", default=find_mien(), help="the mien command")
    parser.add_argument("--repeat", type=int, default=1, help="runs of each; the best counts")
    parser.add_argument("--json", type=Path, help="write the figures here")
    options = parser.parse_args()
    frames = count_frames(options.original)
    with tempfile.TemporaryDirectory() as folder:

        def evaluate():
            command = [options.mien, "evaluate", options.original, options.deidentified]
            command += ["-o", Path(folder) / "report", "--overwrite"]
            done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
            if done.returncode not in (0, 1):  # 1: something in the profile does not hold
                sys.exit(f"evaluate: mien exited with {done.returncode}\n{done.stderr[-2000:]}")

        def floor():
            transcode(options.original, Path(folder) / "again.mp4")
            count_frames(options.deidentified)

        evaluate()
        rows = {
            name: min(timed(action) for _ in range(options.repeat))
            for name, action in (("codec floor", floor), ("mien evaluate", evaluate))
        }
        # the largest of what was started here: mien, as nothing else is
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"{frames} frames; mien's memory at its highest {peak:.0f} MiB")
    for name, (wall, processor) in rows.items():
        print(
            f"{name:<16}{wall:8.1f} s{processor:10.1f} s of processor{frames / wall:9.1f} frames/s"
        )
    if options.json:
        figures = {name: {"wall_s": one[0], "processor_s": one[1]} for name, one in rows.items()}
        options.json.write_text(json.dumps({"frames": frames, "peak_mib": peak, **figures}))


if __name__ == "__main__":
    main()
