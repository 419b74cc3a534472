"""How long many videos take on many machines that fail: a simulation of `mien batch` with Ray.

    python benchmarks/scaling.py [--videos 100000] [--machines 200] [--seed 1]

Nothing is de-identified. Every assumption is a field of `Assumed`, is printed with the result and
can be set; the result is no better than they are. Tasks are handed out as the driver does it: the
largest first, one at a time to whoever is free; what fails by chance is tried at once again,
three tries in all.
"""

from __future__ import annotations

import argparse
import heapq
import json
from collections import deque
from dataclasses import asdict, dataclass, fields

import numpy as np


@dataclass(frozen=True)
class Assumed:
    """What the simulation takes for granted."""

    videos: int = 100_000
    """Tasks."""
    machines: int = 200
    """Each with `places` tasks at a time."""
    places: int = 8
    """Of 16 cores, two a task."""
    median_s: float = 60.0
    """Length of a video; lengths are lognormal."""
    spread: float = 0.8
    """Standard deviation of the logarithm of the length."""
    fps: float = 30.0
    """Frames of a second of video."""
    frames_per_s: float = 4.0
    """Frames that a task does in a second on two cores, both passes and audits included."""
    fixed_s: float = 12.0
    """Seconds for what does not grow with the length: choosing a face, looking last."""
    start_s: float = 6.0
    """Seconds until a new worker has loaded its networks."""
    machine_hours: float = 500.0
    """Hours between failures of one machine, on average; all its tasks are lost."""
    repair_s: float = 900.0
    """Seconds until another takes its place."""
    crash: float = 0.001
    """Share of tries in which a worker dies by itself."""
    withheld: float = 0.02
    """Share of videos that no try can pass."""
    unlucky: float = 0.02
    """Share of tries that are withheld and would pass another time."""
    unreadable: float = 0.005
    """Share of videos that cannot be read, or show nobody: one short try."""
    hand_out_s: float = 0.002
    """Seconds the driver takes for one task: handing out, noting what became of it."""
    megabytes: float = 60.0
    """Of a video of median length."""
    read_mb_s: float = 500.0
    """At which the driver reads all videos before it starts, for their checksums."""
    largest_first: int = 1
    """1 or 0: whether the largest are handed out first."""
    euros: float = 0.5
    """For an hour of a machine."""


@dataclass
class _Video:
    seconds: float
    fate: float
    tries: int = 0


def simulate(assumed: Assumed, seed: int) -> dict[str, float]:
    """Hours, cost and failures of one run."""
    rng = np.random.default_rng(seed)
    lengths = rng.lognormal(np.log(assumed.median_s), assumed.spread, assumed.videos)
    if assumed.largest_first:
        lengths = np.sort(lengths)[::-1]
    queue = deque(_Video(s, f) for s, f in zip(lengths, rng.random(assumed.videos), strict=True))
    checksums_s = assumed.megabytes * float((lengths / assumed.median_s).sum()) / assumed.read_mb_s
    up = [0.0] * assumed.machines  # when a machine works again
    fails = rng.exponential(3600 * assumed.machine_hours, assumed.machines)
    free = [(k % assumed.machines, True) for k in range(assumed.machines * assumed.places)]
    events: list[tuple[float, int, int, _Video | None, bool]] = []
    now = driver_s = busy_s = lost_s = 0.0
    count = done = apart = again = machine_failures = 0
    while queue or events:
        while queue and free:
            machine, fresh = free.pop()
            video = queue.popleft()
            video.tries += 1
            began = max(now, driver_s, up[machine])
            while fails[machine] <= began:  # it failed while it had nothing to do
                fails[machine] += rng.exponential(3600 * assumed.machine_hours)
            driver_s = max(driver_s, now) + assumed.hand_out_s
            short = video.fate < assumed.unreadable
            frames = video.seconds * assumed.fps
            work = 2.0 if short else assumed.fixed_s + frames / assumed.frames_per_s
            ends = began + work + (assumed.start_s if fresh else 0.0)
            if rng.random() < assumed.crash:
                ends = began + (ends - began) * rng.random()
                heapq.heappush(events, (ends, count, machine, video, True))
                lost_s += ends - began
            elif ends > fails[machine] > began:
                lost_s += fails[machine] - began
                heapq.heappush(events, (float(fails[machine]), count, machine, video, True))
            else:
                heapq.heappush(events, (ends, count, machine, video, False))
                busy_s += ends - began
            count += 1
        now, _, machine, video, died = heapq.heappop(events)
        if died and now >= fails[machine]:
            machine_failures += 1
            up[machine] = now + assumed.repair_s
            fails[machine] = up[machine] + rng.exponential(3600 * assumed.machine_hours)
        free.append((machine, died))
        assert video is not None
        hopeless = video.fate < assumed.unreadable + assumed.withheld
        failed = died or hopeless or rng.random() < assumed.unlucky
        if not failed:
            done += 1
        elif video.fate >= assumed.unreadable and video.tries < 3:
            again += 1
            queue.appendleft(video)
        else:
            apart += 1
    hours = (now + checksums_s) / 3600
    slots = assumed.machines * assumed.places
    return {
        "hours": hours,
        "hours_of_checksums_before": checksums_s / 3600,
        "machine_hours": hours * assumed.machines,
        "euros": hours * assumed.machines * assumed.euros,
        "done": done,
        "quarantined": apart,
        "tried_again": again,
        "machine_failures": machine_failures,
        "work_lost_share": lost_s / (busy_s + lost_s),
        "driver_busy_share": assumed.hand_out_s * count / now,
        "places_busy_share": (busy_s + lost_s) / (slots * now),
    }


def main() -> None:
    """Read the assumptions, simulate, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=1)
    for one in fields(Assumed):
        kind = int if isinstance(one.default, int) else float
        parser.add_argument(f"--{one.name.replace('_', '-')}", type=kind, default=one.default)
    given = vars(parser.parse_args())
    seed = given.pop("seed")
    assumed = Assumed(**given)
    found = simulate(assumed, seed)
    print(json.dumps({"assumed": asdict(assumed), "seed": seed, "found": found}, indent=2))


if __name__ == "__main__":
    main()
