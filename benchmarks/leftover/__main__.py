"""Count the frames in which `mien deidentify` leaves an original face.

    PYTHONPATH=src python benchmarks/leftover FOLDER [--only NAME ...] [--mien COMMAND]
        [--weights FOLDER] [--clips FOLDER] [--portraits FOLDER] [--honest] [--save FILE]
        [--baseline FILE] [--json FILE] [--draw]

Scenes in which a face is easily left (people who lie, small faces, cuts, short visits, somebody
spared who is lost) are drawn into FOLDER, each with its truth as JSON, and given to the command;
what it writes is kept in FOLDER/results. A frame counts as left where the inner face of somebody
who is not spared is more than half as it was (`judge.py`), and once more where a detector also
sees a face there. --only takes names or patterns such as ``short_visit*``.

The instrument shares nothing with what it judges but the phantoms, which mien draws: the place of
every face is known from the scene's own making, or was measured on an upright original; what is
left is told by comparing pixels; and the detector is of a family that mien does not use
(`detector.py`). mien itself is called as a command, so that any checkout can be judged.

Scenes called ``planted`` and ``clean`` come with a made-up result: `mien audit` has to fail on the
first and to pass the second. With --honest, plain clips of one person each are de-identified as
well, to see that nothing is covered or withheld that was rendered before: --save writes what was
found, --baseline compares with it, and the exit status is 1 if something is left or got worse.
"""

from __future__ import annotations

import argparse
import fnmatch
import json
import shlex
import subprocess
import sys
import time
from pathlib import Path

import av
import honest
from actors import Face
from detector import Find, Haar, Tiny
from judge import look
from scenes import Run, Scene, Studio

MIEN = [sys.executable, "-c", "from mien.cli import main; main()"]
KINDS = ("rendered", "interpolated", "covered")
TOLERANCE_S = 0.004


def decode(path: Path):
    """Yield (seconds, RGB image) of a clip."""
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            yield frame.time, frame.to_ndarray(format="rgb24")


def call(mien: list[str], *arguments: object) -> tuple[int, str, str]:
    """Run mien; exit status, stdout, stderr."""
    done = subprocess.run(
        [*mien, *(str(argument) for argument in arguments)], capture_output=True, text=True
    )
    return done.returncode, done.stdout, done.stderr


def deidentify(mien: list[str], source: Path, target: Path, options: list[str]) -> dict:
    """Run `mien deidentify`: exit status, ledger counts, what it said, seconds it took."""
    target.unlink(missing_ok=True)
    start = time.monotonic()
    status, said, _ = call(
        mien,
        "deidentify",
        source,
        "-o",
        target,
        "--overwrite",
        "--json",
        "--withhold",
        "never",
        *options,  # what is left counts, not how much is covered for it
    )
    try:
        (entry,) = json.loads(said)["results"]
    except ValueError:
        entry = {"counts": None, "error": None}
    return {
        "status": status,
        "counts": entry["counts"],
        "error": entry["error"],
        "seconds": round(time.monotonic() - start, 1),
    }


def count(source: Path, result: Path, truth: dict, spared: str | None, find: Find) -> dict:
    """Judge a result, person by person.

    Returns
    -------
    counts : dict
        ``left`` and ``left_seen``: frames in which anybody who is not spared is left, by pixels,
        and by pixels and detector; ``people``: for each their frames in view (``in_view``), those
        in which they are left, and the largest share of the inner face that is untouched and
        correlation with it. ``kept``: frames in which the spared person is as they were.
    """
    people = {
        name: {
            "spared": name == spared,
            "in_view": 0,
            "left": [],
            "left_seen": [],
            "untouched": 0.0,
            "alike": 0.0,
        }
        for name in truth["people"]
    }
    before, number, paired = decode(source), -1, 0
    stamp, original = -1.0, None
    for seconds, image in decode(result):
        while stamp < seconds - TOLERANCE_S:
            (stamp, original), number = next(before, (float("inf"), None)), number + 1
        if abs(stamp - seconds) > TOLERANCE_S:
            continue  # no frame of the original is shown then
        paired += 1
        for name, faces in truth["people"].items():
            if faces[number] is None:
                continue
            sight = look(original, image, Face.from_dict(faces[number]), find)
            entry = people[name]
            entry["in_view"] += 1
            for measure in ("untouched", "alike"):
                entry[measure] = round(max(entry[measure], getattr(sight, measure)), 3)
            if sight.left:
                entry["left"].append(number)
                if sight.seen:
                    entry["left_seen"].append(number)
    others = [entry for entry in people.values() if not entry["spared"]]
    return {
        "paired": paired,
        "left": len({frame for entry in others for frame in entry["left"]}),
        "left_seen": len({frame for entry in others for frame in entry["left_seen"]}),
        "kept": max((len(e["left"]) for e in people.values() if e["spared"]), default=None),
        "people": people,
    }


