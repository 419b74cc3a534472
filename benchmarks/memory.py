"""Measure how the memory of de-identifying grows with the length of a clip.

    python benchmarks/memory.py [CLIP] [--people 1|2] [--frames N ...] [--subject ID] [--json OUT]

CLIP, or a phantom of ten seconds at 512 pixels, is repeated without encoding it again until it has
N frames, and each length is de-identified in a process of its own. What is said is the most memory
that the process held during each stage (MB of 10^6 bytes, Linux only), the slope of a line through
the lengths, and what that line says of half an hour at 30 frames per second. Networks, kernels and
pictures in flight are in the first figure and not in the slope.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import av
import numpy as np

from mien.phantom import Script, render_phantom

HALF_HOUR = 54_000  # frames, at 30 a second
LENGTHS = (1000, 3000, 6000)
SIDE = 512

DEIDENTIFY = """
import json, re, sys
import mien

def most():
    with open("/proc/self/status") as status:
        held = int(re.search(r"VmHWM:\\s+(\\d+) kB", status.read())[1]) * 1024 / 1e6
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")  # the high-water mark begins anew
    return held

source, output, subject = sys.argv[1:]
marks, stage = {}, None

def progress(name, done, total):
    global stage
    if name.startswith("rendering") and done == total:
        name = "judging"
    if stage and name != stage:
        marks[stage] = max(most(), marks.get(stage, 0))
    stage = name

mien.deidentify(source, output, mien.Settings(subject=subject), progress=progress)
marks[stage] = most()
print(json.dumps(marks))
"""


def draw(path, people):
    """Ten seconds of a patient who smiles and talks, and of somebody who looks in for two."""
    script = Script(
        seconds=10.0,
        width=SIDE,
        height=SIDE,
        people=people,
        smile=(2.0, 4.0),
        speech=(5.0, 9.0),
        other_absent=((0.0, 4.0), (6.0, 10.0)) if people == 2 else (),
    )
    render_phantom(script, path)


def repeat(source, target, frames):
    """Write the packets of a clip again and again until there are so many frames."""
    with av.open(str(source)) as reader:
        stream = reader.streams.video[0]
        packets = [packet for packet in reader.demux(stream) if packet.size]
        step = round(1 / (stream.average_rate * stream.time_base))
        length = step * len(packets)
        with av.open(str(target), "w", format="mp4") as writer:
            made = writer.add_stream_from_template(stream)
            for number in range(frames):
                turn, place = divmod(number, len(packets))
                packet = av.Packet(bytes(packets[place]))
                packet.pts = packets[place].pts + turn * length
                packet.dts = packets[place].dts + turn * length
                packet.duration = step
                packet.time_base = stream.time_base
                packet.is_keyframe = packets[place].is_keyframe
                packet.stream = made
                writer.mux(packet)


def measure(source, folder, frames, subject):
    """The most memory held in each stage, MB."""
    clip, result = folder / f"{frames}.mp4", folder / f"{frames}-out.mp4"
    repeat(source, clip, frames)
    command = [sys.executable, "-c", DEIDENTIFY, str(clip), str(result), subject]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"memory: {clip.name} exited with {done.returncode}\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("clip", nargs="?", type=Path, metavar="CLIP", help="instead of a phantom")
    parser.add_argument("--frames", nargs="+", type=int, default=LENGTHS, help="lengths to measure")
    parser.add_argument("--people", type=int, default=1, choices=(1, 2), help="of the phantom")
    parser.add_argument("--subject", default="P1", help="so that every run gives the same face")
    parser.add_argument("--json", type=Path, help="write the figures here")
    options = parser.parse_args()
    rows = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = options.clip
        if source is None:
            source = folder / "phantom.mp4"
            draw(source, options.people)
        for frames in options.frames:
            rows[frames] = measure(source, folder, frames, options.subject)
            marks = "  ".join(f"{stage} {held:.0f}" for stage, held in rows[frames].items())
            print(f"{frames:>7} frames, MB: {marks}", flush=True)
    if len(rows) > 1:
        lengths = np.array(list(rows))
        for stage in rows[lengths[0]]:
            held = [row[stage] for row in rows.values()]
            slope, start = np.polyfit(lengths, held, 1)
            print(
                f"{stage:>16}: {1000 * slope:6.2f} MB per 1,000 frames, "
                f"{start + HALF_HOUR * slope:6.0f} MB in half an hour"
            )
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
