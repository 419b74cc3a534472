"""Time `mien deidentify` against decoding and encoding alone, and against deface.

    python benchmarks/speed.py CLIP [CLIP ...] [--mien PATH] [--deface PATH] [--repeat N]
        [--json OUT]

Everything is wall-clock time of a whole command, start-up included, on the whole clip; mien runs
once unmeasured before, so that kernels are compiled and caches filled. The best of the repeats
counts. deface (https://github.com/ORB-HD/deface) runs with its defaults; install it in an
environment of its own (`pip install deface onnxruntime`) and name it with --deface if it is not
on PATH.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import av

ENCODER = {"preset": "veryfast", "crf": "17"}


def count_frames(path):
    """Frames of the first video stream, by decoding them all."""
    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0))


def transcode(source, target):
    """Decode and encode a clip with mien's encoder settings and nothing in between."""
    with av.open(str(source)) as reader, av.open(str(target), "w", format="mp4") as writer:
        stream = reader.streams.video[0]
        stream.thread_type = "AUTO"
        made = writer.add_stream("libx264", rate=stream.average_rate, options=ENCODER)
        made.width, made.height = stream.codec_context.width, stream.codec_context.height
        made.pix_fmt = "yuv420p"
        made.codec_context.time_base = stream.time_base
        for frame in reader.decode(stream):
            frame.pict_type = av.video.frame.PictureType.NONE
            writer.mux(made.encode(frame))
        writer.mux(made.encode(None))


def run(command, output):
    """Run a command that must write `output`; a failure ends the benchmark."""
    output.unlink(missing_ok=True)
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode or not output.exists():
        sys.exit(f"speed: {command[0]} exited with {done.returncode}\n{done.stderr[-2000:]}")


def best_time(action, repeat):
    """Shortest of `repeat` runs, seconds."""
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return min(times)


def find_mien():
    beside = Path(sys.executable).with_name("mien")
    return str(beside) if beside.exists() else shutil.which("mien")


def time_clip(clip, mien, deface, repeat, folder):
    """Frames per second of each way through one clip; None for a tool that is not here."""
    frames = count_frames(clip)
    ours, theirs = folder / "mien.mp4", folder / "deface.mp4"
    rates = {
        "transcode": frames / best_time(lambda: transcode(clip, folder / "transcode.mp4"), repeat),
        "mien": None,
        "deface": None,
    }
    if mien:
        command = [mien, "deidentify", clip, "-o", ours, "--overwrite"]
        run(command, ours)
        rates["mien"] = frames / best_time(lambda: run(command, ours), repeat)
    if deface:
        command = [deface, clip, "-o", theirs]
        rates["deface"] = frames / best_time(lambda: run(command, theirs), repeat)
    return {"clip": clip.name, "frames": frames, "fps": rates}


def _ratio(rates, tool):
    return rates["mien"] / rates[tool] if rates["mien"] and rates[tool] else None


def _cell(value, form):
    return f"{'-' if value is None else format(value, form):>15}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("clips", nargs="+", type=Path, metavar="CLIP")
    parser.add_argument("--mien", default=find_mien(), help="the mien command")
    parser.add_argument("--deface", default=shutil.which("deface"), help="the deface command")
    parser.add_argument("--repeat", type=int, default=1, help="runs of each; the best counts")
    parser.add_argument("--json", type=Path, help="write the rates here")
    options = parser.parse_args()
    for name in ("mien", "deface"):
        if not getattr(options, name):
            print(f"speed: no {name} command found, left out", file=sys.stderr)
    titles = ("transcode fps", "mien fps", "deface fps", "mien/transcode", "mien/deface")
    print(f"{'clip':<16}{'frames':>8}" + "".join(f"{title:>15}" for title in titles))
    rows = []
    for clip in options.clips:
        with tempfile.TemporaryDirectory() as folder:
            row = time_clip(clip, options.mien, options.deface, options.repeat, Path(folder))
        rates = row["fps"]
        cells = [_cell(rates[tool], ".1f") for tool in ("transcode", "mien", "deface")]
        cells += [_cell(_ratio(rates, tool), ".2f") for tool in ("transcode", "deface")]
        print(f"{row['clip']:<16}{row['frames']:>8}" + "".join(cells), flush=True)
        rows.append(row)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