def judge_scene(folder: Path, name: str, mien: list[str], find: Find):
    """Yield a row for each run of a scene that was drawn."""
    truth = json.loads((folder / f"{name}.json").read_text())
    source = folder / f"{name}.mp4"
    base = {"scene": name, "frames": truth["frames"]}
    if truth["audit"]:
        fake = folder / f"{name}.fake.mp4"
        status, said, told = call(mien, "audit", source, fake, "--json")
        right = (status == 5) == truth["faulty"] and status in (0, 5)
        row = {"run": "audit", "status": status, "counts": None, "error": told.strip() or None}
        counted = count(source, fake, truth, None, find)
        yield {**base, **row, "said": said, **counted, "right": right}
        return
    for run in (Run(**entry) for entry in truth["runs"]):
        target = folder / "results" / f"{name}.{run.name}.mp4"
        options = [option.format(folder=folder) for option in run.options]
        row = {**base, "run": run.name, **deidentify(mien, source, target, options)}
        if target.exists():
            row |= count(source, target, truth, run.spared, find)
        row["right"] = not row.get("left")
        yield row


HEAD = (
    f"{'scene':<34}{'run':<10}{'frames':>7}{'exit':>5}{'rend':>6}{'intp':>6}{'cover':>6}"
    f"{'left':>6}{'+seen':>6}{'kept':>6}"
)


def line(row: dict) -> str:
    """One row of the table."""
    counts = row["counts"] or {}

    def cell(value: object, width: int = 6) -> str:
        return f"{'-' if value is None else value:>{width}}"

    words = f"{row['scene']:<34}{row['run']:<10}{row['frames']:>7}{row['status']:>5}"
    words += "".join(cell(counts.get(kind)) for kind in KINDS)
    words += "".join(cell(row.get(name)) for name in ("left", "left_seen", "kept"))
    if row["run"] == "audit" and not row["right"]:
        words += "  audit is wrong"
    if row.get("paired", row["frames"]) != row["frames"]:
        words += f"  only {row['paired']} frames are in the result"
    return words + (f"  {row['error'][:100]}" if row["error"] and row["run"] != "audit" else "")


def judge_honest(folder: Path, recordings: Path | None, mien: list[str]):
    """Yield a row for each plain clip."""
    for path in honest.clips(folder, recordings):
        row = deidentify(mien, path, folder / "results" / path.name, [])
        frames = sum(row["counts"].values()) if row["counts"] else 0
        yield {"scene": path.stem, "run": "honest", "frames": frames, "right": True, **row}


def existing(path: Path | None) -> Path | None:
    """A folder if it is there."""
    return path if path is not None and path.is_dir() else None


def read_options() -> argparse.Namespace:
    """What the user wants."""
    parser = argparse.ArgumentParser(
        prog="leftover",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", type=Path, help="where scenes and results are kept")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="scenes; patterns are allowed")
    parser.add_argument("--mien", help="the command to judge, in place of this Python's mien")
    parser.add_argument("--weights", type=Path, help="folder of the tiny face detector's weights")
    parser.add_argument("--clips", type=Path, help="recordings of one person each")
    parser.add_argument("--portraits", type=Path, help="pictures of one face each")
    parser.add_argument("--honest", action="store_true", help="also judge plain clips")
    parser.add_argument("--save", type=Path, help="write what became of the plain clips here")
    parser.add_argument("--baseline", type=Path, help="compare the plain clips with this")
    parser.add_argument("--json", type=Path, help="write all rows here")
    parser.add_argument("--draw", action="store_true", help="only draw the scenes")
    parser.add_argument("--redraw", action="store_true", help="draw scenes that are there again")
    return parser.parse_args()


def draw(folder: Path, studio: Studio, names: list[str], again: bool) -> None:
    """Draw the scenes that are not there yet."""
    for name in names:
        if again or not (folder / f"{name}.json").exists():
            scene: Scene = studio.makers[name]()
            scene.write(folder)


def finish(rows: list[dict], options: argparse.Namespace) -> int:
    """Write and compare what was found; the exit status."""
    plain = [row for row in rows if row["run"] == "honest"]
    judged = [row for row in rows if row["run"] != "honest"]
    total = sum(row.get("left") or 0 for row in judged if row["run"] != "audit")
    wrong = sum(not row["right"] for row in judged)
    print(f"{total} frames with an original face left; {wrong} of {len(judged)} runs not right")
    found: list[str] = []
    if options.baseline and plain:
        after = {row["scene"]: row for row in plain}
        found = honest.worse(honest.load(options.baseline), after)
        print("\n".join(found) or "plain clips: nothing got worse")
    if options.save:
        honest.save(options.save, plain)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1))
    return 1 if wrong or found else 0


def main() -> int:
    """Judge, and print the table."""
    options = read_options()
    mien = shlex.split(options.mien) if options.mien else MIEN
    find = Tiny(options.weights) if options.weights else Haar()
    clips = existing(options.clips)
    studio = Studio(clips, existing(options.portraits))
    patterns = options.only or (["*"] if not options.honest else [])
    names = [n for n in studio.makers if any(fnmatch.fnmatch(n, p) for p in patterns)]
    (options.folder / "results").mkdir(parents=True, exist_ok=True)
    draw(options.folder, studio, names, options.redraw)
    if options.draw:
        return 0
    print(HEAD, flush=True)
    rows = []
    for name in names:
        for row in judge_scene(options.folder, name, mien, find):
            rows.append(row)
            print(line(row), flush=True)
    if options.honest:
        for row in judge_honest(options.folder, clips, mien):
            rows.append(row)
            print(line(row), flush=True)
    return finish(rows, options)


if __name__ == "__main__":
    sys.exit(main())
